// Package journal encodes the record of a flow.
//
// Its three main types are [Entry], one thing that happened; [ActionID], the
// name of an action in its flow; and [Writer], which makes the bytes that a
// store keeps. It promises that entries read back as they were written, but
// for secrets, of which nothing is written; that the same flow gives the same
// bytes; that bytes that are no journal give an error and never a panic; and that
// an export that was cut or changed is told from a whole one. [Check] says what
// cannot be in a flow of any program. It refuses to decide: what the entries
// mean for recovery is the engine's business, what they mean for a person is
// explain's.
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
// kept: in the place of a value may stand a value.Omitted.
const Version = 3

// A Kind says what an entry tells.
type Kind uint8

const (
	// Begun opens a flow: its moment.
	Begun Kind = iota + 1
	// Asked: an action was asked.
	Asked
	// Completed: an action returned, was refused or faulted.
	Completed
	// Fired: a sync's match kept frames, and its actions are asked.
	Fired
	// Dropped: a match reached where and lost all its frames.
	Dropped
	// Faulted: something outside an action went wrong: a limit, a deadline, an
	// expression.
	Faulted
	// Tried: an effect action was run and failed, and is to be run again.
	Tried
	// Parked: an effect action failed and is not run again until somebody
	// decides.
	Parked
	// Decided: somebody decided about an effect action that had failed.
	Decided
)

func (k Kind) String() string {
	if k < Begun || k > Decided {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return [...]string{"begun", "asked", "completed", "fired", "dropped", "faulted", "tried", "parked", "decided"}[k-1]
}

// An Outcome is how an action ended.
type Outcome uint8

const (
	// Pending actions have not ended.
	Pending Outcome = iota
	// Returned actions gave their outputs.
	Returned
	// Refused actions declined and changed nothing.
	Refused
	// Fault is a bug or a lost disk: never part of the contract.
	Fault
	// Undone actions had returned but were part of a decision that another
	// action refused.
	Undone
)

func (o Outcome) String() string {
	return [...]string{"pending", "returned", "refused", "faulted", "undone"}[o]
}

// An ActionID names an action in its flow by what asked for it: the number of
// the firing, the frame, and the line among all lines of the sync's else and
// then. The zero ActionID is the action that opened the flow.
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

// An Entry is one thing that happened. Which fields are set depends on Kind.
type Entry struct {
	Kind Kind

	// Begun
	Version int
	Moment  time.Time // of Tried, Parked and Decided, too

	// Asked, Completed, Tried, Parked, Decided
	ID     ActionID
	Action string        // full name
	In     []value.Field // what was given, by name; secrets are gone

	// Completed
	Outcome Outcome
	Out     []value.Field // outputs by name
	Code    string        // of a refusal; in Decided "retry" or "cancel"
	Text    string        // sentence of a refusal, what a fault or a failed try says, or why it was decided so

	// Tried, Parked: Tries is how often the action has been run since it was
	// asked or somebody decided that it be run again.
	Tries uint32
	Next  time.Time // Tried: when it is to be run again
	// Decided
	Decision string // its name, so that it counts once

	// Fired, Dropped
	Number  uint32 // of the firing, from 1
	Sync    string
	Matched []ActionID
	Frames  []Frame
}

// A Frame is one set of bindings. In Fired it is one whose actions are asked;
// in Dropped it is one that was lost.
type Frame struct {
	// Lost is set where a line of where dropped the frame: the place of the line,
	// "file:line:col". In Fired such a frame's actions are those of its else.
	Lost     string
	Line     int // the line's number among the lines of where, from 0; -1 when none
	Bindings []Binding
}

// A Binding is a variable's value in a frame. Slot is its place in the plan.
type Binding struct {
	Slot  int
	Name  string
	Value value.Value
}
