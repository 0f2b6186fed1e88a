package cli

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/diag"
	"github.com/legible-lang/legible/explain"
)

func newWhyNot(s Streams) *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "whynot SYNC [TRACE-ID]",
		Short: "Say why a sync did not fire",
		Long: `Whynot says where a sync stopped in the flow of a request: which line of its
when found nothing, and how the action that came nearest differs from it; or
which line of its where dropped a frame, with the values that it read and where
they came from. Where the sync waited for an action that nothing asked, it goes on
to the sync that could have asked it. The mark ! stands at the line that was the
end. Of a sync that did fire it says so, and how far it came.

A trace id may be cut to a part, at its beginning or end, that only one flow
has; without it, the newest flow is looked at.
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
				return cmp.Or(f.print(s.Out, away.id, away.tree()), errFindings)
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
