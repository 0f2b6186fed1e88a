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

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/internal/workspace"
)

// collectAt lets the heap of a check grow to five times what it keeps before it is
// swept: it keeps little, and a person waits.
const collectAt = 400

func newCheck(s Streams) *cobra.Command {
	var format findingsFormat
	var fix, suggesting, watching bool
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Report errors and warnings in a program without running it",
		Long: `Check reads every .app, .sync, .concept and .scenario file below the paths and
prints its findings.

Each folder with an .app file is one program, together with everything below it.
A PATH may name a file or a folder inside such a folder: check reads the whole
program and prints the findings in that part. Concepts that a program uses and does
not contain come from the .concept files of the module, then from the catalogue.

With --fix, check applies the fix of each finding that has exactly one, formats the
files, lists its changes, and prints the remaining findings. It does not change
files that it cannot parse. With --suggest, check also prints suggestions: newer forms of
the language that make lines shorter and keep their meaning. They do not affect the
exit code, and --fix --suggest applies them. With --watch, check runs again whenever a file changes.`,
		Example: "  legible check\n  legible check apps/focusreader/auth.sync\n  legible check --fix\n  legible check --json . | jq .message",
		RunE: func(_ *cobra.Command, paths []string) error {
			defer debug.SetGCPercent(debug.SetGCPercent(collectAt))
			if watching {
				ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
				defer stop()
				return watch(ctx, s, paths, &format)
			}
			var files workspace.Texts
			fixed := 0
			if fix {
				var err error
				if fixed, err = fixAll(s.Err, &files, paths, suggesting); err != nil {
					return err
				}
			}
			w, err := openWith(&files, paths)
			if err != nil {
				return err
			}
			findings, err := checkAll(w, suggesting)
			if err != nil {
				return err
			}
			if err := format.print(s.Out, findings); err != nil {
				return err
			}
			if fix {
				io.WriteString(s.Err, fixedSo(fixed, findings)) // the beginning of the line below
			}
			fmt.Fprintf(s.Err, "checked %s: %s\n", words.Counted(w.Files(), "file"), tally(findings))
			if diag.HasErrors(findings) {
				return errFindings
			}
			return nil
		},
	}
	format.flags(cmd)
	cmd.Flags().BoolVar(&fix, "fix", false, "apply the fix of each finding that has exactly one, and format the files")
	cmd.Flags().BoolVar(&suggesting, "suggest", false, "also print suggestions: shorter forms of the language for lines that are right")
	cmd.Flags().BoolVar(&watching, "watch", false, "run again whenever a file changes")
	cmd.MarkFlagsMutuallyExclusive("fix", "watch")
	cmd.MarkFlagsMutuallyExclusive("suggest", "watch")
	cmd.MarkFlagsMutuallyExclusive("sarif", "watch")
	return cmd
}

// checkAll returns the findings in all programs, sorted.
func checkAll(w *workspace.Workspace, suggesting bool) ([]diag.Diagnostic, error) {
	var findings []diag.Diagnostic
	var errs []error
	for _, p := range w.Programs {
		ds, err := w.Check(p)
		findings, errs = append(findings, ds...), append(errs, err)
		if suggesting && err == nil {
			findings = append(findings, w.Suggest(p)...)
		}
	}
	return diag.Sort(findings), errors.Join(errs...)
}
