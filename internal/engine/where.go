package engine

import (
	"errors"
	"fmt"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A keptFrame is a frame whose actions are to be asked: those of then, or those of the
// else of the line that dropped it. Its slots are a copy.
type keptFrame struct {
	line  *plan.Line // that dropped it, or nil
	slots []value.Value
	lost  []lostRows // for the first frames
}

// A droppedFrame is a frame that was dropped by a line without else.
type droppedFrame struct {
	line  *plan.Line
	slots []value.Value
	lost  []lostRows
}

// droppedLimit is how many dropped frames of one match the record keeps: enough for an
// explanation.
const droppedLimit = 8

// A search computes the frames of one match.
type search struct {
	flow    *flow
	sync    *plan.Sync
	stage   *plan.Stage
	slots   []value.Value
	kept    int   // frames kept so far
	dropped int   // frames dropped so far
	err     error // an expression or query failed; this ends the search
	at      *plan.Line
	last    []value.Value // the slots of the last kept frame
	bytes   int64         // estimated memory of the frames, lists and rows
	inner   int           // > 0 inside a fold, a view, no or maybe, where a line drops no frame of the match

	// For explanations, see lose.
	folding  bool       // in a fold or the where of a line of then
	muted    int        // > 0 in no, some, maybe or whether
	losses   int        // calls of lose that counted
	lost     []lostRows // in the folds that the current frame has
	furthest lostRows   // in the current line of the match
}

// frames runs the where of a stage with the bindings in slots. It pushes the frames that
// are to be asked on f.kept, and those that were dropped on f.dropped.
func (f *flow) frames(s *plan.Sync, stage *plan.Stage, slots []value.Value) error {
	w := &search{flow: f, sync: s, stage: stage, slots: slots}
	return w.run(stage.Where)
}

// framesOf runs the where of one line of then with the bindings in slots, and pushes its
// frames on f.kept. A line that gives nothing drops a frame of this where only; lost has
// those lines.
func (f *flow) framesOf(s *plan.Sync, line *plan.Ask, slots []value.Value) (lost []lostRows, err error) {
	w := &search{flow: f, sync: s, slots: slots, inner: 1, folding: true}
	err = w.run(line.Where)
	for i := range w.lost {
		w.lost[i].kept = w.kept
	}
	return w.lost, err
}

// run runs lines of where and keeps the frames. Inside a transaction that has written it
// reads what was written.
func (w *search) run(where []*plan.Line) error {
	f, s := w.flow, w.sync
	if !f.pinned && !f.call.wrote && !f.call.locked {
		f.session.BeginReadOnly()
		defer f.session.Rollback()
	}
	w.lines(where, 0, w.keep)
	if f.session.failed != nil {
		return f.session.failed // even if a query has ignored it
	}
	if w.err != nil {
		place := s.Span.String()
		if w.at != nil {
			place = w.at.Span.String()
		}
		return fmt.Errorf("%s: sync %s: %w", place, s.Name, w.err)
	}
	f.frameBytes += w.bytes
	return nil
}

// addBytes adds to the memory of the search, or subtracts from it, and ends the search
// if it uses too much.
func (w *search) addBytes(line *plan.Line, bytes int64) {
	w.bytes += bytes
	if bytes <= 0 {
		return
	}
	if most := w.flow.engine.options.Limits.Bytes; w.bytes > most {
		w.fail(line, fmt.Errorf("the frames and lists of this where take more than %d MiB, which is the limit: make a list page by page, with “page” below its lines, or take less of each item", most>>20))
	} else if !w.flow.reserveFor(w.flow.frameBytes + w.bytes) {
		w.fail(line, ErrNoMemory)
	}
}

const (
	// unreservedLimit is the memory that a flow uses without a reservation.
	unreservedLimit = 64 << 10
	// reserveStep is the least memory that is reserved at a time.
	reserveStep = 256 << 10
)

// reserveFor reserves memory if the flow uses more than it has reserved. A flow that
// has changed something continues in any case: it must not end half done.
func (f *flow) reserveFor(held int64) bool {
	if f.reserve == nil || held <= max(f.reserved, unreservedLimit) {
		return true
	}
	more := max(held-f.reserved, reserveStep)
	if f.reserve(more) {
		f.reserved += more
		return true
	}
	return f.changed
}

// slotSize is the memory of a slot without its value.
const slotSize = 24

func (w *search) keep() { w.push(nil) }

func (w *search) push(line *plan.Line) {
	if w.kept++; w.kept > w.flow.engine.options.Limits.Frames {
		w.fail(nil, fmt.Errorf("where makes more than %d frames, which is the limit", w.flow.engine.options.Limits.Frames))
		return
	}
	// A value that the previous frame has too is in memory once.
	var bytes int64
	for i, v := range w.slots {
		if w.kept > 1 && w.last[i] == v {
			continue
		}
		bytes += value.Size(v)
	}
	w.addBytes(line, bytes+int64(len(w.slots))*slotSize)
	w.last = w.copySlots()
	w.flow.kept = append(w.flow.kept, keptFrame{line, w.last, w.lostSoFar(line != nil)})
}

// The faults of a line that must give a frame: one with “surely”, or one of a later stage
// without an else.
var (
	errNotSure  = errors.New("this line gave no frame, although “surely” states that it always gives one")
	errLateDrop = errors.New("this line gave no frame, and the actions of the stage above have run already: add an else below the line")
)

func (w *search) fail(line *plan.Line, err error) {
	if w.err == nil {
		w.err, w.at = err, line
	}
}

// drop notes that a line has dropped a frame. before is the value of losses when the
// line began: if a line inside of it has lost rows since, that line is the reason.
func (w *search) drop(line *plan.Line, before int) {
	switch {
	case w.err != nil:
		return
	case w.inner > 0:
		if w.losses == before {
			w.lose(line, "")
		}
		return
	case w.losses == before:
		w.furthest = lostRows{}
	}
	if line.Else != nil {
		w.push(line)
		return
	}
	if w.stage.Index > 0 {
		w.fail(line, errLateDrop)
		return
	}
	if w.dropped++; w.dropped <= droppedLimit {
		w.flow.dropped = append(w.flow.dropped, droppedFrame{line, w.copySlots(), w.lostSoFar(true)})
	}
}

// lines runs the lines from index i on and calls next for each frame that remains at
// the end.
func (w *search) lines(lines []*plan.Line, i int, next func()) {
	if w.err != nil {
		return
	}
	if i == len(lines) {
		next()
		return
	}
	line := lines[i]
	gave, losses, rows := 0, w.losses, len(w.lost)
	if w.inner == 0 {
		w.furthest = lostRows{}
	}
	if line.If != nil {
		if is, ok := w.holds(line, line.If); !ok {
			return
		} else if !is {
			w.lines(lines, i+1, next)
			return
		}
	}
	switch line.Mode {
	case syntax.NoLine, syntax.SomeLine:
		found := w.any(line, func(emit func()) { w.body(line, emit) })
		w.unset(line)
		switch {
		case w.err != nil:
		case found == (line.Mode == syntax.SomeLine):
			w.lines(lines, i+1, next)
		default:
			w.drop(line, losses)
		}
		return
	case syntax.MaybeLine:
		w.mute(func() {
			w.body(line, func() {
				gave++
				w.muted--
				w.lines(lines, i+1, next)
				w.muted++
			})
		})
		if gave == 0 && w.err == nil {
			for _, s := range line.Binds {
				w.slots[s] = value.Null
			}
			w.lines(lines, i+1, next)
		}
	default:
		w.body(line, func() { gave++; w.lines(lines, i+1, next) })
		switch {
		case gave > 0:
		case line.Mode == syntax.SurelyLine:
			w.fail(line, errNotSure)
		default:
			w.drop(line, losses)
		}
	}
	w.unset(line)
	if !w.folding {
		w.lost = w.lost[:rows]
	}
}

// errFound ends the part of a search that asks only whether there is a frame.
var errFound = errors.New("found")

// any reports whether run emits a frame. It ends run at the first.
func (w *search) any(line *plan.Line, run func(emit func())) bool {
	w.inner++
	found := func() { run(func() { w.fail(line, errFound) }) }
	if line.Mode == syntax.SomeLine && !w.folding {
		found() // the line inside at which it ended explains why it found nothing
	} else {
		w.mute(found)
	}
	w.inner--
	if w.err != errFound {
		return false
	}
	w.err, w.at = nil, nil
	return true
}

// unset clears the slots that a line bound, for the next frame.
func (w *search) unset(line *plan.Line) {
	for _, s := range line.Binds {
		w.slots[s] = value.Value{}
	}
}

// body runs the operation of a line and calls emit for each resulting frame.
func (w *search) body(line *plan.Line, emit func()) {
	switch {
	case line.Query != nil:
		w.query(line, line.Query, emit)
	case line.Read != nil:
		w.read(line, line.Read, emit)
	case line.Member != nil:
		w.member(line, line.Member, emit)
	case line.View != nil:
		w.view(line, line.View, emit)
	case line.Is != nil:
		if v, ok := w.eval(line, line.Is.Expr); ok {
			w.bindOrCompare(line.Is.Slot, line.Is.Binds, line.Is.Secret, v, emit)
		}
	case line.Filter != nil:
		if is, ok := w.holds(line, line.Filter); ok && is {
			emit()
		}
	case line.Fold != nil:
		w.fold(line, line.Fold, emit)
	case line.Has != nil:
		w.has(line, line.Has, emit)
	case line.Block != nil:
		w.block(line, emit)
	default:
		panic("engine: unknown line")
	}
}

// holds evaluates a condition.
func (w *search) holds(line *plan.Line, e *plan.Expr) (is, ok bool) {
	v, ok := w.eval(line, e)
	if !ok {
		return false, false
	}
	is, isFlag := v.Reveal().Bool()
	if !isFlag {
		w.fail(line, blameInput(e, fmt.Errorf("%s is %s, but a line that keeps or drops must be true or false", e.Text, v.Kind())))
	}
	return is, isFlag
}

// block runs the lines of a block, which drop no frame of the match.
func (w *search) block(line *plan.Line, emit func()) {
	before := w.inner
	w.inner++
	w.lines(line.Block, 0, func() {
		inside := w.inner
		w.inner = before
		emit() // the lines below the block are outside of it
		w.inner = inside
	})
	w.inner = before
}

// bindOrCompare binds a slot or compares it.
func (w *search) bindOrCompare(slot int, binds, secret bool, v value.Value, emit func()) {
	if binds {
		if secret {
			v = value.Secret(v)
		}
		w.slots[slot] = present(v)
		emit()
	} else if w.flow.gone(v) || w.flow.gone(w.slots[slot]) {
		w.fail(nil, errGone)
	} else if value.Equal(present(w.slots[slot]), present(v)) {
		emit()
	}
}

func (w *search) eval(line *plan.Line, e *plan.Expr) (value.Value, bool) {
	v, err := w.flow.eval(e, w.slots)
	if err != nil {
		w.fail(line, blameInput(e, fmt.Errorf("%s: %w", e.Text, err)))
		return value.Value{}, false
	}
	return v, true
}

func (w *search) term(line *plan.Line, t *plan.Term) (value.Value, bool) {
	if t.Expr != nil {
		return w.eval(line, t.Expr)
	}
	if t.Slot >= 0 {
		if w.flow.gone(w.slots[t.Slot]) {
			w.fail(line, errGone)
			return value.Value{}, false
		}
		return w.slots[t.Slot], true
	}
	return t.Literal, true
}

func (w *search) query(line *plan.Line, q *plan.QueryOp, emit func()) {
	f := w.flow
	in := f.values.take(len(q.Query.Inputs))
	for i := range q.In {
		v, ok := w.term(line, &q.In[i].Term)
		if !ok {
			return
		}
		if !q.In[i].Absent || !v.IsNull() {
			in[q.In[i].Column] = v
		}
	}
	rows := f.takeRows(len(q.Query.Outputs))
	defer f.giveRows(rows)
	place := func(column int) string {
		for i := range q.In {
			if q.In[i].Column == column {
				return q.In[i].Term.Field
			}
		}
		return ""
	}
	if err := f.callQuery(q.Query, in, rows, place); err != nil {
		w.fail(line, err)
		return
	}
	var bytes int64
	for _, v := range rows.cells {
		bytes += value.Size(v)
	}
	w.addBytes(line, bytes)
	defer func() { w.bytes -= bytes }()
	for i := range rows.Len() {
		if w.err != nil {
			return
		}
		if w.take(q.Out, rows.Row(i)) {
			emit()
		} else if null := absent(q.Out, rows.Row(i)); null != "" && w.inner > 0 && w.err == nil {
			w.lose(line, null)
		}
	}
}

// take binds and compares the outputs of a row.
func (w *search) take(out []plan.Output, row []value.Value) bool {
	for i := range out {
		o := &out[i]
		v := row[o.Column]
		if o.Term.Slot >= 0 && !o.Binds && w.flow.gone(w.slots[o.Term.Slot]) {
			w.fail(nil, errGone)
			return false
		}
		if !accepts(o, v, w.slots) {
			return false
		}
	}
	return true
}

// absent returns the name of the first output that a row does not have, although the
// line requires it.
func absent(out []plan.Output, row []value.Value) string {
	for i := range out {
		if o := &out[i]; o.Binds && !o.Optional && present(row[o.Column]).IsNull() {
			return o.Name
		}
	}
	return ""
}

// accepts binds or compares one output.
func accepts(o *plan.Output, v value.Value, slots []value.Value) bool {
	v = present(v)
	switch {
	case o.Term.Any:
		return !v.IsNull()
	case o.Term.Slot < 0:
		return value.Equal(v, present(o.Term.Literal))
	case v.IsNull() && !o.Optional:
		return false // there is no value
	case o.Binds:
		if o.Secret {
			v = value.Secret(v)
		}
		slots[o.Term.Slot] = v
		return true
	}
	return value.Equal(v, present(slots[o.Term.Slot]))
}

func (w *search) view(line *plan.Line, v *plan.ViewOp, emit func()) {
	defer func() {
		for i := range v.In {
			w.slots[v.In[i].Inner] = value.Value{}
		}
	}()
	for i := range v.In {
		x, ok := w.term(line, &v.In[i].Term)
		if !ok {
			return
		}
		if v.In[i].Secret {
			x = value.Secret(x)
		}
		if !v.In[i].Unset {
			x = present(x)
		}
		w.slots[v.In[i].Inner] = x
	}
	before := w.inner
	w.inner++
	w.lines(v.Lines, 0, func() {
		for i := range v.Out {
			p := &v.Out[i]
			o := plan.Output{Term: p.Term, Binds: p.Binds, Optional: p.Optional, Secret: p.Secret}
			if !accepts(&o, w.slots[p.Inner], w.slots) {
				w.lose(line, "")
				return
			}
		}
		// The lines after the use of the view are outside of it.
		inside := w.inner
		w.inner = before
		emit()
		w.inner = inside
	})
	w.inner = before
}

// eval computes an expression over slots. "new" is a fresh id each time.
func (f *flow) eval(e *plan.Expr, slots []value.Value) (value.Value, error) {
	for _, s := range e.Slots {
		if s >= 0 && f.gone(slots[s]) {
			return value.Value{}, errGone
		}
	}
	return e.Node.Eval(func(i int) value.Value {
		switch s := e.Slots[i]; s {
		case plan.NowSlot:
			return value.Time(f.now)
		case plan.NewSlot:
			return value.String(f.engine.options.IDs.At(f.now).String())
		default:
			return e.Read(i, slots[s])
		}
	})
}

// takeRows and giveRows reuse the rows of queries.
func (f *flow) takeRows(width int) *Rows {
	if n := len(f.rows); n > 0 {
		r := f.rows[n-1]
		f.rows = f.rows[:n-1]
		r.width, r.count, r.cells = width, 0, r.cells[:0]
		return &r
	}
	return NewRows(width)
}

func (f *flow) giveRows(r *Rows) {
	clear(r.cells)
	f.rows = append(f.rows, *r)
}
