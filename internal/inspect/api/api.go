// Package api is the interface that the inspector has for programs: the types of its
// JSON, and a client.
//
// Its main types are [App], [Flow] and [Turned], which the inspector answers;
// [Client], which asks a running app; and [Note], the file in which an app leaves the
// address of its inspector. It promises that both sides use the same types. It explains
// nothing itself.
//
// The interface is below /api/v1, behind the guard of the pages. All of it is read with
// GET and answers with JSON; an error is a [Problem].
//
//	/api/v1/app         an App
//	/api/v1/flows       Flows, newest first; ?before=ID, ?limit=N (to 1000)
//	/api/v1/flows/ID    a Flow; ?only=record leaves all but its record out
//	/api/v1/unfinished  Flows that are not at rest
//	/api/v1/turned      Turned: requests that were turned away, newest first
//	/api/v1/live        server-sent events: FlowEvent, TurnedAwayEvent, LostEvent
//
// Clients skip fields that they do not know. A change that would break a client gets
// another version.
package api

import (
	"time"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/value"
)

// Version is the version of the interface.
const Version = 1

// An App describes the app that runs.
type App struct {
	API     int       `json:"api"` // its Version
	App     string    `json:"app"`
	Legible string    `json:"legible"` // the version of this module
	Began   time.Time `json:"began"`
	Texts   []Text    `json:"texts"` // of the program
}

// A Text is one file of the program.
type Text struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Flows lists flows.
type Flows struct {
	Flows []value.ID `json:"flows"`
}

// A Flow is the record of a flow and what it shows.
type Flow struct {
	Flow    value.ID         `json:"flow"`
	Rested  bool             `json:"rested"`
	Summary *explain.Summary `json:"summary,omitempty"`
	Answer  *explain.Tree    `json:"answer,omitempty"` // why it was answered so
	Tree    *explain.Tree    `json:"tree,omitempty"`
	Record  []byte           `json:"record"` // journal entries, without what was made of secrets
}

// Turned lists requests that were turned away, newest first. All is how many there
// have been.
type Turned struct {
	Turned []history.TurnedAway `json:"turned"`
	All    int64                `json:"all"`
}

// A Problem is the answer to a request that cannot be answered.
type Problem struct {
	Error    string `json:"error"`
	Versions []int  `json:"versions,omitempty"` // that the app speaks, for an unknown address
}

// The events of /api/v1/live, and their data.
const (
	FlowEvent       = "flow"   // a FlowAtRest
	TurnedAwayEvent = "turned" // a history.TurnedAway
	LostEvent       = "lost"   // a Lost: the client reads too slowly
)

// A FlowAtRest is a flow that has come to rest.
type FlowAtRest struct {
	Flow value.ID `json:"flow"`
}

// A Lost is how many events were left out.
type Lost struct {
	Count int64 `json:"count"`
}
