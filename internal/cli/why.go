package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

func newWhy(s Streams) *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "why TRACE-ID [ACTION] | ACTION",
		Short: "Explain why a request got its answer, or why an action was asked",
		Long: `Why traces an outcome back to its causes, each with its source position. For a
TRACE-ID, the value of the header X-Trace-Id of an answer, it explains which firing
answered the request, or why none did. For an ACTION it names the line that asked
it and where its inputs came from, back to the request.

A trace id may be shortened to a prefix or suffix that is unique; "last" is the
newest flow. An ACTION is a name, such as Sessioning.create, or an id from another
explanation, such as 1.0.2. Without a trace id, why searches the newest flow that
asked the action.
` + whereRecords + `

Why exits with 1 when the request was not answered, faulted, or was turned away
before it opened a flow.`,
		Example: "  legible why 0198c2f4-6a51-7bd3-9a61-0e1c5fe0a0cd\n" +
			"  legible why a0cd Sessioning.create --store sqlite:focusreader.db\n" +
			"  legible why Profile.authenticate --json",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := f.open(s)
			if err != nil {
				return err
			}
			defer r.close()
			return r.why(s, &f, args)
		},
	}
	f.add(cmd)
	return cmd
}

func (r *records) why(s Streams, f *recordsFlags, args []string) error {
	trace, action, _ := strings.Cut(args[0], "/")
	if len(args) == 2 {
		trace, action = args[0], args[1]
	}
	if action == "" && isActionName(trace) {
		return r.whyNewest(s, f, trace)
	}
	id, err := r.find(trace)
	var away *turnedError
	if errors.As(err, &away) && action == "" {
		return cmp.Or(f.print(s.Out, away.Trace, turnedTree(away.TurnedAway)), errFindings)
	}
	if err != nil {
		return err
	}
	entries, rested, err := r.entries(id)
	if err != nil {
		return err
	}
	if action != "" {
		return r.whyAction(s, f, id, entries, action)
	}
	if !rested {
		fmt.Fprintf(s.Err, "legible: flow %s has not come to rest; this is its state\n", id)
	}
	if err := f.print(s.Out, id, explain.WhyAnswer(r.plan, entries, rested)); err != nil {
		return err
	}
	switch explain.Summarize(r.plan, entries, rested).Outcome {
	case history.Unanswered, history.Faulted:
		return errFindings
	}
	return nil
}

func (r *records) whyAction(s Streams, f *recordsFlags, id value.ID, entries []journal.Entry, action string) error {
	at, count, err := explain.FindAction(r.plan, entries, action)
	if err != nil {
		return err
	}
	if count > 1 {
		fmt.Fprintf(s.Err, "legible: %s was asked %d times in flow %s; this is the first, %s\n", action, count, id, at)
	}
	t, err := explain.Why(r.plan, entries, at)
	if err != nil {
		return err
	}
	return f.print(s.Out, id, t)
}

// isActionName tells an action's name from a trace id: it has a dot in it, and
// no id of an action begins with a letter.
func isActionName(text string) bool {
	return strings.Contains(text, ".") && strings.Trim(text, "0123456789.") != ""
}

// searched is how many flows an action is looked for in.
const searched = 10000

// whyNewest explains an action in the newest flow that asked it.
func (r *records) whyNewest(s Streams, f *recordsFlags, action string) error {
	if err := r.known(action); err != nil {
		return err
	}
	looked, found := 0, false
	err := r.each(func(id value.ID) (bool, error) {
		looked++
		entries, _, err := r.entries(id)
		if err != nil {
			return false, err
		}
		if _, _, err := explain.FindAction(r.plan, entries, action); err != nil {
			return looked < searched, nil
		}
		found = true
		fmt.Fprintf(s.Err, "legible: %s was last asked in flow %s\n", action, id)
		return false, r.whyAction(s, f, id, entries, action)
	})
	switch {
	case err != nil:
		return err
	case looked == 0:
		return errNoRecord
	case !found:
		return fmt.Errorf("%s was not asked in the last %s", action, words.Counted(looked, "flow"))
	}
	return nil
}

// known tells whether the program has an action.
func (r *records) known(action string) error {
	var names []string
	for _, a := range r.plan.Actions {
		if a.FullName() == action {
			return nil
		}
		names = append(names, a.FullName())
	}
	return errors.New("there is no action " + action + meant(action, names))
}
