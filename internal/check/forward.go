package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// secrets traces secrets through syncs and views, and reports where they flow into
// something not declared Secret.
func (c *checker) secrets() {
	c.findSecrets()
	c.secretParts()
	reported := map[source.Span]bool{}
	for _, s := range c.program.Syncs {
		fa := &forwardAnalysis{c: c, name: s.Name, reported: reported, taints: map[*Var]*taint{}}
		for _, p := range s.When {
			fa.pattern(p)
		}
		for _, stage := range s.Stages {
			fa.lines(stage.Where)
			fa.asks(stage.Then)
		}
	}
	for _, v := range c.program.Views {
		fa := &forwardAnalysis{c: c, name: v.Name, reported: reported, taints: map[*Var]*taint{}}
		fa.lines(v.Where)
	}
	for _, s := range c.specs {
		c.sentenceSecrets(s)
	}
}

// sentenceSecrets reports a refusal whose sentence shows a secret.
func (c *checker) sentenceSecrets(s *spec) {
	for _, a := range s.concept.Actions {
		for _, r := range a.Refusals {
			for _, m := range placeholder.FindAllStringSubmatch(r.Sentence, -1) {
				p := param(a.Inputs, m[1])
				if p == nil || p.Type.Kind != Secret {
					continue
				}
				c.add(diag.Diagnostic{Code: diag.SecretTold, Span: placeholderSpan(r.Tree.SentenceSpan, m[1]),
					Message: "the sentence of the refusal shows the secret “" + p.Name + "”",
					Related: []diag.Related{{Span: p.Tree.Span, Message: "declared Secret here"}}})
			}
		}
	}
}

// An origin is the source of a secret. It decides who may see the secret.
type origin int

const (
	freshSecret  origin = iota // an output in this flow: an answer may contain it
	sentSecret                 // sent by the client
	givenSecret                // an input of an action in this flow
	storedSecret               // read from state
)

// A taint marks a variable as secret, with the path of the secret.
type taint struct {
	origin origin
	name   string // of the secret
	path   []diag.Related
	paths  accessPaths // the secret parts of the variable's value
}

func (t *taint) further(span source.Span, message string) *taint {
	return &taint{t.origin, t.name, append(slices.Clone(t.path), diag.Related{Span: span, Message: message}), t.paths}
}

// notes says what to do if the secret is part of a larger value.
func (t *taint) notes() []string {
	if !slices.ContainsFunc(t.paths, func(p accessPath) bool { return len(p) > 0 }) {
		return nil
	}
	return []string{"the secret is part of a larger value; pass on the parts that are not secret by name"}
}

// of returns the taint of a part with these paths.
func (t *taint) of(list accessPaths) *taint { return &taint{t.origin, t.name, t.path, list} }

// A forwardAnalysis traces the secrets of one sync or view.
type forwardAnalysis struct {
	c        *checker
	name     string               // of the sync or view
	reported map[source.Span]bool // places that were reported
	taints   map[*Var]*taint
}

// seed marks a variable as secret by its own origin.
func (fa *forwardAnalysis) seed(a *Arg, o origin, message string) {
	if v := a.Term.Var; v != nil && fa.taints[v] == nil {
		fa.taints[v] = &taint{o, a.Name, []diag.Related{{Span: a.Term.Span, Message: message}}, accessPaths{{}}}
	}
}

// seedUsed marks a variable if a part of it flows into a secret.
func (fa *forwardAnalysis) seedUsed(a *Arg, o origin, message string) {
	v := a.Term.Var
	if v == nil || fa.taints[v] != nil {
		return
	}
	list := fa.c.secretUses[location{v: v}]
	if len(list) == 0 {
		return
	}
	what := list[0].what
	if list[0].by != fa.name {
		what += ", in " + list[0].by + ","
	}
	t := &taint{o, a.Name + list[0].path.String(), []diag.Related{
		{Span: a.Term.Span, Message: message},
		{Span: list[0].span, Message: "and is secret: " + what + " is"}}, nil}
	for _, x := range list {
		t.paths = t.paths.with(x.path)
	}
	fa.taints[v] = t
}

func (fa *forwardAnalysis) pattern(p *Pattern) {
	by := p.Instance.Name + "." + p.Action.Name
	for _, a := range p.In {
		switch {
		case a.Param != nil && a.Param.Type.Kind == Secret:
			fa.seed(a, givenSecret, "the input “"+a.Name+"” of "+by+" is secret")
		case p.IsRequest() && p.Instance.clientHolds(a.Name):
			fa.seedUsed(a, freshSecret, "“"+a.Name+"” comes with the request")
		case p.IsRequest():
			fa.seedUsed(a, sentSecret, "“"+a.Name+"” comes with the request")
		default:
			fa.seedUsed(a, givenSecret, "“"+a.Name+"” was given to "+by)
		}
	}
	if p.Refused {
		return
	}
	for _, a := range p.Out {
		fa.output(a, by)
	}
}

// output marks an action's outputs.
func (fa *forwardAnalysis) output(a *Arg, by string) {
	if a.Param != nil && a.Param.Type.Kind == Secret {
		fa.seed(a, freshSecret, "the output “"+a.Name+"” of "+by+" is secret")
	} else {
		fa.seedUsed(a, freshSecret, "“"+a.Name+"” is an output of "+by)
	}
}

func (fa *forwardAnalysis) asks(list []*Ask) {
	for _, a := range list {
		by := a.Instance.Name + "." + a.Action.Name
		respond := a.Instance.Concept.Name == RequestingConcept && a.Action.Name == "respond"
		fa.lines(a.Where)
		for _, x := range a.In {
			t := fa.term(x.Term)
			x.Part = t == nil
			switch {
			case t == nil, x.Param != nil && (x.Param.Type.Kind == Secret || x.Param.Type.Kind == Unknown):
			case respond:
				fa.reportAnswer(x, t)
			default:
				fa.reportFlow(x, t, "the input “"+x.Name+"” of "+by,
					len(fa.c.secretUses[location{column: Column{a.Instance, a.Action, x.Name, false}}]) > 0)
			}
		}
		for _, h := range a.Handlers {
			fa.asks(h.Asks)
		}
		for _, x := range a.Out {
			if x.Binds {
				fa.output(x, by)
			}
		}
	}
}

// reportFlow reports a secret that flows into something not declared Secret. It is
// a warning if only another sync's use makes it secret, because the record omits it
// in any case.
func (fa *forwardAnalysis) reportFlow(a *Arg, t *taint, what string, needed bool) {
	if fa.reported[a.Term.Span] {
		return
	}
	fa.reported[a.Term.Span] = true
	d := diag.Diagnostic{Code: diag.SecretFlows, Span: a.Term.Span,
		Message: "the secret “" + t.name + "” flows into " + what + ", which is not declared Secret", Related: t.path}
	d.Notes = t.notes()
	if needed {
		d.Severity = diag.Warning
		d.Notes = append(d.Notes, "the record omits the value in any case; declare the input Secret so that its concept knows")
	}
	if a.Param != nil && a.Param.Tree != nil {
		d.Related = append(slices.Clone(t.path), diag.Related{Span: a.Param.Tree.Span, Message: "declared here"})
	}
	fa.c.add(d)
}

// reportAnswer reports a secret that an answer contains.
func (fa *forwardAnalysis) reportAnswer(a *Arg, t *taint) {
	if t.origin == freshSecret || fa.reported[a.Term.Span] {
		return
	}
	fa.reported[a.Term.Span] = true
	d := diag.Diagnostic{Code: diag.SecretAnswered, Span: a.Term.Span, Related: t.path}
	switch t.origin {
	case storedSecret:
		d.Code = diag.SecretFlows
		d.Message = "the secret “" + t.name + "”, which is read from state, flows into the answer"
		d.Notes = []string{"an answer may contain a secret only if it is a Secret output of an action in the same flow"}
	case sentSecret:
		d.Severity = diag.Warning
		d.Message = "the answer contains the secret “" + t.name + "” that the client sent"
		d.Notes = t.notes()
	default:
		d.Severity = diag.Warning
		d.Message = "the answer contains the secret “" + t.name + "”, an input of an action in this flow"
	}
	fa.c.add(d)
}

// term returns the taint of a term, nil if it has none.
func (fa *forwardAnalysis) term(t Term) *taint {
	if t.Var != nil {
		return fa.taints[t.Var]
	}
	return fa.expr(t.Expr)
}

// expr returns the taint of an expression, nil if it has none. A flag reveals no
// secret.
func (fa *forwardAnalysis) expr(e *Expr) *taint {
	if e == nil || e.Type.Kind == Flag {
		return nil
	}
	var first *taint
	list := newTracer(e).tainted(e.Node.Shape(), func(v *Var) accessPaths {
		t := fa.taints[v]
		if t == nil {
			return nil
		}
		if first == nil {
			first = t
		}
		return t.paths
	})
	if len(list) == 0 {
		return nil
	}
	return first.of(list)
}

func (fa *forwardAnalysis) lines(list []*Line) {
	for _, l := range list {
		fa.asks(l.Else)
		fa.line(l)
	}
}

func (fa *forwardAnalysis) line(l *Line) {
	bind := func(v *Var, t *taint) {
		if t != nil && fa.taints[v] == nil {
			fa.taints[v] = t.further(l.Tree.Span, "it becomes part of “"+v.Name+"” here")
		}
	}
	switch b := l.Body.(type) {
	case *QueryLine:
		by := b.Instance.Name + "." + b.Query.Name
		for _, a := range b.In {
			if t := fa.term(a.Term); t != nil && a.Param.Type.Kind != Secret && a.Param.Type.Kind != Unknown {
				fa.reportFlow(a, t, "the input “"+a.Name+"” of "+by, false)
			}
		}
		for _, a := range b.Out {
			if a.Binds && a.Param.Type.Kind == Secret {
				fa.seed(a, storedSecret, "the output “"+a.Name+"” of "+by+" is secret")
			}
		}
	case *FieldLine:
		if b.ObjectBinds && b.Field.Type.Kind == Secret && fa.taints[b.Object.Var] == nil {
			fa.taints[b.Object.Var] = &taint{storedSecret, b.Field.Name, []diag.Related{
				{Span: b.Object.Span, Message: "“" + b.Field.Name + "” of " + b.Instance.Name + "." + b.Set.Name + " is secret"}}, accessPaths{{}}}
		}
	case *ViewLine:
		fa.view(b)
	case *IsLine:
		if b.Binds {
			bind(b.Var, fa.expr(b.Expr))
		}
	case *FoldLine:
		fa.lines(b.Lines)
		fa.cursor(b)
		if b.Binds && b.Fold != syntax.Count {
			t := fa.expr(b.Expr)
			if t != nil && b.Fold == syntax.Each {
				t = t.of(accessPaths{}.at(anyItem, t.paths))
			}
			bind(b.Var, t)
		}
	case *BlockLine:
		fa.lines(b.Lines)
	case *HasLine:
		if t := fa.expr(b.List); t != nil && b.Binds {
			if inner := t.paths.within(anyItem); len(inner) > 0 {
				bind(b.Item.Var, t.of(inner))
			}
		}
	case *MemberLine, *FilterLine:
	default:
		panic("check: unknown line")
	}
}

// view traces secrets into a view and out of it.
func (fa *forwardAnalysis) view(b *ViewLine) {
	in := &forwardAnalysis{c: fa.c, name: b.View.Name, reported: fa.reported, taints: map[*Var]*taint{}}
	for _, a := range b.In {
		if t := fa.term(a.Term); t != nil {
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
			if t := in.taints[p.Var]; p.Name == a.Name && t != nil && a.Binds && fa.taints[a.Term.Var] == nil {
				fa.taints[a.Term.Var] = t.further(a.Term.Span, "it comes out of the view "+b.View.Name)
			}
		}
	}
}
