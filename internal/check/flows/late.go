package flows

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
)

// lateDrop reports a line of a later stage that may drop a frame and has no else.
func (r *reporter) lateDrop(m *model, l *check.Line) {
	if r.lateDrops[l] {
		return
	}
	r.lateDrops[l] = true
	r.an.add(diag.Diagnostic{Code: diag.LateDrop, Span: l.Tree.Span, Related: m.droppedInside(l),
		Message: "this line may give no frame, and the changes of the stage above remain",
		Notes: []string{"add an else below it if this can happen; otherwise “surely” before the line states that it cannot, " +
			"and the flow faults if it does"}})
}

// lateErrors reports error answers in later stages.
func (r *reporter) lateErrors(m *model) {
	for _, s := range m.syncs {
		for _, stage := range s.stages[1:] {
			lists := []*askList{stage.then}
			for _, l := range stage.where {
				if l.orelse != nil {
					lists = append(lists, l.orelse)
				}
			}
			for _, a := range slices.Concat(asksOf(lists)...) {
				if !a.action.respond {
					continue
				}
				if x := answerOf(s.sync, a.ask); x.Status >= 400 {
					r.an.add(diag.Diagnostic{Code: diag.LateError, Severity: diag.Warning, Span: a.ask.Tree.Span,
						Message: "this answers " + strconv.Itoa(x.Status) + ", but the changes of the stage above remain",
						Notes:   []string{"check what can fail in the first where, before anything changes"}})
				}
			}
		}
	}
}

func asksOf(lists []*askList) [][]*askInfo {
	var all [][]*askInfo
	for _, list := range lists {
		all = append(all, list.asks)
	}
	return all
}
