// Command focusreader serves FocusReader, a place to read one's own e-books without
// distraction.
//
// The .app and .sync files in this folder define what it does; its concepts are in
// the catalogue. Its main types are those of package legible: the Program consists
// of the texts and the concepts, and its Options come from flags and the
// environment. It promises that the API is below /api, that an answered request is
// on disk, and that running requests complete after a signal. It refuses to hold any
// rule of the app in Go.
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

// newProgram returns the program: its texts and concepts. Tests hash passwords with
// less work. Without limits the defaults apply.
func newProgram(passwords profile.Options, limits ...limiting.Options) *legible.Program {
	passwords.RefuseCommon = true
	if len(limits) == 0 {
		limits = []limiting.Options{usualLimits()}
	}
	return newProgramWith(passwords, limits[0], library.Options{}, annotation.Options{})
}

// newProgramWith is newProgram with the room of each reader.
func newProgramWith(passwords profile.Options, limits limiting.Options, books library.Options, notes annotation.Options) *legible.Program {
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
	if s.options.HTTP.Development {
		level = slog.LevelDebug
	}
	s.options.Log = slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level}))
	app, err := newProgramWith(profile.Options{}, s.limits, s.books, s.notes).Open(ctx, s.options)
	if err != nil {
		return startError{err}
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	l, err := net.Listen("tcp", s.options.Addr)
	if err != nil {
		return startError{fmt.Errorf("listening, as --addr says: %w", err)}
	}
	if s.inspect != "" {
		url, err := listenInspector(ctx, app, s.inspect, l.Addr())
		if err != nil {
			return startError{errors.Join(err, l.Close())}
		}
		fmt.Fprintf(errOut, "inspector on %s\n", url)
	}
	fmt.Fprintf(errOut, "API on http://%s%s\n", l.Addr(), prefix)
	// Printed last: after this line nothing prevents the start.
	fmt.Fprintf(out, "listening on http://%s\n", l.Addr())
	return app.Serve(ctx, l, handler(app))
}

// listenInspector serves the inspector on an address. If the program chooses it, it is
// the port after the app's, or any other if that port is taken. The URL grants access.
func listenInspector(ctx context.Context, app *legible.App, addr string, beside net.Addr) (url string, err error) {
	if addr == auto {
		addr = "127.0.0.1:0"
		if tcp, ok := beside.(*net.TCPAddr); ok && tcp.Port < 65535 {
			if url, err := app.ListenInspector(ctx, fmt.Sprintf("127.0.0.1:%d", tcp.Port+1)); err == nil {
				return url, nil
			}
		}
	}
	if url, err = app.ListenInspector(ctx, addr); err != nil {
		return "", fmt.Errorf("%w; --inspect auto finds a free port, --inspect none leaves the inspector out", err)
	}
	return url, nil
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
