package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
)

func newPlan(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what the engine runs",
		Long: `Plan prints the program as the engine runs it: the concepts with their tables, the
routes with their fields and types, the index from actions to the lines of when
they may match, and for each sync its slots, its join order, and its steps, each
with its source position.`,
		Example: "  legible plan apps/focusreader",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			p, err := analyzed(s, paths, "a plan belongs to one")
			if err != nil {
				return err
			}
			return plan.Build(p.Program).Print(s.Out)
		},
	}
}

// analyzed checks and analyzes the one program that the paths stand for. If the
// program has errors, analyzed prints them as talk and returns an error.
func analyzed(s Streams, paths []string, isOfOne string) (*flows.Analysis, error) {
	w, err := open(paths)
	if err != nil {
		return nil, err
	}
	if n := len(w.Programs); n > 1 {
		var roots []string
		for _, p := range w.Programs {
			roots = append(roots, p.Title())
		}
		return nil, fmt.Errorf("there are %d programs here, and %s: name one of %s", n, isOfOne, strings.Join(roots, ", "))
	}
	p := w.Programs[0]
	findings, err := w.Check(p)
	if err != nil {
		return nil, err
	}
	if err := broken(s.Err, diag.Sort(findings)); err != nil {
		return nil, err
	}
	return p.Checked, nil
}
