package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/internal/workspace"
	"github.com/legible-lang/legible/store"
)

func newJournalImport(s Streams) *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Create a store from an exported journal",
		Long: `Import reads a file of legible journal export (- is stdin) into a new store, so that
legible why, trace, flow and replay can use it on another machine. The store holds
records and no state: do not start an app on it. Import creates the store only if
it can read the whole file. Importing the same file again does nothing.

Import refuses files that are truncated or changed, of a newer version, or about
concepts that the app does not have.`,
		Example: "  legible journal import monday.jsonl --store sqlite:monday.db --app apps/focusreader",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s takes one file, written by legible journal export; it got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := f.newStore()
			if err != nil {
				return err
			}
			if names, err := (&workspace.Texts{}).Below(f.app); err == nil && len(names) == 0 {
				return fmt.Errorf("import needs the texts of the app, and there are no %s files below %s: name the folder of the app with --app", workspace.Kinds, slash(f.app))
			}
			p, err := planOf(s, f.app)
			if err != nil {
				return err
			}
			if p.Program.App == nil {
				return fmt.Errorf("there is no .app in %s, and an exported journal belongs to an app: name its folder with --app", slash(f.app))
			}
			in := s.In
			if args[0] != "-" {
				if _, err := workspace.Stat(args[0]); err != nil {
					return err
				}
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer file.Close()
				in = file
			}
			ctx, stop := untilInterrupted()
			defer stop()
			x := &importing{plan: p, instances: map[string]bool{}, Store: "sqlite:" + slash(path)}
			for _, i := range p.Instances {
				x.instances[i.Name] = true
			}
			if exists(path) {
				x.Known = true
				err = x.compare(ctx, path, in)
			} else {
				err = x.make(ctx, path, in)
			}
			if err != nil {
				return fmt.Errorf("importing %s: %w", slash(args[0]), err)
			}
			return x.print(s, f.json)
		},
	}
	f.app = "."
	cmd.Flags().StringVar(&f.app, "app", ".", "the folder of the app")
	cmd.Flags().StringVar(&f.store, "store", "", "the new store: sqlite:PATH")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// newStore gives the path of the file that is to be made.
func (f *recordsFlags) newStore() (string, error) {
	kind, path, named := strings.Cut(f.store, ":")
	switch {
	case f.store == "":
		return "", errors.New("the new store is missing: name a new file with --store sqlite:PATH")
	case !named && kind != "memory":
		return f.store, nil
	case kind != "sqlite":
		return "", fmt.Errorf("a journal is imported into a new SQLite file, not into %q: write --store sqlite:PATH", kind+":")
	case path == "":
		return "", fmt.Errorf("the store %q names no file: write sqlite:PATH", f.store)
	}
	return path, nil
}

// An importing is one import, as JSON has it.
type importing struct {
	plan      *plan.Plan
	instances map[string]bool
	Store     string `json:"store"`
	Flows     int    `json:"flows"`
	Open      int    `json:"open"`  // of these, that had not come to rest
	Known     bool   `json:"known"` // all was there already
}

// importBatch is how many flows are made durable together.
const importBatch = 512

// make makes the store under another name until all is in it.
func (x *importing) make(ctx context.Context, path string, in io.Reader) (err error) {
	part := path + ".part"
	clear := func(names ...string) error {
		var all error
		for _, end := range names {
			if e := os.RemoveAll(part + end); e != nil {
				all = errors.Join(all, e)
			}
		}
		return all
	}
	beside := []string{"-wal", "-shm", ".lock", "-blobs"}
	if err := clear(append(beside, "")...); err != nil { // of an import that was killed
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, clear(append(beside, "")...))
		}
	}()
	st, err := sqlite.Open(part, sqlite.Options{Durability: store.Memory})
	if err != nil {
		return err
	}
	if err := errors.Join(x.fill(ctx, st, in), st.Close()); err != nil {
		return err
	}
	if err := errors.Join(clear(beside...), syncFile(part)); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func (x *importing) fill(ctx context.Context, st store.Store, in io.Reader) error {
	if err := st.Prepare(ctx, engine.Schema(x.plan)); err != nil {
		return err
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	n := 0
	err := journal.ReadExport(in, func(r journal.Recorded) error {
		if err := errors.Join(x.note(r), ctx.Err()); err != nil {
			return err
		}
		group.Go(func() {
			f := st.NewSession(r.Flow)
			var err error
			if r.Rested {
				err = f.Finish(r.Record)
			} else {
				err = f.Commit(r.Record)
				f.Abandon()
			}
			if err != nil {
				mu.Lock()
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
		if n++; n%importBatch == 0 {
			group.Wait()
		}
		mu.Lock()
		defer mu.Unlock()
		return failed
	})
	group.Wait()
	return errors.Join(err, failed)
}

// note counts a flow, and refuses one of another app.
func (x *importing) note(r journal.Recorded) error {
	var foreign string
	journal.Skim(r.Record, func(m journal.Mark) {
		if m.Kind != journal.Asked {
			return
		}
		name := string(m.Name)
		if dot := strings.LastIndexByte(name, '.'); foreign == "" && (dot < 0 || !x.instances[name[:dot]]) {
			foreign = name
		}
	})
	if foreign != "" {
		return fmt.Errorf("flow %s asked %s, which the app %s does not have: the journal belongs to another app; name its folder with --app",
			r.Flow, foreign, x.plan.Program.Name)
	}
	x.Flows++
	if !r.Rested {
		x.Open++
	}
	return nil
}

// compare wants a store that is there to be what the file makes.
func (x *importing) compare(ctx context.Context, path string, in io.Reader) error {
	st, err := sqlite.Open(path, sqlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer st.Close() // it was only read: nothing can be lost
	return journal.ReadExport(in, func(r journal.Recorded) error {
		b, err := st.Journal(ctx, r.Flow)
		if err == nil && !bytes.Equal(b, r.Record) {
			err = fmt.Errorf("%s already exists and does not contain flow %s as the file has it: name a new file", slash(path), r.Flow)
		}
		return errors.Join(err, x.note(r))
	})
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (x *importing) print(s Streams, asJSON bool) error {
	if asJSON {
		return printJSON(s.Out, x)
	}
	if x.Known {
		_, err := fmt.Fprintf(s.Out, "%s contains this already: %s\n", x.Store, words.Counted(x.Flows, "flow"))
		return err
	}
	if _, err := fmt.Fprintf(s.Out, "%s: %s\n", x.Store, words.Counted(x.Flows, "flow")); err != nil {
		return err
	}
	if x.Open > 0 {
		fmt.Fprintf(s.Err, "%s had not come to rest: an app started on this store would continue them without the state\n", words.Counted(x.Open, "flow"))
	}
	return nil
}
