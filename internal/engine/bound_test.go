package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const shelving = requesting + `concept Shelf

purpose
    keep texts

state
    a set of Texts with
        a body String

actions
    put (body: String) : (text: Text)
        effects adds a text
    extend (body: String) : (longer: String)
    refuse (body: String) : ()
        refuses NO "There is no {body}."

queries
    _all () : (body: String)

sync List
when
    Requesting.request (method: "GET", path: "/texts") : (request)
where
    texts is each body
        in Shelf: body of text is body
then
    Requesting.respond (request, texts)

sync Refuse
when
    Requesting.request (path: "/refuse", body) : (request)
then
    Shelf.refuse (body)

sync Put
when
    Requesting.request (path: "/put", body) : (request)
then
    Shelf.put (body) : (text)
    Requesting.respond (request, text, body)

sync Again
when
    Requesting.request (path: "/again") : ()
    Shelf.put (body) : ()
then
    Shelf.put (body)

sync BeginAgain
when
    Requesting.request (path: "/again", body) : ()
then
    Shelf.put (body)

sync Grow
when
    Requesting.request (path: "/grow") : ()
    Shelf.extend () : (longer)
then
    Shelf.extend (body: longer)

sync BeginGrow
when
    Requesting.request (path: "/grow", body) : ()
then
    Shelf.extend (body)

sync CountAndRefuse
when
    Requesting.request (path: "/count", body) : (request)
then
    Shelf.put (body: "counted") : ()
    Shelf.refuse (body) : ()

sync CountAndDecline
when
    Requesting.request (path: "/decline", body) : (request)
then
    Shelf.put (body: "counted") : ()
    Requesting.respond (request, status: 403, error: "No.")

sync Frames
when
    Requesting.request (path: "/frames", body) : (request)
where
    in Shelf: body of text is other
    in Shelf: body of text2 is another
then
    Requesting.respond (request, body, other, another)

sync Both
when
    Requesting.request (path: "/both", body) : (request)
then together
    Shelf.put (body) : (text)
    Shelf.put (body: body + "2")
    Shelf.extend (body) : (longer)
`

// A shelf is an engine whose store holds texts.
type shelf struct {
	*engine.Engine
	t     *testing.T
	st    store.Store
	parts map[value.ID][][]byte // of records, as they were handed to the store
}

func openShelf(t *testing.T, o engine.Options) *shelf {
	p := build(t, shelving)
	s := &shelf{t: t, st: memory.New(memory.Options{}), parts: map[value.ID][][]byte{}}
	schema := engine.Schema(p)
	if err := s.st.Prepare(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	o.Log = slog.New(slog.DiscardHandler)
	o.Recorder = func(id value.ID, b []byte, _ bool) { s.parts[id] = append(s.parts[id], []byte(string(b))) }
	e, err := engine.New(p, s.st, schema, map[string]engine.Methods{"Shelf": {
		Actions: map[string]engine.Method{
			"put": func(ctx engine.Context, in, out []value.Value) error {
				id := ctx.NewID()
				out[0] = value.String(id)
				return ctx.State().Insert(schema.Tables[len(schema.Tables)-1], id, store.Row{in[0]})
			},
			"extend": func(_ engine.Context, in, out []value.Value) error {
				text, _ := in[0].Text()
				out[0] = value.String(text + "x")
				return nil
			},
			"refuse": func(engine.Context, []value.Value, []value.Value) error { return &engine.Refusal{Code: "NO"} },
		},
		Queries: map[string]engine.QueryMethod{"_all": func(engine.Context, []value.Value, *engine.Rows) error { return nil }},
	}}, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Engine = e
	t.Cleanup(func() {
		if err := s.st.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *shelf) ask(method, path, body string, further ...value.Field) engine.Result {
	s.t.Helper()
	a := s.Plan().Routes.Request
	in := make([]value.Value, len(a.Inputs))
	in[a.Input("method")], in[a.Input("path")], in[a.Input("body")] = value.String(method), value.String(path), value.String(body)
	r, err := s.Run(context.Background(), engine.Opening{Action: a, In: in, Further: further})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// record returns the record of a flow as the store has it, which must be sound.
func (s *shelf) record(id value.ID) ([]byte, []journal.Entry) {
	s.t.Helper()
	b, err := s.st.Journal(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	entries, err := journal.Read(b)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range journal.Check(entries, true) {
		s.t.Errorf("the record of %s: %s", id, x)
	}
	return b, entries
}

func long(what string, n int) string { return strings.Repeat(what+" ", n/(len(what)+1)+1)[:n] }

// TestReadIsBrief: a flow that changes nothing records that it was, and not all
// that it read and answered; unless the app wants it.
func TestReadIsBrief(t *testing.T) {
	for _, full := range []bool{false, true} {
		s := openShelf(t, engine.Options{FullRecord: full})
		for i := range 20 {
			s.ask("POST", "/put", long(fmt.Sprint("text", i), 10_000))
		}
		r := s.ask("GET", "/texts", "")
		answered := r.Answer.Fields[0].Value
		if n := len(answered.Items()); n != 20 {
			t.Fatalf("the answer has %d texts", n)
		}
		b, entries := s.record(r.Flow)
		if full {
			if len(b) < 400_000 || journal.Omits(entries) {
				t.Errorf("with FullRecord the record has %d bytes, and lacks values: %v", len(b), journal.Omits(entries))
			}
			continue
		}
		if len(b) > 1000 {
			t.Errorf("the record of a flow that changed nothing has %d bytes", len(b))
		}
		found := false
		for _, e := range entries {
			for _, f := range e.In {
				if f.Name == "texts" {
					o := f.Value.Omitted()
					found = o != nil && o.Count == 20 && value.Alike(f.Value, answered)
				}
			}
		}
		if !found {
			t.Errorf("the record does not tell of the answer: %v", entries)
		}
	}
}

// TestRefusedIsBrief: neither what was refused stays, nor the sentence with it,
// nor the names that someone made up.
func TestRefusedIsBrief(t *testing.T) {
	s := openShelf(t, engine.Options{})
	var further []value.Field
	for i := range 1000 {
		further = append(further, value.Field{Name: long(fmt.Sprint("name", i), 5000), Value: value.Null})
	}
	body := long("no such thing", 1_000_000)
	r := s.ask("POST", "/refuse", body, further...)
	if r.Unhandled == nil || r.Unhandled.Sentence != "There is no "+body+"." {
		t.Fatalf("the refusal is %+v", r.Unhandled)
	}
	b, entries := s.record(r.Flow)
	if len(b) > 8000 {
		t.Errorf("the record of a refused request has %d bytes", len(b))
	}
	for _, want := range []string{"no such thing no such", "(1000000 bytes, not kept)", "the rest was not kept", "… and 968 more", "NO"} {
		if !strings.Contains(fmt.Sprint(entries), want) {
			t.Errorf("the record does not say %q:\n%v", want, entries)
		}
	}
}

// TestTurnedDownIsBrief: a request that changed something and was turned down then
// leaves no more than one that changed nothing.
func TestTurnedDownIsBrief(t *testing.T) {
	for _, full := range []bool{false, true} {
		s := openShelf(t, engine.Options{FullRecord: full})
		for _, path := range []string{"/count", "/decline"} {
			r := s.ask("POST", path, long("no such thing", 100_000))
			b, entries := s.record(r.Flow)
			if journal.Omits(entries) == full || len(b) > 5000 != full {
				t.Errorf("%s: the record has %d bytes, and lacks values: %v", path, len(b), journal.Omits(entries))
			}
			if n := len(s.parts[r.Flow]); n != 2 {
				t.Errorf("%s: the record was handed over in %d parts, so it was not kept before the end", path, n)
			}
		}
		if n := len(s.ask("GET", "/texts", "").Answer.Fields[0].Value.Items()); n != 2 {
			t.Errorf("%d were counted, want 2", n)
		}
	}
}

// TestChangeIsKept: until a flow is at rest, the record has all that it is gone on
// with after a crash.
func TestChangeIsKept(t *testing.T) {
	s := openShelf(t, engine.Options{})
	body := long("a long text", 100_000)
	r := s.ask("POST", "/put", body)
	parts := s.parts[r.Flow]
	if len(parts) != 2 {
		t.Fatalf("the record was handed over in %d parts, want that of the change and the rest", len(parts))
	}
	if entries, err := journal.Read(parts[0]); err != nil || journal.Omits(entries) || len(parts[0]) < 300_000 {
		t.Errorf("at its change the flow handed over %d bytes, and left out values: %v (%v)", len(parts[0]), journal.Omits(entries), err)
	}
	if len(parts[1]) > 1000 {
		t.Errorf("the rest of the record has %d bytes", len(parts[1]))
	}
	// A process that ends in between leaves the first part.
	again := openShelf(t, engine.Options{})
	hand := again.st.NewSession(r.Flow)
	if err := hand.Commit(parts[0]); err != nil {
		t.Fatal(err)
	}
	hand.Abandon()
	var second engine.Result
	if err := again.Recover(context.Background(), func(r engine.Result) { second = r }); err != nil {
		t.Fatal(err)
	}
	want, got := value.Record(r.Answer.Fields), value.Record(second.Answer.Fields)
	if !value.Equal(want, got) {
		t.Errorf("the flow that went on answered %v, want %v", got, want)
	}
	// What is missing cannot be gone on with, and is not made up.
	brief := again.st.NewSession(value.NewIDs().At(time.Now()))
	var w journal.Writer
	w.Begun(time.Now())
	w.Asked(journal.ActionID{}, "Requesting.request", []string{"method", "path", "body"},
		[]value.Value{value.String("POST"), value.String("/put"), value.Omit(value.String(body))}, nil)
	if err := brief.Commit(w.Bytes); err != nil {
		t.Fatal(err)
	}
	brief.Abandon()
	if err := again.Recover(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "values are missing") {
		t.Errorf("a flow without its values went on: %v", err)
	}
}

// TestJournalLimit: a flow that writes without end is ended, what its last
// change did is undone, and who keeps asking is named.
func TestJournalLimit(t *testing.T) {
	const limit = 1 << 20
	for _, c := range []struct {
		path, body string
		want       string
		atMost     int
	}{
		{"/again", long("again", 50_000), "Shelf.put comes again and again", limit},
		{"/grow", long("grow", 50_000), "Shelf.extend comes again and again", 20_000},
		{"/put", long("large", 600_000), "the last ones are Requesting.request, Shelf.put", 10_000},
		{"/both", long("large", 300_000), "Shelf.put", 10_000},
	} {
		s := openShelf(t, engine.Options{Limits: engine.Limits{Journal: limit}})
		r := s.ask("POST", c.path, c.body)
		if r.Fault == nil || !strings.Contains(r.Fault.Error(), "the record of the flow takes more than 1 MiB") || !strings.Contains(r.Fault.Error(), c.want) {
			t.Errorf("%s: the fault is %v, want %q", c.path, r.Fault, c.want)
		}
		b, entries := s.record(r.Flow)
		if len(b) > c.atMost {
			t.Errorf("%s: the record has %d bytes", c.path, len(b))
		}
		returned := 0
		for _, e := range entries {
			if e.Action == "Shelf.put" && e.Outcome == journal.Returned {
				returned++
			}
			if e.Action == "Shelf.put" && e.Outcome == journal.Undone {
				returned--
			}
		}
		texts := s.ask("GET", "/texts", "").Answer.Fields[0].Value.Items()
		if len(texts) != returned {
			t.Errorf("%s: the store has %d texts, the record tells of %d", c.path, len(texts), returned)
		}
		if open, err := s.st.Unfinished(context.Background()); err != nil || len(open) > 0 {
			t.Errorf("%s: still unfinished: %v, %v", c.path, open, err)
		}
	}
}

// TestJournalLimitOfFrames: so does one where that makes too many frames.
func TestJournalLimitOfFrames(t *testing.T) {
	s := openShelf(t, engine.Options{Limits: engine.Limits{Journal: 1 << 20}})
	for i := range 60 {
		s.ask("POST", "/put", long(fmt.Sprint("text", i), 400))
	}
	r := s.ask("POST", "/frames", "x")
	if r.Fault == nil || !strings.Contains(r.Fault.Error(), "the record of the flow takes more than 1 MiB") {
		t.Errorf("the fault is %v", r.Fault)
	}
	if b, _ := s.record(r.Flow); len(b) > 2000 {
		t.Errorf("the record has %d bytes", len(b))
	}
}

// TestLateAnswerIsKept: an answer that nobody waits for any more is in the record.
func TestLateAnswerIsKept(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{receipt: long("receipt", 5000), send: func(engine.Context, int) error { time.Sleep(20 * time.Second); return nil }}
		f := openOffice(t, p, engine.Options{})
		r := f.request("/ask", "ann")
		if r.Answer != nil || r.Waiting == nil {
			t.Fatalf("it is not late: %+v", r)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, e := range f.entries(r.Flow) {
			for _, x := range e.In {
				if x.Name == "receipt" {
					if text, _ := x.Value.Text(); text != p.receipt {
						t.Errorf("of the late answer the record has %v", x.Value)
					}
					return
				}
			}
		}
		t.Error("the record has no answer")
	})
}
