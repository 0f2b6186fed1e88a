// Package history reads the record of a flow: which actions were asked, what the
// syncs matched, and how the flow ended.
//
// Its main types are [Flow], the record of one flow with its plan; [Action] and
// [Match], what happened in it; and [Result], how it ended or its present state.
// Everything that shows a flow to a person reads it from here, so that the
// terminal, the pages of the inspector and the scenarios agree. It promises that
// any entries make a Flow: names that the plan no longer has are kept without
// their plan, and entries that do not fit are omitted. It refuses to change
// anything and to decide how a flow continues: recovery has its own reader.
package history

import (
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A Flow is the record of one flow.
type Flow struct {
	Plan   *plan.Plan
	Begun  time.Time
	Rested bool // the flow has ended
	// Actions are in the order of asking, Matches in the order of finding.
	Actions []*Action
	Matches []*Match
	// Stages are the later stages that frames have entered.
	Stages []*Match
	// Faults are the faults outside of an action, such as a limit.
	Faults []string
	// Held is the last failed try of the effect action that the flow waits for, of
	// kind Tried or Parked; nil if it waits for none.
	Held *journal.Entry
	// Omits is set if values are missing that were too large to record.
	Omits bool

	byID   map[journal.ActionID]*Action
	bySpec map[*plan.Action][]*Action
	firing map[uint32]*Match
	syncs  map[string]*plan.Sync
}

// Read reads the entries of a flow. The plan is that of the running program;
// rested reports whether the flow has ended. The entries must not be changed
// afterwards.
func Read(p *plan.Plan, entries []journal.Entry, rested bool) *Flow {
	f := &Flow{
		Plan: p, Rested: rested,
		byID: map[journal.ActionID]*Action{}, bySpec: map[*plan.Action][]*Action{},
		firing: map[uint32]*Match{}, syncs: map[string]*plan.Sync{},
	}
	specs := map[string]*plan.Action{}
	for _, a := range p.Actions {
		specs[a.FullName()] = a
	}
	for _, s := range p.Syncs {
		f.syncs[s.Name] = s
	}
	ended := 0
	var last *Match // the match or stage before
	for i := range entries {
		e := &entries[i]
		switch e.Kind {
		case journal.Begun:
			f.Begun = e.Moment
		case journal.Asked:
			if f.byID[e.ID] == nil {
				f.asked(e, specs[e.Action])
			}
		case journal.Completed:
			if a := f.byID[e.ID]; a != nil {
				if ended++; a.Seq == 0 {
					a.Seq = ended
				}
				a.completed(e)
			}
		case journal.Fired, journal.Dropped:
			last = f.matched(e)
		case journal.Entered:
			last = f.entered(e)
		case journal.Lost:
			if last != nil && last.Sync == e.Sync {
				last.Lost = append(last.Lost, e)
			}
		case journal.Faulted:
			f.Faults = append(f.Faults, e.Text)
			for _, id := range e.Matched {
				if a := f.byID[id]; a != nil {
					a.Broken = true
				}
			}
		case journal.Tried, journal.Parked, journal.Decided:
			if a := f.byID[e.ID]; a != nil {
				a.Tries = append(a.Tries, e)
			}
		}
	}
	f.Held, f.Omits = journal.BlockedBy(entries), journal.Omits(entries)
	return f
}

func (f *Flow) asked(e *journal.Entry, spec *plan.Action) {
	a := &Action{ID: e.ID, Name: e.Action, Spec: spec, Given: e.In}
	a.given()
	if m := f.firing[e.ID.Firing]; m != nil && e.ID != (journal.ActionID{}) {
		a.By = m
		m.Asked = append(m.Asked, a)
		if m.Spec != nil && int(e.ID.Line) < len(m.Spec.Asks) {
			if line := m.Spec.Asks[e.ID.Line]; line.Action == spec {
				a.Line = line
			}
		}
	}
	f.Actions = append(f.Actions, a)
	f.byID[e.ID] = a
	if spec != nil {
		f.bySpec[spec] = append(f.bySpec[spec], a)
	}
}

func (f *Flow) matched(e *journal.Entry) *Match {
	m := &Match{Entry: e, Spec: f.syncs[e.Sync], Place: len(f.Matches)}
	for _, id := range e.Matched {
		a := f.byID[id]
		m.Actions = append(m.Actions, a)
		if a == nil {
			continue
		}
		if m.Last == nil || a.Seq > m.Last.Seq {
			m.Last = a
		}
		if m.Fired() && !slices.Contains(a.Firings, m) {
			a.Firings = append(a.Firings, m)
		}
	}
	if m.Last != nil {
		m.Last.Completed = append(m.Last.Completed, m)
	}
	if m.Fired() {
		f.firing[e.Number] = m
	}
	f.Matches = append(f.Matches, m)
	return m
}

// entered adds a stage, or the where of a line of then, that a frame of a firing has
// entered. It has the matched actions
// of the firing.
func (f *Flow) entered(e *journal.Entry) *Match {
	m := &Match{Entry: e, Spec: f.syncs[e.Sync]}
	if from := f.firing[e.Of.Firing]; from != nil {
		copied := *e
		copied.Matched = from.Matched
		m.Entry, m.From, m.Place, m.Actions, m.Last = &copied, from, from.Place, from.Actions, from.Last
		from.Next = append(from.Next, m)
	}
	f.firing[e.Number] = m
	f.Stages = append(f.Stages, m)
	return m
}

// Root is the action that opened the flow, nil if not recorded.
func (f *Flow) Root() *Action {
	if len(f.Actions) == 0 {
		return nil
	}
	return f.Actions[0]
}

// Action returns the action with an id, nil if there is none.
func (f *Flow) Action(id journal.ActionID) *Action { return f.byID[id] }

// Of returns the actions of one action of the plan.
func (f *Flow) Of(spec *plan.Action) []*Action { return f.bySpec[spec] }

// Sync returns the plan's sync of a name, nil if it has none.
func (f *Flow) Sync(name string) *plan.Sync { return f.syncs[name] }

// Opening names what opened the flow: "POST /auth/login", or an action asked
// from outside. It is "" if the record does not say.
func (f *Flow) Opening() string {
	root := f.Root()
	if root == nil {
		return ""
	}
	if !root.Is(plan.Request) {
		return root.Name
	}
	var words []string
	for _, name := range []string{"method", "path"} {
		if s, ok := root.Input(name).Text(); ok {
			words = append(words, s)
		}
	}
	if len(words) == 0 {
		return root.Name
	}
	return strings.Join(words, " ")
}

// A Match is one way in which the lines of a sync's when were matched.
type Match struct {
	*journal.Entry            // Fired, or Dropped if where kept no frame
	Spec           *plan.Sync // nil if the plan has no such sync
	Place          int        // among the matches of the flow
	Actions        []*Action  // those matched, by line; nil for one that is not recorded
	Last           *Action    // the last of them to end
	Asked          []*Action  // what the firing asked, in order
	// From is what a later stage continues, and Next are the stages that frames of this
	// firing or stage entered.
	From *Match
	Next []*Match
	Lost []*journal.Entry // the rows that its frames lost
}

// StageSpec returns the stage in the plan, nil if it has none.
func (m *Match) StageSpec() *plan.Stage {
	if m.Spec == nil || m.Stage >= len(m.Spec.Stages) {
		return nil
	}
	return m.Spec.Stages[m.Stage]
}

// Fired reports whether a frame was kept.
func (m *Match) Fired() bool { return m.Kind != journal.Dropped }

// Frame returns a frame, nil if there is none.
func (m *Match) Frame(i uint32) *journal.Frame {
	if int(i) >= len(m.Frames) {
		return nil
	}
	return &m.Frames[i]
}

// Else returns the line of where that dropped a frame and whose else asked the
// frame's actions; nil for a frame that was kept.
func (m *Match) Else(frame uint32) *plan.Line {
	x := m.Frame(frame)
	if m.Spec == nil || x == nil {
		return nil
	}
	return m.Spec.Line(x.Line)
}

// LaterAsks reports whether a later stage, which a kept frame could enter, has a wanted
// line.
func (m *Match) LaterAsks(frame uint32, wanted func(*plan.Ask) bool) bool {
	if m.StageSpec() == nil || m.Line > 0 || m.Else(frame) != nil {
		return false
	}
	for _, stage := range m.Spec.Stages[m.Stage+1:] {
		if slices.ContainsFunc(stage.Then, wanted) {
			return true
		}
		for _, l := range stage.Where {
			if slices.ContainsFunc(l.Else, wanted) {
				return true
			}
		}
	}
	return false
}

// Each returns what was asked for the frames of the where of one line, nil if the where
// did not run.
func (m *Match) Each(frame uint32, line *plan.Ask) *Match {
	for _, next := range m.Next {
		if next.Of.Frame == frame && next.Line == line.Line+1 {
			return next
		}
	}
	return nil
}

// AskedFor returns what a frame asked, with what it asked in later stages.
func (m *Match) AskedFor(frame uint32) []*Action {
	var list []*Action
	for _, a := range m.Asked {
		if a.ID.Frame == frame {
			list = append(list, a)
		}
	}
	for _, next := range m.Next {
		if next.Of.Frame == frame {
			for i := range next.Frames {
				list = append(list, next.AskedFor(uint32(i))...)
			}
		}
	}
	return list
}

// Lines are the lines that a frame asks: those of then, or of the else of the
// line that dropped it; nil if the plan has no such sync.
func (m *Match) Lines(frame uint32) []*plan.Ask {
	if line := m.Else(frame); line != nil {
		return line.Else
	}
	if m.Line > 0 {
		if m.Spec == nil || m.Line > len(m.Spec.Asks) {
			return nil
		}
		return m.Spec.Asks[m.Line-1 : m.Line]
	}
	if stage := m.StageSpec(); stage != nil && m.Frame(frame) != nil {
		return stage.Then
	}
	return nil
}

// Asked returns the lines that a frame asks, in order: those of then, or of an else.
// Below a line whose refusal was handled they are those of its else.
func (f *Flow) Asked(m *Match, frame uint32) []*plan.Ask {
	lines := m.Lines(frame)
	if m.Line > 0 {
		return lines
	}
	for i := 0; i < len(lines); i++ {
		if h := f.last(m, frame, lines[i]).Handler(); h != nil {
			lines = slices.Concat(lines[:i+1], h.Asks)
		}
	}
	return lines
}

// last returns the last action that a line of a frame asked, nil if there is none.
func (f *Flow) last(m *Match, frame uint32, line *plan.Ask) *Action {
	if line.Where == nil || m.Line > 0 {
		return f.Action(journal.ActionID{Firing: m.Number, Frame: frame, Line: uint32(line.Line)})
	}
	each := m.Each(frame, line)
	if each == nil || len(each.Asked) == 0 {
		return nil
	}
	return each.Asked[len(each.Asked)-1]
}

// Fits reports whether an action alone fits a line of when: its outcome is the
// line's, and its values are those in the line. Variables shared with other lines
// do not matter.
func (a *Action) Fits(p *plan.Pattern) bool {
	want := journal.Returned
	if p.Refused {
		want = journal.Refused
	}
	if a.Spec != p.Action || a.Outcome != want {
		return false
	}
	for _, t := range p.Tests {
		v := a.Column(t.Column)
		switch {
		case t.Any && v.IsNull(), t.Literal.IsNull() && !t.Any && !v.IsNull():
			return false
		case !t.Any && !t.Literal.IsNull() && !value.Equal(v, t.Literal):
			return false
		}
	}
	slots := map[int]value.Value{}
	for _, x := range p.Vars {
		v := a.Column(x.Column)
		if v.IsNull() && !x.Optional {
			return false
		}
		if before, bound := slots[x.Slot]; bound && !value.Equal(before, v) {
			return false
		}
		slots[x.Slot] = v
	}
	return true
}
