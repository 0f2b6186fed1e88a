package cli

import "github.com/spf13/cobra"

func newReplay(s Streams) *cobra.Command {
	var f recordsFlags
	var r rerun
	cmd := &cobra.Command{
		Use:   "replay [STORE | EXPORT]",
		Short: "Run recorded flows again and report differences",
		Long: `Replay runs recorded flows again, in order, on a new store in memory, and reports
the first differences: a sync that no longer answers and why, a sync that fires and
did not before, an action that ends differently, a different answer. It reads the
named store or export, or the store of the app in this folder, and does not change
it. The Go test that runs the app's scenarios runs the flows, as for legible test.
--with names the folder of another version of the app: its own test runs the flows
if it has one, otherwise the present Go code does.

The clock is set to the start of each flow. New identities replace the recorded
ones. The record contains no secrets: replay replaces a session or another secret of
the app by the one that the app now gives the same user, and a secret that a client
chose, such as a password, by a placeholder. Fields that no sync names are not in
the record. Replay reports the flows that it could not run for these reasons.

Replay exits with 1 when there are differences.`,
		Example: "  legible replay sqlite:focusreader.db\n  legible replay monday.jsonl --with ../reader-next",
		RunE: func(cmd *cobra.Command, args []string) error {
			r.flags = &f
			return r.run(s, args)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&r.with, "with", "", "the folder of another version of the app")
	cmd.Flags().IntVarP(&r.count, "count", "n", 0, "the maximum number of flows to run, starting with the oldest; 0 is all")
	cmd.Flags().IntVar(&r.first, "first", 5, "the maximum number of differences to report; 0 is all")
	cmd.Flags().BoolVar(&r.effects, "effects", false, "also run effect actions, which reach outside of the store")
	return cmd
}
