// Package engine runs a plan.
//
// Its three main types are [Engine], a plan with its concepts and its store;
// [Context], what an action of a concept gets; and [Result], how a flow ended. It
// promises that within a flow one thing happens at a time, in an order that
// depends only on the inputs; that a sync fires once for each distinct match of
// its lines with actions; that the state changes of an action and the record of
// its completion commit together; and that Run returns only when everything that
// its result depends on is durable. It does not know HTTP: a request is an action
// like any other, and the caller turns the result into an answer.
//
// The files follow a flow: flow.go asks and completes actions, match.go finds the
// matches of a completed action, where.go makes frames (read.go from the state,
// fold.go one from many, page.go a part of many), fire.go asks the actions of a
// firing, call.go calls Go with the Context of context.go, record.go writes the
// journal, recover.go resumes from it, and timers.go starts what is due. session.go
// wraps the session of the store, rescue.go finds flows that nobody runs, and
// overdue.go releases callers whose flow does not end. effect.go runs effect actions,
// tries.go says how often, and scheduler.go keeps the flows that wait for them.
// Package enginetest runs programs by the letter of the specification, to compare.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Method is an action in Go: in has a value for each column of the action,
// unset if none was given; out has one for each output, to be filled. The slices
// must not be kept.
type Method func(ctx Context, in, out []value.Value) error

// A QueryMethod is a query in Go; it adds its rows.
type QueryMethod func(ctx Context, in []value.Value, rows *Rows) error

// Rows are a query's result.
type Rows struct {
	width, count int
	cells        []value.Value
}

// NewRows returns no rows, of a query with this many outputs.
func NewRows(width int) *Rows { return &Rows{width: width} }

// Add adds a row; the caller must fill it at once.
func (r *Rows) Add() []value.Value {
	r.count++
	n := len(r.cells)
	for range r.width {
		r.cells = append(r.cells, value.Value{})
	}
	return r.cells[n : n+r.width : n+r.width]
}

// Len is the number of rows.
func (r *Rows) Len() int { return r.count }

// Row returns a row.
func (r *Rows) Row(i int) []value.Value { return r.cells[i*r.width : (i+1)*r.width] }

// Methods are the Go side of one instance, by name. The two actions of Requesting
// have none: the engine implements them.
type Methods struct {
	Actions map[string]Method
	Queries map[string]QueryMethod
}

// Limits bound a flow. A zero field has a default. See legible.Limits.
type Limits struct {
	Actions, Depth     int
	Frames             int
	Journal            int
	Bytes              int64
	Page               int
	PageBytes          int64
	Deadline, Patience time.Duration
	Waiting            int
}

func (l Limits) orDefault() Limits {
	or := func(n *int, d int) {
		if *n <= 0 {
			*n = d
		}
	}
	or(&l.Actions, 50_000)
	or(&l.Depth, 12_000)
	or(&l.Frames, 100_000)
	or(&l.Journal, 64<<20)
	or(&l.Waiting, 1000)
	or(&l.Page, 1000)
	if l.Bytes <= 0 {
		l.Bytes = 64 << 20
	}
	if l.PageBytes <= 0 {
		l.PageBytes = 4 << 20
	}
	if l.Patience <= 0 {
		l.Patience = 10 * time.Second
	}
	if l.Deadline <= 0 {
		l.Deadline = 30 * time.Second
	}
	return l
}

// Options of an engine. The zero value works.
type Options struct {
	Limits Limits
	// Clock returns the time; nil means time.Now.
	Clock func() time.Time
	// IDs makes the ids of flows and those of NewID; nil means random ids.
	IDs *value.IDs
	// Log receives faults; nil means slog.Default.
	Log *slog.Logger
	// Recorder is called with the journal entries of a flow as they are
	// handed to the store, the last time with rested. It must not keep the
	// bytes.
	Recorder func(flow value.ID, entries []byte, rested bool)
	// Observer receives the times of a flow and its parts when the flow is at rest.
	// Without it the engine measures nothing. It must not keep the lists.
	Observer func(Times)
	// Tries say how effect actions run, and TriesOf how those run that it names in
	// full, "Mailing.send"; its zero fields are as in Tries.
	Tries   Tries
	TriesOf map[string]Tries
	// FullRecord keeps values of any size in the record. Without it, the record of
	// a flow after its last change of state, and so all of it if the flow changes
	// nothing, has stand-ins for texts, lists and records of more than 512 bytes
	// (see value.Omitted).
	FullRecord bool
	// Verify logs, for development, where the Go code of an action does not do what its
	// specification says.
	Verify bool
	// NoJournal omits the journal, to measure its cost.
	NoJournal bool
}

// An Engine runs flows. It is safe for concurrent use.
type Engine struct {
	plan       *plan.Plan
	store      store.Store
	options    Options
	methods    []Method      // by plan.Action.Index
	queries    []QueryMethod // by plan.Query.Index
	inputTypes [][]inputType // by plan.Action.Index
	// queryTypes are those of queries, by plan.Query.Index.
	queryTypes [][]inputType
	// outputConstants and rowConstants are the outputs of actions and queries that
	// are constants.
	outputConstants [][]inputType
	rowConstants    [][]inputType

	tables    []*store.Table
	timers    []*timer
	effects   []*Tries   // by plan.Action.Index, nil for others; nil if there are none
	scheduler *scheduler // nil when there are no effect actions
	flows     sync.Pool
	registry  registry
	idle      sync.Map // *plan.Action: it has been logged that they wrote nothing
}

// New makes an engine. Every action and query of the plan must have its method.
// The store must have been prepared with the schema, which is Schema(plan).
func New(p *plan.Plan, st store.Store, schema *store.Schema, methods map[string]Methods, options Options) (*Engine, error) {
	e := &Engine{plan: p, store: st, tables: schema.Tables, options: options}
	e.options.Limits = options.Limits.orDefault()
	if e.options.IDs == nil {
		e.options.IDs = value.NewIDs()
	}
	if e.options.Log == nil {
		e.options.Log = slog.Default()
	}
	for _, a := range p.Actions {
		m := methods[a.Instance.Name].Actions[a.Name]
		if m == nil && a.Role == plan.Ordinary {
			return nil, fmt.Errorf("%s has no Go method: run legible gen on the concept %s and pass it to New", a.FullName(), a.Instance.Concept.Name)
		}
		e.methods = append(e.methods, m)
		e.inputTypes = append(e.inputTypes, inputTypes(a.Spec.Inputs))
		e.outputConstants = append(e.outputConstants, constantOutputs(a.Spec.Outputs))
	}
	for _, q := range p.Queries {
		m := methods[q.Instance.Name].Queries[q.Name]
		if m == nil {
			return nil, fmt.Errorf("%s has no Go method: run legible gen on the concept %s and pass it to New", q.FullName(), q.Instance.Concept.Name)
		}
		e.queries = append(e.queries, m)
		e.queryTypes = append(e.queryTypes, inputTypes(q.Spec.Inputs))
		e.rowConstants = append(e.rowConstants, constantOutputs(q.Spec.Outputs))
	}
	var err error
	if e.timers, err = timersOf(p, schema.Tables); err != nil {
		return nil, err
	}
	if err := e.findEffects(); err != nil {
		return nil, err
	}
	e.flows.New = func() any { return e.registry.add(newFlow(e)) }
	return e, nil
}

// Plan returns the plan.
func (e *Engine) Plan() *plan.Plan { return e.plan }

// Limits returns the limits used.
func (e *Engine) Limits() Limits { return e.options.Limits }

// Store returns the store of state and journal.
func (e *Engine) Store() store.Store { return e.store }

// An Opening is the action that opens a flow.
type Opening struct {
	Action *plan.Action
	// In has a value for each column of the action.
	In []value.Value
	// Further are fields of a request that no sync names. Their values are never
	// recorded.
	Further []value.Field
	// ID names the flow; the zero id means a new one.
	ID value.ID
	// Reserve reports whether there is room for this many more bytes of the data of a
	// where, held until the caller is done with the result. If not, a flow that has
	// changed nothing ends with ErrNoMemory as its fault. Nil means that there always
	// is room.
	Reserve func(bytes int64) bool
}

// ErrNoMemory is wrapped by the fault of a flow for which memory was temporarily
// short. The flow has changed nothing and can run again.
var ErrNoMemory = errors.New("there is not enough memory just now for all that is to be answered")

// A Result is how a flow ended.
type Result struct {
	Flow value.ID
	// Outcome of the action that opened the flow.
	Outcome Outcome
	// Out are its outputs if it returned, Refused its refusal.
	Out     []value.Field
	Refused *Refused
	// Answer has the named values of the first Requesting.respond, nil if there was
	// none.
	Answer *Answer
	// Unhandled is the first refusal that no sync matched, if there is one.
	Unhandled *Refused
	// Fault is the first fault of the flow, if there is one.
	Fault error
	// Entries are the flow's journal, set only when no sync answered the request.
	Entries []byte
	// Actions counts the completed actions.
	Actions int
	// Undone is set when it is certain that the flow has changed nothing and does
	// not resume: it came to rest so, or Run returns an error and the store can
	// tell that it has nothing of the flow.
	Undone bool
	// Waiting is set when the flow is not at rest: an effect action runs, waits for
	// its next try, or is parked. The flow continues by itself, or when an operator
	// decides. The result is durable all the same.
	Waiting *Waiting
}

// An Answer has the inputs of Requesting.respond.
type Answer struct {
	Fields []value.Field // without the request itself
	Terms  []*plan.Term  // the line's term of each field; none if no line asked
}

// A Refused is a refusal as it happened.
type Refused struct {
	Action   string
	Code     string
	Kind     string
	About    string // the field that it is about, if any
	Sentence string
	After    time.Duration // when to try again; 0 if not said
}

// Run opens a flow, runs it to rest and waits until it is durable. With an effect
// action, it returns earlier if the answer has been given, if the action cannot
// run again before a pause is over and only the caller moves the clock, or if the
// caller has waited for Limits.Patience: see Result.Waiting. The error is that of
// the store (it wraps store.ErrLost or store.ErrClosed if the flow's changes are
// not durable); faults of the flow are in the result. Run does not stop when ctx
// does: a flow whose client is gone runs to its end. Concepts can read the values
// of ctx.
func (e *Engine) Run(ctx context.Context, o Opening) (Result, error) {
	ctx, err := enter(ctx)
	if err != nil {
		return Result{Undone: true}, err
	}
	if e.scheduler != nil {
		return e.scheduler.runDetached(false, func(f *flow) (Result, error) {
			f.begin(ctx, o)
			return f.run(o)
		})
	}
	f := e.flows.Get().(*flow)
	f.begin(ctx, o)
	result, err := f.run(o)
	f.reset()
	e.flows.Put(f)
	return result, err
}

// now is the time of the engine's clock.
func (e *Engine) now() time.Time {
	if e.options.Clock != nil {
		return e.options.Clock()
	}
	return time.Now()
}
