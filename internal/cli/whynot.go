package cli

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/explain"
)

func newWhyNot(s Streams) *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "whynot SYNC [TRACE-ID]",
		Short: "Explain why a sync did not fire",
		Long: `Whynot explains where a sync stopped in the flow of a request: the line of its when
that matched nothing, and how the nearest action differs; or the line of its where
that dropped a frame, with the values it read and where they came from. If the sync
waited for an action that was not asked, whynot continues with the sync that could
have asked it. The mark ! is at the line that failed. If the sync fired, whynot
says so.

A trace id may be shortened to a prefix or suffix that is unique. The default is
the newest flow.
` + whereRecords + `

Whynot exits with 0 when the sync fired, and with 1 when it did not.`,
		Example: "  legible whynot LogIn 0198c2f4-6a51-7bd3-9a61-0e1c5fe0a0cd\n  legible whynot LogIn --app apps/focusreader --store sqlite:focusreader.db",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := f.open(s)
			if err != nil {
				return err
			}
			defer r.close()
			name, err := explain.FindSync(r.plan, args[0])
			if err != nil {
				return err
			}
			trace := "last"
			if len(args) == 2 {
				trace = args[1]
			}
			id, err := r.find(trace)
			var away *turnedError
			if errors.As(err, &away) {
				return cmp.Or(f.print(s.Out, away.Trace, turnedTree(away.TurnedAway)), errFindings)
			}
			if err != nil {
				return err
			}
			entries, _, err := r.entries(id)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				summary := explain.Summarize(r.plan, entries, true)
				fmt.Fprintf(s.Err, "legible: the newest flow is %s, %s\n", id, summary.Request)
			}
			t, err := explain.WhyNot(r.plan, entries, name)
			if err != nil {
				return err
			}
			if err := f.print(s.Out, id, t); err != nil {
				return err
			}
			for _, fired := range explain.Summarize(r.plan, entries, true).Fired {
				if fired == name {
					return nil
				}
			}
			return errFindings
		},
	}
	f.add(cmd)
	return cmd
}

// meant is what may have been meant by a name that nobody knows, "" when
// nothing is near.
func meant(name string, names []string) string {
	if near, ok := diag.Nearest(name, names); ok {
		return "; did you mean " + near + "?"
	}
	return ""
}
