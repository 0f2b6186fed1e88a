package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/diag"
)

// collectAt lets the heap of a check grow to five times what it keeps before it is
// swept: it keeps little, and a person waits.
const collectAt = 400

func newCheck(s Streams) *cobra.Command {
	var format findingsFormat
	var fix, watching bool
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Find what is wrong with a program before it runs",
		Long: `Check reads every .app, .sync, .concept and .scenario file below the paths and
prints what is wrong with them.

Each folder with an .app file is a program of its own, with everything below
it. Inside such a folder you may name a part, a file or a folder: the whole
program is read, and what is found in that part is printed. Concepts that a
program uses and does not hold are taken from the .concept files of the module
around it, then from the catalogue.

With --fix it makes the one sure edit of each finding that has one, writes the
files in their one style, says what it did, and prints what is left. A file that
cannot be read even then stays as it is. With --watch it checks again whenever a
file changes, until it is interrupted.`,
		Example: "  legible check\n  legible check apps/focusreader/auth.sync\n  legible check --fix\n  legible check --json . | jq .message",
		RunE: func(_ *cobra.Command, paths []string) error {
			defer debug.SetGCPercent(debug.SetGCPercent(collectAt))
			if watching {
				ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
				defer stop()
				return watch(ctx, s, paths, &format)
			}
			var files texts
			fixed := 0
			if fix {
				var err error
				if fixed, err = fixAll(s.Err, &files, paths); err != nil {
					return err
				}
			}
			w, err := openWith(&files, paths)
			if err != nil {
				return err
			}
			findings, err := w.check()
			if err != nil {
				return err
			}
			if err := format.print(s.Out, findings); err != nil {
				return err
			}
			if fix {
				io.WriteString(s.Err, fixedSo(fixed, findings)) // the beginning of the line below
			}
			fmt.Fprintf(s.Err, "checked %s: %s\n", counted(w.files(), "file"), tally(findings))
			if diag.HasErrors(findings) {
				return errFindings
			}
			return nil
		},
	}
	format.flags(cmd)
	cmd.Flags().BoolVar(&fix, "fix", false, "make the one sure edit of each finding that has one, and write the files in their one style")
	cmd.Flags().BoolVar(&watching, "watch", false, "check again whenever a file changes")
	cmd.MarkFlagsMutuallyExclusive("fix", "watch")
	cmd.MarkFlagsMutuallyExclusive("sarif", "watch")
	return cmd
}

// check gives what is found in all programs, sorted.
func (w *workspace) check() ([]diag.Diagnostic, error) {
	var findings []diag.Diagnostic
	var errs []error
	for _, p := range w.programs {
		ds, err := p.check(w)
		findings, errs = append(findings, ds...), append(errs, err)
	}
	return diag.Sort(findings), errors.Join(errs...)
}
