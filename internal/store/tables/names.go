package tables

import (
	"strings"

	"github.com/legible-lang/legible/store"
)

// SideName is the table of a collection's items.
func SideName(t *store.Table, column string) string { return t.Name() + "." + column }

// IndexName is that of an index of a kind, "by" or "unique".
func IndexName(t *store.Table, kind string, columns []string) string {
	return t.Name() + " " + kind + " " + list(columns)
}

// KeyColumn is the column of a unique's key, where the database cannot compare
// by itself.
func KeyColumn(columns []string) string { return "_unique " + list(columns) }

func list(columns []string) string { return strings.Join(columns, ", ") }

// Names returns the names of columns, Places where they stand.
func Names(t *store.Table, columns []int) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = t.Columns[c].Name
	}
	return names
}

// Places is the opposite of Names.
func Places(t *store.Table, columns []string) []int {
	places := make([]int, len(columns))
	for i, c := range columns {
		places[i] = t.Column(c)
	}
	return places
}

// Comparable reports whether a database compares a column as this program does.
func Comparable(c *store.Column) bool { return c.Many == store.One && c.Type != store.Json }
