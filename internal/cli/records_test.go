package cli_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	app "github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/mailing"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
)

// serveRequests is the script program "requests DIR STORE REQUEST...": the app
// whose texts are in DIR answers each REQUEST ("METHOD /path {fields}") and
// keeps its record in STORE. For each it prints the trace id, the status and
// the body.
func serveRequests() {
	if err := answerAll(os.Args[1], os.Args[2], os.Args[3:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "requests:", err)
		os.Exit(2)
	}
}

func answerAll(dir, store string, requests []string, out io.Writer) error {
	program := app.New(os.DirFS(dir), requesting.New, profile.With(profile.Options{Memory: 8}), sessioning.New, mailing.With(mailing.Options{}))
	moment := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	reader, err := program.Open(context.Background(), app.Options{
		Store: "sqlite:" + store, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { moment = moment.Add(time.Millisecond); return moment },
	})
	if err != nil {
		return err
	}
	for _, r := range requests {
		parts := strings.SplitN(r, " ", 3)
		request := httptest.NewRequest(parts[0], parts[1], strings.NewReader(parts[2]))
		request.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		reader.Handler().ServeHTTP(w, request)
		fmt.Fprintf(out, "%s %d %s\n", w.Header().Get("X-Trace-Id"), w.Code, strings.TrimSpace(w.Body.String()))
	}
	return reader.Close()
}

// traceIDs is the script command "traces": it puts the ids that the last
// program printed first on each line into the variables T1, T2, and so on.
func traceIDs(ts *testscript.TestScript, _ bool, _ []string) {
	for i, line := range strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n") {
		id, _, _ := strings.Cut(line, " ")
		ts.Setenv(fmt.Sprintf("T%d", i+1), id)
		if len(id) > 12 {
			ts.Setenv(fmt.Sprintf("END%d", i+1), id[len(id)-12:])
		}
	}
}

// followed is the script command "follow FILE DIR STORE REQUEST...": it follows
// the store with "legible trace -f -n 1" while each REQUEST is answered, and
// puts into FILE what is drawn of them.
func followed(ts *testscript.TestScript, _ bool, args []string) {
	if runtime.GOOS == "windows" {
		ts.Fatalf("follow: no process can be interrupted here")
	}
	file, dir, store, requests := args[0], args[1], args[2], args[3:]
	path, err := exec.LookPath("legible")
	ts.Check(err)
	cmd := exec.Command(path, "trace", "-f", "-n", "1", "--app", dir, "--store", "sqlite:"+store)
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), os.Environ()
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	var talk strings.Builder
	cmd.Stderr = &talk
	ts.Check(cmd.Start())
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	tree := func() (text string) {
		for lines.Scan() {
			if lines.Text() == "" {
				return text
			}
			text += lines.Text() + "\n"
		}
		ts.Fatalf("follow: the trace ended: %s", talk.String())
		return ""
	}
	tree() // the last one that was there: it follows from here on
	ts.Check(answerAll(ts.MkAbs(dir), ts.MkAbs(store), requests, io.Discard))
	var got strings.Builder
	for range requests {
		got.WriteString(tree())
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("follow: interrupted, the trace ends with %v: %s", err, talk.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(file), []byte(got.String()), 0o666))
}
