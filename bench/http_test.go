package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	nethttp "net/http"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const program = `concept Requesting

purpose
    let the outside ask

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)
    respond (request: Request, status?: Number, headers?: Json, cookies?: Json, body?: Json, ...) : ()
        refuses ALREADY_ANSWERED as conflict "This request has been answered already."
        refuses UNKNOWN_REQUEST as missing "There is no such request in this flow."

concept Profile

purpose
    know users

state
    a set of Users

actions
    authenticate (username: String, password: Secret) : (user: User)

concept Sessioning [User]

purpose
    remember users

state
    a set of Sessions with
        a user User

actions
    create (user: User) : (session: Session)

app Bench

use Requesting
use Profile
use Sessioning [User = Profile.User]

sync LogIn
when
    Requesting.request (path: "/auth/login", username, password) : (request)
then
    Profile.authenticate (username, password) : (user)
    Sessioning.create (user) : (session)
    Requesting.respond (request, user, session, message: "Login successful")
`

// front is the login of four actions. Its session is a row in the store.
func front(b *testing.B, st store.Store) nethttp.Handler {
	b.Helper()
	return frontWith(b, st, func(*plan.Plan, store.Store) engine.Options { return engine.Options{} })
}

// frontWith is the same with options for the engine.
func frontWith(b *testing.B, st store.Store, options func(*plan.Plan, store.Store) engine.Options) nethttp.Handler {
	b.Helper()
	tree, findings := syntax.Parse(source.NewFile("bench", program))
	checked, more := check.Check([]*syntax.File{tree}, check.Options{})
	for _, d := range append(findings, more...) {
		if d.Severity == diag.Error {
			b.Fatalf("%s: %s", d.Span, d.Message)
		}
	}
	p := plan.Build(checked)
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		b.Fatal(err)
	}
	user := value.String("the user")
	var sessions *store.Table
	for _, t := range schema.Tables {
		if t.Instance == "Sessioning" {
			sessions = t
		}
	}
	e, err := engine.New(p, st, schema, map[string]engine.Methods{
		"Profile": {Actions: map[string]engine.Method{
			"authenticate": func(_ engine.Context, _, out []value.Value) error { out[0] = user; return nil },
		}},
		"Sessioning": {Actions: map[string]engine.Method{
			"create": func(ctx engine.Context, in, out []value.Value) error {
				id := ctx.NewID()
				out[0] = value.String(id)
				if st, ok := st.(*memory.Store); ok && st != nil {
					return nil // rows that nobody deletes would fill the memory
				}
				return ctx.State().Insert(sessions, id, store.Row{in[0]})
			},
		}},
	}, options(p, st))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	return host.New(e, host.Options{Log: slog.New(slog.DiscardHandler)})
}

// echo reads a JSON object and sends it back.
func echo(w nethttp.ResponseWriter, r *nethttp.Request) {
	var fields map[string]any
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		nethttp.Error(w, err.Error(), nethttp.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(fields); err != nil {
		panic(err)
	}
}

// BenchmarkHTTPLogin serves the echo and the login, the login on the memory store
// and on SQLite with full durability.
func BenchmarkHTTPLogin(b *testing.B) {
	for _, clients := range []int{1, 16, 64} {
		var base float64
		run := func(name string, h func(*testing.B) nethttp.Handler) {
			b.Run(fmt.Sprintf("clients=%d/%s", clients, name), func(b *testing.B) {
				rate := httpServe(b, clients, h(b))
				b.ReportMetric(rate, "req/s")
				if name == "echo" {
					base = rate
				} else if base > 0 {
					b.ReportMetric(rate/base, "of-echo")
				}
			})
		}
		run("echo", func(*testing.B) nethttp.Handler { return nethttp.HandlerFunc(echo) })
		run("memory", func(b *testing.B) nethttp.Handler { return front(b, memory.New(memory.Options{})) })
		run("sqlite", func(b *testing.B) nethttp.Handler {
			st, err := sqlite.Open(filepath.Join(b.TempDir(), "bench.db"), sqlite.Options{})
			if err != nil {
				b.Fatal(err)
			}
			return front(b, st)
		})
	}
}

// serve lets clients send logins, each the next one when it has its answer, and
// gives how many were answered a second.
func httpServe(b *testing.B, clients int, h nethttp.Handler) float64 {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Serve(ctx, l, h, host.Options{Log: slog.New(slog.DiscardHandler)}) }()
	b.ReportAllocs()
	b.ResetTimer()
	start := time.Now()
	var next atomic.Int64
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			if err := client(l.Addr().String(), func() bool { return next.Add(1) <= int64(b.N) }); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	b.StopTimer()
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	return float64(b.N) / took.Seconds()
}

var login = func() []byte {
	body := `{"username": "ann", "password": "correct horse"}`
	return fmt.Appendf(nil, "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}()

// client sends logins over one connection for as long as more gives true.
func client(addr string, more func() bool) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return fmt.Errorf("dialling: %w", err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for more() {
		if err := ask(c, r); err != nil {
			return err
		}
	}
	return nil
}

// ask sends one login and reads its answer.
func ask(c net.Conn, r *bufio.Reader) error {
	if _, err := c.Write(login); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("reading an answer: %w", err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
			return fmt.Errorf("the answer is %s", line)
		}
		if len(line) == 0 {
			break
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(n)); err != nil {
				return fmt.Errorf("reading a length: %w", err)
			}
		}
	}
	if _, err := io.CopyN(io.Discard, r, int64(length)); err != nil {
		return fmt.Errorf("reading a body: %w", err)
	}
	return nil
}
