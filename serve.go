package legible

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/inspect"
	"github.com/legible-lang/legible/internal/private"
)

// Handler returns the handler of the app's routes. It answers 503 once the app is
// closed.
func (a *App) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.closed.Load() {
			a.routes.ServeHTTP(w, r)
			return
		}
		a.front.ServeHTTP(w, r)
	})
}

// Serve serves a handler, such as that of Handler, with the limits of Options.HTTP
// until ctx ends. Then it accepts no more connections, lets the requests in flight
// finish within HTTP.Grace, and returns; the error is nil if all of them did. It
// does not close the app. A handler that streams for longer than the time limits
// moves them with http.ResponseController.
func (a *App) Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return host.Serve(ctx, l, h, a.frontOptions())
}

func (a *App) frontOptions() host.Options {
	o := a.options.HTTP.front()
	o.Log, o.TurnedAway, o.Closed = a.log, a.observers.turnedAway(), a.closed.Load
	if a.routes != nil {
		o.Busy = a.routes.Busy
	}
	if a.observers.tracer != nil {
		o.Caller = a.observers.tracer.Caller
	}
	return o
}

// A serving is an inspector that is being served.
type serving struct {
	stop context.CancelFunc
	err  chan error
}

// ListenInspector serves the inspector, which Options.Inspect enables, on an address
// of this machine, such as "127.0.0.1:9000", or "127.0.0.1:0" for a free port. It
// returns when the inspector listens, with the URL of its pages, which contains the
// token that grants access. The inspector is served until ctx ends or the app is
// closed.
func (a *App) ListenInspector(ctx context.Context, addr string) (url string, err error) {
	pages := a.observers.inspector
	if pages == nil {
		return "", errors.New("the app has no inspector: set legible.Options.Inspect")
	}
	l, err := inspect.Listen(addr)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed.Load() {
		return "", errors.Join(errClosed, l.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	s := &serving{stop, make(chan error, 1)}
	go func() { s.err <- pages.Serve(ctx, l) }()
	a.inspectors = append(a.inspectors, s)
	return pages.Address(l.Addr()), nil
}

// endInspectors ends the serving of inspectors and returns their errors.
func (a *App) endInspectors() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for _, s := range a.inspectors {
		s.stop()
		errs = append(errs, <-s.err)
	}
	return errors.Join(errs...)
}

// Inspector is for packages of this module. It returns the pages that
// ListenInspector serves; nil without Options.Inspect.
func (a *App) Inspector(private.Access) *inspect.Inspector { return a.observers.inspector }
