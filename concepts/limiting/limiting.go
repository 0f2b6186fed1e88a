// Package limiting implements the concept Limiting: a budget for each key, which
// refills over time.
//
// Its main types are [Concept], the actions; [Options] with a [Budget] for each
// name that an app's syncs use; and the generated [State]. It promises that a
// budget is spent before the work begins, also with several nodes; that delays
// grow up to a limit; that a refused try costs nothing, so that nobody lengthens
// another's delay by trying; and that only digests are kept, and removed once
// they have no effect. It refuses to know what a key is.
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

// A Budget is how often something may be tried.
type Budget struct {
	// Tries is the maximum number at once; 0 means 10, a negative number no limit.
	Tries int
	// Every is the time in which one comes back, and the longest delay between
	// two when all are spent; 15 minutes for 0.
	Every time.Duration
}

func (b Budget) orDefault() Budget {
	return Budget{cmp.Or(b.Tries, 10), cmp.Or(max(b.Every, 0), 15*time.Minute)}
}

// doublings is how often the delay doubles until it is Every.
const doublings = 6

// Options are the budgets. The zero value works.
type Options struct {
	// Budgets by the names that the syncs use. A name that is missing has the zero
	// Budget.
	Budgets map[string]Budget
	// Known is how long an unused place stays welcome; 0 means 30 days.
	Known time.Duration
}

// New makes the concept, to be passed to legible.New.
func New() legible.Concept { return With(Options{})() }

// With makes a New with options.
func With(options Options) func() legible.Concept {
	return func() legible.Concept {
		return Define(func(s *State) Actions { return NewConcept(s, options) })
	}
}

// A Concept is the Go code of one instance of Limiting.
type Concept struct {
	*State
	options Options
}

// NewConcept returns the actions on a state.
func NewConcept(s *State, options Options) *Concept {
	if options.Known <= 0 {
		options.Known = 30 * 24 * time.Hour
	}
	return &Concept{s, options}
}

// Spend takes the store's turn before it reads, so that concurrent flows do not
// spend more than the budget holds.
func (c *Concept) Spend(ctx legible.Context, in SpendIn) error {
	b := c.options.Budgets[in.Budget].orDefault()
	if b.Tries < 0 {
		return nil
	}
	ctx.Lock()
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

// at returns how much of a budget is spent at a time, and how long to wait for
// the next try.
func (b Budget) at(row EntryRow, now time.Time) (spent float64, wait time.Duration) {
	passed := now.Sub(row.Last)
	if passed < -b.Every {
		// The clock was ahead when this was written. The elapsed time is unknown, and
		// nobody should wait until the clock catches up.
		return min(row.Spent, float64(b.Tries)), 0
	}
	spent = max(0, row.Spent-max(0, passed.Seconds())/b.Every.Seconds())
	over := int(math.Ceil(spent - float64(b.Tries-1)))
	if over <= 0 {
		return spent, 0
	}
	return spent, max(0, b.Every>>max(0, doublings-over+1)-passed)
}

// find returns the entry that a place spends from: its own if it is welcome,
// otherwise the shared entry.
func (c *Concept) find(ctx legible.Context, budget, key string, place *string) (Entry, EntryRow, bool) {
	key = digest(key)
	if place != nil && *place != "" {
		id, row, found := c.Entries.ByBudgetKeyPlace(ctx, budget, key, digest(*place))
		// A clock that was ahead wrote any longer remaining welcome.
		if left := row.Until.Sub(ctx.Now()); found && left > 0 && left <= c.options.Known+time.Hour {
			return id, row, true
		}
	}
	return c.Entries.ByBudgetKeyPlace(ctx, budget, key, "")
}

func (c *Concept) Restore(ctx legible.Context, in RestoreIn) error {
	b := c.options.Budgets[in.Budget].orDefault()
	ctx.Lock()
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
	ctx.Lock()
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

// Expire may run after its time has been put off.
func (c *Concept) Expire(ctx legible.Context, in ExpireIn) error {
	ctx.Lock()
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

// digest is what is stored of a key or a place. Its length is constant.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// inWords formats a wait, rounded up: "15 seconds", "3 minutes".
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
