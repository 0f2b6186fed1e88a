package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	langcheck "github.com/legible-lang/legible/check"
	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/syntax"
	"github.com/legible-lang/legible/value"
)

// A Context is what an action or query of a concept is given. It ends with the
// deadline of the flow. It must not be used after the action has returned.
type Context interface {
	context.Context
	// Now is the flow's one instant, in UTC.
	Now() time.Time
	// NewID makes an identity that nothing else has.
	NewID() string
	// Key names this action among all actions of all flows, the same when it
	// is run again after a crash: an idempotency key for other services.
	Key() string
	// PutBlob keeps what a reader gives and OpenBlob reads it again; what no
	// member of any set comes to refer to is swept away later. Large reading and
	// writing comes before the first write of an action.
	PutBlob(r io.Reader, mediaType string) (*value.Blob, error)
	OpenBlob(b *value.Blob) (store.BlobReader, error)
	// Hold takes the store's turn before the first write: what is read from
	// here on stays so until the action returns. Nobody else writes meanwhile,
	// so slow work comes before it.
	Hold()
	// State is the concept's hand in the store. Collections that are
	// generated from the specification use it.
	State() State
}

// A State reads and writes members of sets, as store.Flow says. The first
// write takes the store's write turn, and it is held until the action returns.
type State interface {
	Get(t *store.Table, id string) (store.Row, error)
	Find(t *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error)
	Insert(t *store.Table, id string, row store.Row) error
	Update(t *store.Table, id string, row store.Row) error
	Delete(t *store.Table, id string) error
}

// A Refusal is the error with which an action declines: one of the codes of
// its specification. Kind and sentence stand there.
type Refusal struct {
	Code string
	// With are values for names in the sentence that are no inputs.
	With map[string]string
}

func (r *Refusal) Error() string { return "refused: " + r.Code }

// Is makes two refusals with the same code the same error.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code
}

// A StateError is what a collection panics with when the store fails under it,
// so that concepts need not pass the error on; the action ends as faulted.
type StateError struct{ Err error }

func (e *StateError) Error() string { return e.Err.Error() }
func (e *StateError) Unwrap() error { return e.Err }

// recovered makes an error of a panic: with its stack, unless it is the store's.
func recovered(p any) error {
	if e, ok := p.(*StateError); ok {
		return e
	}
	return fmt.Errorf("panic: %v\n%s", p, debug.Stack())
}

// A check holds an input against its type before Go sees it.
type check struct {
	kinds    [10]bool // by value.Kind
	wanted   string
	optional bool
	any      bool
}

func checksOf(a *plan.Action) []check {
	var list []check
	for _, p := range a.Spec.Inputs {
		list = append(list, checkOf(p))
	}
	return list
}

func checkOf(p *langcheck.Param) check {
	c := check{optional: p.Optional}
	set := func(wanted string, kinds ...value.Kind) {
		c.wanted = wanted
		for _, k := range kinds {
			c.kinds[k] = true
		}
	}
	if p.Many != syntax.One || p.Type.Kind == langcheck.List {
		set("a list", value.ListKind)
		return c
	}
	switch p.Type.Kind {
	case langcheck.Number:
		set("a number", value.NumberKind)
	case langcheck.Flag:
		set("true or false", value.FlagKind)
	case langcheck.DateTime:
		set("a moment", value.TimeKind)
	case langcheck.Binary:
		set("binary data", value.BlobKind, value.StringKind)
	case langcheck.Secret:
		set("a text", value.StringKind, value.SecretKind)
	case langcheck.Json, langcheck.Record, langcheck.Unknown:
		c.any = true
	default:
		set("a text", value.StringKind, value.SecretKind)
	}
	return c
}

func (c *check) passes(v value.Value) bool {
	return v.IsNull() && c.optional || !v.IsNull() && (c.any || c.kinds[v.Kind()])
}

// perform runs an asked action and completes it.
func (f *flow) perform(n int32) {
	if f.recall(n) {
		return
	}
	a := f.occs[n].action
	switch a.Role {
	case plan.Request:
		out := f.values.take(1)
		out[0] = value.String(f.idText)
		f.complete(n, journal.Returned, out)
		f.recordReturned(n)
		return
	case plan.Respond:
		f.respond(n)
		return
	}
	in := f.occs[n].in
	for i := range f.engine.checks[a.Index] {
		if c := &f.engine.checks[a.Index][i]; !c.passes(in[i]) {
			what := "nothing"
			if !in[i].IsNull() {
				what = in[i].Kind().String()
			}
			f.faulted(n, fmt.Errorf("%s needs %s to be %s, but was given %s", a.FullName(), a.Inputs[i], c.wanted, what))
			return
		}
	}
	out := f.values.take(len(a.Outputs))
	err := f.invoke(n, a, in, out)
	var refusal *Refusal
	switch {
	case err == nil:
		if !f.keepable(n, a, out) {
			return
		}
		f.complete(n, journal.Returned, out)
		f.recordReturned(n)
		if !f.call.joint && !f.keep() {
			f.occs[n].outcome = journal.Fault
		}
	case errors.As(err, &refusal):
		f.drop()
		f.refuse(n, refusal)
	default:
		f.drop()
		f.faulted(n, fmt.Errorf("%s: %w", a.FullName(), err))
	}
}

// keepable holds what an action returned against its specification.
func (f *flow) keepable(n int32, a *plan.Action, out []value.Value) bool {
	for i, v := range out {
		if v.IsUnset() {
			f.drop()
			f.faulted(n, fmt.Errorf("%s returned without giving %s", a.FullName(), a.Outputs[i]))
			return false
		}
	}
	return true
}

// drop undoes what the action wrote. What a joint decision wrote is undone by
// the decision.
func (f *flow) drop() {
	if !f.call.joint {
		f.letGo()
	}
}

// letGo undoes what was written in the turn and ends it.
func (f *flow) letGo() {
	if f.call.wrote || f.call.held {
		f.hand.Undo()
		f.call.wrote, f.call.held = false, false
	}
}

// keep ends the turn of an action, or of a joint decision, that returned.
func (f *flow) keep() bool {
	if !f.call.wrote {
		f.letGo()
		return true
	}
	f.call.wrote, f.call.held = false, false
	f.record(false)
	if err := f.hand.Keep(f.writer.Bytes[f.handed:]); err != nil {
		f.dead = err
		f.failed(err)
		return false
	}
	f.handed = len(f.writer.Bytes)
	return true
}

// invoke calls the Go method; a panic is an error with its stack.
func (f *flow) invoke(n int32, a *plan.Action, in, out []value.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
	}()
	f.call.action = n
	return f.engine.methods[a.Index](&f.call, in, out)
}

func (f *flow) callQuery(q *plan.Query, in []value.Value, rows *Rows) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", q.FullName(), err)
		}
	}()
	for i, p := range q.Spec.Inputs {
		if in[i].IsNull() && !p.Optional {
			return nil // a question about nothing has no answer
		}
	}
	f.call.reading = true
	defer func() { f.call.reading = false }()
	return f.engine.queries[q.Index](&f.call, in, rows)
}

// refuse completes an action with a refusal of its specification.
func (f *flow) refuse(n int32, r *Refusal) {
	a := f.occs[n].action
	for _, spec := range a.Spec.Refusals {
		if spec.Code != r.Code {
			continue
		}
		out := f.values.take(2)
		out[plan.RefusedError] = value.String(f.sentence(n, spec.Sentence, r))
		out[plan.RefusedCode] = value.String(r.Code)
		f.complete(n, journal.Refused, out)
		f.recordRefused(n)
		return
	}
	f.faulted(n, fmt.Errorf("%s declined with %s, which its specification does not have", a.FullName(), r.Code))
}

// sentence fills the names in a refusal's sentence. A secret stays hidden.
func (f *flow) sentence(n int32, s string, r *Refusal) string {
	if !strings.Contains(s, "{") {
		return s
	}
	o := &f.occs[n]
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			if ok {
				b.WriteString("{" + rest)
			}
			return b.String()
		}
		s = after
		if text, ok := r.With[name]; ok {
			b.WriteString(text)
			continue
		}
		v := value.Value{}
		if i := o.action.Input(name); i >= 0 {
			v = o.in[i]
		}
		switch text, isText := v.Text(); {
		case v.HoldsSecret():
			b.WriteString(value.Hidden)
		case isText:
			b.WriteString(text)
		case v.IsUnset():
			b.WriteString("{" + name + "}")
		default:
			b.WriteString(v.String())
		}
	}
}

// faulted completes an action with a fault.
func (f *flow) faulted(n int32, err error) {
	f.complete(n, journal.Fault, nil)
	f.failed(err)
	f.recordFailed(n, firstLine(err.Error()))
	f.engine.options.Log.Error("an action faulted", "flow", f.idText, "action", f.occs[n].action.FullName(),
		"id", f.occs[n].id.String(), "error", err.Error())
	if errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrClosed) {
		f.dead = err
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// respond is Requesting.respond: the first one of a request is its answer.
func (f *flow) respond(n int32) {
	o := &f.occs[n]
	request := o.action.Input("request")
	if text, _ := o.in[request].Text(); text != f.idText || f.occs[0].action.Role != plan.Request {
		f.refuse(n, &Refusal{Code: "UNKNOWN_REQUEST"})
		return
	}
	if f.answer != nil {
		f.refuse(n, &Refusal{Code: "ALREADY_ANSWERED"})
		return
	}
	f.answer = f.answerOf(o)
	f.complete(n, journal.Returned, nil)
	f.recordReturned(n)
}

// answerOf gives the named values in the order in which they are written.
func (f *flow) answerOf(o *occurrence) *Answer {
	// One allocation for an answer of the usual size.
	room := &struct {
		Answer
		fields [4]value.Field
	}{}
	answer := &room.Answer
	answer.Fields = room.fields[:0]
	add := func(column int) {
		if name, v := o.action.Inputs[column], o.in[column]; name != "request" && !v.IsUnset() {
			answer.Fields = append(answer.Fields, value.Field{Name: name, Value: v})
		}
	}
	if line := f.asking; line != nil && line.Action == o.action {
		for i := range line.In {
			add(line.In[i].Column)
		}
		return answer
	}
	for i := range o.in {
		add(i)
	}
	return answer
}

func faultAt(line *plan.Ask, expr string, err error) error {
	return fmt.Errorf("%s: %s: %w", line.Span, expr, err)
}

// A call is the Context of the action that is being run.
type call struct {
	flow    *flow
	action  int32
	wrote   bool            // something was written in this turn
	held    bool            // the turn was taken by Hold
	joint   bool            // inside then together
	reading bool            // inside a query
	start   time.Time       // of the flow, by the machine's clock
	ctx     context.Context // with the deadline, made when somebody asks
	cancel  context.CancelFunc
}

func (c *call) reset() {
	if c.cancel != nil {
		c.cancel()
	}
	*c = call{flow: c.flow}
}

func (c *call) context() context.Context {
	if c.ctx == nil {
		c.ctx, c.cancel = context.WithDeadline(context.WithoutCancel(c.flow.ctx), c.start.Add(c.flow.engine.options.Limits.Deadline))
	}
	return c.ctx
}

func (c *call) Deadline() (time.Time, bool) { return c.context().Deadline() }
func (c *call) Done() <-chan struct{}       { return c.context().Done() }
func (c *call) Err() error                  { return c.context().Err() }
func (c *call) Value(key any) any           { return c.flow.ctx.Value(key) }
func (c *call) Now() time.Time              { return c.flow.now.UTC().Truncate(time.Millisecond) }
func (c *call) NewID() string               { return c.flow.engine.options.IDs.At(c.flow.now).String() }
func (c *call) State() State                { return c }
func (c *call) Hold() {
	if !c.reading && !c.wrote && !c.held {
		c.held = true
		c.flow.hand.Hold()
	}
}

func (c *call) PutBlob(r io.Reader, mediaType string) (*value.Blob, error) {
	if c.reading {
		return nil, errReadOnly
	}
	return c.flow.engine.store.PutBlob(c, r, mediaType)
}

func (c *call) OpenBlob(b *value.Blob) (store.BlobReader, error) {
	return c.flow.engine.store.OpenBlob(c, b.Hash)
}

func (c *call) Key() string {
	return c.flow.idText + "/" + c.flow.occs[c.action].id.String()
}

func (c *call) Get(t *store.Table, id string) (store.Row, error) { return c.flow.hand.Get(t, id) }

func (c *call) Find(t *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	return c.flow.hand.Find(t, columns, key, page)
}

var errReadOnly = errors.New("a query reads; only an action can change the state")

func (c *call) write() error {
	if c.reading {
		return errReadOnly
	}
	c.wrote = true
	return nil
}

func (c *call) Insert(t *store.Table, id string, row store.Row) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.flow.hand.Insert(t, id, row)
}

func (c *call) Update(t *store.Table, id string, row store.Row) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.flow.hand.Update(t, id, row)
}

func (c *call) Delete(t *store.Table, id string) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.flow.hand.Delete(t, id)
}
