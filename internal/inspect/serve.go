package inspect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/legible-lang/legible/internal/inspect/api"
)

// Listen listens on an address for the inspector: "127.0.0.1:9000", or
// "localhost:0" for a free port. It rejects an address that other machines can
// reach. Serve accepts any listener.
func Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the inspector's address %q is not HOST:PORT, such as 127.0.0.1:9000", addr)
	}
	if host == "" {
		host = "127.0.0.1" // net.Listen takes ":9000" as every address of the machine
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("the inspector's address %q can be reached from other machines: use 127.0.0.1 and a tunnel", addr)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("listening for the inspector: %w", err)
	}
	return l, nil
}

// Serve serves the pages until ctx ends; then it ends the live streams, gives
// the other requests a second to finish, and returns.
func (in *Inspector) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           in,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(in.options.Log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(in.Close)
	if path := in.options.Note; path != "" {
		note := &api.Note{Address: "http://" + l.Addr().String(), Token: in.guard.token, Process: os.Getpid(), App: in.plan.Name, Began: in.opened}
		if err := note.Leave(path); err != nil {
			// The app serves all the same: one has to name the address then.
			in.options.Log.Warn("writing the inspector's address file failed; the legible command needs --app", "file", path, "error", err)
		}
		defer func() {
			if err := note.Take(path); err != nil {
				in.options.Log.Warn("removing the inspector's address file", "file", path, "error", err)
			}
		}()
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving the inspector on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		// A page that is cut off can be loaded again. An idle connection of a
		// browser must not delay the end of the app.
		err = nil
	}
	if closing := server.Close(); err == nil && closing != nil {
		err = fmt.Errorf("stopping the inspector: %w", closing)
	}
	<-served
	return err
}

// Close ends the live streams. Other requests end by themselves.
func (in *Inspector) Close() { in.streams.end() }
