package enginetest

import (
	"errors"
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

var (
	// errFault ends a where that faults.
	errFault = errors.New("the where faults")
	// errFound ends lines that only ask whether there is a frame.
	errFound = errors.New("there is a frame")
)

// frames runs the where of a stage, or with the stage -1 that of a line of then. It
// reports whether it did not fault.
func (o *Oracle) frames(s *check.Sync, lines []*check.Line, e env, stage int) ([]frame, bool) {
	if len(lines) == 0 {
		return []frame{{e, nil}}, true
	}
	var list []frame
	w := &where{oracle: o}
	drop := func(line *check.Line, e env) error {
		switch {
		case stage >= 0 && line.Else != nil:
			list = append(list, frame{e, line})
		case stage > 0:
			return errFault
		}
		return nil
	}
	if err := w.lines(lines, e, drop, func(e env) error { list = append(list, frame{e, nil}); return nil }); err != nil {
		o.fault()
		return nil, false
	}
	return list, true
}

type where struct{ oracle *Oracle }

type (
	yield func(env) error
	// A drop is called for a frame that a line drops.
	drop func(*check.Line, env) error
)

// inside is the drop of lines in a block, a fold or a view: they drop no frame of the sync.
func inside(*check.Line, env) error { return nil }

// lines calls next for each frame that remains after the lines.
func (w *where) lines(lines []*check.Line, e env, drop drop, next yield) error {
	if len(lines) == 0 {
		return next(e)
	}
	line, rest := lines[0], func(e env) error { return w.lines(lines[1:], e, drop, next) }
	if line.If != nil {
		if holds, err := w.holds(line.If, e); err != nil || !holds {
			if err != nil {
				return err
			}
			return rest(e)
		}
	}
	switch line.Mode {
	case syntax.NoLine, syntax.SomeLine:
		found, err := w.any(func(found yield) error { return w.body(line, e, found) })
		switch {
		case err != nil:
			return err
		case found == (line.Mode == syntax.SomeLine):
			return rest(e)
		}
		return drop(line, e)
	}
	gave := 0
	if err := w.body(line, e, func(e env) error { gave++; return rest(e) }); err != nil || gave > 0 {
		return err
	}
	switch line.Mode {
	case syntax.MaybeLine:
		for _, v := range line.Nulls {
			e = e.with(v, value.Null)
		}
		return rest(e)
	case syntax.SurelyLine:
		return errFault
	}
	return drop(line, e)
}

// any reports whether run yields a frame.
func (w *where) any(run func(yield) error) (bool, error) {
	err := run(func(env) error { return errFound })
	if err == errFound {
		return true, nil
	}
	return false, err
}

func (w *where) body(line *check.Line, e env, next yield) error {
	switch b := line.Body.(type) {
	case *check.QueryLine:
		return w.query(b, e, next)
	case *check.FieldLine:
		return w.field(b, e, next)
	case *check.MemberLine:
		return w.member(b, e, next)
	case *check.ViewLine:
		return w.view(b, e, next)
	case *check.IsLine:
		v, err := w.oracle.eval(b.Expr, e)
		if err != nil {
			return err
		}
		return bindOrCompare(e, b.Var, v, next)
	case *check.FilterLine:
		holds, err := w.holds(b.Expr, e)
		if err != nil || !holds {
			return err
		}
		return next(e)
	case *check.FoldLine:
		return w.fold(b, e, next)
	case *check.HasLine:
		return w.has(b, e, next)
	case *check.BlockLine:
		return w.lines(b.Lines, e, inside, next)
	default:
		panic("enginetest: unknown line")
	}
}

// bindOrCompare binds a variable, or compares it, also with null.
func bindOrCompare(e env, v *check.Var, x value.Value, next yield) error {
	if before, ok := e[v]; ok && !value.Equal(present(before), present(x)) {
		return nil
	}
	return next(e.with(v, x))
}

func (w *where) holds(x *check.Expr, e env) (bool, error) {
	v, err := w.oracle.eval(x, e)
	if err != nil {
		return false, err
	}
	is, ok := v.Bool()
	if !ok {
		return false, errFault
	}
	return is, nil
}

func (o *Oracle) eval(x *check.Expr, e env) (value.Value, error) {
	v, err := x.Node.Eval(func(i int) value.Value {
		if x.Vars[i] == nil {
			return value.Time(o.Now)
		}
		v := e[x.Vars[i]]
		if x.Vars[i].Absent && v.IsNull() {
			return value.Value{} // inside an expression, “given” asks about it, and else it is null
		}
		return v
	})
	if err != nil {
		return v, errFault
	}
	return v, nil
}

func (o *Oracle) term(t check.Term, e env) (value.Value, error) {
	switch {
	case t.Expr != nil:
		return o.eval(t.Expr, e)
	case t.Var != nil:
		return e[t.Var], nil
	}
	return t.Literal, nil
}

func (w *where) query(q *check.QueryLine, e env, next yield) error {
	in := make([]value.Value, len(q.Query.Inputs))
	for _, a := range q.In {
		v, err := w.oracle.term(a.Term, e)
		if err != nil {
			return err
		}
		in[slices.IndexFunc(q.Query.Inputs, func(p *check.Param) bool { return p.Name == a.Name })] = given(a, v)
	}
	for i, p := range q.Query.Inputs {
		if in[i].IsNull() && !p.Optional {
			return nil // a query about nothing has no rows
		}
	}
	for i, p := range q.Query.Inputs {
		if !suits(p, in[i]) {
			return errFault
		}
	}
	rows := engine.NewRows(len(q.Query.Outputs))
	if err := w.oracle.Methods[q.Instance.Name].Queries[q.Query.Name](&call{world: w.oracle.World, now: w.oracle.Now}, in, rows); err != nil {
		return errFault
	}
	for i := range rows.Len() {
		row, ok := e, true
		for _, a := range q.Out {
			column := slices.IndexFunc(q.Query.Outputs, func(p *check.Param) bool { return p.Name == a.Name })
			if ok {
				row, ok = agree(row, a, present(rows.Row(i)[column]))
			}
		}
		if !ok {
			continue
		}
		if err := next(row); err != nil {
			return err
		}
	}
	return nil
}

// members returns the members of a set, in the order of their creation.
func (w *where) members(use *check.Instance, set *check.Set) []store.Member {
	return slices.Clone(w.oracle.World.members[w.table(use, set)])
}

func (w *where) table(use *check.Instance, set *check.Set) *store.Table {
	return table(w.oracle.Schema, use.Name, set.Name)
}

// fits compares a value with a term, or binds its variable; null fits nothing.
func (w *where) fits(t check.Term, e env, v value.Value) (env, bool, error) {
	if t.Any || v.IsNull() {
		return e, !v.IsNull(), nil
	}
	if t.Var != nil {
		if before, ok := e[t.Var]; ok {
			return e, value.Equal(before, v), nil
		}
		return e.with(t.Var, v), true, nil
	}
	want, err := w.oracle.term(t, e)
	return e, err == nil && value.Equal(want, v), err
}

func (w *where) field(f *check.FieldLine, e env, next yield) error {
	column := slices.Index(f.Set.Fields, f.Field)
	for _, m := range w.members(f.Instance, f.Set) {
		e, ok, err := w.fits(f.Subject, e, value.String(m.ID))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		values := []value.Value{m.Row[column]}
		if f.Has {
			values = m.Row[column].Items()
		}
		for _, v := range values {
			e, ok, err := w.fits(f.Object, e, v)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if err := next(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *where) member(m *check.MemberLine, e env, next yield) error {
	for _, x := range w.members(m.Instance, m.Set) {
		e, ok, err := w.fits(m.Subject, e, value.String(x.ID))
		if err != nil {
			return err
		}
		for _, f := range m.Fields {
			if !ok || err != nil {
				break
			}
			e, ok, err = w.memberField(m, f, e, x.ID)
		}
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := next(e); err != nil {
			return err
		}
	}
	return nil
}

func (w *where) memberField(m *check.MemberLine, f *check.MemberField, e env, id string) (env, bool, error) {
	row, _ := w.oracle.World.Get(w.table(m.Instance, f.Set), id)
	v := present(row[slices.Index(f.Set.Fields, f.Field)])
	if f.Term.Expr == nil {
		e, ok := agree(e, f.Arg, v)
		return e, ok, nil
	}
	want, err := w.oracle.term(f.Term, e)
	return e, err == nil && !v.IsNull() && value.Equal(want, v), err
}

func (w *where) has(h *check.HasLine, e env, next yield) error {
	list, err := w.oracle.eval(h.List, e)
	if err != nil || list.IsNull() {
		return err
	}
	if list.Kind() != value.ListKind {
		return errFault
	}
	bound := h.Item.Var == nil && !h.Item.Any
	if h.Item.Var != nil {
		_, bound = e[h.Item.Var]
	}
	for _, x := range list.Items() {
		e, ok, err := w.fits(h.Item, e, x)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := next(e); err != nil || bound {
			return err // one frame if the item was known
		}
	}
	return nil
}

func (w *where) view(v *check.ViewLine, e env, next yield) error {
	own := env{}
	for _, p := range v.View.In {
		own[p.Var] = value.Null
		if p.Optional {
			own[p.Var] = value.Value{}
		}
		for _, a := range v.In {
			if a.Name != p.Name {
				continue
			}
			x, err := w.oracle.term(a.Term, e)
			if err != nil {
				return err
			}
			if own[p.Var] = x; !p.Optional || a.Term.Var == nil && !x.IsUnset() {
				own[p.Var] = present(x)
			} else if v := a.Term.Var; v != nil && v.Absent && x.IsNull() {
				own[p.Var] = value.Value{}
			}
		}
	}
	return w.lines(v.View.Where, own, inside, func(own env) error {
		e, ok := e, true
		for _, a := range v.Out {
			for _, p := range v.View.Out {
				if p.Name == a.Name && ok {
					e, ok = agree(e, a, own[p.Var])
				}
			}
		}
		if !ok {
			return nil
		}
		return next(e)
	})
}
