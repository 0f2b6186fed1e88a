package legible

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/value"
)

// A Field is a named value.
type Field = value.Field

// An Outcome is how an action that Go code asked has ended.
type Outcome struct {
	Flow    string   // the id of the flow that it opened
	Out     []Field  // outputs, when it returned
	Refused *Refused // set when it was refused
	Fault   error    // set when it faulted
	// Waiting is set if the flow is not at rest because an effect action runs,
	// waits for a retry or is parked. The flow continues.
	Waiting *Waiting
}

// Refused describes the refusal of an action.
type Refused struct {
	Action   string // by its full name: "Profile.authenticate"
	Code     string
	Kind     string
	About    string // the field that it is about, if the concept names one
	Sentence string
	After    time.Duration // when to try again; 0 if unknown
}

// Waiting describes an effect action for which a flow waits.
type Waiting struct {
	Action string // by its full name: "Mailing.send"
	Key    string // of Context.Key
	Tries  int    // that have failed; 0 while the first one runs
	Reason string // of the last failure
	Next   time.Time
	Parked bool // no further try is planned: an operator decides
}

// ErrInside is the error of Ask and Query when an action or query in Go calls them and
// they would wait for it: an action calls them before its first write.
var ErrInside = engine.ErrInside

// Ask opens a flow with an action, such as "Profile.authenticate", and returns
// its outcome when the flow is at rest and durable, or waits (Outcome.Waiting). A
// refusal is an outcome; an error means that the action was not asked or is not
// durable.
func (a *App) Ask(ctx context.Context, action string, in ...Field) (Outcome, error) {
	if a.closed.Load() {
		return Outcome{}, errClosed
	}
	x, err := named("action", action, a.engine.Plan().Actions)
	if err != nil {
		return Outcome{}, err
	}
	opening := engine.Opening{Action: x}
	if opening.In, err = columns(action, x.Inputs, in); err != nil {
		return Outcome{}, err
	}
	for i, secret := range x.Secret {
		if secret && i < len(opening.In) && opening.In[i].Kind() != value.Unset {
			opening.In[i] = value.Secret(opening.In[i])
		}
	}
	r, err := a.engine.Run(ctx, opening)
	return Outcome{Flow: r.Flow.String(), Out: r.Out, Refused: (*Refused)(r.Refused), Fault: r.Fault, Waiting: (*Waiting)(r.Waiting)}, err
}

// Query asks a query, such as "Sessioning._getUser", outside of any flow and
// returns its rows: the outputs in the order of the specification. It reads one
// snapshot and records nothing.
func (a *App) Query(ctx context.Context, query string, in ...Field) ([][]Field, error) {
	if a.closed.Load() {
		return nil, errClosed
	}
	q, err := named("query", query, a.engine.Plan().Queries)
	if err != nil {
		return nil, err
	}
	values, err := columns(query, q.Inputs, in)
	if err != nil {
		return nil, err
	}
	found, err := a.engine.Query(ctx, q, values)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", query, err)
	}
	rows := make([][]Field, len(found))
	for n, row := range found {
		for i, v := range row {
			rows[n] = append(rows[n], Field{Name: q.Outputs[i], Value: v})
		}
	}
	return rows, nil
}

// named returns the action or query with a full name.
func named[T interface{ FullName() string }](kind, name string, all []T) (found T, err error) {
	var names []string
	for _, x := range all {
		if x.FullName() == name {
			return x, nil
		}
		names = append(names, x.FullName())
	}
	return found, fmt.Errorf("there is no %s %s%s", kind, name, meant(name, names))
}

// columns returns the values of the inputs in the order of their names.
func columns(of string, names []string, in []Field) ([]value.Value, error) {
	values := make([]value.Value, len(names))
	for _, f := range in {
		i := slices.Index(names, f.Name)
		if i < 0 {
			return nil, fmt.Errorf("%s has no input %s%s", of, f.Name, meant(f.Name, names))
		}
		values[i] = f.Value
	}
	return values, nil
}

func meant(word string, names []string) string {
	if near, ok := diag.Nearest(word, names); ok {
		return ": do you mean " + near + "?"
	}
	return ""
}
