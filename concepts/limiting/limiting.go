// Package limiting implements the concept Limiting: a budget for each key, which
// refills over time.
//
// Its main types are [Concept], the actions; [Options] with a [Budget] for each
// name that an app's syncs use; and the generated [State]. It promises that a
// budget is spent before what it is spent for begins, also by several nodes at
// once; that delays grow and end; that being refused costs nothing more, so that
// nobody lengthens another's delay by trying in vain; and that what is kept is
// digests, which go when they matter no longer. It refuses to know what a key
// is.
package limiting

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"strconv"
	"time"

	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// A Budget says how often something may be tried.
type Budget struct {
	// Tries is how many there may be at once; 10 for 0, no limit for a negative
	// number.
	Tries int
	// Every is the time in which one comes back, and the longest delay between
	// two when all are spent; 15 minutes for 0.
	Every time.Duration
}

func (b Budget) orDefault() Budget {
	return Budget{cmp.Or(b.Tries, 10), cmp.Or(max(b.Every, 0), 15*time.Minute)}
}

// doublings is how often a delay is twice the one before until it is Every.
const doublings = 6

// Options are the budgets. The zero value works.
type Options struct {
	// Budgets by the names that the syncs use. One that is not here is that of the
	// zero Budget.
	Budgets map[string]Budget
	// Known is how long a place is welcome that does not come back; 30 days for 0.
	Known time.Duration
}

// New gives the concept, to be passed to legible.New.
func New() legible.Concept { return With(Options{})() }

// With gives a New with options.
func With(options Options) func() legible.Concept {
	if options.Known <= 0 {
		options.Known = 30 * 24 * time.Hour
	}
	return func() legible.Concept {
		return Define(func(s *State) Actions { return &Concept{s, options} })
	}
}

// A Concept is the Go of one use of Limiting.
type Concept struct {
	*State
	options Options
}

// Spend takes the store's turn before it looks, so that of many who come at once
// no more spend than the budget holds.
func (c *Concept) Spend(ctx legible.Context, in SpendIn) error {
	b := c.options.Budgets[in.Budget].orDefault()
	if b.Tries < 0 {
		return nil
	}
	ctx.Hold()
	id, row, found := c.find(ctx, in.Budget, in.Key, in.Place)
	now := ctx.Now()
	spent := 0.0
	if found {
		var wait time.Duration
		if spent, wait = b.at(row, now); wait > 0 {
			return &legible.Refusal{Code: "LIMITED", After: wait, With: map[string]string{"reason": inWords(wait)}}
		}
	}
	row.Spent, row.Last = spent+1, now
	if row.Place == "" {
		row.Until = now.Add(time.Duration(row.Spent * float64(b.Every)))
	}
	if found {
		return c.Entries.Update(ctx, id, row)
	}
	row.Budget, row.Key = in.Budget, digest(in.Key)
	_, err := c.Entries.Insert(ctx, row)
	return err
}

// at tells what of a budget is spent at a moment, and how long it takes until
// the next one may be.
func (b Budget) at(row EntryRow, now time.Time) (spent float64, wait time.Duration) {
	passed := now.Sub(row.Last)
	if passed < -b.Every {
		// The clock was ahead when this was written: how long ago that is nobody
		// knows, and nobody shall wait until the clock is there again.
		return min(row.Spent, float64(b.Tries)), 0
	}
	spent = max(0, row.Spent-max(0, passed.Seconds())/b.Every.Seconds())
	over := int(math.Ceil(spent - float64(b.Tries-1)))
	if over <= 0 {
		return spent, 0
	}
	return spent, max(0, b.Every>>max(0, doublings-over+1)-passed)
}

// find gives the entry that a place spends from: its own where it is welcome,
// else the one that all share.
func (c *Concept) find(ctx legible.Context, budget, key string, place *string) (Entry, EntryRow, bool) {
	key = digest(key)
	if place != nil && *place != "" {
		id, row, found := c.Entries.ByBudgetKeyPlace(ctx, budget, key, digest(*place))
		// What is welcome for longer than there is was written by a clock ahead.
		if left := row.Until.Sub(ctx.Now()); found && left > 0 && left <= c.options.Known+time.Hour {
			return id, row, true
		}
	}
	return c.Entries.ByBudgetKeyPlace(ctx, budget, key, "")
}

func (c *Concept) Restore(ctx legible.Context, in RestoreIn) error {
	b := c.options.Budgets[in.Budget].orDefault()
	ctx.Hold()
	id, row, found := c.find(ctx, in.Budget, in.Key, in.Place)
	if !found {
		return nil
	}
	row.Spent = max(0, row.Spent-1)
	if row.Place == "" {
		if row.Spent == 0 {
			return c.Entries.Delete(ctx, id)
		}
		row.Until = row.Last.Add(time.Duration(row.Spent * float64(b.Every)))
	}
	return c.Entries.Update(ctx, id, row)
}

func (c *Concept) Welcome(ctx legible.Context, in WelcomeIn) error {
	ctx.Hold()
	now := ctx.Now()
	row := EntryRow{Budget: in.Budget, Key: digest(in.Key), Place: digest(in.Place), Last: now, Until: now.Add(c.options.Known)}
	if id, _, found := c.Entries.ByBudgetKeyPlace(ctx, row.Budget, row.Key, row.Place); found {
		return c.Entries.Update(ctx, id, row)
	}
	_, err := c.Entries.Insert(ctx, row)
	return err
}

func (c *Concept) Forget(ctx legible.Context, in ForgetIn) error {
	for id, row := range c.Entries.ByKey(ctx, digest(in.Key)) {
		if row.Budget != in.Budget {
			continue
		}
		if err := c.Entries.Delete(ctx, id); err != nil && !legible.IsMissing(err) {
			return err
		}
	}
	return nil
}

// Expire is asked at a moment that may have moved on since.
func (c *Concept) Expire(ctx legible.Context, in ExpireIn) error {
	ctx.Hold()
	row, found := c.Entries.Get(ctx, in.Entry)
	if !found || ctx.Now().Before(row.Until) {
		return nil
	}
	return c.Entries.Delete(ctx, in.Entry)
}

func (c *Concept) WelcomeUntil(ctx legible.Context, in WelcomeUntilIn) (WelcomeUntilOut, bool, error) {
	_, row, found := c.find(ctx, in.Budget, in.Key, &in.Place)
	return WelcomeUntilOut{Until: row.Until}, found && row.Place != "", nil
}

func (c *Concept) Left(ctx legible.Context, in LeftIn) (LeftOut, error) {
	b := c.options.Budgets[in.Budget].orDefault()
	if b.Tries < 0 {
		return LeftOut{Left: math.MaxInt32}, nil
	}
	_, row, found := c.find(ctx, in.Budget, in.Key, in.Place)
	if !found {
		return LeftOut{Left: float64(b.Tries)}, nil
	}
	spent, wait := b.at(row, ctx.Now())
	left := math.Floor(float64(b.Tries) - spent)
	return LeftOut{Left: max(0, left), Wait: math.Ceil(wait.Seconds())}, nil
}

// digest is what is kept of a key or a place. It is of one length however long
// that is.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// inWords says how long it takes, rounded up: "15 seconds", "3 minutes".
func inWords(d time.Duration) string {
	n, unit := int((d+time.Second-1)/time.Second), "second"
	if n > 90 {
		n, unit = (n+59)/60, "minute"
	}
	if n > 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}
