package engine

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Refusal is the error of an action that refuses: a code of its specification,
// which also has the kind and sentence.
type Refusal struct {
	Code string
	// With has values for names in the sentence that are no inputs.
	With map[string]string
	// After tells the client when to try again, from now: an answer with this
	// refusal has it in the header Retry-After. Zero says nothing. The record does
	// not keep it.
	After time.Duration
}

func (r *Refusal) Error() string { return "refused: " + r.Code }

// Is reports whether target is a refusal with this code.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code
}

// A StateError is the panic value of a collection when the store fails, so that
// concepts need not pass the error on; the action faults.
type StateError struct{ Err error }

func (e *StateError) Error() string { return e.Err.Error() }
func (e *StateError) Unwrap() error { return e.Err }

// recovered returns a panic as an error, with its stack if not a StateError.
func recovered(p any) error {
	if e, ok := p.(*StateError); ok {
		return e
	}
	first, rest, _ := strings.Cut(fmt.Sprint(p), "\n")
	return &panicError{fmt.Sprintf("panic: %s%s\n%s\n%s", first, panicked(), rest, debug.Stack())}
}

// panicked returns where the code panicked that a deferred function recovers, such as
// " (shelving/shelving.go:12)", or "" if that is not known.
func panicked() string {
	stack := make([]uintptr, 32)
	frames := runtime.CallersFrames(stack[:runtime.Callers(0, stack)])
	for below := false; ; {
		frame, more := frames.Next()
		switch inRuntime := strings.HasPrefix(frame.Function, "runtime."); {
		case frame.Function == "runtime.gopanic":
			below = true
		case below && !inRuntime:
			dir, file := path.Split(filepath.ToSlash(frame.File))
			return fmt.Sprintf(" (%s:%d)", path.Join(path.Base(dir), file), frame.Line)
		}
		if !more {
			return ""
		}
	}
}

type panicError struct{ text string }

func (e *panicError) Error() string { return e.text }

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
	err := checkInputs(f.engine.inputTypes[a.Index], a.Inputs, in, func(column int) string {
		switch line := f.asking; {
		case n == 0:
			return a.Inputs[column] // the client of an exposed action sent it
		case line != nil && line.Action == a:
			return askedPlace(line, column)
		}
		return ""
	})
	if err != nil {
		f.faulted(n, fmt.Errorf("%s %w", a.FullName(), err))
		return
	}
	if effects := f.engine.effects; effects != nil && effects[a.Index] != nil {
		f.performEffect(n, effects[a.Index])
		return
	}
	out := f.values.take(len(a.Outputs))
	writes := f.call.writes
	err = f.invoke(&f.call, n, a, f.given(n), out)
	f.session.noteExhausted(err)
	if f.dead == errRewind {
		return
	}
	if f.suspended() {
		f.discard()
		return // even if the action has returned
	}
	if err == nil {
		if !f.checkOutputs(n, a, out) {
			return
		}
		if f.engine.options.Verify {
			f.verify(n, out, f.call.writes > writes)
		}
		if f.call.wrote && !f.call.together {
			if long := f.checkRecordSize(f.writer.Size()); long != nil {
				f.discard()
				f.faulted(n, long)
				f.dead = long
				return
			}
		}
		f.complete(n, journal.Returned, out)
		f.recordReturned(n)
		if !f.call.together && !f.commit() {
			f.occs[n].outcome = journal.Fault
		}
		return
	}
	f.discard()
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		f.refuse(n, refusal)
		return
	}
	if ctx := f.call.ctx; ctx != nil && ctx.Err() != nil {
		err = &DeadlineError{f.engine.options.Limits.Deadline, err}
	}
	f.faulted(n, fmt.Errorf("%s: %w", a.FullName(), err))
}

// checkOutputs reports whether outputs are set, or faults the action.
func (f *flow) checkOutputs(n int32, a *plan.Action, out []value.Value) bool {
	for i, v := range out {
		if v.IsUnset() {
			f.discard()
			f.faulted(n, fmt.Errorf("%s returned without giving %s", a.FullName(), a.Outputs[i]))
			return false
		}
	}
	if err := checkConstants(f.engine.outputConstants[a.Index], a.FullName(), a.Outputs, out); err != nil {
		f.discard()
		f.faulted(n, err)
		return false
	}
	return true
}

// discard undoes the writes of the action. A joint decision undoes its writes
// itself.
func (f *flow) discard() {
	if !f.call.together {
		f.rollback()
	}
}

// rollback ends the transaction and discards its writes.
func (f *flow) rollback() {
	if f.call.wrote || f.call.locked && !f.pinned {
		f.session.Rollback()
		if f.pinned {
			f.session.Begin()
		}
	}
	f.call.wrote, f.call.locked = false, false
}

// commit commits the transaction of an action or joint decision that returned.
func (f *flow) commit() bool {
	if !f.call.wrote {
		f.rollback()
		return true
	}
	f.call.wrote, f.call.locked, f.pinned = false, false, false
	f.writer.Resolve(true)
	f.record(false)
	if err := f.session.Commit(f.writer.Bytes[f.stored:]); err != nil {
		// On any error the recorded changes are undone.
		f.loseFlow(store.Lost(err))
		return false
	}
	f.committed()
	return true
}

// invoke calls the Go method; a panic is an error with its stack.
func (f *flow) invoke(ctx Context, n int32, a *plan.Action, in, out []value.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
		err = hiddenIn(err, f.occs[n].in)
	}()
	f.call.action = n
	f.presence.action.Store(int32(a.Index) + 1)
	err = f.engine.methods[a.Index](ctx, in, out)
	hide(a, out)
	return err
}

// callQuery runs a query. For an input's column, place returns where a client sent it.
func (f *flow) callQuery(q *plan.Query, in []value.Value, rows *Rows, place func(column int) string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", q.FullName(), hiddenIn(err, in))
		}
	}()
	for i, p := range q.Spec.Inputs {
		if in[i].IsNull() && !p.Optional {
			return nil // a query about nothing has no rows
		}
	}
	if err := checkInputs(f.engine.queryTypes[q.Index], q.Inputs, in, place); err != nil {
		return err
	}
	f.call.reading = true
	defer func() { f.call.reading = false }()
	err = f.engine.queries[q.Index](&f.call, in, rows)
	f.session.noteExhausted(err)
	if types := f.engine.rowConstants[q.Index]; types != nil && err == nil {
		for i := range rows.Len() {
			if err := checkConstants(types, "it", q.Outputs, rows.Row(i)); err != nil {
				return err
			}
		}
	}
	return err
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
		f.occs[n].after = r.After
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
			b.WriteString(hidden(text, o.in))
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
	f.noteFault(err)
	f.recordFailed(n, firstLine(err.Error()))
	f.engine.options.Log.Log(f.ctx, faultLevel(err), "action faulted", "flow", f.idText, "action", f.occs[n].action.FullName(),
		"id", f.occs[n].id.String(), "error", err.Error())
}

// isLost reports whether the flow must be suspended, since the store has lost its
// changes or cannot answer its reads.
func isLost(err error) bool {
	return errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrClosed)
}

// firstLine is the part of an error in a record.
func firstLine(s string) string {
	return value.Shorten(words.FirstLine(s), 2*brief)
}

// respond is Requesting.respond: the first call for a request answers it.
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
	if f.caller != nil && !f.detached && f.caller.answered.Load() {
		f.entries.Returned(o.id, o.action.FullName(), lateField, []value.Value{value.Flag(true)})
		return
	}
	f.recordReturned(n)
}

// lateField is in the record of an answer that was given after the client had been told to
// wait (202).
var lateField = []string{journal.LateField}

// answerOf returns the named values in the order of the source.
func (f *flow) answerOf(o *occurrence) *Answer {
	// One allocation for an answer of the usual size.
	room := &struct {
		Answer
		fields [4]value.Field
		terms  [4]*plan.Term
	}{}
	answer := &room.Answer
	answer.Fields, answer.Terms = room.fields[:0], room.terms[:0]
	add := func(column int) bool {
		name, v := o.action.Inputs[column], o.in[column]
		if name == "request" || v.IsUnset() {
			return false
		}
		answer.Fields = append(answer.Fields, value.Field{Name: name, Value: v})
		return true
	}
	if line := f.asking; line != nil && line.Action == o.action {
		for i := range line.In {
			if add(line.In[i].Column) {
				answer.Terms = append(answer.Terms, &line.In[i].Term)
			}
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
