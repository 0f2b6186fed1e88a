package inspect

import (
	"slices"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
)

// An origin says where a value came from: an earlier step, a line of text, or
// the client.
type origin struct {
	words string      // "from", "written in", …
	step  *step       // the action that it came out of, or that had it as an input
	name  string      // what it is called there
	place source.Span // the line that gave it
	more  []origin    // what an expression was made of
}

// origins returns the origin of each input of a step, by name.
func (s *story) origins(x *step) map[string]origin {
	out := map[string]origin{}
	if x.By == nil {
		words := "from the caller"
		if x.Is(plan.Request) {
			words = "from the client"
		}
		for _, f := range x.Given {
			out[f.Name] = origin{words: words}
		}
		return out
	}
	if x.Line == nil {
		return out
	}
	for _, in := range x.Line.In {
		out[in.Name] = s.originOf(x, in.Term)
	}
	return out
}

func (s *story) originOf(x *step, t plan.Term) origin {
	switch {
	case t.Expr != nil:
		o := origin{words: "computed from", place: x.Line.Span}
		for _, slot := range t.Expr.Slots {
			if slot >= 0 {
				o.more = append(o.more, s.slotOrigin(x, slot))
			}
		}
		if len(o.more) == 0 {
			o.words = "computed in"
		}
		return o
	case t.Slot < 0:
		return origin{words: "written in", place: x.Line.Span}
	}
	return s.slotOrigin(x, t.Slot)
}

// slotOrigin returns the origin of a variable's value in a step.
func (s *story) slotOrigin(x *step, slot int) origin {
	switch o := s.Origin(x.By, x.ID.Frame, slot); {
	case o.Where != nil:
		return origin{words: "found by", place: o.Where.Span}
	case o.Pattern != nil:
		return origin{words: "from", step: o.Action, name: o.Action.ColumnName(o.Column), place: o.Pattern.Span}
	case o.Action != nil:
		return origin{words: "from", step: o.Action, name: o.Action.ColumnName(o.Column), place: o.Ask.Span}
	}
	return origin{words: "bound by", place: x.By.Spec.Span}
}

// sources returns the steps whose outputs became inputs of a step, each with
// the names of the values.
func (s *story) sources(x *step) map[*step][]string {
	out := map[*step][]string{}
	var add func(name string, o origin)
	add = func(name string, o origin) {
		if o.step != nil && !slices.Contains(out[o.step], name) {
			out[o.step] = append(out[o.step], name)
		}
		for _, m := range o.more {
			add(m.name, m)
		}
	}
	origins := s.origins(x)
	for _, f := range x.Given {
		if o, ok := origins[f.Name]; ok {
			add(f.Name, o)
		}
	}
	return out
}
