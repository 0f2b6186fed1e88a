package library

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/concepts/trial"
	"github.com/legible-lang/legible/value"
)

type fixture struct {
	*trial.App
	c *Concept
	t *testing.T
}

func open(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t}
	f.App = trial.Open(t, func() legible.Concept {
		return Define(func(s *State) Actions {
			f.c = &Concept{s}
			return f.c
		})
	})
	return f
}

func (f *fixture) library(user User) (library Library) {
	f.t.Helper()
	f.do(func(ctx legible.Context) error {
		out, err := f.c.CreateLibrary(ctx, CreateLibraryIn{user})
		library = out.Library
		return err
	})
	return library
}

// do calls what must not fail.
func (f *fixture) do(g func(ctx legible.Context) error) {
	f.t.Helper()
	if err := f.Do(g); err != nil {
		f.t.Fatal(err)
	}
}

// create creates a document of data that it stores first.
func (f *fixture) create(library Library, name string, data []byte) (document Document, err error) {
	f.t.Helper()
	err = f.Do(func(ctx legible.Context) error {
		blob, err := ctx.PutBlob(bytes.NewReader(data), "application/octet-stream")
		if err != nil {
			f.t.Fatal(err)
		}
		out, err := f.c.CreateDocument(ctx, CreateDocumentIn{Name: name, EpubContent: blob, Library: library})
		document = out.Document
		return err
	})
	return document, err
}

func book() []byte {
	return epubtest.Make("The Sea", "Ann Lee", epubtest.Cover(), []string{"<p>Waves.</p>"})
}

func TestWhatIsKeptOfABook(t *testing.T) {
	f := open(t)
	document, err := f.create(f.library("ann"), "sea", book())
	if err != nil {
		t.Fatal(err)
	}
	f.do(func(ctx legible.Context) error {
		row, _, err := f.c.GetDocumentDetails(ctx, GetDocumentDetailsIn{document})
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
	f := open(t)
	document, err := f.create(f.library("ann"), "plain", epubtest.Make("", "", nil, []string{"<p>Text.</p>"}))
	if err != nil {
		t.Fatal(err)
	}
	f.do(func(ctx legible.Context) error {
		row, _, err := f.c.GetDocumentDetails(ctx, GetDocumentDetailsIn{document})
		if row.Title != nil || row.Author != nil || row.Cover != nil {
			t.Errorf("of the book is kept %+v", row)
		}
		return err
	})
}

func TestNames(t *testing.T) {
	f := open(t)
	library := f.library("ann")
	for _, x := range []struct {
		name string
		want error
	}{
		{"sea", nil},
		{"sea", ErrNameTaken},
		{"Sea", nil},
		{"", ErrBadName},
		{" sea", ErrBadName},
		{"sea\u00a0", ErrBadName},
		{"s\nea", ErrBadName},
		{"s\x00ea", ErrBadName},
		{"s\xffea", ErrBadName},
		{"نیم\u200cفاصله", nil}, // with a zero-width character, as Persian requires
		{strings.Repeat("ä", 200), nil},
		{strings.Repeat("ä", 201), ErrBadName},
	} {
		if _, err := f.create(library, x.name, book()); !errors.Is(err, x.want) {
			t.Errorf("a document with the name %q: %v, want %v", x.name, err, x.want)
		}
	}
}

func TestRefusedContent(t *testing.T) {
	f := open(t)
	library := f.library("ann")
	var refusal *legible.Refusal
	if _, err := f.create(library, "zip", epubtest.Zip()); !errors.As(err, &refusal) || refusal.Code != "NOT_AN_EPUB" ||
		refusal.With["reason"] != "it has no mimetype" {
		t.Errorf("an archive that is empty: %v", err)
	}
	if _, err := f.create("none", "zip", nil); !errors.Is(err, ErrUnknownLibrary) {
		t.Errorf("into a library that is not there: %v", err)
	}
	err := f.Do(func(ctx legible.Context) error {
		_, err := f.c.CreateDocument(ctx, CreateDocumentIn{Name: "large", Library: library,
			EpubContent: &legible.Blob{Size: maxContent + 1}}) // never opened
		return err
	})
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("content of more than 100 MB: %v", err)
	}
	err = f.Do(func(ctx legible.Context) error {
		_, err := f.c.CreateDocument(ctx, CreateDocumentIn{Name: "lost", Library: library, EpubContent: &legible.Blob{Size: 1}})
		return err
	})
	if err == nil || errors.As(err, &refusal) {
		t.Errorf("content that the store does not have is refused with %v, want a fault", err)
	}
}

func TestAFullLibrary(t *testing.T) {
	f := open(t)
	library, other := f.library("ann"), f.library("bob")
	f.do(func(ctx legible.Context) error {
		for i := range maxDocuments {
			if _, err := f.c.Documents.Insert(ctx, DocumentRow{Library: library, Name: fmt.Sprint(i), Content: &legible.Blob{}}); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := f.create(library, "one more", book()); !errors.Is(err, ErrLibraryFull) {
		t.Errorf("one document too many: %v", err)
	}
	if _, err := f.create(other, "one", book()); err != nil {
		t.Errorf("in another library: %v", err)
	}
	f.do(func(ctx legible.Context) error { return f.c.DeleteLibrary(ctx, DeleteLibraryIn{"ann"}) })
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
	f := open(t)
	library := f.library("ann")
	err := f.Do(func(ctx legible.Context) error {
		blob, err := ctx.PutBlob(bytes.NewReader(book()), "")
		if err != nil {
			t.Fatal(err)
		}
		slow := deleting{ctx, func() {
			if err := f.c.Libraries.Delete(ctx, library); err != nil {
				t.Error(err)
			}
		}}
		_, err = f.c.CreateDocument(slow, CreateDocumentIn{Name: "sea", EpubContent: blob, Library: library})
		return err
	})
	if !errors.Is(err, ErrUnknownLibrary) {
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
	f := open(t)
	library := f.library("ann")
	if _, err := f.create(library, "sea", book()); err != nil {
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
		legible.Field{Name: "library", Value: value.String(string(library))})
	want := "Document with name 'sea' already exists in library " + string(library) + "."
	if err != nil || out.Refused == nil || out.Refused.Sentence != want || out.Refused.Kind != "conflict" {
		t.Errorf("a name that is taken is refused with %+v (%v, %v), want %q", out.Refused, out.Fault, err, want)
	}
}
