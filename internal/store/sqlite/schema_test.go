package sqlite

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
)

func migrations(t *testing.T, d store.Durability) storetest.MigrationKit {
	folder := t.TempDir()
	return storetest.MigrationKit{
		Open: func(t testing.TB, place string) storetest.Migrating {
			return opened(t, filepath.Join(folder, place+".db"), Options{Durability: d})
		},
		Schema: func(s storetest.Migrating) *store.Schema { return s.(*Store).schema },
		SQL:    func(t testing.TB, s storetest.Migrating, query string) []string { return rows(t, s.(*Store), query) },
		Shape: func(t testing.TB, m storetest.Migrating) []string {
			s := m.(*Store)
			out := rows(t, s, `SELECT type, name, tbl_name, iif(type = 'index', coalesce(sql, ''), '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`)
			for name := range s.byName {
				out = append(out, rows(t, s, fmt.Sprintf(`SELECT '%s', name, type FROM pragma_table_info(%s)`, name, quote(name)))...)
			}
			return out
		},
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	storetest.Migrations(t, "testdata/migrate", migrations(t, store.Full))
}

func TestApplyLeadsToTheSame(t *testing.T) {
	t.Parallel()
	storetest.AppliesToTheSame(t, 12, migrations(t, store.Memory))
}

// rows shows what a query gives.
func rows(t testing.TB, s *Store, query string) []string {
	var out []string
	err := s.conn.query(query, func(q *stmt) error {
		var line []string
		for i := 0; i < q.columns(); i++ {
			if q.kind(i) == isNull {
				line = append(line, "null")
			} else {
				line = append(line, strings.ReplaceAll(q.string(i), "\n", " "))
			}
		}
		out = append(out, strings.Join(line, " | "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
