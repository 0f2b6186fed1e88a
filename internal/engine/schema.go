package engine

import (
	"slices"

	langcheck "github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Schema returns the tables for the state of a plan. They have the same indexes as in
// the plan.
func Schema(p *plan.Plan) *store.Schema {
	s := &store.Schema{}
	for _, t := range p.Tables {
		out := &store.Table{Instance: t.Instance.Name, Set: t.Set.Name, Index: t.Index, Unique: t.Unique, Indexes: t.Indexes, One: t.Set.Kind == syntax.ElementDecl}
		if t.Instance.Use.Use != nil {
			out.InstanceWas = t.Instance.Use.Use.Was.Text
		}
		out.SetWas = t.Set.FormerNames()
		if t.Of != nil {
			out.Of = s.Tables[t.Of.Index]
		}
		for _, f := range t.Set.Fields {
			out.Columns = append(out.Columns, store.Column{
				Name: f.Name, Type: columnType(f.Type), Optional: f.Optional, Many: many(f.Many), Domain: domain(f.Type),
				Was: f.Tree.Was.Text, Initial: initial(t.Set, f),
			})
		}
		s.Tables = append(s.Tables, out)
	}
	return s
}

// initial returns the function that computes a field's initial value; nil if it has none.
func initial(set *langcheck.Set, f *langcheck.Field) func(store.Row) (value.Value, error) {
	e := f.Initially
	if e == nil {
		return nil
	}
	var columns []int
	for _, name := range e.Node.Variables() {
		columns = append(columns, slices.IndexFunc(set.Fields, func(other *langcheck.Field) bool { return other.Name == name }))
	}
	return func(row store.Row) (value.Value, error) {
		v, err := e.Node.Eval(func(i int) value.Value { return row[columns[i]] })
		if err != nil {
			return v, err
		}
		return plan.Accept(f.Type, v, false)
	}
}

func columnType(t langcheck.Type) store.Type {
	switch t.Kind {
	case langcheck.Number:
		return store.Number
	case langcheck.Flag:
		return store.Flag
	case langcheck.DateTime:
		return store.Moment
	case langcheck.Binary:
		return store.Blob
	case langcheck.Json, langcheck.Record, langcheck.List:
		return store.Json
	}
	return store.Text
}

func domain(t langcheck.Type) store.Domain {
	switch t.Kind {
	case langcheck.Date:
		return store.Dates
	case langcheck.Secret:
		return store.Secrets
	case langcheck.Enum:
		return store.Constants(t.Constants)
	}
	return ""
}

func many(m syntax.Many) store.Many {
	switch m {
	case syntax.SetOf:
		return store.Set
	case syntax.SeqOf:
		return store.Seq
	}
	return store.One
}
