// Command focusreader serves FocusReader, a place to read one's own e-books
// without distraction.
//
// What it does is written in the .app and .sync files in this folder; what its
// concepts do is in the catalogue. Its main types are those of package legible:
// the App is made from the texts and the concepts, and its Options come from
// flags and the environment. It promises that the API is below /api, that an
// answered request is on disk, and that a signal lets requests in flight
// finish. It refuses to hold any rule of the app in Go.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/annotation"
	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/concepts/textsettings"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/inspect"
)

//go:embed *.app *.sync
var texts embed.FS

// prefix is the path prefix of the API.
const prefix = "/api"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "focusreader:", err)
		os.Exit(status(err))
	}
}

// A startError prevents the start, such as wrong flags.
type startError struct{ error }

func (e startError) Unwrap() error { return e.error }

// status is the exit status: 2 if the process has not served at all.
func status(err error) int {
	if start := (startError{}); errors.As(err, &start) {
		return 2
	}
	return 1
}

// newApp makes the app from its texts and concepts. Tests hash passwords with
// less work. Without limits the defaults apply.
func newApp(passwords profile.Options, limits ...limiting.Options) *legible.App {
	passwords.RefuseCommon = true
	if len(limits) == 0 {
		limits = []limiting.Options{usualLimits()}
	}
	return newAppWith(passwords, limits[0], library.Options{}, annotation.Options{})
}

// newAppWith is newApp with the room of each reader.
func newAppWith(passwords profile.Options, limits limiting.Options, books library.Options, notes annotation.Options) *legible.App {
	return legible.New(texts, requesting.New, profile.With(passwords), sessioning.New, limiting.With(limits),
		library.With(books), annotation.With(notes), focusstats.New, textsettings.New)
}

// run serves until ctx ends. It writes one line to out when it listens, and
// logs to errOut.
func run(ctx context.Context, args, environ []string, out, errOut io.Writer) (err error) {
	s, err := readSettings(args, environ, errOut)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if s.options.Host.Development {
		level = slog.LevelDebug
	}
	s.options.Log = slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level}))
	app := newAppWith(profile.Options{}, s.limits, s.books, s.notes)
	if err := app.Open(ctx, s.options); err != nil {
		return startError{err}
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	l, err := net.Listen("tcp", s.options.Addr)
	if err != nil {
		return startError{fmt.Errorf("listening, as --addr says: %w", err)}
	}
	if s.inspect != "" {
		stop, err := serveInspector(ctx, app, s.inspect, l.Addr(), errOut)
		if err != nil {
			return startError{errors.Join(err, l.Close())}
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	fmt.Fprintf(errOut, "API on http://%s%s\n", l.Addr(), prefix)
	// Printed last: after this line nothing prevents the start.
	fmt.Fprintf(out, "listening on http://%s\n", l.Addr())
	return host.Serve(ctx, l, handler(app), s.options.Host)
}

// serveInspector serves the inspector beside the app until stop is called. The
// address it prints grants access.
func serveInspector(ctx context.Context, app *legible.App, addr string, beside net.Addr, errOut io.Writer) (stop func() error, err error) {
	var l net.Listener
	if addr == auto {
		l, err = listenBeside(beside)
	} else {
		l, err = inspect.Listen(addr)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; --inspect auto finds a free port, --inspect none leaves the inspector out", err)
	}
	inspector := app.Inspector()
	fmt.Fprintf(errOut, "inspector on %s\n", inspector.Address(l.Addr()))
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- inspector.Serve(ctx, l) }()
	return func() error { cancel(); return <-served }, nil
}

// listenBeside listens on the port after the app's, or on any other if that
// port is taken.
func listenBeside(app net.Addr) (net.Listener, error) {
	if tcp, ok := app.(*net.TCPAddr); ok && tcp.Port < 65535 {
		if l, err := inspect.Listen(fmt.Sprintf("127.0.0.1:%d", tcp.Port+1)); err == nil {
			return l, nil
		}
	}
	return inspect.Listen("127.0.0.1:0")
}

// handler serves a welcome page and the API.
func handler(app *legible.App) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", welcome)
	mux.Handle("/", app.Handler())
	return mux
}

func welcome(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	fmt.Fprintf(w, welcomePage, html.EscapeString(r.Host), prefix)
}

// welcomePage is what a browser shows at the server's root.
const welcomePage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>FocusReader</title>
<style>body { font: 1.1rem/1.6 serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem } pre { overflow-x: auto }</style>
<h1>FocusReader</h1>
<p>This server's API is under <code>%[2]s</code>. Requests are POST with a JSON object:</p>
<pre>curl -H 'Content-Type: application/json' \
    -d '{"username": "ann", "password": "correct horse"}' \
    http://%[1]s%[2]s/Profile/createAccount</pre>
</html>
`
