// Package journal encodes the record of a flow.
//
// Its three main types are [Entry], one event; [ActionID], the name of an action
// in its flow; and [Writer], which makes the bytes that a store keeps. It
// promises that entries read back as they were written, except for secrets, which
// are never written; that the same flow gives the same bytes; that invalid bytes
// give an error and never a panic; and that a truncated or changed export is
// detected. [Check] reports what no program's flow can contain. Package
// engine decides what the entries mean for recovery, package explain what they mean for
// a person.
package journal

import (
	"fmt"
	"time"

	"github.com/legible-lang/legible/value"
)

// Version is the version of the format that this package writes. A flow's
// first entry holds the version that its entries have.
//
// Version 2 added Tried, Parked and Decided. Version 3 added values that are not
// kept: a value.Omitted may replace a value. Version 4 added Entered, version 5 the place
// in Faulted, and Lost.
const Version = 5

// LateField is a field of the entry Completed of an answer. It is set if the client had been
// told to wait before the answer was given.
const LateField = "late"

// A Kind is the type of an entry.
type Kind uint8

const (
	// Begun opens a flow at a time.
	Begun Kind = iota + 1
	// Asked: an action was asked.
	Asked
	// Completed: an action returned, was refused or faulted.
	Completed
	// Fired: a sync's match kept frames and asks their actions.
	Fired
	// Dropped: where dropped all frames of a match.
	Dropped
	// Faulted: something outside an action failed: a limit, a deadline, an
	// expression.
	Faulted
	// Tried: an effect action failed, and will be retried.
	Tried
	// Parked: an effect action failed and is not retried without a decision.
	Parked
	// Decided: a decision about a failed effect action.
	Decided
	// Entered: a frame entered a later stage of its sync, or the where of a line of
	// then, whose frames ask their actions.
	Entered
	// Lost: a line inside a view, a fold or the where of a line of then dropped rows of
	// a frame. It follows the entry Fired, Dropped or Entered that has the frame.
	Lost
)

func (k Kind) String() string {
	if k < Begun || k > Lost {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return [...]string{"begun", "asked", "completed", "fired", "dropped", "faulted", "tried", "parked", "decided", "entered", "lost"}[k-1]
}

// An Outcome is how an action ended.
type Outcome uint8

const (
	// Pending actions have not ended.
	Pending Outcome = iota
	// Returned actions returned outputs.
	Returned
	// Refused actions declined and changed nothing.
	Refused
	// Fault is a bug or a failed disk: not part of the contract.
	Fault
	// Undone actions returned, but another action of the same joint decision did not.
	Undone
)

func (o Outcome) String() string {
	return [...]string{"pending", "returned", "refused", "faulted", "undone"}[o]
}

// An ActionID names an action in its flow by its origin: the number of the
// firing, the frame, and the line among all lines of the sync's else and then.
// The zero ActionID is the action that opened the flow.
type ActionID struct {
	Firing, Frame, Line uint32
}

// String prints "0" for the action that opened the flow, else firing.frame.line.
func (id ActionID) String() string {
	if id == (ActionID{}) {
		return "0"
	}
	return fmt.Sprintf("%d.%d.%d", id.Firing, id.Frame, id.Line)
}

// An Entry is one event. Its Kind says which fields are set.
type Entry struct {
	Kind Kind

	// Begun
	Version int
	Moment  time.Time // also of Tried, Parked and Decided

	// Asked, Completed, Tried, Parked, Decided
	ID     ActionID
	Action string        // full name
	In     []value.Field // inputs by name; secrets are removed

	// Completed
	Outcome Outcome
	Out     []value.Field // outputs by name
	Code    string        // of a refusal; in Decided "retry" or "cancel"
	Text    string        // sentence of a refusal, text of a fault or a failed try, or reason of a decision

	// Tried, Parked: Tries is the number of runs since the action was asked or the
	// last decision to run it again.
	Tries uint32
	Next  time.Time // Tried: time of the retry
	// Decided
	Decision string // its name, so that it counts once

	// Fired, Dropped, Entered, Lost, and Faulted if a sync faulted
	Number  uint32 // of the firing, from 1; Entered continues the numbers of Fired
	Sync    string
	Matched []ActionID // of Fired and Dropped; of Faulted, if the where of the match did
	Frames  []Frame    // of Lost, some of the dropped rows

	// Entered, and Faulted if a stage or the where of a line did. Faulted has an ID if an
	// input of that action could not be computed.
	Stage int     // index of the stage, from 1
	Of    FrameID // the frame that entered it; of Lost, the frame that lost rows
	// Line is set if the frames are those of the where of one line of then: 1 + the
	// place of the line among all lines of the sync's else and then.
	Line int

	// Lost
	Place string // of the line, "file:line:col"
	// Rows is the number of rows that the line dropped, and Kept the number that its
	// fold has left. Rows is 0 if the line is the reason why a line of where dropped
	// its frame.
	Rows, Kept uint32
	// Null is the name of the output whose absence dropped the rows, or "".
	Null string
}

// A FrameID names a frame by its firing, or by the stage that made it.
type FrameID struct {
	Firing, Frame uint32
}

// A Frame is one set of bindings. In Fired its actions are asked; in Dropped it was
// dropped.
type Frame struct {
	// DroppedAt is set if a line of where dropped the frame: the line's place,
	// "file:line:col". In Fired such a frame's actions are those of its else.
	DroppedAt string
	Line      int // index of the line in where, from 0; -1 when none
	Bindings  []Binding
}

// A Binding is a variable's value in a frame. Slot is its index in the plan.
type Binding struct {
	Slot  int
	Name  string
	Value value.Value
}
