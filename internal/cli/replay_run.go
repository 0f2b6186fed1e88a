package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/event"
	"github.com/legible-lang/legible/internal/inspect/api"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/replay"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/internal/workspace"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A rerun is a replay that runs the flows again.
type rerun struct {
	flags   *recordsFlags
	with    string
	first   int  // how many stories are printed at most; 0 is all
	count   int  // how many flows are run at most, from the first on; 0 is all
	effects bool // what reaches outside is run again, too
}

// run takes the recorded flows to the Go test that plays the app's scenarios,
// which runs them on a fresh store in memory, and prints what went otherwise.
func (x *rerun) run(s Streams, args []string) (err error) {
	if len(args) > 1 {
		return errors.New("replay takes one store or one export")
	}
	at, test, texts, err := x.player()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "legible-replay-")
	if err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := x.gather(folder, args); err != nil {
		return err
	}
	module := workspace.Module(at)
	rel, err := filepath.Rel(workspace.Full(module), workspace.Full(at))
	if err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	cmd := exec.Command("go", "test", "-count=1", "-timeout=0", "-run", "^"+test+"$", "./"+slash(rel))
	cmd.Dir = module
	cmd.Env = append(os.Environ(), event.Folder+"=", event.Replay+"="+folder, event.Texts+"="+texts, event.Effects+"=")
	if x.effects {
		cmd.Env = append(cmd.Env, event.Effects+"=yes")
	}
	output, runErr := cmd.CombinedOutput()
	told, err := replay.Read(folder)
	if err != nil || runErr != nil {
		return fmt.Errorf("the flows could not be run by %s in %s: %w\n%s", test, slash(at), cmp.Or(runErr, err), strings.TrimSpace(string(output)))
	}
	return x.print(s, told)
}

// player finds the Go test that plays the app's scenarios: that of the other
// version, or that of the present one with the texts of the other.
func (x *rerun) player() (at, test, texts string, err error) {
	folders := map[string]*goFolder{}
	here := x.flags.folders()[0]
	for _, dir := range []string{x.with, here} {
		if dir == "" {
			continue
		}
		if _, err := workspace.Stat(dir); err != nil {
			return "", "", "", err
		}
		names, err := (&workspace.Texts{}).Below(dir)
		if err != nil {
			return "", "", "", err
		}
		if !slices.ContainsFunc(names, func(name string) bool { return filepath.Ext(name) == ".app" }) {
			return "", "", "", fmt.Errorf("there is no .app in %s: name the folder of the app with --app, and the folder of its other version with --with", slash(dir))
		}
		if at, err = nearestTest(folders, dir, "app"); err != nil {
			return "", "", "", err
		}
		if at != "" {
			break
		}
	}
	if at == "" {
		missing := noTest(folders, here, "app")
		return "", "", "", fmt.Errorf("replay needs the Go test that runs the app's scenarios, because concepts contain Go code, and there is none in %s: write %s:\n%s",
			slash(here), slash(filepath.Join(here, "scenario_test.go")), strings.Join(missing.Details, "\n"))
	}
	if x.with != "" && !workspace.Within(at, x.with) {
		texts = workspace.Full(x.with)
	}
	tests := slices.Sorted(slices.Values(folders[at].tests["app"]))
	return at, tests[0], texts, nil
}

// gather writes the flows of a record, which args or the flags name, into the
// folder, with the large values that they were opened with.
func (x *rerun) gather(folder string, args []string) (err error) {
	file, err := os.Create(filepath.Join(folder, replay.Flows))
	if err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if len(args) == 1 {
		if export, err := os.Open(args[0]); err == nil {
			defer export.Close()
			head := bufio.NewReader(export)
			if b, err := head.Peek(1); err == nil && b[0] == '{' {
				_, err := io.Copy(file, head) // it is read, and held to be whole, where it is run
				return err
			}
		}
		x.flags.store = args[0]
	}
	h, err := x.open()
	if err != nil {
		return err
	}
	defer h.Close() // it was only read
	r := &records{store: h}
	if app, ok := h.(*api.Client); ok {
		r.app = app
	}
	out, err := journal.NewExporter(file)
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(folder, replay.Blobs), 0o700); err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	var ids []value.ID
	if err := r.each(func(id value.ID) (bool, error) { ids = append(ids, id); return true, nil }); err != nil {
		return err
	}
	if len(ids) == 0 {
		return errNoRecord
	}
	slices.Reverse(ids)
	if x.count > 0 {
		ids = ids[:min(x.count, len(ids))]
	}
	for _, id := range ids {
		b, rested, err := r.journal(context.Background(), id)
		if err != nil {
			return err
		}
		if !rested || len(b) == 0 {
			continue // how it went is not known yet, or not any more
		}
		if err := out.Flow(journal.Recorded{Flow: id, Rested: true, Record: b}); err != nil {
			return err
		}
		if st, ok := h.(store.Store); ok {
			if err := copyBlobs(st, b, filepath.Join(folder, replay.Blobs)); err != nil {
				return err
			}
		}
	}
	return out.End()
}

// open opens what holds the record: a store before the app that runs on it,
// as it gives large values too.
func (x *rerun) open() (flowSource, error) {
	f := x.flags
	if isAddress(f.app) {
		return f.named()
	}
	if f.store != "" && !strings.HasPrefix(f.store, "memory:") {
		return f.openStore()
	}
	if st, err := f.openStore(); err == nil {
		return st, nil
	}
	app, err := f.findRunning(Streams{Err: io.Discard})
	if err != nil {
		return nil, err
	}
	if app != nil {
		return app, nil
	}
	return f.openStore() // says what is missing
}

// copyBlobs copies the large values that opened a flow out of a store. One that
// is not there any more is missed where it is wanted.
func copyBlobs(st store.Store, record []byte, folder string) error {
	entries, err := journal.Read(record)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Kind != journal.Asked || e.ID != (journal.ActionID{}) {
			continue
		}
		for _, b := range blobsIn(value.Record(e.In), nil) {
			path := filepath.Join(folder, hex.EncodeToString(b.Hash[:]))
			if _, err := os.Stat(path); err == nil {
				continue
			}
			from, err := st.OpenBlob(context.Background(), b.Hash)
			if err != nil {
				continue
			}
			to, err := os.Create(path)
			if err == nil {
				_, err = io.Copy(to, from)
				err = errors.Join(err, to.Close())
			}
			if err := errors.Join(err, from.Close()); err != nil {
				return fmt.Errorf("copying binary data: %w", err)
			}
		}
	}
	return nil
}

func blobsIn(v value.Value, list []*value.Blob) []*value.Blob {
	if b := v.Blob(); b != nil {
		return append(list, b)
	}
	for _, item := range v.Items() {
		list = blobsIn(item, list)
	}
	for _, f := range v.Fields() {
		list = blobsIn(f.Value, list)
	}
	return list
}

// print tells the first stories, and in a few words of the rest.
func (x *rerun) print(s Streams, told []replay.Result) error {
	changed, left := 0, 0
	why := map[string]int{}
	var reasons []string
	for _, r := range told {
		switch {
		case r.Left != "":
			left++
			if why[r.Left]++; why[r.Left] == 1 {
				reasons = append(reasons, r.Left)
			}
		case r.Tree != nil:
			changed++
		}
		if x.flags.json {
			e := json.NewEncoder(s.Out)
			e.SetEscapeHTML(false)
			if err := e.Encode(r); err != nil {
				return err
			}
			continue
		}
		if r.Tree == nil || r.Left != "" || x.first > 0 && changed > x.first {
			continue
		}
		if _, err := fmt.Fprintf(s.Out, "%s  %s\n", r.Begun.Format(moment), r.Flow); err != nil {
			return err
		}
		if err := r.Tree.Print(s.Out, styleOf(s.Out)); err != nil {
			return err
		}
		fmt.Fprintln(s.Out)
	}
	run := len(told) - left
	summary := fmt.Sprintf("%s run again: no differences", words.Counted(run, "flow"))
	if changed > 0 {
		summary = fmt.Sprintf("%s run again: %d differ", words.Counted(run, "flow"), changed)
		if x.first > 0 && changed > x.first && !x.flags.json {
			summary += fmt.Sprintf("; these are the first %d, and later differences may follow from the first", x.first)
		}
	}
	fmt.Fprintln(s.Err, summary)
	for _, reason := range reasons {
		i := slices.IndexFunc(told, func(r replay.Result) bool { return r.Left == reason })
		fmt.Fprintf(s.Err, "%s not replayed: %s (%s, %s)\n", words.Counted(why[reason], "flow"), reason, told[i].Request, told[i].Flow)
	}
	if changed > 0 {
		return errFindings
	}
	return nil
}
