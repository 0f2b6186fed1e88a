package scenario

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A world is one app on a new store, with the state of one scenario.
type world struct {
	ctx     context.Context
	app     *legible.App
	engine  *engine.Engine
	plan    *plan.Plan
	clock   *clock
	flows   *flows
	log     *log
	names   names
	cookies map[string]string // set by answers
	asked   bool              // a request has been sent
	last    *flow             // that of the last request; nil if it opened none
	answer  answer            // to the last request
}

// An answer is what a client got.
type answer struct {
	status int
	body   string
}

// open opens a new app for one scenario.
func open(ctx context.Context, program *legible.Program, o legible.Options) (*world, error) {
	w := &world{ctx: ctx, clock: &clock{now: beginning}, flows: &flows{also: o.Recorder},
		log: &log{}, names: names{}, cookies: map[string]string{}}
	o.Store, o.Clock, o.Recorder, o.Log = "memory:", w.clock.Now, w.flows.record, slog.New(w.log)
	o.HTTP.Prefix, o.HTTP.Development = "", true
	app, err := program.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening the app: %w", err)
	}
	w.app = app
	w.engine = app.Engine(private.Access{})
	w.plan = w.engine.Plan()
	return w, nil
}

// play runs the steps of a scenario up to the first that fails.
func (w *world) play(s *syntax.Scenario) *Failure {
	for _, step := range s.Steps {
		if f := w.next(step); f != nil {
			return f
		}
	}
	return nil
}

// next runs the next step.
func (w *world) next(step *syntax.Step) *Failure {
	w.clock.advance(time.Millisecond) // no two steps are at the same moment
	w.log.reset()
	f := w.step(step)
	if f == nil {
		return nil
	}
	f.Span = step.Span
	if text := w.log.String(); text != "" {
		f.note("%s", text)
	}
	return f
}

func (w *world) step(step *syntax.Step) *Failure {
	switch {
	case step.Call != nil && strings.HasPrefix(step.Call.Name.Text, "_"):
		return w.query(step.Call)
	case step.Call != nil:
		return w.action(step.Call)
	case step.HTTP != nil:
		return w.request(step.HTTP)
	case step.Fired != nil:
		return w.fired(step.Fired)
	case step.State != nil:
		return w.state(step.State)
	}
	return w.after(step.After)
}

// rounds limits how often due system actions are started at one moment: an action
// may set its own time to another one that is due as well.
const rounds = 10_000

// after advances the clock and runs the system actions that are due then.
func (w *world) after(text string) *Failure {
	d, err := duration(text)
	if err != nil {
		return &Failure{Message: err.Error()}
	}
	w.clock.advance(d)
	fail := func(format string, args ...any) *Failure {
		return &Failure{Message: fmt.Sprintf("after “%s”: ", text) + fmt.Sprintf(format, args...)}
	}
	before := w.flows.count()
	for round := 0; ; round++ {
		started, err := w.engine.Tick(w.ctx)
		if err == nil {
			err = w.engine.ApplyDecisions(w.ctx)
		}
		if err != nil {
			return fail("%v", err)
		}
		if started == 0 {
			break
		}
		if round == rounds {
			return fail("system actions do not come to rest: each run of an action sets a time for its next run that is due already")
		}
	}
	for _, f := range w.flows.since(before) {
		for _, e := range f.entries() {
			switch {
			case e.Kind == journal.Completed && e.Outcome == journal.Fault:
				return fail("%s faulted: %s", e.Action, strings.TrimPrefix(e.Text, e.Action+": ")).note("trace %s", f.id)
			case e.Kind == journal.Faulted:
				return fail("%s", e.Text).note("trace %s", f.id)
			}
		}
	}
	return nil
}

// concept returns the only instance in a concept's own scenarios.
func (w *world) concept() *plan.Instance {
	for _, in := range w.plan.Instances {
		return in
	}
	return nil
}

// whole returns the type of a parameter, including its collection.
func whole(p *check.Param) check.Type {
	if p.Many == syntax.One {
		return p.Type
	}
	elem := p.Type
	return check.Type{Kind: check.List, Elem: &elem}
}

// A flow is one flow with its record.
type flow struct {
	id     value.ID
	bytes  []byte
	rested bool
}

func (f *flow) entries() []journal.Entry {
	if f == nil {
		return nil
	}
	entries, err := journal.Read(f.bytes)
	if err != nil {
		panic(fmt.Sprintf("scenario: cannot read the journal of the engine: %v", err))
	}
	return entries
}

// flows are the flows of one world, in the order in which they began.
type flows struct {
	mu   sync.Mutex
	list []*flow
	also func(value.ID, []byte, bool)
}

func (r *flows) record(id value.ID, entries []byte, rested bool) {
	if r.also != nil {
		r.also(id, entries, rested)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var f *flow
	for i := len(r.list) - 1; i >= 0 && f == nil; i-- {
		if r.list[i].id == id {
			f = r.list[i]
		}
	}
	if f == nil {
		f = &flow{id: id}
		r.list = append(r.list, f)
	}
	f.bytes = append(f.bytes, entries...)
	f.rested = rested
}

// since returns the flows after the first n.
func (r *flows) since(n int) []*flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*flow(nil), r.list[n:]...)
}

func (r *flows) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.list)
}

// coverage is what the flows of the world have reached.
func (w *world) coverage() *Coverage {
	c := newCoverage(w.plan)
	for _, f := range w.flows.since(0) {
		c.add(f.entries())
	}
	return c
}

// A log keeps what the app says of errors while a step runs: they go into its
// failure.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimRight(l.text.String(), "\n")
}

// Enabled, Handle, WithAttrs and WithGroup make it a slog.Handler.
func (l *log) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (l *log) Handle(_ context.Context, r slog.Record) error {
	var text bytes.Buffer
	fmt.Fprintf(&text, "log: %s\n", r.Message)
	ofFlow, long := false, false
	r.Attrs(func(a slog.Attr) bool {
		switch s := a.Value.String(); a.Key {
		case "flow", "trace", "id":
			ofFlow = true
		default:
			long = long || strings.Contains(s, "\n")
			fmt.Fprintf(&text, "    %s: %s\n", a.Key, strings.ReplaceAll(s, "\n", "\n    "))
		}
		return true
	})
	if ofFlow && !long {
		return nil // the failure already contains it; only a stack is new
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text.WriteTo(&l.text)
	return nil
}

func (l *log) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *log) WithGroup(string) slog.Handler      { return l }
