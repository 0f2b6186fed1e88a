package cli_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	app "github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
)

// A runningApp is the app of a script, with its inspector.
type runningApp struct {
	*app.App
	stop func()
}

type appsKey struct{}

// runApp is the script command "run DIR STORE": the app whose texts are in DIR
// runs with its inspector until "stop", and leaves its file beside STORE
// ("memory:" leaves it here). The address is in $APP, and the token is "sesame".
func runApp(ts *testscript.TestScript, _ bool, args []string) {
	dir, store := ts.MkAbs(args[0]), args[1]
	note := ts.MkAbs("reader.inspector")
	if store != "memory:" {
		note, store = ts.MkAbs(store)+".inspector", "sqlite:"+ts.MkAbs(store)
	}
	program := app.New(os.DirFS(dir), requesting.New, profile.With(profile.Options{Memory: 8}), sessioning.New)
	a, err := program.Open(context.Background(), app.Options{
		Store: store, Log: slog.New(slog.DiscardHandler), Inspect: &app.Inspect{Token: "sesame", Note: note},
		Clock: time.Now, // what is turned away has the moment of the front
	})
	ts.Check(err)
	address, err := a.ListenInspector(context.Background(), "127.0.0.1:0")
	ts.Check(err)
	r := &runningApp{App: a}
	r.stop = func() {
		r.stop = func() {}
		ts.Check(a.Close())
	}
	ts.Defer(func() { r.stop() })
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(note); err == nil {
			break
		} else if time.Now().After(end) {
			ts.Fatalf("run: the app leaves no %s", filepath.Base(note))
		}
	}
	address, _, _ = strings.Cut(address, "/?")
	ts.Setenv("APP", address)
	apps := ts.Value(appsKey{}).(*[]*runningApp)
	*apps = append(*apps, r)
}

// lastApp is the app that was run last.
func lastApp(ts *testscript.TestScript) *runningApp {
	apps := *ts.Value(appsKey{}).(*[]*runningApp)
	if len(apps) == 0 {
		ts.Fatalf("no app runs")
	}
	return apps[len(apps)-1]
}

func stopApp(ts *testscript.TestScript, _ bool, _ []string) { lastApp(ts).stop() }

// askApp is the script command "ask REQUEST...": the app that was run last
// answers each REQUEST ("METHOD /path {fields}"); the trace ids are put into
// the variables T1, T2 and so on.
func askApp(ts *testscript.TestScript, _ bool, args []string) {
	a := lastApp(ts)
	for i, text := range args {
		time.Sleep(2 * time.Millisecond) // ids of one millisecond have no order
		ts.Setenv("T"+strconv.Itoa(i+1), a.ask(text))
	}
}

func (a *runningApp) ask(text string) (trace string) {
	parts := strings.SplitN(text, " ", 3)
	r := httptest.NewRequest(parts[0], parts[1], strings.NewReader(parts[2]))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w.Header().Get("X-Trace-Id")
}

// tailApp is the script command "tail FILE REQUEST...": it follows the app with
// "legible trace -f" while each REQUEST is answered, and puts into FILE what is
// drawn of them. Then the app is stopped, and the trace must end by itself.
func tailApp(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath("legible")
	ts.Check(err)
	cmd := exec.Command(path, "trace", "-f", "-n", "1")
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), os.Environ()
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	var talk strings.Builder
	cmd.Stderr = &talk
	ts.Check(cmd.Start())
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	tree := func() (text string) {
		for lines.Scan() && lines.Text() != "" {
			text += lines.Text() + "\n"
		}
		if text == "" {
			ts.Fatalf("tail: the trace ended: %s", talk.String())
		}
		return text
	}
	tree() // the last one that was there: it follows from here on
	a := lastApp(ts)
	var got strings.Builder
	for _, text := range args[1:] {
		a.ask(text)
		got.WriteString(tree())
	}
	a.stop()
	if err := cmd.Wait(); err != nil || !strings.Contains(talk.String(), "has ended") {
		ts.Fatalf("tail: when the app ends, the trace ends with %v: %s", err, talk.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(got.String()), 0o666))
}

// otherServer is the script command "other KIND": a server that is no inspector
// of today runs at $OTHER: a "site", an "old" inspector, or a "new" one.
func otherServer(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", map[string]string{"site": "text/html", "old": "text/html", "new": "application/json"}[args[0]])
		if args[0] != "site" {
			w.WriteHeader(http.StatusNotFound)
		}
		w.Write([]byte(map[string]string{"site": "<html>", "old": "<html>", "new": `{"error": "there is nothing here", "versions": [2]}`}[args[0]]))
	})}
	go server.Serve(l)
	ts.Defer(func() { server.Close() })
	ts.Setenv("OTHER", "http://"+l.Addr().String())
}
