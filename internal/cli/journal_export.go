package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

func newJournalExport(s Streams) *cobra.Command {
	f := recordsFlags{app: "."}
	var flows []string
	var since string
	cmd := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write the records of flows as lines of JSON",
		Long: `Export writes the records of flows, newest first, to FILE, which must not exist, or
to stdout. Each line is a JSON object with a checksum, and the last line has a
checksum of all, so that truncation and changes are detected. "entries" is for
readers and jq; "record" is what legible journal import reads. The record contains
no secrets, and references instead of large values. State is not exported; legible
backup copies everything.

The app may run meanwhile. Unfinished flows are exported as they are
("rested": false). Export reports a flow whose record is damaged, leaves it out,
and exits with 1.`,
		Example: "  legible journal export monday.jsonl\n  legible journal export --flow 0198c2f4 | jq -r 'select(.flow).entries[]'\n  legible journal export --since 24h today.jsonl",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			x := &exporting{err: s.Err}
			if since != "" {
				at, err := parseSince(since, time.Now())
				if err != nil {
					return fmt.Errorf("--since: %w", err)
				}
				x.since = value.FirstID(at)
			}
			if f.json && len(args) == 0 {
				return errors.New("--json needs a FILE, because the export is written to stdout otherwise")
			}
			st, err := f.openStore()
			if err != nil {
				return err
			}
			x.records = records{store: st}
			defer x.close()
			for _, text := range flows {
				id, err := x.find(text)
				if err != nil {
					return err
				}
				x.named = append(x.named, id)
			}
			ctx, stop := untilInterrupted()
			defer stop()
			if len(args) == 0 {
				err = x.write(ctx, s.Out)
			} else {
				err = writeWhole(args[0], func(w io.Writer) error { return x.write(ctx, w) })
			}
			if err != nil {
				return err
			}
			return x.told(s, f.json, args)
		},
	}
	cmd.Flags().StringVar(&f.store, "store", "", storeUsage)
	cmd.Flags().StringSliceVar(&flows, "flow", nil, "only this flow: its trace id, or a prefix or suffix of it")
	cmd.Flags().StringVar(&since, "since", "", "only flows that began since this date, time, or duration ago (24h, 7d)")
	cmd.Flags().BoolVar(&f.json, "json", false, "report as JSON what was written to FILE")
	cmd.MarkFlagsMutuallyExclusive("flow", "since")
	return cmd
}

// parseSince reads a moment, or an age at now.
func parseSince(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	if age, err := legible.ParseAge(text); err == nil && age > 0 {
		return now.Add(-age), nil
	}
	return time.Time{}, fmt.Errorf("use a date (2030-01-31), a time (2030-01-31T12:00:00Z) or a duration before now (24h, 7d), not %q", text)
}

// An exporting goes through the flows that are wanted.
type exporting struct {
	records
	err   io.Writer
	since value.ID
	named []value.ID // only these, unless there are none
	flows int
	left  int // out, since they are damaged
}

func (x *exporting) write(ctx context.Context, to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<16)
	out, err := journal.NewExporter(w)
	if err != nil {
		return err
	}
	if len(x.named) > 0 {
		slices.SortFunc(x.named, func(a, b value.ID) int { return slices.Compare(b[:], a[:]) })
		err = x.some(ctx, out, slices.Compact(x.named))
	} else {
		err = x.each(ctx, out)
	}
	return errors.Join(err, out.End(), w.Flush())
}

// each exports all flows since the moment.
func (x *exporting) each(ctx context.Context, out *journal.Exporter) error {
	before := value.Zero
	for {
		ids, err := x.store.Flows(ctx, before, page)
		if err != nil {
			return err
		}
		last := len(ids) < page
		if n := slices.IndexFunc(ids, func(id value.ID) bool { return slices.Compare(id[:], x.since[:]) < 0 }); n >= 0 {
			ids, last = ids[:n], true
		}
		if err := x.some(ctx, out, ids); err != nil || last {
			return err
		}
		before = ids[len(ids)-1]
	}
}

func (x *exporting) some(ctx context.Context, out *journal.Exporter, ids []value.ID) error {
	// Before the records are read: what is not under way now has all of its
	// record.
	open, err := x.store.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := x.store.Journal(ctx, id)
		if err == nil && len(b) == 0 {
			continue // forgotten meanwhile
		}
		if err != nil {
			return err
		}
		if _, err := journal.Read(b); err != nil {
			x.left++
			fmt.Fprintf(x.err, "omitted flow %s: %v\n", id, err)
			continue
		}
		if err := out.Flow(journal.Recorded{Flow: id, Rested: !slices.Contains(open, id), Record: b}); err != nil {
			return err
		}
		x.flows++
	}
	return nil
}

// An exported is what was written, as JSON has it.
type exported struct {
	File  string `json:"file"`
	Flows int    `json:"flows"`
	Left  int    `json:"left"`
}

func (x *exporting) told(s Streams, asJSON bool, args []string) error {
	switch {
	case asJSON:
		if err := printJSON(s.Out, exported{slash(args[0]), x.flows, x.left}); err != nil {
			return err
		}
	case len(args) > 0:
		if _, err := fmt.Fprintln(s.Out, slash(args[0])); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.Err, "%s exported\n", words.Counted(x.flows, "flow"))
	if x.left > 0 {
		fmt.Fprintf(s.Err, "%s omitted: legible journal verify shows the damage\n", words.Counted(x.left, "flow"))
		return errFindings
	}
	return nil
}

// writeWhole makes a file that is there only when all of it is, durably.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	part := path + ".part"
	for _, name := range []string{path, part} {
		if exists(name) {
			return fmt.Errorf("%s already exists: name another file, or remove it", slash(name))
		}
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(part)
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", slash(path), err)
	}
	return os.Rename(part, path)
}
