package explain

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// A record is the history of the explained flow.
type record struct{ *history.Flow }

type action = history.Action

// read reads the entries of a flow that has ended or is treated as ended.
func read(p *plan.Plan, entries []journal.Entry) *record { return readOpen(p, entries, true) }

func readOpen(p *plan.Plan, entries []journal.Entry, rested bool) *record {
	return &record{history.Read(p, entries, rested)}
}

// inputs returns an action's inputs, and outputs its outputs.
func inputs(a *action) []Detail {
	var list []Detail
	for i, v := range a.In {
		if !v.IsUnset() {
			list = append(list, Detail{Name: a.Spec.Inputs[i], Value: show(v, a.ColumnType(plan.Column{Index: i}))})
		}
	}
	for _, name := range a.Further {
		list = append(list, Detail{Name: name, Value: value.Hidden})
	}
	return list
}

func outputs(a *action) []Detail {
	var list []Detail
	if a.Outcome != journal.Returned {
		return nil
	}
	for i, v := range a.Out {
		if !v.IsUnset() {
			list = append(list, Detail{Name: a.Spec.Outputs[i], Value: show(v, a.ColumnType(plan.Column{Out: true, Index: i}))})
		}
	}
	return list
}

// arguments formats details as arguments in the language.
func arguments(list []Detail) string {
	parts := make([]string, len(list))
	for i, d := range list {
		parts[i] = d.Name + ": " + d.Value
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// ended describes the outcome of an action, as the predicate of a sentence.
func ended(a *action) string {
	switch a.Outcome {
	case journal.Returned:
		return "returned"
	case journal.Refused:
		return "was refused " + a.Code + " (“" + words.Clip(a.Text, shown) + "”)"
	case journal.Fault:
		return "faulted: " + words.Clip(strings.TrimPrefix(a.Text, a.Name+": "), shown)
	case journal.Undone:
		return "was undone"
	}
	if n := len(a.Tries); n > 0 {
		return effort(a.Tries[n-1])
	}
	return "did not complete"
}

// effort describes the last try of an effect action, as the predicate of a
// sentence.
func effort(e *journal.Entry) string {
	switch e.Kind {
	case journal.Tried:
		return fmt.Sprintf("failed %s and will be tried again at %s: %s", times(int(e.Tries)), e.Next.Format(value.MomentLayout), words.Clip(strings.TrimPrefix(e.Text, e.Action+": "), shown))
	case journal.Parked:
		return "is parked: " + words.Clip(strings.TrimPrefix(strings.Replace(e.Text, e.Action+": ", "", 1), e.Action+" "), shown)
	}
	text := "was cancelled by an operator"
	if e.Code == "retry" {
		text = "was retried by an operator"
	}
	if e.Text != "" {
		text += ": " + words.Clip(e.Text, shown)
	}
	return text
}

// An asking is the line of a firing that asked an action.
type asking struct {
	match *history.Match
	sync  *plan.Sync // nil if the plan has no such sync
	index uint32     // of the frame
	frame *journal.Frame
	lines []*plan.Ask // then, or the else of the frame
	line  *plan.Ask   // nil if the plan has no such line
}

// askingOf returns what asked an action; nil if it opened the flow.
func (r *record) askingOf(a *action) *asking {
	m := a.By
	if m == nil {
		return nil
	}
	return &asking{match: m, sync: m.Spec, index: a.ID.Frame, frame: m.Frame(a.ID.Frame), lines: r.Asked(m, a.ID.Frame), line: a.Line}
}
