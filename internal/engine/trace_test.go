package engine_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

var update = flag.Bool("update", false, "rewrite the traces in testdata")

// A play is a file of testdata: a program, how its actions end, what is asked,
// and the trace that must come of it.
//
//	-- program --     the text, after the Requesting that all share
//	-- actions --     Profile.authenticate password: "wrong" => refused NO
//	                  Profile.authenticate => user: "u1"
//	                  Sessioning._getUser session: "s" => user: "u1"; user: "u2"
//	-- state --       Library.Library l1 user: "u1"
//	-- ask --         Requesting.request path: "/x", name: "ann"
//	-- trace --
//
// The first line of actions whose values agree counts. An action may also end
// with fault "…" or panic "…". An effect action may also fail for good,
// permanent "…", or some times before it ends: fails 2 "…"; user: "u1". Then the
// clock goes on until nothing waits any more but what is parked.
type play struct {
	plan   *plan.Plan
	rules  []rule
	state  []rule
	asks   []rule
	calls  map[string]int // how often each action id was run
	limits engine.Limits
	clock  clock
}

// A clock is moved by the tests alone.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) get() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// until moves the clock on to a moment.
func (c *clock) until(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

type rule struct {
	name   string
	member string
	in     []value.Field
	out    []string
}

var pair = regexp.MustCompile(`(\w+): ("(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^,;\s]+)`)

func fields(t *testing.T, s string) []value.Field {
	var list []value.Field
	for _, m := range pair.FindAllStringSubmatch(s, -1) {
		v, err := value.ParseJSON([]byte(m[2]))
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		list = append(list, value.Field{Name: m[1], Value: v})
	}
	return list
}

func rules(t *testing.T, text string, members bool) []rule {
	var list []rule
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		left, right, _ := strings.Cut(line, "=>")
		name, in, _ := strings.Cut(strings.TrimSpace(left), " ")
		r := rule{name: name, out: strings.Split(right, ";")}
		if members {
			r.member, in, _ = strings.Cut(in, " ")
		}
		r.in = fields(t, in)
		list = append(list, r)
	}
	return list
}

const requesting = `concept Requesting

purpose
    let the outside ask

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)
    respond (request: Request, status?: Number, headers?: Json, cookies?: Json, body?: Json, ...) : ()
        refuses ALREADY_ANSWERED as conflict "This request has been answered already."
        refuses UNKNOWN_REQUEST as missing "There is no such request in this flow."

`

func load(t *testing.T, file string) (*play, *txtar.Archive) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &play{calls: map[string]int{}, clock: clock{now: time.UnixMilli(1_900_000_000_000)}}
	for _, f := range ar.Files {
		switch text := string(f.Data); f.Name {
		case "program":
			p.plan = build(t, requesting+text)
		case "actions":
			p.rules = rules(t, text, false)
		case "state":
			p.state = rules(t, text, true)
		case "ask":
			p.asks = rules(t, text, false)
		case "limits":
			if _, err := fmt.Sscanf(text, "actions %d depth %d", &p.limits.Actions, &p.limits.Depth); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p, ar
}

// find returns what the first rule says whose values agree with what is given.
func (p *play) find(name string, names []string, in []value.Value) *rule {
	for i := range p.rules {
		r := &p.rules[i]
		agrees := r.name == name
		for _, f := range r.in {
			n := slices.Index(names, f.Name)
			agrees = agrees && n >= 0 && value.Equal(in[n], f.Value)
		}
		if agrees {
			return r
		}
	}
	return nil
}

func (p *play) methods(t *testing.T) map[string]engine.Methods {
	all := map[string]engine.Methods{}
	for _, in := range p.plan.Instances {
		m := engine.Methods{Actions: map[string]engine.Method{}, Queries: map[string]engine.QueryMethod{}}
		for _, a := range in.Actions {
			m.Actions[a.Name] = func(ctx engine.Context, in, out []value.Value) error {
				p.calls[ctx.Key()]++
				try := p.calls[ctx.Key()]
				r := p.find(a.FullName(), a.Inputs, in)
				if r == nil {
					for i := range out {
						out[i] = value.String(a.Outputs[i] + "1")
					}
					return nil
				}
				how := strings.TrimSpace(r.out[0])
				word, text, _ := strings.Cut(how, " ")
				if word == "fails" {
					var times int
					var why string
					if _, err := fmt.Sscanf(text, "%d %q", &times, &why); err != nil {
						t.Error(err)
					}
					if try <= times {
						return errors.New(why)
					}
					how = strings.TrimSpace(r.out[1])
					word, text, _ = strings.Cut(how, " ")
				}
				switch word {
				case "permanent":
					return engine.Permanent(errors.New(strings.Trim(text, `"`)))
				case "refused":
					return &engine.Refusal{Code: text}
				case "fault":
					return errors.New(strings.Trim(text, `"`))
				case "panic":
					panic(strings.Trim(text, `"`))
				}
				for _, f := range fields(t, how) {
					out[a.Output(f.Name)] = f.Value
				}
				return nil
			}
		}
		for _, q := range in.Queries {
			m.Queries[q.Name] = func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
				r := p.find(q.FullName(), q.Inputs, in)
				if r == nil {
					return nil
				}
				if text, ok := strings.CutPrefix(strings.TrimSpace(r.out[0]), "fault "); ok {
					return errors.New(strings.Trim(text, `"`))
				}
				for _, one := range r.out {
					row := rows.Add()
					for _, f := range fields(t, one) {
						row[slices.Index(q.Outputs, f.Name)] = f.Value
					}
				}
				return nil
			}
		}
		all[in.Name] = m
	}
	return all
}

// stage makes an engine for the play, with its state in a store.
func (p *play) stage(t *testing.T, seed byte, recorder func(value.ID, []byte, bool)) (*engine.Engine, store.Store) {
	st := memory.New(memory.Options{})
	schema := engine.Schema(p.plan)
	if err := st.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	hand := st.NewSession(value.NewIDs().At(time.Now()))
	for _, r := range p.state {
		i := slices.IndexFunc(schema.Tables, func(t *store.Table) bool { return t.Name() == r.name })
		if i < 0 {
			t.Fatalf("there is no set %s", r.name)
		}
		row := make(store.Row, len(schema.Tables[i].Columns))
		for c, column := range schema.Tables[i].Columns {
			row[c] = value.Null
			if column.Many != store.One {
				row[c] = value.List(nil)
			}
			for _, f := range r.in {
				if f.Name == column.Name {
					row[c] = f.Value
				}
			}
		}
		if err := hand.Insert(schema.Tables[i], r.member, row); err != nil {
			t.Fatal(err)
		}
	}
	if err := hand.Commit(nil); err != nil {
		t.Fatal(err)
	}
	if err := hand.Finish(nil); err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(p.plan, st, schema, p.methods(t), engine.Options{
		Limits:   p.limits,
		Clock:    p.clock.get,
		IDs:      value.SeededIDs([32]byte{seed}),
		Log:      slog.New(slog.DiscardHandler),
		Recorder: recorder,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, st
}

func (p *play) opening(t *testing.T, r rule) engine.Opening {
	for _, a := range p.plan.Actions {
		if a.FullName() != r.name {
			continue
		}
		o := engine.Opening{Action: a, In: make([]value.Value, len(a.Inputs))}
		if a.Role == plan.Request {
			o.In[a.Input("method")] = value.String("POST")
		}
		for _, f := range r.in {
			i := a.Input(f.Name)
			if i < 0 {
				o.Further = append(o.Further, f)
				continue
			}
			if o.In[i] = f.Value; strings.HasPrefix(f.Name, "password") {
				o.In[i] = value.Secret(f.Value)
			}
		}
		return o
	}
	t.Fatalf("there is no action %s", r.name)
	return engine.Opening{}
}

// trace runs what is asked and prints the journal of each flow and its end.
func (p *play) trace(t *testing.T) (text string, journals map[value.ID][]byte) {
	journals = map[value.ID][]byte{}
	e, _ := p.stage(t, 0, func(id value.ID, b []byte, _ bool) { journals[id] = append(journals[id], b...) })
	var b strings.Builder
	for _, r := range p.asks {
		result, err := e.Run(context.Background(), p.opening(t, r))
		if err != nil {
			t.Fatal(err)
		}
		p.settle(t, e)
		entries, err := journal.Read(journals[result.Flow])
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range entries[1:] {
			b.WriteString(placeless(x.String(), result.Flow) + "\n")
		}
		if result.Waiting != nil {
			b.WriteString("=> waiting\n")
			continue
		}
		b.WriteString(placeless(ending(result), result.Flow) + "\n")
	}
	return b.String(), journals
}

// settle lets time go by until no flow waits, unless someone must decide.
func (p *play) settle(t *testing.T, e *engine.Engine) {
	t.Helper()
	for waiting, _ := e.Waiting(); waiting > 0; waiting, _ = e.Waiting() {
		p.clock.until(p.clock.get().Add(100 * time.Millisecond))
		if err := e.ApplyDecisions(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// ending says on one line how a flow ended.
func ending(r engine.Result) string {
	var parts []string
	if r.Answer != nil {
		parts = append(parts, "answered "+string(value.AppendJSON(nil, value.Record(r.Answer.Fields))))
	}
	if r.Unhandled != nil {
		parts = append(parts, fmt.Sprintf("unhandled %s %s %s %q", r.Unhandled.Action, r.Unhandled.Code, r.Unhandled.Kind, r.Unhandled.Sentence))
	}
	if r.Fault != nil {
		first, _, _ := strings.Cut(r.Fault.Error(), "\n")
		parts = append(parts, "fault "+first)
	}
	if parts == nil {
		return "=> nothing"
	}
	return "=> " + strings.Join(parts, "; ")
}

func plays(t *testing.T) []string {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no plays: %v", err)
	}
	return files
}

func TestTraces(t *testing.T) {
	for _, file := range plays(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			p, ar := load(t, file)
			got, _ := p.trace(t)
			i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "trace" })
			if i < 0 {
				ar.Files = append(ar.Files, txtar.File{Name: "trace"})
				i = len(ar.Files) - 1
			}
			want := string(ar.Files[i].Data)
			if got == want {
				return
			}
			if *update {
				ar.Files[i].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("the trace is\n%s\nwant\n%s", got, want)
		})
	}
}

// TestResume stops each play after every entry of its journal, as a crash
// would, and goes on: what happened before must not happen again, and the
// record must become the same as without the crash.
func TestResume(t *testing.T) {
	for _, file := range plays(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			p, ar := load(t, file)
			if strings.Contains(string(ar.Comment), "not resumed") {
				t.Skip("this play says why it cannot be resumed")
			}
			_, journals := p.trace(t)
			for _, id := range slices.SortedFunc(maps.Keys(journals), func(a, b value.ID) int { return strings.Compare(a.String(), b.String()) }) {
				whole := journals[id]
				want, err := journal.Read(whole)
				if err != nil {
					t.Fatal(err)
				}
				for cut := 0; cut < len(whole); {
					cut += 5 + int(uint32(whole[cut+1])|uint32(whole[cut+2])<<8|uint32(whole[cut+3])<<16|uint32(whole[cut+4])<<24)
					before, err := journal.Read(whole[:cut])
					if err != nil {
						t.Fatal(err)
					}
					if len(before) < 2 {
						continue // the request itself was never kept
					}
					if cut < len(whole) && journal.Kind(whole[cut]) == journal.Lost {
						continue // it is written together with the entry before
					}
					after := resume(t, file, id, whole[:cut], before)
					got := append(slices.Clone(before), after...)
					if a, b := canonical(id, got), canonical(id, want); a != b {
						t.Fatalf("cut after %d entries the record became\n%s\nwithout the cut it is\n%s", len(before), a, b)
					}
				}
			}
		})
	}
}

// resume goes on with a flow of which the store has the entries before, and
// gives the entries that came after.
func resume(t *testing.T, file string, id value.ID, b []byte, before []journal.Entry) []journal.Entry {
	p, _ := load(t, file)
	var more []byte
	e, st := p.stage(t, 1, func(_ value.ID, b []byte, _ bool) { more = append(more, b...) })
	hand := st.NewSession(id)
	if err := hand.Commit(b); err != nil {
		t.Fatal(err)
	}
	hand.Abandon()
	// What is outside has seen the tries of which the record tells.
	failed := map[string]int{}
	for _, x := range before {
		if x.Kind == journal.Tried || x.Kind == journal.Parked {
			failed[id.String()+"/"+x.ID.String()]++
			p.clock.until(x.Moment)
		}
	}
	maps.Copy(p.calls, failed)
	if err := e.Recover(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	p.settle(t, e)
	after, err := journal.Read(more)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range before {
		if key := id.String() + "/" + x.ID.String(); x.Kind == journal.Completed && p.calls[key] > failed[key] {
			t.Fatalf("%s %s had completed and was run again", x.ID, x.Action)
		}
	}
	allowed := map[string]int{}
	parked := false
	for _, x := range slices.Concat(before, after) {
		switch key := id.String() + "/" + x.ID.String(); x.Kind {
		case journal.Asked, journal.Tried:
			allowed[key]++
		case journal.Parked:
			parked = true
		}
	}
	for key, n := range p.calls {
		if n > allowed[key] {
			t.Fatalf("%s was run %d times, and the record tells of %d", key, n, allowed[key])
		}
	}
	open, err := st.Unfinished(context.Background())
	if err != nil || len(open) > 0 != parked {
		t.Fatalf("still unfinished: %v, %v", open, err)
	}
	return after
}

var goPlace = regexp.MustCompile(`\(\w+/\w+\.go:\d+\)`)

// placeless replaces what is not the same in each run or version of this file.
func placeless(s string, flow value.ID) string {
	return goPlace.ReplaceAllString(strings.ReplaceAll(s, flow.String(), "THIS"), "(FILE.go:LINE)")
}

var fresh = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}`)

// canonical prints a record with its lines sorted and each once: a flow that
// goes on writes the same entries, but not again those that it finds, and a
// where that failed is tried again. What is "new" after a cut is another id.
func canonical(id value.ID, entries []journal.Entry) string {
	var lines []string
	for _, e := range entries {
		e.Next = time.Time{} // the clock has gone on meanwhile
		line := strings.ReplaceAll(e.String(), id.String(), "THIS")
		lines = append(lines, fresh.ReplaceAllString(line, "NEW"))
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}
