package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// fired counts the firings of a sync in the flow of the last request.
func (w *world) fired(step *syntax.FiredStep) *Failure {
	name := step.Sync.Text
	if !w.asked {
		return &Failure{Message: "no request has been sent yet, so no sync can have fired"}
	}
	entries := w.last.entries()
	counts, order := map[string]int{}, []string{}
	for _, e := range entries {
		if e.Kind != journal.Fired {
			continue
		}
		if counts[e.Sync] == 0 {
			order = append(order, e.Sync)
		}
		counts[e.Sync]++
	}
	if counts[name] == step.Times {
		return nil
	}
	f := &Failure{Message: fmt.Sprintf("%s fired %s; the scenario expects it to fire %s", name, times(counts[name]), times(step.Times))}
	switch {
	case w.last == nil:
		f.note("the last request opened no flow, so no sync could fire")
	case len(order) == 0:
		f.note("no sync fired in the flow of the last request")
	default:
		var list []string
		for _, s := range order {
			list = append(list, s+" "+times(counts[s]))
		}
		f.note("these syncs fired in the flow of the last request: %s", strings.Join(list, ", "))
	}
	if counts[name] == 0 && w.last != nil {
		for _, s := range w.plan.Syncs {
			if s.Name == name {
				w.whyNot(f, s, entries)
			}
		}
	}
	if w.last != nil {
		f.note("trace %s", w.last.id)
	}
	return f
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// whyNot adds how far a sync that did not fire came.
func (w *world) whyNot(f *Failure, s *plan.Sync, entries []journal.Entry) {
	dropped := false
	for _, e := range entries {
		if e.Kind != journal.Dropped || e.Sync != s.Name {
			continue
		}
		for _, frame := range e.Frames {
			dropped = true
			f.note("its where dropped a frame at %s: %s%s", frame.DroppedAt, lineText(s, frame.Line), bindings(frame))
		}
	}
	if dropped {
		return
	}
	flow := history.Read(w.plan, entries, true)
	for _, p := range s.When {
		if !slices.ContainsFunc(flow.Actions, func(a *history.Action) bool { return a.Fits(p) }) {
			f.note("no action matched %s: %s", p.Span, p.Text)
			return
		}
	}
	f.note("each of its lines matches an action, but no combination of actions matches all lines")
}

func lineText(s *plan.Sync, i int) string {
	if l := s.Line(i); l != nil {
		return l.Text
	}
	return ""
}

// bindings formats the bindings of a frame.
func bindings(frame journal.Frame) string {
	var list []string
	for _, b := range frame.Bindings {
		list = append(list, b.Name+" = "+cut(show(b.Value), 80))
	}
	if len(list) == 0 {
		return ""
	}
	return "\n    with " + strings.Join(list, ", ")
}

// reason adds why a request was answered with an unexpected status: the reason in
// the answer, or else the refusals and dropped frames of the flow.
func (w *world) reason(f *Failure, got value.Value) {
	if text, ok := got.Get("reason").Text(); ok && text != "" {
		f.note("reason: %s", text)
		return
	}
	if w.last == nil {
		f.note("the request opened no flow")
		return
	}
	for _, e := range w.last.entries() {
		switch {
		case e.Kind == journal.Completed && e.Outcome == journal.Refused:
			f.note("%s was refused %s: %s", e.Action, e.Code, e.Text)
		case e.Kind == journal.Dropped || e.Kind == journal.Fired:
			for _, s := range w.plan.Syncs {
				if s.Name == e.Sync {
					whereItEnded(f, s, e)
				}
			}
		}
	}
}

// whereItEnded adds at which lines of where a match lost its frames.
func whereItEnded(f *Failure, s *plan.Sync, e journal.Entry) {
	for _, frame := range e.Frames {
		if frame.Line >= 0 {
			f.note("%s dropped a frame at %s: %s%s", s.Name, frame.DroppedAt, lineText(s, frame.Line), bindings(frame))
		}
	}
}
