package inspect

import (
	"context"
	"errors"
	"time"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// A story is one flow, read back from its journal.
type story struct {
	id      value.ID
	plan    *plan.Plan
	entries []journal.Entry // without what is secret
	begun   time.Time
	ended   time.Time // zero where it is not known
	rested  bool
	steps   []*step // in the order in which they were asked
	byID    map[journal.ActionID]*step
	matches []*match // in the order in which they were found
	faults  []string // of the flow itself
	raw     []byte   // entries as the store has them
	damage  error    // why the rest could not be read
}

// A step is one action of a flow.
type step struct {
	id      journal.ActionID
	name    string
	spec    *plan.Action // nil where the program has no such action any more
	in, out []value.Field
	outcome journal.Outcome
	seq     int    // the order in which actions ended, from 1
	code    string // of a refusal
	text    string // its sentence, or what a fault says
	by      *match // the firing that asked for it, nil for the first
	line    *plan.Ask
	causes  []*match // the matches that it completed
}

// A match is one way in which a sync's lines were matched: it fired, or its
// where dropped it.
type match struct {
	n       int // its place among the flow's matches
	fired   bool
	number  uint32 // of the firing
	name    string
	sync    *plan.Sync // nil where the program has no such sync any more
	matched []*step
	frames  []journal.Frame
	cause   *step   // the one of matched that ended last
	asked   []*step // what it asked, in order
}

// errUnknown says that neither memory nor store knows a flow.
var errUnknown = errors.New("no flow has this id")

// A reader reads flows for one request.
type reader struct {
	*Inspector
	ctx  context.Context
	open map[value.ID]bool // flows of the store that are not at rest; nil before it was asked
}

func (in *Inspector) reader(ctx context.Context) *reader { return &reader{Inspector: in, ctx: ctx} }

// load reads a flow: from what was told lately, or from the store.
func (r *reader) load(id value.ID) (*story, error) {
	t, known := r.recent.get(id)
	b := t.entries
	if !known || !t.whole {
		var err error
		if b, err = r.store.Journal(r.ctx, id); err != nil {
			return nil, err
		}
	}
	if len(b) == 0 {
		return nil, errUnknown
	}
	entries, err := journal.Read(b)
	s := r.tell(id, entries)
	s.raw = b
	s.damage = err
	s.ended, s.rested = t.ended, t.rested
	if !known {
		s.rested = !r.unfinished(id)
	}
	return s, nil
}

// unfinished tells whether the store has a flow among those not at rest.
func (r *reader) unfinished(id value.ID) bool {
	if r.open == nil {
		r.open = map[value.ID]bool{}
		ids, err := r.store.Unfinished(r.ctx)
		if err != nil {
			r.options.Log.Error("looking for flows that are running", "error", err)
		}
		for _, id := range ids {
			r.open[id] = true
		}
	}
	return r.open[id]
}

// tell makes a story of entries.
func (in *Inspector) tell(id value.ID, entries []journal.Entry) *story {
	s := &story{id: id, plan: in.plan, entries: entries, begun: id.Time(), byID: map[journal.ActionID]*step{}}
	firings := map[uint32]*match{}
	seq := 0
	for i := range entries {
		e := &entries[i]
		in.clean(e)
		switch e.Kind {
		case journal.Begun:
			s.begun = e.Moment
		case journal.Asked:
			if s.byID[e.ID] != nil {
				continue
			}
			x := &step{id: e.ID, name: e.Action, spec: in.actions[e.Action], in: e.In}
			if m := firings[e.ID.Firing]; m != nil && e.ID != (journal.ActionID{}) {
				x.by = m
				m.asked = append(m.asked, x)
				if m.sync != nil && int(e.ID.Line) < len(m.sync.Asks) {
					x.line = m.sync.Asks[e.ID.Line]
				}
			}
			s.steps = append(s.steps, x)
			s.byID[e.ID] = x
		case journal.Completed:
			if x := s.byID[e.ID]; x != nil {
				seq++
				x.outcome, x.out, x.code, x.text, x.seq = e.Outcome, e.Out, e.Code, e.Text, seq
			}
		case journal.Fired, journal.Dropped:
			m := &match{n: len(s.matches), fired: e.Kind == journal.Fired, number: e.Number, name: e.Sync, sync: in.byName[e.Sync], frames: e.Frames}
			for _, id := range e.Matched {
				x := s.byID[id]
				if x == nil {
					continue
				}
				m.matched = append(m.matched, x)
				if m.cause == nil || x.seq > m.cause.seq {
					m.cause = x
				}
			}
			if m.cause != nil {
				m.cause.causes = append(m.cause.causes, m)
			}
			if m.fired {
				firings[m.number] = m
			}
			s.matches = append(s.matches, m)
		case journal.Faulted:
			s.faults = append(s.faults, e.Text)
		}
	}
	return s
}

// root is the action that opened the flow, nil where the record has none.
func (s *story) root() *step {
	if len(s.steps) == 0 {
		return nil
	}
	return s.steps[0]
}

// is tells whether a step is of an action that stands for HTTP.
func (x *step) is(role plan.Role) bool { return x.spec != nil && x.spec.Role == role }

// given gives an input by name.
func (x *step) given(name string) value.Value {
	for _, f := range x.in {
		if f.Name == name {
			return f.Value
		}
	}
	return value.Value{}
}

// title is what opened the flow, in a few words: "POST /auth/login".
func (s *story) title() string {
	x := s.root()
	if x == nil {
		return "nothing was asked"
	}
	if x.is(plan.Request) {
		method, _ := x.given("method").Text()
		path, _ := x.given("path").Text()
		return cut(method+" "+path, 120)
	}
	return cut(x.name, 120)
}

// firedOn gives the firings that fired on a step.
func (s *story) firedOn(x *step) []*match {
	var list []*match
	for _, m := range s.matches {
		if !m.fired {
			continue
		}
		for _, y := range m.matched {
			if y == x {
				list = append(list, m)
				break
			}
		}
	}
	return list
}

// match finds what a sync did in the flow.
func (s *story) of(sync string) (fired, dropped []*match) {
	for _, m := range s.matches {
		switch {
		case m.name != sync:
		case m.fired:
			fired = append(fired, m)
		default:
			dropped = append(dropped, m)
		}
	}
	return fired, dropped
}
