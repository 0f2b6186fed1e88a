package inspect

import (
	"context"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/value"
)

// Verdicts says how a flow ended, as the pages and as package explain have it.
func (in *Inspector) Verdicts(ctx context.Context, id value.ID) (page, explained string) {
	s, err := in.reader(ctx).load(id)
	if err != nil {
		return err.Error(), ""
	}
	e := s.ending()
	summary := explain.Summarize(in.plan, s.entries, s.Rested)
	return string(e.result.Outcome) + " " + e.mark + " (" + string(e.class) + ", " + e.words + ")", string(summary.Outcome) + " " + summary.Status + " (" + summary.String() + ")"
}
