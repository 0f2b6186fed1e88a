package mutation

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/scenario"
)

// An outcome is what a step of a scenario led to.
type outcome struct {
	scenario.Played
	syncs map[string]bool // the syncs that fired or dropped frames
	fired []string
	// answered and record are the answer, and what the flows did, without the
	// identities and moments that differ from run to run.
	answered, record string
}

// Identities and tokens are long; moments depend on how many steps ran before.
var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{22,}|\d{4}-\d\d-\d\dT[\d:.]+Z?`)

func newOutcome(p scenario.Played) outcome {
	o := outcome{Played: p, syncs: map[string]bool{}}
	o.answered = varying.ReplaceAllString(fmt.Sprintf("%d %s", p.Status, p.Body), "…")
	var record []string
	for _, entries := range p.Flows {
		for _, e := range entries {
			switch e.Kind {
			case journal.Fired:
				o.syncs[e.Sync] = true
				o.fired = append(o.fired, e.Sync)
				record = append(record, "fired "+e.Sync)
			case journal.Dropped:
				o.syncs[e.Sync] = true
			case journal.Completed:
				record = append(record, fmt.Sprintf("%s %s %s", e.Action, e.Outcome, e.Code))
			}
		}
	}
	o.record = strings.Join(record, "\n")
	return o
}

// explanations returns what why and whynot say about the step, where the original
// program had another outcome.
func (o *outcome) explanations(original outcome) (trees []namedTree) {
	for _, entries := range o.Flows {
		if len(entries) == 0 {
			continue
		}
		trees = append(trees, namedTree{"why", explain.WhyAnswer(o.Plan, entries, true)})
		for _, sync := range slices.Compact(slices.Sorted(slices.Values(original.fired))) {
			if slices.Contains(o.fired, sync) {
				continue
			}
			if tree, err := explain.WhyNot(o.Plan, entries, sync); err == nil {
				trees = append(trees, namedTree{"whynot " + sync, tree})
			}
		}
	}
	return trees
}

// A namedTree is an explanation and the command that shows it.
type namedTree struct {
	by   string
	tree *explain.Tree
}

func (t namedTree) text() string {
	var b strings.Builder
	if err := t.tree.Print(&b, explain.Style{}); err != nil {
		return err.Error()
	}
	return b.String()
}
