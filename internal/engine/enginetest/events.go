package enginetest

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// Events returns what happened in a flow, in the form of Oracle.Events. The entries are a
// record that keeps all values.
func Events(p *plan.Plan, entries []journal.Entry) []string {
	asked := map[journal.ActionID]int{}
	var list []string
	note := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, e := range entries {
		switch e.Kind {
		case journal.Asked:
			asked[e.ID] = len(asked)
			note("%d asked %s %s", asked[e.ID], e.Action, fields(byName(e.In)))
		case journal.Completed:
			switch e.Outcome {
			case journal.Returned:
				note("%d returned %s", asked[e.ID], fields(byName(e.Out)))
			case journal.Refused:
				note("%d refused %s %s", asked[e.ID], e.Code, e.Text)
			default:
				note("%d %s", asked[e.ID], e.Outcome)
			}
		case journal.Fired, journal.Dropped:
			numbers := []int{}
			for _, id := range e.Matched {
				numbers = append(numbers, asked[id])
			}
			if e.Kind == journal.Dropped {
				note("dropped %s %v", e.Sync, numbers)
			} else {
				note("fired %s %v %d", e.Sync, numbers, len(e.Frames))
			}
		case journal.Entered:
			where := fmt.Sprint(e.Stage)
			if e.Line > 0 {
				where += "." + ask(p, e.Sync, e.Line-1).Action.FullName()
			}
			note("entered %s %s %d", e.Sync, where, len(e.Frames))
		case journal.Faulted:
			note("faulted")
		}
	}
	return list
}

func ask(p *plan.Plan, sync string, line int) *plan.Ask {
	for _, s := range p.Syncs {
		if s.Name == sync {
			return s.Asks[line]
		}
	}
	panic("enginetest: the record has a sync that the program does not have: " + sync)
}

func byName(list []value.Field) map[string]value.Value {
	m := map[string]value.Value{}
	for _, f := range list {
		m[f.Name] = f.Value
	}
	return m
}

// Difference returns the first event in which two flows differ, with those before it, ""
// if they are equal. If a flow was cut off at its end, only the other's beginning counts.
func Difference(got, want []string, cut bool) string {
	for i := range max(len(got), len(want)) {
		if i < len(got) && i < len(want) && got[i] == want[i] {
			continue
		}
		if cut && i >= len(want) {
			return ""
		}
		at := func(list []string) string {
			if i < len(list) {
				return list[i]
			}
			return "nothing"
		}
		return fmt.Sprintf("%s\nthen the engine: %s\nbut the oracle:  %s", strings.Join(want[max(0, min(i, len(want))-30):min(i, len(want))], "\n"), at(got), at(want))
	}
	return ""
}
