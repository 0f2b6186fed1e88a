//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A keptStore is the store of a server, opened by the audit.
type keptStore interface {
	store.Store
}

// openKept opens a database file while the server uses it.
func openKept(t *testing.T, file string) keptStore {
	t.Helper()
	s, err := sqlite.Open(file, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An audit reads the records of all flows and applies the completed actions to its
// own model: the state must be equal. It also checks each record.
type audit struct {
	plan   *plan.Plan
	schema *store.Schema
	again  *engine.Engine
	replay *replayStore
	newest value.ID
	model  model
	flows  int
	faults bool // they are allowed
}

func newAudit(t *testing.T) *audit {
	t.Helper()
	program, err := testAnalysis()
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Build(program.Program)
	a := &audit{plan: p, schema: engine.Schema(p), replay: &replayStore{}, model: newModel()}
	if a.again, err = engine.New(p, a.replay, a.schema, refusing(p), engine.Options{Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	return a
}

// hold audits a store in which no flow runs.
func (a *audit) hold(t *testing.T, s keptStore, readers []*bookworm) {
	t.Helper()
	defer s.Close()
	ctx := context.Background()
	if err := s.Prepare(ctx, a.schema); err != nil {
		t.Fatal(err)
	}
	// No client waits for the rest of a flow that was recovered. That it is at rest
	// is written with the next group.
	rested(t, s, 20*time.Second)
	answered := map[string]bool{}
	for _, id := range a.unread(t, s) {
		b, err := s.Journal(ctx, id)
		if err != nil {
			t.Errorf("reading flow %s: %v", id, err)
			return
		}
		steps, said := a.flow(t, id, b)
		answered[id.String()] = said
		for _, x := range steps {
			a.model.apply(t, x.Action, x.in, x.Out)
		}
	}
	for _, r := range readers {
		for _, flow := range r.told {
			if !answered[flow] {
				t.Errorf("%s was told of success by flow %s, and the record has no such answer", r.name, flow)
			}
		}
		r.told = nil
	}
	a.compare(t, s)
}

// rested waits until no flow is unfinished, and reports whether it had to wait.
func rested(t *testing.T, s keptStore, patience time.Duration) (waited bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		left, err := s.Unfinished(context.Background())
		switch {
		case err != nil:
			t.Fatal(err)
		case len(left) == 0:
			return waited
		case time.Now().After(deadline):
			for _, id := range left {
				b, _ := s.Journal(context.Background(), id) // ignores what cannot be read
				entries, err := journal.Read(b)
				t.Errorf("nothing is in its way, and flow %s does not come to rest within %s (%v):%s", id, patience, err, listed(entries))
			}
			return true
		}
		waited = true
	}
}

// listed formats entries, one per line.
func listed(entries []journal.Entry) string {
	var text strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&text, "\n    %s", e)
	}
	return text.String()
}

// unread returns the flows that no earlier audit has read, oldest first.
func (a *audit) unread(t *testing.T, s keptStore) []value.ID {
	var ids []value.ID
	for before := value.Zero; ; before = ids[len(ids)-1] {
		page, err := s.Flows(context.Background(), before, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range page {
			if slices.Compare(id[:], a.newest[:]) > 0 {
				ids = append(ids, id)
			} else {
				page = nil
				break
			}
		}
		if len(page) < 500 {
			break
		}
	}
	slices.Reverse(ids)
	if len(ids) > 0 {
		a.newest = ids[len(ids)-1]
	}
	return ids
}

// bereft reports whether something faulted because it needed a secret that was only
// in the memory of the ended process.
func bereft(e *journal.Entry) bool {
	return strings.Contains(e.Text, "was lost when the process ended")
}

// A step is an action of a flow that returned.
type step struct {
	*journal.Entry
	in []value.Field
}

// flow checks the record of a flow at rest. It returns the completed actions in
// order, and whether there is an answer.
func (a *audit) flow(t *testing.T, id value.ID, b []byte) (steps []step, answered bool) {
	a.flows++
	entries, err := journal.Read(b)
	bad := func(format string, args ...any) {
		t.Errorf("flow %s: "+format+"%s", append(append([]any{id}, args...), listed(entries))...)
	}
	if err != nil {
		bad("its record cannot be read: %v", err)
		return nil, false
	}
	asked := map[journal.ActionID]*journal.Entry{}
	completed := map[journal.ActionID]*journal.Entry{}
	matches := map[string]bool{}
	var order []journal.ActionID
	firings := uint32(0)
	faulted := false
	for i := range entries {
		e := &entries[i]
		if (e.Kind == journal.Begun) != (i == 0) {
			bad("entry %d is its beginning, or the first is none", i)
		}
		switch e.Kind {
		case journal.Asked:
			if asked[e.ID] != nil {
				bad("%s was asked twice", e.ID)
			}
			if e.ID.Firing > firings {
				bad("%s was asked before it was fired", e.ID)
			}
			asked[e.ID] = e
		case journal.Completed:
			before := completed[e.ID]
			if asked[e.ID] == nil || before != nil && !(before.Outcome == journal.Returned && e.Outcome == journal.Undone) {
				bad("%s was completed twice, or without being asked", e.ID)
			}
			if e.Outcome == journal.Fault {
				if faulted = true; !bereft(e) && !a.faults {
					bad("%s faulted", e.ID)
				}
			}
			completed[e.ID] = e
			order = append(order, e.ID)
		case journal.Entered:
			if firings++; e.Number != firings {
				bad("the firing after %d is %d", firings-1, e.Number)
			}
		case journal.Fired, journal.Dropped:
			key := fmt.Sprint(e.Sync, e.Matched)
			if matches[key] {
				bad("%s was matched twice by %v", e.Sync, e.Matched)
			}
			matches[key] = true
			if e.Kind == journal.Fired {
				if firings++; e.Number != firings {
					bad("the firing after %d is %d", firings-1, e.Number)
				}
			}
		case journal.Faulted:
			if faulted = true; !bereft(e) && !a.faults {
				bad("it faulted")
			}
		}
	}
	for x := range asked {
		if completed[x] == nil {
			bad("%s was asked and never completed", x)
		}
	}
	// A record that omits values cannot be run again.
	if !faulted && !journal.Omits(entries) {
		a.replay.is(id, b)
		if _, err := a.again.Resume(context.Background(), id); err != nil {
			bad("it cannot be run again: %v", err)
		} else if more, err := journal.Read(a.replay.more); len(more) > 0 || err != nil {
			bad("it is at rest, but if it were run again this would happen: %v (%v)", more, err)
		}
	}
	for _, x := range order {
		if e := completed[x]; e.Outcome == journal.Returned {
			answered = answered || e.Action == "Requesting.respond"
			steps = append(steps, step{e, asked[x].In})
		}
	}
	return steps, answered
}

// compare compares the state with the model.
func (a *audit) compare(t *testing.T, s keptStore) {
	flow := s.NewSession(value.NewIDs().At(time.Now()))
	defer flow.Abandon()
	for _, table := range a.schema.Tables {
		members, err := flow.Find(table, nil, nil, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		is := map[string]string{}
		for _, m := range members {
			is[m.ID] = a.model.shown(table, m.Row)
		}
		switch table.Name() {
		case "Sessioning.Session":
			a.sessions(t, table, members)
			continue
		case "Remembering.Session":
			a.owned(t, table, members)
			continue
		case "Limiting.Entry": // spent before the action that it limits
			continue
		}
		want, known := a.model.tables[table.Name()]
		if !known {
			t.Errorf("the model has no table %s", table.Name())
		}
		for _, id := range slices.Sorted(maps.Keys(want)) {
			if now, there := is[id]; !there || now != want[id] {
				t.Errorf("by the record %s has %s %s, and the state has (there: %t) %s", table.Name(), id, want[id], there, now)
			}
		}
		for id, now := range is {
			if _, there := want[id]; !there {
				t.Errorf("%s has %s %s, of which the record knows nothing, or that it is gone", table.Name(), id, now)
			}
		}
	}
}

// sessions only counts sessions, because the record has no secrets: readers who stay
// have as many as were created and not ended.
func (a *audit) sessions(t *testing.T, table *store.Table, members []store.Member) {
	stay := 0
	a.owned(t, table, members)
	for _, m := range members {
		user, _ := m.Row[table.Column("user")].Text()
		if strings.HasPrefix(a.model.names[user], "stays") {
			stay++
		}
	}
	if stay != a.model.stay {
		t.Errorf("those who stay have %d sessions, and by the record %d", stay, a.model.stay)
	}
}

// A replayStore has the record of one flow and receives the entries that a run adds.
type replayStore struct {
	store.Store // only the methods below are called
	id          value.ID
	entries     []byte
	more        []byte
}

func (s *replayStore) is(id value.ID, b []byte) { s.id, s.entries, s.more = id, b, nil }

func (s *replayStore) Journal(_ context.Context, id value.ID) ([]byte, error) { return s.entries, nil }
func (s *replayStore) NewSession(value.ID) store.Session                      { return &replayFlow{s: s} }

type replayFlow struct {
	store.Session
	s *replayStore
}

var errReplayed = errors.New("this happens in a flow that is at rest")

func (f *replayFlow) Begin()                                      {}
func (f *replayFlow) BeginReadOnly()                              {}
func (f *replayFlow) Rollback()                                   {}
func (f *replayFlow) Abandon()                                    {}
func (f *replayFlow) Get(*store.Table, string) (store.Row, error) { return nil, errReplayed }
func (f *replayFlow) Find(*store.Table, []int, []value.Value, store.Page) ([]store.Member, error) {
	return nil, errReplayed
}
func (f *replayFlow) Commit(entries []byte) error {
	f.s.more = append(f.s.more, entries...)
	return nil
}
func (f *replayFlow) Finish(entries []byte) error { return f.Commit(entries) }

// refusing implements methods that must not be called.
func refusing(p *plan.Plan) map[string]engine.Methods {
	all := map[string]engine.Methods{}
	for _, in := range p.Instances {
		m := engine.Methods{Actions: map[string]engine.Method{}, Queries: map[string]engine.QueryMethod{}}
		for _, a := range p.Actions {
			m.Actions[a.Name] = func(engine.Context, []value.Value, []value.Value) error { return errReplayed }
		}
		for _, q := range p.Queries {
			m.Queries[q.Name] = func(engine.Context, []value.Value, *engine.Rows) error { return errReplayed }
		}
		all[in.Name] = m
	}
	return all
}

// owned compares the users of sessions with the existing users.
func (a *audit) owned(t *testing.T, table *store.Table, members []store.Member) {
	for _, m := range members {
		user, _ := m.Row[table.Column("user")].Text()
		if _, there := a.model.tables["Profile.User"][user]; !there && !a.faults {
			t.Errorf("there is a %s of %s, who is not there", table.Name(), user)
		}
	}
}
