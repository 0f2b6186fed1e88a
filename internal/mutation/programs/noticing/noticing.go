// Package noticing implements the concept Noticing: people are told what happened.
//
// Its main types are [Concept], the actions, and the generated [State]. It promises what
// the specification says; it does not limit how much it stores, because only the program
// that is mutated uses it, in memory.
package noticing

import (
	"github.com/legible-lang/legible"
)

// New returns the concept, for legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is one instance of Noticing.
type Concept struct{ *State }

func (c *Concept) Tell(ctx legible.Context, in TellIn) (TellOut, error) {
	notice, err := c.Notices.Insert(ctx, NoticeRow{Member: in.Member, Text: in.Text, Told: ctx.Now()})
	return TellOut{Notice: notice}, err
}

func (c *Concept) Clear(ctx legible.Context, in ClearIn) error {
	for notice := range c.Notices.ByMember(ctx, in.Member) {
		if err := c.Notices.Delete(ctx, notice); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) GetNotices(ctx legible.Context, in GetNoticesIn) ([]GetNoticesOut, error) {
	var rows []GetNoticesOut
	for notice, row := range c.Notices.ByMember(ctx, in.Member) {
		rows = append(rows, GetNoticesOut{Notice: notice, Text: row.Text, Told: row.Told})
	}
	return rows, nil
}
