package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Change is one difference between the schema of a store and a new one.
type Change struct {
	Kind    ChangeKind
	Old     *Table // nil if the table is new
	New     *Table // nil if the table is dropped
	Column  string
	Columns []string // of a unique or an index
	// Part is set if the change is only a step of a renaming.
	Part bool
}

// A ChangeKind is the kind of a change.
type ChangeKind int

const (
	// DropTable loses members, if there are any.
	DropTable ChangeKind = iota
	// AddTable is harmless.
	AddTable
	// DropUnique and DropIndex are harmless.
	DropUnique
	DropIndex
	// DropColumn loses values, if any member has one.
	DropColumn
	// RetypeColumn loses values, if any member has one.
	RetypeColumn
	// RequireColumn needs a value for each member without one.
	RequireColumn
	// RelaxColumn is harmless.
	RelaxColumn
	// AddColumn is harmless for an optional column or a collection; for others
	// it needs a value for each member.
	AddColumn
	// MoveTable makes a table a subset of another one or of none; it loses members that
	// are not in that set.
	MoveTable
	// NarrowColumn fails if a member has a value outside of the column's domain.
	NarrowColumn
	// NarrowTable fails if an element has more than one member.
	NarrowTable
	// AddUnique fails if members share the values.
	AddUnique
	// AddIndex is harmless.
	AddIndex
	// RenameTable and RenameColumn are harmless. The old name of a column is in
	// Columns; the old table of RenameColumn has the new names already.
	RenameTable
	RenameColumn
	// FillColumn gives the members without a value the initial value. It fails if that
	// cannot be computed.
	FillColumn
)

// Table returns the changed table, in its new form unless it is dropped.
func (c Change) Table() *Table {
	if c.New != nil {
		return c.New
	}
	return c.Old
}

// Harmless reports whether the change loses nothing, with any content of the store.
func (c Change) Harmless() bool {
	switch c.Kind {
	case AddTable, DropUnique, DropIndex, RelaxColumn, AddIndex, RenameTable, RenameColumn:
		return true
	case AddColumn:
		column := c.New.Columns[c.New.Column(c.Column)]
		return column.Optional || column.Many != One || column.Initial != nil
	case MoveTable:
		return c.New.Of == nil
	}
	return false
}

// String returns the change as an instruction: "add the column Profile.User.email".
func (c Change) String() string {
	t := c.Table().Name()
	switch c.Kind {
	case DropTable:
		return "drop the table " + t
	case AddTable:
		return "add the table " + t
	case DropColumn:
		return fmt.Sprintf("drop the column %s.%s", t, c.Column)
	case RetypeColumn:
		from, to := c.Old.Columns[c.Old.Column(c.Column)], c.New.Columns[c.New.Column(c.Column)]
		return fmt.Sprintf("make the column %s.%s %s instead of %s", t, c.Column, to.shape(), from.shape())
	case RequireColumn:
		return fmt.Sprintf("make the column %s.%s one that every member has", t, c.Column)
	case RelaxColumn:
		return fmt.Sprintf("make the column %s.%s optional", t, c.Column)
	case AddColumn:
		return fmt.Sprintf("add the column %s.%s", t, c.Column)
	case MoveTable:
		if c.New.Of == nil {
			return fmt.Sprintf("make the table %s no subset of %s", t, c.Old.Of.Name())
		}
		return fmt.Sprintf("make the table %s a subset of %s", t, c.New.Of.Name())
	case NarrowColumn:
		to := c.New.Columns[c.New.Column(c.Column)].Domain
		what := map[Domain]string{"": "any text", Dates: "only dates", Secrets: "only secrets"}[to]
		if what == "" {
			what = "only " + string(to)
		}
		return fmt.Sprintf("let the column %s.%s hold %s", t, c.Column, what)
	case NarrowTable:
		return fmt.Sprintf("make the table %s that of an element", t)
	case AddUnique:
		return fmt.Sprintf("make %s unique in %s", strings.Join(c.Columns, ", "), t)
	case DropUnique:
		return fmt.Sprintf("make %s no longer unique in %s", strings.Join(c.Columns, ", "), t)
	case AddIndex:
		return fmt.Sprintf("index %s by %s", t, strings.Join(c.Columns, ", "))
	case DropIndex:
		return fmt.Sprintf("index %s no longer by %s", t, strings.Join(c.Columns, ", "))
	}
	switch c.Kind {
	case RenameTable:
		return fmt.Sprintf("rename the table %s to %s", c.Old.Name(), t)
	case RenameColumn:
		return fmt.Sprintf("rename the column %s.%s to %s", t, c.Columns[0], c.Column)
	case FillColumn:
		return fmt.Sprintf("give the members without %s.%s its initial value", t, c.Column)
	}
	return "change the table " + t
}

// shape describes a column's type: "text", "a set of number".
func (c Column) shape() string {
	if c.Many == One {
		return c.Type.String()
	}
	return "a " + manyNames[c.Many] + " of " + c.Type.String()
}

// Diff returns the changes from one schema to another, in an order in which they can be
// made: conflicting parts are removed first. A nil old schema has no tables. Whether a
// change that is not Harmless loses something depends on the content of the store.
func Diff(old, new *Schema) []Change {
	renamed, steps, parts := rename(old, new)
	changes := diff(renamed, new)
	for i := range changes {
		c := &changes[i]
		c.Part = (c.Kind == AddUnique || c.Kind == AddIndex) && parts[fmt.Sprint(c.Kind, c.New.Name(), c.Columns)]
	}
	// Tables are dropped first, so that others can get their names.
	n := 0
	for n < len(changes) && changes[n].Kind == DropTable {
		n++
	}
	return slices.Insert(changes, n, steps...)
}

func diff(old, new *Schema) []Change {
	var changes []Change
	before := map[string]*Table{}
	if old != nil {
		for _, t := range old.Tables {
			before[t.Name()] = t
		}
		after := map[string]bool{}
		for _, t := range new.Tables {
			after[t.Name()] = true
		}
		// Subsets come after their sets, and are dropped before them.
		for _, t := range slices.Backward(old.Tables) {
			if !after[t.Name()] {
				changes = append(changes, Change{Kind: DropTable, Old: t})
			}
		}
	}
	for _, t := range new.Tables {
		if o := before[t.Name()]; o != nil {
			changes = append(changes, diffTable(o, t, old.plain)...)
		} else {
			changes = append(changes, Change{Kind: AddTable, New: t})
		}
	}
	return changes
}

func diffTable(o, n *Table, plain bool) []Change {
	var changes []Change
	add := func(kind ChangeKind, column string, columns []string) {
		changes = append(changes, Change{Kind: kind, Old: o, New: n, Column: column, Columns: columns})
	}
	// An index on a column whose type changes is created again, and a unique also if
	// members without a value get one.
	retyped, filled := map[string]bool{}, map[string]bool{}
	for _, c := range n.Columns {
		if i := o.Column(c.Name); i >= 0 {
			retyped[c.Name] = o.Columns[i].Type != c.Type || o.Columns[i].Many != c.Many
			filled[c.Name] = retyped[c.Name] || o.Columns[i].Optional && !c.Optional
		}
	}
	missing := func(t *Table, groups [][]int, from *Table, others [][]int, anew map[string]bool) [][]string {
		var out [][]string
		for _, g := range groups {
			names := t.names(g)
			kept := slices.ContainsFunc(others, func(x []int) bool { return slices.Equal(from.names(x), names) })
			if !kept || slices.ContainsFunc(names, func(n string) bool { return anew[n] }) {
				out = append(out, names)
			}
		}
		return out
	}
	for _, u := range missing(o, o.Unique, n, n.Unique, filled) {
		add(DropUnique, "", u)
	}
	for _, x := range missing(o, o.Indexes, n, n.Indexes, retyped) {
		add(DropIndex, "", x)
	}
	for _, c := range o.Columns {
		if n.Column(c.Name) < 0 {
			add(DropColumn, c.Name, nil)
		}
	}
	var fills []string
	for _, c := range n.Columns {
		i := o.Column(c.Name)
		switch {
		case i < 0:
			add(AddColumn, c.Name, nil)
			if c.Initial != nil {
				fills = append(fills, c.Name)
			}
		case retyped[c.Name]:
			add(RetypeColumn, c.Name, nil)
		case o.Columns[i].Optional && !c.Optional:
			add(RequireColumn, c.Name, nil)
			if c.Initial != nil {
				fills = append(fills, c.Name)
			}
		case !o.Columns[i].Optional && c.Optional:
			add(RelaxColumn, c.Name, nil)
		}
	}
	for _, name := range fills {
		add(FillColumn, name, nil)
	}
	if nameOf(o.Of) != nameOf(n.Of) {
		add(MoveTable, "", nil)
	}
	if n.One && !o.One && !plain {
		add(NarrowTable, "", nil)
	}
	for _, c := range n.Columns {
		if i := o.Column(c.Name); i >= 0 && !plain && !retyped[c.Name] && c.Domain.narrows(o.Columns[i].Domain) {
			add(NarrowColumn, c.Name, nil)
		}
	}
	for _, u := range missing(n, n.Unique, o, o.Unique, filled) {
		add(AddUnique, "", u)
	}
	for _, x := range missing(n, n.Indexes, o, o.Indexes, retyped) {
		add(AddIndex, "", x)
	}
	return changes
}

func nameOf(t *Table) string {
	if t == nil {
		return ""
	}
	return t.Name()
}

// A Plan describes in words how a store gets a new schema.
type Plan struct {
	Changes []string // all changes, in order: "add the column Profile.User.email"
	Losses  []string // content of the store that would be lost: "column Profile.User.email, which 3 members have"
	Blocked []string // changes that the content of the store prevents
	// Unneeded are the clauses “was” and “initially” that this store does not need: it
	// has the new names and the values already.
	Unneeded []string
}

// A Migrator is a store that can change its schema even if that loses data.
type Migrator interface {
	// Plan returns what Prepare and Apply would do, and changes nothing.
	Plan(ctx context.Context, s *Schema) (*Plan, error)
	// Apply makes all changes in one transaction, including those that lose data.
	// It fails with a *SchemaError if something is blocked.
	Apply(ctx context.Context, s *Schema) error
}
