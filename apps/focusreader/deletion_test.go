package main

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

// TestNothingIsLeft compares the state before a reader signed up with the state
// after the account was deleted, also if it is deleted while other requests run.
func TestNothingIsLeft(t *testing.T) {
	h := newHouse(t, "bob")
	before := h.dump(t)
	ann := h.moveIn("ann")
	if len(h.dump(t)) <= len(before) {
		t.Fatal("nothing is kept of a reader who is there")
	}
	var busy sync.WaitGroup
	for i := range 8 {
		book := base64.StdEncoding.EncodeToString(epubtest.Make(fmt.Sprint(i), "", epubtest.Cover(), []string{"<p>Text.</p>"}))
		busy.Go(func() {
			for n := 0; ; n++ {
				a := h.post("/api/Library/createDocument", object("session", ann.session, "library", ann.things["library"],
					"name", fmt.Sprint(i, " ", n), "epubContent", book))
				if a.status != 200 {
					return // the account is gone
				}
				h.post("/api/Library/openDocument", object("session", ann.session, "document", a.text("document")))
				h.post("/api/Annotation/createAnnotation", object("session", ann.session, "document", a.text("document"),
					"location", "epubcfi(/6/4!/4/2)", "color", "red"))
			}
		})
	}
	for len(h.dump(t)) < 2*len(before)+10 {
		time.Sleep(time.Millisecond)
	}
	h.want("/api/Profile/deleteAccount", object("session", ann.session), 200, fields{"success": true})
	busy.Wait()
	// The number of accounts from an address is kept for a while.
	after := h.dump(t)
	for _, list := range []*[]string{&before, &after} {
		*list = slices.DeleteFunc(*list, func(line string) bool {
			return strings.HasPrefix(line, "Limiting.Entry") && strings.Contains(line, `budget="account"`)
		})
	}
	if !slices.Equal(before, after) {
		t.Errorf("when she had gone there was another state than before she came:\n%s", strings.Join(differing(before, after), "\n"))
	}
	// Her books are deleted with all data without references; his remain.
	h.want("/api/Library/_getDocumentDetails", object("session", h.bob.session, "document", h.bob.things["document"]), 200, nil)
	// The name is free, and its next user finds nothing.
	h.moveIn("ann")
}
