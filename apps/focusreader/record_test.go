package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestRecordStaysSmall sends large requests that are answered and large requests
// that are refused: neither fills the record. The values of a request that changed
// something are kept, and with --record full all values.
func TestRecordStaysSmall(t *testing.T) {
	for _, full := range []bool{false, true} {
		mode := map[bool]string{true: "full", false: "bounded"}[full]
		s, err := readSettings([]string{"--store", "memory:", "--record", mode}, nil, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		s.options.Log = slog.New(slog.DiscardHandler)
		var kept store.Store
		s.options.Wrap = func(st store.Store) store.Store { kept = st; return st }
		c, _ := serveProgram(t, testProgram(), s.options)
		record := func(a answer) []byte {
			t.Helper()
			id, err := value.ParseID(a.header.Get("X-Trace-Id"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := kept.Journal(context.Background(), id)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		library := c.want("/api/Profile/createAccount", ann, 200, nil).text("library")
		session := c.want("/api/auth/login", ann, 200, nil).text("session")
		var document string
		for i := range 20 {
			book := base64.StdEncoding.EncodeToString(epubtest.Make(fmt.Sprint("Book ", i), "", nil, []string{"<p>Text.</p>"}))
			document = c.want("/api/Library/createDocument", object("session", session, "library", library,
				"name", fmt.Sprint("Book ", i), "epubContent", book), 200, nil).text("document")
		}
		note := strings.Repeat("note ", 2000)
		for i := range 10 {
			a := c.want("/api/Annotation/createAnnotation", object("session", session, "document", document,
				"location", fmt.Sprintf("epubcfi(/6/4!/4/%d)", i), "content", note), 200, nil)
			if !bytes.Contains(record(a), []byte(note)) {
				t.Errorf("%s: the record does not have the note that was made", mode)
			}
		}
		long := strings.Repeat("long", 10_000)
		for _, x := range []struct {
			path, body string
			status     int
			marks      int // how often the sent value is in a full record
		}{
			{"/api/Library/_getDocumentsInLibrary", object("session", session, "library", library), 200, 0},
			{"/api/Annotation/search", object("session", session, "document", document), 200, 0},
			{"/api/Annotation/search", object("session", "made up", "document", document, "criteria", long), 401, 2},
			{"/api/Profile/createAccount", object("username", long, "password", "correct horse"), 422, 3},
			{"/api/auth/login", object("username", long, "password", "correct horse"), 401, 3},
			{"/api/Profile/authenticate", object("username", long, "password", "correct horse"), 401, 3},
		} {
			a := c.want(x.path, x.body, x.status, nil)
			b := record(a)
			switch n := bytes.Count(b, []byte(long)); {
			case full && (n < x.marks || x.marks == 0 && len(b) < 2000):
				t.Errorf("%s %s: the record has %d bytes, and %d times what was sent", mode, x.path, len(b), n)
			case !full && (len(b) > 3000 || len(b) == 0):
				t.Errorf("%s %s: the answer has %d bytes, and the record %d", mode, x.path, len(a.raw), len(b))
			}
		}
		// A megabyte is rejected before it is read.
		c.want("/api/Profile/createAccount", object("username", strings.Repeat("x", 1_000_000), "password", "p"), 413, nil)
	}
}
