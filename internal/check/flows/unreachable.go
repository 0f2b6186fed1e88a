package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// unreachable reports syncs that fire on no path, and those that fire only if Go
// code asks an action.
func (r *reporter) unreachable(m *model) {
	r.neverFiring(m)
	routes := slices.ContainsFunc(r.an.entries, func(e *EntryPoint) bool { return e.Kind == Route })
	if r.an.program.App == nil || !routes {
		return
	}
	for _, e := range r.an.entries {
		if e.Kind != FromGo || len(e.Patterns) == 0 {
			continue
		}
		var fires []*check.Sync
		for _, s := range m.syncs {
			if r.fired[s] && slices.Contains(s.sync.When, e.Patterns[0]) {
				fires = append(fires, s.sync)
			}
		}
		if len(fires) == 0 {
			continue // reported already
		}
		who := "no sync asks"
		if len(r.asksOf(m, m.action(e.Instance, e.Action))) > 0 {
			who = "no other sync asks"
		}
		d := diag.Diagnostic{Code: diag.NeverAsked, Severity: diag.Warning, Span: e.Patterns[0].Tree.Span,
			Message: who + " “" + e.String() + "”, so " + fires[0].Name + " fires only if Go code asks it",
			Related: []diag.Related{{Span: e.Action.Tree.Name.Span, Message: "declared here"}}}
		r.an.add(d)
	}
}

// neverFiring reports the syncs that never fire. If the cause is another such sync,
// only that one is reported.
func (r *reporter) neverFiring(m *model) {
	explained := map[*syncInfo]bool{}
	waiting := map[*syncInfo]*patternInfo{}
	for _, s := range m.syncs {
		if r.fired[s] {
			continue
		}
		if waiting[s] = r.explainNeverFires(m, s); waiting[s] == nil {
			explained[s] = true
			delete(waiting, s)
		}
	}
	for len(waiting) > 0 {
		again := false
		for _, s := range m.syncs {
			p := waiting[s]
			if p != nil && slices.ContainsFunc(m.syncs, func(o *syncInfo) bool { return explained[o] && o.mayAsk(m, p) }) {
				explained[s] = true
				delete(waiting, s)
				again = true
			}
		}
		if again {
			continue
		}
		// The rest wait for each other.
		for _, s := range m.syncs {
			if p := waiting[s]; p != nil {
				r.an.add(diag.Diagnostic{Code: diag.NeverFires, Severity: diag.Warning, Span: p.pattern.Tree.Span,
					Message: "“" + s.sync.Name + "” never fires: only syncs that wait for it ask “" + p.action.name() + "”"})
				explained[s] = true
				delete(waiting, s)
				break
			}
		}
	}
}

// explainNeverFires reports why a sync never fires. If the cause seems to be
// another sync that never fires, it reports nothing and returns the pattern that
// waits for that sync.
func (r *reporter) explainNeverFires(m *model, s *syncInfo) *patternInfo {
	d := diag.Diagnostic{Code: diag.NeverFires, Severity: diag.Warning, Span: s.sync.Tree.Name.Span}
	name := "“" + s.sync.Name + "” never fires: "
	requests := 0
	for _, p := range s.when {
		if p.pattern.Refused && len(p.action.spec.Refusals) == 0 {
			return nil // reported already
		}
		if p.action.request {
			if requests++; requests > 1 {
				d.Message = name + "its when matches two requests, and a flow has only one"
				d.Related = []diag.Related{{Span: p.pattern.Tree.Span, Message: "another request"}}
				r.an.add(d)
				return nil
			}
			continue
		}
		if r.opensFlows(p) {
			continue
		}
		asks := r.asksOf(m, p.action)
		switch fit := slices.IndexFunc(asks, func(a *check.Ask) bool { return p.mayMatch(m, a) }); {
		case len(asks) == 0:
			d.Message = name + "no sync asks “" + p.action.name() + "”"
			d.Span = p.pattern.Tree.Span
			d.Notes = []string{"actions are asked in then or else of a sync; perhaps another action is meant here"}
			r.an.add(d)
			return nil
		case fit < 0:
			r.literal(m, s, p, asks)
			return nil
		}
		if !slices.ContainsFunc(asks, func(a *check.Ask) bool { return r.asks[a] && p.mayMatch(m, a) }) {
			return p // the lines that ask it are never asked
		}
	}
	d.Message = name + "no flow matches all lines of its when"
	for _, p := range s.when {
		d.Related = append(d.Related, diag.Related{Span: p.pattern.Tree.Span, Message: r.askedIn(m, p)})
	}
	if len(s.when) == 1 {
		d.Message = name + "no action matches its when"
	}
	r.suggestPath(&d, s)
	r.an.add(d)
	return nil
}

// opensFlows reports whether the action of a pattern starts flows.
func (r *reporter) opensFlows(p *patternInfo) bool {
	return slices.ContainsFunc(r.an.entries, func(e *EntryPoint) bool {
		return e.Kind != Route && e.Kind != FromGo && e.Instance == p.action.instance && e.Action == p.action.spec
	})
}

// asksOf returns the lines of the program that ask an action.
func (r *reporter) asksOf(m *model, a *actionInfo) []*check.Ask {
	var list []*check.Ask
	for _, s := range m.syncs {
		for _, asking := range s.lists {
			for _, x := range asking.asks {
				if x.action == a {
					list = append(list, x.ask)
				}
			}
		}
	}
	return list
}

// askedIn says which syncs ask the action of a pattern, and in which routes.
func (r *reporter) askedIn(m *model, p *patternInfo) string {
	if p.action.request {
		method, path := p.pattern.Route()
		if path == "" {
			return "any request"
		}
		return "a request of " + strings.TrimSpace(method+" "+path)
	}
	var in []string
	for _, a := range r.asksOf(m, p.action) {
		for _, s := range m.syncs {
			for _, asking := range s.lists {
				if slices.ContainsFunc(asking.asks, func(x *askInfo) bool { return x.ask == a }) && !slices.Contains(in, s.sync.Name) {
					in = append(in, s.sync.Name)
				}
			}
		}
	}
	if len(in) == 0 {
		return "“" + p.action.name() + "” starts flows of its own"
	}
	text := "asked by " + firstThree(in)
	if routes := r.routesOf(in); len(routes) > 0 {
		text += ", in flows of " + firstThree(routes)
	}
	return text
}

// firstThree enumerates names, and only three of them if there are more.
func firstThree(names []string) string {
	if len(names) > 3 {
		names = append(slices.Clone(names[:3]), "others")
	}
	return words.Enumerate(names, "and")
}

// routesOf returns the entry points in which one of some syncs can fire.
func (r *reporter) routesOf(syncs []string) []string {
	var routes []string
	for _, e := range r.an.entries {
		if slices.ContainsFunc(e.Syncs, func(s *check.Sync) bool { return slices.Contains(syncs, s.Name) }) {
			routes = append(routes, e.String())
		}
	}
	return routes
}

// suggestPath suggests the path of a route that asks all actions that a sync waits
// for.
func (r *reporter) suggestPath(d *diag.Diagnostic, s *syncInfo) {
	var request *patternInfo
	for _, p := range s.when {
		if p.action.request && p.path != "" {
			request = p
		}
	}
	if request == nil {
		return
	}
	var paths []string
	for _, e := range r.an.entries {
		if e.Kind == Route && e.Path != request.path && !slices.Contains(paths, e.Path) && r.asksAll(e, s) {
			paths = append(paths, e.Path)
		}
	}
	near, ok := diag.Nearest(request.path, paths)
	if !ok {
		return
	}
	d.Message += "; did you mean the path “" + near + "”?"
	for _, a := range request.pattern.In {
		if a.Name == "path" && a.Tree.Value != nil {
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: a.Tree.Value.Span, Text: strconv.Quote(near)}}}
		}
	}
}

// asksAll reports whether flows of an entry point ask all actions that a sync waits
// for.
func (r *reporter) asksAll(e *EntryPoint, s *syncInfo) bool {
	for _, p := range s.when {
		if p.action.request {
			continue
		}
		asked := slices.ContainsFunc(e.Syncs, func(other *check.Sync) bool {
			return slices.ContainsFunc(other.Asks(), func(a *check.Ask) bool {
				return a.Action == p.action.spec && a.Instance == p.action.instance
			})
		})
		if !asked {
			return false
		}
	}
	return true
}

// literal reports a pattern with a literal that no line asks the action with.
func (r *reporter) literal(m *model, s *syncInfo, p *patternInfo, asks []*check.Ask) {
	for _, a := range p.pattern.In {
		want := a.Term.Literal
		if a.Term.Var != nil || a.Term.Any || want.IsUnset() {
			continue
		}
		var said []string
		first := -1
		given := func(x *check.Ask) (value.Value, bool) {
			i := slices.IndexFunc(x.In, func(b *check.Arg) bool { return b.Name == a.Name })
			if i < 0 {
				return value.Null, true
			}
			return x.In[i].Term.Literal, x.In[i].Term.Var == nil && x.In[i].Term.Expr == nil
		}
		for i, x := range asks {
			v, isLiteral := given(x)
			if !isLiteral || value.Equal(v, want) {
				said = nil
				break
			}
			if first < 0 {
				first = i
			}
			if text := v.String(); !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
		if len(said) == 0 {
			continue
		}
		d := diag.Diagnostic{Code: diag.NeverFires, Severity: diag.Warning, Span: a.Tree.Span,
			Message: "“" + s.sync.Name + "” never fires: no sync asks “" + p.action.name() + "” with “" + a.Name + "” " + want.String(),
			Related: []diag.Related{{Span: asks[first].Tree.Span, Message: "asked here with " + said[0]}}}
		if near, ok := diag.Nearest(want.String(), said); ok {
			d.Message += "; did you mean " + near + "?"
			if a.Tree.Value != nil {
				d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: a.Tree.Value.Span, Text: near}}}
			}
		}
		r.an.add(d)
		return
	}
	r.an.add(diag.Diagnostic{Code: diag.NeverFires, Severity: diag.Warning, Span: p.pattern.Tree.Span,
		Message: "“" + s.sync.Name + "” never fires: no sync asks “" + p.action.name() + "” with these values"})
}
