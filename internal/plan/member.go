package plan

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// member compiles a line about a member, and chooses how its members are found.
func (l *lowering) member(x *check.Line, body *check.MemberLine) *MemberOp {
	op := &MemberOp{Table: l.table(body.Instance, body.Set), Subject: l.term(body.Subject), Binds: body.Binds}
	for _, f := range body.Fields {
		op.Fields = append(op.Fields, FieldOp{Table: l.table(body.Instance, f.Set),
			Many: f.Field.Many != syntax.One, Digest: f.Field.Type.Kind == check.Secret, Output: Output{
				Column: slices.Index(f.Set.Fields, f.Field), Name: f.Name, Term: l.term(f.Term), Binds: f.Binds, Optional: f.Optional, Secret: isSecret(f.Term.Var)}})
	}
	own := map[int]bool{} // the slots that the line sets itself
	for _, v := range slices.Concat(x.Nulls, x.Local) {
		own[l.slot(v)] = true
	}
	op.choose(func(slot int) bool { return !own[slot] })
	if len(op.Lookup) > 0 {
		op.From.findable(op.Lookup)
	}
	return op
}

// choose sets how the members are looked up: by all fields of one set whose values
// are known before the line.
func (op *MemberOp) choose(known func(slot int) bool) {
	op.From, op.Lookup = op.Table, nil
	if !op.Binds && !op.Subject.Any {
		return
	}
	for t := op.Table; t != nil && len(op.Lookup) == 0; t = t.Of {
		for i := range op.Fields {
			if f := &op.Fields[i]; f.Table == t && f.isKey(known) {
				op.From, op.Lookup = t, append(op.Lookup, f.Column)
			}
		}
	}
}

// isKey reports whether members can be looked up by the field.
func (f *FieldOp) isKey(known func(slot int) bool) bool {
	switch {
	case f.Binds, f.Optional, f.Many, f.Term.Any, f.Term.Slot < 0 && f.Term.Literal.IsNull(), f.Term.Slot >= 0 && !known(f.Term.Slot):
		return false
	}
	switch f.Table.Set.Fields[f.Column].Type.Kind {
	case check.Json, check.Binary, check.Record, check.List, check.Unknown:
		return false
	}
	return true
}

// findable notes that members are looked up by columns together. An index of some of
// them is enough.
func (t *Table) findable(columns []int) {
	for _, index := range slices.Concat(t.Unique, t.Indexes) {
		if !slices.ContainsFunc(index, func(c int) bool { return !slices.Contains(columns, c) }) {
			return
		}
	}
	t.lookedUp(columns[0])
}
