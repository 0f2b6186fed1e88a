package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/explain"
	"github.com/legible-lang/legible/plan"
)

func newReplay(s Streams) *cobra.Command {
	var f recordsFlags
	var filter filterFlags
	var with string
	var count int
	var predict bool
	var again rerun
	cmd := &cobra.Command{
		Use:   "replay [STORE | EXPORT] | --predict [TRACE-ID...]",
		Short: "Run recorded flows again, and tell what goes otherwise",
		Long: `Replay runs what was asked from outside again, in the order of the record, on a
fresh store in memory, and tells the first differences: which sync no longer
answers and why, which fires and did not, what ends otherwise, which answer
differs. The record is that of the store or the export that is named, or of the
app here. The concepts are Go, so it is the Go test that plays the app's scenarios
that runs the flows, as legible test does. --with names the folder of another
version of the app: with a test of its own that one runs, and without the present
Go runs with the texts of that folder. The real store is only read.

The clock stands at the moment of each flow. Identities that are made anew stand
for those of the record, one for one. Secrets are not in the record: for a session
or another one that the app gave, what it gives now to the same user is taken, and
for one that a client made up, such as a password, a text. Nothing is known of
fields that no sync named. What could not be replayed for this is told, with the
reason, and so is what rests on it.

With --predict nothing is run, and neither Go nor state nor secret is needed: the
texts that --with names are held against what is recorded of the last flows, or of
those whose trace ids are given. An action that would be asked as it was ends as it
did, and a where that reads as it did gives what it gave. Where the record cannot
tell how a flow would go on, that is said.

Replay exits with 1 when a flow goes, or would go, otherwise.`,
		Example: "  legible replay sqlite:focusreader.db\n  legible replay monday.jsonl --with ../reader-next\n" +
			"  legible replay --predict 0198c2f4-6a51-7bd3-9a61-0e1c5fe0a0cd --with ../reader-next --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !predict {
				for _, name := range []string{"path", "sync", "concept", "outcome"} {
					if cmd.Flags().Changed(name) {
						return fmt.Errorf("--%s goes with --predict: a replay that runs needs all flows, as one rests on another", name)
					}
				}
				if again.flags, again.with = &f, with; cmd.Flags().Changed("count") {
					again.count = count
				}
				return again.run(s, args)
			}
			if with == "" {
				return errors.New("with which texts? name their folder with --with")
			}
			r, err := f.open(s)
			if err != nil {
				return err
			}
			defer r.close()
			now, err := planOf(s, with)
			if err != nil {
				return fmt.Errorf("--with: %w", err)
			}
			wants, err := filter.compile(r)
			if err != nil {
				return err
			}
			flows, err := r.named(args)
			if err == nil && len(args) == 0 {
				flows, err = r.last(count, wants)
				slices.Reverse(flows)
			}
			if err != nil {
				return err
			}
			return r.replay(s, now, flows, f.json)
		},
	}
	f.add(cmd)
	filter.add(cmd)
	cmd.Flags().StringVar(&with, "with", "", "the folder of the other texts")
	cmd.Flags().IntVarP(&count, "count", "n", 100, "with --predict: how many of the last flows at most; else, if it is given, how many from the first on; 0 is all")
	cmd.Flags().BoolVar(&predict, "predict", false, "run nothing: hold the texts of --with against the record")
	cmd.Flags().IntVar(&again.first, "first", 5, "how many differences are told at most; 0 is all")
	cmd.Flags().BoolVar(&again.effects, "effects", false, "run effect actions too, which reach outside of the store")
	return cmd
}

// named gives the flows of trace ids.
func (r *records) named(args []string) ([]listed, error) {
	var list []listed
	for _, arg := range args {
		id, err := r.find(arg)
		if err != nil {
			return nil, err
		}
		x, err := r.listed(id)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// A replayed is a flow with other texts, as JSON has it.
type replayed struct {
	Flow        string          `json:"flow"`
	Before      explain.Summary `json:"before"`
	After       explain.Summary `json:"after"`
	Unknown     int             `json:"unknown"` // how often the record could not tell
	Differences []*explain.Tree `json:"differences"`
}

func (r *records) replay(s Streams, now *plan.Plan, flows []listed, asJSON bool) error {
	changed, unknown, open := 0, 0, 0
	for _, x := range flows {
		if x.turned != nil {
			continue // it is the front that turned it away, not the texts alone
		}
		if !x.rested {
			open++
			continue // how it goes on is not in the record
		}
		replay := explain.WithTexts(r.plan, now, x.entries)
		if replay.Unknown > 0 {
			unknown++
		}
		if replay.Same() {
			continue
		}
		changed++
		if err := printReplay(s.Out, x, replay, asJSON); err != nil {
			return err
		}
	}
	told := fmt.Sprintf("of %s, %s", counted(len(flows)-open, "flow"), "all would go the same way")
	if changed > 0 {
		told = fmt.Sprintf("of %s, %d would go otherwise", counted(len(flows)-open, "flow"), changed)
	}
	if unknown > 0 {
		told += fmt.Sprintf("; of %d the record does not tell all", unknown)
	}
	if open > 0 {
		told += fmt.Sprintf("; %s not come to rest", map[bool]string{true: "one has", false: fmt.Sprintf("%d have", open)}[open == 1])
	}
	fmt.Fprintln(s.Err, told)
	if changed > 0 {
		return errFindings
	}
	return nil
}

func printReplay(w io.Writer, x listed, replay *explain.Replay, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(replayed{x.Flow, replay.Before, replay.After, replay.Unknown, replay.Differences})
	}
	if _, err := fmt.Fprintf(w, "%s  %s\n", x.Begun.Format(moment), x.Flow); err != nil {
		return err
	}
	if err := replay.Tree().Print(w, styleOf(w)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}
