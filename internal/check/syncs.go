package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// syncs resolves all syncs and sorts them by name.
func (c *checker) syncs() {
	first := map[string]*syntax.Sync{}
	for _, f := range c.files {
		for _, t := range f.Syncs {
			state := &syncState{}
			if other := first[t.Name.Text]; other != nil {
				c.declaredTwice(t.Name.Span, other.Name.Span, "the sync “"+t.Name.Text+"” is declared twice")
			} else {
				first[t.Name.Text] = t
				state.ok = t.Name.Text != "" && !t.Broken
			}
			s, ok := c.resolveSync(t)
			state.sync, state.ok = s, state.ok && ok
			c.syncOrder = append(c.syncOrder, state)
		}
	}
	slices.SortStableFunc(c.syncOrder, func(a, b *syncState) int { return cmp.Compare(a.sync.Name, b.sync.Name) })
}

func (c *checker) resolveSync(t *syntax.Sync) (*Sync, bool) {
	r := newResolver(c, t.Broken)
	r.text = t.Span
	r.collectSites(t.Stages...)
	s := &Sync{Tree: t, Name: t.Name.Text}
	for _, p := range t.When {
		if p := r.pattern(p); p != nil {
			s.When = append(s.When, p)
		}
	}
	noteAbsence(s.When)
	for _, stage := range t.Stages {
		s.Stages = append(s.Stages, r.stage(stage))
	}
	for _, p := range s.When {
		if p.IsRequest() {
			r.reserved(p, t.Span.Text())
		}
	}
	if len(s.Stages) == 0 {
		s.Stages = []*Stage{{}} // its text could not be read
	}
	s.Vars = r.vars
	return s, r.ok
}

func (r *resolver) stage(t *syntax.Stage) *Stage {
	s := &Stage{Where: r.lines(t.Where), Then: r.asks(t.Then), Together: t.Together}
	if s.Together {
		for _, a := range s.Then {
			if a.Action.Kind == syntax.Effect {
				r.errorAt(diag.EffectTogether, a.Tree.Span, "“"+a.Instance.Name+"."+a.Action.Name+
					"” is an effect action, which cannot be undone, and is not allowed under “then together”")
			}
		}
	}
	return s
}

// pattern resolves a line of when.
func (r *resolver) pattern(t *syntax.Pattern) *Pattern {
	p := &Pattern{Tree: t, Instance: r.instance(t.Concept)}
	var s *spec
	if p.Instance != nil {
		s = r.c.specs[p.Instance.Concept.Name]
		p.Action = r.action(s, t.Concept.Text, t.Action, t.Args, t.Out, "queries are read in where, not matched in when")
	}
	if p.Action == nil {
		r.ok = false
		r.patternArgs(&signature{when: true, open: true}, nil, t.Args)
		r.patternArgs(nil, nil, t.Out)
		r.request = r.request || t.Concept.Text == RequestingConcept
		return nil
	}
	a, by := p.Action, t.Concept.Text+"."+p.Action.Name
	r.request = r.request || p.IsRequest()
	p.In = r.patternArgs(&signature{by: by, params: a.Inputs, open: a.Open, when: true, request: p.IsRequest(), broken: s.broken()}, p.Instance, t.Args)
	if p.IsRequest() {
		r.bodyless(p)
		r.path(p)
		r.method(p)
		r.misspeltField(p.In, "path", func(text string) bool { return strings.HasPrefix(text, "/") })
		r.misspeltField(p.In, "method", func(text string) bool {
			return slices.Contains(Methods, text)
		})
	}
	if p.IsRequest() {
		r.nullInRequest(p)
	}
	if t.Refused.Text != "" {
		p.Refused, p.Code = true, t.Refused.Text
		r.code(s, a, by, t.Refused)
		return p
	}
	if p.Refused = refusalPattern(a, t.Out); p.Refused {
		r.refusedPattern(s, p, by)
		return p
	}
	p.Out = r.patternArgs(&signature{by: by, params: a.Outputs, out: true, broken: s.broken()}, p.Instance, t.Out)
	for _, a := range p.Out {
		a.Binds = false
	}
	r.noteUnnamed(t.Span, by, t.HasOut, a.Outputs, t.Out)
	return p
}

func (p *Pattern) IsRequest() bool {
	return p.Instance.Concept.Name == RequestingConcept && p.Action.Name == "request"
}

// Route returns the method and path that a pattern over requests names. The path is
// "" if it matches any path, the method if it matches any method.
func (p *Pattern) Route() (method, path string) {
	method = "POST"
	for _, a := range p.In {
		text, isText := a.Term.Literal.Text()
		switch a.Name {
		case "method":
			method = ""
			if isText && a.Term.Var == nil && !a.Term.Any {
				method = text
			}
		case "path":
			if isText && a.Term.Var == nil && !a.Term.Any {
				path = text
			}
		}
	}
	return method, path
}

// refusalPattern reports whether outputs match a refusal: they name "error" or
// "refusal", and the action has no output of that name.
func refusalPattern(a *Action, out []*syntax.Arg) bool {
	return slices.ContainsFunc(out, func(t *syntax.Arg) bool {
		return (t.Name.Text == "error" || t.Name.Text == "refusal") && param(a.Outputs, t.Name.Text) == nil
	})
}

func (r *resolver) refusedPattern(s *spec, p *Pattern, by string) {
	for _, t := range p.Tree.Out {
		a := &Arg{Tree: t, Name: t.Name.Text}
		a.Term, _ = r.patternTerm(t.Name, t.Value)
		switch {
		case t.Optional:
			r.errorAt(diag.MisplacedOptional, t.Span, "the output “"+t.Name.Text+"” of a refusal is never null")
		case slices.ContainsFunc(p.Out, func(b *Arg) bool { return b.Name == a.Name }):
			r.errorAt(diag.ArgumentTwice, t.Name.Span, "“"+a.Name+"” is given twice")
		case a.Name == "error" || a.Name == "refusal":
			p.Out = append(p.Out, a)
		case param(p.Action.Outputs, a.Name) != nil:
			r.errorAt(diag.UnknownOutput, t.Name.Span, "“"+by+"” has no output “"+a.Name+"” when it is refused",
				"the outputs of a refusal are “error”, its sentence, and “refusal”, its code")
		default:
			r.unknown(diag.UnknownOutput, t.Name, "“"+by+"” has no output “"+a.Name+"” when it is refused",
				[]string{"error", "refusal"})
		}
		if code, ok := a.Term.Literal.Text(); ok && a.Name == "refusal" {
			r.code(s, p.Action, by, syntax.Name{Text: code, Span: a.Term.Span})
		}
	}
	if len(p.Action.Refusals) == 0 && !s.broken() && r.ok {
		r.c.add(diag.Diagnostic{Code: diag.NeverRefused, Severity: diag.Warning, Span: p.Tree.Span,
			Message: "“" + by + "” is never refused: its concept declares no refusals",
			Related: []diag.Related{{Span: p.Action.Tree.Name.Span, Message: "declared here"}}})
	}
}

// code reports a refusal code that the action does not have.
func (r *resolver) code(s *spec, a *Action, by string, code syntax.Name) {
	if a.Refusal(code.Text) == nil {
		r.ok = false
		if !s.broken() {
			r.c.unknownOf(s, diag.UnknownRefusal, code, "“"+by+"” has no refusal “"+code.Text+"”", a.codes(), a.declaredRefusals())
		}
	} else if tree := a.Refusal(code.Text).Tree; tree != nil {
		r.used(tree.Code)
	}
}

// bodyless reports a part of a record in a request whose fields come in the query
// string, where there are no records.
func (r *resolver) bodyless(p *Pattern) {
	method, _ := p.Route()
	if method != "GET" && method != "HEAD" {
		return
	}
	for _, a := range p.In {
		if steps := FieldSteps(a.Name); len(steps) > 1 && !IsRuntimeField(a.Name) {
			r.errorAt(diag.MisplacedType, a.Tree.Span, "the fields of a "+method+" request come in the query string, which has no records",
				"name “"+steps[len(steps)-1]+"” as a field of its own, or use another method")
			return
		}
	}
}

// misspeltField reports a field of a request that is probably a misspelling of path
// or method: the name is similar and the value fits.
func (r *resolver) misspeltField(args []*Arg, own string, fits func(string) bool) {
	if slices.ContainsFunc(args, func(a *Arg) bool { return a.Name == own }) {
		return
	}
	for _, a := range args {
		text, ok := a.Term.Literal.Text()
		if _, near := diag.Nearest(a.Name, []string{own}); ok && near && a.Param == nil && fits(text) {
			r.unknown(diag.UnknownInput, a.Tree.Name, "“"+a.Name+"” matches a field that the client sends", []string{own})
		}
	}
}

// action finds an action, or reports what the name stands for instead.
func (r *resolver) action(s *spec, instance string, name syntax.Name, in, out []*syntax.Arg, why string) *Action {
	if name.Text == "" {
		return nil
	}
	if a := s.action(name.Text); a != nil {
		r.used(a.Tree.Name)
		return a
	}
	r.ok = false
	query := name.Text
	if !strings.HasPrefix(query, "_") {
		query = "_" + query
	}
	switch {
	case s.query(query) != nil:
		r.c.errorAt(diag.QueryAsAction, name.Span, "“"+query+"” is a query of “"+instance+"”, not an action", why)
	case !s.broken():
		r.c.unknownOf(s, diag.UnknownAction, name, "“"+instance+"” has no action “"+name.Text+"”", s.actionNames(), s.declaredActions(in, out))
	}
	return nil
}

// asks resolves the lines of a then or an else.
func (r *resolver) asks(trees []*syntax.Ask) []*Ask {
	var list []*Ask
	for _, t := range trees {
		if a := r.ask(t); a != nil {
			list = append(list, a)
		}
	}
	return list
}

func (r *resolver) ask(t *syntax.Ask) *Ask {
	a := &Ask{Tree: t, Instance: r.instance(t.Concept), Awaited: t.HasOut}
	var s *spec
	if a.Instance != nil {
		s = r.c.specs[a.Instance.Concept.Name]
		a.Action = r.action(s, t.Concept.Text, t.Action, t.Args, t.Out, "a query is read in where, with “in "+t.Concept.Text+": …”")
	}
	if a.Action == nil {
		r.ok = false
		r.handlers(t)
		if t.Where != nil {
			r.push()
			defer r.pop()
			r.lines(t.Where)
		}
		r.valueArgs(nil, nil, t.Args)
		r.patternArgs(nil, nil, t.Out)
		return nil
	}
	by := t.Concept.Text + "." + a.Action.Name
	a.Handlers = r.handlers(t)
	r.refusals(s, a, by)
	if t.Where != nil {
		r.push()
		defer r.pop()
		nested := r.nested
		r.nested = "the where of one line"
		a.Where = r.lines(t.Where)
		r.nested = nested
	}
	a.In = r.valueArgs(&signature{by: by, params: a.Action.Inputs, open: a.Action.Open, span: t.Concept.Span.To(t.Action.Span),
		answer: a.Instance.Concept.Name == RequestingConcept && a.Action.Name == "respond",
		broken: s.broken() || r.lenient}, a.Instance, t.Args)
	if refusalPattern(a.Action, t.Out) {
		r.errorAt(diag.RefusalInThen, t.Out[0].Span, "“"+by+"” has no output “error” in then: the lines after it run only if it returns",
			"an “else” below an awaited line handles its refusal; another sync can match it with “"+by+" (…) : (error)” in when")
		r.patternArgs(nil, nil, t.Out)
		return nil
	}
	a.Out = r.patternArgs(&signature{by: by, params: a.Action.Outputs, out: true, broken: s.broken()}, a.Instance, t.Out)
	r.noteUnnamed(t.Span, by, t.HasOut, a.Action.Outputs, t.Out)
	return a
}

// handlers resolves the elses below a line of then. They see what was bound before
// the line, and the sentence and code of the refusal.
func (r *resolver) handlers(t *syntax.Ask) []*Handler {
	var list []*Handler
	for _, x := range t.Handlers {
		h := &Handler{Tree: x, Code: x.Refused.Text}
		r.push()
		outer := r.elseWhen
		r.elseWhen = "is refused"
		h.Error = r.declare(syntax.Name{Text: "error", Span: x.Span})
		h.Refusal = r.declare(syntax.Name{Text: "refusal", Span: x.Span})
		h.Asks = r.asks(x.Asks)
		r.elseWhen = outer
		r.pop()
		list = append(list, h)
	}
	return list
}

// refusals reports handlers of refusals that the action does not have.
func (r *resolver) refusals(s *spec, a *Ask, by string) {
	var rest []string // the codes that have no handler of their own
	for _, refusal := range a.Action.Refusals {
		if !slices.ContainsFunc(a.Handlers, func(h *Handler) bool { return h.Code == refusal.Code }) {
			rest = append(rest, refusal.Code)
		}
	}
	for _, h := range a.Handlers {
		switch {
		case h.Code != "":
			r.code(s, a.Action, by, h.Tree.Refused)
		case len(rest) > 0 || s.broken() || !r.ok:
		case len(a.Action.Refusals) == 0:
			r.c.add(diag.Diagnostic{Code: diag.NeverRefused, Severity: diag.Warning, Span: h.Tree.Span,
				Message: "this else never runs: “" + by + "” is never refused, because its concept declares no refusal",
				Related: []diag.Related{{Span: a.Action.Tree.Name.Span, Message: "declared here"}}})
		default:
			r.c.add(diag.Diagnostic{Code: diag.IdleElse, Severity: diag.Warning, Span: h.Tree.Span,
				Message: "this else never runs: each refusal of “" + by + "” has an else of its own",
				Related: []diag.Related{{Span: a.Action.Tree.Name.Span, Message: "declared here"}}})
		}
	}
}
