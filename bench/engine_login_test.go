package bench

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

const engineConcepts = `concept Requesting

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
    rename (user: User, name: String) : (user: User)

concept Sessioning [User]

purpose
    remember users

state
    a set of Sessions

actions
    create (user: User) : (session: Session)

app Bench

use Requesting
use Profile
use Sessioning [User = Profile.User]

`

// oneSync is the seed's login as its author means it.
const oneSync = `sync LogIn
when
    Requesting.request (path: "/auth/login", username, password) : (request)
then
    Profile.authenticate (username, password) : (user)
    Sessioning.create (user) : (session)
    Requesting.respond (request, user, session, message: "Login successful")
`

// twoSyncs is the same flow joined by matching, as the page has it.
const twoSyncs = `sync LogIn
when
    Requesting.request (path: "/auth/login", username, password) : (request)
then
    Profile.authenticate (username, password)

sync LogInCreate
when
    Requesting.request (path: "/auth/login") : (request)
    Profile.authenticate () : (user)
then
    Sessioning.create (user)

sync LogInRespond
when
    Requesting.request (path: "/auth/login") : (request)
    Sessioning.create (user) : (session)
then
    Requesting.respond (request, user, session, message: "Login successful")
`

func engineBegin(b testing.TB, text string, o engine.Options) *engine.Engine {
	b.Helper()
	tree, findings := syntax.Parse(source.NewFile("bench", engineConcepts+text))
	program, more := check.Check([]*syntax.File{tree}, check.Options{})
	for _, d := range append(findings, more...) {
		if d.Severity == diag.Error {
			b.Fatalf("%s: %s", d.Span, d.Message)
		}
	}
	p := plan.Build(program)
	st := memory.New(memory.Options{})
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		b.Fatal(err)
	}
	user, session := value.String("the user"), value.String("the session")
	e, err := engine.New(p, st, schema, map[string]engine.Methods{
		"Profile": {Actions: map[string]engine.Method{
			"authenticate": func(_ engine.Context, _, out []value.Value) error { out[0] = user; return nil },
			"rename":       func(_ engine.Context, in, out []value.Value) error { out[0] = in[0]; return nil },
		}},
		"Sessioning": {Actions: map[string]engine.Method{
			"create": func(_ engine.Context, _, out []value.Value) error { out[0] = session; return nil },
		}},
	}, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	return e
}

// request makes the opening of a login.
func request(e *engine.Engine, path string) engine.Opening {
	a := e.Plan().Routes.Request
	in := make([]value.Value, len(a.Inputs))
	in[a.Input("method")], in[a.Input("path")] = value.String("POST"), value.String(path)
	in[a.Input("username")] = value.String("ann")
	in[a.Input("password")] = value.Secret(value.String("correct horse"))
	return engine.Opening{Action: a, In: in}
}

func engineRun(b testing.TB, e *engine.Engine, o engine.Opening, actions int) {
	result, err := e.Run(context.Background(), o)
	if err != nil || result.Answer == nil || result.Actions != actions {
		b.Fatalf("the flow ended with %d actions, answer %v, fault %v, %v", result.Actions, result.Answer, result.Fault, err)
	}
}

func engineFlows(b *testing.B, e *engine.Engine) {
	o := request(e, "/auth/login")
	engineRun(b, e, o, 4)
	b.ReportAllocs()
	for b.Loop() {
		engineRun(b, e, o, 4)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "flows/s")
}

// BenchmarkEngineLogin is the flow of four actions on the memory store: as one sync
// and as three, with the journal and without. Run it with -cpu 1.
func BenchmarkEngineLogin(b *testing.B) {
	for _, c := range []struct{ name, text string }{{"one", oneSync}, {"three", twoSyncs}} {
		b.Run(c.name, func(b *testing.B) { engineFlows(b, engineBegin(b, c.text, engine.Options{})) })
		b.Run(c.name+"/nojournal", func(b *testing.B) { engineFlows(b, engineBegin(b, c.text, engine.Options{NoJournal: true})) })
	}
}

// BenchmarkEngineSyncs is the login flow among 10 and 10,000 syncs on other paths.
func BenchmarkEngineSyncs(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		var text strings.Builder
		text.WriteString(twoSyncs)
		for i := range n {
			fmt.Fprintf(&text, "\nsync Other%d\nwhen\n    Requesting.request (path: \"/other/%d\") : (request)\nthen\n    Requesting.respond (request)\n", i, i)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) { engineFlows(b, engineBegin(b, text.String(), engine.Options{})) })
	}
}

// BenchmarkEngineRested is the login flow before and after a million others came to
// rest; the memory in use is reported with it.
func BenchmarkEngineRested(b *testing.B) {
	e := engineBegin(b, twoSyncs, engine.Options{})
	o := request(e, "/auth/login")
	measure := func(b *testing.B) {
		engineFlows(b, e)
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse)/(1<<20), "MB")
	}
	b.Run("0", measure)
	for range 1_000_000 {
		engineRun(b, e, o, 4)
	}
	b.Run("1000000", measure)
}

// BenchmarkEngineLength is a flow of n actions, each of which sets off the next; the
// figure per action should not grow with n.
func BenchmarkEngineLength(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		text := fmt.Sprintf(`sync Begin
when
    Requesting.request (path: "/auth/login", username, password) : (request)
then
    Profile.rename (user: "u", name: "1") : ()
    Requesting.respond (request)

sync Go
when
    Requesting.request () : (request)
    Profile.rename (user, name) : ()
where
    n is int(name)
    n < %d
    next is string(n + 1)
then
    Profile.rename (user, name: next)
`, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := engineBegin(b, text, engine.Options{})
			o := request(e, "/auth/login")
			for b.Loop() {
				engineRun(b, e, o, n+2)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/action")
		})
	}
}
