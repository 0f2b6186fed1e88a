package explain

import (
	"slices"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// bindings are a frame's bindings, with their context.
type bindings struct {
	record *record
	sync   *plan.Sync
	match  *history.Match
	index  uint32 // of the frame
	frame  *journal.Frame
	lines  []*plan.Ask // asked by the frame
}

// bindingsOf are those of the frame that asked an action.
func (r *record) bindingsOf(k *asking) *bindings {
	return &bindings{r, k.sync, k.match, k.index, k.frame, k.lines}
}

// value returns a variable's value, unset if not recorded.
func (b *bindings) value(slot int) value.Value {
	if x := history.Binding(b.sync, b.frame, slot); x != nil {
		return x.Value
	}
	if o := b.origin(slot); o.Ask != nil && o.Action != nil {
		return o.Action.Column(o.Column)
	}
	return value.Value{}
}

func (b *bindings) origin(slot int) history.Origin {
	return b.record.Origin(b.match, b.index, slot)
}

// detail shows a variable and its origin.
func (b *bindings) detail(slot int) Detail {
	d := Detail{Name: b.sync.Slots[slot], Value: show(b.value(slot), b.sync.Types[slot])}
	switch o := b.origin(slot); {
	case o.Pattern != nil:
		d.From, d.Place = "from "+o.Action.ColumnName(o.Column)+" of "+o.Action.Label(), o.Pattern.Span.String()
		if o.Action.Column(o.Column).IsNull() {
			d.From = "because " + o.Action.Label() + " has no " + o.Action.ColumnName(o.Column)
		}
	case o.Where != nil:
		d.From, d.Place = "from a line of where", o.Where.Span.String()
	case o.Action != nil:
		d.From, d.Place = "from "+o.Action.ColumnName(o.Column)+" of "+o.Action.Label(), o.Ask.Span.String()
	}
	return d
}

// A trail is the path along which a value is traced back.
type trail struct {
	steps int              // number of steps so far
	seen  map[*action]bool // actions traced through
}

// far is the maximum number of steps in a trail.
const far = 6

func begin() trail { return trail{seen: map[*action]bool{}} }

func (t trail) next() trail { t.steps++; return t }

// source says where a variable's value comes from, and its causes.
func (b *bindings) source(slot int, way trail) *Tree {
	if way.steps > far || slot < 0 || b.sync.Slots[slot] == "" {
		return nil
	}
	name := b.sync.Slots[slot] + " = " + show(b.value(slot), b.sync.Types[slot])
	switch o := b.origin(slot); {
	case o.Where != nil:
		t := (&Tree{Kind: SourceNode, Title: name + " comes from a line of where"}).at(o.Where.Span, o.Where.Text)
		t.add(fromView(o.Where, slot))
		for _, s := range reads(o.Where) {
			if s != slot {
				t.add(b.source(s, way.next()))
			}
		}
		return t
	case o.Action != nil:
		t := &Tree{Kind: SourceNode, Title: name + " comes from " + o.Action.ColumnName(o.Column) + " of " + o.Action.Label(), Action: o.Action.ID.String()}
		if o.Pattern != nil {
			t.at(o.Pattern.Span, o.Pattern.Text)
		} else {
			t.at(o.Ask.Span, o.Ask.Text)
		}
		t.add(b.record.origin(o.Action, o.Column, way.next()))
		return t
	}
	return nil
}

// fromView returns the line of a view that sets a variable of the view's user;
// nil if it is no view, or the line is one of its inputs.
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
				t := (&Tree{Kind: SourceNode, Title: "in view " + use.View.Name + ", this line binds it"}).at(line.Span, line.Text)
				t.add(fromView(line, out.Inner))
				return t
			}
		}
	}
	return nil
}

// origin says where an action's value comes from: a literal in the line that
// asked it, a variable of that line, or outside.
func (r *record) origin(a *action, c plan.Column, way trail) *Tree {
	if way.steps > far {
		return nil
	}
	k := r.askingOf(a)
	seen := way.seen[a]
	way.seen[a] = way.seen[a] || c.Out
	name := a.ColumnName(c) + " = " + show(a.Column(c), a.ColumnType(c))
	t := &Tree{Kind: SourceNode, Action: a.ID.String()}
	switch {
	case c.Out:
		t.Title = name + " was returned by " + a.Label()
		if a.Outcome == journal.Refused {
			t.Title = name + " is from the refusal of " + a.Label()
		}
		if k != nil && k.line != nil {
			t.at(k.line.Span, k.line.Text)
			for i := range a.In {
				if !a.In[i].IsNull() && !seen {
					t.add(r.origin(a, plan.Column{Index: i}, way.next()))
				}
			}
		}
	case k == nil && a.Column(c).IsNull():
		return nil
	case k == nil:
		if t.Title = name + " was given from outside"; a.Spec != nil && a.Spec.Role == plan.Request {
			t.Title = name + " was sent by the client"
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
			t.Title = name + " was computed by sync " + k.match.Sync + " as " + words.Clip(term.Expr.Text, shown)
			for _, s := range term.Expr.Slots {
				t.add(b.source(s, way.next()))
			}
		case term.Slot >= 0:
			t.Title = name + " was given by sync " + k.match.Sync + " from its variable " + k.sync.Slots[term.Slot]
			t.add(b.source(term.Slot, way.next()))
		case !a.Column(c).IsNull():
			t.Title = name + " is a literal in sync " + k.match.Sync
		default:
			t.Title = "sync " + k.match.Sync + " gave no " + a.ColumnName(c)
		}
	}
	return t
}
