package store

import (
	"fmt"
	"slices"
)

// predecessor returns the table of an old schema that a table continues: that with its
// name, or else one with an earlier name of its instance and set that the new schema no
// longer has. It returns nil if the table is new.
func (t *Table) predecessor(old, new *Schema) *Table {
	if o := old.table(t.Name()); o != nil {
		return o
	}
	for _, instance := range []string{t.Instance, t.InstanceWas} {
		for _, set := range append([]string{t.Set}, t.SetWas...) {
			name := instance + "." + set
			if o := old.table(name); instance != "" && o != nil && new.table(name) == nil {
				return o
			}
		}
	}
	return nil
}

func (s *Schema) table(name string) *Table {
	if i := slices.IndexFunc(s.Tables, func(t *Table) bool { return t.Name() == name }); i >= 0 {
		return s.Tables[i]
	}
	return nil
}

// renamedColumn reports whether a column of a table continues one with an earlier name,
// which no other column before it does.
func (t *Table) renamedColumn(c *Column, old *Table) bool {
	if c.Was == "" || old.Column(c.Name) >= 0 || old.Column(c.Was) < 0 || t.Column(c.Was) >= 0 {
		return false
	}
	first := slices.IndexFunc(t.Columns, func(x Column) bool { return x.Was == c.Was && old.Column(x.Name) < 0 })
	return t.Columns[first].Name == c.Name
}

// rename returns the old schema with the names of the new one, and the changes that
// rename its tables and columns. Uniques and indexes have the names of their table and
// columns in theirs: those concerned are dropped first and left out of the result, so
// that they are created again; parts has them by what they are called in the new schema.
func rename(old, new *Schema) (renamed *Schema, changes []Change, parts map[string]bool) {
	if old == nil {
		return nil, nil, nil
	}
	renamed, parts = &Schema{plain: old.plain}, map[string]bool{}
	next := map[*Table]*Table{} // the table of the new schema that continues one
	for _, t := range new.Tables {
		if o := t.predecessor(old, new); o != nil && next[o] == nil {
			next[o] = t
		}
	}
	clones := map[*Table]*Table{}
	var drops, renames []Change
	for _, o := range old.Tables {
		c := *o
		c.Columns, c.Of = slices.Clone(o.Columns), clones[o.Of]
		clones[o] = &c
		renamed.Tables = append(renamed.Tables, &c)
		n := next[o]
		if n == nil {
			continue
		}
		c.Instance, c.Set = n.Instance, n.Set
		tableRenamed := c.Name() != o.Name()
		if tableRenamed {
			middle := c // with the old columns
			middle.Columns = o.Columns
			renames = append(renames, Change{Kind: RenameTable, Old: o, New: &middle})
		}
		changed := make([]bool, len(c.Columns))
		for i := range n.Columns {
			column := &n.Columns[i]
			if !n.renamedColumn(column, o) {
				continue
			}
			at := o.Column(column.Was)
			c.Columns[at].Name, changed[at] = column.Name, true
			renames = append(renames, Change{Kind: RenameColumn, Old: &c, New: n, Column: column.Name, Columns: []string{column.Was}})
		}
		again := func(groups [][]int, drop, add ChangeKind) (kept [][]int) {
			for _, g := range groups {
				if !tableRenamed && !slices.ContainsFunc(g, func(column int) bool { return changed[column] }) {
					kept = append(kept, g)
					continue
				}
				drops = append(drops, Change{Kind: drop, Old: o, Columns: o.names(g), Part: true})
				parts[fmt.Sprint(add, c.Name(), c.names(g))] = true
			}
			return kept
		}
		c.Unique = again(o.Unique, DropUnique, AddUnique)
		c.Indexes = again(o.Indexes, DropIndex, AddIndex)
	}
	return renamed, append(drops, renames...), parts
}

// Unneeded returns the clauses “was” and “initially” that a store with the old schema
// does not need.
func Unneeded(old, new *Schema) []string {
	if old == nil {
		return nil
	}
	var list []string
	instances := map[string]bool{}
	for _, t := range new.Tables {
		instances[t.Instance] = instances[t.Instance] || t.InstanceWas == "" ||
			slices.ContainsFunc(old.Tables, func(o *Table) bool { return o.Instance == t.InstanceWas })
	}
	for _, t := range new.Tables {
		if !instances[t.Instance] {
			instances[t.Instance] = true
			list = append(list, fmt.Sprintf("“was %s” of the use %s", t.InstanceWas, t.Instance))
		}
		o := t.predecessor(old, new)
		if len(t.SetWas) > 0 && (o == nil || !slices.Contains(t.SetWas, o.Set)) {
			list = append(list, fmt.Sprintf("“was %s” of the set %s", t.SetWas[0], t.Name()))
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Was != "" && (o == nil || !t.renamedColumn(c, o)) {
				list = append(list, fmt.Sprintf("“was %s” of the field %s.%s", c.Was, t.Name(), c.Name))
			}
			if c.Initial == nil {
				continue
			}
			has := o == nil
			if !has {
				at := o.Column(c.Name)
				if at < 0 && t.renamedColumn(c, o) {
					at = o.Column(c.Was)
				}
				has = at >= 0 && !o.Columns[at].Optional
			}
			if has {
				list = append(list, fmt.Sprintf("“initially” of the field %s.%s", t.Name(), c.Name))
			}
		}
	}
	return list
}
