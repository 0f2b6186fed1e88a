package legible

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/store"
)

// An App is a program that runs. [Program.Open] starts it and Close ends it. Its
// methods are safe for concurrent use.
type App struct {
	options   Options
	log       *slog.Logger
	store     store.Store
	engine    *engine.Engine
	observers *observers
	routes    *host.Front
	front     http.Handler // the routes and their description
	loops     []*loop      // beside the app, in the order in which they end

	closed     atomic.Bool
	closing    sync.Once
	mu         sync.Mutex
	inspectors []*serving
}

var errClosed = errors.New("the app is closed")

// open starts a program.
func (p *Program) open(ctx context.Context, c *compiled, o Options) (*App, error) {
	a := &App{options: o, log: o.Log}
	if a.log == nil {
		a.log = slog.Default()
	}
	schema := engine.Schema(c.plan)
	if err := a.openStore(ctx, schema); err != nil {
		return nil, err
	}
	fail := func(err error) (*App, error) { return nil, errors.Join(err, a.store.Close()) }
	methods, err := p.methods(c, schema, a.log)
	if err != nil {
		return fail(err)
	}
	if a.observers, err = o.observe(ctx, c.plan, a.store, a.log); err != nil {
		return fail(err)
	}
	opt := o.engine()
	opt.Log, opt.Recorder, opt.Observer = a.log, a.observers.recorder, a.observers.observer
	if a.engine, err = engine.New(c.plan, a.store, schema, methods, opt); err != nil {
		return fail(err)
	}
	a.observers.watch(a.engine)
	if err := a.engine.Recover(ctx, a.resumed); err != nil {
		// The others have resumed. One flow's error is logged and kept in the journal;
		// it does not stop the app from serving.
		a.log.Error("some flows could not be resumed", "error", err)
	}
	if err := a.engine.ApplyDecisions(ctx); err != nil {
		a.log.Error("cannot look for decisions about waiting flows", "error", err)
	}
	a.routes = host.New(a.engine, a.frontOptions())
	a.front = described(p, c.plan, &o, a.log, a.routes)
	a.start(ctx)
	return a, nil
}

// openStore opens the store of the options and brings its tables up to date.
func (a *App) openStore(ctx context.Context, schema *store.Schema) error {
	name := a.options.Store
	st, err := OpenStore(ctx, name, a.options.Durability)
	if err != nil {
		return err
	}
	if a.options.Wrap != nil {
		st = a.options.Wrap(st)
	}
	a.store = st
	err = st.Prepare(ctx, schema)
	if err == nil {
		return nil
	}
	var losses *store.SchemaError
	if errors.As(err, &losses) {
		way := "(legible migrate --store %s shows what has changed, and with --apply does it)"
		if len(losses.Blocked) > 0 {
			way = "(settle first what is in the way, with the app as it was; legible migrate --store %s shows all of it)"
		}
		err = fmt.Errorf("%w "+way, err, store.Redacted(name))
	}
	return errors.Join(fmt.Errorf("preparing the store: %w", err), st.Close())
}

// methods returns the Go side of each instance, by its name.
func (p *Program) methods(compiled *compiled, schema *store.Schema, log *slog.Logger) (map[string]Methods, error) {
	concepts := map[string]Concept{}
	for i, newConcept := range p.concepts {
		c := newConcept()
		for _, name := range compiled.names[i] {
			concepts[name] = c
		}
	}
	methods := map[string]Methods{}
	for _, in := range compiled.plan.Instances {
		c, ok := concepts[in.Concept.Name]
		if !ok {
			return nil, fmt.Errorf("the app uses the concept %s, but its Go was not passed to New", in.Concept.Name)
		}
		instance := &Instance{Name: in.Name, Log: log.With("concept", in.Name), tables: map[string]*store.Table{}}
		for _, t := range in.Tables {
			instance.tables[t.Set.Name] = schema.Tables[t.Index]
		}
		methods[in.Name] = c.Build(instance)
	}
	return methods, nil
}

// start starts the loops. For an app with its own clock Tick does their work,
// except for taking flows over.
func (a *App) start(ctx context.Context) {
	own := a.options.Clock != nil
	if !own {
		a.loops = append(a.loops, a.retain(ctx))
	}
	if shared, ok := a.store.(store.Shared); ok {
		a.loops = append(a.loops, a.takeOver(ctx, shared))
	}
	if own {
		return
	}
	if a.engine.HasTimers() {
		a.loops = append(a.loops, a.tick(ctx))
	}
	if a.engine.HasEffects() {
		a.loops = append(a.loops, a.takeDecisions(ctx))
	}
	a.loops = append(a.loops, a.rescue(ctx))
}

// Engine is for packages of this module. It returns what runs the plan.
func (a *App) Engine(private.Access) *engine.Engine { return a.engine }

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
// for something outside; these resume when the program is opened again. A second
// call returns nil.
func (a *App) Close() (err error) {
	a.closing.Do(func() { err = a.close() })
	return err
}

func (a *App) close() error {
	a.closed.Store(true)
	err := a.endInspectors()
	for _, l := range a.loops {
		l.end()
	}
	stopping, stop := context.WithTimeout(context.Background(), stopGrace)
	a.engine.Stop(stopping)
	stop()
	err = errors.Join(err, within(closeGrace, a.store.Close))
	sending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(err, a.observers.close(sending))
}
