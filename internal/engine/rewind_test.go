package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// gate is a concept whose actions decide on what they have read.
const gate = requesting + `concept Gate

purpose
    let those in who know the code

state
    a set of Keys with
        a name String
        a code String
    a set of Passes with
        a name String

actions
    open (name: String, code: String) : (key: Key)
        refuses WRONG as unauthenticated "Wrong."
    mint (name: String) : (token: Secret)
        effects adds a pass
    pass (name: String) : (pass: Pass)
        effects adds a pass
    change (name: String, code: String) : ()
        effects changes the code
    copy (name: String, code: String) : ()
        effects adds a key
    note (code: String) : ()
EFFECT
sync Enter
when
    Requesting.request (path: "/enter", name, code) : (request)
then
    Gate.open (name, code) : (key)
    Gate.pass (name) : (pass)
    Requesting.respond (request, key, pass)

sync EnterLate
when
    Requesting.request (path: "/late", name, code) : (request)
then
    Gate.mint (name) : (token)
    Gate.open (name, code) : (key)
    Gate.pass (name) : (pass)
    Requesting.respond (request, key, token)

sync EnterTogether
when
    Requesting.request (path: "/together", name, code) : (request)
then together
    Gate.open (name, code) : (key)
    Gate.pass (name) : (pass)
    Requesting.respond (request, key, pass) : ()

sync EnterOnce
when
    Requesting.request (path: "/once", name) : (request)
where
    n is count
        in Gate: name of pass is name
    n < 1
        else Requesting.respond (request, status: 409, error: "You are in.")
then
    Gate.pass (name) : (pass)
    Requesting.respond (request, pass)

sync Shout
when
    Gate.pass (name) : (pass)
where
    in Gate: name of key is name
    in Gate: code of key is code
then
    Gate.note (code)LAST
`

// A keeper is an engine with the Go of the gate. Between is called by the Go of
// an action when it has read and not yet written.
type keeper struct {
	*engine.Engine
	t       *testing.T
	plan    *plan.Plan
	between func(action string)
	inside  engine.Context // of the action "open" or "mint" that ran last
	mu      sync.Mutex
	calls   []string
	sent    []string
}

// called notes that the Go of an action runs.
func (k *keeper) called(action string) {
	k.mu.Lock()
	k.calls = append(k.calls, action)
	k.mu.Unlock()
	if k.between != nil {
		k.between(action)
	}
}

func openGate(t *testing.T, text string) *keeper {
	k := &keeper{t: t, plan: build(t, text)}
	tables := engine.Schema(k.plan).Tables
	keys, passes := tables[slices.IndexFunc(tables, func(x *store.Table) bool { return x.Set == "Key" })],
		tables[slices.IndexFunc(tables, func(x *store.Table) bool { return x.Set == "Pass" })]
	find := func(ctx engine.Context, name value.Value) (store.Member, bool, error) {
		found, err := ctx.State().Find(keys, []int{0}, []value.Value{name}, store.Page{})
		if err != nil || len(found) == 0 {
			return store.Member{}, false, err
		}
		return found[0], true, nil
	}
	add := func(ctx engine.Context, name value.Value) (value.Value, error) {
		id := ctx.NewID()
		return value.String(id), ctx.State().Insert(passes, id, store.Row{name})
	}
	k.Engine = start(t, k.plan, map[string]engine.Methods{"Gate": {Actions: map[string]engine.Method{
		"open": func(ctx engine.Context, in, out []value.Value) error {
			m, known, err := find(ctx, in[0])
			if err != nil {
				return err
			}
			k.inside = ctx
			k.called("open")
			if !known || !value.Equal(m.Row[1], in[1]) {
				return &engine.Refusal{Code: "WRONG"}
			}
			out[0] = value.String(m.ID)
			return nil
		},
		"mint": func(ctx engine.Context, in, out []value.Value) error {
			k.called("mint")
			id, err := add(ctx, in[0])
			k.inside = ctx
			k.called("minted")
			out[0] = value.Secret(value.String("token of " + id.String()))
			return err
		},
		"pass": func(ctx engine.Context, in, out []value.Value) (err error) {
			k.called("pass")
			out[0], err = add(ctx, in[0])
			return err
		},
		"change": func(ctx engine.Context, in, _ []value.Value) error {
			m, known, err := find(ctx, in[0])
			switch {
			case err != nil:
				return err
			case known:
				return ctx.State().Update(keys, m.ID, store.Row{in[0], in[1]})
			}
			return ctx.State().Insert(keys, ctx.NewID(), store.Row{in[0], in[1]})
		},
		"copy": func(ctx engine.Context, in, _ []value.Value) error {
			return ctx.State().Insert(keys, ctx.NewID(), store.Row{in[0], in[1]})
		},
		"send": func(_ engine.Context, in, _ []value.Value) error {
			k.sent = append(k.sent, in[0].String())
			return nil
		},
		"note": func(engine.Context, []value.Value, []value.Value) error { k.called("note"); return nil },
	}}}, engine.Options{Log: slog.New(slog.DiscardHandler)})
	return k
}

func plainGate(t *testing.T) *keeper {
	return openGate(t, strings.NewReplacer("EFFECT", "", "LAST", "").Replace(gate))
}

func (k *keeper) action(name string) *plan.Action {
	return k.plan.Actions[slices.IndexFunc(k.plan.Actions, func(a *plan.Action) bool { return a.Name == name })]
}

func (k *keeper) run(a *plan.Action, fields ...string) engine.Result {
	k.t.Helper()
	in := make([]value.Value, len(a.Inputs))
	for i := 0; i < len(fields); i += 2 {
		in[a.Input(fields[i])] = value.String(fields[i+1])
	}
	r, err := k.Run(context.Background(), engine.Opening{Action: a, In: in})
	if err != nil {
		k.t.Error(err)
	}
	return r
}

func (k *keeper) change(name, code string) { k.run(k.action("change"), "name", name, "code", code) }

func (k *keeper) request(path, name, code string) engine.Result {
	k.t.Helper()
	return k.run(k.action("request"), "method", "POST", "path", path, "name", name, "code", code)
}

// count counts the members of a set by the name that they have.
func (k *keeper) count(set string) (n int) {
	schema := engine.Schema(k.plan)
	for _, table := range schema.Tables {
		if table.Set != set {
			continue
		}
		f := k.Store().NewSession(value.NewIDs().At(time.Now()))
		defer f.Abandon()
		found, err := f.Find(table, nil, nil, store.Page{})
		if err != nil {
			k.t.Fatal(err)
		}
		n = len(found)
	}
	return n
}

func (k *keeper) entries(id value.ID) []journal.Entry {
	k.t.Helper()
	b, err := k.Store().Journal(context.Background(), id)
	if err != nil {
		k.t.Fatal(err)
	}
	list, err := journal.Read(b)
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}

// once calls f at the first call of an action.
func (k *keeper) once(action string, f func()) {
	done := false
	k.between = func(a string) {
		if a == action && !done {
			done = true
			f()
		}
	}
}

// TestRewindOfSlowAction changes what an action has read while it computes. The
// action that follows writes nothing on its word.
func TestRewindOfSlowAction(t *testing.T) {
	for _, path := range []string{"/enter", "/together"} {
		k := plainGate(t)
		k.change("ann", "old")
		k.once("open", func() { k.change("ann", "new") })
		r := k.request(path, "ann", "old")
		if r.Answer != nil || r.Unhandled == nil || r.Unhandled.Code != "WRONG" {
			t.Errorf("%s: the answer is %v, the refusal %v", path, r.Answer, r.Unhandled)
		}
		if n := k.count("Pass"); n != 0 {
			t.Errorf("%s: %d passes", path, n)
		}
		if want := []string{"open", "pass", "open"}; !slices.Equal(k.calls, want) {
			t.Errorf("%s: %v ran, not %v", path, k.calls, want)
		}
		// The record has what holds, and nothing of what does not.
		text := ""
		for _, e := range k.entries(r.Flow) {
			text += e.Kind.String() + " " + e.Action + " " + e.Outcome.String() + "\n"
		}
		if strings.Contains(text, "Gate.pass") || strings.Count(text, "Gate.open refused") != 1 {
			t.Errorf("%s: the record is\n%s", path, text)
		}
	}
}

// TestRewindToCommit changes what was read after the flow has committed
// something. What was committed stays as it was, secrets included.
func TestRewindToCommit(t *testing.T) {
	k := plainGate(t)
	k.change("ann", "code")
	k.once("open", func() { k.change("ann", "other"); k.change("ann", "code"); k.change("bob", "b") })
	r := k.request("/late", "ann", "code")
	if r.Answer == nil || !slices.Equal(k.calls, []string{"mint", "minted", "open", "pass", "note"}) {
		t.Fatalf("the same value again is no change: %v, %v", k.calls, r.Answer)
	}
	k.calls = nil
	k.once("open", func() {
		k.run(k.action("change"), "name", "ann", "code", "code ")
		k.change("ann", "code")
		k.change("ann", "new")
	})
	r = k.request("/late", "ann", "code")
	if r.Answer != nil || r.Unhandled == nil || r.Unhandled.Code != "WRONG" {
		t.Errorf("the answer is %v, the refusal %v", r.Answer, r.Unhandled)
	}
	if want := []string{"mint", "minted", "open", "pass", "open"}; !slices.Equal(k.calls, want) {
		t.Errorf("%v ran, not %v", k.calls, want)
	}

	// What has changed does not matter: the flow goes on with the token of before.
	k.calls = nil
	before := k.count("Pass")
	k.once("open", func() { k.run(k.action("copy"), "name", "ann", "code", "another") })
	r = k.request("/late", "ann", "new")
	if r.Answer == nil {
		t.Fatalf("there is no answer: %v, %v", r.Unhandled, r.Fault)
	}
	token, _ := r.Answer.Fields[1].Value.Reveal().Text()
	if !strings.HasPrefix(token, "token of ") || !r.Answer.Fields[1].Value.HoldsSecret() {
		t.Errorf("the token is %q", token)
	}
	if want := []string{"mint", "minted", "open", "pass", "open", "pass", "note", "note"}; !slices.Equal(k.calls, want) || k.count("Pass") != before+2 {
		t.Errorf("%v ran, and %d passes are there", k.calls, k.count("Pass")-before)
	}
}

// TestRewindOfWhere changes what where has read, before the action writes.
func TestRewindOfWhere(t *testing.T) {
	k := plainGate(t)
	k.once("pass", func() { k.run(k.action("pass"), "name", "ann") })
	r := k.request("/once", "ann", "")
	if k.count("Pass") != 1 {
		t.Errorf("there are %d passes", k.count("Pass"))
	}
	if r.Answer == nil || r.Answer.Fields[0].Value.String() != "409" {
		t.Errorf("the answer is %v", r.Answer)
	}
}

// TestRewindEnds has another flow change what was read at each of the first tries.
// The third is pinned, so that the other one has to wait.
func TestRewindEnds(t *testing.T) {
	k := plainGate(t)
	k.change("ann", "code")
	var wg sync.WaitGroup
	defer wg.Wait()
	tries := 0
	k.between = func(action string) {
		if action != "open" {
			return
		}
		copied := func() { k.run(k.action("copy"), "name", "ann", "code", "code") }
		if tries++; tries <= 2 {
			copied()
			return
		}
		wg.Go(copied)
	}
	if r := k.request("/enter", "ann", "code"); r.Answer == nil {
		t.Errorf("there is no answer: %v, %v", r.Unhandled, r.Fault)
	}
	if tries != 3 {
		t.Errorf("it took %d tries", tries)
	}
}

// TestSlowFlowIsNotPinned has another flow change what was read at each of many
// tries that take their time: it never waits for them.
func TestSlowFlowIsNotPinned(t *testing.T) {
	k := plainGate(t)
	k.change("ann", "code")
	var wg sync.WaitGroup
	defer wg.Wait()
	tries := 0
	k.between = func(action string) {
		if action != "open" {
			return
		}
		time.Sleep(25 * time.Millisecond)
		if tries++; tries > 5 {
			return
		}
		copied := make(chan struct{})
		wg.Go(func() {
			k.run(k.action("copy"), "name", "ann", "code", "code")
			close(copied)
		})
		select {
		case <-copied:
		case <-time.After(10 * time.Second):
			t.Errorf("at try %d another flow waits for a slow action", tries)
		}
	}
	if r := k.request("/enter", "ann", "code"); r.Answer == nil {
		t.Errorf("there is no answer: %v, %v", r.Unhandled, r.Fault)
	}
	if tries != 6 {
		t.Errorf("it took %d tries", tries)
	}
}

// TestAskInside has an action ask the engine for what changes what it has read
// itself, each time again. A flow that is pinned lets that in, and one that has
// written is told that it would wait for itself.
func TestAskInside(t *testing.T) {
	k := plainGate(t)
	k.change("ann", "code")
	tries := 0
	ask := func() error {
		a := k.action("copy")
		ctx, cancel := context.WithTimeout(k.inside, time.Minute) // as Go derives one
		defer cancel()
		_, err := k.Run(ctx, engine.Opening{Action: a, In: []value.Value{value.String("ann"), value.String("code")}})
		return err
	}
	k.between = func(action string) {
		switch action {
		case "open":
			if tries++; tries <= 5 {
				if err := ask(); err != nil {
					t.Error(err)
				}
			}
		case "minted":
			if err := ask(); !errors.Is(err, engine.ErrInside) {
				t.Errorf("an action that has written asks: %v", err)
			}
		}
	}
	if r := k.request("/enter", "ann", "code"); r.Answer == nil || tries != 6 {
		t.Errorf("after %d tries there is no answer: %v, %v", tries, r.Unhandled, r.Fault)
	}
	if r := k.request("/late", "ann", "code"); r.Answer == nil {
		t.Errorf("there is no answer: %v, %v", r.Unhandled, r.Fault)
	}
	k.change("bob", "the transaction has ended")
}

// TestRewindBeforeEffect changes what where has read before an effect action is
// asked: it reaches outside with what is true then.
func TestRewindBeforeEffect(t *testing.T) {
	k := openGate(t, strings.NewReplacer("EFFECT", "    effect send (to: String) : ()\n", "LAST", "\n    Gate.send (to: code)").Replace(gate))
	k.change("ann", "old")
	k.once("note", func() { k.change("ann", "new") })
	k.request("/once", "ann", "")
	if !slices.Equal(k.sent, []string{`"new"`}) {
		t.Errorf("sent %v", k.sent)
	}
}

// TestSerializable has many flows decide at once on what they read of one another:
// each takes a pass for a name that nobody has a pass for.
func TestSerializable(t *testing.T) {
	k := plainGate(t)
	var answered atomic.Int32
	names := []string{"a", "b", "c", "d", "e"}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			r := k.request("/once", names[i%len(names)], "")
			if r.Fault != nil {
				t.Error(r.Fault)
			}
			if r.Answer != nil && r.Answer.Fields[0].Name == "pass" {
				answered.Add(1)
			}
		})
	}
	wg.Wait()
	if n := k.count("Pass"); n != len(names) || int(answered.Load()) != n {
		t.Errorf("%d passes for %d names, %d answered", n, len(names), answered.Load())
	}
}
