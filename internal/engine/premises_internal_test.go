package engine

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A shelfFlow is a session in a store with one table, which has been changed since
// whoever reads it began.
type shelfFlow struct {
	store.Session
	rows  map[string]store.Row
	stamp uint64
}

func (f *shelfFlow) Version(*store.Table) (uint64, error) {
	f.stamp++
	return f.stamp, nil
}

func (f *shelfFlow) Get(_ *store.Table, id string) (store.Row, error) { return f.rows[id], nil }

func (f *shelfFlow) Find(_ *store.Table, _ []int, key []value.Value, _ store.Page) ([]store.Member, error) {
	id, _ := key[0].Text()
	if f.rows[id] == nil {
		return nil, nil
	}
	return []store.Member{{ID: id, Row: f.rows[id]}}, nil
}

// What a flow keeps of what it has read is bounded, however large the rows are, and
// a change of any of them is noticed all the same.
func TestPremisesAreBounded(t *testing.T) {
	const n, long = 500, 20_000
	content := func(end string) store.Row { return store.Row{value.String(strings.Repeat("x", long) + end)} }
	shelf := &shelfFlow{rows: map[string]store.Row{}}
	f := &flow{session: session{Session: shelf}}
	table := &store.Table{}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = "id " + value.Number(float64(i)).String()
		if i%10 == 9 {
			continue // nothing is there
		}
		shelf.rows[ids[i]] = content("")
	}
	for _, id := range ids {
		if _, err := f.get(table, id, false); err != nil {
			t.Fatal(err)
		}
		if _, err := f.find(table, []int{0}, []value.Value{value.String(id)}, store.Page{}, false); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for _, p := range f.premises {
		for _, row := range append([]store.Row{p.row}, rowsOf(p.found)...) {
			for _, v := range row {
				text, _ := v.Text()
				kept += len(text)
			}
		}
	}
	if kept > maxPremiseBytes {
		t.Errorf("%d bytes of %d are kept", kept, 2*n*long)
	}
	broken := func() (count int) {
		t.Helper()
		for i := range f.premises {
			holds, err := f.premiseHolds(&f.premises[i])
			if err != nil {
				t.Fatal(err)
			}
			if !holds {
				count++
			}
		}
		return count
	}
	if got := broken(); got != 0 {
		t.Errorf("%d premises of %d do not hold although nothing has changed", got, len(f.premises))
	}
	for _, i := range []int{0, n - 2} { // one that is kept, and one of which the sum is
		shelf.rows[ids[i]] = content("!")
		if got := broken(); got != 2 {
			t.Errorf("with another value in %s %d premises do not hold, want 2", ids[i], got)
		}
		delete(shelf.rows, ids[i])
		if got := broken(); got != 2 {
			t.Errorf("without %s %d premises do not hold, want 2", ids[i], got)
		}
		shelf.rows[ids[i]] = content("")
	}
	shelf.rows[ids[n-1]] = content("")
	if got := broken(); got != 2 {
		t.Errorf("with a member that was not there %d premises do not hold, want 2", got)
	}
}

func rowsOf(members []store.Member) (rows []store.Row) {
	for _, m := range members {
		rows = append(rows, m.Row)
	}
	return rows
}
