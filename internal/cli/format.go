package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

func newFormat(s Streams) *cobra.Command {
	var only bool
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Format files",
		Long: `Fmt formats .app, .sync, .concept and .scenario files and prints the names of those
that it changed. It does not change a file with syntax errors, and prints the
errors. The path - formats stdin to stdout.`,
		Example: "  legible fmt\n  legible fmt --check apps",
		RunE: func(_ *cobra.Command, paths []string) error {
			if len(paths) == 1 && paths[0] == "-" {
				return formatStream(s)
			}
			names, err := textsBelow(paths)
			if err != nil {
				return err
			}
			return formatFiles(s, names, only)
		},
	}
	cmd.Flags().BoolVar(&only, "check", false, "list the files that are not formatted and change nothing; exit with 1 if there are any")
	return cmd
}

func formatStream(s Streams) error {
	text, err := io.ReadAll(s.In)
	if err != nil {
		return fmt.Errorf("reading stdin: %w", err)
	}
	out, findings := syntax.Format(source.NewFile("stdin", string(text)))
	if _, err := io.WriteString(s.Out, out); err != nil {
		return fmt.Errorf("writing the formatted text: %w", err)
	}
	return broken(s.Err, findings)
}

func formatFiles(s Streams, names []string, only bool) error {
	var findings []diag.Diagnostic
	changed := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("formatting: %w", err)
		}
		out, ds := syntax.Format(source.NewFile(slash(name), string(text)))
		findings = append(findings, ds...)
		if out == string(text) {
			continue
		}
		changed++
		fmt.Fprintln(s.Out, slash(name))
		if only {
			continue
		}
		if err := overwrite(name, out); err != nil {
			return fmt.Errorf("formatting: %w", err)
		}
	}
	err := broken(s.Err, diag.Sort(findings))
	if only && changed > 0 {
		fmt.Fprintf(s.Err, "%s not formatted: legible fmt formats %s\n", areFiles(changed), pronoun(changed))
		err = errors.Join(err, errFindings)
	}
	return err
}

func areFiles(n int) string {
	if n == 1 {
		return "1 file is"
	}
	return fmt.Sprintf("%d files are", n)
}

func pronoun(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// broken prints what keeps texts from being used, as talk.
func broken(w io.Writer, findings []diag.Diagnostic) error {
	if !diag.HasErrors(findings) {
		return nil
	}
	err := diag.WriteText(w, findings, diag.TextOptions{Color: colorful(w)})
	return errors.Join(err, errFindings)
}
