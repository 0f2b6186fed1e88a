// Package queueing implements the concept Queueing: who asked first comes first.
//
// Its main types are [Concept], the actions, and the generated [State]. It promises what
// the specification says; it does not limit how much it stores, because only the program
// that is mutated uses it, in memory.
package queueing

import (
	"github.com/legible-lang/legible"
)

// New returns the concept, for legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is one instance of Queueing.
type Concept struct{ *State }

func (c *Concept) Join(ctx legible.Context, in JoinIn) (JoinOut, error) {
	if _, _, waiting := c.Places.ByThingMember(ctx, in.Thing, in.Member); waiting {
		return JoinOut{}, ErrWaiting
	}
	place, err := c.Places.Insert(ctx, PlaceRow{Thing: in.Thing, Member: in.Member, Joined: ctx.Now()})
	return JoinOut{Place: place}, err
}

func (c *Concept) Leave(ctx legible.Context, in LeaveIn) error {
	err := c.Places.Delete(ctx, in.Place)
	if legible.IsMissing(err) {
		return ErrUnknownPlace
	}
	return err
}

func (c *Concept) Clear(ctx legible.Context, in ClearIn) error {
	for place := range c.Places.ByThing(ctx, in.Thing) {
		if err := c.Places.Delete(ctx, place); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) Quit(ctx legible.Context, in QuitIn) error {
	for place := range c.Places.ByMember(ctx, in.Member) {
		if err := c.Places.Delete(ctx, place); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) GetFirst(ctx legible.Context, in GetFirstIn) (GetFirstOut, bool, error) {
	var first GetFirstOut
	var row PlaceRow
	found := false
	for place, x := range c.Places.ByThing(ctx, in.Thing) {
		if !found || x.Joined.Before(row.Joined) {
			first, row, found = GetFirstOut{Place: place, Member: x.Member}, x, true
		}
	}
	return first, found, nil
}
