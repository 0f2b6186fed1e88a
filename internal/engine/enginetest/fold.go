package enginetest

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A row is the value of a fold's expression for one frame, with the keys of its order.
type row struct {
	value value.Value
	keys  []value.Value
}

// fold turns the frames of the lines below into one value.
func (w *where) fold(f *check.FoldLine, e env, next yield) error {
	if f.Fold == syntax.Whether {
		found, err := w.any(func(found yield) error { return w.lines(f.Lines, e, inside, found) })
		if err != nil {
			return err
		}
		return bindOrCompare(e, f.Var, value.Flag(found), next)
	}
	var rows []row
	if err := w.lines(f.Lines, e, inside, func(e env) error {
		var r row
		var err error
		if f.Expr != nil {
			if r.value, err = w.oracle.eval(f.Expr, e); err != nil {
				return err
			}
		}
		for _, k := range f.Order {
			key, err := w.oracle.eval(k.Expr, e)
			if err != nil {
				return err
			}
			r.keys = append(r.keys, key)
		}
		rows = append(rows, r)
		return nil
	}); err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for i, k := range f.Order {
			if c := value.Compare(a.keys[i], b.keys[i]); c != 0 && k.Desc {
				return -c
			} else if c != 0 {
				return c
			}
		}
		return 0
	})
	if f.Distinct {
		var once []row
		for _, r := range rows {
			if !slices.ContainsFunc(once, func(o row) bool { return value.Equal(o.value, r.value) }) {
				once = append(once, r)
			}
		}
		rows = once
	}
	rows, more, err := w.part(f, e, rows)
	if err != nil {
		return err
	}
	result, err := folded(f.Fold, rows)
	if err != nil {
		return err
	}
	if f.Page != nil && f.Page.Next != nil {
		e = e.with(f.Page.Next, more)
	}
	return bindOrCompare(e, f.Var, result, next)
}

// part returns the rows between offset and limit. For a page that is not the last one,
// more is a text in place of the cursor of the next page.
func (w *where) part(f *check.FoldLine, e env, rows []row) (_ []row, more value.Value, err error) {
	limit := f.Limit
	more = value.Null
	if f.Page != nil {
		for _, a := range f.Page.In {
			if a.Name != "limit" {
				continue
			}
			v, err := w.oracle.term(a.Term, e)
			if err != nil {
				return nil, more, err
			}
			if n, ok := v.Num(); ok && int(n) < len(rows) {
				return rows[:int(n)], value.String("next"), nil
			}
		}
		return rows, more, nil
	}
	for i, x := range []*check.Expr{f.Offset, limit} {
		if x == nil {
			continue
		}
		v, err := w.oracle.eval(x, e)
		if err != nil {
			return nil, more, err
		}
		if v.IsNull() {
			continue
		}
		n, ok := v.Num()
		if !ok || n < 0 {
			return nil, more, errFault
		}
		at := min(int(n), len(rows))
		if i == 0 {
			rows = rows[at:]
		} else {
			rows = rows[:at]
		}
	}
	return rows, more, nil
}

func folded(fold syntax.Fold, rows []row) (value.Value, error) {
	var values []value.Value
	for _, r := range rows {
		if v := present(r.value); !v.IsNull() || fold == syntax.Each || fold == syntax.First {
			values = append(values, v)
		}
	}
	switch fold {
	case syntax.Each:
		return value.List(values), nil
	case syntax.Count:
		return value.Number(float64(len(rows))), nil
	case syntax.Sum:
		sum := 0.0
		for _, v := range values {
			n, ok := v.Num()
			if !ok {
				return value.Null, errFault
			}
			sum += n
		}
		return value.Number(sum), nil
	}
	if len(values) == 0 {
		return value.Null, nil
	}
	switch fold {
	case syntax.Min:
		return slices.MinFunc(values, value.Compare), nil
	case syntax.Max:
		return slices.MaxFunc(values, value.Compare), nil
	}
	return values[0], nil
}
