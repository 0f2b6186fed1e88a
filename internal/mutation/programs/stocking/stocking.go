// Package stocking implements the concept Stocking: which things there are, and where.
//
// Its main types are [Concept], the actions, and the generated [State]. It promises what
// the specification says; it does not limit how much it stores, because only the program
// that is mutated uses it, in memory.
package stocking

import (
	"strings"

	"github.com/legible-lang/legible"
)

// New returns the concept, for legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is one instance of Stocking.
type Concept struct{ *State }

func (c *Concept) Stock(ctx legible.Context, in StockIn) (StockOut, error) {
	if strings.TrimSpace(in.Name) == "" {
		return StockOut{}, ErrNoName
	}
	thing, err := c.Things.Insert(ctx, ThingRow{Keeper: in.Keeper, Name: in.Name, Sort: in.Sort, Spot: in.Spot, Stocked: ctx.Now()})
	return StockOut{Thing: thing}, err
}

func (c *Concept) Move(ctx legible.Context, in MoveIn) error {
	row, found := c.Things.Get(ctx, in.Thing)
	if !found {
		return ErrUnknownThing
	}
	row.Spot = &in.Spot
	return c.Things.Update(ctx, in.Thing, row)
}

func (c *Concept) Scrap(ctx legible.Context, in ScrapIn) error {
	err := c.Things.Delete(ctx, in.Thing)
	if legible.IsMissing(err) {
		return ErrUnknownThing
	}
	return err
}

func (c *Concept) GetThing(ctx legible.Context, in GetThingIn) (GetThingOut, bool, error) {
	row, found := c.Things.Get(ctx, in.Thing)
	return GetThingOut{Name: row.Name, Sort: row.Sort}, found, nil
}
