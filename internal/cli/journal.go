package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/store"
)

func newJournal(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Verify, export, import or compact the journal",
		Long: `The journal is the record of every flow: the actions that were asked, their
outcomes, and the syncs that fired. It is part of the app's store.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(*cobra.Command, []string) error {
			return errors.New("legible journal needs one of its commands: verify, export, import or compact; see legible journal --help")
		},
	}
	cmd.AddCommand(newJournalVerify(s), newJournalExport(s), newJournalImport(s), newJournalCompact(s))
	return cmd
}

// untilInterrupted ends with an interrupt, so that what is under way can be
// undone.
func untilInterrupted() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt)
}

// printJSON prints one object.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func newJournalCompact(s Streams) *cobra.Command {
	f := recordsFlags{app: "."}
	var age, flows string
	cmd := &cobra.Command{
		Use:   "compact",
		Short: "Delete old records and shrink the store",
		Long: `Compact deletes the records of flows at rest that are older than --journal-age, and
all but the newest --journal-flows; without these flags it deletes none. It then
deletes large values that nothing refers to, and shrinks the file to its content.
It does not touch state or unfinished flows.

A running app deletes old records once an hour, but its file does not shrink. Stop
the app before compact. A PostgreSQL database may be in use, and reclaims space
by itself.`,
		Example: "  legible journal compact\n  legible journal compact --store sqlite:focusreader.db --journal-age 7d --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var r store.Retention
			d, err := legible.ParseAge(age)
			if err != nil {
				return fmt.Errorf("--journal-age: %w", err)
			}
			if d > 0 {
				r.Before = time.Now().Add(-d)
			}
			if flows != "all" {
				n, err := strconv.Atoi(flows)
				if err != nil || n <= 0 {
					return fmt.Errorf("--journal-flows takes a number above 0 or “all”, not %q", flows)
				}
				r.Keep = n
			}
			ctx, stop := untilInterrupted()
			defer stop()
			c, err := f.compact(ctx, r)
			if err != nil {
				return err
			}
			if f.json {
				return printJSON(s.Out, c)
			}
			_, err = fmt.Fprintln(s.Out, c)
			return err
		},
	}
	cmd.Flags().StringVar(&f.store, "store", "", storeUsage)
	cmd.Flags().StringVar(&age, "journal-age", "all", "delete records of flows at rest that are older: 30d, 36h, 90m; all keeps every age")
	cmd.Flags().StringVar(&flows, "journal-flows", "all", "the maximum number of flows at rest whose records are kept, or all")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// A compaction is what compact has done, as JSON has it. The sizes are bytes on
// disk, of the file and of its large values, and 0 where the store has no file.
type compaction struct {
	Store  string `json:"store"`
	Flows  int    `json:"flows"`
	Blobs  int    `json:"blobs"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

func (c *compaction) String() string {
	text := fmt.Sprintf("%s: forgot %s, removed %s", c.Store, words.Counted(c.Flows, "flow"), words.Counted(c.Blobs, "large value"))
	if c.Before == 0 {
		return text + "; the database gives the room back by itself"
	}
	return fmt.Sprintf("%s; %s before, %s after", text, sized(c.Before), sized(c.After))
}

// sized writes a number of bytes for people.
func sized(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f kB", float64(n)/(1<<10))
}

// unusedFor is how long nothing may have referred to a large value before it is
// removed: a flow that has stored one may be about to.
const unusedFor = time.Hour

func (f *recordsFlags) compact(ctx context.Context, r store.Retention) (c *compaction, err error) {
	name, err := f.storeName()
	if err != nil {
		return nil, err
	}
	c = &compaction{Store: store.Redacted(name)}
	path, isFile := strings.CutPrefix(name, "sqlite:")
	if isFile {
		if c.Before, err = onDisk(path); err != nil {
			return nil, err
		}
	}
	st, err := legible.OpenStore(ctx, name, store.Full)
	if err != nil {
		return nil, err
	}
	err = c.in(ctx, st, r)
	if err = errors.Join(err, st.Close()); err != nil {
		return nil, err
	}
	if isFile {
		c.After, err = onDisk(path)
	}
	return c, err
}

func (c *compaction) in(ctx context.Context, st store.Store, r store.Retention) error {
	if err := prepareAsIs(ctx, st); err != nil {
		return err
	}
	var err error
	if c.Flows, err = st.Forget(ctx, r); err != nil {
		return err
	}
	if c.Blobs, err = st.SweepBlobs(ctx, unusedFor); err != nil {
		return err
	}
	if x, ok := st.(store.Compacter); ok {
		return x.Compact(ctx)
	}
	return nil
}

// prepareAsIs makes the tables of a store known to it as they are.
func prepareAsIs(ctx context.Context, st store.Store) error {
	d, ok := st.(store.Described)
	if !ok {
		return errors.New("this store cannot list its content")
	}
	schema := d.Schema()
	if schema == nil {
		return errors.New("nothing has been stored there yet")
	}
	return st.Prepare(ctx, schema)
}

// onDisk gives the size of a SQLite file with what belongs to it.
func onDisk(path string) (int64, error) {
	var n int64
	for _, name := range []string{path, path + "-wal", path + "-blobs"} {
		err := filepath.WalkDir(name, func(_ string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				n += info.Size()
			}
			return err
		})
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("measuring the store: %w", err)
		}
	}
	return n, nil
}
