//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

// A bookworm is a client of a server that crashes. It does one thing at a time and
// remembers the answers. A request that was running at a crash may have been carried
// out or not: check determines that when the server runs again.
type bookworm struct {
	rng   *rand.Rand
	house string
	n     int // of the name
	count int // of created objects
	// Some accounts are deleted; the others log out sometimes. So the audit, which
	// sees no sessions, knows whose sessions ended.
	leaves bool

	there     bool
	name      string
	user      string
	library   string
	defaults  string
	sessions  []string
	ended     []string // sessions that ended
	size      float64
	documents map[string]string // names
	books     map[string][]byte
	notes     map[string]string // documents
	opened    int               // how often a document was opened
	gone      []string          // names of accounts that were deleted

	busy    bool // the server may answer that it cannot store anything now
	waits   int  // how often it did so
	pending *pending
	told    []string // flows whose answers confirm a change
	answers int
	client  *http.Client
}

// A pending request is one without an answer.
type pending struct {
	what     string
	id, name string
	size     float64
	book     []byte
}

func newBookworm(rng *rand.Rand, house, n int) *bookworm {
	r := &bookworm{rng: rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())), house: fmt.Sprint(house, "x", n)}
	r.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: 30 * time.Second}
	r.anew()
	return r
}

// anew makes the reader one without an account.
func (r *bookworm) anew() {
	r.n++
	r.there, r.user, r.library, r.defaults, r.sessions, r.ended, r.opened = false, "", "", "", nil, nil, 0
	r.leaves = r.rng.IntN(2) == 0
	kind := "stays"
	if r.leaves {
		kind = "leaves"
	}
	r.name = fmt.Sprintf("%s-%s-%d", kind, r.house, r.n)
	r.documents, r.books, r.notes, r.size = map[string]string{}, map[string][]byte{}, map[string]string{}, 16
}

// A reply is an answer of the server.
type reply struct {
	status int
	trace  string
	retry  string
	raw    []byte
	fields map[string]any
	list   []any
}

func (s *reply) text(name string) string {
	text, _ := s.fields[name].(string)
	return text
}

// ask sends a JSON object or a book, again while too many passwords are being
// checked. It returns nil if there is no answer.
func (r *bookworm) ask(t *testing.T, base, path string, body any) *reply {
	session := ""
	if len(r.sessions) > 0 {
		session = r.sessions[len(r.sessions)-1]
	}
	kind, raw := "application/epub+zip", []byte(nil)
	if book, ok := body.([]byte); ok {
		raw = book
	} else {
		kind = "application/json"
		raw, _ = json.Marshal(body)
	}
	for {
		s, err := exchange(r.client, "POST", base+path, session, kind, raw)
		if err != nil {
			return nil
		}
		if s.status != 429 || s.text("refusal") != "BUSY" {
			return s
		}
		if s.retry == "" {
			t.Errorf("POST %s was answered 429, and not when to try again", path)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// exchange sends a request and reads its answer.
func exchange(client *http.Client, method, url, session, kind string, body []byte) (*reply, error) {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if session != "" {
		req.Header.Set("Authorization", "Bearer "+session)
	}
	w, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	s := &reply{status: w.StatusCode, trace: w.Header.Get("X-Trace-Id"), retry: w.Header.Get("Retry-After")}
	if s.raw, err = io.ReadAll(w.Body); err != nil {
		return nil, err
	}
	var v any
	if json.Unmarshal(s.raw, &v) == nil {
		s.fields, _ = v.(map[string]any)
		s.list, _ = v.([]any)
	}
	return s, nil
}

// change requests a change, which may have happened until it is answered. It returns
// nil unless the answer says that it has.
func (r *bookworm) change(t *testing.T, base, path string, body any, p pending) *reply {
	r.pending = &p
	s := r.ask(t, base, path, body)
	if s == nil {
		return nil
	}
	if r.busy && s.status == 503 {
		if s.retry == "" {
			t.Errorf("%s: POST %s was answered 503, and not when to try again", p.what, path)
		}
		r.waits++
		return nil // it may have happened, or may still happen
	}
	r.pending = nil
	if s.status != 200 {
		t.Errorf("%s: POST %s by %s was answered %d: %s", p.what, path, r.name, s.status, s.raw)
		return nil
	}
	r.answers++
	r.told = append(r.told, s.trace)
	return s
}

const crashPassword = "correct horse"

// work does things until there is no answer.
func (r *bookworm) work(t *testing.T, base string, stop chan struct{}) {
	for r.pending == nil && !t.Failed() {
		select {
		case <-stop:
			return
		default:
		}
		r.step(t, base)
	}
	r.client.CloseIdleConnections()
}

// step does one thing.
func (r *bookworm) step(t *testing.T, base string) {
	r.count++
	switch {
	case !r.there:
		if s := r.change(t, base, "/Profile/createAccount", fields{"username": r.name, "password": crashPassword}, pending{what: "create"}); s != nil {
			r.there, r.user, r.library, r.defaults = true, s.text("user"), s.text("library"), s.text("settings")
		}
		return
	case len(r.sessions) == 0 || len(r.sessions) < 3 && r.rng.IntN(20) == 0:
		if s := r.change(t, base, "/auth/login", fields{"username": r.name, "password": crashPassword}, pending{what: "login"}); s != nil {
			r.sessions = append(r.sessions, s.text("session"))
		}
		return
	case len(r.documents) == 0 || len(r.documents) < 4 && r.rng.IntN(3) == 0:
		name := fmt.Sprint("book ", r.count)
		book := epubtest.Make(name, r.name, nil, []string{"<p>" + r.name + "</p>"})
		query := url.Values{"name": {name}, "library": {r.library}}
		if s := r.change(t, base, "/Library/createDocument?"+query.Encode(), book, pending{what: "upload", name: name, book: book}); s != nil {
			r.documents[s.text("document")], r.books[s.text("document")] = name, book
		}
		return
	}
	document := pick(r.rng, r.documents)
	note := pick(r.rng, r.notes)
	switch n := r.rng.IntN(100); {
	case n < 25 && len(r.notes) < 12:
		s := r.change(t, base, "/Annotation/createAnnotation", fields{"document": document, "color": "gold", "content": fmt.Sprint("note ", r.count),
			"location": "epubcfi(/6/4!/4/2)"}, pending{what: "annotate", id: document})
		if s != nil {
			r.notes[s.text("annotation")] = document
		}
	case n < 40 && note != "":
		if r.change(t, base, "/Annotation/deleteAnnotation", fields{"annotation": note}, pending{what: "unannotate", id: note}) != nil {
			delete(r.notes, note)
		}
	case n < 55:
		size := float64(10 + r.rng.IntN(40))
		if r.change(t, base, "/TextSettings/editSettings", fields{"textSettings": r.defaults, "font": "Georgia", "fontSize": size, "lineHeight": 2 * size},
			pending{what: "settings", size: size}) != nil {
			r.size = size
		}
	case n < 65:
		if r.change(t, base, "/Library/openDocument", fields{"document": document}, pending{what: "open"}) != nil {
			r.opened++
		}
	case n < 73:
		r.change(t, base, "/Library/closeDocument", fields{"document": document}, pending{what: "close"})
	case n < 81:
		name := fmt.Sprint("renamed ", r.count)
		if r.change(t, base, "/Library/renameDocument", fields{"document": document, "newName": name}, pending{what: "rename", id: document, name: name}) != nil {
			r.documents[document] = name
		}
	case n < 90:
		if r.change(t, base, "/Library/removeDocument", fields{"document": document}, pending{what: "remove", id: document}) != nil {
			r.removed(document)
		}
	case n < 95 && !r.leaves:
		session := r.sessions[len(r.sessions)-1]
		if r.change(t, base, "/auth/logout", fields{}, pending{what: "logout", id: session}) != nil {
			r.over(session)
		}
	case n < 95:
		if r.change(t, base, "/Profile/deleteAccount", fields{}, pending{what: "delete"}) != nil {
			r.left()
		}
	default: // a request that must be refused changes nothing
		s := r.ask(t, base, "/Profile/createAccount", fields{"username": r.name, "password": crashPassword})
		if s != nil && s.status != 409 && !(r.busy && s.status == 503) {
			t.Errorf("a name that is taken was answered %d: %s", s.status, s.raw)
		}
	}
}

func (r *bookworm) removed(document string) {
	delete(r.documents, document)
	delete(r.books, document)
	for note, of := range r.notes {
		if of == document {
			delete(r.notes, note)
		}
	}
}

func (r *bookworm) over(session string) {
	r.sessions = slices.DeleteFunc(r.sessions, func(s string) bool { return s == session })
	r.ended = append(r.ended, session)
}

func (r *bookworm) left() {
	gone, ended := append(r.gone, r.name), append(r.ended, r.sessions...)
	r.anew()
	r.gone, r.ended = gone, ended
}

// pick returns a key of a map, the same for the same source, and "" if the map is
// empty.
func pick[V any](rng *rand.Rand, m map[string]V) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return ""
	}
	slices.Sort(keys)
	return keys[rng.IntN(len(keys))]
}

// check requests everything that the reader knows, and determines whether pending
// requests were carried out.
func (r *bookworm) check(t *testing.T, base string) {
	ask := func(path string, body fields) *reply {
		s := r.ask(t, base, path, body)
		if s == nil {
			t.Errorf("POST %s was not answered", path)
			return &reply{}
		}
		return s
	}
	p := r.pending
	if p == nil {
		p = &pending{}
	}
	r.pending = nil
	r.client.CloseIdleConnections()

	live := r.sessions
	for _, session := range append(slices.Clone(r.ended), live...) {
		r.sessions = []string{session}
		s := ask("/Profile/_getUserDetails", fields{})
		switch over := slices.Contains(r.ended, session); {
		case over && s.status != 401:
			t.Errorf("a session of %s that had ended is answered %d: %s", r.name, s.status, s.raw)
		case over, s.status == 200 && s.text("username") == r.name:
		case s.status == 401 && p.what == "logout" && session == p.id:
			live = slices.DeleteFunc(slices.Clone(live), func(s string) bool { return s == session })
			r.ended = append(r.ended, session)
		case s.status == 401 && p.what == "delete":
			r.there = false
		default:
			t.Errorf("a session of %s is answered %d: %s", r.name, s.status, s.raw)
		}
	}
	r.sessions = live
	r.ended = r.ended[max(0, len(r.ended)-4):]
	enter := func(name string) *reply {
		return ask("/auth/login", fields{"username": name, "password": crashPassword})
	}
	if p.what == "delete" && !r.there || len(r.gone) > 0 && r.rng.IntN(4) == 0 {
		name := r.name
		if r.there || p.what != "delete" {
			name = r.gone[r.rng.IntN(len(r.gone))]
		}
		if s := enter(name); s.status != 401 {
			t.Errorf("the account %s, which was deleted, is answered %d: %s", name, s.status, s.raw)
		}
	}
	switch {
	case p.what == "delete" && !r.there:
		r.left()
		return
	case p.what == "create":
		s := enter(r.name)
		switch s.status {
		case 200:
			r.there, r.user, r.sessions = true, s.text("user"), []string{s.text("session")}
		case 401:
			return // it does not exist, and may be requested again
		default:
			t.Errorf("logging in after a crash while the account was made was answered %d: %s", s.status, s.raw)
			return
		}
	case !r.there:
		return
	case len(r.sessions) == 0:
		s := enter(r.name)
		if s.status != 200 {
			t.Errorf("the account %s is there, and logging in was answered %d: %s", r.name, s.status, s.raw)
			return
		}
		r.sessions = []string{s.text("session")}
	}
	r.checkShelf(t, base, ask, p)
	r.checkRest(t, ask, p)
}

// field returns a field of an object in a list of records.
func inner(v any, name string) map[string]any {
	o, _ := v.(map[string]any)
	in, _ := o[name].(map[string]any)
	return in
}

func (r *bookworm) checkShelf(t *testing.T, base string, ask func(string, fields) *reply, p *pending) {
	s := ask("/Library/_getLibraryByUser", fields{})
	if len(s.list) != 1 {
		t.Errorf("the account %s has %d libraries: %s", r.name, len(s.list), s.raw)
		return
	}
	library, _ := inner(s.list[0], "library")["_id"].(string)
	if r.library == "" {
		r.library = library
	}
	if library != r.library {
		t.Errorf("the library of %s is %s and was %s", r.name, library, r.library)
	}
	s = ask("/Library/_getDocumentsInLibrary", fields{"library": r.library})
	if s.status != 200 {
		t.Errorf("the shelf of %s is answered %d: %s", r.name, s.status, s.raw)
		return
	}
	shelf := map[string]string{}
	for _, x := range s.list {
		d := inner(x, "document")
		id, _ := d["_id"].(string)
		name, _ := d["name"].(string)
		shelf[id] = name
		if _, known := r.documents[id]; known {
			continue
		}
		if p.what == "upload" && name == p.name {
			r.documents[id], r.books[id] = name, p.book
			continue
		}
		t.Errorf("%s has a document %s %q that was not made or was removed", r.name, id, name)
	}
	for id, name := range r.documents {
		switch now, there := shelf[id]; {
		case there && now == name:
		case there && p.what == "rename" && p.id == id && now == p.name:
			r.documents[id] = now
		case !there && p.what == "remove" && p.id == id:
			r.removed(id)
		default:
			t.Errorf("the document %s %q of %s is now %q (there: %t)", id, name, r.name, now, there)
		}
	}
	if id := pick(r.rng, r.documents); id != "" {
		req, _ := http.NewRequest("GET", base+"/documents/"+id+"/content", nil)
		req.Header.Set("Authorization", "Bearer "+r.sessions[0])
		w, err := r.client.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer w.Body.Close()
		if book, err := io.ReadAll(w.Body); err != nil || !bytes.Equal(book, r.books[id]) {
			t.Errorf("the book %s of %s has %d bytes (%d, %v), and had %d", id, r.name, len(book), w.StatusCode, err, len(r.books[id]))
		}
	}
}

func (r *bookworm) checkRest(t *testing.T, ask func(string, fields) *reply, p *pending) {
	found := map[string]bool{}
	for document := range r.documents {
		s := ask("/Annotation/search", fields{"document": document})
		list, _ := s.fields["annotations"].([]any)
		for _, x := range list {
			id, _ := x.(map[string]any)["_id"].(string)
			found[id] = true
			if r.notes[id] == document {
				continue
			}
			if p.what == "annotate" && p.id == document && r.notes[id] == "" {
				r.notes[id] = document
				p.what = "" // there is at most one
				continue
			}
			t.Errorf("%s has an annotation %s that was not made or was deleted", r.name, id)
		}
	}
	for id := range r.notes {
		if !found[id] {
			if p.what == "unannotate" && p.id == id {
				delete(r.notes, id)
				continue
			}
			t.Errorf("the annotation %s of %s is gone", id, r.name)
		}
	}
	s := ask("/TextSettings/_getUserDefaultSettings", fields{})
	if len(s.list) != 1 {
		t.Errorf("the account %s has %d defaults: %s", r.name, len(s.list), s.raw)
		return
	}
	in := inner(s.list[0], "settings")
	id, _ := in["_id"].(string)
	if r.defaults == "" {
		r.defaults = id
	}
	size, _ := in["fontSize"].(float64)
	if size == p.size && p.what == "settings" {
		r.size = size
	}
	if id != r.defaults || size != r.size {
		t.Errorf("the defaults of %s are %s with size %v, and were %s with %v", r.name, id, size, r.defaults, r.size)
	}
	s = ask("/FocusStats/_getSessions", fields{})
	list, _ := s.fields["sessions"].([]any)
	if p.what == "open" && len(list) == r.opened+1 {
		r.opened++
	}
	if len(list) != r.opened || s.status != 200 {
		t.Errorf("%s has %d focus sessions (%d), and had %d", r.name, len(list), s.status, r.opened)
	}
}
