package flows

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
)

// answeredTwice reports a line that answers a request that is answered already.
func (r *reporter) answeredTwice(w *walk, events []event, a *askInfo, by *askList) {
	if r.secondAnswers[a.ask] {
		return
	}
	r.secondAnswers[a.ask] = true
	if r.copies[by.sync.sync] {
		return // the two syncs are reported
	}
	first := slices.IndexFunc(events, func(e event) bool { return e.kind == answersEvent })
	var note string
	var everyPath *check.Pattern
	for _, s := range []*syncInfo{by.sync, events[first].list.sync} {
		if s.matchesAnyPath() {
			if r.anyPath[s] {
				return // reported already: it does so on every route
			}
			r.anyPath[s] = true
			i := slices.IndexFunc(s.when, func(p *patternInfo) bool { return p.action.request && p.path == "" })
			everyPath = s.when[i].pattern
			note = "“" + s.sync.Name + "” names no path, so it answers requests of all routes"
		}
	}
	name := by.sync.sync.Name
	d := diag.Diagnostic{Code: diag.AnsweredTwice, Severity: diag.Warning, Span: a.ask.Tree.Span,
		Related: w.describe(events)}
	var others *syncPair
	switch before := events[first]; {
	case before.ask == a && before.list == by:
		d.Message = w.entry.String() + " can be answered twice: " + name + " answers for each frame of its where"
		if l := w.multiplyingLine(by.sync); l != nil {
			d.Notes = append(d.Notes, severalFramesNote(l))
			d.Related = slices.Insert(d.Related, 0, diag.Related{Span: l.Tree.Span, Message: "this line can give several frames"})
		}
	default:
		other := before.list.sync.sync.Name
		if other == name {
			other = "this sync"
		} else {
			others = &syncPair{before.list.sync.sync, by.sync.sync}
		}
		d.Message = w.entry.String() + " can be answered twice: " + name + " answers here after " + other + " has answered"
	}
	if everyPath != nil {
		d.Related = slices.Insert(d.Related, 0, diag.Related{Span: everyPath.Tree.Span, Message: "this pattern names no path"})
	}
	d.Notes = append(d.Notes, "the first answer is sent; the second is refused as ALREADY_ANSWERED")
	if note != "" {
		d.Notes = append(d.Notes, note)
	} else {
		r.suggestAwait(&d, events, by)
	}
	if others != nil && d.Fix == nil {
		if i, ok := r.answeredPairs[*others]; ok {
			head := &r.an.found[i]
			head.Related = append(head.Related, diag.Related{Span: d.Span, Message: name + " can also answer here"})
			return
		}
		r.answeredPairs[*others] = len(r.an.found)
	}
	r.an.add(d)
}

// A syncPair is a sync and another one that answers the same request after it. One finding
// is about all lines of the second sync that answer.
type syncPair struct{ first, second *check.Sync }

// suggestAwait suggests to await a line that is refused on the path, if that keeps
// the sync from its second answer.
func (r *reporter) suggestAwait(d *diag.Diagnostic, events []event, by *askList) {
	for _, e := range events {
		if e.kind != refusedEvent || e.list != by || e.ask.ask.Awaited || by.joint {
			continue
		}
		r.awaited[e.ask.ask] = true
		d.Notes = append(d.Notes, "write “: ()” after “"+e.ask.action.name()+" (…)” to await it: then the lines below run only if it returns")
		d.Fix = e.ask.await()
		return
	}
}

// multiplyingLine returns the first line of a sync's where that gives several
// frames.
func (w *walk) multiplyingLine(s *syncInfo) *check.Line {
	for _, stage := range s.stages {
		for i, l := range stage.where {
			if stage.severalFrames[i+1] {
				return l.line
			}
		}
	}
	return nil
}

// severalFramesNote says why a line gives several frames, and what to do.
func severalFramesNote(l *check.Line) string {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		return "“" + b.Instance.Name + "." + b.Query.Name + "” may give several rows; if it gives at most one, declare it “optional” in its concept"
	case *check.FieldLine:
		return "several members can have this value; “xs is each …” collects them in one list"
	case *check.HasLine:
		return "the list can have several items; “xs is each …” makes one value of them"
	case *check.MemberLine:
		return "several members can have these values; “unique” in the state says that there is one, and “xs is each …” makes one list of them"
	case *check.ViewLine, *check.IsLine, *check.FilterLine, *check.FoldLine, *check.BlockLine:
	default:
		panic("flows: unknown line")
	}
	return "“" + lineText(l) + "” can give several frames; “xs is each …” collects them in one list"
}

func lineText(l *check.Line) string { return strings.Join(strings.Fields(l.Tree.Span.Text()), " ") }
