// Package signing implements the concept Signing: guests leave a word for others.
package signing

import (
	"strings"

	"github.com/legible-lang/legible"
)

// New returns the concept, for legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is one instance of Signing.
type Concept struct{ *State }

func (c *Concept) Sign(ctx legible.Context, in SignIn) (SignOut, error) {
	if strings.TrimSpace(in.Text) == "" {
		return SignOut{}, ErrEmpty
	}
	entry, err := c.Entries.Insert(ctx, EntryRow{Writer: in.Writer, Text: in.Text, Signed: ctx.Now()})
	return SignOut{Entry: entry}, err
}

func (c *Concept) TakeBack(ctx legible.Context, in TakeBackIn) error {
	err := c.Entries.Delete(ctx, in.Entry)
	if legible.IsMissing(err) {
		return ErrUnknownEntry
	}
	return err
}

func (c *Concept) GetEntries(ctx legible.Context, _ GetEntriesIn) ([]GetEntriesOut, error) {
	var rows []GetEntriesOut
	for entry, row := range c.Entries.All(ctx) {
		rows = append(rows, GetEntriesOut{Entry: entry, Writer: row.Writer, Text: row.Text, Signed: row.Signed})
	}
	return rows, nil
}
