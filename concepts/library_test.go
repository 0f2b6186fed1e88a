package concepts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/concepts/trial"
	"github.com/legible-lang/legible/value"
)

type libraryFixture struct {
	*trial.App
	c *library.Concept
	t *testing.T
}

func openLibrary(t *testing.T) *libraryFixture {
	t.Helper()
	f := &libraryFixture{t: t}
	f.App = trial.Open(t, func() legible.Concept {
		return library.Define(func(s *library.State) library.Actions {
			f.c = &library.Concept{State: s}
			return f.c
		})
	})
	return f
}

func (f *libraryFixture) library(user library.User) (lib library.Library) {
	f.t.Helper()
	f.do(func(ctx legible.Context) error {
		out, err := f.c.CreateLibrary(ctx, library.CreateLibraryIn{User: user})
		lib = out.Library
		return err
	})
	return lib
}

// do calls what must not fail.
func (f *libraryFixture) do(g func(ctx legible.Context) error) {
	f.t.Helper()
	if err := f.Do(g); err != nil {
		f.t.Fatal(err)
	}
}

// create creates a document of data that it stores first.
func (f *libraryFixture) create(lib library.Library, name string, data []byte) (document library.Document, err error) {
	f.t.Helper()
	err = f.Do(func(ctx legible.Context) error {
		blob, err := ctx.PutBlob(bytes.NewReader(data), "application/octet-stream")
		if err != nil {
			f.t.Fatal(err)
		}
		out, err := f.c.CreateDocument(ctx, library.CreateDocumentIn{Name: name, EpubContent: blob, Library: lib})
		document = out.Document
		return err
	})
	return document, err
}

func book() []byte {
	return epubtest.Make("The Sea", "Ann Lee", epubtest.Cover(), []string{"<p>Waves.</p>"})
}

func TestWhatIsKeptOfABook(t *testing.T) {
	f := openLibrary(t)
	document, err := f.create(f.library("ann"), "sea", book())
	if err != nil {
		t.Fatal(err)
	}
	f.do(func(ctx legible.Context) error {
		row, _, err := f.c.GetDocumentDetails(ctx, library.GetDocumentDetailsIn{Document: document})
		if *row.Title != "The Sea" || *row.Author != "Ann Lee" || row.User != "ann" || row.Size != float64(len(book())) {
			t.Errorf("of the book is kept %+v", row)
		}
		if row.LastOpened != nil || !row.Created.Equal(f.Now) {
			t.Errorf("it was created at %v and opened at %v", row.Created, row.LastOpened)
		}
		for _, x := range []struct {
			blob *legible.Blob
			kind string
			want []byte
		}{{row.EpubContent, "application/epub+zip", book()}, {row.Cover, "image/png", epubtest.Cover()}} {
			r, err := ctx.OpenBlob(x.blob)
			if err != nil {
				return err
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				return err
			}
			if x.blob.Type != x.kind || !bytes.Equal(got, x.want) {
				t.Errorf("what is kept as %s are %d bytes, want %d of %s", x.blob.Type, len(got), len(x.want), x.kind)
			}
		}
		return err
	})
}

func TestABookThatSaysNothing(t *testing.T) {
	f := openLibrary(t)
	document, err := f.create(f.library("ann"), "plain", epubtest.Make("", "", nil, []string{"<p>Text.</p>"}))
	if err != nil {
		t.Fatal(err)
	}
	f.do(func(ctx legible.Context) error {
		row, _, err := f.c.GetDocumentDetails(ctx, library.GetDocumentDetailsIn{Document: document})
		if row.Title != nil || row.Author != nil || row.Cover != nil {
			t.Errorf("of the book is kept %+v", row)
		}
		return err
	})
}

func TestNames(t *testing.T) {
	f := openLibrary(t)
	lib := f.library("ann")
	for _, x := range []struct {
		name string
		want error
	}{
		{"sea", nil},
		{"sea", library.ErrNameTaken},
		{"Sea", nil},
		{"", library.ErrBadName},
		{" sea", library.ErrBadName},
		{"sea\u00a0", library.ErrBadName},
		{"s\nea", library.ErrBadName},
		{"s\x00ea", library.ErrBadName},
		{"s\xffea", library.ErrBadName},
		{"نیم\u200cفاصله", nil}, // with a zero-width character, as Persian requires
		{strings.Repeat("ä", 200), nil},
		{strings.Repeat("ä", 201), library.ErrBadName},
	} {
		if _, err := f.create(lib, x.name, book()); !errors.Is(err, x.want) {
			t.Errorf("a document with the name %q: %v, want %v", x.name, err, x.want)
		}
	}
}

func TestRefusedContent(t *testing.T) {
	f := openLibrary(t)
	lib := f.library("ann")
	var refusal *legible.Refusal
	if _, err := f.create(lib, "zip", epubtest.Zip()); !errors.As(err, &refusal) || refusal.Code != "NOT_AN_EPUB" ||
		refusal.With["reason"] != "it has no mimetype" {
		t.Errorf("an archive that is empty: %v", err)
	}
	if _, err := f.create("none", "zip", nil); !errors.Is(err, library.ErrUnknownLibrary) {
		t.Errorf("into a library that is not there: %v", err)
	}
	err := f.Do(func(ctx legible.Context) error {
		_, err := f.c.CreateDocument(ctx, library.CreateDocumentIn{Name: "large", Library: lib,
			EpubContent: &legible.Blob{Size: 100<<20 + 1}}) // never opened
		return err
	})
	if !errors.Is(err, library.ErrTooLarge) {
		t.Errorf("content of more than 100 MB: %v", err)
	}
	err = f.Do(func(ctx legible.Context) error {
		_, err := f.c.CreateDocument(ctx, library.CreateDocumentIn{Name: "lost", Library: lib, EpubContent: &legible.Blob{Size: 1}})
		return err
	})
	if err == nil || errors.As(err, &refusal) {
		t.Errorf("content that the store does not have is refused with %v, want a fault", err)
	}
}

func TestAFullLibrary(t *testing.T) {
	f := openLibrary(t)
	lib, other := f.library("ann"), f.library("bob")
	f.do(func(ctx legible.Context) error {
		for i := range 2000 {
			if _, err := f.c.Documents.Insert(ctx, library.DocumentRow{Library: lib, Name: fmt.Sprint(i), Content: &legible.Blob{}}); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := f.create(lib, "one more", book()); !errors.Is(err, library.ErrLibraryFull) {
		t.Errorf("one document too many: %v", err)
	}
	if _, err := f.create(other, "one", book()); err != nil {
		t.Errorf("in another library: %v", err)
	}
	f.do(func(ctx legible.Context) error { return f.c.DeleteLibrary(ctx, library.DeleteLibraryIn{User: "ann"}) })
	f.do(func(ctx legible.Context) error {
		n := 0
		for range f.c.Documents.All(ctx) {
			n++
		}
		if n != 1 {
			t.Errorf("after the library was deleted %d documents are left, want the other library's one", n)
		}
		return nil
	})
}

// The library may be deleted during a read: nothing is stored then.
func TestALibraryThatIsDeletedMeanwhile(t *testing.T) {
	f := openLibrary(t)
	lib := f.library("ann")
	err := f.Do(func(ctx legible.Context) error {
		blob, err := ctx.PutBlob(bytes.NewReader(book()), "")
		if err != nil {
			t.Fatal(err)
		}
		slow := deleting{ctx, func() {
			if err := f.c.Libraries.Delete(ctx, lib); err != nil {
				t.Error(err)
			}
		}}
		_, err = f.c.CreateDocument(slow, library.CreateDocumentIn{Name: "sea", EpubContent: blob, Library: lib})
		return err
	})
	if !errors.Is(err, library.ErrUnknownLibrary) {
		t.Errorf("into a library that is deleted meanwhile: %v", err)
	}
}

// deleting runs a function when a cover is stored, which is after all checks.
type deleting struct {
	legible.Context
	do func()
}

func (d deleting) PutBlob(r io.Reader, mediaType string) (*legible.Blob, error) {
	d.do()
	return d.Context.PutBlob(r, mediaType)
}

// The sentence that a client sees.
func TestANameIsTaken(t *testing.T) {
	f := openLibrary(t)
	lib := f.library("ann")
	if _, err := f.create(lib, "sea", book()); err != nil {
		t.Fatal(err)
	}
	var blob *legible.Blob
	f.do(func(ctx legible.Context) (err error) {
		blob, err = ctx.PutBlob(bytes.NewReader(book()), "")
		return err
	})
	out, err := f.Ask(t.Context(), "Library.createDocument",
		legible.Field{Name: "name", Value: value.String("sea")},
		legible.Field{Name: "epubContent", Value: value.Binary(blob)},
		legible.Field{Name: "library", Value: value.String(string(lib))})
	want := "Document with name 'sea' already exists in library " + string(lib) + "."
	if err != nil || out.Refused == nil || out.Refused.Sentence != want || out.Refused.Kind != "conflict" {
		t.Errorf("a name that is taken is refused with %+v (%v, %v), want %q", out.Refused, out.Fault, err, want)
	}
}
