package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/legible-lang/legible/value"
)

// An entry is an item of a list that a test pages through.
type entry struct {
	id   string
	keys []value.Value
	size int64
}

// pageThrough returns the page of a list behind a position, in whatever order the
// list is shown.
func pageThrough(list []entry, desc []bool, limit int, most int64, after *Position) ([]string, *Position) {
	p := &pager{desc: desc, limit: limit, most: most, after: after}
	for _, e := range list {
		if p.wants(e.keys) {
			p.add(pageRow{value: value.String(e.id), keys: e.keys, size: e.size})
		}
	}
	items, at := p.page()
	var ids []string
	for _, v := range items {
		s, _ := v.Text()
		ids = append(ids, s)
	}
	return ids, at
}

// naivePages is the oracle: it sorts all and cuts it up.
func naivePages(list []entry, desc []bool, limit int, most int64) [][]string {
	all := slices.Clone(list)
	order := &pager{desc: desc}
	slices.SortStableFunc(all, func(a, b entry) int { return order.compare(a.keys, b.keys) })
	var pages [][]string
	for len(all) > 0 {
		n, size := 0, int64(0)
		for n < len(all) && n < limit && (n == 0 || size+all[n].size <= most) {
			size += all[n].size
			n++
		}
		var page []string
		for _, e := range all[:n] {
			page = append(page, e.id)
		}
		pages, all = append(pages, page), all[n:]
	}
	return pages
}

func randomEntry(r *rand.Rand, n int, ties bool) entry {
	e := entry{id: fmt.Sprintf("e%04d", n), size: r.Int64N(40)}
	for range 2 {
		switch r.IntN(4) {
		case 0:
			e.keys = append(e.keys, value.Null)
		case 1:
			e.keys = append(e.keys, value.String(fmt.Sprint(r.IntN(3))))
		default:
			e.keys = append(e.keys, value.Number(float64(r.IntN(4))))
		}
	}
	if ties {
		e.keys = append(e.keys, value.String(e.id))
	}
	return e
}

// TestPages pages through random lists and compares with the oracle, also where
// the keys leave the order open.
func TestPages(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		desc := []bool{r.IntN(2) == 0, r.IntN(2) == 0}
		ties := r.IntN(3) > 0
		var list []entry
		for n := range r.IntN(30) {
			list = append(list, randomEntry(r, n, ties))
		}
		limit, most := 1+r.IntN(7), 1+r.Int64N(150)
		var at *Position
		for i, want := range naivePages(list, desc, limit, most) {
			var got []string
			got, at = pageThrough(list, desc, limit, most, at)
			if !slices.Equal(got, want) {
				t.Fatalf("page %d is %v, want %v", i, got, want)
			}
			if at != nil { // as a client has it
				again, err := ParseCursor(Cursor(7, *at), 3, 7)
				if err != nil {
					t.Fatal(err)
				}
				at = &again
			}
		}
		if at != nil {
			t.Fatalf("the last page says that another follows: %v", at)
		}
	}
}

// TestPagesHold pages through lists to which items are added and from which some
// are removed meanwhile: what is there all the time comes exactly once.
func TestPagesHold(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		desc := []bool{r.IntN(2) == 0, r.IntN(2) == 0}
		var list []entry
		made := 0
		add := func() { list = append(list, randomEntry(r, made, true)); made++ }
		for range r.IntN(40) {
			add()
		}
		whole := map[string]bool{} // there from the first page on
		for _, e := range list {
			whole[e.id] = true
		}
		seen := map[string]int{}
		var at *Position
		for {
			var ids []string
			ids, at = pageThrough(list, desc, 1+r.IntN(5), 1+r.Int64N(150), at)
			for _, id := range ids {
				seen[id]++
			}
			if at == nil {
				break
			}
			for range r.IntN(4) {
				if r.IntN(2) == 0 || len(list) == 0 {
					add()
					continue
				}
				i := r.IntN(len(list))
				delete(whole, list[i].id)
				list = slices.Delete(list, i, i+1)
			}
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		for id := range whole {
			if seen[id] != 1 {
				t.Fatalf("%s was there all the time and came %d times", id, seen[id])
			}
		}
		for id, n := range seen {
			if n > 1 {
				t.Fatalf("%s came %d times", id, n)
			}
		}
	}
}

// A page never holds more than its own rows and the one that is let go of.
func TestPageHoldsLittle(t *testing.T) {
	p := &pager{limit: 10, most: 100}
	for n := range 10_000 {
		keys := []value.Value{value.Number(float64((n * 7919) % 10_000))}
		if p.wants(keys) {
			p.add(pageRow{keys: keys, size: 30})
		}
		if len(p.rows) > 4 || p.bytes > 100 {
			t.Fatalf("%d rows of %d bytes are held", len(p.rows), p.bytes)
		}
	}
}

func TestCursors(t *testing.T) {
	good := Cursor(7, Position{Keys: []value.Value{value.String("Emma"), value.Null, value.Number(3)}, Rank: 2})
	for _, text := range []string{"", "x", "AAAA", "AAAAAAAAAAAAAAAA", good[:len(good)-1], good + "A", good + "=", " " + good, "😀"} {
		if _, err := ParseCursor(text, 7); err != ErrCursor {
			t.Errorf("the cursor %q: %v", text, err)
		}
	}
	for i := range good {
		broken := []byte(good)
		broken[i] ^= 1
		if _, err := ParseCursor(string(broken), 7); err == nil && string(broken) != good {
			t.Errorf("a cursor that differs at %d is taken", i)
		}
	}
	if _, err := ParseCursor(good, 8, 9); !errors.Is(err, ErrForeignCursor) {
		t.Errorf("the cursor of another list: %v", err)
	}
	if at, err := ParseCursor(good, 8, 7); err != nil || at.Rank != 2 || len(at.Keys) != 3 {
		t.Errorf("the cursor reads %v, %v", at, err)
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(Cursor(7, Position{Keys: []value.Value{value.String("Emma"), value.Null}, Rank: 1}))
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := ParseCursor(text, 7); err == nil && Cursor(7, at) != text {
			t.Errorf("%q reads back as %q", text, Cursor(7, at))
		}
	})
}
