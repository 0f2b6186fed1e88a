package explain

import (
	"slices"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// A frame of bindings, with all that is needed to say where they come from.
type bindings struct {
	record *record
	sync   *plan.Sync
	match  *journal.Entry
	index  uint32 // of the frame
	frame  *journal.Frame
	lines  []*plan.Ask // that the frame has asked
}

// bindingsOf are those of the frame that asked an action.
func (r *record) bindingsOf(k *asking) *bindings {
	return &bindings{r, k.sync, k.match, k.index, k.frame, k.lines}
}

// value gives a variable's value, unset when the record does not know it.
func (b *bindings) value(slot int) value.Value {
	if x := binding(b.sync, b.frame, slot); x != nil {
		return x.Value
	}
	if a, c, _ := b.asked(slot); a != nil {
		return a.column(c)
	}
	return value.Value{}
}

// matched finds the line of when that gives a variable its value.
func (b *bindings) matched(slot int) (*plan.Pattern, *action, plan.Column) {
	var first *plan.Pattern
	var with *action
	var column plan.Column
	for i, p := range b.sync.When {
		for _, v := range p.Vars {
			if v.Slot != slot || i >= len(b.match.Matched) {
				continue
			}
			a := b.record.byID[b.match.Matched[i]]
			if a == nil {
				continue
			}
			if !a.column(v.Column).IsNull() {
				return p, a, v.Column
			}
			if first == nil { // an optional input that was not given
				first, with, column = p, a, v.Column
			}
		}
	}
	return first, with, column
}

// found finds the line of where that gives a variable its value.
func (b *bindings) found(slot int) *plan.Line {
	for _, line := range b.sync.Where {
		if slices.Contains(line.Binds, slot) {
			return line
		}
	}
	return nil
}

// asked finds the awaited line that gives a variable its value.
func (b *bindings) asked(slot int) (*action, plan.Column, *plan.Ask) {
	for _, line := range b.lines {
		for _, o := range line.Out {
			if o.Binds && o.Term.Slot == slot {
				id := journal.ActionID{Firing: b.match.Number, Frame: b.index, Line: uint32(line.Line)}
				return b.record.byID[id], plan.Column{Out: true, Index: o.Column}, line
			}
		}
	}
	return nil, plan.Column{}, nil
}

// detail shows a variable and where it comes from.
func (b *bindings) detail(slot int) Detail {
	d := Detail{Name: b.sync.Slots[slot], Value: show(b.value(slot), b.sync.Types[slot])}
	if p, a, c := b.matched(slot); p != nil {
		d.From, d.Place = "from "+a.columnName(c)+" of "+a.label(), p.Span.String()
		if a.column(c).IsNull() {
			d.From = "as " + a.label() + " has no " + a.columnName(c)
		}
	} else if line := b.found(slot); line != nil {
		d.From, d.Place = "from a line of where", line.Span.String()
	} else if a, c, line := b.asked(slot); a != nil {
		d.From, d.Place = "from "+a.columnName(c)+" of "+a.label(), line.Span.String()
	}
	return d
}

// A trail is the way along which a value is followed back.
type trail struct {
	hands int              // that it has come through
	seen  map[*action]bool // whose outputs it has come from
}

// far is through how many hands a value is followed.
const far = 6

func begin() trail { return trail{seen: map[*action]bool{}} }

func (t trail) next() trail { t.hands++; return t }

// source says where a variable has its value from, and what that rests on.
func (b *bindings) source(slot int, way trail) *Tree {
	if way.hands > far || slot < 0 || b.sync.Slots[slot] == "" {
		return nil
	}
	name := b.sync.Slots[slot] + " = " + show(b.value(slot), b.sync.Types[slot])
	if p, a, c := b.matched(slot); p != nil {
		t := (&Tree{Kind: SourceNode, Title: name + " is " + a.columnName(c) + " of " + a.label(), Action: a.id.String()}).at(p.Span, p.Text)
		t.add(b.record.origin(a, c, way.next()))
		return t
	}
	if line := b.found(slot); line != nil {
		t := (&Tree{Kind: SourceNode, Title: name + " comes from a line of where"}).at(line.Span, line.Text)
		t.add(fromView(line, slot))
		for _, s := range reads(line) {
			if s != slot {
				t.add(b.source(s, way.next()))
			}
		}
		return t
	}
	if a, c, line := b.asked(slot); a != nil {
		t := (&Tree{Kind: SourceNode, Title: name + " is " + a.columnName(c) + " of " + a.label(), Action: a.id.String()}).at(line.Span, line.Text)
		t.add(b.record.origin(a, c, way.next()))
		return t
	}
	return nil
}

// fromView gives the line of a view that gives a variable of its user a value;
// nil when it is no view, or its line is one of its inputs.
func fromView(use *plan.Line, slot int) *Tree {
	if use.View == nil {
		return nil
	}
	for _, out := range use.View.Out {
		if out.Term.Slot != slot || !out.Binds {
			continue
		}
		for _, line := range use.View.Lines {
			if slices.Contains(line.Binds, out.Inner) {
				t := (&Tree{Kind: SourceNode, Title: "in view " + use.View.Name + ", this line gives it"}).at(line.Span, line.Text)
				t.add(fromView(line, out.Inner))
				return t
			}
		}
	}
	return nil
}

// origin says where an action has a value from: it was written in the line
// that asked it, or it is a variable of that line, or it came from outside.
func (r *record) origin(a *action, c plan.Column, way trail) *Tree {
	if way.hands > far {
		return nil
	}
	k := r.asking(a.id)
	seen := way.seen[a]
	way.seen[a] = way.seen[a] || c.Out
	name := a.columnName(c) + " = " + show(a.column(c), a.columnType(c))
	t := &Tree{Kind: SourceNode, Action: a.id.String()}
	switch {
	case c.Out:
		t.Title = name + " is what " + a.label() + " " + outcomeVerb(a)
		if k != nil && k.line != nil {
			t.at(k.line.Span, k.line.Text)
			for i := range a.in {
				if !a.in[i].IsNull() && !seen {
					t.add(r.origin(a, plan.Column{Index: i}, way.next()))
				}
			}
		}
	case k == nil && a.column(c).IsNull():
		return nil
	case k == nil:
		if t.Title = name + " came from outside"; a.spec != nil && a.spec.Role == plan.Request {
			t.Title = name + " is what the client sent"
		}
	case k.line == nil:
		t.Title = name + " was given by sync " + k.match.Sync + ", whose text has changed since"
	default:
		t.at(k.line.Span, k.line.Text)
		b := r.bindingsOf(k)
		term := plan.Term{Slot: -1}
		for _, in := range k.line.In {
			if in.Column == c.Index {
				term = in.Term
			}
		}
		switch {
		case term.Expr != nil:
			t.Title = name + " was computed by sync " + k.match.Sync + " as " + clip(term.Expr.Text)
			for _, s := range term.Expr.Slots {
				t.add(b.source(s, way.next()))
			}
		case term.Slot >= 0:
			t.Title = name + " was given by sync " + k.match.Sync + ", whose variable is " + k.sync.Slots[term.Slot]
			t.add(b.source(term.Slot, way.next()))
		case !a.column(c).IsNull():
			t.Title = name + " is written in sync " + k.match.Sync
		default:
			t.Title = "sync " + k.match.Sync + " gave no " + a.columnName(c)
		}
	}
	return t
}

func outcomeVerb(a *action) string {
	if a.outcome == journal.Refused {
		return "was refused with"
	}
	return "returned"
}
