// Package sessioning implements the concept Sessioning: who holds the secret of
// a session acts as its user.
//
// Its three main types are [Concept], the actions; [Options], how long a session
// lasts; and the generated [State]. It promises that a token has 256 random bits;
// that only its digest is stored, so that reading the store lets nobody in; that
// an expired session is invalid, removed or not; and that the number of a user's
// sessions is bounded, so that nobody fills the store by logging in. It refuses to
// lengthen a session: its end is set when it is created. A session made by a clock
// that was ahead is invalid.
package sessioning

import (
	"slices"
	"time"

	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// Options are the lifetime and maximum number of sessions. The zero value works.
type Options struct {
	Lifetime time.Duration // 30 days for 0
	// Most is the maximum number of sessions of a user; 0 means 1,000. Creating one
	// more ends the oldest.
	Most int
}

func (o Options) orDefault() Options {
	if o.Lifetime <= 0 {
		o.Lifetime = 30 * 24 * time.Hour
	}
	if o.Most <= 0 {
		o.Most = 1000
	}
	return o
}

// New makes the concept, to be passed to legible.New.
func New() legible.Concept { return With(Options{})() }

// With makes a New with options.
func With(options Options) func() legible.Concept {
	return func() legible.Concept {
		return Define(func(s *State) Actions { return NewConcept(s, options) })
	}
}

// A Concept is the Go code of one instance of Sessioning.
type Concept struct {
	*State
	options Options
}

// NewConcept returns the actions on a state.
func NewConcept(s *State, options Options) *Concept { return &Concept{s, options.orDefault()} }

// Create takes the turn before it counts, so that concurrent sessions of the user
// do not cause a rewind of earlier work.
func (c *Concept) Create(ctx legible.Context, in CreateIn) (CreateOut, error) {
	ctx.Lock()
	if err := c.makeRoom(ctx, in.User); err != nil {
		return CreateOut{}, err
	}
	token, now := legible.NewSecret(), ctx.Now()
	_, err := c.Sessions.Insert(ctx, SessionRow{
		User: in.User, Token: token.Digest(), Created: now, Expires: now.Add(c.options.Lifetime),
	})
	return CreateOut{Session: token}, err
}

// makeRoom ends the oldest sessions of a user at the maximum.
func (c *Concept) makeRoom(ctx legible.Context, user User) error {
	type member struct {
		session Session
		created time.Time
	}
	var all []member
	for session, row := range c.Sessions.ByUser(ctx, user) {
		all = append(all, member{session, row.Created})
	}
	if len(all) < c.options.Most {
		return nil
	}
	slices.SortStableFunc(all, func(a, b member) int { return a.created.Compare(b.created) })
	for _, m := range all[:len(all)-c.options.Most+1] {
		if err := c.remove(ctx, m.session); err != nil {
			return err
		}
	}
	return nil
}

// ahead is the maximum lead of one node's clock over another's.
const ahead = 5 * time.Minute

// live finds the unexpired session of a token.
func (c *Concept) live(ctx legible.Context, token legible.Secret) (Session, SessionRow, bool) {
	session, row, found := c.Sessions.ByToken(ctx, token)
	return session, row, found && ctx.Now().Before(row.Expires) && c.trusted(ctx, row)
}

// trusted reports whether a session was created before now. A session made by a
// clock that was ahead would outlive its time.
func (c *Concept) trusted(ctx legible.Context, row SessionRow) bool {
	return !row.Created.After(ctx.Now().Add(min(ahead, c.options.Lifetime/2)))
}

func (c *Concept) Delete(ctx legible.Context, in DeleteIn) error {
	session, _, found := c.live(ctx, in.Session)
	if !found {
		return ErrUnknownSession
	}
	err := c.Sessions.Delete(ctx, session)
	if legible.IsMissing(err) {
		return ErrUnknownSession
	}
	return err
}

func (c *Concept) DeleteAll(ctx legible.Context, in DeleteAllIn) error {
	for session := range c.Sessions.ByUser(ctx, in.User) {
		if err := c.remove(ctx, session); err != nil {
			return err
		}
	}
	return nil
}

// DeleteOthers keeps the session of a token, if it is the user's.
func (c *Concept) DeleteOthers(ctx legible.Context, in DeleteOthersIn) error {
	kept, _, _ := c.Sessions.ByToken(ctx, in.Session)
	for session := range c.Sessions.ByUser(ctx, in.User) {
		if session == kept {
			continue
		}
		if err := c.remove(ctx, session); err != nil {
			return err
		}
	}
	return nil
}

// Expire runs when a session has expired. The session may already be deleted.
func (c *Concept) Expire(ctx legible.Context, in ExpireIn) error {
	row, found := c.Sessions.Get(ctx, in.Member)
	if !found || ctx.Now().Before(row.Expires) {
		return nil
	}
	return c.remove(ctx, in.Member)
}

// remove deletes a session, if it still exists.
func (c *Concept) remove(ctx legible.Context, session Session) error {
	if err := c.Sessions.Delete(ctx, session); !legible.IsMissing(err) {
		return err
	}
	return nil
}

func (c *Concept) GetUser(ctx legible.Context, in GetUserIn) (GetUserOut, bool, error) {
	_, row, found := c.live(ctx, in.Session)
	return GetUserOut{User: row.User}, found, nil
}

func (c *Concept) GetEntry(ctx legible.Context, in GetEntryIn) (GetEntryOut, bool, error) {
	session, row, found := c.live(ctx, in.Session)
	return GetEntryOut{Entry: session, User: row.User}, found, nil
}

// Sweep removes sessions of a clock that was ahead.
func (c *Concept) Sweep(ctx legible.Context, _ SweepIn) error {
	for session, row := range c.Sessions.All(ctx) {
		if !c.trusted(ctx, row) {
			if err := c.remove(ctx, session); err != nil {
				return err
			}
		}
	}
	return nil
}
