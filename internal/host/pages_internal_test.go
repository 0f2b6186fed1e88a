package host

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/value"
)

// TestResume pages through rows in an order of the query's own, of which some go
// and others come between the pages: what is there all the time comes once.
func TestResume(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	key := func(row []value.Value) value.Value { return row[0] }
	for range 500 {
		var rows [][]value.Value
		made := 0
		add := func() {
			made++
			// Where it comes among the others has nothing to do with its key.
			rows = slices.Insert(rows, r.IntN(len(rows)+1), []value.Value{value.String(fmt.Sprint((made * 7919) % 10_000))})
		}
		for range 1 + r.IntN(30) {
			add()
		}
		whole, seen := map[string]bool{}, map[string]int{}
		for _, row := range rows {
			whole[row[0].String()] = true
		}
		start := 0
		for start < len(rows) {
			end := min(start+1+r.IntN(6), len(rows))
			at := engine.Position{Rank: end - 1}
			for _, row := range rows[max(start, end-anchors):end] {
				at.Keys = append(at.Keys, row[0])
			}
			for _, row := range rows[start:end] {
				seen[row[0].String()]++
			}
			remains := rows[start] // one of the page, at least
			for range r.IntN(6) {
				if i := r.IntN(len(rows) + 1); i == len(rows) {
					add()
				} else if r.IntN(2) == 0 && !value.Equal(rows[i][0], remains[0]) {
					delete(whole, rows[i][0].String())
					rows = slices.Delete(rows, i, i+1)
				}
			}
			next, err := resume(rows, key, at)
			if err != nil {
				t.Fatal(err)
			}
			start = next
		}
		for k := range whole {
			if seen[k] != 1 {
				t.Fatalf("%s was there all the time and came %d times", k, seen[k])
			}
		}
	}
}

// TestResumeBehindWhatIsGone has nothing left of what the cursor knows: rows in
// the order of their keys go on all the same, others cannot.
func TestResumeBehindWhatIsGone(t *testing.T) {
	key := func(row []value.Value) value.Value { return row[0] }
	list := func(keys ...string) (rows [][]value.Value) {
		for _, k := range keys {
			rows = append(rows, []value.Value{value.String(k)})
		}
		return rows
	}
	at := engine.Position{Keys: []value.Value{value.String("b"), value.String("c")}, Rank: 2}
	for _, x := range []struct {
		rows [][]value.Value
		want int
	}{{list("a", "d", "e"), 1}, {list("a"), 1}, {list("d"), 0}, {nil, 0}, {list("a", "e", "d"), -1}} {
		got, err := resume(x.rows, key, at)
		if err != nil != (x.want < 0) || err == nil && got != x.want {
			t.Errorf("behind c in %v: %d, %v", x.rows, got, err)
		}
	}
}
