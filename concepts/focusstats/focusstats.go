// Package focusstats implements the concept FocusStats: how long a user reads.
//
// Its three main types are [Concept], the actions; the generated [State]; and tally,
// the sums over sessions. It promises that a session ends once, that a session
// counts at most 4 hours, and that the minutes of a session count for the days in
// which they lie. It refuses to know what is read and who may see it: a document is
// an identity here, and access is decided by syncs.
package focusstats

import (
	"errors"
	"time"

	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// maxSessions is the maximum number of sessions of a user.
const maxSessions = 10_000

// longest is the maximum duration that counts for a session.
const longest = 4 * time.Hour

// New makes the concept, to be passed to legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is the Go code of one instance of FocusStats.
type Concept struct{ *State }

func (c *Concept) InitUser(ctx legible.Context, in InitUserIn) (InitUserOut, error) {
	id, err := c.FocusStats.Insert(ctx, FocusStatsRow(in))
	if legible.IsTaken(err, "user") {
		err = ErrStatsExist
	}
	return InitUserOut{FocusStats: id}, err
}

func (c *Concept) StartSession(ctx legible.Context, in StartSessionIn) (StartSessionOut, error) {
	ctx.Lock() // nobody else begins a session of this user meanwhile
	if _, _, found := c.FocusStats.ByUser(ctx, in.User); !found {
		return StartSessionOut{}, ErrNoStats
	}
	count := 0
	for id, row := range c.FocusSessions.ByUser(ctx, in.User) {
		if count++; row.End != nil {
			continue
		}
		if err := c.finish(ctx, id, row); err != nil {
			return StartSessionOut{}, err
		}
	}
	if count >= maxSessions {
		return StartSessionOut{}, ErrTooManySessions
	}
	id, err := c.FocusSessions.Insert(ctx, FocusSessionRow{
		User: in.User, Document: in.Document, Library: in.Library, Start: ctx.Now(),
	})
	return StartSessionOut{FocusSession: id}, err
}

// finish ends an open session.
func (c *Concept) finish(ctx legible.Context, id FocusSession, row FocusSessionRow) error {
	end := ctx.Now()
	if last := row.Start.Add(longest); end.After(last) {
		end = last
	}
	if end.Before(row.Start) {
		end = row.Start // begun by a clock that was ahead
	}
	row.End = &end
	return c.FocusSessions.Update(ctx, id, row)
}

func (c *Concept) EndSession(ctx legible.Context, in EndSessionIn) (EndSessionOut, error) {
	ctx.Lock() // nobody else ends it meanwhile
	row, found := c.FocusSessions.Get(ctx, in.FocusSession)
	switch {
	case !found:
		return EndSessionOut{}, ErrUnknownSession
	case row.End != nil:
		return EndSessionOut{}, ErrEndedAlready
	}
	return EndSessionOut(in), c.finish(ctx, in.FocusSession, row)
}

func (c *Concept) RemoveSession(ctx legible.Context, in RemoveSessionIn) error {
	err := c.FocusSessions.Delete(ctx, in.FocusSession)
	if legible.IsMissing(err) {
		return ErrUnknownSession
	}
	return err
}

func (c *Concept) ForgetUser(ctx legible.Context, in ForgetUserIn) error {
	ctx.Lock()
	var all error
	for id := range c.FocusSessions.ByUser(ctx, in.User) {
		all = errors.Join(all, c.FocusSessions.Delete(ctx, id))
	}
	if id, _, found := c.FocusStats.ByUser(ctx, in.User); found {
		all = errors.Join(all, c.FocusStats.Delete(ctx, id))
	}
	return all
}

func (c *Concept) GetSessions(ctx legible.Context, in GetSessionsIn) ([]GetSessionsOut, error) {
	var rows []GetSessionsOut
	for id, row := range c.FocusSessions.ByUser(ctx, in.User) {
		rows = append(rows, GetSessionsOut{
			FocusSession: id, Document: row.Document, Library: row.Library, Start: row.Start, End: row.End,
		})
	}
	return rows, nil
}

func (c *Concept) GetOpenSession(ctx legible.Context, in GetOpenSessionIn) (GetOpenSessionOut, bool, error) {
	for id, row := range c.FocusSessions.ByUser(ctx, in.User) {
		if row.Document == in.Document && row.End == nil {
			return GetOpenSessionOut{FocusSession: id}, true, nil
		}
	}
	return GetOpenSessionOut{}, false, nil
}

func (c *Concept) ViewStats(ctx legible.Context, in ViewStatsIn) (ViewStatsOut, bool, error) {
	id, _, found := c.FocusStats.ByUser(ctx, in.User)
	if !found {
		return ViewStatsOut{}, false, nil
	}
	t := newTally(ctx.Now())
	for _, row := range c.FocusSessions.ByUser(ctx, in.User) {
		t.add(row)
	}
	return ViewStatsOut{Stats: t.record(string(id))}, true, nil
}
