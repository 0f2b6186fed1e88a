package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

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
			p, err := planned(s, paths, "a plan is of one")
			if err != nil {
				return err
			}
			return p.Print(s.Out)
		},
	}
}

// planned gives the plan of the one program that the paths stand for. Of a
// program with errors there is none; they are printed as talk.
func planned(s Streams, paths []string, isOfOne string) (*plan.Plan, error) {
	w, err := open(paths)
	if err != nil {
		return nil, err
	}
	if n := len(w.programs); n > 1 {
		var roots []string
		for _, p := range w.programs {
			roots = append(roots, p.title())
		}
		return nil, fmt.Errorf("there are %d programs here, and %s: name one of %s", n, isOfOne, strings.Join(roots, ", "))
	}
	p := w.programs[0]
	findings, err := p.check(w)
	if err != nil {
		return nil, err
	}
	if err := broken(s.Err, diag.Sort(findings)); err != nil {
		return nil, err
	}
	return plan.Build(p.checked), nil
}
