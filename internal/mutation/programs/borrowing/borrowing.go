// Package borrowing implements the concept Borrowing: people use things one after the other.
//
// Its main types are [Concept], the actions, and the generated [State]. It promises what
// the specification says; it does not limit how much it stores, because only the program
// that is mutated uses it, in memory.
package borrowing

import (
	"time"

	"github.com/legible-lang/legible"
)

// New returns the concept, for legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is one instance of Borrowing.
type Concept struct{ *State }

func (c *Concept) Borrow(ctx legible.Context, in BorrowIn) (BorrowOut, error) {
	if in.Days < 1 || in.Days > 30 {
		return BorrowOut{}, ErrTooLong
	}
	if _, lent, _ := c.GetOpen(ctx, GetOpenIn{Thing: in.Thing}); lent {
		return BorrowOut{}, ErrLent
	}
	due := ctx.Now().Add(time.Duration(in.Days * float64(24*time.Hour)))
	loan, err := c.Loans.Insert(ctx, LoanRow{Thing: in.Thing, Member: in.Member, Begun: ctx.Now(), Due: due})
	return BorrowOut{Loan: loan}, err
}

func (c *Concept) Return(ctx legible.Context, in ReturnIn) (ReturnOut, error) {
	row, found := c.Loans.Get(ctx, in.Loan)
	switch {
	case !found:
		return ReturnOut{}, ErrUnknownLoan
	case row.Ended != nil:
		return ReturnOut{}, ErrEnded
	}
	now := ctx.Now()
	row.Ended = &now
	return ReturnOut{Late: now.After(row.Due)}, c.Loans.Update(ctx, in.Loan, row)
}

func (c *Concept) Forget(ctx legible.Context, in ForgetIn) error {
	for loan := range c.Loans.ByThing(ctx, in.Thing) {
		if err := c.Loans.Delete(ctx, loan); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) Leave(ctx legible.Context, in LeaveIn) error {
	for loan := range c.Loans.ByMember(ctx, in.Member) {
		if err := c.Loans.Delete(ctx, loan); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) FallDue(ctx legible.Context, in FallDueIn) (FallDueOut, error) {
	row, found := c.Loans.Get(ctx, in.Loan)
	if !found || row.Ended != nil {
		return FallDueOut{}, ErrInTime
	}
	return FallDueOut{Thing: row.Thing, Member: row.Member}, nil
}

func (c *Concept) GetOpen(ctx legible.Context, in GetOpenIn) (GetOpenOut, bool, error) {
	for loan, row := range c.Loans.ByThing(ctx, in.Thing) {
		if row.Ended == nil {
			return GetOpenOut{Loan: loan, Member: row.Member, Due: row.Due}, true, nil
		}
	}
	return GetOpenOut{}, false, nil
}

func (c *Concept) CountOpen(ctx legible.Context, in CountOpenIn) (CountOpenOut, error) {
	open := 0
	for _, row := range c.Loans.ByMember(ctx, in.Member) {
		if row.Ended == nil {
			open++
		}
	}
	return CountOpenOut{Open: float64(open)}, nil
}
