package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/syntax"
	"github.com/legible-lang/legible/value"
)

// A timer is a system action and when it is started: at the moment in a field
// of each member of a set, or at each whole multiple of a duration since 1970.
//
// What has been started is known from the journal alone: the id of the flow is
// made of the action, the member and the moment, so that no moment starts its
// action twice, whatever process looks at it.
type timer struct {
	action *plan.Action
	table  *store.Table
	column int
	every  time.Duration
	seen   map[value.ID]bool // started already, and still due
}

func timersOf(p *plan.Plan, tables []*store.Table) ([]*timer, error) {
	var list []*timer
	for _, a := range p.Actions {
		if a.Spec.Kind != syntax.System {
			continue
		}
		t := &timer{action: a, seen: map[value.ID]bool{}}
		if a.Spec.Every != "" {
			every, err := time.ParseDuration(a.Spec.Every)
			if err != nil || every <= 0 {
				return nil, fmt.Errorf("%s: every %q is no duration", a.FullName(), a.Spec.Every)
			}
			t.every = every
		} else {
			for _, set := range a.Instance.Tables {
				if set.Set == a.Spec.AtSet {
					t.table = tables[set.Index]
					t.column = slices.Index(set.Set.Fields, a.Spec.AtField)
				}
			}
			if t.table == nil || t.column < 0 {
				return nil, fmt.Errorf("%s has no moment: say at FIELD of a member, or every \"1h\"", a.FullName())
			}
		}
		list = append(list, t)
	}
	return list, nil
}

// HasTimers tells whether the program has system actions at all.
func (e *Engine) HasTimers() bool { return len(e.timers) > 0 }

// Tick starts the system actions whose moment has come by the engine's clock
// and that were not started before, each as a flow of its own, and gives how
// many it started. Ticks must not run at the same time. What failed is joined
// in the error and tried again at the next tick.
func (e *Engine) Tick(ctx context.Context) (started int, err error) {
	now := e.now()
	for _, t := range e.timers {
		n, tickErr := e.tick(ctx, t, now)
		started += n
		if tickErr != nil {
			err = errors.Join(err, fmt.Errorf("starting %s: %w", t.action.FullName(), tickErr))
		}
	}
	return started, err
}

func (e *Engine) tick(ctx context.Context, t *timer, now time.Time) (int, error) {
	still := map[value.ID]bool{}
	if t.every > 0 {
		n, err := e.startDue(ctx, t, still, "", now.Truncate(t.every))
		t.seen = still
		return n, err
	}
	started := 0
	page := store.Page{Limit: scanPage, Due: &store.Due{Column: t.column, Until: value.Time(now)}}
	for {
		var members []store.Member
		var err error
		e.look(ctx, func(f *flow) { members, err = f.hand.Find(t.table, nil, nil, page) })
		if err != nil {
			return started, err
		}
		for _, m := range members {
			moment, _ := m.Row[t.column].Moment()
			n, err := e.startDue(ctx, t, still, m.ID, moment)
			if started += n; err != nil {
				return started, err
			}
		}
		if len(members) < scanPage {
			// What is due no longer need not be remembered.
			t.seen = still
			return started, nil
		}
		page.After = members[len(members)-1].Order
	}
}

// startDue starts the action for a member and a moment, unless the journal
// knows that flow.
func (e *Engine) startDue(ctx context.Context, t *timer, still map[value.ID]bool, member string, moment time.Time) (int, error) {
	id := dueID(t.action.FullName(), member, moment)
	still[id] = true
	if t.seen[id] {
		return 0, nil
	}
	known, err := e.store.Journal(ctx, id)
	if err != nil {
		delete(still, id) // nobody knows yet whether it was started: the next tick asks again
		return 0, err
	}
	t.seen[id] = true
	if known != nil {
		return 0, nil
	}
	o := Opening{Action: t.action, In: make([]value.Value, len(t.action.Inputs)), ID: id}
	if member != "" && len(o.In) > 0 {
		o.In[0] = value.String(member)
	}
	if _, err := e.Run(ctx, o); err != nil {
		if errors.Is(err, store.ErrLost) {
			if known, _ := e.store.Journal(ctx, id); known != nil {
				return 0, nil // another process of the fleet was first
			}
		}
		delete(t.seen, id)
		delete(still, id)
		return 0, err
	}
	return 1, nil
}

// dueID is the id of the flow of one moment: its time is the moment, the rest
// is a hash of what is due.
func dueID(action, member string, moment time.Time) value.ID {
	at := moment.UTC().Format(value.MomentLayout)
	return value.DerivedID(moment, sha256.Sum256([]byte(strings.Join([]string{action, member, at}, "\x00"))))
}
