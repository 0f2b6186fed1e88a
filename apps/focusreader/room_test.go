package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/annotation"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/internal/private"
)

// A narrow is the app with little storage for each reader, and a reader.
type narrow struct {
	client
	app     *legible.App
	store   string
	library string
	session string
}

func newNarrow(t *testing.T, books, notes int64) *narrow {
	t.Helper()
	n := &narrow{store: filepath.Join(t.TempDir(), "reader.db")}
	program := newProgramWith(profile.Options{Memory: 8, Time: 1, Threads: 1}, usualLimits(), library.Options{Room: books}, annotation.Options{Room: notes})
	options := legible.Options{Store: "sqlite:" + n.store, Log: slog.New(slog.DiscardHandler)}
	options.HTTP.Prefix = prefix
	n.client, n.app = serveProgram(t, program, options)
	n.library = n.want(prefix+"/Profile/createAccount", ann, 200, nil).text("library")
	n.session = n.want(prefix+"/auth/login", ann, 200, nil).text("session")
	return n
}

// upload sends a book as a body or in a form. A negative length is not sent.
func (n *narrow) upload(name, kind string, body io.Reader, length int64) answer {
	n.t.Helper()
	path := n.base + prefix + "/Library/createDocument"
	if kind == "application/epub+zip" {
		path += "?name=" + name + "&library=" + n.library
	}
	r, err := http.NewRequest("POST", path, body)
	if err != nil {
		n.t.Fatal(err)
	}
	r.ContentLength = length
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+n.session)
	return n.send(r)
}

// form returns a form with a book after its other fields.
func (n *narrow) form(name string, book []byte) (kind string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("name", name) // a buffer has no errors
	_ = w.WriteField("library", n.library)
	part, _ := w.CreateFormFile("epubContent", "book.epub")
	_, _ = part.Write(book)
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// files returns the size in bytes of the large values in the store.
func (n *narrow) files() (bytes int64) {
	n.t.Helper()
	err := filepath.WalkDir(n.store+"-blobs", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		bytes += info.Size()
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		n.t.Fatal(err)
	}
	return bytes
}

func bookOf(size int) []byte {
	// Random data is hardly compressed, so the book has its size.
	text := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1, 2, 3}, 10))
	return epubtest.Zip(append(epubtest.Files("", "", nil, []string{"<p>" + text + "</p>"}),
		epubtest.File{Name: "OEBPS/more.bin", Data: string(randomBytes(size))})...)
}

// TestBooksHaveRoom fills a library with each kind of upload. A book that does not
// fit is refused, before it is stored if its size is known by then.
func TestBooksHaveRoom(t *testing.T) {
	n := newNarrow(t, 400_000, 0)
	book := bookOf(100_000)
	const raw = "application/epub+zip"
	for _, name := range []string{"one", "two", "three"} {
		if a := n.upload(name, raw, bytes.NewReader(book), int64(len(book))); a.status != 200 {
			t.Fatalf("%s was answered %d: %s", name, a.status, a.raw)
		}
	}
	before := n.files()
	large := bookOf(150_000)
	kind, form := n.form("four", large)
	refused := func(how string, a answer) {
		t.Helper()
		if a.status != 403 || a.text("refusal") != "NO_ROOM" || !strings.Contains(a.text("error"), "of 0.4 MB") {
			t.Errorf("%s was answered %d: %s", how, a.status, a.raw)
		}
	}
	json := object("session", n.session, "name", "four", "library", n.library, "epubContent", base64.StdEncoding.EncodeToString(large))
	refused("a file", n.upload("four", raw, bytes.NewReader(large), int64(len(large))))
	refused("a form", n.upload("four", kind, bytes.NewReader(form), int64(len(form))))
	refused("JSON", n.post(prefix+"/Library/createDocument", json))
	if grown := n.files() - before; grown > 1000 {
		t.Errorf("what was refused by its length has left %d bytes on disk", grown)
	}
	// Without a length the book is stored, refused and removed.
	refused("a file without a length", n.upload("four", raw, io.MultiReader(bytes.NewReader(large)), -1))
	refused("a form without a length", n.upload("four", kind, io.MultiReader(bytes.NewReader(form)), -1))
	if _, err := n.app.Engine(private.Access{}).Store().SweepBlobs(context.Background(), -1); err != nil {
		t.Fatal(err)
	}
	if grown := n.files() - before; grown > 1000 {
		t.Errorf("what was refused has left %d bytes on disk", grown)
	}
	list := n.post(prefix+"/Library/_getDocumentsInLibrary", object("session", n.session, "library", n.library)).list
	first := list[0].(map[string]any)["document"].(map[string]any)["_id"]
	n.want(prefix+"/Library/removeDocument", object("session", n.session, "document", first), 200, nil)
	if a := n.post(prefix+"/Library/createDocument", json); a.status != 200 {
		t.Errorf("where a book was removed there is no room for another: %d %s", a.status, a.raw)
	}
}

// TestRoomIsNotRaced sends many books, then many notes, concurrently: no more are
// kept than fit.
func TestRoomIsNotRaced(t *testing.T) {
	n := newNarrow(t, 400_000, 50_000)
	book := bookOf(90_000)
	race := func(path string, body func(i int) string) (kept int32) {
		var wg sync.WaitGroup
		var done atomic.Int32
		for i := range 12 {
			wg.Go(func() {
				for { // until it is not busy
					a := n.post(prefix+path, body(i))
					switch {
					case a.status == 200:
						done.Add(1)
					case a.status == 503, a.text("refusal") == "BUSY":
						continue
					case a.text("refusal") != "NO_ROOM":
						t.Errorf("%s was answered %d: %s", path, a.status, a.raw)
					}
					return
				}
			})
		}
		wg.Wait()
		return done.Load()
	}
	kept := race("/Library/createDocument", func(i int) string {
		return object("session", n.session, "name", fmt.Sprint("book ", i), "library", n.library, "epubContent", base64.StdEncoding.EncodeToString(book))
	})
	if want := int32(400_000 / len(book)); kept != want {
		t.Errorf("%d books are kept, want %d", kept, want)
	}
	list := n.post(prefix+"/Library/_getDocumentsInLibrary", object("session", n.session, "library", n.library)).list
	document := list[0].(map[string]any)["document"].(map[string]any)["_id"]
	note := strings.Repeat("a", 9_000)
	kept = race("/Annotation/createAnnotation", func(int) string {
		return object("session", n.session, "document", document, "location", "epubcfi(/6/4)", "content", note)
	})
	if kept != 5 {
		t.Errorf("%d notes of 9,213 bytes are kept in 50,000", kept)
	}
	a := n.want(prefix+"/Annotation/createAnnotation", object("session", n.session, "document", document, "location", "epubcfi(/6/4)", "content", note), 403, nil)
	if want := "There is no room for this: your notes and tags take 46.1 of 50.0 kB, and this takes 9.2 kB more."; a.text("error") != want {
		t.Errorf("it says %q, want %q", a.text("error"), want)
	}
	// Deleting the book and its notes frees the storage.
	n.want(prefix+"/Library/removeDocument", object("session", n.session, "document", document), 200, nil)
	document = list[1].(map[string]any)["document"].(map[string]any)["_id"]
	n.want(prefix+"/Annotation/createAnnotation", object("session", n.session, "document", document, "location", "epubcfi(/6/4)", "content", note), 200, nil)
}

// randomBytes returns the same bytes each time, which are hardly compressed.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}
