package cli

import "github.com/spf13/cobra"

func newReplay(s Streams) *cobra.Command {
	var f recordsFlags
	var r rerun
	cmd := &cobra.Command{
		Use:   "replay [STORE | EXPORT]",
		Short: "Re-run recorded flows and report differences",
		Long: `Replay re-runs the recorded flows in their order, on a fresh store in memory, and
reports the first differences: a sync that no longer answers and why, one that
fires and did not, an action that ends differently, an answer that differs. The
record is that of the named store or export, or of the app in this folder. The
concepts are Go, so the flows are run by the Go test that plays the app's
scenarios, as legible test does. --with names the folder of another version of the
app: a version with a test of its own is run by it, and one without is run by the
present Go. The store that is replayed is only read.

The clock stands at the moment of each flow. New identities take the place of the
recorded ones. Secrets are not in the record: for a session or another secret that
the app gave, replay takes the one that the app gives now to the same user; for one
that a client made up, such as a password, it takes a text. Fields that no sync
names are not in the record. Replay reports what it could not run for these
reasons, and what depends on it.

Replay exits with 1 when there are differences.`,
		Example: "  legible replay sqlite:focusreader.db\n  legible replay monday.jsonl --with ../reader-next",
		RunE: func(cmd *cobra.Command, args []string) error {
			r.flags = &f
			return r.run(s, args)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&r.with, "with", "", "the folder of another version of the app")
	cmd.Flags().IntVarP(&r.count, "count", "n", 0, "how many flows to run at most, from the first on; 0 is all")
	cmd.Flags().IntVar(&r.first, "first", 5, "how many differences to report at most; 0 is all")
	cmd.Flags().BoolVar(&r.effects, "effects", false, "run effect actions too, which reach outside of the store")
	return cmd
}
