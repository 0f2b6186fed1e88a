package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// inside finds the line of a view that dropped a frame. The record has only the
// inputs of the view, so inside evaluates the lines that are expressions over
// them. If all lines but one are known to have held, it is that one. It returns
// the node of the line if it is certain.
func (r *record) inside(t *Tree, b *bindings, use *plan.Line) *Tree {
	known := map[int]value.Value{}
	for _, in := range use.View.In {
		if v, ok := r.term(in.Term, func(slot int) (value.Value, bool) {
			x := history.Binding(b.sync, b.frame, slot)
			if x == nil {
				return value.Value{}, false
			}
			return x.Value, true
		}); ok {
			known[in.Inner] = v
		}
	}
	var open []*plan.Line
	for _, line := range use.View.Lines {
		switch held, sure := r.holds(line, known); {
		case !sure && line.Mode != syntax.MaybeLine && !always(line):
			open = append(open, line)
		case sure && !held:
			n := (&Tree{Kind: WhereNode, Title: "in view " + use.View.Name + ", this line " + outcome(line), Cause: use.Mode == syntax.PlainLine}).at(line.Span, line.Text)
			t.add(n)
			r.computed(n, line, known)
			return n
		}
	}
	compared := slices.ContainsFunc(use.View.Out, func(p plan.Pass) bool { return !p.Binds && !p.Term.Any })
	for _, line := range open {
		n := (&Tree{Kind: WhereNode}).at(line.Span, line.Text)
		if len(open) == 1 && !compared && use.Mode == syntax.PlainLine {
			n.Title, n.Cause = "in view "+use.View.Name+", this line "+outcome(line), true
			t.add(n)
			r.computed(n, line, known)
			return n
		}
		n.Title = "in view " + use.View.Name + ", one of " + strconv.Itoa(len(open)) + " lines that may have dropped it"
		t.add(n)
	}
	return nil
}

// computed adds the known variables of an expression in a view.
func (r *record) computed(t *Tree, line *plan.Line, known map[int]value.Value) {
	e := line.Filter
	if line.Is != nil {
		e = line.Is.Expr
	}
	if e == nil {
		return
	}
	for i, name := range e.Node.Variables() {
		if v, ok := known[e.Slots[i]]; ok {
			t.Values = append(t.Values, Detail{Name: name, Value: words.Clip(v.String(), shown)})
		}
	}
}

// always reports whether a line never drops a frame.
func always(line *plan.Line) bool {
	return line.Is != nil && line.Is.Binds || line.Fold != nil && line.Fold.Binds
}

// holds evaluates a line over known slots. It reports whether the line keeps
// the frame and whether that is certain, and adds what the line binds to known.
func (r *record) holds(line *plan.Line, known map[int]value.Value) (held, sure bool) {
	get := func(slot int) (value.Value, bool) { v, ok := known[slot]; return v, ok }
	if line.If != nil {
		v, ok := r.eval(line.If, get)
		b, isFlag := v.Bool()
		if !ok || !isFlag {
			return false, false
		}
		if !b {
			return true, true // the line was skipped
		}
	}
	switch {
	case line.Filter != nil:
		v, ok := r.eval(line.Filter, get)
		b, isFlag := v.Bool()
		if !ok || !isFlag {
			return false, false
		}
		return b != (line.Mode == syntax.NoLine), true
	case line.Is != nil:
		v, ok := r.eval(line.Is.Expr, get)
		if !ok {
			return false, false
		}
		if line.Is.Binds {
			known[line.Is.Slot] = v
			return true, true
		}
		before, ok := get(line.Is.Slot)
		ok = ok && !before.HoldsOmitted()
		return value.Equal(present(before), present(v)) != (line.Mode == syntax.NoLine), ok
	}
	return false, false
}

func (r *record) term(t plan.Term, get func(int) (value.Value, bool)) (value.Value, bool) {
	switch {
	case t.Any:
		return value.Value{}, false
	case t.Expr != nil:
		return r.eval(t.Expr, get)
	case t.Slot >= 0:
		return get(t.Slot)
	}
	return t.Literal, true
}

// eval evaluates an expression if all variables that it reads are known.
func (r *record) eval(e *plan.Expr, get func(int) (value.Value, bool)) (value.Value, bool) {
	ok := true
	v, err := e.Node.Eval(func(i int) value.Value {
		switch s := e.Slots[i]; s {
		case plan.NowSlot:
			return value.Time(r.Begun)
		case plan.NewSlot:
			ok = false
			return value.Null
		default:
			v, there := get(s)
			if !there || v.HoldsSecret() || v.HoldsOmitted() {
				ok = false
			}
			return e.Read(i, v)
		}
	})
	return v, ok && err == nil
}

func present(v value.Value) value.Value {
	if v.IsNull() {
		return value.Null
	}
	return v
}

// broke explains a sync that faulted in its where or in the inputs of a line
// that it asked. It returns nil for other syncs.
func (r *record) broke(s *plan.Sync) *verdict {
	for _, text := range r.Faults {
		at, span, line := r.faultPlace(text)
		if at != s {
			continue
		}
		v := &verdict{text: "sync " + s.Name + " matched, but it faulted: " + text, tree: &Tree{Kind: SyncNode, Sync: s.Name, Title: "sync " + s.Name + " matched, but it faulted"}}
		v.tree.at(s.Span, "")
		v.tree.add((&Tree{Kind: FaultNode, Title: text, Cause: true}).at(span, line))
		return v
	}
	return nil
}

// cut explains a flow that one of its limits ended. It lists the last lines that
// asked actions, which show the cycle if there is one. It returns nil for a flow
// that came to rest by itself.
func (r *record) cut() *Tree {
	for _, text := range r.Faults {
		if s, _, _ := r.faultPlace(text); s != nil {
			continue
		}
		t := &Tree{Kind: FaultNode, Title: text, Cause: true}
		seen := map[string]bool{}
		for i := len(r.Actions) - 1; i >= 0 && i > len(r.Actions)-12; i-- {
			k := r.askingOf(r.Actions[i])
			if k == nil || k.line == nil || seen[k.line.Span.String()] {
				continue
			}
			seen[k.line.Span.String()] = true
			n := &Tree{Kind: NoteNode, Sync: k.sync.Name, Title: "sync " + k.sync.Name + " was one of the last to fire"}
			t.add(n.at(k.line.Span, k.line.Text))
		}
		return t
	}
	return nil
}

// faultPlace finds the line that a fault of the flow names. The folder of the
// file may have changed since, so only its base name, line and column count.
func (r *record) faultPlace(text string) (*plan.Sync, source.Span, string) {
	for _, s := range r.Plan.Syncs {
		var span source.Span
		var line string
		try := func(x source.Span, what string) {
			if span.Known() || !x.Known() {
				return
			}
			p := x.Position()
			place := ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column) + ": "
			file, rest, found := strings.Cut(text, place)
			if !found || strings.Contains(file, " ") || base(file) != base(x.File.Name) {
				return
			}
			if named, ok := strings.CutPrefix(rest, "sync "); ok && !strings.HasPrefix(named, s.Name+":") {
				return
			}
			span, line = x, what
		}
		var lines func(list []*plan.Line)
		lines = func(list []*plan.Line) {
			for _, l := range list {
				try(l.Span, l.Text)
				lines(l.Inner())
			}
		}
		lines(s.AllLines())
		for _, a := range s.Asks {
			try(a.Span, a.Text)
		}
		try(s.Span, "")
		if span.Known() {
			return s, span, line
		}
	}
	return nil, source.Span{}, ""
}

func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
