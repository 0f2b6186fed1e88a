package journal

import (
	"time"

	"github.com/legible-lang/legible/value"
)

// An EntryWriter writes the entries of a flow as they happen. [Writer] is one.
type EntryWriter interface {
	Begun(now time.Time)
	Asked(id ActionID, action string, names []string, values []value.Value, further []value.Field)
	Returned(id ActionID, action string, names []string, values []value.Value)
	Refused(id ActionID, action, code, sentence string)
	Failed(id ActionID, action string, outcome Outcome, text string)
	Match(k Kind, number uint32, sync string, matched int)
	Matched(id ActionID)
	Entered(number uint32, sync string, stage int, of FrameID, line int)
	Lost(sync string, of FrameID, place string, rows, kept uint32, null string)
	Row(of []int, names []string, slots []value.Value)
	Frames(n int)
	Frame(line int, droppedAt string, names []string, slots []value.Value)
	End()
	Faulted(e Entry)
	Tried(id ActionID, action string, tries uint32, now, next time.Time, text string)
	Parked(id ActionID, action string, tries uint32, now time.Time, text string)
	Decided(id ActionID, action, code string, now time.Time, text, decision string)
}

var _ EntryWriter = (*Writer)(nil)

// Discard is an EntryWriter that writes nothing.
var Discard EntryWriter = discard{}

type discard struct{}

func (discard) Begun(time.Time)                                                {}
func (discard) Asked(ActionID, string, []string, []value.Value, []value.Field) {}
func (discard) Returned(ActionID, string, []string, []value.Value)             {}
func (discard) Refused(ActionID, string, string, string)                       {}
func (discard) Failed(ActionID, string, Outcome, string)                       {}
func (discard) Match(Kind, uint32, string, int)                                {}
func (discard) Matched(ActionID)                                               {}
func (discard) Entered(uint32, string, int, FrameID, int)                      {}
func (discard) Lost(string, FrameID, string, uint32, uint32, string)           {}
func (discard) Row([]int, []string, []value.Value)                             {}
func (discard) Frames(int)                                                     {}
func (discard) Frame(int, string, []string, []value.Value)                     {}
func (discard) End()                                                           {}
func (discard) Faulted(Entry)                                                  {}
func (discard) Tried(ActionID, string, uint32, time.Time, time.Time, string)   {}
func (discard) Parked(ActionID, string, uint32, time.Time, string)             {}
func (discard) Decided(ActionID, string, string, time.Time, string, string)    {}
