package inspect

import (
	"slices"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/source"
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

// origins gives for each input of a step where it came from, by name.
func (s *story) origins(x *step) map[string]origin {
	out := map[string]origin{}
	if x.by == nil {
		words := "from whoever asked"
		if x.is(plan.Request) {
			words = "from the client"
		}
		for _, f := range x.in {
			out[f.Name] = origin{words: words}
		}
		return out
	}
	if x.line == nil {
		return out
	}
	for _, in := range x.line.In {
		out[in.Name] = s.originOf(x, in.Term)
	}
	return out
}

func (s *story) originOf(x *step, t plan.Term) origin {
	switch {
	case t.Expr != nil:
		o := origin{words: "worked out from", place: x.line.Span}
		for _, slot := range t.Expr.Slots {
			if slot >= 0 {
				o.more = append(o.more, s.slotOrigin(x, slot))
			}
		}
		if len(o.more) == 0 {
			o.words = "worked out in"
		}
		return o
	case t.Slot < 0:
		return origin{words: "written in", place: x.line.Span}
	}
	return s.slotOrigin(x, t.Slot)
}

// slotOrigin finds what gave a variable its value for a step: a line of when,
// a line of where, or an earlier action of the same frame.
func (s *story) slotOrigin(x *step, slot int) origin {
	sync := x.by.sync
	for i, p := range sync.When {
		for _, v := range p.Vars {
			if v.Slot == slot && i < len(x.by.matched) {
				return origin{words: "from", step: x.by.matched[i], name: v.Name, place: p.Span}
			}
		}
	}
	for _, l := range sync.Where {
		if slices.Contains(l.Binds, slot) {
			return origin{words: "found by", place: l.Span}
		}
	}
	for _, a := range sync.Asks {
		for _, o := range a.Out {
			if !o.Binds || o.Term.Slot != slot || a.Line >= x.line.Line {
				continue
			}
			id := journal.ActionID{Firing: x.id.Firing, Frame: x.id.Frame, Line: uint32(a.Line)}
			if y := s.byID[id]; y != nil {
				return origin{words: "from", step: y, name: o.Name, place: a.Span}
			}
		}
	}
	return origin{words: "bound by", place: sync.Span}
}

// sources are the steps that the inputs of a step came out of, each with the
// names of what came.
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
	for _, f := range x.in {
		if o, ok := origins[f.Name]; ok {
			add(f.Name, o)
		}
	}
	return out
}
