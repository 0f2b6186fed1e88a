package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A maker changes tables in the open transaction. It is a tables.Database.
type maker struct {
	ctx context.Context
	tx  pgx.Tx
}

var _ tables.Database = maker{}

func (m maker) Exec(text string) error {
	_, err := m.tx.Exec(m.ctx, text)
	return err
}

func (m maker) Number(text string) (int64, error) { return m.number(text) }

func (m maker) number(text string, args ...any) (n int64, err error) {
	err = m.tx.QueryRow(m.ctx, text, args...).Scan(&n)
	return n, err
}

func (m maker) Texts(text string, each func(string)) error {
	rows, err := m.tx.Query(m.ctx, text)
	if err != nil {
		return err
	}
	return walk(rows, func(rows pgx.Rows) error {
		each(string(rows.RawValues()[0]))
		return nil
	})
}

func (m maker) HasTable(name string) (bool, error) {
	n, err := m.number("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1", strings.Trim(quote(name), `"`))
	return n > 0, err
}

func (m maker) Quote(name string) string    { return quote(name) }
func (m maker) Column(name string) string   { return columnName(name) }
func (m maker) Type(c *store.Column) string { return sqlType(c) }

func (m maker) CreateTable(t *store.Table) []string               { return createTable(t) }
func (m maker) CreateSide(t *store.Table, column string) []string { return createSide(t, column) }
func (m maker) CreateIndex(t *store.Table, columns []string) string {
	return createIndex(t, columns)
}

func (m maker) AddUnique(t *store.Table, columns []string) (shared bool, err error) {
	if err := m.putKeys(t, columns); err != nil {
		return false, err
	}
	n, err := m.number(fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s WHERE %s IS NOT NULL GROUP BY %[2]s HAVING count(*) > 1) AS x",
		quote(t.Name()), quote(tables.KeyColumn(columns))))
	if err != nil || n > 0 {
		return n > 0, err
	}
	return false, m.Exec(createUnique(t, columns))
}

func (m maker) DropUnique(t *store.Table, columns []string) error {
	if err := m.Exec("DROP INDEX " + quote(tables.IndexName(t, "unique", columns))); err != nil {
		return err
	}
	return m.Exec(fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", quote(t.Name()), quote(tables.KeyColumn(columns))))
}

// putKeys adds the column for the key of a unique and fills it.
func (m maker) putKeys(t *store.Table, columns []string) error {
	key, name := quote(tables.KeyColumn(columns)), quote(t.Name())
	if err := m.Exec(fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s BYTEA", name, key)); err != nil {
		return err
	}
	at := tables.Places(t, columns)
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = columnName(c.Name)
		if !slices.Contains(columns, c.Name) {
			names[i] = "NULL" // it may not exist yet
		}
	}
	text := fmt.Sprintf("SELECT _order, _id, %s FROM %s WHERE _order > $1 ORDER BY _order LIMIT 1000", strings.Join(names, ", "), name)
	of := &table{def: t}
	for last := int64(0); ; {
		rows, err := m.tx.Query(m.ctx, text, last)
		if err != nil {
			return err
		}
		var orders []int64
		var keys [][]byte
		n := 0
		err = walk(rows, func(rows pgx.Rows) error {
			x, err := of.member(rows)
			last = x.Order
			n++
			if k := uniqueKey(t, at, x.Row); k != nil && err == nil {
				orders, keys = append(orders, x.Order), append(keys, k)
			}
			return err
		})
		if err != nil {
			return err
		}
		_, err = m.tx.Exec(m.ctx, fmt.Sprintf("UPDATE %s SET %s = x.key FROM unnest($1::bigint[], $2::bytea[]) AS x(ord, key) WHERE _order = x.ord", name, key), orders, keys)
		if err != nil || n == 0 {
			return err
		}
	}
}

func (m maker) RenameIndexes(from, to string, side bool) error {
	endings := []string{"_pkey", "__id_key"}
	if side {
		if err := m.Exec(fmt.Sprintf("ALTER INDEX %s RENAME TO %s", quote(from+" by value"), quote(to+" by value"))); err != nil {
			return err
		}
		endings = []string{"_pkey"}
	}
	for _, ending := range endings {
		if len(from+ending) > 63 || len(to+ending) > 63 {
			continue // the database has chosen another name, which nothing depends on
		}
		if err := m.Exec(fmt.Sprintf("ALTER INDEX IF EXISTS %s RENAME TO %s", quote(from+ending), quote(to+ending))); err != nil {
			return err
		}
	}
	return nil
}

func (m maker) Without(t *store.Table, column string, after int64) ([]store.Member, error) {
	of := newTable(t)
	rows, err := m.tx.Query(m.ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s IS NULL AND _order > $1 ORDER BY _order LIMIT 1000",
		of.columns, quote(t.Name()), columnName(column)), after)
	if err != nil {
		return nil, err
	}
	var list []store.Member
	err = walk(rows, func(rows pgx.Rows) error {
		x, err := of.member(rows)
		list = append(list, x)
		return err
	})
	return list, err
}

func (m maker) Set(t *store.Table, c *store.Column, order int64, v value.Value) error {
	_, err := m.tx.Exec(m.ctx, fmt.Sprintf("UPDATE %s SET %s = $1::%s WHERE _order = $2", quote(t.Name()), columnName(c.Name), sqlType(c)),
		encode(c, v), order)
	return err
}
