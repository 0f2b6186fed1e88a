package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// idleRows reports lines of where that can give several frames of which nothing is
// used: the actions are asked with the same inputs for each. Syncs that answer are
// reported elsewhere.
func (r *reporter) idleRows() {
	for _, s := range r.an.program.Syncs {
		var bound []*check.Var
		for _, p := range s.When {
			bound = append(append(bound, variablesOf(p.In)...), variablesOf(p.Out)...)
		}
		for n, stage := range s.Stages {
			used := usedAfter(s, n)
			if len(stage.Then) > 0 && !slices.ContainsFunc(s.Asks(), answers) {
				for _, l := range idleLines(stage.Where, bound, used) {
					r.idleRow(l, stage.Where, stage.Then[0])
				}
			}
			for _, l := range stage.Where {
				bound = append(bound, l.Nulls...)
			}
			for _, a := range stage.Then {
				for _, l := range idleLines(a.Where, bound, append(variablesOf(a.In), handled(a)...)) {
					r.idleRow(l, a.Where, a)
				}
				bound = append(bound, variablesOf(a.Out)...)
			}
		}
	}
}

func answers(a *check.Ask) bool {
	return a.Instance.Concept.Name == check.RequestingConcept && a.Action.Name == "respond"
}

// handled returns the variables that the handlers of a line use.
func handled(a *check.Ask) (list []*check.Var) {
	for _, h := range a.Handlers {
		for _, x := range h.Asks {
			list = append(list, variablesOf(x.In)...)
		}
	}
	return list
}

// usedAfter returns the variables that anything uses after the where of a stage, or
// in an else of it.
func usedAfter(s *check.Sync, n int) (list []*check.Var) {
	for i, stage := range s.Stages[n:] {
		for _, l := range stage.Where {
			for _, a := range l.Else {
				list = append(list, variablesOf(a.In)...)
			}
			if i > 0 {
				list = append(list, l.Variables()...)
			}
		}
		for _, a := range stage.Then {
			list = append(append(list, variablesOf(a.In)...), variablesOf(a.Out)...)
			list = append(list, handled(a)...)
			for _, l := range a.Where {
				list = append(list, l.Variables()...)
			}
		}
	}
	return list
}

func (r *reporter) idleRow(l *check.Line, lines []*check.Line, a *check.Ask) {
	note := "with “some” before it, the line only asks whether there is a frame"
	if slices.ContainsFunc(lines, func(o *check.Line) bool {
		return o != l && slices.ContainsFunc(l.Nulls, func(v *check.Var) bool { return slices.Contains(o.Variables(), v) })
	}) {
		note = "below “some”, this line and those that use its variables only ask whether there is a frame"
	}
	r.an.add(diag.Diagnostic{Code: diag.IdleRows, Severity: diag.Warning, Span: l.Tree.Span,
		Message: "this line can give several frames, and nothing of them is used: “" + a.Instance.Name + "." + a.Action.Name +
			"” is asked for each, with the same inputs",
		Related: []diag.Related{{Span: a.Tree.Span, Message: "asked here"}},
		Notes:   []string{note}})
}

// idleLines returns the lines that can give several frames although nothing of these
// reaches the used variables.
func idleLines(lines []*check.Line, bound, used []*check.Var) []*check.Line {
	d := &dependencies{fields: map[memberRef][]fieldValue{}}
	made := make([][]*check.Var, len(lines))
	for i, l := range lines {
		before := len(d.made)
		d.line(l)
		made[i] = slices.Clone(d.made[before:])
	}
	needed := d.needed(bound, used)
	known := slices.Clone(bound)
	var idle []*check.Line
	for i, l := range lines {
		determined := d.closure(known)
		known = append(known, made[i]...)
		several := slices.ContainsFunc(made[i], func(v *check.Var) bool { return !determined[v] })
		touched := slices.ContainsFunc(append(made[i], l.Nulls...), func(v *check.Var) bool { return needed[v] })
		if several && !touched && l.Mode != syntax.MaybeLine && !bindsUnused(lines, l, used) {
			idle = append(idle, l)
		}
	}
	return idle
}

// bindsUnused reports whether a line binds a variable that nothing mentions, which
// is a finding of its own.
func bindsUnused(lines []*check.Line, l *check.Line, used []*check.Var) bool {
	return slices.ContainsFunc(l.Nulls, func(v *check.Var) bool {
		return !slices.Contains(used, v) && !slices.ContainsFunc(lines, func(o *check.Line) bool {
			return o != l && slices.Contains(o.Variables(), v)
		})
	})
}

// needed returns the variables from which the used ones follow.
func (d *dependencies) needed(bound, used []*check.Var) map[*check.Var]bool {
	list := map[*check.Var]bool{}
	for _, v := range used {
		list[v] = true
	}
	for again := true; again; {
		again = false
		for _, r := range d.rules {
			if !list[r.to] || slices.Contains(bound, r.to) {
				continue
			}
			for _, v := range r.from {
				if !list[v] {
					list[v], again = true, true
				}
			}
		}
	}
	return list
}
