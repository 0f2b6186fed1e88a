package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
)

// TestRemoveWhileConnectionsEnd removes documents while the database server
// repeatedly ends all connections, and is stopped once. No answer blames the program
// or the request. Whatever is answered with success, or may have been done, is done
// completely within ten seconds, and nothing remains unfinished.
func TestRemoveWhileConnectionsEnd(t *testing.T) {
	server := pgtest.Own(t, "-c", "fsync=off")
	p := &patient{t: t}
	var st store.Store
	o := legible.Options{Store: server.URL(t), Log: slog.New(slog.DiscardHandler), Wrap: func(s store.Store) store.Store { st = s; return s }}
	o.HTTP.Prefix, o.HTTP.MaxUpload = prefix, maxUpload
	app, err := testProgram().Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	p.app = app
	defer p.app.Close()
	do := func(path, session, body string) map[string]any {
		t.Helper()
		w := p.post(path, session, body)
		var said map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &said); w.Code != 200 || err != nil {
			t.Fatalf("%s was answered %d: %s", path, w.Code, w.Body)
		}
		return said
	}
	library := do("/Profile/createAccount", "", `{"username": "ann", "password": "correct horse"}`)["library"]
	session := do("/auth/login", "", `{"username": "ann", "password": "correct horse"}`)["session"].(string)
	book := base64.StdEncoding.EncodeToString(epubtest.Make("A", "B", nil, []string{"<p>Text.</p>"}))
	var documents []string
	for n := range 24 {
		d := do("/Library/createDocument", session, fmt.Sprintf(`{"library": %q, "name": "%d", "epubContent": %q}`, library, n, book))["document"].(string)
		do("/Annotation/createAnnotation", session, fmt.Sprintf(`{"document": %q, "color": "gold", "content": "note", "location": "epubcfi(/6/4!/4/2)"}`, d))
		documents = append(documents, d)
	}

	var clients, cutter sync.WaitGroup
	stop, reached, halted := make(chan struct{}), make(chan struct{}), make(chan struct{})
	cutter.Go(func() {
		half := reached
		for {
			select {
			case <-stop:
				return
			case <-half: // the server is down for the other half of the documents
				server.Halt(pgtest.Immediate)
				close(halted)
				half = nil
				time.Sleep(500 * time.Millisecond)
				if err := server.Resume(); err != nil {
					t.Error(err)
					return
				}
			case <-time.After(10 * time.Millisecond):
				_, _ = server.Terminate(1000) // its own connection may end too
			}
		}
	})
	var removed atomic.Int32
	said := map[string]int{}
	var mu sync.Mutex
	for c := range 4 {
		clients.Go(func() {
			for i := c; i < len(documents); i += 4 {
				if int(removed.Load()) >= len(documents)/2 {
					<-halted
				}
				unsure := false
				for done := false; !done; {
					w := p.post("/Library/removeDocument", session, fmt.Sprintf(`{"document": %q}`, documents[i]))
					text := w.Body.String()
					what := fmt.Sprint(w.Code)
					switch {
					case w.Code == 200:
						done = true
					case w.Code == 403 && unsure: // the document was removed
						done = true
					case w.Code == 503 && strings.Contains(text, `"done":"nothing"`):
						what += " nothing"
					case w.Code == 503 && strings.Contains(text, `"done":"unknown"`):
						what += " unknown"
						unsure = true
					default:
						t.Errorf("removing a document is answered %d: %s", w.Code, text)
						done = true
					}
					mu.Lock()
					said[what]++
					mu.Unlock()
					if !done {
						time.Sleep(5 * time.Millisecond)
					}
				}
				if int(removed.Add(1)) == len(documents)/2 {
					close(reached)
				}
			}
		})
	}
	clients.Wait()
	close(stop)
	cutter.Wait()

	left := 1
	for end := time.Now().Add(10 * time.Second); left > 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ids, e := st.Unfinished(context.Background())
		if left, err = len(ids), e; e != nil {
			left = 1
		}
	}
	if left > 0 || err != nil {
		t.Errorf("after 10 s %d flows are unfinished (%v)", left, err)
	}
	for _, line := range dump(t, p.app) {
		for _, d := range documents {
			if strings.Contains(line, d) {
				t.Errorf("the document %s was removed, and this is left of it: %s", d, line)
			}
		}
	}
	t.Logf("answers: %v; rescued: %d", said, p.app.Engine(private.Access{}).Rescued())
	if said["503 nothing"]+said["503 unknown"] == 0 {
		t.Error("no connection ended while it mattered: the test tests nothing")
	}
}
