package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// result returns the reply for a flow's end: the answer of a sync, else the
// first refusal that no sync matched, else the fault, else why there is no
// answer.
func (x *exchange) result(r engine.Result, err error) *reply {
	trace := r.Flow.String()
	x.undone = r.Undone
	p := x.ended(r, err, trace)
	p.trace = trace
	return p
}

func (x *exchange) ended(r engine.Result, err error, trace string) *reply {
	var field *engine.FieldError
	var late *engine.DeadlineError
	switch {
	case errors.Is(err, engine.ErrOverdue):
		x.overdue = err.Error()
		return x.abandon(trace)
	case err != nil:
		return x.failed("answer withheld: its flow is not durable", trace, err)
	case r.Answer != nil:
		p, err := x.answered(r.Answer, trace)
		if err != nil {
			return x.unsaid(p, trace, err)
		}
		return p
	case r.Waiting != nil:
		x.front.callers.keep(r.Flow, x.caller())
		return x.waiting(r, trace)
	case r.Unhandled != nil:
		return x.front.soft(refused(r.Unhandled))
	case errors.Is(r.Fault, engine.ErrNoMemory):
		return noRoom()
	case errors.As(r.Fault, &field):
		return x.front.soft(x.route.badPart(field.Field, field.Err))
	case errors.As(r.Fault, &late):
		return x.withheld(tooSlow, trace)
	case store.Exhausted(r.Fault):
		return x.failed("a request could not be answered", trace, r.Fault)
	case r.Fault != nil: // the engine has logged it
		return x.fault(trace, x.cause(r, true))
	}
	reason := x.cause(r, true)
	x.warn("no sync answered the request", trace, reason)
	return x.broken("No sync answered this request.", trace, reason)
}

// cause is the reason for how a flow ended, in the words of the other explanations.
func (x *exchange) cause(r engine.Result, rested bool) string {
	entries, err := journal.Read(r.Entries)
	if err != nil {
		return "the record of the flow cannot be read: " + err.Error()
	}
	return explain.Cause(x.front.plan, entries, rested)
}

const (
	noData  = "The server cannot reach its database"
	tooFew  = "The server has run out of files, memory or disk space"
	tooSlow = "The request takes too long"
)

// withheld replaces a reply that cannot be given. It says whether the client can
// safely send the request again: the field done is "nothing" when it is certain
// that nothing was done and nothing will be, else "unknown".
func (x *exchange) withheld(why, trace string) *reply {
	sentence, done := why+": it may have been done, or may still be done. Please check before you send it again.", "unknown"
	if x.undone {
		sentence, done = why+", and nothing was done. Please try again in a moment.", "nothing"
	}
	p := again(sentence, value.Field{Name: "done", Value: value.String(done)}, value.Field{Name: "trace", Value: value.String(trace)})
	p.trace = trace
	return p
}

// abandon returns the reply while the engine still works on the request: an action or
// the store does not return. The engine has logged it.
func (x *exchange) abandon(trace string) *reply {
	x.work.CompareAndSwap(working, abandoned)
	return x.withheld(tooSlow, trace)
}

// failed is the reply if the engine or the store could not do the work.
func (x *exchange) failed(what, trace string, err error) *reply {
	x.warn(what, trace, err.Error())
	switch {
	case errors.Is(err, store.ErrLost), errors.Is(err, store.ErrClosed):
		return x.withheld(noData, trace)
	case store.Exhausted(err):
		return x.withheld(tooFew, trace)
	case errors.Is(err, context.DeadlineExceeded):
		return x.withheld(tooSlow, trace)
	}
	return x.fault(trace, err.Error())
}

// waiting is the reply when something outside delays a flow. The request is kept
// and will be done, so sending it again would do it twice. Once an action is
// parked, it is uncertain whether it will be done.
func (x *exchange) waiting(r engine.Result, trace string) *reply {
	w := r.Waiting
	if w.Parked {
		x.warn("no answer: "+w.Action+" is parked", trace, w.Reason)
		return x.fault(trace, x.cause(r, false))
	}
	return x.accepted(w.Action, trace)
}

// accepted is the reply while the flow waits for an action.
func (x *exchange) accepted(action, trace string) *reply {
	fields := []value.Field{
		{Name: "pending", Value: value.String(action)},
		{Name: "message", Value: value.String("The request is stored and will be carried out. Please do not send it again.")},
		{Name: "trace", Value: value.String(trace)},
	}
	p := &reply{status: http.StatusAccepted, body: value.AppendJSON(nil, value.Record(fields))}
	p.set("Location", x.front.options.Prefix+latePath+trace)
	return p
}

func (x *exchange) warn(what, trace, reason string) {
	route := ""
	if x.route != nil {
		route = x.request.Method + " " + x.front.options.Prefix + x.route.Path
	}
	x.front.options.Log.LogAttrs(context.WithoutCancel(x.request.Context()), slog.LevelError, what,
		slog.String("trace", trace), slog.String("route", route), slog.String("reason", reason))
}

// refused is the reply to a request that ended with a refusal.
func refused(r *engine.Refused) *reply {
	sentence := r.Sentence
	if sentence == "" {
		sentence = fmt.Sprintf("%s was refused.", r.Action)
	}
	p := problem(plan.RefusalStatus(r.Kind), sentence, value.Field{Name: "refusal", Value: value.String(r.Code)})
	p.parts.Refusal, p.parts.Kind, p.parts.Path = r.Code, r.Kind, r.About
	if r.After > 0 {
		// Whole seconds, rounded up: a client that waits so long is not refused
		// again.
		p.set("Retry-After", strconv.FormatInt(int64((r.After+time.Second-1)/time.Second), 10))
	}
	return p
}
