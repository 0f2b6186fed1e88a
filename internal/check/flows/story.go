package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// An event is something that happens on a way and that a person must be told to
// understand it.
type event struct {
	kind    eventKind
	sync    *wiredSync
	way     *wiredLine // whose else is asked, or that drops
	many    bool       // there are several frames
	ask     *wiredAsk
	asking  *asking
	refusal *check.Refusal
	cond    cond
	label   string
}

type eventKind int8

const (
	firesEvent eventKind = iota
	dropsEvent
	refusedEvent
	answersEvent
	stopsEvent
	differsEvent
)

// trail is what happened on the first way to a node, and in it so far.
func (w *walk) trail(at int) []event {
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

// longestStory is how many places a story names; of a longer one the middle is
// left out.
const longestStory = 10

// story tells events as places with what happens there.
func (w *walk) story(events []event) []diag.Related {
	var list []diag.Related
	for _, e := range events {
		span, message := w.tell(e)
		if span.Known() && message != "" {
			list = append(list, diag.Related{Span: span, Message: message})
		}
	}
	if len(list) > longestStory {
		const keep = longestStory / 2
		left := len(list) - longestStory
		list = slices.Concat(list[:keep], list[len(list)-keep:])
		list[keep].Message = "… (" + counted(left, "step") + " later) " + list[keep].Message
	}
	return list
}

func (w *walk) tell(e event) (source.Span, string) {
	switch e.kind {
	case firesEvent:
		name := e.sync.sync.Name
		each := ""
		if e.many {
			each = ", once for each of several frames"
		}
		if e.way != nil {
			return e.way.line.Tree.Span, name + ": " + dropped(e.way.line) + ", so its else is asked" + each
		}
		return e.sync.sync.Tree.Name.Span, name + " fires" + each
	case dropsEvent:
		return e.way.line.Tree.Span, e.sync.sync.Name + ": " + dropped(e.way.line) + ", and it has no else"
	case refusedEvent:
		if e.asking == w.opening {
			return e.refusal.Tree.Span, w.entry.String() + " is refused: " + e.refusal.Code
		}
		text := e.ask.act.name() + " is refused, " + e.refusal.Code
		if !e.ask.ask.Awaited && !e.asking.joint {
			return e.ask.ask.Tree.Span, text + "; nobody awaits it, so " + e.asking.sync.sync.Name + " goes on"
		}
		return e.ask.ask.Tree.Span, text
	case answersEvent:
		return e.ask.ask.Tree.Span, e.asking.sync.sync.Name + " answers"
	case stopsEvent:
		return e.ask.ask.Tree.Span, e.ask.act.name() + " gives something else than this line wants, so the next is not asked"
	case differsEvent:
		if e.label == "" {
			return source.Span{}, ""
		}
		return e.sync.sync.Tree.Name.Span, e.sync.sync.Name + " does not fire: " + e.label + " " + w.differs(e.cond)
	}
	return source.Span{}, ""
}

// differs says how a value is not what a pattern wants.
func (w *walk) differs(c cond) string {
	switch {
	case c.b != 0 && c.want:
		return "is another one"
	case c.b != 0:
		return "is the same"
	case c.literal == 0 && c.want:
		return "is there"
	case c.literal == 0:
		return "is missing"
	case c.want:
		return "is not " + w.literals.at(c.literal).String()
	}
	return "is " + w.literals.at(c.literal).String()
}

// dropped says what happens when a line drops a frame.
func dropped(l *check.Line) string {
	_, filter := l.Body.(*check.FilterLine)
	_, is := l.Body.(*check.IsLine)
	switch {
	case l.Mode == syntax.NoLine && !filter && !is:
		return "what this line rules out is there"
	case filter:
		return "this is not so"
	case is:
		return "this differs"
	}
	return "this line gives nothing"
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// enumerate joins words as a sentence does: "a, b and c".
func enumerate(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
