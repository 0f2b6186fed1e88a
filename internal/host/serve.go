package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
)

// Serve serves a handler until ctx ends; then it takes no more connections,
// lets the requests in flight finish within opt.Grace, and returns. It returns
// nil when all of them did. Connections that are slow, silent or half open are
// ended by the time limits of the options, and earlier where there are as many
// as the options let there be; a handler that streams for longer
// moves the time limits with http.ResponseController.
func Serve(ctx context.Context, l net.Listener, h http.Handler, opt Options) error {
	o := opt.orDefault()
	server := &http.Server{
		Handler:           noticing(h),
		ReadHeaderTimeout: o.HeaderTimeout,
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    o.MaxHeader,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		// A request in flight outlives the wish to stop.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, guestKey{}, c) },
		ConnState:   connState,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(newGate(l, &o)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Grace)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("stopping: requests were still running after %s: %w", o.Grace, err), server.Close())
	}
	<-ended
	return err
}
