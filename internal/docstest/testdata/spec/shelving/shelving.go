// Package shelving implements the concept of the specification.
package shelving

import (
	"strings"
	"time"

	"github.com/legible-lang/legible"
)

// New returns the concept, for legible.New.
func New() legible.Concept { return Define(func(s *State) Actions { return &Concept{s} }) }

// A Concept is one instance of Shelving.
type Concept struct{ *State }

// Put adds a book. The specification has no action for tags and loans: the words
// of a title are the tags of the book, and “Lent …” is lent for a day.
func (c *Concept) Put(ctx legible.Context, in PutIn) (PutOut, error) {
	if _, _, found := c.Books.ByOwnerTitle(ctx, in.Owner, in.Title); found {
		return PutOut{}, ErrTitleTaken
	}
	row := BookRow{Owner: in.Owner, Title: in.Title, Isbn: in.Isbn, Shade: in.Shade, Tags: strings.Fields(in.Title)}
	book, err := c.Books.Insert(ctx, row)
	if err == nil && strings.HasPrefix(in.Title, "Lent ") {
		err = c.Lent.Put(ctx, Lent(book), LentRow{Borrower: in.Owner, Due: ctx.Now().Add(24 * time.Hour)})
	}
	return PutOut{Book: book}, err
}

// Correct sets the shade of a book, or removes it.
func (c *Concept) Correct(ctx legible.Context, in CorrectIn) error {
	row, found := c.Books.Get(ctx, in.Book)
	if !found {
		return nil
	}
	row.Shade = in.Shade.Or(row.Shade)
	return c.Books.Update(ctx, in.Book, row)
}

// Take removes a book.
func (c *Concept) Take(ctx legible.Context, in TakeIn) error {
	err := c.Books.Delete(ctx, in.Book)
	if legible.IsMissing(err) {
		return ErrUnknownBook
	}
	return err
}

// Remind does nothing.
func (c *Concept) Remind(legible.Context, RemindIn) error { return nil }

// Notify does nothing.
func (c *Concept) Notify(legible.Context, NotifyIn) error { return nil }

// GetBooks returns the books of an owner.
func (c *Concept) GetBooks(ctx legible.Context, in GetBooksIn) ([]GetBooksOut, error) {
	var rows []GetBooksOut
	for book, row := range c.Books.ByOwner(ctx, in.Owner) {
		rows = append(rows, GetBooksOut{Book: book, Title: row.Title})
	}
	return rows, nil
}

// GetBook returns a book.
func (c *Concept) GetBook(ctx legible.Context, in GetBookIn) (GetBookOut, bool, error) {
	row, found := c.Books.Get(ctx, in.Book)
	return GetBookOut{Title: row.Title, Owner: row.Owner}, found, nil
}

// CountBooks counts all books.
func (c *Concept) CountBooks(ctx legible.Context, _ CountBooksIn) (CountBooksOut, error) {
	count := 0
	for range c.Books.All(ctx) {
		count++
	}
	return CountBooksOut{Count: float64(count)}, nil
}
