package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/store"
)

func newBackup(s Streams) *cobra.Command {
	f := recordsFlags{app: "."}
	cmd := &cobra.Command{
		Use:   "backup PATH",
		Short: "Copy an app's store, even while the app runs",
		Long: `Backup copies the store of an app to PATH, which must not exist. The copy is a
consistent snapshot: PATH holds state and record, the folder PATH-blobs holds large
values. The app continues to run. If something is damaged or missing, or the command
is interrupted, backup leaves no copy.

To restore a copy, stop the app and move the file and its -blobs folder to the place
of the store, or start the app with --store sqlite:PATH.`,
		Example: "  legible backup monday.db\n  legible backup --store sqlite:focusreader.db /mnt/copies/monday.db",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s takes one path, for the copy; it got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) (err error) {
			st, err := f.openStore()
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			copier, ok := st.(store.Copier)
			if !ok {
				return errors.New("this store cannot be copied by legible: use the backup tools of its database")
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			defer stop()
			if err := copier.Backup(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintln(s.Out, slash(args[0]))
			return nil
		},
	}
	cmd.Flags().StringVar(&f.store, "store", "", storeUsage)
	return cmd
}
