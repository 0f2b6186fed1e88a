package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A decision is left in the store as a word to whoever runs the flow: the app
// takes it up within a second when it runs, else when it starts.

const whenTaken = `
The decision is written to the store, whether or not the app runs. A running app
continues the flow within a second; otherwise the app does when it starts. Flows of
a store in memory cannot be decided about.`

func newFlowRetry(s Streams) *cobra.Command {
	return newDecision(s, &cobra.Command{
		Use:   "retry TRACE-ID",
		Short: "Run the effect action of a waiting flow again",
		Long: `Retry continues a flow that is parked or waits for its next try. Its effect action
runs again at once, with the same key and with as many tries as a new action.
` + whenTaken,
		Example: "  legible flow list --parked\n  legible flow retry 0198c2f4-6a51-7bd3-9a61-0e1c5fe0a0cd --reason 'the mail server is back'",
	}, "retry", "is tried again")
}

func newFlowCancel(s Streams) *cobra.Command {
	return newDecision(s, &cobra.Command{
		Use:   "cancel TRACE-ID",
		Short: "Cancel the effect action of a waiting flow",
		Long: `Cancel ends an effect action that is parked or waits for its next try, without
running it again. The action is refused with the code CANCELLED and the reason as
its sentence; syncs that match the refusal fire, and the flow runs to its end. An
earlier try may already have had its effect.
` + whenTaken,
		Example: "  legible flow cancel 0198c2f4-6a51-7bd3-9a61-0e1c5fe0a0cd --reason 'The address is gone.'",
	}, "cancel", "is cancelled")
}

func newDecision(s Streams, cmd *cobra.Command, code, done string) *cobra.Command {
	var f recordsFlags
	var reason string
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		st, err := f.openStore()
		if err != nil {
			return err
		}
		r := &records{store: st}
		defer r.close()
		id, err := r.find(args[0])
		if err != nil {
			return err
		}
		entries, rested, err := r.entries(id)
		if err != nil {
			return err
		}
		held := journal.BlockedBy(entries)
		switch {
		case rested:
			return fmt.Errorf("flow %s is at rest: there is nothing to %s", id, code)
		case held == nil:
			return fmt.Errorf("flow %s does not wait for a failed effect action: there is nothing to %s", id, code)
		}
		reason := strings.TrimSpace(reason)
		if len(reason) > 1000 {
			return errors.New("--reason is longer than 1000 bytes")
		}
		if err := st.Decide(context.Background(), store.Decision{Flow: id, Name: value.NewIDs().At(time.Now()).String(), Code: code, Reason: reason}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.Out, "%s of flow %s %s when the app reads the decision\n", held.Action, id, done)
		return err
	}
	cmd.Flags().StringVar(&f.app, "app", ".", "the folder of the app, with its texts and its store")
	cmd.Flags().StringVar(&f.store, "store", "", storeUsage)
	cmd.Flags().StringVar(&reason, "reason", "", "the reason; it is recorded, and it is the sentence of a cancelled action's refusal")
	return cmd
}
