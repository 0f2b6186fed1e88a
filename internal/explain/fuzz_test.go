package explain_test

import (
	"testing"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/value"
)

const fuzzed = `
view Known (x) : (y)
where
    in Thing: _find (x) : (y)
    x != "7"

sync S
when
    Requesting.request (path: "/x", x, n?) : (request)
    Thing.do (x, y: x) : (z)
where
    x == "1"
    Known (x) : (y)
        else Requesting.respond (request, error: "Who?")
    all is each {a: y}
        in Thing: _all (x) : (y)
then
    Thing.other (x) : (z: "1")
    Requesting.respond (request, y, all)

sync T
when
    Requesting.request (path: "/x", x) : (request)
then
    Thing.do (x, y: x, secret: "hunter2")

sync U
when
    Thing.do () : (error, refusal)
    Thing.other (x: error) : ()
then together
    Other.do (x: refusal)
    Other.other (x: error) : ()
`

// FuzzExplain explains records that no flow writes. No explanation may panic or
// be empty.
func FuzzExplain(f *testing.F) {
	p := build(f, "a.sync", fuzzed)
	for _, request := range []string{
		`POST /x {"x": "1", "secret": "hunter2"}`, `POST /x {"x": "no"}`, `POST /x {"x": "none", "n": 1}`, `POST /y {}`,
	} {
		entries, _ := flow(f, p, request)
		w := &journal.Writer{}
		for _, e := range entries {
			write(w, &e)
		}
		f.Add(w.Bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, _ := journal.Read(b)
		if explain.Unanswered(p, entries) == "" {
			t.Error("nothing is said")
		}
		explain.WhyAnswer(p, entries, true)
		explain.Flow(p, entries, len(b)%2 == 0)
		for _, e := range entries {
			if e.Kind != journal.Asked {
				continue
			}
			if _, err := explain.Why(p, entries, e.ID); err != nil {
				t.Errorf("action %s was asked: %v", e.ID, err)
			}
		}
		for _, s := range p.Syncs {
			if whyNot(t, p, entries, s.Name).Sentence == "" {
				t.Errorf("nothing is said of %s", s.Name)
			}
		}
	})
}

// write writes an entry again.
func write(w *journal.Writer, e *journal.Entry) {
	split := func(fields []value.Field) (names []string, values []value.Value) {
		for _, f := range fields {
			names, values = append(names, f.Name), append(values, f.Value)
		}
		return names, values
	}
	switch e.Kind {
	case journal.Begun:
		w.Begun(e.Moment)
	case journal.Asked:
		names, values := split(e.In)
		w.Asked(e.ID, e.Action, names, values, nil)
	case journal.Completed:
		switch names, values := split(e.Out); e.Outcome {
		case journal.Returned:
			w.Returned(e.ID, e.Action, names, values)
		case journal.Refused:
			w.Refused(e.ID, e.Action, e.Code, e.Text)
		default:
			w.Failed(e.ID, e.Action, e.Outcome, e.Text)
		}
	case journal.Fired, journal.Dropped:
		w.Match(e.Kind, e.Number, e.Sync, len(e.Matched))
		for _, id := range e.Matched {
			w.Matched(id)
		}
		w.Frames(len(e.Frames))
		for _, f := range e.Frames {
			size := 0
			for _, b := range f.Bindings {
				size = max(size, b.Slot+1)
			}
			names, slots := make([]string, size), make([]value.Value, size)
			for _, b := range f.Bindings {
				names[b.Slot], slots[b.Slot] = b.Name, b.Value
			}
			w.Frame(f.Line, f.DroppedAt, names, slots)
		}
		w.End()
	case journal.Faulted:
		w.Faulted(*e)
	}
}
