package tables

import (
	"strings"

	"github.com/legible-lang/legible/store"
)

// SideName returns the name of the table of a collection's items.
func SideName(t *store.Table, column string) string { return t.Name() + "." + column }

// IndexName returns the name of an index of a kind, "by" or "unique".
func IndexName(t *store.Table, kind string, columns []string) string {
	return t.Name() + " " + kind + " " + list(columns)
}

// KeyColumn returns the column of the key of a unique that the database cannot compare
// itself.
func KeyColumn(columns []string) string { return "_unique " + list(columns) }

func list(columns []string) string { return strings.Join(columns, ", ") }

// Names returns the names of columns by their indexes.
func Names(t *store.Table, columns []int) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = t.Columns[c].Name
	}
	return names
}

// Places returns the indexes of columns by their names.
func Places(t *store.Table, columns []string) []int {
	places := make([]int, len(columns))
	for i, c := range columns {
		places[i] = t.Column(c)
	}
	return places
}

// Comparable reports whether a database compares the values of a column as package value
// does.
func Comparable(c *store.Column) bool { return c.Many == store.One && c.Type != store.Json }
