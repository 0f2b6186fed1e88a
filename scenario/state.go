package scenario

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// state evaluates a line about the state of a concept: it must yield a frame, or with
// "no" none. Names without a value get theirs from the first frame.
func (w *world) state(t *syntax.Line) *Failure {
	text := strings.Join(strings.Fields(t.Span.Text()), " ")
	x := w.plan.Program.Questions[t]
	if x == nil {
		return &Failure{Message: "this line cannot be evaluated: " + text}
	}
	q := w.plan.Question(x)
	slots := make([]value.Value, len(q.Slots))
	for i, name := range q.Slots {
		if b, ok := w.names[name]; ok {
			slots[i] = b.value
		}
	}
	missing := q.Given(func(slot int) bool { _, ok := w.names[q.Slots[slot]]; return ok })
	if len(missing) > 0 {
		_, err := w.names.get(q.Slots[missing[0]])
		return &Failure{Message: err.Error()}
	}
	if err := w.adapt(q, slots); err != nil {
		return &Failure{Message: fmt.Sprintf("%s: %v", text, err)}
	}
	line := *q.Line
	line.Mode = syntax.PlainLine
	frames, err := w.engine.Frames(w.ctx, &line, slots)
	switch {
	case err != nil:
		return &Failure{Message: "reading the state failed: " + words.FirstLine(err.Error())}
	case t.Mode == syntax.NoLine && len(frames) > 0:
		f := w.bound(&Failure{Message: "this holds, and the scenario expects that it does not: " + text}, q)
		for _, s := range line.Binds {
			f.note("with %s = %s", q.Slots[s], show(frames[0][s]))
		}
		return f
	case t.Mode == syntax.PlainLine && len(frames) == 0:
		return w.nearest(w.bound(&Failure{Message: "this does not hold: " + text}, q), q, slots)
	}
	if t.Mode == syntax.NoLine {
		return nil
	}
	for _, s := range q.Line.Binds {
		v := value.Null // of maybe
		if len(frames) > 0 {
			v = frames[0][s]
		}
		w.names[q.Slots[s]] = binding{v, source.Span{File: t.Span.File, Start: t.Span.Start, End: t.Span.End}}
	}
	return nil
}

// bound adds the values of the names of a line.
func (w *world) bound(f *Failure, q *plan.Question) *Failure {
	for _, name := range q.Slots {
		if b, ok := w.names[name]; ok {
			f.note("%s = %s, since %s", name, show(b.value), b.at)
		}
	}
	return f
}

// nearest adds the values that the state has for a field with another expected value.
func (w *world) nearest(f *Failure, q *plan.Question, slots []value.Value) *Failure {
	r := q.Line.Read
	if r == nil || r.SubjectBinds || r.Subject.Any || r.ObjectBinds || r.Object.Any {
		return f
	}
	line := plan.Line{Span: q.Line.Span, Read: &plan.ReadOp{Table: r.Table, Column: r.Column, Has: r.Has,
		Subject: r.Subject, Object: plan.Term{Slot: len(slots)}, ObjectBinds: true}}
	frames, err := w.engine.Frames(w.ctx, &line, append(slots, value.Value{}))
	name := r.Table.Set.Fields[r.Column].Name
	switch {
	case err != nil:
	case len(frames) == 0:
		f.note("it has no %s", name)
	default:
		var held []string
		for _, frame := range frames {
			held = append(held, show(frame[len(slots)]))
		}
		f.note("its %s is %s", name, cut(strings.Join(held, ", "), 400))
	}
	return f
}

// adapt converts values from JSON to the types of the state: a time is a text in
// JSON.
func (w *world) adapt(q *plan.Question, slots []value.Value) error {
	fit := func(t *plan.Term, typ check.Type, name string) error {
		var at *value.Value
		switch {
		case t.Any || t.Expr != nil:
			return nil
		case t.Slot >= 0:
			at = &slots[t.Slot]
		default:
			at = &t.Literal
		}
		if at.IsNull() {
			return nil
		}
		v, err := plan.Accept(typ, *at, false)
		if err != nil {
			return fmt.Errorf("“%s” %w", name, err)
		}
		*at = v
		return nil
	}
	switch l := q.Line; {
	case l.Read != nil && l.Read.Table.Set.Fields[l.Read.Column].Type.Kind == check.Secret:
		return fmt.Errorf("“%s” is a Secret: the state contains only its digest, so it cannot be compared", l.Read.Table.Set.Fields[l.Read.Column].Name)
	case l.Read != nil:
		f := l.Read.Table.Set.Fields[l.Read.Column]
		return fit(&l.Read.Object, f.Type, f.Name)
	case l.Member != nil:
		for i := range l.Member.Fields {
			f := &l.Member.Fields[i]
			if field := f.Table.Set.Fields[f.Column]; !f.Many {
				if err := fit(&f.Term, field.Type, field.Name); err != nil {
					return err
				}
			}
		}
	case l.Query != nil:
		for i := range l.Query.In {
			p := l.Query.Query.Spec.Inputs[l.Query.In[i].Column]
			if err := fit(&l.Query.In[i].Term, whole(p), p.Name); err != nil {
				return err
			}
		}
		for i := range l.Query.Out {
			p := l.Query.Query.Spec.Outputs[l.Query.Out[i].Column]
			if err := fit(&l.Query.Out[i].Term, whole(p), p.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
