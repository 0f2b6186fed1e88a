package engine

import (
	"slices"

	langcheck "github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// verify logs what the specification of an action says and its Go code has not done:
// effects without any write, once for each action, and identities of the concept's own sets
// that no set has. The analysis of flows relies on the latter.
func (f *flow) verify(n int32, out []value.Value, wrote bool) {
	a, log := f.occs[n].action, f.engine.options.Log
	if a.Spec.Tree.Effects != nil && !wrote {
		if _, again := f.engine.idle.LoadOrStore(a, true); !again {
			log.Warn("an action wrote nothing, although its specification declares effects", "flow", f.idText, "action", a.FullName(), "specification", a.Spec.Tree.Span.String())
		}
	}
	for i, p := range a.Spec.Outputs {
		t := ownTable(a, p)
		if t == nil {
			continue
		}
		ids := []value.Value{out[i]}
		if p.Many != syntax.One {
			ids = out[i].Items()
		}
		for _, id := range ids {
			text, isText := id.Reveal().Text()
			if !isText {
				continue
			}
			if row, err := f.get(f.engine.tables[t.Index], text, true); err == nil && row == nil {
				log.Warn("an action returned an identity that no set has", "flow", f.idText, "action", a.FullName(), "output", p.Name, "set", t.Set.Name, "specification", a.Spec.Tree.Span.String())
			}
		}
	}
}

// ownTable returns the table of the members that an output identifies: of a set of the
// action's own concept, if the output is not an input that is passed through, nil otherwise.
func ownTable(a *plan.Action, out *langcheck.Param) *plan.Table {
	if out.Type.Kind != langcheck.Identity || slices.Contains(a.Inputs, out.Name) {
		return nil
	}
	for _, t := range a.Instance.Tables {
		if t.Of == nil && t.Set.Of == nil && t.Set.Name == out.Type.Name {
			return t
		}
	}
	return nil
}
