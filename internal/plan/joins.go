package plan

import "slices"

// joins returns, for each pattern of a sync, the order in which matches are found when
// a completed action matches that pattern: first this pattern, then at each step the
// pattern that shares most variables with those before it, and of equals the one
// written first.
func joins(when []*Pattern) [][]Join {
	orders := make([][]Join, len(when))
	for arrival := range when {
		bound := map[int]bool{}
		order := []Join{step(arrival, when[arrival], bound)}
		left := make([]int, 0, len(when))
		for i := range when {
			if i != arrival {
				left = append(left, i)
			}
		}
		for len(left) > 0 {
			best := slices.MaxFunc(left, func(a, b int) int {
				if d := shared(when[a], bound) - shared(when[b], bound); d != 0 {
					return d
				}
				return b - a
			})
			order = append(order, step(best, when[best], bound))
			left = slices.DeleteFunc(left, func(i int) bool { return i == best })
		}
		orders[arrival] = order
	}
	return orders
}

func shared(p *Pattern, bound map[int]bool) int {
	n := 0
	for _, v := range p.Vars {
		if bound[v.Slot] {
			n++
		}
	}
	return n
}

func step(i int, p *Pattern, bound map[int]bool) Join {
	j := Join{Pattern: i}
	// A variable that occurs twice in one pattern is bound once and then compared, so
	// the comparisons come after all bindings of the pattern.
	fresh := map[int]bool{}
	for _, v := range p.Vars {
		switch {
		case bound[v.Slot]:
			j.Equals, j.Keys = append(j.Equals, v), append(j.Keys, v)
		case fresh[v.Slot]:
			j.Equals = append(j.Equals, v)
		default:
			fresh[v.Slot] = true
			j.Binds = append(j.Binds, v)
		}
	}
	for s := range fresh {
		bound[s] = true
	}
	return j
}

// A Ref is a pattern of a sync.
type Ref struct {
	Sync    *Sync
	Pattern int
}

// Candidates are the patterns that an action with one outcome may match. They are
// indexed by the text in one of its columns, so that patterns with other texts cost
// nothing.
type Candidates struct {
	always []Ref
	tables []textTable
}

type textTable struct {
	column Column
	refs   map[string][]Ref
}

func (a *Action) candidates(refused bool) *Candidates {
	if refused {
		return &a.Refused
	}
	return &a.Returned
}

// add must be called in the order of the syncs' names and then of the patterns.
func (c *Candidates) add(p *Pattern, r Ref) {
	column, text, ok := selective(p)
	if !ok {
		c.always = append(c.always, r)
		return
	}
	for i := range c.tables {
		if c.tables[i].column == column {
			c.tables[i].refs[text] = append(c.tables[i].refs[text], r)
			return
		}
	}
	c.tables = append(c.tables, textTable{column, map[string][]Ref{text: {r}}})
}

// selective returns the text literal by which a pattern is indexed: the path of a
// request, otherwise the first one in the pattern.
func selective(p *Pattern) (Column, string, bool) {
	best := -1
	for i, t := range p.Tests {
		if _, ok := t.Literal.Text(); ok && (best < 0 || t.Name == "path") {
			best = i
		}
	}
	if best < 0 {
		return Column{}, "", false
	}
	text, _ := p.Tests[best].Literal.Text()
	return p.Tests[best].Column, text, true
}

// Find appends to list the candidates for an action whose columns have the texts that
// text returns, in the order of the syncs' names and then of the patterns.
func (c *Candidates) Find(list []Ref, text func(Column) (string, bool)) []Ref {
	start := len(list)
	lists := 0
	if len(c.always) > 0 {
		list = append(list, c.always...)
		lists++
	}
	for i := range c.tables {
		if s, ok := text(c.tables[i].column); ok {
			if refs := c.tables[i].refs[s]; len(refs) > 0 {
				list = append(list, refs...)
				lists++
			}
		}
	}
	if lists > 1 {
		slices.SortFunc(list[start:], func(a, b Ref) int {
			if d := a.Sync.Index - b.Sync.Index; d != 0 {
				return d
			}
			return a.Pattern - b.Pattern
		})
	}
	return list
}
