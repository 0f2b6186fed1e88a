package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

// A paged is a paginated list of a reader.
type paged struct {
	path  string
	field string   // of the answer that holds the items; "" for an answer that is a list
	ids   []string // the path to the id of an item
	// things are the fields of the request that contain the reader's own objects.
	things map[string]string
}

var pagedLists = []paged{
	{"/Annotation/search", "annotations", []string{"_id"}, map[string]string{"document": "document"}},
	{"/Annotation/_getTags", "", []string{"tag", "_id"}, nil},
	{"/Library/_getDocumentsInLibrary", "", []string{"document", "_id"}, map[string]string{"library": "library"}},
	{"/Library/_getLibraryByUser", "", nil, nil},
	{"/FocusStats/_getSessions", "sessions", []string{"_id"}, nil},
}

var linkNext = regexp.MustCompile(`^<([^>?]*)\?(?:[^>]*&)?cursor=([^>&]*)>; rel="next"$`)

// page requests one page of a list and returns its ids and the next cursor.
func (l paged) page(c client, r reader, pairs ...any) (ids []string, next string) {
	c.t.Helper()
	for field, thing := range l.things {
		pairs = append(pairs, field, r.things[thing])
	}
	request, err := http.NewRequest("POST", c.base+prefix+l.path, strings.NewReader(object(pairs...)))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+r.session)
	a := c.send(request)
	if a.status != 200 {
		c.t.Fatalf("%s %s answered %d: %.300s", l.path, object(pairs...), a.status, a.raw)
	}
	items := a.list
	if l.field != "" {
		items = a.fields[l.field].([]any)
		next, _ = a.fields["next"].(string)
		if a.header.Get("Link") != "" {
			c.t.Errorf("%s answers with a Link beside the field next", l.path)
		}
	} else if link := a.header.Get("Link"); link != "" {
		m := linkNext.FindStringSubmatch(link)
		if m == nil || m[1] != prefix+l.path {
			c.t.Fatalf("%s links to %s", l.path, link)
		}
		next = m[2]
	}
	if l.ids == nil { // the documents of the library
		for _, id := range items[0].(map[string]any)["library"].(map[string]any)["documents"].([]any) {
			ids = append(ids, id.(string))
		}
		return ids, next
	}
	for _, item := range items {
		for _, name := range l.ids {
			item = item.(map[string]any)[name]
		}
		ids = append(ids, item.(string))
	}
	return ids, next
}

// all requests all pages of a list.
func (l paged) all(c client, r reader, limit int) []string {
	c.t.Helper()
	var all []string
	for cursor := any(nil); ; {
		ids, next := l.page(c, r, "limit", limit, "cursor", cursor)
		if all = append(all, ids...); len(ids) > limit || next != "" && len(ids) == 0 {
			c.t.Fatalf("%s gives a page of %d items where %d are the limit", l.path, len(ids), limit)
		}
		if next == "" {
			return all
		}
		cursor = next
	}
}

// fill gives a reader five more objects of each kind.
func (h *house) fill(r reader) {
	h.t.Helper()
	book := base64.StdEncoding.EncodeToString(epubtest.Make("", "", nil, []string{"<p>Text.</p>"}))
	for n := range 5 {
		do := func(path string, pairs ...any) {
			h.t.Helper()
			h.want(prefix+path, object(append(pairs, "session", r.session)...), 200, nil)
		}
		do("/Library/createDocument", "name", fmt.Sprint("book ", n), "library", r.things["library"], "epubContent", book)
		do("/Annotation/createTag", "title", fmt.Sprint("tag ", 9-n))
		do("/Annotation/createAnnotation", "document", r.things["document"], "location", "epubcfi(/6/4!/4/2)", "content", fmt.Sprint("note ", n))
		do("/Library/closeDocument", "document", r.things["document"])
		do("/Library/openDocument", "document", r.things["document"])
	}
}

// TestListsArePaged requests every list as a whole, page by page, with invalid
// cursors, and with cursors of another list and another reader.
func TestListsArePaged(t *testing.T) {
	h := newHouse(t, "ann", "bob")
	h.fill(h.ann)
	h.fill(h.bob)
	for i, l := range pagedLists {
		whole, next := l.page(h.client, h.ann)
		if len(whole) != 6 || next != "" {
			t.Errorf("%s gives %d items, and next %q", l.path, len(whole), next)
		}
		for limit := 1; limit <= 7; limit++ {
			if got := l.all(h.client, h.ann, limit); !slices.Equal(got, whole) {
				t.Errorf("%s in pages of %d gives %v, want %v", l.path, limit, got, whole)
			}
		}
		_, cursor := l.page(h.client, h.ann, "limit", 2)
		others, _ := l.page(h.client, h.bob, "cursor", cursor)
		if slices.ContainsFunc(others, func(id string) bool { return slices.Contains(whole, id) }) {
			t.Errorf("%s gives bob what is ann's, behind her cursor", l.path)
		}
		_, foreign := pagedLists[(i+1)%len(pagedLists)].page(h.client, h.ann, "limit", 2)
		for _, bad := range []struct {
			field string
			value any
		}{{"cursor", ""}, {"cursor", "garbage"}, {"cursor", cursor[1:]}, {"cursor", cursor + "A"}, {"cursor", foreign}, {"cursor", 7}, {"cursor", []string{cursor}},
			{"limit", 0}, {"limit", -1}, {"limit", 1.5}, {"limit", "many"}, {"limit", []int{1}}} {
			pairs := []any{bad.field, bad.value, "session", h.ann.session}
			for field, thing := range l.things {
				pairs = append(pairs, field, h.ann.things[thing])
			}
			h.want(prefix+l.path, object(pairs...), 400, fields{"field": bad.field})
		}
	}
	// The cursor may be in the query string, as in a Link header.
	_, cursor := pagedLists[1].page(h.client, h.ann, "limit", 2)
	a := h.post(prefix+"/Annotation/_getTags?limit=3&cursor="+cursor, `{}`, "Authorization", "Bearer "+h.ann.session)
	if a.status != 200 || len(a.list) != 3 || !strings.Contains(a.header.Get("Link"), "?limit=3&cursor=") {
		t.Errorf("a cursor in the query string: %d, %d tags, Link %q", a.status, len(a.list), a.header.Get("Link"))
	}
}

// TestPagesWhileNotesComeAndGo reads pages of notes while notes are added and
// deleted: a note that exists all the time comes exactly once.
func TestPagesWhileNotesComeAndGo(t *testing.T) {
	h := newHouse(t, "ann")
	r := rand.New(rand.NewPCG(5, 6))
	search := pagedLists[0]
	add := func() string {
		return h.want(prefix+"/Annotation/createAnnotation", object("session", h.ann.session, "document", h.ann.things["document"],
			"location", "epubcfi(/6/4!/4/2)", "content", "a note"), 200, nil).text("annotation")
	}
	for range 4 {
		list := search.all(h.client, h.ann, 1000)
		for len(list) < 12 {
			list = append(list, add())
		}
		whole := slices.Clone(list)
		seen := map[string]int{}
		for cursor := any(nil); ; {
			ids, next := search.page(h.client, h.ann, "limit", 1+r.IntN(3), "cursor", cursor)
			for _, id := range ids {
				seen[id]++
			}
			if cursor = next; next == "" {
				break
			}
			for range r.IntN(4) {
				if r.IntN(2) == 0 {
					list = append(list, add())
					continue
				}
				// Often the last note of the page, because the cursor refers to it.
				gone := ids[len(ids)-1]
				if i := r.IntN(len(list)); r.IntN(2) == 0 || !slices.Contains(list, gone) {
					gone = list[i]
				}
				h.want(prefix+"/Annotation/deleteAnnotation", object("session", h.ann.session, "annotation", gone), 200, nil)
				list = slices.DeleteFunc(list, func(id string) bool { return id == gone })
				whole = slices.DeleteFunc(whole, func(id string) bool { return id == gone })
				if len(list) < 5 {
					list = append(list, add())
				}
			}
		}
		for _, id := range whole {
			if seen[id] != 1 {
				t.Errorf("%s was there all the time and came %d times", id, seen[id])
			}
		}
	}
}

// TestLargeNotes is a small attack on the memory: one search of many large notes.
// Each page is bounded, and all notes are found.
func TestLargeNotes(t *testing.T) {
	h := newHouse(t, "ann")
	large := strings.Repeat("\x01", 10_000) // six times as long in JSON
	n := 150
	for i := range n {
		content := large
		if i%2 == 0 {
			content = strings.Repeat("a", 10_000)
		}
		h.want(prefix+"/Annotation/createAnnotation", object("session", h.ann.session, "document", h.ann.things["document"],
			"location", "epubcfi(/6/4!/4/2)", "content", content), 200, nil)
	}
	search := pagedLists[0]
	found := map[string]bool{}
	pages := 0
	for cursor := any(nil); ; {
		a := h.want(prefix+search.path, object("session", h.ann.session, "document", h.ann.things["document"], "cursor", cursor), 200, nil)
		if len(a.raw) > 5<<20 {
			t.Errorf("a page has %d bytes", len(a.raw))
		}
		for _, x := range a.fields["annotations"].([]any) {
			found[x.(map[string]any)["_id"].(string)] = true
		}
		pages++
		if a.fields["next"] == nil {
			break
		}
		cursor = a.fields["next"]
	}
	if len(found) != n+1 || pages < 2 { // and the note that she has already
		t.Errorf("%d notes on %d pages", len(found), pages)
	}
}

// TestFirstPage requests a list that is longer than a page, without a limit.
func TestFirstPage(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 1,005 notes")
	}
	h := newHouse(t, "ann")
	for range 1004 {
		h.want(prefix+"/Annotation/createAnnotation", object("session", h.ann.session, "document", h.ann.things["document"],
			"location", "epubcfi(/6/4!/4/2)", "content", "a note"), 200, nil)
	}
	for _, limit := range []any{nil, 5000} {
		ids, next := pagedLists[0].page(h.client, h.ann, "limit", limit)
		rest, last := pagedLists[0].page(h.client, h.ann, "limit", limit, "cursor", next)
		if len(ids) != 1000 || len(rest) != 5 || last != "" {
			t.Errorf("with the limit %v the pages have %d and %d notes, and then %q", limit, len(ids), len(rest), last)
		}
	}
}
