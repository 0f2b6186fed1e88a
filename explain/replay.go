package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// A Replay is what a flow would have been with other texts.
type Replay struct {
	// Before and After are the flow in one line, as it was and as it would be.
	Before, After Summary
	// Differences are in the order in which they would come up; none means that
	// the flow would go the same way.
	Differences []*Tree
	// Unknown counts what the record cannot tell: a where that reads the state,
	// or the outcome of an action that was not asked then.
	Unknown int
}

// WithTexts says what a flow would have been, had the program been now instead
// of was. Nothing is run: the lines of the other texts are held against the
// record, an action that was asked in the same way ends as it did, and a where
// that reads as it did gives what it gave. What cannot be told from that is
// said, and not followed further.
func WithTexts(was, now *plan.Plan, entries []journal.Entry) *Replay {
	x := &replay{
		was:  read(was, entries),
		now:  &record{plan: now, byID: map[journal.ActionID]*action{}, bySpec: map[*plan.Action][]*action{}, firings: map[uint32]int{}},
		then: map[journal.ActionID]journal.ActionID{}, ends: map[journal.ActionID]*journal.Entry{},
		again: map[journal.ActionID]bool{}, refired: map[int]bool{},
		open: map[uint32]bool{}, told: map[journal.ActionID]bool{},
	}
	for i := range entries {
		if e := &entries[i]; e.Kind == journal.Completed {
			x.ends[e.ID] = e
		}
	}
	result := &Replay{Before: x.was.summary(true)}
	x.now.begun = x.was.begun
	if len(x.was.actions) > 0 {
		x.root(x.was.actions[0])
		x.gone()
	}
	if x.dead {
		x.differ(&Tree{Kind: FaultNode, Title: fmt.Sprintf("the flow would ask more than %d actions", limit)})
	}
	result.After = x.now.summary(true)
	result.Differences, result.Unknown = x.differences, x.unknown
	return result
}

// Same tells whether the flow would go the same way, as far as is known.
func (r *Replay) Same() bool { return len(r.Differences) == 0 }

// Tree draws the replay.
func (r *Replay) Tree() *Tree {
	t := &Tree{Kind: FlowNode, Title: r.Before.String() + "; it would go the same way"}
	if !r.Same() {
		t.Title = r.Before.String() + "; it would go otherwise"
		if after := r.After.String(); after != r.Before.String() && r.Unknown == 0 {
			t.Title = r.Before.String() + "; it would be " + strings.TrimPrefix(after, r.After.Request+": ")
		}
	}
	t.Children = r.Differences
	return t
}

// A replay runs the lines of other texts over the record of a flow.
type replay struct {
	was, now    *record
	then        map[journal.ActionID]journal.ActionID // the action that an action was
	ends        map[journal.ActionID]*journal.Entry
	again       map[journal.ActionID]bool // actions that have come again
	refired     map[int]bool              // matches that have come again
	open        map[uint32]bool           // firings of which it is not known how far they would come
	told        map[journal.ActionID]bool // actions of which it is told that they would be asked otherwise
	done        []*action
	differences []*Tree
	unknown     int
	dead        bool
}

// limit is how many actions are followed: other texts may go in a circle.
const limit = 10000

func (x *replay) differ(t *Tree) { x.differences = append(x.differences, t) }

// spec finds an action of the other texts by its name.
func (x *replay) spec(name string) *plan.Action {
	for _, a := range x.now.plan.Actions {
		if a.FullName() == name {
			return a
		}
	}
	return nil
}

func (x *replay) root(old *action) {
	spec := x.spec(old.name)
	if spec == nil {
		x.differ(&Tree{Kind: ActionNode, Name: old.name, Title: "there is no " + old.name + " any more"})
		return
	}
	a := &action{name: old.name, spec: spec}
	fields := fieldsOf(old)
	a.given(fields)
	x.ended(a, old)
}

// fieldsOf gives what an action was given, by name.
func fieldsOf(a *action) []value.Field {
	var list []value.Field
	for i, v := range a.in {
		if !v.IsUnset() {
			list = append(list, value.Field{Name: a.spec.Inputs[i], Value: v})
		}
	}
	for _, name := range a.further {
		// What it was is not in the record; that it was there, is.
		list = append(list, value.Field{Name: name, Value: value.Secret(value.Flag(true))})
	}
	return list
}

// ended takes an action as one that ended as it did, and goes on from there.
func (x *replay) ended(a, old *action) {
	x.then[a.id], x.again[old.id] = old.id, true
	x.asked(a)
	if e := x.ends[old.id]; e != nil {
		a.completed(e)
	}
	x.completed(a)
}

func (x *replay) asked(a *action) {
	r := x.now
	r.actions = append(r.actions, a)
	r.byID[a.id] = a
	r.bySpec[a.spec] = append(r.bySpec[a.spec], a)
	x.dead = x.dead || len(r.actions) > limit
}

func (x *replay) completed(a *action) {
	x.done = append(x.done, a)
	a.seq = len(x.done)
	for _, s := range x.now.plan.Syncs {
		for _, m := range x.matches(s, a) {
			if x.dead {
				return
			}
			x.match(s, m)
		}
	}
}

// matches gives the ways in which the lines of a sync are matched, now that an
// action has completed, in the order of the actions.
func (x *replay) matches(s *plan.Sync, newest *action) [][]*action {
	if !slices.ContainsFunc(s.When, func(p *plan.Pattern) bool { return p.Action == newest.spec }) {
		return nil
	}
	var all [][]*action
	chosen := make([]*action, 0, len(s.When))
	var try func(vars []bound)
	try = func(vars []bound) {
		if len(chosen) == len(s.When) {
			if slices.Contains(chosen, newest) {
				all = append(all, slices.Clone(chosen))
			}
			return
		}
		p := s.When[len(chosen)]
		for _, a := range x.now.bySpec[p.Action] {
			if a.seq == 0 || a.seq > newest.seq || slices.Contains(chosen, a) || !ends(p, a) {
				continue
			}
			if next, ok := bind(p, a, vars); ok {
				chosen = append(chosen, a)
				try(next)
				chosen = chosen[:len(chosen)-1]
			}
		}
	}
	try(nil)
	return all
}

// match goes on with one match of a sync: what its where gives, and what is
// asked then.
func (x *replay) match(s *plan.Sync, matched []*action) {
	m := journal.Entry{Kind: journal.Fired, Sync: s.Name}
	wasMatched := make([]journal.ActionID, len(matched))
	for i, a := range matched {
		m.Matched = append(m.Matched, a.id)
		wasMatched[i] = x.then[a.id]
	}
	old := -1
	for i := range x.was.matches {
		if e := &x.was.matches[i]; e.Sync == s.Name && slices.Equal(e.Matched, wasMatched) {
			old = i
		}
	}
	var before *journal.Entry
	if old >= 0 {
		x.refired[old] = true
		before = &x.was.matches[old]
	}
	frames, known := x.frames(s, matched, before)
	switch {
	case !known:
		x.unknown++
		x.differ((&Tree{Kind: SyncNode, Sync: s.Name, Title: "sync " + s.Name + " would match, and whether its where keeps a frame cannot be told: it reads the state, or reads otherwise than it did",
			Children: x.now.matchedLines(s, &m)}).at(s.Span, ""))
		return
	case slices.ContainsFunc(frames, func(f journal.Frame) bool { return f.Lost == "" || len(branchOf(s, &f)) > 0 }):
		m.Number = uint32(len(x.now.firings)) + 1
		m.Frames = frames
		x.now.firings[m.Number] = len(x.now.matches)
	default:
		m.Kind, m.Frames = journal.Dropped, frames
	}
	x.now.matches = append(x.now.matches, m)
	fired := before != nil && before.Kind == journal.Fired
	switch {
	case m.Kind == journal.Fired && !fired:
		title := "sync " + s.Name + " would fire"
		if before != nil {
			title += ", where it dropped every frame"
		}
		x.differ((&Tree{Kind: SyncNode, Sync: s.Name, Title: title, Children: x.now.matchedLines(s, &m)}).at(s.Span, ""))
	case m.Kind == journal.Dropped && fired:
		x.open[before.Number] = true // what it asked is gone with it
		v := x.now.dropped(s, &m)
		v.tree.Title = "sync " + s.Name + " would no longer fire: its where would drop every frame"
		x.differ(v.tree)
	}
	for i := range frames {
		if m.Kind == journal.Fired && !x.dead {
			x.ask(s, &m, before, i)
		}
	}
}

// frames gives what the where of a sync keeps and drops, and whether that is
// known.
func (x *replay) frames(s *plan.Sync, matched []*action, before *journal.Entry) ([]journal.Frame, bool) {
	values := map[int]value.Value{}
	for i, p := range s.When {
		for _, v := range p.Vars {
			if old, ok := values[v.Slot]; !ok || old.IsNull() {
				values[v.Slot] = present(matched[i].column(v.Column))
			}
		}
	}
	if was := x.was.sync(s.Name); before != nil && was != nil && wording(was.Where) == wording(s.Where) {
		var frames []journal.Frame
		for _, f := range before.Frames {
			all := map[int]value.Value{}
			for slot, v := range values {
				all[slot] = v
			}
			for _, b := range f.Bindings {
				if slot := slices.Index(s.Slots, b.Name); slot >= 0 {
					all[slot] = b.Value
				}
			}
			n := frameOf(s, all)
			if f.Line >= 0 && f.Line < len(s.Where) {
				n.Line, n.Lost = f.Line, s.Where[f.Line].Span.String()
			}
			frames = append(frames, n)
		}
		return frames, true
	}
	for i, line := range s.Where {
		held, sure := x.now.holds(line, values)
		if !sure {
			return nil, false
		}
		if !held {
			f := frameOf(s, values)
			f.Line, f.Lost = i, line.Span.String()
			return []journal.Frame{f}, true
		}
	}
	return []journal.Frame{frameOf(s, values)}, true
}

func frameOf(s *plan.Sync, values map[int]value.Value) journal.Frame {
	f := journal.Frame{Line: -1}
	for slot, name := range s.Slots {
		if v, ok := values[slot]; ok && name != "" {
			f.Bindings = append(f.Bindings, journal.Binding{Slot: slot, Name: name, Value: v})
		}
	}
	return f
}

// wording is all that decides what lines of where give.
func wording(lines []*plan.Line) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(line.Text + "\n")
		if line.View != nil {
			b.WriteString("{" + wording(line.View.Lines) + "}\n")
		}
		if line.Fold != nil {
			b.WriteString("{" + wording(line.Fold.Lines) + "}\n")
		}
	}
	return b.String()
}

// ask goes along the lines of one frame.
func (x *replay) ask(s *plan.Sync, m, before *journal.Entry, index int) {
	f := &m.Frames[index]
	b := &bindings{record: x.now, sync: s, match: m, index: uint32(index), frame: f, lines: branchOf(s, f)}
	for _, line := range b.lines {
		if x.dead {
			return
		}
		id := journal.ActionID{Firing: m.Number, Frame: uint32(index), Line: uint32(line.Line)}
		a := &action{id: id, name: line.Action.FullName(), spec: line.Action, in: make([]value.Value, len(line.Action.Inputs))}
		fresh := map[int]bool{} // columns whose values are made anew
		for _, in := range line.In {
			v, ok := x.now.term(in.Term, func(slot int) (value.Value, bool) { return b.value(slot), true })
			if fresh[in.Column] = !ok; ok {
				a.in[in.Column] = v
			}
		}
		old, other := x.counterpart(a, before, index, fresh)
		switch {
		case old != nil:
			x.asAsked(a, old, fresh)
		case a.spec.Role == plan.Respond:
			x.respond(a, line, other)
		default:
			x.asked(a)
			x.unknown++
			x.differ(x.otherwise(a, other, line, fresh))
			if before != nil {
				x.open[before.Number] = true
			}
			if line.Awaited {
				return
			}
			continue
		}
		if line.Awaited && (a.outcome != journal.Returned || unlike(s, line, a, f) != "") {
			return
		}
	}
}

// asAsked is an action that was asked in the same way.
func (x *replay) asAsked(a, old *action, fresh map[int]bool) {
	for column := range fresh {
		if i := old.spec.Input(a.spec.Inputs[column]); fresh[column] && i >= 0 {
			a.in[column] = old.in[i]
		}
	}
	x.ended(a, old)
}

// respond is an answer that is not what it was: how it ends is known all the
// same, as one request has one answer.
func (x *replay) respond(a *action, line *plan.Ask, other *action) {
	answer, _ := x.now.answer()
	x.asked(a)
	if answer != nil {
		a.outcome, a.code, a.text = journal.Refused, "ALREADY_ANSWERED", "The request has been answered."
		a.out = []value.Value{plan.RefusedError: value.String(a.text), plan.RefusedCode: value.String(a.code)}
	} else {
		a.outcome = journal.Returned
	}
	x.differ(x.otherwise(a, other, line, nil))
	if other != nil {
		x.again[other.id] = true
		x.then[a.id] = other.id
	}
	x.completed(a)
}
