package engine

import (
	"context"
	"fmt"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// Query runs a query outside of any flow and returns its rows, with a value for each
// output. It reads one snapshot and records nothing. The error is the query's own, or
// the store's.
func (e *Engine) Query(ctx context.Context, q *plan.Query, in []value.Value) (rows [][]value.Value, err error) {
	lost := e.readSnapshot(ctx, func(f *flow) {
		given := f.takeRows(len(q.Outputs))
		defer f.giveRows(given)
		if err = f.callQuery(q, in, given, func(column int) string { return q.Inputs[column] }); err != nil {
			return
		}
		var bytes int64
		for _, v := range given.cells {
			bytes += value.Size(v)
		}
		if most := e.options.Limits.Bytes; bytes > most {
			err = fmt.Errorf("%s gives rows of more than %d MiB, which is the limit", q.FullName(), most>>20)
			return
		}
		for i := range given.Len() {
			rows = append(rows, append([]value.Value(nil), given.Row(i)...))
		}
	})
	if lost != nil {
		return nil, lost
	}
	return rows, err
}

// Frames runs one line of where outside of any flow, with bindings in slots, and
// returns the remaining frames: the slots with what the line binds. It reads one
// snapshot and records nothing.
func (e *Engine) Frames(ctx context.Context, line *plan.Line, slots []value.Value) (frames [][]value.Value, err error) {
	lost := e.readSnapshot(ctx, func(f *flow) {
		own := append([]value.Value(nil), slots...)
		w := &search{flow: f, sync: &plan.Sync{}, slots: own, inner: 1}
		w.lines([]*plan.Line{line}, 0, func() {
			if len(frames) == f.engine.options.Limits.Frames {
				w.fail(line, fmt.Errorf("the line gives more than %d frames, which is the limit", len(frames)))
				return
			}
			frames = append(frames, append([]value.Value(nil), own...))
		})
		if w.err != nil {
			frames, err = nil, fmt.Errorf("%s: %w", line.Span, w.err)
		}
	})
	if lost != nil {
		return nil, lost
	}
	return frames, err
}

// readSnapshot calls read with a flow in a read-only transaction. The error is that of
// the store, even if read ignores it.
func (e *Engine) readSnapshot(ctx context.Context, read func(*flow)) error {
	ctx, err := enter(ctx)
	if err != nil {
		return err
	}
	f := e.flows.Get().(*flow)
	f.begin(ctx, Opening{})
	// A query that calls ctx.Key gets the key of the flow's first action.
	f.occs = append(f.occs, occurrence{})
	f.untracked, f.readOnly = true, true
	f.session.BeginReadOnly()
	defer func() {
		f.session.Rollback()
		f.session.Abandon()
		f.reset()
		e.flows.Put(f)
	}()
	read(f)
	return f.session.failed
}
