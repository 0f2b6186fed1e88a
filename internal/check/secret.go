package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// secrets traces secrets through syncs and views, and reports where they flow
// into something not declared Secret.
func (c *checker) secrets() {
	c.secrecy()
	if c.opt.Running {
		defer func(found int) { c.diags = c.diags[:found] }(len(c.diags))
	}
	reported := map[source.Span]bool{}
	for _, s := range c.program.Syncs {
		f := &following{c: c, name: s.Name, said: reported, taints: map[*Var]*taint{}}
		for _, p := range s.When {
			f.pattern(p)
		}
		f.lines(s.Where)
		f.asks(s.Then)
	}
	for _, v := range c.program.Views {
		f := &following{c: c, name: v.Name, said: reported, taints: map[*Var]*taint{}}
		f.lines(v.Where)
	}
	for _, s := range c.specs {
		c.sentences(s)
	}
}

// sentences reports a refusal's sentence that shows a secret.
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

// An origin is a secret's source, which decides who may see it.
type origin int

const (
	freshSecret  origin = iota // an output of this flow: an answer may hold it
	sentSecret                 // the client sent it
	givenSecret                // an input of an action that happened in this flow
	storedSecret               // read from state
)

// A taint makes a variable secret, with the path of the secret.
type taint struct {
	origin origin
	name   string // of the secret
	path   []diag.Related
	places places // the secret parts of the variable's value
}

func (t *taint) further(span source.Span, message string) *taint {
	return &taint{t.origin, t.name, append(slices.Clone(t.path), diag.Related{Span: span, Message: message}), t.places}
}

// notes say what to do where a secret is part of a larger value.
func (t *taint) notes() []string {
	if !slices.ContainsFunc(t.places, func(p place) bool { return len(p) > 0 }) {
		return nil
	}
	return []string{"it goes along as a part of a larger value; pass on those parts that are not secret, each by its name"}
}

// of returns the taint of a part with these places.
func (t *taint) of(list places) *taint { return &taint{t.origin, t.name, t.path, list} }

// A following traces the secrets of one sync or view.
type following struct {
	c      *checker
	name   string               // of the sync or view
	said   map[source.Span]bool // places that were reported
	taints map[*Var]*taint
}

// seed marks a variable as secret by its own origin.
func (f *following) seed(a *Arg, o origin, message string) {
	if v := a.Term.Var; v != nil && f.taints[v] == nil {
		f.taints[v] = &taint{o, a.Name, []diag.Related{{Span: a.Term.Span, Message: message}}, places{{}}}
	}
}

// needed marks a variable of which a part flows into a secret.
func (f *following) needed(a *Arg, o origin, message string) {
	v := a.Term.Var
	if v == nil || f.taints[v] != nil {
		return
	}
	list := f.c.needs[holder{v: v}]
	if len(list) == 0 {
		return
	}
	what := list[0].what
	if list[0].by != f.name {
		what += ", in " + list[0].by + ","
	}
	t := &taint{o, a.Name + list[0].place.String(), []diag.Related{
		{Span: a.Term.Span, Message: message},
		{Span: list[0].span, Message: "and is secret: " + what + " is"}}, nil}
	for _, x := range list {
		t.places = t.places.with(x.place)
	}
	f.taints[v] = t
}

func (f *following) pattern(p *Pattern) {
	by := p.Instance.Name + "." + p.Action.Name
	for _, a := range p.In {
		switch {
		case a.Param != nil && a.Param.Type.Kind == Secret:
			f.seed(a, givenSecret, "the input “"+a.Name+"” of "+by+" is secret")
		case p.IsRequest():
			f.needed(a, sentSecret, "“"+a.Name+"” comes with the request")
		default:
			f.needed(a, givenSecret, "“"+a.Name+"” was given to "+by)
		}
	}
	if p.Refused {
		return
	}
	for _, a := range p.Out {
		f.output(a, by)
	}
}

// output marks an action's outputs.
func (f *following) output(a *Arg, by string) {
	if a.Param != nil && a.Param.Type.Kind == Secret {
		f.seed(a, freshSecret, "the output “"+a.Name+"” of "+by+" is secret")
	} else {
		f.needed(a, freshSecret, "“"+a.Name+"” is what "+by+" gave")
	}
}

func (f *following) asks(list []*Ask) {
	for _, a := range list {
		by := a.Instance.Name + "." + a.Action.Name
		respond := a.Instance.Concept.Name == RequestingConcept && a.Action.Name == "respond"
		for _, x := range a.In {
			t := f.term(x.Term)
			x.Part = t == nil
			switch {
			case t == nil, x.Param != nil && (x.Param.Type.Kind == Secret || x.Param.Type.Kind == Unknown):
			case respond:
				f.answered(x, t)
			default:
				f.flows(x, t, "the input “"+x.Name+"” of "+by,
					len(f.c.needs[holder{column: Column{a.Instance, a.Action, x.Name, false}}]) > 0)
			}
		}
		for _, x := range a.Out {
			if x.Binds {
				f.output(x, by)
			}
		}
	}
}

// flows reports a secret that flows into something not declared Secret. It is a
// warning if only another sync's use makes it secret, as the record omits it
// anyway.
func (f *following) flows(a *Arg, t *taint, what string, needed bool) {
	if f.said[a.Term.Span] {
		return
	}
	f.said[a.Term.Span] = true
	d := diag.Diagnostic{Code: diag.SecretFlows, Span: a.Term.Span,
		Message: "the secret “" + t.name + "” flows into " + what + ", which is not declared Secret", Related: t.path}
	d.Notes = t.notes()
	if needed {
		d.Severity = diag.Warning
		d.Notes = append(d.Notes, "the record is without it all the same; declare the input Secret, so that its concept knows")
	}
	if a.Param != nil && a.Param.Tree != nil {
		d.Related = append(slices.Clone(t.path), diag.Related{Span: a.Param.Tree.Span, Message: "declared here"})
	}
	f.c.add(d)
}

// answered examines a secret sent to a client.
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
		d.Notes = t.notes()
	default:
		d.Severity = diag.Warning
		d.Message = "the answer holds the secret “" + t.name + "” that an action of this flow was given"
	}
	f.c.add(d)
}

// term returns what makes a term secret, nil if nothing does.
func (f *following) term(t Term) *taint {
	if t.Var != nil {
		return f.taints[t.Var]
	}
	return f.expr(t.Expr)
}

// expr returns what makes an expression secret. A flag reveals no secret.
func (f *following) expr(e *Expr) *taint {
	if e == nil || e.Type.Kind == Flag {
		return nil
	}
	var first *taint
	list := trace(e).holds(e.Node.Shape(), func(v *Var) places {
		t := f.taints[v]
		if t == nil {
			return nil
		}
		if first == nil {
			first = t
		}
		return t.places
	})
	if len(list) == 0 {
		return nil
	}
	return first.of(list)
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
				f.flows(a, t, "the input “"+a.Name+"” of "+by, false)
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
				{Span: b.Object.Span, Message: "“" + b.Field.Name + "” of " + b.Instance.Name + "." + b.Set.Name + " is secret"}}, places{{}}}
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
			t := f.expr(b.Expr)
			if t != nil && b.Fold == syntax.Each {
				t = t.of(places{}.at(anyItem, t.places))
			}
			bind(b.Var, t)
		}
	}
}

// view traces secrets into a view and out of it.
func (f *following) view(b *ViewLine) {
	in := &following{c: f.c, name: b.View.Name, said: f.said, taints: map[*Var]*taint{}}
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
