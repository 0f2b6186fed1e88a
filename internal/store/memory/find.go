package memory

import (
	"slices"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// find looks members up. It reuses the buffer for a key.
func (t *table) find(columns []int, key []value.Value, page store.Page, room *[]byte) []store.Member {
	x, exact := t.choose(columns, key)
	if x == nil {
		return t.collect(t.order, columns, key, page)
	}
	k := (*room)[:0]
	for _, c := range x.columns {
		v := key[slices.Index(columns, c)]
		if v.IsUnset() {
			v = value.Null
		}
		k = value.AppendKey(k, v)
	}
	*room = k
	if exact {
		columns = nil
	}
	if x.unique {
		m := x.single[string(k)]
		if m == nil || m.Order <= page.After || !page.Due.Has(m.Row) || !t.matches(m, columns, key) {
			return nil
		}
		return []store.Member{m.Member}
	}
	b := x.lists[string(k)]
	if b == nil {
		return nil
	}
	return t.collect(b.members, columns, key, page)
}

// choose returns the index that covers most of the columns, and reports whether it
// covers all of them.
func (t *table) choose(columns []int, key []value.Value) (best *index, exact bool) {
	for _, x := range t.indexes {
		if len(x.columns) > len(columns) || best != nil && len(x.columns) <= len(best.columns) {
			continue
		}
		if x.covers(columns, key) {
			best = x
			if len(x.columns) == len(columns) {
				return x, true
			}
		}
	}
	return best, false
}

func (x *index) covers(columns []int, key []value.Value) bool {
	for _, c := range x.columns {
		i := slices.Index(columns, c)
		if i < 0 {
			return false
		}
		// A unique index has neither rows with a null nor single items.
		if x.unique && (x.many || key[i].IsNull()) {
			return false
		}
		if slices.Index(columns[i+1:], c) >= 0 {
			return false // the column occurs twice: a member that has one value may lack the other
		}
	}
	return true
}

func (t *table) matches(m *member, columns []int, key []value.Value) bool {
	for i, c := range columns {
		if t.def.Columns[c].Many == store.One {
			if !value.Equal(m.Row[c], key[i]) && !(m.Row[c].IsNull() && key[i].IsNull()) {
				return false
			}
		} else if !slices.ContainsFunc(m.Row[c].Items(), func(v value.Value) bool { return value.Equal(v, key[i]) }) {
			return false
		}
	}
	return true
}

// collect returns the matching members, within the page.
func (t *table) collect(from []*member, columns []int, key []value.Value, page store.Page) []store.Member {
	if page.After > 0 {
		i, _ := after(from, page.After)
		from = from[i:]
	}
	var out []store.Member
	if len(columns) == 0 && page.Due == nil {
		n := len(from)
		if page.Limit > 0 {
			n = min(n, page.Limit)
		}
		out = make([]store.Member, 0, n)
	}
	for _, m := range from {
		if m.gone || !page.Due.Has(m.Row) || !t.matches(m, columns, key) {
			continue
		}
		if page.Limit > 0 && len(out) == page.Limit {
			break
		}
		out = append(out, m.Member)
	}
	return out
}
