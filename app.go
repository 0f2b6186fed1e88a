package legible

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/inspect"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Options say where an app stores its data, and how it is served. The zero
// value is suitable for experiments: state and journal in memory, served on
// 127.0.0.1:8000.
type Options struct {
	// Store is "memory:" (the same as ""), "sqlite:PATH" or "postgres://…".
	Store string
	// Durability says when answers are sent: full, relaxed or memory.
	Durability store.Durability
	// Addr is where ListenAndServe listens, "127.0.0.1:8000" when empty. Port
	// 0 picks a free one.
	Addr string
	// Host are the options of the HTTP front.
	Host host.Options
	// Limits bound each flow.
	Limits engine.Limits
	// Tries say how effect actions are run and retried, and TriesOf how single
	// actions are, by full name: "Mailing.send"; its zero fields are as in Tries.
	Tries   engine.Tries
	TriesOf map[string]engine.Tries
	// FullRecord keeps values of any size in the record. Without it, stand-ins
	// replace texts, lists and records of more than 512 bytes that no recovery
	// needs: all those of a flow that changes nothing, and what other flows read
	// and answer after their last change. Explanations say what was not kept. With
	// it, a search that answers a megabyte records two or more.
	FullRecord bool
	// Keep says how long the record of what happened is kept.
	Keep Keep
	// Clock returns the current time; nil means time.Now. Tests set it: an app with
	// a Clock neither ticks nor forgets by itself.
	Clock func() time.Time
	// Log receives messages for the operator; nil means slog.Default.
	Log *slog.Logger
	// Recorder receives each flow's journal; see engine.Options.
	Recorder func(flow value.ID, entries []byte, rested bool)
	// Wrap, if not nil, takes the store and returns the store to use instead, such
	// as one that counts, or one that fails in a test.
	Wrap func(store.Store) store.Store
	// Inspect gives the app an inspector, with these options; nil means none.
	// See App.Inspector.
	Inspect *inspect.Options
	// NoDocs omits the documents that describe the app to callers: OpenAPI at
	// /openapi.json and a page for people at /docs. Both contain the comments above
	// syncs and the purposes of concepts; the rest is only what is asked or
	// answered.
	NoDocs bool
}

// An App is a program: texts and the Go code of its concepts. Its methods are
// safe for concurrent use.
type App struct {
	files    []fs.FS
	concepts []func() Concept

	mu        sync.Mutex
	engine    *engine.Engine
	store     store.Store
	front     http.Handler
	observers *observers
	log       *slog.Logger
	loops     []*loop // beside the app, in the order in which they end
}

// New makes an app from the .app, .sync and .concept files anywhere in files and the
// concepts that it uses. It reads nothing before Open or ListenAndServe.
func New(files fs.FS, concepts ...func() Concept) *App {
	return &App{files: []fs.FS{files}, concepts: concepts}
}

// Add gives an app that is not open more texts, such as scenarios outside its
// program. Of two files with the same name the earlier one counts.
func (a *App) Add(files fs.FS) { a.files = append(a.files, files) }

// Instead replaces the texts of an app that is not open, to try another version
// of its program with the present Go code.
func (a *App) Instead(files fs.FS) { a.files = []fs.FS{files} }

// A CheckError reports mistakes in the texts of an app.
type CheckError struct{ Diagnostics []diag.Diagnostic }

func (e *CheckError) Error() string {
	var b strings.Builder
	b.WriteString("the program does not pass the checker:")
	for _, d := range e.Diagnostics {
		if d.Severity == diag.Error {
			fmt.Fprintf(&b, "\n%s: %s [%s]", d.Span, d.Message, d.Code)
		}
	}
	return b.String()
}

// Check reads the app's texts and returns the program and findings.
func (a *App) Check() (*check.Program, []diag.Diagnostic, error) {
	program, _, findings, err := a.read(false)
	return program, findings, err
}

func (a *App) read(running bool) (*check.Program, map[string]Concept, []diag.Diagnostic, error) {
	var trees []*syntax.File
	var findings []diag.Diagnostic
	seen := map[string]bool{}
	for _, files := range a.files {
		err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || seen[name] || !slices.Contains([]string{".app", ".sync", ".concept", ".scenario"}, path.Ext(name)) {
				return err
			}
			text, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			seen[name] = true
			tree, ds := syntax.Parse(source.NewFile(name, string(text)))
			trees, findings = append(trees, tree), append(findings, ds...)
			return nil
		})
		if err != nil {
			return nil, nil, nil, fmt.Errorf("reading the app's files: %w", err)
		}
	}
	made := map[string]Concept{}
	specs := map[string]*syntax.File{}
	for _, make := range a.concepts {
		c := make()
		tree, ds := syntax.Parse(source.NewFile(c.File, c.Spec))
		findings = append(findings, ds...)
		for _, spec := range tree.Concepts {
			made[spec.Name.Text], specs[spec.Name.Text] = c, tree
		}
	}
	program, ds := check.Check(trees, check.Options{Running: running, Concept: func(name string) *syntax.File { return specs[name] }})
	findings = append(findings, ds...)
	diag.Sort(findings)
	return program, made, findings, nil
}

// Open checks the program, opens the store, brings its tables up to the
// specifications, and resumes the flows that an earlier process left
// unfinished. Close ends what Open started.
func (a *App) Open(ctx context.Context, o Options) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.engine != nil {
		return errors.New("the app is open already")
	}
	a.log = o.Log
	if a.log == nil {
		a.log = slog.Default()
	}
	program, made, findings, err := a.read(true)
	if err != nil {
		return err
	}
	if diag.HasErrors(findings) {
		return &CheckError{findings}
	}
	p := plan.Build(program)
	schema := engine.Schema(p)
	st, err := OpenStore(ctx, o.Store, o.Durability)
	if err != nil {
		return err
	}
	if o.Wrap != nil {
		st = o.Wrap(st)
	}
	closeStore := func(err error) error { return errors.Join(err, st.Close()) }
	if err := st.Prepare(ctx, schema); err != nil {
		var losses *store.SchemaError
		if errors.As(err, &losses) {
			way := "(legible migrate --store %s shows what has changed, and with --apply does it)"
			if len(losses.Blocked) > 0 {
				way = "(settle first what is in the way, with the app as it was; legible migrate --store %s shows all of it)"
			}
			err = fmt.Errorf("%w "+way, err, store.Shown(o.Store))
		}
		return closeStore(fmt.Errorf("preparing the store: %w", err))
	}
	methods := map[string]Methods{}
	for _, in := range p.Instances {
		c, ok := made[in.Concept.Name]
		if !ok {
			return closeStore(fmt.Errorf("the app uses the concept %s, but its Go was not passed to New", in.Concept.Name))
		}
		instance := &Instance{Name: in.Name, Log: a.log.With("concept", in.Name), tables: map[string]*store.Table{}}
		for _, t := range in.Tables {
			instance.tables[t.Set.Name] = schema.Tables[t.Index]
		}
		methods[in.Name] = c.Build(instance)
	}
	watch, err := o.observe(ctx, p, st, a.log)
	if err != nil {
		return closeStore(err)
	}
	e, err := engine.New(p, st, schema, methods, engine.Options{
		Limits: o.Limits, Tries: o.Tries, TriesOf: o.TriesOf, Clock: o.Clock, Log: a.log, Recorder: watch.recorder, Observer: watch.observer,
		FullRecord: o.FullRecord,
	})
	if err != nil {
		return closeStore(err)
	}
	if watch.meter != nil {
		watch.meter.WatchRescued(e.Rescued)
	}
	if watch.meter != nil && e.HasEffects() {
		watch.meter.WatchWaiting(e.Waiting)
	}
	if err := e.Recover(ctx, a.resumed); err != nil {
		// The others have resumed. One flow's error is logged and kept in the journal;
		// it does not stop the app from serving.
		a.log.Error("some flows could not be resumed", "error", err)
	}
	if err := e.Attend(ctx); err != nil {
		a.log.Error("cannot look for decisions about waiting flows", "error", err)
	}
	if o.Host.Log == nil {
		o.Host.Log = a.log
	}
	o.Host.TurnedAway = watch.turnedAway(o.Host.TurnedAway)
	if watch.tracer != nil && o.Host.Caller == nil {
		o.Host.Caller = watch.tracer.Caller
	}
	a.engine, a.store, a.front, a.observers = e, st, a.described(p, o, host.New(e, o.Host)), watch
	a.loops = a.start(ctx, st, e, o)
	return nil
}

// Inspector returns the pages that show what the app does. Options.Inspect
// enables them; inspect.Listen and Inspector.Serve serve them. It is nil while
// the app is not open, and without that option.
func (a *App) Inspector() *inspect.Inspector {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.observers == nil {
		return nil
	}
	return a.observers.inspector
}

const (
	// tickEvery is how often the app checks if a system action is due.
	tickEvery = time.Second
	// tickShare bounds the cost when many members stay due that were seen before: a
	// check that finds nothing is followed by a pause that is tickShare times as
	// long, up to a minute.
	tickShare = 10
	tickLate  = time.Minute
)

// tick starts system actions when they are due.
func (a *App) tick(ctx context.Context, e *engine.Engine) *loop {
	return startLoop(ctx, 0, func(ctx context.Context) time.Duration {
		began := time.Now()
		started, err := e.Tick(ctx)
		if err != nil && ctx.Err() == nil {
			a.log.Error("cannot start system actions; trying again later", "error", err)
		}
		if started == 0 && err == nil {
			return min(max(tickEvery, tickShare*time.Since(began)), tickLate)
		}
		return tickEvery
	})
}

// start starts what runs beside the app. For an app with its own clock Tick
// does so instead, except for taking flows over.
func (a *App) start(ctx context.Context, st store.Store, e *engine.Engine, o Options) []*loop {
	var loops []*loop
	own := o.Clock != nil
	if !own {
		loops = append(loops, a.retain(ctx, st, o.Keep))
	}
	if l := a.takeOver(ctx, st, e); l != nil {
		loops = append(loops, l)
	}
	if own {
		return loops
	}
	if e.HasTimers() {
		loops = append(loops, a.tick(ctx, e))
	}
	if e.HasEffects() {
		loops = append(loops, a.takeDecisions(ctx, e))
	}
	return append(loops, a.rescue(ctx, e))
}

// Tick starts the system actions that are due, retries the effect actions that are
// due, and resumes flows that nobody runs. An app with its own clock
// (Options.Clock) calls it; other apps do so by themselves.
func (a *App) Tick(ctx context.Context) error {
	a.mu.Lock()
	e := a.engine
	a.mu.Unlock()
	if e == nil {
		return errNotOpen
	}
	_, err := e.Tick(ctx)
	return errors.Join(err, e.Attend(ctx), e.Rescue(ctx, a.resumed))
}

var errNotOpen = errors.New("the app is not open")

// OpenStore opens a store by name: "memory:", "sqlite:PATH", or the URL of a
// PostgreSQL database, "postgres://…", which several processes may share.
func OpenStore(ctx context.Context, name string, d store.Durability) (store.Store, error) {
	kind, rest, named := strings.Cut(name, ":")
	switch kind {
	case "", "memory":
		return memory.New(memory.Options{}), nil
	case "sqlite":
		if rest == "" {
			return nil, fmt.Errorf("the store %q names no file: write sqlite:PATH", name)
		}
		return sqlite.Open(rest, sqlite.Options{Durability: d})
	}
	if kind == "postgres" || kind == "postgresql" {
		return postgres.Open(ctx, name, postgres.Options{Durability: d})
	}
	if !named {
		return nil, fmt.Errorf("the store %q has no kind: write sqlite:%[1]s for a file of this name", name)
	}
	// An invalid name may hold a password: only its start is shown.
	return nil, fmt.Errorf("there is no store %q: write memory:, sqlite:PATH or postgres://…", kind+":")
}

// stopGrace is how long Close waits for an effect action that is running. The
// action runs again, with the same key, when the app is reopened.
const stopGrace = 5 * time.Second

// closeGrace is how long Close waits for a store. What has not returned then, such
// as an action that never ends its transaction, is abandoned: the store is
// then as after the end of a process, and unfinished work resumes when the app is
// opened again.
const closeGrace = 15 * time.Second

func within(limit time.Duration, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("the store is still in use after %s: an action does not return. What it did not finish goes on when the app is opened again", limit)
	}
}

// Close ends the app. Running flows come to rest first, except those that wait
// for something outside; these resume when the app is reopened.
func (a *App) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.engine == nil {
		return nil
	}
	for _, l := range a.loops {
		l.end()
	}
	a.loops = nil
	stopping, stop := context.WithTimeout(context.Background(), stopGrace)
	a.engine.Stop(stopping)
	stop()
	err := within(closeGrace, a.store.Close)
	sending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err = errors.Join(err, a.observers.close(sending))
	a.engine, a.store, a.front, a.observers = nil, nil, nil, nil
	return err
}

// Handler serves the app's routes. It answers 503 while the app is closed.
func (a *App) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		front := a.front
		a.mu.Unlock()
		if front == nil {
			http.Error(w, `{"error":"The app is not open."}`, http.StatusServiceUnavailable)
			return
		}
		front.ServeHTTP(w, r)
	})
}

// ListenAndServe opens the app, serves its routes until ctx ends, lets requests
// in flight finish, and closes it.
func (a *App) ListenAndServe(ctx context.Context, o Options) (err error) {
	if err := a.Open(ctx, o); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	addr := o.Addr
	if addr == "" {
		addr = "127.0.0.1:8000"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	a.log.Info("listening on http://" + l.Addr().String())
	return host.Serve(ctx, l, a.Handler(), o.Host)
}

// An Outcome is how an action that Go code asked has ended.
type Outcome struct {
	Flow    string  // the id of the flow that it opened
	Out     []Field // outputs, when it returned
	Refusal *engine.Refused
	Fault   error
	// Waiting is set if the flow is not at rest because an effect action runs,
	// waits for a retry or is parked. The flow continues.
	Waiting *engine.Waiting
}

// A Field is a named value.
type Field = value.Field

// Ask opens a flow with an action, such as "Profile.authenticate", and returns
// its outcome when the flow is at rest and durable, or waits (Outcome.Waiting). A
// refusal is an outcome; an error means that the action was not asked or is not
// durable.
func (a *App) Ask(ctx context.Context, action string, in ...Field) (Outcome, error) {
	a.mu.Lock()
	e := a.engine
	a.mu.Unlock()
	if e == nil {
		return Outcome{}, errNotOpen
	}
	var names []string
	for _, x := range e.Plan().Actions {
		if x.FullName() != action {
			names = append(names, x.FullName())
			continue
		}
		opening := engine.Opening{Action: x, In: make([]value.Value, len(x.Inputs))}
		for _, f := range in {
			i := x.Input(f.Name)
			if i < 0 {
				near := ""
				if n, ok := diag.Nearest(f.Name, x.Inputs); ok {
					near = ": do you mean " + n + "?"
				}
				return Outcome{}, fmt.Errorf("%s has no input %s%s", action, f.Name, near)
			}
			opening.In[i] = f.Value
			if x.Secret[i] {
				opening.In[i] = value.Secret(f.Value)
			}
		}
		result, err := e.Run(ctx, opening)
		return Outcome{Flow: result.Flow.String(), Out: result.Out, Refusal: result.Refused, Fault: result.Fault, Waiting: result.Waiting}, err
	}
	if near, ok := diag.Nearest(action, names); ok {
		return Outcome{}, fmt.Errorf("there is no action %s: do you mean %s?", action, near)
	}
	return Outcome{}, fmt.Errorf("there is no action %s", action)
}
