package engine

import (
	"fmt"
	"slices"

	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/syntax"
	"github.com/legible-lang/legible/value"
)

// A keptFrame is a frame whose actions will be asked: those of then, or those
// of a line's else when the line dropped it. Its slots are a copy.
type keptFrame struct {
	line  *plan.Line // that dropped it, or nil
	slots []value.Value
}

// A lostFrame is a frame that a line without else dropped.
type lostFrame struct {
	line  *plan.Line
	place int // of the line among the sync's where lines
	slots []value.Value
}

// lostKept is how many lost frames of one match are remembered: enough to
// explain, few enough to keep.
const lostKept = 8

// A search makes the frames of one match.
type search struct {
	flow  *flow
	sync  *plan.Sync
	slots []value.Value
	kept  int   // how many frames were kept so far
	lost  int   // how many were lost
	err   error // an expression or query failed: the search is over
	at    *plan.Line
	inner int // > 0 inside a fold, a view, no or maybe: drops there are no drops of the frame
}

// frames runs a sync's where on the bindings in slots, pushing the frames that
// are to be asked on f.kept and those that were lost on f.lost.
func (f *flow) frames(s *plan.Sync, slots []value.Value) (err error) {
	w := &search{flow: f, sync: s, slots: slots}
	f.hand.View()
	defer f.hand.Undo()
	w.lines(s.Where, 0, w.keep)
	if w.err != nil {
		place := s.Span.String()
		if w.at != nil {
			place = w.at.Span.String()
		}
		return fmt.Errorf("%s: sync %s: %w", place, s.Name, w.err)
	}
	return nil
}

func (w *search) keep() { w.push(nil) }

func (w *search) push(line *plan.Line) {
	if w.kept++; w.kept > w.flow.engine.options.Limits.Frames {
		w.fail(nil, fmt.Errorf("where makes more than %d frames, which is the limit", w.flow.engine.options.Limits.Frames))
		return
	}
	slots := w.flow.values.take(len(w.slots))
	copy(slots, w.slots)
	w.flow.kept = append(w.flow.kept, keptFrame{line, slots})
}

func (w *search) fail(line *plan.Line, err error) {
	if w.err == nil {
		w.err, w.at = err, line
	}
}

// drop is told of a frame that a line gave nothing for.
func (w *search) drop(line *plan.Line, place int) {
	if w.inner > 0 || w.err != nil {
		return
	}
	if line.Else != nil {
		w.push(line)
		return
	}
	if w.lost++; w.lost <= lostKept {
		slots := w.flow.values.take(len(w.slots))
		copy(slots, w.slots)
		w.flow.lost = append(w.flow.lost, lostFrame{line, place, slots})
	}
}

// lines runs the lines from place i on and calls next for each frame that is
// left at the end.
func (w *search) lines(lines []*plan.Line, i int, next func()) {
	if w.err != nil {
		return
	}
	if i == len(lines) {
		next()
		return
	}
	line := lines[i]
	gave := 0
	switch line.Mode {
	case syntax.NoLine:
		w.inner++
		w.body(line, func() { gave++ })
		w.inner--
		w.unset(line)
		if gave == 0 {
			w.lines(lines, i+1, next)
		} else {
			w.drop(line, i)
		}
		return
	case syntax.MaybeLine:
		w.body(line, func() { gave++; w.lines(lines, i+1, next) })
		if gave == 0 && w.err == nil {
			for _, s := range line.Binds {
				w.slots[s] = value.Null
			}
			w.lines(lines, i+1, next)
		}
	default:
		w.body(line, func() { gave++; w.lines(lines, i+1, next) })
		if gave == 0 {
			w.drop(line, i)
		}
	}
	w.unset(line)
}

// unset takes back what a line bound, so that no later frame sees it.
func (w *search) unset(line *plan.Line) {
	for _, s := range line.Binds {
		w.slots[s] = value.Value{}
	}
}

// body runs what a line says, once for each frame that it gives.
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
			w.settle(line.Is.Slot, line.Is.Binds, v, emit)
		}
	case line.Filter != nil:
		v, ok := w.eval(line, line.Filter)
		if !ok {
			return
		}
		b, isFlag := v.Reveal().Bool()
		if !isFlag {
			w.fail(line, fmt.Errorf("%s is %s, but a line that keeps or drops must be true or false", line.Filter.Text, v.Kind()))
		} else if b {
			emit()
		}
	case line.Fold != nil:
		w.fold(line, line.Fold, emit)
	}
}

// settle binds a slot or compares it.
func (w *search) settle(slot int, binds bool, v value.Value, emit func()) {
	if binds {
		w.slots[slot] = present(v)
		emit()
	} else if value.Equal(present(w.slots[slot]), present(v)) {
		emit()
	}
}

func (w *search) eval(line *plan.Line, e *plan.Expr) (value.Value, bool) {
	v, err := w.flow.eval(e, w.slots)
	if err != nil {
		w.fail(line, fmt.Errorf("%s: %w", e.Text, err))
		return value.Value{}, false
	}
	return v, true
}

func (w *search) term(line *plan.Line, t *plan.Term) (value.Value, bool) {
	if t.Expr != nil {
		return w.eval(line, t.Expr)
	}
	if t.Slot >= 0 {
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
		in[q.In[i].Column] = v
	}
	rows := f.takeRows(len(q.Query.Outputs))
	defer f.giveRows(rows)
	if err := f.callQuery(q.Query, in, rows); err != nil {
		w.fail(line, err)
		return
	}
	for i := range rows.Len() {
		if w.err != nil {
			return
		}
		if w.take(q.Out, rows.row(i)) {
			emit()
		}
	}
}

// take binds and compares the outputs of a row.
func (w *search) take(out []plan.Output, row []value.Value) bool {
	for i := range out {
		o := &out[i]
		v := row[o.Column]
		if !accepts(o, v, w.slots) {
			return false
		}
	}
	return true
}

// accepts binds or compares one output.
func accepts(o *plan.Output, v value.Value, slots []value.Value) bool {
	v = present(v)
	switch {
	case o.Term.Any:
		return true
	case o.Term.Slot < 0:
		return value.Equal(v, present(o.Term.Literal))
	case v.IsNull() && !o.Optional:
		return false // nothing is there
	case o.Binds:
		slots[o.Term.Slot] = v
		return true
	}
	return value.Equal(v, present(slots[o.Term.Slot]))
}

func (w *search) read(line *plan.Line, r *plan.ReadOp, emit func()) {
	f, table := w.flow, w.flow.engine.tables[r.Table.Index]
	row := func(id string, row store.Row) {
		if r.SubjectBinds {
			w.slots[r.Subject.Slot] = value.String(id)
		}
		w.object(line, r, row[r.Column], emit)
	}
	if !r.SubjectBinds {
		subject, ok := w.term(line, &r.Subject)
		if !ok {
			return
		}
		id, isText := subject.Text()
		if !isText {
			return
		}
		found, err := f.hand.Get(table, id)
		if err != nil {
			w.fail(line, err)
		} else if found != nil {
			row(id, found)
		}
		return
	}
	var columns []int
	var key []value.Value
	if !r.ObjectBinds && !r.Object.Any {
		object, ok := w.term(line, &r.Object)
		if !ok || object.IsNull() {
			return
		}
		columns, key = []int{r.Column}, []value.Value{object}
	}
	w.scan(line, table, columns, key, row)
}

// object settles the value's side of a relation.
func (w *search) object(line *plan.Line, r *plan.ReadOp, v value.Value, emit func()) {
	one := func(v value.Value) {
		if v.IsNull() {
			return
		}
		switch {
		case r.Object.Any:
			emit()
		case r.ObjectBinds:
			w.slots[r.Object.Slot] = v
			emit()
		default:
			if want, ok := w.term(line, &r.Object); ok && value.Equal(want, v) {
				emit()
			}
		}
	}
	if !r.Has {
		one(v)
		return
	}
	for _, x := range v.Items() {
		one(x)
	}
}

func (w *search) member(line *plan.Line, m *plan.MemberOp, emit func()) {
	table := w.flow.engine.tables[m.Table.Index]
	if m.Binds || m.Subject.Any {
		w.scan(line, table, nil, nil, func(id string, _ store.Row) {
			if m.Binds {
				w.slots[m.Subject.Slot] = value.String(id)
			}
			emit()
		})
		return
	}
	subject, ok := w.term(line, &m.Subject)
	if !ok {
		return
	}
	if id, isText := subject.Text(); isText {
		row, err := w.flow.hand.Get(table, id)
		if err != nil {
			w.fail(line, err)
		} else if row != nil {
			emit()
		}
	}
}

// scanPage is how many members are fetched at a time.
const scanPage = 256

func (w *search) scan(line *plan.Line, t *store.Table, columns []int, key []value.Value, row func(string, store.Row)) {
	page := store.Page{Limit: scanPage}
	for w.err == nil {
		members, err := w.flow.hand.Find(t, columns, key, page)
		if err != nil {
			w.fail(line, err)
			return
		}
		for _, m := range members {
			if w.err != nil {
				return
			}
			row(m.ID, m.Row)
		}
		if len(members) < scanPage {
			return
		}
		page.After = members[len(members)-1].Order
	}
}

func (w *search) view(line *plan.Line, v *plan.ViewOp, emit func()) {
	for i := range v.In {
		x, ok := w.term(line, &v.In[i].Term)
		if !ok {
			return
		}
		w.slots[v.In[i].Inner] = present(x)
	}
	before := w.inner
	w.inner++
	w.lines(v.Lines, 0, func() {
		for i := range v.Out {
			p := &v.Out[i]
			o := plan.Output{Term: p.Term, Binds: p.Binds, Optional: p.Optional}
			if !accepts(&o, w.slots[p.Inner], w.slots) {
				return
			}
		}
		// What follows the view's use stands outside of it again.
		inside := w.inner
		w.inner = before
		emit()
		w.inner = inside
	})
	w.inner = before
	for i := range v.In {
		w.slots[v.In[i].Inner] = value.Value{}
	}
}

// A foldRow is one frame that the lines of a fold gave: the expression's value
// and the keys by which it is ordered.
type foldRow struct {
	value value.Value
	keys  []value.Value
}

func (w *search) fold(line *plan.Line, op *plan.FoldOp, emit func()) {
	var rows []foldRow
	before := w.inner
	w.inner++
	w.lines(op.Lines, 0, func() {
		var row foldRow
		if op.Expr != nil {
			v, ok := w.eval(line, op.Expr)
			if !ok {
				return
			}
			row.value = v
		}
		for _, k := range op.Order {
			v, ok := w.eval(line, k.Expr)
			if !ok {
				return
			}
			row.keys = append(row.keys, v)
		}
		if rows = append(rows, row); len(rows) > w.flow.engine.options.Limits.Frames {
			w.fail(line, fmt.Errorf("the lines below give more than %d frames, which is the limit", w.flow.engine.options.Limits.Frames))
		}
	})
	w.inner = before
	if w.err != nil {
		return
	}
	if len(op.Order) > 0 {
		slices.SortStableFunc(rows, func(a, b foldRow) int {
			for i, k := range op.Order {
				if c := value.Compare(a.keys[i], b.keys[i]); c != 0 {
					if k.Desc {
						return -c
					}
					return c
				}
			}
			return 0
		})
	}
	if op.Distinct {
		rows = distinct(rows)
	}
	offset, ok := w.bound(line, op.Offset, 0)
	if !ok {
		return
	}
	limit, ok := w.bound(line, op.Limit, len(rows))
	if !ok {
		return
	}
	rows = rows[min(offset, len(rows)):]
	rows = rows[:min(limit, len(rows))]
	v, err := folded(op.Fold, rows)
	if err != nil {
		w.fail(line, err)
		return
	}
	w.settle(op.Slot, op.Binds, v, emit)
}

func (w *search) bound(line *plan.Line, e *plan.Expr, otherwise int) (int, bool) {
	if e == nil {
		return otherwise, true
	}
	v, ok := w.eval(line, e)
	if !ok {
		return 0, false
	}
	n, isNumber := v.Num()
	if v.IsNull() {
		return otherwise, true
	}
	if !isNumber || n < 0 {
		w.fail(line, fmt.Errorf("%s must be a number that is not negative, but is %s", e.Text, v))
		return 0, false
	}
	return int(min(n, 1<<30)), true
}

func distinct(rows []foldRow) []foldRow {
	seen := map[string]bool{}
	return slices.DeleteFunc(rows, func(r foldRow) bool {
		key := string(value.AppendKey(nil, r.value))
		if seen[key] {
			return true
		}
		seen[key] = true
		return false
	})
}

// folded makes one value of the rows. Nulls do not count for sum, min and max.
// The sum of nothing is 0; the least, the greatest and the first of nothing are
// null.
func folded(fold syntax.Fold, rows []foldRow) (value.Value, error) {
	if fold == syntax.Sum || fold == syntax.Min || fold == syntax.Max {
		rows = slices.DeleteFunc(rows, func(r foldRow) bool { return r.value.IsNull() })
	}
	switch fold {
	case syntax.Each:
		items := make([]value.Value, len(rows))
		for i, r := range rows {
			items[i] = r.value
		}
		return value.List(items), nil
	case syntax.Count:
		return value.Number(float64(len(rows))), nil
	case syntax.Sum:
		var sum float64
		for _, r := range rows {
			n, ok := r.value.Num()
			if !ok {
				return value.Value{}, fmt.Errorf("sum adds numbers, but met %s", r.value.Kind())
			}
			sum += n
		}
		return value.Number(sum), nil
	}
	best := value.Null
	for i, r := range rows {
		c := value.Compare(r.value, best)
		if i == 0 || fold == syntax.Min && c < 0 || fold == syntax.Max && c > 0 {
			best = r.value
		}
	}
	return best, nil
}

// eval computes an expression over slots. "new" is a fresh id each time.
func (f *flow) eval(e *plan.Expr, slots []value.Value) (value.Value, error) {
	return e.Node.Eval(func(i int) value.Value {
		switch s := e.Slots[i]; s {
		case plan.NowSlot:
			return value.Time(f.now)
		case plan.NewSlot:
			return value.String(f.engine.options.IDs.At(f.now).String())
		default:
			return slots[s]
		}
	})
}

// takeRows and giveRows keep the rows of queries for the next one.
func (f *flow) takeRows(width int) *Rows {
	if n := len(f.rows); n > 0 {
		r := f.rows[n-1]
		f.rows = f.rows[:n-1]
		r.width, r.count, r.cells = width, 0, r.cells[:0]
		return &r
	}
	return &Rows{width: width}
}

func (f *flow) giveRows(r *Rows) {
	clear(r.cells)
	f.rows = append(f.rows, *r)
}
