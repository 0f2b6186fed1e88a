package host

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A client that was told to wait (202) gets the answer at latePath and the trace id, which
// the header Location of the 202 names. The answer comes from the record. Only the caller
// of the request gets it: one with the same credentials.

const latePath = "/_answers/"

// callersKept is how many requests that wait are kept with their callers.
const callersKept = 4096

// callers are the digests of the credentials of those who were told to wait.
type callers struct {
	mu    sync.Mutex
	known map[value.ID][sha256.Size]byte
	order []value.ID // oldest first
}

func (c *callers) keep(id value.ID, caller [sha256.Size]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[value.ID][sha256.Size]byte{}
	}
	if _, again := c.known[id]; !again {
		c.order = append(c.order, id)
	}
	c.known[id] = caller
	if len(c.order) > callersKept {
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
}

func (c *callers) find(id value.ID) (caller [sha256.Size]byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	caller, ok = c.known[id]
	return caller, ok
}

// caller returns a digest of the request's credentials; it is zero if there are none.
func (x *exchange) caller() (sum [sha256.Size]byte) {
	var b []byte
	for _, c := range x.front.routes.Credentials {
		v := x.sentCredential(c)
		if v.IsNull() {
			continue
		}
		text, _ := v.Reveal().Text()
		b = value.AppendText(value.AppendText(b, c.Field), text)
	}
	if len(b) == 0 {
		return sum
	}
	return sha256.Sum256(b)
}

// sentCredential returns a credential of the request. That in a body is among the fields.
func (x *exchange) sentCredential(c *check.Credential) value.Value {
	if x.route != nil {
		for _, f := range x.route.fields {
			if f.Credential == c && f.column >= 0 && f.column < len(x.in) {
				return x.in[f.column]
			}
		}
	}
	v, _, _ := x.credential(c, value.Null)
	return v
}

// lateAnswer returns the reply to a request for a late answer, nil for any other request.
func (x *exchange) lateAnswer() *reply {
	f, r := x.front, x.request
	text, ok := strings.CutPrefix(r.URL.Path, f.options.Prefix+latePath)
	if !ok || r.Method != http.MethodGet {
		return nil
	}
	id, err := value.ParseID(text)
	if err != nil {
		return nil
	}
	flow, entries, err := f.recordOf(r.Context(), id)
	if err != nil || !x.mayGet(id, flow) {
		return nil // as if there were no such flow
	}
	trace := id.String()
	p := x.late(flow, entries, trace)
	p.trace = trace
	x.flow = true
	return p
}

// recordOf reads the record of a flow.
func (f *Front) recordOf(ctx context.Context, id value.ID) (*history.Flow, []journal.Entry, error) {
	st := f.engine.Store()
	open, err := st.Unfinished(ctx)
	if err != nil {
		return nil, nil, err
	}
	b, err := st.Journal(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	entries, err := journal.Read(b)
	if err != nil {
		return nil, nil, err
	}
	return history.Read(f.plan, entries, !slices.Contains(open, id)), entries, nil
}

// mayGet reports whether the request comes from the caller of a flow. The process forgets
// the credentials when it ends: then only requests without any get their answers.
func (x *exchange) mayGet(id value.ID, flow *history.Flow) bool {
	if caller, ok := x.front.callers.find(id); ok {
		return caller == x.caller()
	}
	root := flow.Root()
	if root == nil || !root.Is(plan.Request) {
		return false
	}
	for _, c := range x.front.routes.Credentials {
		if !root.Input(c.Field).IsUnset() {
			return false
		}
	}
	return slices.ContainsFunc(flow.Actions, func(a *history.Action) bool { return a.Spec != nil && a.Spec.IsEffect() })
}

// late returns the answer of a flow, as its record has it.
func (x *exchange) late(flow *history.Flow, entries []journal.Entry, trace string) *reply {
	result := flow.Result()
	if answer, _ := flow.Ends(); answer != nil {
		a := &engine.Answer{}
		for _, in := range answer.Given {
			if in.Name != "request" {
				a.Fields = append(a.Fields, in)
			}
		}
		p, err := x.answered(a, trace)
		if err != nil {
			return x.unsaid(p, trace, err)
		}
		return p
	}
	switch a := result.Action; result.Outcome {
	case history.Waiting, history.Running:
		if a == nil { // its first try has not ended
			a = flow.Actions[len(flow.Actions)-1]
		}
		return x.accepted(a.Name, trace)
	case history.Parked:
		return x.fault(trace, a.Name+" is parked: "+result.Text)
	case history.Refused:
		return x.front.soft(refused(&engine.Refused{Action: a.Name, Code: a.Code, Kind: a.RefusalKind(), Sentence: a.Text}))
	case history.Faulted:
		return x.fault(trace, result.Text)
	}
	return x.broken("No sync answered this request.", trace, explain.Unanswered(x.front.plan, entries))
}
