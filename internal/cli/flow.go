package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

func newFlow(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "flow",
		Short: "List flows, show one, write scenarios, and decide about parked flows",
		Long: `A flow is a request and everything that followed from it. Its id is the trace id
of the answer.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.New("legible flow needs one of its commands: list, show, scenario, retry or cancel; see legible flow --help")
		},
	}
	cmd.AddCommand(newFlowList(s), newFlowShow(s), newFlowScenario(s), newFlowRetry(s), newFlowCancel(s))
	return cmd
}

func newFlowShow(s Streams) *cobra.Command {
	var f recordsFlags
	var raw bool
	cmd := &cobra.Command{
		Use:   "show TRACE-ID",
		Short: "Show what happened in a flow",
		Long: `Show prints a flow as a tree: below an action the syncs that it triggered, below a
sync the actions that it asked, and the lines of where that dropped a match. With
--entries it prints the entries of the record, one per line.
` + whereRecords,
		Example: "  legible flow show 0198c2f4-6a51-7bd3-9a61-0e1c5fe0a0cd\n  legible flow show last --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := f.open(s)
			if err != nil {
				return err
			}
			defer r.close()
			id, err := r.find(args[0])
			var away *turnedError
			if errors.As(err, &away) && !raw {
				return f.print(s.Out, away.Trace, turnedTree(away.TurnedAway))
			}
			if err != nil {
				return err
			}
			entries, rested, err := r.entries(id)
			if err != nil {
				return err
			}
			if raw {
				return printEntries(s.Out, entries)
			}
			return f.print(s.Out, id, explain.Flow(r.plan, entries, rested))
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&raw, "entries", false, "print the record's entries")
	cmd.MarkFlagsMutuallyExclusive("entries", "json")
	return cmd
}

func newFlowScenario(s Streams) *cobra.Command {
	var f recordsFlags
	var title string
	cmd := &cobra.Command{
		Use:   "scenario TRACE-ID...",
		Short: "Write recorded flows as a scenario",
		Long: `Scenario writes recorded flows as a scenario that legible test runs: their requests
in the given order, the answers, and the syncs that fired. An identity in an answer
becomes a name in the steps that follow. A scenario starts with an empty store, so
also name the earlier flows that created what these flows use. The record contains
no secrets: a placeholder takes the place of each secret that a client chose, and
a different placeholder where the answer was 401.
` + whereRecords,
		Example: "  legible flow scenario a0cd 33f1 --title 'a login that failed' >>app.scenario",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.scenario(s, title, args)
		},
	}
	f.addPlaces(cmd)
	cmd.Flags().StringVar(&title, "title", "", "the title of the scenario")
	return cmd
}

// scenario writes the flows of trace ids as a scenario.
func (f *recordsFlags) scenario(s Streams, title string, ids []string) error {
	r, err := f.open(s)
	if err != nil {
		return err
	}
	defer r.close()
	flows, err := r.named(ids)
	if err != nil {
		return err
	}
	var entries [][]journal.Entry
	for _, x := range flows {
		entries = append(entries, x.entries)
	}
	if title == "" {
		title = "as recorded on " + flows[0].Begun.Format("2006-01-02")
	}
	text, err := explain.Scenario(r.plan, title, entries...)
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.Out, text)
	return err
}

func printEntries(w io.Writer, entries []journal.Entry) error {
	for _, e := range entries {
		if _, err := fmt.Fprintln(w, e); err != nil {
			return err
		}
	}
	return nil
}

func newFlowList(s Streams) *cobra.Command {
	var f recordsFlags
	var filter filterFlags
	var count int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the latest flows, newest first",
		Long: `List prints one line for each of the latest flows: its start time, its id, what
opened it, and how it ended. For a flow that waits, the line names the effect action
that will be tried again or is parked. --parked lists only parked flows.
` + whereRecords,
		Example: "  legible flow list -n 50 --outcome unanswered\n  legible flow list --sync LogIn --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			r, err := f.open(s)
			if err != nil {
				return err
			}
			defer r.close()
			wants, err := filter.compile(r)
			if err != nil {
				return err
			}
			last := r.last
			if filter.parked {
				last = r.lastUnfinished // they may be old
			}
			list, err := last(count, wants)
			if err != nil {
				return err
			}
			return f.printList(s.Out, list)
		},
	}
	f.add(cmd)
	filter.add(cmd)
	cmd.Flags().IntVarP(&count, "count", "n", 20, "the maximum number of flows; 0 is all")
	return cmd
}

// A listed is a flow of a list.
type listed struct {
	Flow string `json:"flow"`
	explain.Summary
	id      value.ID
	entries []journal.Entry
	rested  bool
	turned  *history.TurnedAway // instead of entries, when it opened no flow
}

// tree is what happened.
func (x *listed) tree(p *plan.Plan) *explain.Tree {
	if x.turned != nil {
		return turnedTree(x.turned)
	}
	return explain.Flow(p, x.entries, x.rested)
}

// line is what happened in a few words.
func (x *listed) line() string {
	if x.turned != nil {
		return fmt.Sprintf("%s: turned away with %d, %s", x.Request, x.turned.Status, x.Reason)
	}
	return x.Summary.String()
}

// last gives the last flows that are wanted, newest first.
func (r *records) last(count int, wants func(*explain.Summary) bool) ([]listed, error) {
	var list []listed
	err := r.withTurned(func(x listed) (bool, error) {
		if wants(&x.Summary) {
			list = append(list, x)
		}
		return count <= 0 || len(list) < count, nil
	})
	return list, err
}

// lastUnfinished does the same among those that have not come to rest.
func (r *records) lastUnfinished(count int, wants func(*explain.Summary) bool) ([]listed, error) {
	ids, err := r.store.Unfinished(context.Background())
	if err != nil {
		return nil, err
	}
	var list []listed
	for _, id := range slices.Backward(ids) {
		x, err := r.listed(id)
		if err != nil {
			return nil, err
		}
		if wants(&x.Summary) {
			list = append(list, x)
		}
		if count > 0 && len(list) == count {
			break
		}
	}
	return list, nil
}

func (r *records) listed(id value.ID) (listed, error) {
	entries, rested, err := r.entries(id)
	if err != nil {
		return listed{}, err
	}
	return listed{Flow: id.String(), Summary: explain.Summarize(r.plan, entries, rested), id: id, entries: entries, rested: rested}, nil
}

// moment is how a list shows when a flow began.
const moment = "2006-01-02 15:04:05.000Z"

func (f *recordsFlags) printList(w io.Writer, list []listed) error {
	if f.json {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for _, x := range list {
			if err := e.Encode(x); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	for _, x := range list {
		fmt.Fprintf(&b, "%s  %s  %s\n", x.Begun.Format(moment), x.Flow, x.line())
	}
	_, err := io.WriteString(w, b.String())
	return err
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

// filterFlags say which flows are wanted.
type filterFlags struct {
	path, sync, concept, outcome string
	parked                       bool
}

// outcomes are what --outcome may be, besides a status.
func outcomes() []string {
	list := []string{turnedAway}
	for _, o := range history.Outcomes {
		list = append(list, string(o))
	}
	return list
}

func (f *filterFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.path, "path", "", "only requests of this path; * matches anything")
	cmd.Flags().StringVar(&f.sync, "sync", "", "only flows in which this sync matched")
	cmd.Flags().StringVar(&f.concept, "concept", "", "only flows in which an action of this concept was asked")
	cmd.Flags().StringVar(&f.outcome, "outcome", "", "only flows with this outcome ("+strings.Join(outcomes(), ", ")+") or status (401, 4xx)")
	cmd.Flags().BoolVar(&f.parked, "parked", false, "only flows with a parked effect action, which wait for legible flow retry or cancel")
}

// compile holds the names against the program and makes a test of them.
func (f *filterFlags) compile(r *records) (func(*explain.Summary) bool, error) {
	if f.sync != "" {
		if _, err := explain.FindSync(r.plan, f.sync); err != nil {
			return nil, fmt.Errorf("--sync: %w", err)
		}
	}
	var names []string
	for _, in := range r.plan.Instances {
		names = append(names, in.Name)
	}
	if f.concept != "" && !slices.Contains(names, f.concept) {
		return nil, fmt.Errorf("--concept: the app uses no %s%s", f.concept, meant(f.concept, names))
	}
	if known := outcomes(); f.outcome != "" && !history.IsStatus(f.outcome) && !slices.Contains(known, f.outcome) {
		return nil, fmt.Errorf("--outcome is one of %s, or a status, not %q%s", strings.Join(known, ", "), f.outcome, meant(f.outcome, known))
	}
	path, err := regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(f.path), `\*`, ".*") + "$")
	if err != nil {
		return nil, fmt.Errorf("--path: %w", err)
	}
	return func(s *explain.Summary) bool {
		switch {
		case f.path != "" && !path.MatchString(s.Path),
			f.sync != "" && !slices.Contains(s.Fired, f.sync) && !slices.Contains(s.Dropped, f.sync),
			f.concept != "" && !slices.Contains(s.Concepts, f.concept),
			f.outcome != "" && !s.Is(f.outcome),
			f.parked && (s.Held == nil || !s.Held.Parked):
			return false
		}
		return true
	}, nil
}
