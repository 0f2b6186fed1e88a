package main

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

// TestUploads uploads a book in each form, and downloads it in each form.
func TestUploads(t *testing.T) {
	h := newHouse(t, "ann")
	library, session := h.ann.things["library"], h.ann.session
	book := epubtest.Make("The Sea", "Ann Lee", epubtest.Cover(), []string{"<p>Waves.</p>"})
	send := func(query url.Values, kind string, body []byte, headers ...string) answer {
		t.Helper()
		r, err := http.NewRequest("POST", h.base+prefix+"/Library/createDocument?"+query.Encode(), bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return h.send(r)
	}
	form := func(fields map[string]string) (string, []byte) {
		t.Helper()
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for name, v := range fields {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
		part, err := w.CreateFormFile("epubContent", "sea.epub")
		if err == nil {
			_, err = part.Write(book)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return w.FormDataContentType(), b.Bytes()
	}
	asFile := func(name string) url.Values { return url.Values{"name": {name}, "library": {library}} }
	kind, parts := form(map[string]string{"name": "form", "library": library})
	ways := map[string]answer{
		"a file":               send(asFile("file"), "application/epub+zip", book, "Authorization", "Bearer "+session),
		"a file with a cookie": send(asFile("cookie"), "application/epub+zip", book, "Cookie", "session="+session),
		"a form":               send(nil, kind, parts, "Authorization", "Bearer "+session),
	}
	for how, a := range ways {
		if a.status != 200 {
			t.Errorf("%s was answered %d: %s", how, a.status, a.raw)
			continue
		}
		out := h.get("/api/documents/"+a.text("document")+"/content", "Authorization", "Bearer "+session)
		if out.status != 200 || out.raw != string(book) {
			t.Errorf("a book that came as %s went as %d with %d bytes, want %d", how, out.status, len(out.raw), len(book))
		}
	}
	before := h.dump(t)
	// The session is not accepted in the query string, where a file upload might put
	// None of these has a valid session. A session in the query string is not used.
	query := asFile("nobody's")
	query.Set("session", session)
	for how, a := range map[string]answer{
		"a file without a session":            send(query, "application/epub+zip", book),
		"a file with a session nobody has":    send(asFile("nobody's"), "application/epub+zip", book, "Authorization", "Bearer made-up"),
		"a form with a session nobody has":    send(nil, kind, parts, "Authorization", "Bearer made-up"),
		"a file with a page's cookie of hers": send(asFile("x"), "application/epub+zip", book, "Cookie", "session="+session, "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example"),
	} {
		if a.status != 401 && a.status != 403 {
			t.Errorf("%s was answered %d: %s", how, a.status, a.raw)
		}
	}
	if a := send(asFile("text"), "application/epub+zip", []byte("Once upon a time"), "Authorization", "Bearer "+session); a.status != 422 || a.text("refusal") != "NOT_AN_EPUB" {
		t.Errorf("a file that is no book was answered %d: %s", a.status, a.raw)
	}
	if after := h.dump(t); len(after) != len(before) {
		t.Errorf("what was refused left something:\n%v", differing(before, after))
	}
	// A browser requests a file that it has, and gets 304.
	path := "/api/documents/" + h.ann.things["document"] + "/cover"
	r, err := http.NewRequest("GET", h.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+session)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if w.Header.Get("Content-Type") != "image/png" || w.Header.Get("Cache-Control") != "private, no-cache" || w.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("the cover came with %v", w.Header)
	}
	if a := h.get(path, "Authorization", "Bearer "+session, "If-None-Match", w.Header.Get("ETag")); a.status != 304 {
		t.Errorf("the cover that a browser has was answered %d", a.status)
	}
	if a := h.get(path, "If-None-Match", w.Header.Get("ETag")); a.status != 401 {
		t.Errorf("who has a cover from earlier, and no session, was answered %d", a.status)
	}
}

// TestTheShelfReadsNoContents lists a library whose files have been removed.
func TestTheShelfReadsNoContents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "reader.db")
	h := &house{}
	options := legible.Options{Store: "sqlite:" + file, Log: slog.New(slog.DiscardHandler)}
	options.HTTP.Prefix = prefix
	h.client, h.app = serveProgram(t, testProgram(), options)
	ann := h.moveIn("ann")
	if err := os.RemoveAll(file + "-blobs"); err != nil {
		t.Fatal(err)
	}
	list := "/api/Library/_getDocumentsInLibrary"
	shelf := h.want(list, object("session", ann.session, "library", ann.things["library"]), 200, nil).list
	if len(shelf) != 1 || shelf[0].(map[string]any)["document"].(map[string]any)["hasCover"] != true {
		t.Errorf("the shelf is %v", shelf)
	}
	h.want("/api/Library/_getDocumentDetails", object("session", ann.session, "document", ann.things["document"], "content", false), 200, nil)
	h.want(list, object("session", ann.session, "library", ann.things["library"], "content", true), 500, nil)
}
