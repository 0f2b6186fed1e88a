package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/inspect/api"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/internal/workspace"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// records are what happened in an app, held against its texts.
type records struct {
	plan  *plan.Plan
	store flowSource
	app   *api.Client // the store that is asked, when it is a running app
}

// A flowSource is what is read of a store: by itself, or through the app that runs
// on it. The methods are those of store.Store.
type flowSource interface {
	Journal(ctx context.Context, id value.ID) ([]byte, error)
	Flows(ctx context.Context, before value.ID, limit int) ([]value.ID, error)
	Unfinished(ctx context.Context) ([]value.ID, error)
	Close() error
}

// recordsFlags say where the texts and the record are.
type recordsFlags struct {
	app, store, tokenFile string
	json                  bool
	stale                 string // what is said of an app that has gone, or nothing
	cmd                   *cobra.Command
}

func (f *recordsFlags) add(cmd *cobra.Command) {
	f.addPlaces(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

func (f *recordsFlags) addPlaces(cmd *cobra.Command) {
	f.cmd = cmd
	cmd.Flags().StringVar(&f.app, "app", ".", "the folder of the app, or the address of its inspector, http://127.0.0.1:PORT")
	cmd.Flags().StringVar(&f.store, "store", "", storeUsage)
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "a file with the token of the inspector that --app names; the default is $"+tokenVariable)
}

const storeUsage = "the store of the app: sqlite:PATH or postgres://…; the default is the only store in the folder of the app or the current folder"

// whereRecords is part of the help of every command that reads a record.
const whereRecords = `
The command reads the record from the inspector of the running app, or from the
store. It finds an app that runs here by the file next to its store, or in the folder
in which it was started; --app names the address of another app, and --store a store.
Nothing is changed. Source positions refer to the texts that the app runs, or to the
folder that --app names.`

// open finds the running app, or opens its store for looking at it, and reads
// its texts.
func (f *recordsFlags) open(s Streams) (*records, error) {
	app, err := f.findRunning(s)
	if err != nil {
		return nil, err
	}
	if app != nil {
		var p *plan.Plan
		if !isAddress(f.app) && f.cmd != nil && f.cmd.Flags().Changed("app") {
			p, err = planOf(s, f.app)
		} else {
			p, err = planOfApp(s, app)
		}
		if err != nil {
			return nil, errors.Join(err, app.Close())
		}
		return &records{p, app, app}, nil
	}
	if names, err := (&workspace.Texts{}).Below(f.folders()[0]); err == nil && len(names) == 0 {
		return nil, fmt.Errorf("no app runs here%s, and there are no %s files below %s: name the folder of the app with --app", f.stale, workspace.Kinds, slash(f.app))
	}
	p, err := planOf(s, f.app)
	if err != nil {
		return nil, err
	}
	st, err := f.openStore()
	if err != nil {
		return nil, err
	}
	return &records{p, st, nil}, nil
}

func (r *records) close() { r.store.Close() } // it was only read: nothing can be lost

// planOf makes the plan of the one program that a path stands for.
func planOf(s Streams, path string) (*plan.Plan, error) {
	return onePlan(s, path, "a record", " with --app")
}

// onePlan does the same. Of several programs it says that what is wanted is of
// one, to be named in this way.
func onePlan(s Streams, path, what, way string) (*plan.Plan, error) {
	w, err := open([]string{path})
	if err != nil {
		return nil, err
	}
	if apps := slices.DeleteFunc(slices.Clone(w.Programs), func(p *workspace.Program) bool { return !p.HasApp() }); what == "a record" && len(apps) == 1 {
		w.Programs = apps // what belongs to no app has left no record
	}
	if n := len(w.Programs); n > 1 {
		var roots []string
		for _, p := range w.Programs {
			roots = append(roots, p.Title())
		}
		return nil, fmt.Errorf("there are %d programs here, and %s belongs to one of them: name one of %s%s", n, what, strings.Join(roots, ", "), way)
	}
	findings, err := w.Check(w.Programs[0])
	if err != nil {
		return nil, err
	}
	if err := broken(s.Err, diag.Sort(findings)); err != nil {
		return nil, err
	}
	return plan.Build(w.Programs[0].Checked.Program), nil
}

func (f *recordsFlags) openStore() (store.Store, error) {
	name, err := f.storeName()
	if err != nil {
		return nil, err
	}
	if isPostgres(name) {
		return postgres.Open(context.Background(), name, postgres.Options{ReadOnly: true})
	}
	return sqlite.Open(strings.TrimPrefix(name, "sqlite:"), sqlite.Options{ReadOnly: true})
}

func isPostgres(name string) bool {
	return strings.HasPrefix(name, "postgres:") || strings.HasPrefix(name, "postgresql:")
}

// storeName finds out which store is meant: "sqlite:PATH" of a file that is
// there, or the URL of a PostgreSQL database.
func (f *recordsFlags) storeName() (string, error) {
	kind, path, named := strings.Cut(f.store, ":")
	switch {
	case f.store == "":
		return f.onlyStore()
	case !named && kind != "memory":
		path = f.store // a path alone can be one thing only
	case kind == "memory":
		return "", errors.New("a store in memory ends with its process, and no app with an inspector runs here" + f.stale + ": name the address of its inspector with --app, or start the app with --store sqlite:PATH")
	case isPostgres(f.store):
		return f.store, nil
	case kind != "sqlite":
		// What is no store may hold a password, so only its beginning is said.
		return "", fmt.Errorf("the store %q is not supported: write sqlite:PATH or postgres://…", kind+":")
	case path == "":
		return "", fmt.Errorf("the store %q names no file: write sqlite:PATH", f.store)
	}
	if _, err := workspace.Stat(path); err != nil {
		return "", err
	}
	return "sqlite:" + path, nil
}

// onlyStore finds the store that nobody named. Of several in a folder, as a
// backup may lie beside what it is of, it is the one with which an app works, or
// else the one that is named like the app.
func (f *recordsFlags) onlyStore() (string, error) {
	folders := f.folders()
	var found []string
	for _, dir := range folders {
		names, err := filepath.Glob(filepath.Join(dir, "*.db"))
		if err != nil {
			return "", fmt.Errorf("looking for a store: %w", err)
		}
		for _, name := range names {
			if clean := filepath.Clean(name); !slices.Contains(found, clean) {
				found = append(found, clean)
			}
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("no store found: there is no .db file in %s, and no app runs there%s: name the store with --store sqlite:PATH, or the address of the app's inspector with --app", slash(filepath.Clean(folders[0])), f.stale)
	case 1:
		return "sqlite:" + found[0], nil
	}
	for _, isIt := range []func(path string) bool{hasNote, hasNameOfApp} {
		if these := slices.DeleteFunc(slices.Clone(found), func(path string) bool { return !isIt(path) }); len(these) == 1 {
			return "sqlite:" + these[0], nil
		}
	}
	return "", fmt.Errorf("there are several stores, %s: name one with --store sqlite:PATH", strings.Join(found, ", "))
}

// hasNote tells whether an app has left its note beside a store: it runs, or was
// killed.
func hasNote(path string) bool {
	_, err := os.Stat(path + api.NoteSuffix)
	return err == nil
}

// hasNameOfApp tells whether an .app file beside a store has its name.
func hasNameOfApp(path string) bool {
	_, err := os.Stat(strings.TrimSuffix(path, ".db") + ".app")
	return err == nil
}

// entries reads the record of a flow, and tells whether the flow has come to
// rest.
func (r *records) entries(id value.ID) (entries []journal.Entry, rested bool, err error) {
	b, rested, err := r.journal(context.Background(), id)
	if err != nil {
		return nil, false, err
	}
	if entries, err = journal.Read(b); err != nil {
		return nil, false, fmt.Errorf("reading flow %s: %w", id, err)
	}
	return entries, rested, nil
}

func (r *records) journal(ctx context.Context, id value.ID) (b []byte, rested bool, err error) {
	if r.app != nil {
		return r.app.Flow(ctx, id) // the app tells both at once
	}
	if b, err = r.store.Journal(ctx, id); err != nil {
		return nil, false, err
	}
	open, err := r.store.Unfinished(ctx)
	return b, !slices.Contains(open, id), err
}

// errNoRecord ends a search in a store in which nothing has happened.
var errNoRecord = errors.New("this store has no flows yet")

// newest gives the flow that began last.
func (r *records) newest() (value.ID, error) {
	ids, err := r.store.Flows(context.Background(), value.Zero, 1)
	if err != nil {
		return value.Zero, err
	}
	if len(ids) == 0 {
		return value.Zero, errNoRecord
	}
	return ids[0], nil
}

// find gives the flow of a trace id, as a person pasted it: whole, its
// beginning, its end, or "last".
func (r *records) find(text string) (value.ID, error) {
	if text == "last" {
		return r.newest()
	}
	digits := strings.ToLower(strings.Trim(strings.TrimSpace(text), `"',;`))
	if _, after, ok := strings.Cut(digits, "x-trace-id:"); ok {
		digits = strings.TrimSpace(after)
	}
	digits = strings.ReplaceAll(digits, "-", "")
	if digits == "" || len(digits) > 32 || strings.Trim(digits, "0123456789abcdef") != "" {
		return value.Zero, fmt.Errorf("%q is not a trace id: an answer has it in the header X-Trace-Id, and \"legible flow list\" shows the last ones", text)
	}
	if len(digits) < 4 {
		return value.Zero, fmt.Errorf("%q is too short for a trace id: give at least 4 of its digits", text)
	}
	found, err := r.begin(digits)
	if err == nil && len(found) == 0 && r.app == nil {
		found, err = r.await(digits)
	}
	if err != nil {
		return value.Zero, err
	}
	if len(found) == 0 && len(digits) < 32 {
		if found, err = r.endIn(digits); err != nil {
			return value.Zero, err
		}
	}
	if len(found) < 2 {
		away, err := r.findTurned(digits)
		if err != nil {
			return value.Zero, err
		}
		if len(found) == 0 && len(away) == 1 {
			return value.Zero, &turnedError{away[0]}
		}
		for _, t := range away {
			if !slices.Contains(found, t.Trace) { // otherwise the flow has ended meanwhile
				found = append(found, t.Trace)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if len(digits) < 32 {
			return value.Zero, fmt.Errorf("no flow has an id that begins or ends with %s; \"legible flow list\" shows the last ones", text)
		}
		if r.app != nil {
			return value.Zero, fmt.Errorf("the running app has no flow %s, and none of the latest requests that were turned away has this id; the app's log may have it", text)
		}
		return value.Zero, fmt.Errorf("there is no flow %s in this store: a request that was turned away before it opened a flow (404, 405, 400 for a field) is known only to the app, while it runs, and in its log, and so is one whose action has not returned", text)
	}
	return value.Zero, fmt.Errorf("%s may be %s or %s: give more digits", text, found[0], found[1])
}

// writtenWithin is how long after its beginning a flow may not yet be in the store: an app
// answers before it writes the record of a flow that has changed nothing.
const writtenWithin = 2 * time.Second

// await waits for a flow that has begun only just now.
func (r *records) await(digits string) (found []value.ID, err error) {
	id, err := value.ParseID(digits)
	if err != nil || id.Time().After(time.Now()) {
		return nil, nil
	}
	for len(found) == 0 && err == nil && time.Since(id.Time()) < writtenWithin {
		time.Sleep(20 * time.Millisecond)
		found, err = r.begin(digits)
	}
	return found, err
}

// begin gives the flows, two at most, whose ids begin with the digits.
func (r *records) begin(digits string) ([]value.ID, error) {
	last, err := value.ParseID(digits + strings.Repeat("f", 32-len(digits)))
	if err != nil {
		return nil, err
	}
	before := last
	for i := len(before) - 1; i >= 0; i-- { // the id after the last that may be meant
		if before[i]++; before[i] != 0 {
			break
		}
	}
	ids, err := r.store.Flows(context.Background(), before, 2)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id value.ID) bool { return !strings.HasPrefix(hexOf(id), digits) }), nil
}

// endIn gives the flows, two at most, whose ids end with the digits.
func (r *records) endIn(digits string) ([]value.ID, error) {
	var found []value.ID
	err := r.each(func(id value.ID) (bool, error) {
		if strings.HasSuffix(hexOf(id), digits) {
			found = append(found, id)
		}
		return len(found) < 2, nil
	})
	return found, err
}

func hexOf(id value.ID) string { return strings.ReplaceAll(id.String(), "-", "") }

// page is how many flows are listed at a time.
const page = 1000

// each shows the flows, newest first, until visit tells it to stop.
func (r *records) each(visit func(value.ID) (bool, error)) error {
	before := value.Zero
	for {
		ids, err := r.store.Flows(context.Background(), before, page)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if on, err := visit(id); err != nil || !on {
				return err
			}
		}
		if len(ids) < page {
			return nil
		}
		before = ids[len(ids)-1]
	}
}

// styleOf is how a tree is printed to w.
func styleOf(w io.Writer) explain.Style {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return explain.Style{}
	}
	return explain.Style{Lines: true, Color: colorful(w)}
}

// A flowTree is a tree of one flow, as JSON has it.
type flowTree struct {
	Flow string `json:"flow"`
	*explain.Tree
}

// print writes an explanation of a flow.
func (f *recordsFlags) print(w io.Writer, id value.ID, t *explain.Tree) error {
	if f.json {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(flowTree{id.String(), t})
	}
	return t.Print(w, styleOf(w))
}
