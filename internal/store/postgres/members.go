package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
)

// args returns the values of a row, followed by the keys of its uniques.
func (t *table) args(args []any, row store.Row) []any {
	for i := range row {
		args = append(args, encode(&t.def.Columns[i], row[i]))
	}
	for _, u := range t.def.Unique {
		args = append(args, uniqueKey(t.def, u, row))
	}
	return args
}

// Insert adds a member.
func (f *session) Insert(def *store.Table, id string, row store.Row) error {
	t, b, before, err := f.write(def, false)
	if err != nil {
		return err
	}
	if err := def.Check(row); err != nil {
		return f.put(b, before, err)
	}
	s := f.s
	order := s.order + 1
	b.Queue(t.insert, t.args([]any{order, encodeText(id)}, row)...)
	t.queueSides(b, order, row)
	s.queueMarked(b, t, row)
	counts, err := f.send("inserting into", t, b, before)
	if err != nil {
		return err
	}
	if counts[0] == 0 {
		return f.refused("inserting into", t, id, row, true)
	}
	s.order = order
	return nil
}

// put brings statements that are to go before the next one back, when there is
// no next one, and returns the error.
func (f *session) put(b *pgx.Batch, before int, err error) error {
	if before == 0 {
		return err
	}
	if _, e := f.send("writing to", &table{def: &store.Table{}}, b, before); e != nil {
		return e
	}
	return err
}

// queueSides queues the statements for the items of a member's collections.
func (t *table) queueSides(b *pgx.Batch, order int64, row store.Row) {
	for _, d := range t.sides {
		typ := t.def.Columns[d.column].Type
		var items []int64
		var texts []string
		for i, item := range row[d.column].Items() {
			if item.IsNull() || typ == store.Json {
				continue // a search for such items reads the members
			}
			items, texts = append(items, int64(i)), append(texts, itemText(typ, item))
		}
		if len(items) > 0 {
			b.Queue(d.add, order, items, texts)
		}
	}
}

// queueMarked records for a sweep the blobs that a row refers to.
func (s *Store) queueMarked(b *pgx.Batch, t *table, row store.Row) {
	if !s.sweeping || !t.def.Holds() {
		return
	}
	var hashes [][]byte
	for _, v := range row {
		store.EachBlob(v, func(hash [32]byte) error { hashes = append(hashes, hash[:]); return nil })
	}
	if len(hashes) > 0 {
		b.Queue("INSERT INTO _spared (hash) SELECT x.hash FROM unnest($1::bytea[]) AS x(hash) ON CONFLICT DO NOTHING", hashes)
	}
}

// refused returns the error of a statement that violates a constraint.
func (f *session) refused(doing string, t *table, id string, row store.Row, inserting bool) error {
	there := func(t *table) (found bool, err error) {
		err = f.read(t, t.exists, []any{encodeText(id)}, func(pgx.Rows) error { found = true; return nil })
		return found, err
	}
	if inserting && t.of != nil {
		if found, err := there(t.of); err != nil {
			return err
		} else if !found {
			return &store.MemberError{Table: t.of.def, ID: id}
		}
	}
	found, err := there(t)
	if err != nil {
		return err
	}
	if found == inserting {
		return &store.MemberError{Table: t.def, ID: id, Exists: inserting}
	}
	for _, u := range t.def.Unique {
		key := uniqueKey(t.def, u, row)
		if key == nil {
			continue
		}
		var other *string
		query := fmt.Sprintf("SELECT _id FROM %s WHERE %s = $1 AND _id <> $2", quote(t.def.Name()), quote(tables.KeyColumn(tables.Names(t.def, u))))
		err := f.read(t, query, []any{key, encodeText(id)}, func(rows pgx.Rows) error { return rows.Scan(&other) })
		if err != nil {
			return err
		}
		if other != nil {
			text, err := decodeText(*other)
			if err != nil {
				return err
			}
			return &store.UniqueError{Table: t.def, Columns: u, ID: text}
		}
	}
	return fmt.Errorf("%s %s: the database has rejected the member %s without a reason", doing, t.def.Name(), id)
}

// Update replaces a member's row.
func (f *session) Update(def *store.Table, id string, row store.Row) error {
	t, b, before, err := f.write(def, false)
	if err != nil {
		return err
	}
	if err := def.Check(row); err != nil {
		return f.put(b, before, err)
	}
	s := f.s
	b.Queue(t.update, t.args([]any{encodeText(id)}, row)...)
	s.queueMarked(b, t, row)
	r := s.conn.SendBatch(context.Background(), b)
	for i := 0; i < before && err == nil; i++ {
		if _, err = r.Exec(); err == nil && i == before-1 {
			f.saved = true
		}
	}
	var order *int64
	if err == nil {
		var rows pgx.Rows
		if rows, err = r.Query(); err == nil {
			err = walk(rows, func(rows pgx.Rows) error { return rows.Scan(&order) })
		}
	}
	if e := r.Close(); err == nil {
		err = e
	}
	if err != nil {
		return f.failed("updating", t, err)
	}
	if order == nil {
		return f.refused("updating", t, id, row, false)
	}
	if len(t.sides) == 0 {
		return nil
	}
	b = &pgx.Batch{}
	for _, d := range t.sides {
		b.Queue(d.drop, *order)
	}
	t.queueSides(b, *order, row)
	_, err = f.send("updating", t, b, 0)
	return err
}

// Delete removes a member, also from the subsets.
func (f *session) Delete(def *store.Table, id string) error {
	t, b, before, err := f.write(def, true)
	if err != nil {
		return err
	}
	for _, text := range t.removal() {
		b.Queue(text, encodeText(id))
	}
	counts, err := f.send("deleting from", t, b, before)
	if err != nil {
		return err
	}
	if counts[len(counts)-1] == 0 {
		return &store.MemberError{Table: def, ID: id}
	}
	return nil
}
