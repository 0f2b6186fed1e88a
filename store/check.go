package store

import (
	"github.com/legible-lang/legible/value"
)

// Check converts a row to the form in which every store keeps it: one value for each
// column, with null instead of unset values. It fails if a value has not the type of its
// column, is not in its domain, or contains a secret, which no store keeps.
func (t *Table) Check(row Row) error {
	if len(row) != len(t.Columns) {
		return faultf("a row for %s has %d values, but the table has %d columns", t.Name(), len(row), len(t.Columns))
	}
	for i := range row {
		k := row[i].Kind()
		if k == value.NullKind {
			continue
		}
		c := &t.Columns[i]
		if k == value.Unset {
			row[i] = value.Null
			continue
		}
		if c.Many == One {
			if err := t.checkOne(c, row[i]); err != nil {
				return err
			}
			continue
		}
		if k != value.ListKind {
			return faultf("%s.%s is a collection and cannot hold %v", t.Name(), c.Name, k)
		}
		for _, x := range row[i].Items() {
			if err := t.checkOne(c, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkOne compares a value, or an item of a collection, with its column.
func (t *Table) checkOne(c *Column, v value.Value) error {
	switch {
	case c.Type == Json && !v.HoldsSecret():
		return nil
	case c.Type == Json || v.Kind() != c.Type.Kind():
		return t.wrong(c, v)
	case c.Domain == "" || c.Domain == Secrets:
		return nil // digests are made elsewhere, and tests shorten them
	}
	text, _ := v.Text()
	if !c.Domain.Holds(text) {
		return faultf("%s.%s holds %s and cannot hold %q", t.Name(), c.Name, c.Domain.what(), text)
	}
	return nil
}

func (t *Table) wrong(c *Column, v value.Value) error {
	if v.HoldsSecret() {
		return faultf("%s.%s would hold a secret, which no store keeps", t.Name(), c.Name)
	}
	return faultf("%s.%s holds %v and cannot hold %v", t.Name(), c.Name, c.Type.Kind(), v.Kind())
}

// Kind returns the kind of the values in a column of the type. A column of Json has
// values of every kind; for it the result is Unset.
func (t Type) Kind() value.Kind {
	switch t {
	case Text:
		return value.StringKind
	case Number:
		return value.NumberKind
	case Flag:
		return value.FlagKind
	case Moment:
		return value.TimeKind
	case Blob:
		return value.BlobKind
	}
	return value.Unset
}
