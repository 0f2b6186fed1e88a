// Package library is the concept of a user's own e-books.
//
// Its three main types are [Concept], the actions; the generated [State]; and
// epub.Book, what is read of an EPUB when it comes. It promises that what
// stands in a library is an EPUB that opens, that the cover it gives is a
// picture by its bytes and not by what somebody says of it, and that only its
// user changes a document. It refuses to look into a book again: what it shows
// is what was read when the book came.
package library

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library/epub"
	"github.com/legible-lang/legible/concepts/turns"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// The bounds of the specification.
const (
	maxName      = 200       // characters
	maxDocuments = 2000      // in a library
	maxContent   = 100 << 20 // bytes
)

// reading lets a few books at a time be read: each takes a processor and some
// megabytes of the process, whichever library it is for.
var reading = turns.New(turns.Options{Waiting: 64, Wait: 5 * time.Second})

// errBusy is ErrBusy with the time after which a client may try again.
var errBusy = &legible.Refusal{Code: ErrBusy.Code, After: 5 * time.Second}

// contentType is the media type of what is kept.
const contentType = "application/epub+zip"

// New gives the concept, to be passed to legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is the Go of one use of Library.
type Concept struct{ *State }

func (c *Concept) CreateLibrary(ctx legible.Context, in CreateLibraryIn) (CreateLibraryOut, error) {
	library, err := c.Libraries.Insert(ctx, LibraryRow{User: in.User})
	if legible.IsTaken(err, "user") {
		return CreateLibraryOut{}, ErrLibraryExists
	}
	return CreateLibraryOut{Library: library}, err
}

// CreateDocument reads the EPUB before it writes, as that takes its time, and
// asks what costs nothing before it reads.
func (c *Concept) CreateDocument(ctx legible.Context, in CreateDocumentIn) (CreateDocumentOut, error) {
	switch _, _, taken := c.Documents.ByLibraryName(ctx, in.Library, in.Name); {
	case !c.Libraries.Has(ctx, in.Library):
		return CreateDocumentOut{}, ErrUnknownLibrary
	case !isName(in.Name):
		return CreateDocumentOut{}, ErrBadName
	case taken:
		return CreateDocumentOut{}, c.nameTaken(in.Library)
	case in.EpubContent.Size > maxContent:
		return CreateDocumentOut{}, ErrTooLarge
	case c.isFull(ctx, in.Library):
		return CreateDocumentOut{}, ErrLibraryFull
	}
	row, err := read(ctx, in.EpubContent)
	if err != nil {
		return CreateDocumentOut{}, err
	}
	row.Library, row.Name, row.Created = in.Library, in.Name, ctx.Now()
	ctx.Hold()
	switch {
	case !c.Libraries.Has(ctx, in.Library):
		return CreateDocumentOut{}, ErrUnknownLibrary // deleted while this was read
	case c.isFull(ctx, in.Library):
		return CreateDocumentOut{}, ErrLibraryFull
	}
	document, err := c.Documents.Insert(ctx, row)
	if legible.IsTaken(err, "name") {
		err = c.nameTaken(in.Library) // by somebody who was quicker
	}
	return CreateDocumentOut{Document: document}, err
}

// nameTaken says in which library the name is taken, which the sentence of one
// action names.
func (c *Concept) nameTaken(library Library) error {
	return &legible.Refusal{Code: ErrNameTaken.Code, With: map[string]string{"library": string(library)}}
}

func (c *Concept) isFull(ctx legible.Context, library Library) bool {
	n := 0
	for range c.Documents.ByLibrary(ctx, library) {
		n++
	}
	return n >= maxDocuments
}

// read reads what is shown of a book when it is its turn, and keeps its cover.
func read(ctx legible.Context, content *legible.Blob) (row DocumentRow, err error) {
	done, err := reading.Take(ctx)
	switch {
	case errors.Is(err, turns.ErrBusy):
		return row, errBusy
	case err != nil:
		return row, fmt.Errorf("waiting to read a book: %w", err)
	}
	defer done()
	r, err := ctx.OpenBlob(content)
	if err != nil {
		return row, fmt.Errorf("opening the content: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	book, err := epub.Read(r, content.Size)
	var invalid *epub.Invalid
	if errors.As(err, &invalid) {
		return row, ErrNotAnEpub(invalid.Reason)
	}
	if err != nil {
		return row, err
	}
	row.Content = &legible.Blob{Hash: content.Hash, Size: content.Size, Type: contentType}
	row.Size = float64(content.Size)
	row.Title, row.Author = orNothing(book.Title), orNothing(book.Author)
	if book.Cover != nil {
		row.Cover, err = ctx.PutBlob(bytes.NewReader(book.Cover), book.CoverType)
		if err != nil {
			return row, fmt.Errorf("keeping the cover: %w", err)
		}
	}
	return row, nil
}

func orNothing(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// own gives a document that stands in the library of a user.
func (c *Concept) own(ctx legible.Context, user User, document Document) (DocumentRow, error) {
	row, found := c.Documents.Get(ctx, document)
	if !found {
		return row, ErrUnknownDocument
	}
	if library, _ := c.Libraries.Get(ctx, row.Library); library.User != user {
		return row, ErrNotYours
	}
	return row, nil
}

func (c *Concept) RenameDocument(ctx legible.Context, in RenameDocumentIn) (RenameDocumentOut, error) {
	ctx.Hold() // nobody else changes it meanwhile
	row, err := c.own(ctx, in.User, in.Document)
	if err != nil {
		return RenameDocumentOut{}, err
	}
	if !isName(in.NewName) {
		return RenameDocumentOut{}, ErrBadName
	}
	row.Name = in.NewName
	err = c.Documents.Update(ctx, in.Document, row)
	if legible.IsTaken(err, "name") {
		err = ErrNameTaken
	}
	return RenameDocumentOut{Document: in.Document}, err
}

func (c *Concept) OpenDocument(ctx legible.Context, in OpenDocumentIn) (OpenDocumentOut, error) {
	ctx.Hold() // nobody else changes it meanwhile
	row, err := c.own(ctx, in.User, in.Document)
	if err != nil {
		return OpenDocumentOut{}, err
	}
	row.LastOpened = new(ctx.Now())
	err = c.Documents.Update(ctx, in.Document, row)
	if err == nil && !c.Opened.Has(ctx, in.Document) {
		err = c.Opened.Put(ctx, in.Document, OpenedRow{})
	}
	return OpenDocumentOut{Document: in.Document}, err
}

func (c *Concept) CloseDocument(ctx legible.Context, in CloseDocumentIn) (CloseDocumentOut, error) {
	ctx.Hold()
	if _, err := c.own(ctx, in.User, in.Document); err != nil {
		return CloseDocumentOut{}, err
	}
	err := c.Opened.Delete(ctx, in.Document)
	if legible.IsMissing(err) {
		err = nil
	}
	return CloseDocumentOut{Document: in.Document}, err
}

func (c *Concept) RemoveDocument(ctx legible.Context, in RemoveDocumentIn) (RemoveDocumentOut, error) {
	ctx.Hold()
	if !c.Libraries.Has(ctx, in.Library) {
		return RemoveDocumentOut{}, ErrUnknownLibrary
	}
	if row, found := c.Documents.Get(ctx, in.Document); !found || row.Library != in.Library {
		return RemoveDocumentOut{}, ErrUnknownDocument
	}
	return RemoveDocumentOut{Document: in.Document}, c.Documents.Delete(ctx, in.Document)
}

func (c *Concept) DeleteLibrary(ctx legible.Context, in DeleteLibraryIn) error {
	ctx.Hold() // nobody creates a document in it meanwhile
	library, _, found := c.Libraries.ByUser(ctx, in.User)
	if !found {
		return nil
	}
	if err := c.Libraries.Delete(ctx, library); err != nil {
		return err
	}
	for document := range c.Documents.ByLibrary(ctx, library) {
		if err := c.Documents.Delete(ctx, document); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) GetLibraryByUser(ctx legible.Context, in GetLibraryByUserIn) (GetLibraryByUserOut, bool, error) {
	library, _, found := c.Libraries.ByUser(ctx, in.User)
	return GetLibraryByUserOut{Library: library}, found, nil
}

func (c *Concept) GetDocumentsInLibrary(ctx legible.Context, in GetDocumentsInLibraryIn) ([]GetDocumentsInLibraryOut, error) {
	var all []GetDocumentsInLibraryOut
	for document, row := range c.Documents.ByLibrary(ctx, in.Library) {
		all = append(all, GetDocumentsInLibraryOut{Document: document, Name: row.Name, EpubContent: row.Content, Size: row.Size,
			Title: row.Title, Author: row.Author, Cover: row.Cover, Created: row.Created, LastOpened: row.LastOpened})
	}
	return all, nil
}

func (c *Concept) GetDocumentDetails(ctx legible.Context, in GetDocumentDetailsIn) (GetDocumentDetailsOut, bool, error) {
	row, found := c.Documents.Get(ctx, in.Document)
	if !found {
		return GetDocumentDetailsOut{}, false, nil
	}
	library, _ := c.Libraries.Get(ctx, row.Library)
	return GetDocumentDetailsOut{Library: row.Library, User: library.User, Name: row.Name, EpubContent: row.Content, Size: row.Size,
		Title: row.Title, Author: row.Author, Cover: row.Cover, Created: row.Created, LastOpened: row.LastOpened}, true, nil
}

// isName holds a name against the specification.
func isName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= maxName && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, unicode.IsControl)
}
