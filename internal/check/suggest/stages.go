package suggest

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// stages suggests a stage for a sync that matches a request and the last action that
// another sync asks for it, and only reads and answers.
func (f *finder) stages() {
	for _, b := range f.analysis.Syncs {
		if request, last := answering(b); request != nil {
			for _, a := range f.analysis.Syncs {
				if a != b && f.stage(a, b, request, last) {
					break
				}
			}
		}
	}
}

// answering returns the two patterns of a sync that only answers a request after an
// action, nil if it is none.
func answering(b *check.Sync) (request, last *check.Pattern) {
	if len(b.When) != 2 || len(b.Stages) != 1 || b.Stages[0].Together || !b.When[0].IsRequest() || b.When[1].IsRequest() || b.When[1].Refused {
		return nil, nil
	}
	for _, x := range b.Asks() {
		if !isAnswer(x) {
			return nil, nil
		}
	}
	return b.When[0], b.When[1]
}

func isAnswer(a *check.Ask) bool {
	return a.Instance.Concept.Name == check.RequestingConcept && a.Action.Name == "respond"
}

// stage suggests that sync b becomes the last stage of sync a, if the last line of a is
// what b waits for.
func (f *finder) stage(a, b *check.Sync, request, last *check.Pattern) bool {
	if len(a.When) != 1 || !a.When[0].IsRequest() || a.Tree.Span.File != b.Tree.Span.File {
		return false
	}
	method, path := a.When[0].Route()
	if m, p := request.Route(); m != method || p != path || path == "" {
		return false
	}
	then := a.Then()
	ask := then[len(then)-1]
	if ask.Instance != last.Instance || ask.Action != last.Action || ask.Where != nil || slices.ContainsFunc(a.Asks(), func(x *check.Ask) bool { return x != ask && x.Action == ask.Action && x.Instance == ask.Instance }) ||
		slices.ContainsFunc(then, isAnswer) || !f.alone(a, b, ask, method, path) {
		return false
	}
	added, ok := joins(a, b, request, last, ask)
	if !ok {
		return false
	}
	edits, ok := stageEdits(a, b, ask, added)
	if !ok || !f.keepsMeaningOfOthers(edits, a, b) {
		return false
	}
	f.add(diag.StageForAnswer, b.Tree.Name.Span, "“"+b.Name+"” only answers for “"+a.Name+"”, and can be a part of it",
		"move it into "+a.Name, []diag.Related{{Span: ask.Tree.Span, Message: "asked here"}}, edits)
	return true
}

// alone reports whether, in flows of a route, only one line asks the action of the ask,
// and whether no sync reacts to it after sync b.
func (f *finder) alone(a, b *check.Sync, ask *check.Ask, method, path string) bool {
	asks := func(s *check.Sync) bool {
		return slices.ContainsFunc(s.Asks(), func(x *check.Ask) bool { return x.Action == ask.Action && x.Instance == ask.Instance })
	}
	for _, e := range f.analysis.EntryPoints {
		if e.Kind != flows.Route || e.Path != path || e.Method != method && e.Method != "" {
			continue
		}
		for _, s := range e.Syncs {
			reacts := slices.ContainsFunc(s.When, func(p *check.Pattern) bool { return p.Action == ask.Action && p.Instance == ask.Instance && !p.Refused })
			if s != a && asks(s) || s != b && reacts && s.Name > b.Name {
				return false
			}
		}
		return true
	}
	return false
}

// joins reports whether the names of sync b mean the same in sync a. It returns the
// outputs that the line must name for b.
func joins(a, b *check.Sync, request, last *check.Pattern, ask *check.Ask) (added []string, ok bool) {
	joined := map[*check.Var]bool{}
	same := func(x, y *check.Arg) bool {
		if y.Term.Any {
			return !x.Optional
		}
		joined[y.Term.Var] = true
		return x.Term.Var != nil && y.Term.Var != nil && x.Term.Var.Name == y.Term.Var.Name && (!x.Optional || y.Optional)
	}
	for _, y := range slices.Concat(request.In, request.Out) {
		literal := y.Term.Var == nil && !y.Term.Any
		if literal && (y.Name == "path" || y.Name == "method") {
			continue
		}
		i := slices.IndexFunc(slices.Concat(a.When[0].In, a.When[0].Out), func(x *check.Arg) bool { return x.Name == y.Name })
		if literal || i < 0 || !same(slices.Concat(a.When[0].In, a.When[0].Out)[i], y) {
			return nil, false
		}
	}
	for _, y := range last.In {
		i := slices.IndexFunc(ask.In, func(x *check.Arg) bool { return x.Name == y.Name })
		if i < 0 || y.Param == nil || y.Param.Optional || !same(ask.In[i], y) {
			return nil, false
		}
	}
	for _, y := range last.Out {
		i := slices.IndexFunc(ask.Out, func(x *check.Arg) bool { return x.Name == y.Name })
		switch {
		case y.Term.Any || y.Term.Var == nil || y.Param == nil || y.Param.Optional || y.Optional:
			return nil, false
		case i >= 0 && (!ask.Out[i].Binds || !same(ask.Out[i], y)):
			return nil, false
		case i < 0:
			if slices.ContainsFunc(a.Vars, func(v *check.Var) bool { return v.Name == y.Term.Var.Name }) {
				return nil, false
			}
			joined[y.Term.Var] = true
			added = append(added, pass(y.Name, y.Term.Var.Name, ""))
		}
	}
	for _, v := range b.Vars {
		if !joined[v] && slices.ContainsFunc(a.Vars, func(x *check.Var) bool { return x.Name == v.Name }) {
			return nil, false // another variable of that name
		}
	}
	return added, true
}

// stageEdits moves the where and then of sync b below sync a.
func stageEdits(a, b *check.Sync, ask *check.Ask, added []string) ([]diag.Edit, bool) {
	file := b.Tree.Span.File
	stage := b.Tree.Stages[0]
	at := startOf(&item{span: b.Tree.Span})
	comments := file.Text[at.Start:b.Tree.Span.Start]
	head := file.Text[b.Tree.Span.Start:stage.Span.Start]
	if strings.Contains(head, "#") {
		return nil, false
	}
	from := stage.Span.Start
	if len(stage.Where) == 0 && !a.Stages[len(a.Stages)-1].Together {
		first := stage.Then[0].Span // its lines follow those of the other sync
		from = file.LineStart(first.Position().Line)
	}
	end := endOf(a.Tree.Span)
	edits := []diag.Edit{
		outputEdit(ask.Tree, added),
		{Span: file.Span(end, end), Text: "\n" + comments + strings.TrimRight(file.Text[from:endOf(b.Tree.Span)], "\n")},
		{Span: file.Span(at.Start, min(len(file.Text), endOf(b.Tree.Span)+1))},
	}
	if edits[0].Text == "" {
		edits = edits[1:]
	}
	slices.SortFunc(edits, func(x, y diag.Edit) int { return x.Span.Start - y.Span.Start })
	return edits, true
}

// endOf returns the end of the last line of an item.
func endOf(span source.Span) int {
	end := span.End
	for end < len(span.File.Text) && span.File.Text[end] != '\n' {
		end++
	}
	return end
}

// outputEdit awaits a line and names outputs of it.
func outputEdit(t *syntax.Ask, added []string) diag.Edit {
	end := t.Span
	end.Start = end.End
	switch {
	case !t.HasOut:
		return diag.Edit{Span: end, Text: " : (" + strings.Join(added, ", ") + ")"}
	case len(added) == 0:
		return diag.Edit{}
	}
	end.Start, end.End = end.End-1, end.End-1 // before the bracket
	text := strings.Join(added, ", ")
	if len(t.Out) > 0 {
		text = ", " + text
	}
	return diag.Edit{Span: end, Text: text}
}

// keepsMeaningOfOthers reports whether the changed program has no further finding, and
// whether all syncs but two do the same.
func (f *finder) keepsMeaningOfOthers(edits []diag.Edit, a, b *check.Sync) bool {
	trees := f.changed(edits)
	if trees == nil {
		return false
	}
	_, before := flows.Check(f.trees, f.opt)
	p, found := flows.Check(trees, f.opt)
	if p.Broken || len(found) > len(before) {
		return false
	}
	for _, s := range p.Syncs {
		if s.Name != a.Name && (s.Name == b.Name || flows.Meaning(s) != f.before[s.Name]) {
			return false
		}
	}
	return true
}
