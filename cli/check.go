package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/diag"
)

func newCheck(s Streams) *cobra.Command {
	var format findingsFormat
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Find what is wrong with a program before it runs",
		Long: `Check reads every .app, .sync, .concept and .scenario file below the paths and
prints what is wrong with them.

Each folder with an .app file is a program of its own, with everything below
it. Inside such a folder you may name a part, a file or a folder: the whole
program is read, and what is found in that part is printed. Concepts that a
program uses and does not hold are taken from the .concept files of the module
around it, then from the catalogue.`,
		Example: "  legible check\n  legible check apps/focusreader/auth.sync\n  legible check --json . | jq .message",
		RunE: func(_ *cobra.Command, paths []string) error {
			w, err := open(paths)
			if err != nil {
				return err
			}
			var findings []diag.Diagnostic
			for _, p := range w.programs {
				ds, err := p.check(w)
				if err != nil {
					return err
				}
				findings = append(findings, ds...)
			}
			findings = diag.Sort(findings)
			if err := format.print(s.Out, findings); err != nil {
				return err
			}
			fmt.Fprintf(s.Err, "checked %s: %s\n", counted(w.files(), "file"), tally(findings))
			if diag.HasErrors(findings) {
				return errFindings
			}
			return nil
		},
	}
	format.flags(cmd)
	return cmd
}
