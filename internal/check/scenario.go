package check

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// scenarios resolves the names in the scenarios of concepts and of the app.
func (c *checker) scenarios() {
	for _, name := range slices.Sorted(maps.Keys(c.specs)) {
		for _, t := range c.specs[name].concept.Tree.Scenarios {
			c.conceptScenario(c.specs[name], t)
		}
	}
	var known []string
	for _, s := range c.syncOrder {
		known = append(known, s.sync.Name)
	}
	for _, f := range c.files {
		for _, t := range f.Scenarios {
			c.appScenario(t, slices.Compact(known))
		}
	}
}

// conceptScenario checks the calls of a scenario against the concept's actions and
// queries, and its variables against the order of the steps.
func (c *checker) conceptScenario(s *spec, t *syntax.Scenario) {
	r := newResolver(c, t.Broken || s.broken())
	r.self = &Instance{Name: s.concept.Name, Concept: s.concept, Bindings: map[string]Type{}}
	for _, p := range s.concept.Params {
		c.bound(r.self, p, nil)
	}
	for _, step := range t.Steps {
		if step.Call != nil && step.Call.HasOut {
			r.collectArgs(step.Call.Out, lineSite, "")
		}
	}
	for _, step := range t.Steps {
		switch {
		case step.Call != nil:
			r.call(s, step.Call)
		case step.HTTP != nil && !r.lenient:
			c.errorAt(diag.WrongStep, step.Span, "the scenario of a concept cannot have a request; the scenario of an app can")
		case step.Fired != nil && !r.lenient:
			c.errorAt(diag.WrongStep, step.Span, "the scenario of a concept cannot name a sync; the scenario of an app can")
		case step.State != nil:
			r.unboundAllowed = true
			c.program.Questions[step.State] = r.line(step.State)
			r.unboundAllowed = false
		}
	}
}

func (r *resolver) call(s *spec, t *syntax.CallStep) {
	name := t.Name.Text
	if name == "" {
		return
	}
	a, q := s.action(name), s.query(name)
	in := &signature{by: name, span: t.Name.Span, broken: r.lenient}
	out := &signature{by: name, out: true, broken: r.lenient}
	switch {
	case a != nil:
		r.used(a.Tree.Name)
		in.params, in.open, out.params = a.Inputs, a.Open, a.Outputs
	case q != nil:
		r.used(q.Tree.Name)
		in.params, out.params = q.Inputs, q.Outputs
	default:
		if !s.broken() {
			known, declared, what := s.actionNames(), s.declaredActions(t.Args, t.Out), "action"
			if strings.HasPrefix(name, "_") {
				known, declared, what = s.queryNames(), s.declaredQueries(t.Args, t.Out), "query"
			}
			r.ok = false
			r.c.unknownOf(s, diag.UnknownAction, t.Name, "“"+s.concept.Name+"” has no "+what+" “"+name+"”", known, declared)
		}
		in, out = nil, nil
	}
	// A human reader can tell what a step without a value means.
	for _, arg := range r.valueArgs(in, nil, t.Args) {
		r.literalFits(s, arg)
	}
	if t.None && a != nil {
		r.errorAt(diag.WrongStep, t.Name.Span, "“"+name+"” is an action; only a query can have “none”")
	}
	if t.Refused.Text != "" && q != nil {
		r.errorAt(diag.WrongStep, t.Refused.Span, "“"+name+"” is a query; only an action can be refused")
	}
	if t.Refused.Text != "" && a != nil {
		r.code(s, a, name, t.Refused)
	}
	if a != nil && refusalPattern(a, t.Out) {
		out.params = []*Param{{Name: "error"}, {Name: "refusal"}}
	}
	for _, arg := range r.patternArgs(out, nil, t.Out) {
		r.literalFits(s, arg)
	}
}

// filePath reports a path that leads out of the folder of the scenario.
func (r *resolver) filePath(t *syntax.Text) {
	if t.Text != "" && !fs.ValidPath(t.Text) {
		r.errorAt(diag.WrongStep, t.Span, "the path “"+t.Text+"” of a file must lead down from the folder of the scenario",
			"a path is written as in \"books/sea.epub\"; “..” and a “/” at its beginning are not allowed")
	}
}

// filePaths checks the paths of the files in a datum.
func (r *resolver) filePaths(d *syntax.Datum) {
	if d == nil {
		return
	}
	if d.Kind == syntax.FileDatum {
		r.filePath(d.File)
	}
	for _, x := range d.List {
		r.filePaths(x)
	}
	for _, f := range d.Fields {
		r.filePaths(f.Value)
	}
}

// literalFits reports a literal or a file that is not of its parameter's type.
func (r *resolver) literalFits(s *spec, a *Arg) {
	if a.Tree != nil && a.Tree.Value != nil && a.Tree.Value.Kind == syntax.FileTerm {
		if p := a.Param; p != nil && p.Tree != nil {
			switch t := p.valueType(); t.Kind {
			case Number, Flag, List, Record:
				r.errorAt(diag.WrongValue, a.Term.Span, "“"+a.Name+"” is "+Describe(t)+", and a file is a text or binary data")
			}
		}
		return
	}
	if a.Param != nil && a.Param.Tree != nil {
		r.c.literal(a.Term, a.Param.valueType(), a.Param.Optional, "“"+a.Name+"”")
	}
}

// appScenario resolves the syncs and the state that a scenario names.
func (c *checker) appScenario(t *syntax.Scenario, syncs []string) {
	r := newResolver(c, t.Broken)
	r.unboundAllowed = true
	for _, step := range t.Steps {
		switch {
		case step.Fired != nil && step.Fired.Sync.Text != "" && !slices.Contains(syncs, step.Fired.Sync.Text):
			c.unknown(diag.UnknownSync, step.Fired.Sync, "there is no sync “"+step.Fired.Sync.Text+"”", syncs)
		case step.Call != nil && !r.lenient:
			c.errorAt(diag.WrongStep, step.Span, "the scenario of an app cannot call an action; write a request, as in “POST /path {…}”")
		case step.State != nil:
			c.program.Questions[step.State] = r.line(step.State)
		case step.HTTP != nil:
			r.filePaths(step.HTTP.Body)
			r.filePaths(step.HTTP.Answer)
			for _, h := range step.HTTP.Headers {
				r.filePaths(h.Value)
			}
		}
	}
}
