package journal

import (
	"strings"
	"testing"
	"time"
)

// TestCheck changes a good flow by one thing, and wants that to be told and
// nothing else.
func TestCheck(t *testing.T) {
	root, first := ActionID{}, ActionID{1, 0, 0}
	good := func() []Entry {
		return []Entry{
			{Kind: Begun, Version: Version, Moment: time.UnixMilli(0)},
			{Kind: Asked, ID: root, Action: "R.request"},
			{Kind: Completed, ID: root, Action: "R.request", Outcome: Returned},
			{Kind: Fired, Number: 1, Sync: "S", Matched: []ActionID{root}, Frames: []Frame{{Line: -1}}},
			{Kind: Asked, ID: first, Action: "P.do"},
			{Kind: Completed, ID: first, Action: "P.do", Outcome: Returned},
		}
	}
	without := func(n int) func([]Entry) []Entry {
		return func(e []Entry) []Entry { return append(e[:n:n], e[n+1:]...) }
	}
	with := func(x ...Entry) func([]Entry) []Entry {
		return func(e []Entry) []Entry { return append(e, x...) }
	}
	for _, c := range []struct {
		name   string
		change func([]Entry) []Entry
		open   bool
		want   string // "" is nothing
	}{
		{name: "as it is", change: func(e []Entry) []Entry { return e }},
		{name: "no beginning", change: without(0), want: `its entry 1 is "asked", but a flow has exactly one entry begun, which is the first`},
		{name: "begun twice", change: with(Entry{Kind: Begun}), want: `its entry 7 is "begun", but a flow has exactly one entry begun, which is the first`},
		{name: "only begun", change: func(e []Entry) []Entry { return e[:1] }, open: true, want: "it has no first action"},
		{name: "no outcome", change: without(5), want: "it is at rest, but the action 1.0.0 (P.do) has no outcome"},
		{name: "no outcome yet", change: without(5), open: true},
		{name: "given up", change: func(e []Entry) []Entry { return append(e[:5], Entry{Kind: Faulted, Text: "deadline"}) }},
		{name: "never asked", change: without(4), want: "the action 1.0.0 (P.do) returned, but was never asked"},
		{name: "asked twice", change: with(good()[4]), want: "the action 1.0.0 (P.do) was asked twice"},
		{name: "ended twice", change: with(good()[5]), want: "the action 1.0.0 (P.do) returned and then returned"},
		{name: "not kept", change: with(Entry{Kind: Completed, ID: first, Action: "P.do", Outcome: Undone})},
		{name: "another name", change: func(e []Entry) []Entry { e[5].Action = "P.undo"; return e }, want: "the action 1.0.0 was asked as P.do and ended as P.undo"},
		{name: "a firing is missing", change: func(e []Entry) []Entry { e[3].Number, e[4].ID.Firing, e[5].ID.Firing = 2, 2, 2; return e },
			want: "the firing 2 of S comes after firing 0: the firings between are missing"},
		{name: "no such frame", change: func(e []Entry) []Entry { e[4].ID.Frame, e[5].ID.Frame = 1, 1; return e },
			want: "the action 1.1.0 (P.do) was asked for a frame that its firing does not have"},
		{name: "nobody's", change: func(e []Entry) []Entry { return append(e[:3:3], e[4:]...) }, want: "the action 1.0.0 (P.do) was asked by a firing that does not exist"},
		{name: "matched too early", change: with(Entry{Kind: Dropped, Sync: "T", Matched: []ActionID{{9, 0, 0}}}), want: "the sync T matched the action 9.0.0, which had not ended"},
		{name: "a later stage", change: with(Entry{Kind: Entered, Number: 2, Sync: "S", Stage: 1, Of: FrameID{1, 0}, Frames: []Frame{{Line: -1}}})},
		{name: "lost rows", change: with(Entry{Kind: Entered, Number: 2, Sync: "S", Stage: 1, Of: FrameID{1, 0}, Frames: []Frame{{Line: -1}}}, Entry{Kind: Lost, Sync: "S", Of: FrameID{2, 0}, Place: "a.sync:1:1"})},
		{name: "lost rows of no frame", change: with(Entry{Kind: Entered, Number: 2, Sync: "S", Stage: 1, Of: FrameID{1, 0}, Frames: []Frame{{Line: -1}}}, Entry{Kind: Lost, Sync: "S", Of: FrameID{2, 1}, Place: "a.sync:1:1"}), want: "rows of the sync S were lost at a.sync:1:1 in a frame that does not exist"},
		{name: "a stage of no frame", change: with(Entry{Kind: Entered, Number: 2, Sync: "S", Stage: 1, Of: FrameID{1, 1}}), want: "the sync S entered its stage 2 for a frame that does not exist"},
		{name: "a stage without a number", change: with(Entry{Kind: Entered, Number: 1, Sync: "S", Stage: 1, Of: FrameID{1, 0}}), want: "the firing 1 of S comes after firing 1: the firings between are missing"},
	} {
		got := strings.Join(Check(c.change(good()), !c.open), "; ")
		if got != c.want {
			t.Errorf("%s: told %q, want %q", c.name, got, c.want)
		}
	}
}
