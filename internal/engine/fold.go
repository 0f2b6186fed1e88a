package engine

import (
	"fmt"
	"slices"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A foldRow is one frame of the lines of a fold: the value of the expression, and the
// keys by which it is ordered.
type foldRow struct {
	value value.Value
	keys  []value.Value
}

// rowSize is the memory of a row without its value.
const rowSize = 48

func (w *search) fold(line *plan.Line, op *plan.FoldOp, emit func()) {
	if op.Page != nil {
		w.page(line, op, emit)
		return
	}
	if op.Fold == syntax.Whether {
		found := w.any(line, func(emit func()) { w.lines(op.Lines, 0, emit) })
		if w.err == nil {
			w.bindOrCompare(op.Slot, op.Binds, op.Secret, value.Flag(found), emit)
		}
		return
	}
	var rows []foldRow
	held := w.bytes
	w.rows(op.Lines, func() {
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
		w.addBytes(line, rowSize+value.Size(row.value))
		if rows = append(rows, row); len(rows) > w.flow.engine.options.Limits.Frames {
			w.fail(line, fmt.Errorf("the lines below give more than %d frames, which is the limit", w.flow.engine.options.Limits.Frames))
		}
	})
	w.addBytes(line, held-w.bytes)
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
		if op.Expr != nil {
			err = blameInput(op.Expr, err)
		}
		w.fail(line, err)
		return
	}
	w.bindOrCompare(op.Slot, op.Binds, op.Secret, v, emit)
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
		w.fail(line, blameInput(e, fmt.Errorf("%s must be a number that is not negative, but is %s", e.Text, v)))
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

// folded reduces the rows to one value. Sum, min and max ignore nulls. The sum of no
// values is 0; min, max and first of no values are null.
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
		secret := false
		for _, r := range rows {
			secret = secret || r.value.IsSecret()
			n, ok := r.value.Num()
			if !ok {
				return value.Value{}, fmt.Errorf("sum adds numbers, but met %s", r.value.Kind())
			}
			sum += n
		}
		if secret {
			return value.Secret(value.Number(sum)), nil
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
