package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	langcheck "github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A timer is a system action with its schedule: the time in a field of each member of a
// set, each whole multiple of a duration since 1970, or a time of each calendar day.
//
// Only the store knows what was started: the id of the flow is derived from the action,
// the member and the time, so that no time starts its action twice, in any process. The
// store knows that such a flow has run even after it has forgotten its record.
type timer struct {
	action *plan.Action
	table  *store.Table
	column int
	every  time.Duration
	daily  *langcheck.Daily
	zone   *time.Location    // of daily
	seen   map[value.ID]bool // started already and still due
	after  int64             // where the next tick begins, if the last one was incomplete
}

func timersOf(p *plan.Plan, tables []*store.Table) ([]*timer, error) {
	var list []*timer
	for _, a := range p.Actions {
		if a.Spec.Kind != syntax.System || a.Spec.Every == "" && a.Spec.Daily == nil && a.Spec.AtField == nil {
			continue // nothing starts it; the checker has reported that
		}
		t := &timer{action: a, seen: map[value.ID]bool{}}
		switch {
		case a.Spec.Daily != nil:
			zone, err := time.LoadLocation(a.Spec.Daily.Zone)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.FullName(), err)
			}
			t.daily, t.zone = a.Spec.Daily, zone
		case a.Spec.Every != "":
			every, err := time.ParseDuration(a.Spec.Every)
			if err != nil || every <= 0 {
				return nil, fmt.Errorf("%s: every %q is no duration", a.FullName(), a.Spec.Every)
			}
			t.every = every
		default:
			for _, set := range a.Instance.Tables {
				if set.Set == a.Spec.AtSet {
					t.table = tables[set.Index]
					t.column = slices.Index(set.Set.Fields, a.Spec.AtField)
				}
			}
			if t.table == nil || t.column < 0 {
				return nil, fmt.Errorf("%s starts at a field that the schema does not have", a.FullName())
			}
		}
		list = append(list, t)
	}
	return list, nil
}

// HasTimers reports whether the program has system actions.
func (e *Engine) HasTimers() bool { return len(e.timers) > 0 }

// Tick starts the system actions that are due by the engine's clock and were not started
// before, each as a flow of its own, and returns their number. Ticks must not run
// concurrently. A failure does not prevent the others from starting; it is in the error,
// and a later tick tries again. Tick ends early when ctx ends or the store is closed.
func (e *Engine) Tick(ctx context.Context) (started int, err error) {
	now := e.now()
	for _, t := range e.timers {
		if ctx.Err() != nil {
			return started, errors.Join(err, ctx.Err())
		}
		n, tickErr := e.tick(ctx, t, now)
		started += n
		if tickErr != nil {
			err = errors.Join(err, fmt.Errorf("starting %s: %w", t.action.FullName(), tickErr))
		}
	}
	return started, err
}

// tickFailures is the number of members that may fail in one tick of a timer. The next
// tick continues after them. So a tick ends soon if the store is broken, and the other
// members get their turn if only some fail.
const tickFailures = 16

// duePage is the number of due members that are fetched at a time. For each page a store
// may have to read all due members.
const duePage = 4096

func (e *Engine) tick(ctx context.Context, t *timer, now time.Time) (started int, err error) {
	still := map[value.ID]bool{}
	if t.every > 0 || t.daily != nil {
		var due time.Time
		if t.daily != nil {
			due = dayTime(lastDay(now, t.daily, t.zone))
		} else {
			due = multiple(now, t.every)
		}
		begun, err := e.startDue(ctx, t, still, "", due)
		t.seen = still
		if begun {
			started++
		}
		return started, err
	}
	began, failed := t.after, 0
	defer func() {
		if failed > 1 {
			err = fmt.Errorf("%w (and %d others like it)", err, failed-1)
		}
	}()
	page := store.Page{After: t.after, Limit: duePage, Due: &store.Due{Column: t.column, Until: value.Time(now)}}
	for {
		var members []store.Member
		var findErr error
		lost := e.readSnapshot(ctx, func(f *flow) { members, findErr = f.session.Find(t.table, nil, nil, page) })
		if findErr = cmp.Or(lost, findErr); findErr != nil {
			return started, errors.Join(err, findErr)
		}
		for _, m := range members {
			if ctx.Err() != nil {
				return started, errors.Join(err, ctx.Err())
			}
			moment, _ := m.Row[t.column].Moment()
			begun, startErr := e.startDue(ctx, t, still, m.ID, moment)
			if begun {
				started++
			}
			if startErr == nil {
				continue
			}
			if failed++; failed == 1 {
				err = fmt.Errorf("for %s: %w", m.ID, startErr)
			}
			if failed == tickFailures || errors.Is(startErr, store.ErrClosed) {
				t.after = m.Order
				return started, err
			}
		}
		if len(members) < duePage {
			if t.after = 0; began == 0 {
				t.seen = still // members that are no longer due need not be remembered
			}
			return started, err
		}
		page.After = members[len(members)-1].Order
	}
}

// multiple returns the last whole multiple of a duration since 1970 that is not after
// now.
func multiple(now time.Time, every time.Duration) time.Time {
	first := time.Unix(0, 0)
	since := first.Sub(first.Truncate(every)) // Truncate counts from the year 1
	return now.Add(-since).Truncate(every).Add(since)
}

// lastDay returns the last calendar day, as midnight UTC, whose time of day in the zone
// is not after now. A time that a change of clocks skips comes an hour later; one that
// it repeats counts when it comes first.
func lastDay(now time.Time, daily *langcheck.Daily, zone *time.Location) time.Time {
	year, month, day := now.In(zone).Date()
	for at := day + 1; ; at-- {
		if !timeOfDay(year, month, at, daily, zone).After(now) {
			return time.Date(year, month, at, 0, 0, 0, 0, time.UTC)
		}
	}
}

// timeOfDay returns the time of a calendar day at which a schedule starts its action.
func timeOfDay(year int, month time.Month, day int, daily *langcheck.Daily, zone *time.Location) time.Time {
	at := time.Date(year, month, day, daily.Hour, daily.Minute, 0, 0, zone)
	for _, change := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		first := at.Add(-change)
		if first.Day() == at.Day() && first.Hour() == at.Hour() && first.Minute() == at.Minute() {
			return first // the clocks are set back between the two
		}
	}
	return at
}

// dayTime returns the time that stands for a calendar day, given as midnight UTC, in the
// id of its flow: the first one at which the day has begun in some zone. It does not
// depend on the zone and the time of day, so that the action starts once per day also
// when these change.
func dayTime(day time.Time) time.Time { return day.Add(-14 * time.Hour) }

// startDue starts the action for a member and a time, unless the store knows that flow.
// It reports whether it did.
func (e *Engine) startDue(ctx context.Context, t *timer, still map[value.ID]bool, member string, moment time.Time) (bool, error) {
	id := dueID(t.action.FullName(), member, moment)
	if t.seen[id] {
		still[id] = true
		return false, nil
	}
	known, err := e.store.Journal(ctx, id)
	if err != nil {
		return false, err // it is unknown whether it was started; a later tick asks again
	}
	if known == nil {
		o := Opening{Action: t.action, In: make([]value.Value, len(t.action.Inputs)), ID: id}
		if member != "" && len(o.In) > 0 {
			o.In[0] = value.String(member)
		}
		switch _, err := e.runWithin(context.WithoutCancel(ctx), ctx.Done(), o, nil); {
		case errors.Is(err, store.ErrElsewhere):
			known = []byte{}
		case errors.Is(err, ErrOverdue): // it was started; the log says what it waits for
		case err != nil:
			return false, err
		}
	}
	t.seen[id], still[id] = true, true
	return known == nil, nil
}

// dueID returns the id of the flow for a member and a time: it has this time, and the
// rest is a hash of all three.
func dueID(action, member string, moment time.Time) value.ID {
	at := moment.UTC().Format(value.MomentLayout)
	return value.DerivedID(moment, sha256.Sum256([]byte(strings.Join([]string{action, member, at}, "\x00"))))
}
