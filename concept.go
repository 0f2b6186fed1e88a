package legible

import (
	"fmt"
	"log/slog"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Context is what an action or query receives: a context.Context that ends with
// the flow's deadline. Now is the one instant of the flow, NewID makes identities,
// State is the state of the concept, and Key identifies an effect action across its
// tries.
type Context = engine.Context

// A Method is an action as the engine calls it. Generated code makes it.
type Method = engine.Method

// A QueryMethod is a query as the engine calls it. Generated code makes it.
type QueryMethod = engine.QueryMethod

// Rows are the rows of a query; generated code sets them.
type Rows = engine.Rows

// Methods are the Go side of one instance of a concept.
type Methods = engine.Methods

// A Refusal is the error with which an action declines. Generated code has one
// for each code of the specification.
type Refusal = engine.Refusal

// A Value is a value of the language, where a concept takes any: Json.
type Value = value.Value

// A Blob refers to a large value. Context opens it.
type Blob = value.Blob

// A Concept is a specification and its Go code. The New function of a concept's
// package returns one.
type Concept struct {
	// File is the name of the specification in messages: "profile.concept".
	File string
	// Spec is its text.
	Spec string
	// Digest is set by generated code. It identifies the sets, actions and queries for
	// which the code was generated: Open fails if the specification has others.
	Digest string
	// Build makes the Go side of one instance. It is called once for each
	// "use" in the app, when the app is opened.
	Build func(*Instance) Methods
}

// An Instance is one use of a concept in an app.
type Instance struct {
	Name   string
	Log    *slog.Logger
	tables map[string]*store.Table
}

// Table returns the table of a set by the set's name, upper-case, singular.
// Generated code asks only for the sets of its own specification.
func (in *Instance) Table(set string) *store.Table {
	t := in.tables[set]
	if t == nil {
		panic(fmt.Sprintf("%s has no set %s: run legible gen again", in.Name, set))
	}
	return t
}

// Permanent marks the error of an effect action as one that a retry would not
// fix, such as a request that the other side does not understand: the action is
// parked at once. After any other error it is retried.
func Permanent(err error) error { return engine.Permanent(err) }
