package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// An event is a step of a path that a finding may describe.
type event struct {
	kind      eventKind
	sync      *syncInfo
	line      *lineInfo // whose else is asked, or that drops the frame
	many      bool      // where gives several frames
	ask       *askInfo
	list      *askList
	refusal   *check.Refusal
	condition condition
	label     string
}

type eventKind int8

const (
	firesEvent eventKind = iota
	dropsEvent
	refusedEvent
	answersEvent
	stopsEvent
	differsEvent
	entersEvent
)

// eventsTo returns the events on the first path to a node, with those in the node
// so far.
func (w *walk) eventsTo(at int) []event {
	var parts [][]event
	for {
		parts = append(parts, w.nodes[at].events)
		edge := w.nodes[at].edge
		if edge < 0 {
			break
		}
		parts = append(parts, w.edges[edge].events)
		at = w.edges[edge].from
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
}

// maxPlaces is the number of places that a finding lists. The middle of a longer
// path is left out.
const maxPlaces = 10

// describe turns events into places with messages.
func (w *walk) describe(events []event) []diag.Related {
	var list []diag.Related
	for _, e := range events {
		span, message := w.describeEvent(e)
		if span.Known() && message != "" {
			list = append(list, diag.Related{Span: span, Message: message})
		}
	}
	if len(list) > maxPlaces {
		const keep = maxPlaces / 2
		left := len(list) - maxPlaces
		list = slices.Concat(list[:keep], list[len(list)-keep:])
		list[keep].Message = "… (" + words.Counted(left, "step") + " later) " + list[keep].Message
	}
	return list
}

func (w *walk) describeEvent(e event) (source.Span, string) {
	switch e.kind {
	case firesEvent:
		name := e.sync.sync.Name
		each := ""
		if e.many {
			each = " for each of several frames"
		}
		if e.line != nil {
			return e.line.line.Tree.Span, name + ": " + dropReason(e.line.line) + ", so its else runs" + each
		}
		return e.sync.sync.Tree.Name.Span, name + " fires" + each
	case entersEvent:
		if e.line == nil {
			return source.Span{}, ""
		}
		return e.line.line.Tree.Span, e.sync.sync.Name + ": " + dropReason(e.line.line) + ", so its else runs"
	case dropsEvent:
		return e.line.line.Tree.Span, e.sync.sync.Name + ": " + dropReason(e.line.line) + ", and it has no else"
	case refusedEvent:
		if e.list == w.opening {
			return e.refusal.Tree.Span, w.entry.String() + " is refused: " + e.refusal.Code
		}
		text := e.ask.action.name() + " is refused, " + e.refusal.Code
		if e.ask.handler(e.refusal.Code) != nil {
			return e.ask.ask.Tree.Span, text + ", so its else is asked"
		}
		if !e.ask.ask.Awaited && !e.list.joint {
			return e.ask.ask.Tree.Span, text + "; the line does not await it, so " + e.list.sync.sync.Name + " continues"
		}
		return e.ask.ask.Tree.Span, text
	case answersEvent:
		return e.ask.ask.Tree.Span, e.list.sync.sync.Name + " answers"
	case stopsEvent:
		return e.ask.ask.Tree.Span, e.ask.action.name() + " returns outputs that this line does not match, so the next line does not run"
	case differsEvent:
		if e.label == "" {
			return source.Span{}, ""
		}
		return e.sync.sync.Tree.Name.Span, e.sync.sync.Name + " does not fire: " + e.label + " " + w.describeMismatch(e.condition)
	}
	return source.Span{}, ""
}

// describeMismatch says why a value fails a condition of a pattern.
func (w *walk) describeMismatch(c condition) string {
	switch {
	case c.b != 0 && c.want:
		return "differs"
	case c.b != 0:
		return "is the same"
	case c.literal == 0 && c.want:
		return "is not null"
	case c.literal == 0:
		return "is null"
	case c.want:
		return "is not " + w.literals.value(c.literal).String()
	}
	return "is " + w.literals.value(c.literal).String()
}

// dropReason says what the state is when a line drops a frame.
func dropReason(l *check.Line) string {
	_, filter := l.Body.(*check.FilterLine)
	_, is := l.Body.(*check.IsLine)
	switch {
	case l.Mode == syntax.NoLine && !filter && !is:
		return "this line finds a match"
	case filter:
		return "this condition is false"
	case is:
		return "the value differs"
	}
	return "this line gives no frame"
}
