package history_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
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

concept Lamp

purpose
    give light

actions
    press (name: String) : (lamp: Lamp)
        refuses BROKEN as conflict "It is broken."

sync Press
when
    Requesting.request (path: "/press", name) : (request)
where
    name != ""
        else Requesting.respond (request, status: 400, error: "Which lamp?")
then
    Lamp.press (name) : (lamp)
    Requesting.respond (request, lamp)
`

func build(t *testing.T) *plan.Plan {
	t.Helper()
	tree, findings := syntax.Parse(source.NewFile("program", program))
	checked, more := check.Check([]*syntax.File{tree}, check.Options{})
	for _, d := range append(findings, more...) {
		t.Logf("%s: %s", d.Span, d.Message)
	}
	return plan.Build(checked)
}

func field(name, text string) value.Field { return value.Field{Name: name, Value: value.String(text)} }

var (
	root    = journal.ActionID{}
	press   = journal.ActionID{Firing: 1, Line: 1}
	respond = journal.ActionID{Firing: 1, Line: 2}
	request = []journal.Entry{
		{Kind: journal.Begun, Version: journal.Version},
		{Kind: journal.Asked, ID: root, Action: "Requesting.request", In: []value.Field{field("method", "POST"), field("path", "/press"), field("name", "desk"), field("colour", "red")}},
		{Kind: journal.Completed, ID: root, Action: "Requesting.request", Outcome: journal.Returned, Out: []value.Field{field("request", "r")}},
		{Kind: journal.Fired, Number: 1, Sync: "Press", Matched: []journal.ActionID{root}, Frames: []journal.Frame{{Line: -1, Bindings: []journal.Binding{{Slot: 0, Name: "name", Value: value.String("desk")}}}}},
		{Kind: journal.Asked, ID: press, Action: "Lamp.press", In: []value.Field{field("name", "desk")}},
	}
	returned = journal.Entry{Kind: journal.Completed, ID: press, Action: "Lamp.press", Outcome: journal.Returned, Out: []value.Field{field("lamp", "l1")}}
	refused  = journal.Entry{Kind: journal.Completed, ID: press, Action: "Lamp.press", Outcome: journal.Refused, Code: "BROKEN", Text: "It is broken."}
	faulted  = journal.Entry{Kind: journal.Completed, ID: press, Action: "Lamp.press", Outcome: journal.Fault, Text: "it smokes"}
	tried    = journal.Entry{Kind: journal.Tried, ID: press, Action: "Lamp.press", Tries: 1, Text: "no current"}
	parked   = journal.Entry{Kind: journal.Parked, ID: press, Action: "Lamp.press", Tries: 1, Text: "no current"}
	limit    = journal.Entry{Kind: journal.Faulted, Text: "the flow has run for 30s"}
)

func answer(status value.Value) []journal.Entry {
	return []journal.Entry{
		{Kind: journal.Asked, ID: respond, Action: "Requesting.respond", In: []value.Field{field("request", "r"), {Name: "status", Value: status}}},
		{Kind: journal.Completed, ID: respond, Action: "Requesting.respond", Outcome: journal.Returned},
	}
}

func entries(more ...journal.Entry) []journal.Entry { return append(slices.Clone(request), more...) }

// TestResult reads flows with every ending.
func TestResult(t *testing.T) {
	p := build(t)
	for _, test := range []struct {
		name    string
		entries []journal.Entry
		rested  bool
		want    string // outcome, status, held, action, sync
	}{
		{"nothing yet", nil, false, "running 0  <nil> "},
		{"asked", entries(), false, "running 0  <nil> "},
		{"no answer", entries(returned), true, "unanswered 500  <nil> "},
		{"an answer", entries(append([]journal.Entry{returned}, answer(value.Null)...)...), true, "answered 200  Requesting.respond Press"},
		{"a status", entries(append([]journal.Entry{returned}, answer(value.Number(404))...)...), true, "answered 404  Requesting.respond Press"},
		{"no status", entries(append([]journal.Entry{returned}, answer(value.Number(2))...)...), true, "faulted 0  Requesting.respond "},
		{"a refusal", entries(refused), true, "refused 409  Lamp.press "},
		{"a refusal so far", entries(refused), false, "running 0  <nil> "},
		{"a refusal before a fault", entries(refused, limit), true, "refused 409  Lamp.press "},
		{"an answer before a fault", entries(append(answer(value.Null), faulted)...), true, "answered 200  Requesting.respond Press"},
		{"a fault", entries(faulted), true, "faulted 0  Lamp.press "},
		{"a limit", entries(returned, limit), true, "faulted 0  <nil> "},
		{"tried", entries(tried), false, "waiting 202 waiting Lamp.press "},
		{"parked", entries(parked), false, "parked 500 parked Lamp.press "},
		{"answered and parked", entries(append(answer(value.Null), parked)...), false, "answered 200 parked Requesting.respond Press"},
		{"tried, then returned", entries(tried, returned), true, "unanswered 500  <nil> "},
	} {
		r := history.Read(p, test.entries, test.rested).Result()
		name := "<nil>"
		if r.Action != nil {
			name = r.Action.Name
		}
		if got := fmt.Sprintf("%s %d %s %s %s", r.Outcome, r.Status, r.Held, name, r.Sync()); got != test.want {
			t.Errorf("%s: the result is %q, want %q", test.name, got, test.want)
		}
	}
}

// TestRead checks the parts of a flow.
func TestRead(t *testing.T) {
	f := history.Read(build(t), entries(append([]journal.Entry{returned}, answer(value.Null)...)...), true)
	if f.Opening() != "POST /press" || len(f.Actions) != 3 || len(f.Matches) != 1 {
		t.Fatalf("%s with %d actions and %d matches", f.Opening(), len(f.Actions), len(f.Matches))
	}
	m, a := f.Matches[0], f.Action(press)
	if a.By != m || a.Line != m.Spec.Stages[0].Then[0] || f.Action(respond).Line != m.Spec.Stages[0].Then[1] {
		t.Errorf("the lamp is asked by %v, line %v", a.By, a.Line)
	}
	if !slices.Equal(m.Asked, []*history.Action{a, f.Action(respond)}) || m.Last != f.Root() || !slices.Equal(f.Root().Completed, f.Matches) {
		t.Errorf("the firing asked %v, after %v", m.Asked, m.Last)
	}
	if f.Root().Further[0] != "colour" || !f.Root().Fits(m.Spec.When[0]) || a.Fits(m.Spec.When[0]) {
		t.Errorf("further fields %v", f.Root().Further)
	}
	name := slices.Index(m.Spec.Slots, "name")
	if o := f.Origin(m, 0, name); o.Pattern != m.Spec.When[0] || o.Action != f.Root() || o.Action.ColumnName(o.Column) != "name" {
		t.Errorf("name comes from %+v", o)
	}
	if o := f.Origin(m, 0, slices.Index(m.Spec.Slots, "lamp")); o.Ask != a.Line || o.Action != a {
		t.Errorf("lamp comes from %+v", o)
	}
}

// TestAnyEntries reads impossible entries: lost, doubled and out of order.
func TestAnyEntries(t *testing.T) {
	p := build(t)
	all := entries(append([]journal.Entry{tried, returned, refused, faulted, parked, limit}, answer(value.Number(2))...)...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		list := slices.Clone(all)
		random.Shuffle(len(list), func(i, j int) {
			if random.IntN(3) == 0 {
				list[i], list[j] = list[j], list[i]
			}
		})
		list = list[:random.IntN(len(list)+1)]
		f := history.Read(p, list, random.IntN(2) == 0)
		r := f.Result()
		if !slices.Contains(history.Outcomes, r.Outcome) || !r.Is(string(r.Outcome)) || f.Rested && r.Held != "" {
			t.Fatalf("the result of %v is %+v", list, r)
		}
		for _, m := range f.Matches {
			for i := range uint32(3) {
				m.Lines(i)
				m.Else(i)
				f.Origin(m, i, int(i))
			}
		}
		for _, a := range f.Actions {
			for i := range 4 {
				a.ColumnName(plan.Column{Index: i})
				a.ColumnType(plan.Column{Out: true, Index: i})
				a.Column(plan.Column{Out: true, Index: i})
			}
		}
	}
}
