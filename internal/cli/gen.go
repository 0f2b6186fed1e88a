package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/gen"
	"github.com/legible-lang/legible/internal/diag"
)

func newGen(s Streams) *cobra.Command {
	var only bool
	cmd := &cobra.Command{
		Use:   "gen [PATH...]",
		Short: "Generate Go code from concept specifications",
		Long: `Gen writes NAME_gen.go next to each NAME.concept below the paths: the types of the
actions and queries, the refusals, the state, and the code that connects your Go
code to the engine. It prints the names of the files that it wrote.`,
		Example: "  legible gen ./concepts\n  legible gen --check",
		RunE: func(_ *cobra.Command, paths []string) error {
			folders, err := conceptFolders(paths)
			if err != nil {
				return err
			}
			write := gen.Folder
			if only {
				write = gen.Stale
			}
			var findings []diag.Diagnostic
			changed := 0
			for _, dir := range folders {
				names, ds, err := write(dir)
				findings = append(findings, ds...)
				if err != nil {
					return err
				}
				for _, name := range names {
					fmt.Fprintln(s.Out, slash(name))
				}
				changed += len(names)
			}
			err = broken(s.Err, diag.Sort(findings))
			if only && changed > 0 {
				fmt.Fprintf(s.Err, "%s stale: legible gen writes %s\n", areFiles(changed), pronoun(changed))
				err = errors.Join(err, errFindings)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&only, "check", false, "list the stale files and write nothing; exit with 1 if there are any")
	return cmd
}
