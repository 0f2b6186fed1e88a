//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/faulty"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

// A patient is FocusReader with a store that fails on demand.
type patient struct {
	t     *testing.T
	dir   string // with the files
	after string // with the files after a crash
	app   *legible.App
	store *faulty.Store
}

func ail(t *testing.T, dir string, eager bool) *patient {
	t.Helper()
	p := &patient{t: t, dir: dir}
	o := legible.Options{Store: "sqlite:" + filepath.Join(dir, "focusreader.db"), Log: slog.New(slog.DiscardHandler)}
	o.HTTP.Prefix, o.HTTP.MaxUpload = prefix, maxUpload
	o.Clock = time.Now // so that no timer starts
	o.Wrap = func(behind store.Store) store.Store {
		p.store = &faulty.Store{Store: behind, Eager: eager, OnCrash: func() {
			p.after = t.TempDir()
			copyFiles(t, dir, p.after)
		}}
		return p.store
	}
	app, err := testProgram().Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	p.app = app
	return p
}

// copyFiles copies the files that a killed process leaves, without those that it
// shares in memory.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, name)
		if err != nil || d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rest), 0o700)
		}
		if strings.HasSuffix(name, "-shm") || strings.HasSuffix(name, ".lock") {
			return nil
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rest), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// end ends the app and returns the folder with its files.
func (p *patient) end() string {
	p.t.Helper()
	if err := p.app.Close(); err != nil {
		p.t.Error(err)
	}
	if p.store.Crashed() {
		return p.after
	}
	return p.dir
}

// post sends a request to the app directly.
func (p *patient) post(path, session, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", prefix+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if session != "" {
		r.Header.Set("Authorization", "Bearer "+session)
	}
	w := httptest.NewRecorder()
	p.app.Handler().ServeHTTP(w, r)
	return w
}

// ails creates a folder with the files of an account, with two documents and their
// data. It returns the ids and the session by name.
func ails(t *testing.T, dir string) map[string]string {
	t.Helper()
	p := ail(t, dir, false)
	things := map[string]string{}
	do := func(path, body string, names ...string) {
		t.Helper()
		w := p.post(path, things["session"], replaced(body, things))
		var said map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &said); w.Code != 200 || err != nil {
			t.Fatalf("%s was answered %d: %s", path, w.Code, w.Body)
		}
		for i := 0; i < len(names); i += 2 {
			things[names[i+1]] = said[names[i]].(string)
		}
	}
	things["book"] = base64.StdEncoding.EncodeToString(epubtest.Make("A", "B", nil, []string{"<p>Text.</p>"}))
	do("/Profile/createAccount", `{"username": "leaves-ann", "password": "correct horse"}`, "library", "library", "settings", "settings", "user", "user")
	do("/auth/login", `{"username": "leaves-ann", "password": "correct horse"}`, "session", "session")
	do("/Library/createDocument", `{"library": "$library", "name": "one", "epubContent": "$book"}`, "document", "one")
	do("/Library/createDocument", `{"library": "$library", "name": "two", "epubContent": "$book"}`, "document", "two")
	do("/Annotation/createAnnotation", `{"document": "$one", "color": "gold", "content": "note", "location": "epubcfi(/6/4!/4/2)"}`, "annotation", "note")
	do("/Library/openDocument", `{"document": "$one"}`)
	p.end()
	return things
}

func replaced(text string, things map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(things)) {
		text = strings.ReplaceAll(text, "$"+name, things[name])
	}
	return text
}

// counts returns the number of members of each set.
func counts(t *testing.T, app *legible.App) string {
	t.Helper()
	n := map[string]int{}
	for _, line := range dump(t, app) {
		// A try is spent before the action that it limits.
		if name, _, _ := strings.Cut(line, " "); name != "Limiting.Entry" {
			n[name]++
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(n)) {
		fmt.Fprintf(&b, "%s %d\n", name, n[name])
	}
	return b.String()
}

// audited opens the files with a working store and audits them. It returns the
// state.
func audited(t *testing.T, dir string, faults bool, told ...string) string {
	t.Helper()
	p := ail(t, dir, false)
	defer p.end()
	a := newAudit(t)
	a.faults = faults
	a.hold(t, openKept(t, filepath.Join(dir, "focusreader.db")), []*bookworm{{name: "the client", told: told}})
	return counts(t, p.app)
}

// TestFaultsEverywhere makes each store operation of a flow fail, break, be cut off
// or be in doubt, or ends the process before or after it. The client is told the
// truth or that something went wrong. After recovery the flow is done completely or
// not at all, as the record says. If something is refused permanently, each action
// is done or not, as the record says.
func TestFaultsEverywhere(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	things := ails(t, base)
	before := audited(t, base, false)
	step := 1
	if testing.Short() {
		step = 1000 // only the first of each kind, and the longest flow
	}
	type manner struct {
		deed  faulty.Effect
		ops   []faulty.Op
		eager bool
	}
	manners := []manner{
		{faulty.Fail, []faulty.Op{faulty.Append, faulty.Read, faulty.Write, faulty.Commit}, false},
		{faulty.Fail, []faulty.Op{faulty.Append, faulty.Read, faulty.Write}, true},
		{faulty.Refuse, []faulty.Op{faulty.Append, faulty.Read, faulty.Write}, false},
		{faulty.Break, []faulty.Op{faulty.Read, faulty.Write}, false},
		{faulty.Cut, []faulty.Op{faulty.Append, faulty.Read, faulty.Write, faulty.Commit, faulty.Blob}, true},
		{faulty.Doubt, []faulty.Op{faulty.Append, faulty.Commit}, true},
		{faulty.CrashBefore, []faulty.Op{faulty.Append, faulty.Commit}, true},
		{faulty.Tear, []faulty.Op{faulty.Append, faulty.Commit}, true},
		{faulty.Tear, []faulty.Op{faulty.Append, faulty.Commit}, false},
	}
	for _, flow := range []struct{ name, path, body string }{
		{"create an account", "/Profile/createAccount", `{"username": "leaves-bob", "password": "correct horse"}`},
		{"log in", "/auth/login", `{"username": "leaves-ann", "password": "correct horse"}`},
		{"upload a book", "/Library/createDocument", `{"library": "$library", "name": "three", "epubContent": "$book"}`},
		{"open a book", "/Library/openDocument", `{"document": "$two"}`},
		{"remove a book", "/Library/removeDocument", `{"document": "$one"}`},
		{"delete the account", "/Profile/deleteAccount", `{}`},
	} {
		if testing.Short() && flow.path != "/Profile/deleteAccount" {
			continue
		}
		t.Run(flow.name, func(t *testing.T) {
			t.Parallel()
			run := func(t *testing.T, fault *faulty.Fault, eager bool) (status int, trace, what, dir string, happened bool) {
				t.Helper()
				dir = t.TempDir()
				copyFiles(t, base, dir)
				p := ail(t, dir, eager)
				if fault != nil {
					p.store.Inject(*fault)
				}
				w := p.post(flow.path, things["session"], replaced(flow.body, things))
				happened = p.store.Remaining() == 0
				return w.Code, w.Header().Get("X-Trace-Id"), w.Body.String(), p.end(), happened
			}
			status, trace, what, dir, _ := run(t, nil, false)
			if status != 200 {
				t.Fatalf("it was answered %d: %s", status, what)
			}
			after := audited(t, dir, false, trace)
			if after == before {
				t.Fatal("it changes nothing")
			}
			for _, m := range manners {
				t.Run(fmt.Sprintf("%s,eager=%t", m.deed, m.eager), func(t *testing.T) {
					t.Parallel()
					cases := 0
					for _, op := range m.ops {
						for n := 1; ; n += step {
							fault := faulty.Fault{Effect: m.deed, Op: op, N: n}
							status, trace, what, dir, happened := run(t, &fault, m.eager)
							if !happened {
								break
							}
							cases++
							var told []string
							switch {
							case status == 200:
								told = []string{trace}
							case status == 500 && m.deed == faulty.Refuse:
							case status != 503:
								t.Errorf("%s: it was answered %d: %s", fault, status, what)
							}
							got := audited(t, dir, m.deed == faulty.Refuse, told...)
							switch {
							case got == after, m.deed == faulty.Refuse: // an action that faults is not done, and others continue
							case status == 200:
								t.Errorf("%s: it was answered 200, and there is\n%swant\n%s", fault, got, after)
							case got != before:
								t.Errorf("%s (eager %t): it was answered %d, and it is half done: there is\n%sbefore\n%safter\n%s", fault, m.eager, status, got, before, after)
							}
							if t.Failed() {
								return
							}
						}
					}
					t.Logf("%d faults", cases)
				})
			}
		})
	}
}

var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// TestFaultSteps runs the files in testdata/faults. Their steps are
//
//	tell DEED OPERATION N   what is to happen; see package faulty
//	ask PATH                with the body below it; $session and so on are things of ann's
//	record                  of the flow that was asked last
//	state                   how many members each set has
//	unfinished              how many flows are not at rest
//	reopen                  the app, on what is on the disk
func TestFaultSteps(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	things := ails(t, base)
	files, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no steps: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			copyFiles(t, base, dir)
			p := ail(t, dir, true)
			defer func() { p.end() }()
			last := value.Zero
			storetest.Steps(t, file, func(command, input string) string {
				word, rest, _ := strings.Cut(command, " ")
				switch word {
				case "tell":
					fault, err := faulty.Parse(rest)
					if err != nil {
						return err.Error()
					}
					p.store.Inject(fault)
					return ""
				case "ask":
					w := p.post(rest, things["session"], replaced(input, things))
					last, _ = value.ParseID(w.Header().Get("X-Trace-Id"))
					text, _ := io.ReadAll(w.Body)
					said := fmt.Sprintf("%d %s", w.Code, named(bytes.TrimSpace(text), things, last))
					if retry := w.Header().Get("Retry-After"); retry != "" {
						said += "\nRetry-After: " + retry
					}
					return said
				case "record":
					b, err := p.store.Journal(context.Background(), last)
					entries, err2 := journal.Read(b)
					if err != nil || err2 != nil {
						return fmt.Sprint(err, err2)
					}
					var text strings.Builder
					for _, e := range entries[min(1, len(entries)):] {
						text.WriteString(named([]byte(e.String()), things, last) + "\n")
					}
					return text.String()
				case "state":
					return counts(t, p.app)
				case "unfinished":
					left, err := p.store.Unfinished(context.Background())
					return fmt.Sprint(len(left), " ", err)
				case "reopen":
					p = ail(t, p.end(), true)
					return ""
				}
				return "there is no step " + word
			})
		})
	}
}

// named replaces the ids of a test with names.
func named(text []byte, things map[string]string, flow value.ID) string {
	s := strings.ReplaceAll(string(text), flow.String(), "THIS")
	for name, id := range things {
		if len(id) == 36 {
			s = strings.ReplaceAll(s, id, "$"+name)
		}
	}
	return ids.ReplaceAllString(s, "ID")
}
