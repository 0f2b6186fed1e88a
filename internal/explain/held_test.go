package explain_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

const mailed = `concept Requesting

purpose
    let the outside ask

state
    a set of Requests

actions
    request (method: String, path: String, ...) : (request: Request)
    respond (request: Request, status?: Number, ...) : ()

concept Mail

purpose
    reach people

actions
    effect send (to: String) : ()

sync Ask
when
    Requesting.request (path: "/ask", to) : (request)
then
    Mail.send (to) : ()
    Requesting.respond (request)
`

// TestHeld explains a flow that waits for an effect action, after each step.
func TestHeld(t *testing.T) {
	tree, _ := syntax.Parse(source.NewFile("a.sync", mailed))
	program, found := check.Check([]*syntax.File{tree}, check.Options{})
	if diag.HasErrors(found) {
		t.Fatal(found)
	}
	p := plan.Build(program)
	at := func(s int64) time.Time { return time.UnixMilli(1_900_000_000_000 + 1000*s).UTC() }
	var w journal.Writer
	root, send := journal.ActionID{}, journal.ActionID{Firing: 1}
	text := func(s string) []value.Value { return []value.Value{value.String(s)} }
	w.Begun(at(0))
	w.Asked(root, "Requesting.request", []string{"method", "path", "to"}, append(append(text("POST"), text("/ask")...), text("ann")...), nil)
	w.Returned(root, "Requesting.request", []string{"request"}, text("r"))
	w.Match(journal.Fired, 1, "Ask", 1)
	w.Matched(root)
	w.Frames(1)
	w.Frame(-1, "", []string{"to", "request"}, append(text("ann"), text("r")...))
	w.End()
	w.Asked(send, "Mail.send", []string{"to"}, text("ann"), nil)
	for _, step := range []struct {
		write                 func()
		summary, reason, tree string
	}{
		{func() { w.Tried(send, "Mail.send", 2, at(3), at(5), "Mail.send: 451 try later") },
			"POST /ask: waiting, Mail.send failed twice and will be tried again at 2030-03-17T17:46:45.000Z: 451 try later",
			"Mail.send failed twice and will be tried again at 2030-03-17T17:46:45.000Z: 451 try later",
			`Mail.send 1.0.0 (to: "ann") failed twice and will be tried again at 2030-03-17T17:46:45.000Z: 451 try later`},
		{func() { w.Parked(send, "Mail.send", 3, at(5), "the last of 3 tries: Mail.send: 451 try later") },
			"POST /ask: parked, Mail.send is parked: the last of 3 tries: 451 try later",
			"Mail.send is parked: the last of 3 tries: 451 try later",
			"it failed twice and will be tried again"},
		{func() { w.Decided(send, "Mail.send", "cancel", at(9), "Ann has left.", "d") },
			"POST /ask: running", "", `Mail.send 1.0.0 (to: "ann") was cancelled by an operator: Ann has left.`},
		{func() { w.Refused(send, "Mail.send", "CANCELLED", "Ann has left.") },
			"POST /ask: running", "", "it was cancelled by an operator: Ann has left."},
	} {
		step.write()
		entries, err := journal.Read(w.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		s := explain.Summarize(p, entries, false)
		if got := s.String(); got != step.summary {
			t.Errorf("the summary is\n%s\nwant\n%s", got, step.summary)
		}
		if got := explain.Unanswered(p, entries); step.reason != "" && got != step.reason {
			t.Errorf("the reason is\n%s\nwant\n%s", got, step.reason)
		}
		var b bytes.Buffer
		if err := explain.Flow(p, entries, false).Print(&b, explain.Style{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(b.Bytes(), []byte(step.tree)) {
			t.Errorf("the tree is\n%s\nwant in it\n%s", &b, step.tree)
		}
		if found := journal.Check(entries, false); len(found) > 0 {
			t.Errorf("the record does not hold: %v", found)
		}
	}
}
