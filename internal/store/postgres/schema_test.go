package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

func migrations(t *testing.T) storetest.MigrationKit {
	urls := map[string]string{}
	return storetest.MigrationKit{
		Open: func(t testing.TB, at string) storetest.Migrating {
			if urls[at] == "" {
				urls[at] = place(t)
			}
			return opened(t, urls[at], Options{Durability: store.Relaxed})
		},
		Schema: func(s storetest.Migrating) *store.Schema { return s.(*Store).schema },
		SQL:    func(t testing.TB, s storetest.Migrating, query string) []string { return lines(t, s.(*Store), query) },
		Shape: func(t testing.TB, m storetest.Migrating) []string {
			s := m.(*Store)
			return append(
				lines(t, s, `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema()`),
				lines(t, s, `SELECT replace(indexdef, current_schema(), '') FROM pg_indexes WHERE schemaname = current_schema()`)...)
		},
	}
}

// lines shows what a query gives.
func lines(t testing.TB, s *Store, query string) []string {
	t.Helper()
	var out []string
	rows, err := s.pool.Query(context.Background(), query)
	if err == nil {
		err = walk(rows, func(rows pgx.Rows) error {
			values, err := rows.Values()
			var line []string
			for _, v := range values {
				if v == nil {
					v = "null"
				}
				line = append(line, strings.ReplaceAll(fmt.Sprint(v), "\n", " "))
			}
			out = append(out, strings.Join(line, " | "))
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMigrate(t *testing.T) { storetest.Migrations(t, "testdata/migrate", migrations(t)) }

func TestApplyLeadsToTheSame(t *testing.T) { storetest.AppliesToTheSame(t, 3, migrations(t)) }

// TestLong has names, texts and identities that are longer than the database
// likes, and names that it has itself.
func TestLong(t *testing.T) {
	long := strings.Repeat("VeryLongName", 8)
	schema := fmt.Sprintf("%[1]s.Set\n  %[1]sA text\n  %[1]sB optional text\n  xmin optional text\n  tags set text\n  unique %[1]sA\n  unique xmin\n  index %[1]sA, %[1]sB\n  index tags\n%[1]s.Sub of %[1]s.Set\n  select text\n", long)
	stores, tables := nodes(t, 1, Options{}, schema)
	text := func(c string) value.Value { return value.String(strings.Repeat(c, 100_000)) }
	row := func(a, b string) store.Row {
		return store.Row{text(a), text(b), text(a), value.List([]value.Value{text(a), text(b)})}
	}
	f := stores[0].NewSession(value.ID{1})
	defer f.Abandon()
	if err := errors.Join(f.Insert(tables[0], "1", row("a", "x")), f.Insert(tables[0], "2", row("b", "x"))); err != nil {
		t.Fatal(err)
	}
	var taken *store.UniqueError
	if err := f.Update(tables[0], "2", row("a", "y")); !errors.As(err, &taken) || taken.ID != "1" {
		t.Errorf("a long text that is taken gives %v", err)
	}
	for _, c := range []struct {
		columns []int
		key     []value.Value
		want    string
	}{
		{[]int{0}, []value.Value{text("a")}, "1"},
		{[]int{1}, []value.Value{text("x")}, "1 2"},
		{[]int{1}, []value.Value{value.String(strings.Repeat("x", 99_999))}, ""},
		{[]int{1, 0}, []value.Value{text("x"), text("b")}, "2"},
		{[]int{2}, []value.Value{text("b")}, "2"},
		{[]int{3}, []value.Value{text("x")}, "1 2"},
		{[]int{3}, []value.Value{text("b")}, "2"},
	} {
		members, err := f.Find(tables[0], c.columns, c.key, store.Page{})
		var ids []string
		for _, m := range members {
			ids = append(ids, m.ID)
		}
		if got := strings.Join(ids, " "); got != c.want || err != nil {
			t.Errorf("by %v there are %q, %v, want %q", c.columns, got, err, c.want)
		}
	}
}

// TestFindUsesIndexes asks the database how it would find members among many.
func TestFindUsesIndexes(t *testing.T) {
	ctx := context.Background()
	stores, _ := nodes(t, 1, Options{}, "X.Y\n  name text\n  at optional moment\n  tags set text\n  n optional number\n  unique name\n  index at\n  index n, name\n")
	s := stores[0]
	if _, err := s.pool.Exec(ctx, `INSERT INTO "X.Y" (_order, _id, name, at, tags, n, "_unique name") SELECT x, x::text, 'n' || x, x, '[]', x, sha256(x::text::bytea) FROM generate_series(1, 20000) AS x;`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(ctx, `INSERT INTO "X.Y.tags" (member, item, value) SELECT x, 0, 't' || x FROM generate_series(1, 20000) AS x`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(ctx, "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	at := func(n int) store.Page {
		return store.Page{Due: &store.Due{Column: 1, Until: value.Time(time.UnixMilli(int64(n)))}, Limit: 10}
	}
	for _, c := range []struct {
		columns []int
		key     []value.Value
		page    store.Page
		want    string
	}{
		{[]int{0}, []value.Value{value.String("n7")}, store.Page{}, "X.Y unique name"},
		{[]int{2}, []value.Value{value.String("t7")}, store.Page{}, "X.Y.tags by value"},
		{[]int{3}, []value.Value{value.Number(7)}, store.Page{}, "X.Y by n, name"},
		{nil, nil, at(20), "X.Y by at"},
		{nil, nil, store.Page{After: 19_000, Limit: 10}, "X.Y_pkey"},
	} {
		table := s.byName["X.Y"]
		q := table.finder(c.columns, c.key, c.page)
		rows, err := s.pool.Query(ctx, "EXPLAIN "+q.text, append([]any{pgx.QueryExecModeExec}, q.args(table, c.columns, c.key, c.page)...)...)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if text := strings.Join(plan, "\n"); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s does not use the index %s: %v\n%s", q.text, c.want, err, text)
		}
	}
}
