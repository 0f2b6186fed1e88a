// Package engine runs a plan.
//
// Its three main types are [Engine], a plan with its concepts and its store;
// [Context], what an action of a concept is given; and [Result], how a flow
// ended. It promises that within a flow one thing happens at a time, in an
// order that depends on nothing but the inputs; that a sync fires once for each
// distinct way of matching its lines with actions; that the state changes of
// an action and the record of its completion are kept together; and that Run
// returns only when everything that its result rests on is durable. It refuses
// to know of HTTP: a request is an action like any other, and who asked it
// turns the result into an answer.
//
// The files follow a flow: flow.go asks and completes actions, match.go finds
// what a completed action completes, where.go makes frames (read.go from the
// state, fold.go of many one, page.go a part of many), fire.go asks what a firing asks, call.go crosses
// into Go with what context.go gives it, record.go writes the journal and
// recover.go goes on from it, timers.go starts what is due. hand.go stands before
// the store, rescue.go finds flows that nobody runs, overdue.go lets callers go
// whose flow does not end. effect.go runs what
// reaches outside, tries.go says how often, desk.go keeps the flows that wait for
// it. naive.go is the
// oracle that the matching is held against.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Method is an action in Go: in has a value for each column of the action,
// unset where nothing was given; out has one for each output, to be filled.
// The slices must not be kept.
type Method func(ctx Context, in, out []value.Value) error

// A QueryMethod is a query in Go; it adds its rows.
type QueryMethod func(ctx Context, in []value.Value, rows *Rows) error

// Rows are what a query gives.
type Rows struct {
	width, count int
	cells        []value.Value
}

// Add makes a row, to be filled by the caller at once.
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

func (r *Rows) row(i int) []value.Value { return r.cells[i*r.width : (i+1)*r.width] }

// Methods are the Go side of one instance, by name. The two actions of
// Requesting have none: the engine is their implementation.
type Methods struct {
	Actions map[string]Method
	Queries map[string]QueryMethod
}

// Limits bound a flow. Zero means the default.
type Limits struct {
	Actions int // asked in one flow; 50,000
	Depth   int // of actions asked by syncs of actions …; 12,000
	Frames  int // made by one where; 100,000
	Journal int // bytes of the record of one flow; 64 MiB
	// Bytes is about how much memory the frames and lists of one where may take,
	// and the rows of a query; 64 MiB.
	Bytes int64
	// Page is how many items a page may have, 1,000, and PageBytes about how large
	// they may be together, 4 MiB: a page ends before the item that is too much,
	// and has one at least.
	Page      int
	PageBytes int64
	Deadline  time.Duration // of a flow, without what effect actions take; 30 s
	// Patience is how long Run waits for an effect action before it returns
	// without the end of the flow, which goes on; 10 s.
	Patience time.Duration
	// Waiting is how many flows may be in memory that nobody waits for, while an
	// effect action of theirs runs or is to be tried again; 1,000. The others are
	// in the store alone.
	Waiting int
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

// Options of an engine. The zero value is right.
type Options struct {
	Limits Limits
	// Clock gives the moment; nil means time.Now.
	Clock func() time.Time
	// IDs makes the ids of flows and of new things; nil means random ones.
	IDs *value.IDs
	// Log is told of faults; nil means slog.Default.
	Log *slog.Logger
	// Recorder is called with the journal entries of a flow as they are
	// handed to the store, the last time with rested. It must not keep the
	// bytes.
	Recorder func(flow value.ID, entries []byte, rested bool)
	// Observer is told how long a flow and its parts took, when it is at rest.
	// The engine looks at the clock for it, and not without it. It must not
	// keep the lists.
	Observer func(Times)
	// Tries say how effect actions are run, and TriesOf how some are that are
	// named in full, "Mailing.send"; what is zero there is as in Tries.
	Tries   Tries
	TriesOf map[string]Tries
	// FullRecord keeps values of any size in the record. Without it, what a flow
	// records after its last change of the state, and so all of a flow that changes
	// nothing, has stand-ins in the place of texts, lists and records of more than
	// 512 bytes (see value.Omitted).
	FullRecord bool
	// NoJournal leaves the journal out: for measuring what it costs.
	NoJournal bool
}

// An Engine runs flows. It is safe for use by several goroutines.
type Engine struct {
	plan    *plan.Plan
	store   store.Store
	options Options
	methods []Method      // by plan.Action.Index
	queries []QueryMethod // by plan.Query.Index
	fits    [][]fit       // by plan.Action.Index
	// queryFits are those of queries, by plan.Query.Index.
	queryFits [][]fit
	tables    []*store.Table
	timers    []*timer
	effects   []*Tries // by plan.Action.Index, nil for others; nil when there are none
	desk      *desk    // nil when there are no effect actions
	flows     sync.Pool
	roll      roll
}

// New makes an engine. Every action and query of the plan must have its
// method. The store must have been prepared with the schema, which is that of
// Schema(plan).
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
		e.fits = append(e.fits, fitsOf(a.Spec.Inputs))
	}
	for _, q := range p.Queries {
		m := methods[q.Instance.Name].Queries[q.Name]
		if m == nil {
			return nil, fmt.Errorf("%s has no Go method: run legible gen on the concept %s and pass it to New", q.FullName(), q.Instance.Concept.Name)
		}
		e.queries = append(e.queries, m)
		e.queryFits = append(e.queryFits, fitsOf(q.Spec.Inputs))
	}
	var err error
	if e.timers, err = timersOf(p, schema.Tables); err != nil {
		return nil, err
	}
	if err := e.findEffects(); err != nil {
		return nil, err
	}
	e.flows.New = func() any { return e.roll.add(newFlow(e)) }
	return e, nil
}

// Plan is what the engine runs.
func (e *Engine) Plan() *plan.Plan { return e.plan }

// Limits are the limits that hold.
func (e *Engine) Limits() Limits { return e.options.Limits }

// Store is where the engine keeps state and journal.
func (e *Engine) Store() store.Store { return e.store }

// An Opening is the action that opens a flow.
type Opening struct {
	Action *plan.Action
	// In has a value for each column of the action.
	In []value.Value
	// Further are fields of a request that no sync names. Their values are
	// never written down.
	Further []value.Field
	// ID names the flow; the zero id means a new one.
	ID value.ID
	// Room is asked whether there is room for so many more bytes of what a where
	// holds, which are held until the result has been dealt with. Where there is
	// none, a flow that has changed nothing ends with ErrNoRoom as its fault. Nil
	// means that there always is.
	Room func(bytes int64) bool
}

// ErrNoRoom is wrapped by the fault of a flow for which there was not enough
// memory just now. It has changed nothing and can be run again.
var ErrNoRoom = errors.New("there is not enough memory just now for all that is to be answered")

// A Result is how a flow ended.
type Result struct {
	Flow value.ID
	// Outcome of the action that opened the flow.
	Outcome Outcome
	// Out are its outputs when it returned, Refused its refusal.
	Out     []value.Field
	Refused *Refused
	// Answer are the named values of the first Requesting.respond, nil when
	// nobody answered.
	Answer *Answer
	// Unhandled is the first refusal that no sync matched, if there is one.
	Unhandled *Refused
	// Fault is the first fault of the flow, if there is one.
	Fault error
	// Entries are the flow's journal, set only when no sync answered the request.
	Entries []byte
	// Actions is how many actions completed.
	Actions int
	// Undone is set when it is certain that the flow has changed nothing and that
	// nobody goes on with it: it came to rest so, or Run gives an error and the
	// store can tell that it has nothing of the flow.
	Undone bool
	// Waiting is set when the flow is not at rest: an effect action runs, is to
	// be tried again, or is parked. The flow goes on by itself, or when somebody
	// decides. What is in the result is durable all the same.
	Waiting *Waiting
}

// An Answer is what Requesting.respond was asked with.
type Answer struct {
	Fields []value.Field // without the request itself
	Terms  []*plan.Term  // what the line says of each field; none where no line asked
}

// A Refused is a refusal as it happened.
type Refused struct {
	Action   string
	Code     string
	Kind     string
	Sentence string
	After    time.Duration // when to try again; 0 when that was not said
}

// Run opens a flow, runs it to rest and waits until it is durable. Of a flow
// with an effect action it returns before that when the answer has been given by
// then, when the action cannot be run again before a pause is over and nobody
// but the caller moves the clock, or when the caller has waited for
// Limits.Patience: see Result.Waiting. The error
// is that of the store (it wraps store.ErrLost or store.ErrClosed when the
// flow's changes are not durable); what went wrong in the flow is in the
// result. Run does not stop when ctx does: a flow whose client is gone runs to
// its end. The context's values are there for the concepts.
func (e *Engine) Run(ctx context.Context, o Opening) (Result, error) {
	ctx, err := enter(ctx)
	if err != nil {
		return Result{Undone: true}, err
	}
	if e.desk != nil {
		return e.desk.apart(false, func(f *flow) (Result, error) {
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

// now is the moment by the engine's clock.
func (e *Engine) now() time.Time {
	if e.options.Clock != nil {
		return e.options.Clock()
	}
	return time.Now()
}
