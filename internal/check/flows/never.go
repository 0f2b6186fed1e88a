package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/value"
)

// never reports syncs that fire on no way of any entry, and those that fire
// only if Go asks an action that no text asks.
func (f *findings) never(w *wired) {
	f.idle(w)
	routes := slices.ContainsFunc(f.an.entries, func(e *Entry) bool { return e.Kind == Route })
	if f.an.program.App == nil || !routes {
		return
	}
	for _, e := range f.an.entries {
		if e.Kind != FromGo || len(e.Patterns) == 0 {
			continue
		}
		var fires []*check.Sync
		for _, s := range w.syncs {
			if f.fired[s] && slices.Contains(s.sync.When, e.Patterns[0]) {
				fires = append(fires, s.sync)
			}
		}
		if len(fires) == 0 {
			continue // that was reported
		}
		who := "no sync asks"
		if len(f.asksOf(w, w.act(e.Instance, e.Action))) > 0 {
			who = "no other sync asks"
		}
		d := diag.Diagnostic{Code: diag.NeverAsked, Severity: diag.Warning, Span: e.Patterns[0].Tree.Span,
			Message: who + " “" + e.String() + "”, so " + fires[0].Name + " fires only when Go asks it",
			Related: []diag.Related{{Span: e.Action.Tree.Name.Span, Message: "declared here"}}}
		f.an.add(d)
	}
}

// idle reports the syncs that never fire. Where the cause is another sync that
// never does, that one alone is reported.
func (f *findings) idle(w *wired) {
	explained := map[*wiredSync]bool{}
	waiting := map[*wiredSync]*wiredPattern{}
	for _, s := range w.syncs {
		if f.fired[s] {
			continue
		}
		if waiting[s] = f.neverFires(w, s); waiting[s] == nil {
			explained[s] = true
			delete(waiting, s)
		}
	}
	for len(waiting) > 0 {
		again := false
		for _, s := range w.syncs {
			p := waiting[s]
			if p != nil && slices.ContainsFunc(w.syncs, func(o *wiredSync) bool { return explained[o] && o.asksFor(w, p) }) {
				explained[s] = true
				delete(waiting, s)
				again = true
			}
		}
		if again {
			continue
		}
		// They wait for each other.
		for _, s := range w.syncs {
			if p := waiting[s]; p != nil {
				f.an.add(diag.Diagnostic{Code: diag.NeverFires, Severity: diag.Warning, Span: p.pattern.Tree.Span,
					Message: "“" + s.sync.Name + "” never fires: only syncs that wait for it ask “" + p.act.name() + "”"})
				explained[s] = true
				delete(waiting, s)
				break
			}
		}
	}
}

// asksFor tells whether a sync asks what a pattern could match.
func (s *wiredSync) asksFor(w *wired, p *wiredPattern) bool {
	for _, asking := range s.asking() {
		for _, a := range asking.asks {
			if a.act == p.act && p.mayMatch(w, a.ask) {
				return true
			}
		}
	}
	return false
}

// neverFires says why a sync never fires. Where the cause seems to be another
// sync that never does, it gives the line that waits for what that one asks.
func (f *findings) neverFires(w *wired, s *wiredSync) *wiredPattern {
	d := diag.Diagnostic{Code: diag.NeverFires, Severity: diag.Warning, Span: s.sync.Tree.Name.Span}
	name := "“" + s.sync.Name + "” never fires: "
	requests := 0
	for _, p := range s.when {
		if p.pattern.Refused && len(p.act.action.Refusals) == 0 {
			return nil // that was reported
		}
		if p.act.request {
			if requests++; requests > 1 {
				d.Message = name + "a flow has one request, and its when wants two"
				d.Related = []diag.Related{{Span: p.pattern.Tree.Span, Message: "another request"}}
				f.an.add(d)
				return nil
			}
			continue
		}
		if f.isEntry(p) {
			continue
		}
		asks := f.asksOf(w, p.act)
		switch fit := slices.IndexFunc(asks, func(a *check.Ask) bool { return p.mayMatch(w, a) }); {
		case len(asks) == 0:
			d.Message = name + "nobody asks “" + p.act.name() + "”"
			d.Span = p.pattern.Tree.Span
			d.Notes = []string{"an action is asked in then or else of a sync; another one may be meant here"}
			f.an.add(d)
			return nil
		case fit < 0:
			f.literal(w, s, p, asks)
			return nil
		}
		if !slices.ContainsFunc(asks, func(a *check.Ask) bool { return f.asks[a] && p.mayMatch(w, a) }) {
			return p // those who ask never do
		}
	}
	d.Message = name + "the lines of its when are never matched in one flow"
	for _, p := range s.when {
		d.Related = append(d.Related, diag.Related{Span: p.pattern.Tree.Span, Message: f.where(w, p)})
	}
	if len(s.when) == 1 {
		d.Message = name + "no action is ever like its when"
	}
	f.meant(&d, s)
	f.an.add(d)
	return nil
}

// isEntry tells whether a pattern's action opens flows of its own.
func (f *findings) isEntry(p *wiredPattern) bool {
	return slices.ContainsFunc(f.an.entries, func(e *Entry) bool {
		return e.Kind != Route && e.Kind != FromGo && e.Instance == p.act.instance && e.Action == p.act.action
	})
}

// asksOf are the lines that ask an action, anywhere in the program.
func (f *findings) asksOf(w *wired, a *act) []*check.Ask {
	var list []*check.Ask
	for _, s := range w.syncs {
		for _, asking := range s.asking() {
			for _, x := range asking.asks {
				if x.act == a {
					list = append(list, x.ask)
				}
			}
		}
	}
	return list
}

// where says in which entries a pattern's action is asked.
func (f *findings) where(w *wired, p *wiredPattern) string {
	if p.act.request {
		method, path := p.pattern.Route()
		if path == "" {
			return "any request"
		}
		return "a request of " + strings.TrimSpace(method+" "+path)
	}
	var in []string
	for _, a := range f.asksOf(w, p.act) {
		for _, s := range w.syncs {
			for _, asking := range s.asking() {
				if slices.ContainsFunc(asking.asks, func(x *wiredAsk) bool { return x.ask == a }) && !slices.Contains(in, s.sync.Name) {
					in = append(in, s.sync.Name)
				}
			}
		}
	}
	if len(in) == 0 {
		return "“" + p.act.name() + "” opens flows of its own"
	}
	text := "asked by " + few(in)
	if routes := f.routesOf(in); len(routes) > 0 {
		text += ", in flows of " + few(routes)
	}
	return text
}

// few names the first three of some things.
func few(names []string) string {
	if len(names) > 3 {
		names = append(slices.Clone(names[:3]), "others")
	}
	return enumerate(names, "and")
}

// routesOf are the routes in whose flows one of some syncs fires.
func (f *findings) routesOf(syncs []string) []string {
	var routes []string
	for _, e := range f.an.entries {
		if slices.ContainsFunc(e.Syncs, func(s *check.Sync) bool { return slices.Contains(syncs, s.Name) }) {
			routes = append(routes, e.String())
		}
	}
	return routes
}

// meant offers the path of another route in place of a sync's own, where the
// actions that it waits for are asked.
func (f *findings) meant(d *diag.Diagnostic, s *wiredSync) {
	var request *wiredPattern
	for _, p := range s.when {
		if p.act.request && p.path != "" {
			request = p
		}
	}
	if request == nil {
		return
	}
	var paths []string
	for _, e := range f.an.entries {
		if e.Kind == Route && e.Path != request.path && !slices.Contains(paths, e.Path) && f.hasAll(e, s) {
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

// hasAll tells whether all actions that a sync waits for are asked in flows of a
// route.
func (f *findings) hasAll(e *Entry, s *wiredSync) bool {
	for _, p := range s.when {
		if p.act.request {
			continue
		}
		asked := slices.ContainsFunc(e.Syncs, func(other *check.Sync) bool {
			match := func(a *check.Ask) bool { return a.Action == p.act.action && a.Instance == p.act.instance }
			return slices.ContainsFunc(other.Then, match) ||
				slices.ContainsFunc(other.Where, func(l *check.Line) bool { return slices.ContainsFunc(l.Else, match) })
		})
		if !asked {
			return false
		}
	}
	return true
}

// literal reports a literal of a pattern with which nobody asks.
func (f *findings) literal(w *wired, s *wiredSync, p *wiredPattern, asks []*check.Ask) {
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
			Message: "“" + s.sync.Name + "” never fires: nobody asks “" + p.act.name() + "” with “" + a.Name + "” " + want.String(),
			Related: []diag.Related{{Span: asks[first].Tree.Span, Message: "asked here with " + said[0]}}}
		if near, ok := diag.Nearest(want.String(), said); ok {
			d.Message += "; did you mean " + near + "?"
			if a.Tree.Value != nil {
				d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: a.Tree.Value.Span, Text: near}}}
			}
		}
		f.an.add(d)
		return
	}
	f.an.add(diag.Diagnostic{Code: diag.NeverFires, Severity: diag.Warning, Span: p.pattern.Tree.Span,
		Message: "“" + s.sync.Name + "” never fires: nobody asks “" + p.act.name() + "” in this way"})
}

// shadowed reports routes that never get a request, because another one takes
// them all.
func (f *findings) shadowed() {
	byShape := map[string]*Entry{}
	for _, e := range f.an.entries {
		if e.Kind != Route || !strings.Contains(e.Path, "{") {
			continue
		}
		var shape []string
		for _, segment := range strings.Split(e.Path, "/") {
			if len(segment) > 2 && segment[0] == '{' && strings.HasSuffix(segment, "}") {
				segment = "{}"
			}
			shape = append(shape, segment)
		}
		path := strings.Join(shape, "/")
		first := byShape[path+" "+e.Method]
		if every := byShape[path+" "]; every != nil && (first == nil || every.Path < first.Path) {
			first = every
		}
		if first == nil {
			byShape[path+" "+e.Method] = e
			continue
		}
		if first.Path == e.Path {
			continue
		}
		f.an.add(diag.Diagnostic{Code: diag.Shadowed, Severity: diag.Warning, Span: e.place(),
			Message: "no request comes here: “" + first.Path + "” takes every one that “" + e.Path + "” would",
			Related: []diag.Related{{Span: first.place(), Message: "this path has the same form"}},
			Notes:   []string{"the parameter of a path has one name in all syncs"}})
	}
}

// circles reports syncs that lead to themselves when no where on the way can
// end it.
func (f *findings) circles(w *wired) {
	to := make([][]int, len(w.syncs))
	by := map[[2]int]edge{}
	for e, free := range f.edges {
		from := e.asking.sync
		if !free || e.asking.line != nil || from.drops {
			continue
		}
		k := [2]int{from.index, e.to.index}
		if old, ok := by[k]; !ok {
			to[from.index] = append(to[from.index], e.to.index)
			by[k] = e
		} else if e.ask.ask.Tree.Span.Start < old.ask.ask.Tree.Span.Start {
			by[k] = e
		}
	}
	for i := range to {
		slices.Sort(to[i])
	}
	for _, group := range groups(to) {
		if path := shortestCircle(to, group); path != nil {
			f.circle(w, path, by)
		}
	}
}

// shortestCircle gives a way from the first of a group back to it.
func shortestCircle(to [][]int, group []int) []int {
	start := group[0]
	from := map[int]int{}
	queue := []int{start}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, next := range to[n] {
			if next == start {
				path := []int{n}
				for n != start {
					n = from[n]
					path = append(path, n)
				}
				slices.Reverse(path)
				return path
			}
			if _, seen := from[next]; !seen && slices.Contains(group, next) {
				from[next] = n
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func (f *findings) circle(w *wired, path []int, by map[[2]int]edge) {
	first := w.syncs[path[0]].sync
	d := diag.Diagnostic{Code: diag.Endless, Severity: diag.Warning, Span: first.Tree.Name.Span}
	var names, refused []string
	for i, n := range path {
		next := path[(i+1)%len(path)]
		e := by[[2]int{n, next}]
		names = append(names, "“"+w.syncs[n].sync.Name+"”")
		d.Related = append(d.Related, diag.Related{Span: e.ask.ask.Tree.Span,
			Message: w.syncs[n].sync.Name + " asks “" + e.ask.act.name() + "”, at which " + w.syncs[next].sync.Name + " fires"})
		if len(e.ask.act.action.Refusals) > 0 && !slices.Contains(refused, e.ask.act.name()) {
			refused = append(refused, e.ask.act.name())
		}
	}
	d.Message = names[0] + " leads to itself again and again, and no where ends it"
	if len(path) > 1 {
		d.Message = "the syncs " + enumerate(names, "and") + " set each other off again and again, and no where ends it"
	}
	if len(refused) > 0 {
		d.Notes = append(d.Notes, "only a refusal of “"+enumerate(refused, "” or “")+"” can end it, and that may then be the answer")
	} else {
		d.Notes = append(d.Notes, "a flow that has asked 50,000 actions ends as a fault")
	}
	d.Notes = append(d.Notes, "a line of where that drops, in one of them, ends it")
	f.an.add(d)
}
