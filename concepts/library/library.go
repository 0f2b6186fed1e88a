// Package library implements the concept Library: a user's e-books.
//
// Its three main types are [Concept], the actions; the generated [State]; and
// epub.Book, what is read of an EPUB on arrival. It promises that each document
// of a library is an EPUB that opens, that a cover is a picture by its bytes
// and not by its declared type, and that only its user changes a document. It
// refuses to look into a book again: it shows what was read when the book
// arrived.
package library

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"
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

// reading bounds how many books are read at a time: each takes a processor and
// some megabytes, whichever library it is for.
var reading = turns.New(turns.Options{Waiting: 64})

// errBusy is ErrBusy with the delay before a retry.
var errBusy = &legible.Refusal{Code: ErrBusy.Code, After: 5 * time.Second}

// contentType is the media type of stored books.
const contentType = "application/epub+zip"

// New makes the concept, to be passed to legible.New.
func New() legible.Concept { return With(Options{})() }

// Options of the concept. The zero value works.
type Options struct {
	// Room is the maximum size in bytes of the books of a library and their covers:
	// 10 GB.
	Room int64
}

const usualRoom = 10_000_000_000 // bytes

// With makes a New with options.
func With(o Options) func() legible.Concept {
	return func() legible.Concept {
		return Define(func(s *State) Actions { return &bounded{&Concept{s}, cmp.Or(max(o.Room, 0), usualRoom)} })
	}
}

// A Concept is the Go code of one instance of Library.
type Concept struct{ *State }

// A bounded Concept has a room of its own.
type bounded struct {
	*Concept
	room int64
}

func (c *bounded) CreateDocument(ctx legible.Context, in CreateDocumentIn) (CreateDocumentOut, error) {
	return c.create(ctx, in, c.room)
}

func (c *bounded) GetRoom(ctx legible.Context, in GetRoomIn) (GetRoomOut, error) {
	return c.roomIn(ctx, in.Library, c.room), nil
}

func (c *Concept) GetRoom(ctx legible.Context, in GetRoomIn) (GetRoomOut, error) {
	return c.roomIn(ctx, in.Library, usualRoom), nil
}

func (c *Concept) roomIn(ctx legible.Context, library Library, room int64) GetRoomOut {
	_, taken := c.shelf(ctx, library)
	return GetRoomOut{Room: float64(max(room-taken, 0)), Taken: megabytes(taken) + " of " + megabytes(room) + " MB"}
}

// megabytes formats a number of bytes.
func megabytes(n int64) string {
	return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64)
}

func (c *Concept) CreateLibrary(ctx legible.Context, in CreateLibraryIn) (CreateLibraryOut, error) {
	library, err := c.Libraries.Insert(ctx, LibraryRow(in))
	if legible.IsTaken(err, "user") {
		return CreateLibraryOut{}, ErrLibraryExists
	}
	return CreateLibraryOut{Library: library}, err
}

func (c *Concept) CreateDocument(ctx legible.Context, in CreateDocumentIn) (CreateDocumentOut, error) {
	return c.create(ctx, in, usualRoom)
}

// create reads the EPUB before it writes, as reading is slow, and makes all
// cheap checks before it reads.
func (c *Concept) create(ctx legible.Context, in CreateDocumentIn, room int64) (CreateDocumentOut, error) {
	switch _, _, taken := c.Documents.ByLibraryName(ctx, in.Library, in.Name); {
	case !c.Libraries.Has(ctx, in.Library):
		return CreateDocumentOut{}, ErrUnknownLibrary
	case !isName(in.Name):
		return CreateDocumentOut{}, ErrBadName
	case taken:
		return CreateDocumentOut{}, c.nameTaken(in.Library)
	case in.EpubContent.Size > maxContent:
		return CreateDocumentOut{}, ErrTooLarge
	}
	if err := c.fits(ctx, in.Library, in.EpubContent.Size, room); err != nil {
		return CreateDocumentOut{}, err
	}
	row, err := read(ctx, in.EpubContent)
	if err != nil {
		return CreateDocumentOut{}, err
	}
	row.Library, row.Name, row.Created = in.Library, in.Name, ctx.Now()
	ctx.Lock()
	if !c.Libraries.Has(ctx, in.Library) {
		return CreateDocumentOut{}, ErrUnknownLibrary // deleted during the read
	}
	// Others may have been created meanwhile.
	if err := c.fits(ctx, in.Library, row.bytes(), room); err != nil {
		return CreateDocumentOut{}, err
	}
	document, err := c.Documents.Insert(ctx, row)
	if legible.IsTaken(err, "name") {
		err = c.nameTaken(in.Library) // by a faster flow
	}
	return CreateDocumentOut{Document: document}, err
}

// nameTaken names the library in which the name is taken, for the sentence of
// one action.
func (c *Concept) nameTaken(library Library) error {
	return &legible.Refusal{Code: ErrNameTaken.Code, With: map[string]string{"library": string(library)}}
}

// fits checks that a library has room for another document.
func (c *Concept) fits(ctx legible.Context, library Library, size, room int64) error {
	n, taken := c.shelf(ctx, library)
	switch {
	case n >= maxDocuments:
		return ErrLibraryFull
	case size > room-taken:
		return ErrNoRoom("your books take " + megabytes(taken) + " of " + megabytes(room) + " MB, and this one has " + megabytes(size) + " MB")
	}
	return nil
}

// shelf counts the documents of a library and their bytes.
func (c *Concept) shelf(ctx legible.Context, library Library) (n int, bytes int64) {
	for _, row := range c.Documents.ByLibrary(ctx, library) {
		n++
		bytes += row.bytes()
	}
	return n, bytes
}

// bytes is the room that a document takes.
func (r DocumentRow) bytes() int64 {
	n := int64(r.Size)
	if r.Cover != nil {
		n += r.Cover.Size
	}
	return n
}

// read reads the shown data of a book in its turn, and stores its cover.
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

// own returns a document of a user's library.
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
	ctx.Lock() // no other flow can change it
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
	ctx.Lock() // no other flow can change it
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
	ctx.Lock()
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
	ctx.Lock()
	if !c.Libraries.Has(ctx, in.Library) {
		return RemoveDocumentOut{}, ErrUnknownLibrary
	}
	if row, found := c.Documents.Get(ctx, in.Document); !found || row.Library != in.Library {
		return RemoveDocumentOut{}, ErrUnknownDocument
	}
	return RemoveDocumentOut{Document: in.Document}, c.Documents.Delete(ctx, in.Document)
}

func (c *Concept) DeleteLibrary(ctx legible.Context, in DeleteLibraryIn) error {
	ctx.Lock() // no other flow can create a document in it
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

// isName checks a name against its bounds.
func isName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= maxName && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, unicode.IsControl)
}
