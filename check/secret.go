package check

import (
	"slices"

	"github.com/legible-lang/legible/diag"
	"github.com/legible-lang/legible/expression"
	"github.com/legible-lang/legible/source"
	"github.com/legible-lang/legible/syntax"
)

// secrets follows what is secret through syncs and views, and reports where it
// flows into something that is not declared so.
func (c *checker) secrets() {
	reported := map[source.Span]bool{}
	for _, s := range c.program.Syncs {
		f := &following{c: c, said: reported, taints: map[*Var]*taint{}}
		for _, p := range s.When {
			f.pattern(s, p)
		}
		f.lines(s.Where)
		f.asks(s.Then)
	}
	for _, v := range c.program.Views {
		f := &following{c: c, said: reported, taints: map[*Var]*taint{}}
		f.lines(v.Where)
	}
	for _, s := range c.specs {
		c.sentences(s)
	}
}

// sentences reports a refusal's sentence that tells a secret.
func (c *checker) sentences(s *spec) {
	for _, a := range s.concept.Actions {
		for _, r := range a.Refusals {
			for _, m := range placeholder.FindAllStringSubmatch(r.Sentence, -1) {
				p := param(a.Inputs, m[1])
				if p == nil || p.Type.Kind != Secret {
					continue
				}
				c.add(diag.Diagnostic{Code: diag.SecretTold, Span: within(r.Tree.SentenceSpan, m[1]),
					Message: "a refusal's sentence cannot tell the secret “" + p.Name + "”",
					Related: []diag.Related{{Span: p.Tree.Span, Message: "declared Secret here"}}})
			}
		}
	}
}

// An origin says where a secret is from, and so who may see it.
type origin int

const (
	freshSecret  origin = iota // an output of this flow: it may be answered with
	sentSecret                 // the client sent it
	givenSecret                // an input of an action that happened in this flow
	storedSecret               // read from state
)

// A taint is what makes a variable secret, with the way it came.
type taint struct {
	origin origin
	name   string // of what is secret
	path   []diag.Related
}

func (t *taint) further(span source.Span, message string) *taint {
	return &taint{t.origin, t.name, append(slices.Clone(t.path), diag.Related{Span: span, Message: message})}
}

// A following is one sync or view whose secrets are being followed.
type following struct {
	c      *checker
	said   map[source.Span]bool // places that were reported
	taints map[*Var]*taint
}

// seed marks a variable as secret from its own origin.
func (f *following) seed(a *Arg, o origin, message string) {
	if v := a.Term.Var; v != nil && f.taints[v] == nil {
		f.taints[v] = &taint{o, a.Name, []diag.Related{{Span: a.Term.Span, Message: message}}}
	}
}

func (f *following) pattern(s *Sync, p *Pattern) {
	by := p.Instance.Name + "." + p.Action.Name
	for _, a := range p.In {
		switch {
		case a.Param != nil && a.Param.Type.Kind == Secret:
			f.seed(a, givenSecret, "the input “"+a.Name+"” of "+by+" is secret")
		case a.Param == nil && p.isRequest() && a.Term.Var != nil:
			if span, what, ok := f.c.secretUse(s, p, a); ok {
				f.seed(a, sentSecret, "“"+a.Name+"” comes with the request")
				t := f.taints[a.Term.Var]
				f.taints[a.Term.Var] = t.further(span, "and is secret: "+what+" is")
			}
		}
	}
	if p.Refused {
		return
	}
	for _, a := range p.Out {
		if a.Param != nil && a.Param.Type.Kind == Secret {
			f.seed(a, freshSecret, "the output “"+a.Name+"” of "+by+" is secret")
		}
	}
}

// secretUse finds where a field of a request is given to something secret: in
// its own sync, else in another one on the same route.
func (c *checker) secretUse(s *Sync, p *Pattern, a *Arg) (source.Span, string, bool) {
	if span, what, ok := s.secretUse(a.Term.Var); ok {
		return span, what, true
	}
	method, path := p.route()
	if c.secretFields == nil {
		c.secretFields = c.fieldsToSecrets()
	}
	u, ok := c.secretFields[sentField{method, path, a.Name}]
	return u.span, u.what, ok
}

// A sentField is a field of the requests of a route.
type sentField struct{ method, path, name string }

// A secretField is where a field is given to something secret.
type secretField struct {
	span source.Span
	what string
}

// fieldsToSecrets finds for each field of a request the first place where a
// sync of its route gives it to something secret.
func (c *checker) fieldsToSecrets() map[sentField]secretField {
	first := map[sentField]secretField{}
	for _, s := range c.program.Syncs {
		for _, p := range s.When {
			if !p.isRequest() {
				continue
			}
			method, path := p.route()
			for _, a := range p.In {
				k := sentField{method, path, a.Name}
				if _, known := first[k]; known || path == "" || a.Term.Var == nil {
					continue
				}
				if span, what, ok := s.secretUse(a.Term.Var); ok {
					first[k] = secretField{span, what + ", in " + s.Name + ","}
				}
			}
		}
	}
	return first
}

// secretUse finds where a sync gives a variable to something secret.
func (s *Sync) secretUse(v *Var) (span source.Span, what string, ok bool) {
	args := func(by string, list []*Arg) {
		for _, a := range list {
			if !ok && a.Term.Var == v && a.Param != nil && a.Param.Type.Kind == Secret {
				span, what, ok = a.Term.Span, "“"+a.Name+"” of "+by, true
			}
		}
	}
	asks := func(list []*Ask) {
		for _, a := range list {
			args(a.Instance.Name+"."+a.Action.Name, a.In)
		}
	}
	var lines func(list []*Line)
	lines = func(list []*Line) {
		for _, l := range list {
			asks(l.Else)
			switch b := l.Body.(type) {
			case *QueryLine:
				args(b.Instance.Name+"."+b.Query.Name, b.In)
			case *ViewLine:
				for _, a := range b.In {
					for _, p := range b.View.In {
						if !ok && a.Name == p.Name && a.Term.Var == v && p.Var.Type.Kind == Secret {
							span, what, ok = a.Term.Span, "“"+a.Name+"” of the view "+b.View.Name, true
						}
					}
				}
			case *FoldLine:
				lines(b.Lines)
			}
		}
	}
	lines(s.Where)
	asks(s.Then)
	return span, what, ok
}

func (f *following) asks(list []*Ask) {
	for _, a := range list {
		by := a.Instance.Name + "." + a.Action.Name
		respond := a.Instance.Concept.Name == requesting && a.Action.Name == "respond"
		for _, x := range a.In {
			t := f.term(x.Term)
			switch {
			case t == nil, x.Param != nil && (x.Param.Type.Kind == Secret || x.Param.Type.Kind == Unknown):
			case respond:
				f.answered(x, t)
			default:
				f.flows(x, t, "the input “"+x.Name+"” of "+by)
			}
		}
		for _, x := range a.Out {
			if x.Binds && x.Param != nil && x.Param.Type.Kind == Secret {
				f.seed(x, freshSecret, "the output “"+x.Name+"” of "+by+" is secret")
			}
		}
	}
}

// flows reports a secret that flows into something that is not declared so.
func (f *following) flows(a *Arg, t *taint, what string) {
	if f.said[a.Term.Span] {
		return
	}
	f.said[a.Term.Span] = true
	d := diag.Diagnostic{Code: diag.SecretFlows, Span: a.Term.Span,
		Message: "the secret “" + t.name + "” flows into " + what + ", which is not declared Secret", Related: t.path}
	if a.Param != nil && a.Param.Tree != nil {
		d.Related = append(slices.Clone(t.path), diag.Related{Span: a.Param.Tree.Span, Message: "declared here"})
	}
	f.c.add(d)
}

// answered looks at a secret that a client is told.
func (f *following) answered(a *Arg, t *taint) {
	if t.origin == freshSecret || f.said[a.Term.Span] {
		return
	}
	f.said[a.Term.Span] = true
	d := diag.Diagnostic{Code: diag.SecretAnswered, Span: a.Term.Span, Related: t.path}
	switch t.origin {
	case storedSecret:
		d.Code = diag.SecretFlows
		d.Message = "the secret “" + t.name + "”, which is read from state, flows into the answer"
		d.Notes = []string{"only an output that is declared Secret may be answered with, in the flow that made it"}
	case sentSecret:
		d.Severity = diag.Warning
		d.Message = "the answer holds the secret “" + t.name + "” that the client has sent"
	default:
		d.Severity = diag.Warning
		d.Message = "the answer holds the secret “" + t.name + "” that an action of this flow was given"
	}
	f.c.add(d)
}

// term gives what makes a term secret; nil when nothing does.
func (f *following) term(t Term) *taint {
	if t.Var != nil {
		return f.taints[t.Var]
	}
	return f.expr(t.Expr)
}

func (f *following) expr(e *Expr) *taint {
	if e == nil {
		return nil
	}
	vars := map[string]*Var{}
	for i, name := range e.Node.Variables() {
		vars[name] = e.Vars[i]
	}
	t := f.shape(e.Node.Shape(), vars)
	if t == nil || e.single() != nil || e.Type.Kind == Unknown || holdsSecret(e.Type) {
		return t
	}
	for _, v := range exprVars(e) {
		if f.taints[v] != nil && !holdsSecret(v.Type) {
			return t // its type does not tell what another sync has shown
		}
	}
	return nil
}

// holdsSecret tells whether a value of a type may hold a secret.
func holdsSecret(t Type) bool {
	switch t.Kind {
	case Secret, Json, Unknown:
		return true
	case List:
		return t.Elem == nil || holdsSecret(*t.Elem)
	case Record:
		return len(t.Fields) == 0 || slices.ContainsFunc(t.Fields, func(f RecordField) bool { return holdsSecret(f.Type) })
	}
	return false
}

// shape finds what makes a part of an expression secret. What is only true or
// false tells no secret.
func (f *following) shape(s *expression.Shape, vars map[string]*Var) *taint {
	switch s.Form {
	case expression.VariableForm:
		if v := vars[s.Name]; v != nil {
			return f.taints[v]
		}
		return nil
	case expression.UnaryForm:
		if s.Name == "not" || s.Name == "!" {
			return nil
		}
	case expression.BinaryForm:
		switch s.Name {
		case "+", "-", "*", "/", "%", "**", "^", "??", "|":
		default:
			return nil
		}
	case expression.ConditionalForm:
		if t := f.shape(s.Parts[1], vars); t != nil {
			return t
		}
		return f.shape(s.Parts[2], vars)
	}
	for _, p := range s.Parts {
		if t := f.shape(p, vars); t != nil {
			return t
		}
	}
	return nil
}

func (f *following) lines(list []*Line) {
	for _, l := range list {
		f.asks(l.Else)
		f.line(l)
	}
}

func (f *following) line(l *Line) {
	bind := func(v *Var, t *taint) {
		if t != nil && f.taints[v] == nil {
			f.taints[v] = t.further(l.Tree.Span, "it becomes part of “"+v.Name+"” here")
		}
	}
	switch b := l.Body.(type) {
	case *QueryLine:
		by := b.Instance.Name + "." + b.Query.Name
		for _, a := range b.In {
			if t := f.term(a.Term); t != nil && a.Param.Type.Kind != Secret && a.Param.Type.Kind != Unknown {
				f.flows(a, t, "the input “"+a.Name+"” of "+by)
			}
		}
		for _, a := range b.Out {
			if a.Binds && a.Param.Type.Kind == Secret {
				f.seed(a, storedSecret, "the output “"+a.Name+"” of "+by+" is secret")
			}
		}
	case *FieldLine:
		if b.ObjectBinds && b.Field.Type.Kind == Secret && f.taints[b.Object.Var] == nil {
			f.taints[b.Object.Var] = &taint{storedSecret, b.Field.Name, []diag.Related{
				{Span: b.Object.Span, Message: "“" + b.Field.Name + "” of " + b.Instance.Name + "." + b.Set.Name + " is secret"}}}
		}
	case *ViewLine:
		f.view(b)
	case *IsLine:
		if b.Binds {
			bind(b.Var, f.expr(b.Expr))
		}
	case *FoldLine:
		f.lines(b.Lines)
		f.page(b)
		if b.Binds && b.Fold != syntax.Count {
			bind(b.Var, f.expr(b.Expr))
		}
	}
}

// view follows secrets into a view and out of it.
func (f *following) view(b *ViewLine) {
	in := &following{c: f.c, said: f.said, taints: map[*Var]*taint{}}
	for _, a := range b.In {
		if t := f.term(a.Term); t != nil {
			for _, p := range b.View.In {
				if p.Name == a.Name {
					in.taints[p.Var] = t.further(a.Term.Span, "it goes into the view "+b.View.Name)
				}
			}
		}
	}
	in.lines(b.View.Where)
	for _, a := range b.Out {
		for _, p := range b.View.Out {
			if t := in.taints[p.Var]; p.Name == a.Name && t != nil && a.Binds && f.taints[a.Term.Var] == nil {
				f.taints[a.Term.Var] = t.further(a.Term.Span, "it comes out of the view "+b.View.Name)
			}
		}
	}
}
