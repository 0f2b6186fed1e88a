package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/expression"
)

// A place is a position inside a value: the fields and items on the path to it.
// The empty place is the whole value.
type place []string

const (
	// anyItem is the step to an unknown item.
	anyItem = "*"
	// maxPlace bounds a place: a deeper part counts as its container.
	maxPlace = 8
)

func (p place) under(step string) place {
	p = append(place{step}, p...)
	return p[:min(len(p), maxPlace)]
}

// String formats a place as in an expression, after the value's name.
func (p place) String() string {
	var b strings.Builder
	for _, step := range p {
		switch {
		case step == anyItem:
			b.WriteString("[…]")
		case isItem(step):
			b.WriteString("[" + step + "]")
		default:
			b.WriteString("." + step)
		}
	}
	return b.String()
}

// isItem reports whether a step leads to a list item.
func isItem(step string) bool {
	_, err := strconv.Atoi(step)
	return step == anyItem || err == nil
}

func sameStep(a, b string) bool {
	return a == b || a == anyItem && isItem(b) || b == anyItem && isItem(a)
}

// covers reports whether q is at p or inside of it.
func (p place) covers(q place) bool {
	return len(p) <= len(q) && slices.EqualFunc(p, q[:len(p)], sameStep)
}

// places are several places, none inside another.
type places []place

func (list places) with(p place) places {
	if slices.ContainsFunc(list, func(q place) bool { return q.covers(p) }) {
		return list
	}
	list = slices.DeleteFunc(slices.Clone(list), p.covers)
	return append(list, p)
}

// within returns the places in a field or item, seen from it.
func (list places) within(step string) places {
	var inner places
	for _, p := range list {
		switch {
		case len(p) == 0:
			return places{{}}
		case sameStep(p[0], step):
			inner = inner.with(p[1:])
		}
	}
	return inner
}

// at returns the places relative to the container of the list's step.
func (list places) at(step string, more places) places {
	for _, p := range more {
		list = list.with(p.under(step))
	}
	return list
}

// A tracer traces the parts of values through an expression.
type tracer struct {
	vars  map[string]*Var
	lets  map[string]*expression.Shape
	lists []*expression.Shape // the lists of the enclosing predicates
	joins int                 // the number of enclosing operators that combine values
}

func trace(e *Expr) *tracer {
	t := &tracer{vars: map[string]*Var{}, lets: map[string]*expression.Shape{}}
	for i, name := range e.Node.Variables() {
		t.vars[name] = e.Vars[i]
	}
	return t
}

// inside runs do inside a predicate over the items of a list.
func (t *tracer) inside(list *expression.Shape, do func()) {
	t.lists = append(t.lists, list)
	do()
	t.lists = t.lists[:len(t.lists)-1]
}

// item runs do for the list of the enclosing predicate.
func (t *tracer) item(do func(list *expression.Shape)) {
	n := len(t.lists)
	if n == 0 {
		return
	}
	list, rest := t.lists[n-1], t.lists[n-1:]
	t.lists = t.lists[:n-1]
	do(list)
	t.lists = append(t.lists, rest...)
}

// named runs do for the value that a let names. The name is not defined there.
func (t *tracer) named(name string, do func()) {
	x := t.lets[name]
	delete(t.lets, name)
	do()
	t.lets[name] = x
}

// step is the step to an item, by index if it is a literal.
func step(s *expression.Shape) string {
	if n, ok := s.Literal.Num(); ok && s.Form == expression.LiteralForm && n >= 0 {
		return strconv.Itoa(int(n))
	}
	return anyItem
}

// keeping are the functions that return their list with all or some of its
// items, in some order; picking are those that return one item.
var (
	keeping = []string{"filter", "sort", "sortBy", "reverse", "take", "uniq", "concat"}
	picking = []string{"first", "last", "find", "findLast"}
)

// telling reports whether an operator yields more than a flag.
func telling(op string) bool {
	return slices.Contains([]string{"+", "-", "*", "/", "%", "**", "^", "??", "|", ".."}, op)
}

// want reports for each variable the parts that make up the place p of an
// expression's value. It is joined if an operator combines several values.
func (t *tracer) want(s *expression.Shape, p place, add func(v *Var, p place, joined bool)) {
	all := func(parts []*expression.Shape) {
		for _, x := range parts {
			t.want(x, place{}, add)
		}
	}
	// some is p with any item as its first step.
	some := p
	if len(p) > 0 && isItem(p[0]) {
		some = p[1:].under(anyItem)
	}
	switch s.Form {
	case expression.LiteralForm:
	case expression.VariableForm:
		if x, ok := t.lets[s.Name]; ok {
			t.named(s.Name, func() { t.want(x, p, add) })
		} else if v := t.vars[s.Name]; v != nil {
			add(v, p, t.joins > 0)
		}
	case expression.ListForm:
		for i, x := range s.Parts {
			if len(p) == 0 {
				t.want(x, place{}, add)
			} else if sameStep(p[0], strconv.Itoa(i)) {
				t.want(x, p[1:], add)
			}
		}
	case expression.RecordForm:
		for i, x := range s.Parts {
			if len(p) == 0 {
				t.want(x, place{}, add)
			} else if p[0] == s.Names[i] {
				t.want(x, p[1:], add)
			}
		}
	case expression.UnaryForm:
		if s.Name != "not" && s.Name != "!" {
			t.want(s.Parts[0], place{}, add)
		}
	case expression.BinaryForm:
		switch {
		case s.Name == "??":
			t.want(s.Parts[0], p, add)
			t.want(s.Parts[1], p, add)
		case telling(s.Name):
			t.joins++
			all(s.Parts)
			t.joins--
		}
	case expression.ConditionalForm:
		t.want(s.Parts[1], p, add)
		t.want(s.Parts[2], p, add)
	case expression.FieldForm:
		t.want(s.Parts[0], p.under(s.Name), add)
	case expression.ItemForm:
		t.want(s.Parts[0], p.under(step(s.Parts[1])), add)
	case expression.SliceForm:
		t.want(s.Parts[0], some, add)
	case expression.LetForm:
		t.lets[s.Name] = s.Parts[0]
		t.want(s.Parts[1], p, add)
	case expression.PointerForm:
		if s.Name == "" {
			t.item(func(list *expression.Shape) { t.want(list, p.under(anyItem), add) })
		}
	case expression.PredicateForm:
		t.want(s.Parts[0], p, add)
	case expression.CallForm:
		switch {
		case len(s.Parts) == 0:
		case slices.Contains(keeping, s.Name):
			for _, x := range s.Parts {
				if x.Form != expression.PredicateForm {
					t.want(x, some, add)
				}
			}
		case slices.Contains(picking, s.Name):
			t.want(s.Parts[0], p.under(anyItem), add)
		case s.Name == "map" && len(s.Parts) == 2:
			t.inside(s.Parts[0], func() { t.want(s.Parts[1], p[min(1, len(p)):], add) })
		default:
			all(s.Parts[:1])
			t.inside(s.Parts[0], func() { all(s.Parts[1:]) })
		}
	default:
		all(s.Parts)
	}
}

// holds returns the places of an expression's value that are made of the places
// that of returns for its variables. A flag is made of nothing.
func (t *tracer) holds(s *expression.Shape, of func(*Var) places) places {
	whole := func(parts ...*expression.Shape) places {
		for _, x := range parts {
			if len(t.holds(x, of)) > 0 {
				return places{{}}
			}
		}
		return nil
	}
	either := func(a, b *expression.Shape) places {
		list := t.holds(a, of)
		for _, p := range t.holds(b, of) {
			list = list.with(p)
		}
		return list
	}
	switch s.Form {
	case expression.LiteralForm:
		return nil
	case expression.VariableForm:
		if x, ok := t.lets[s.Name]; ok {
			var list places
			t.named(s.Name, func() { list = t.holds(x, of) })
			return list
		}
		if v := t.vars[s.Name]; v != nil {
			return of(v)
		}
		return nil
	case expression.ListForm:
		var list places
		for i, x := range s.Parts {
			list = list.at(strconv.Itoa(i), t.holds(x, of))
		}
		return list
	case expression.RecordForm:
		var list places
		for i, x := range s.Parts {
			list = list.at(s.Names[i], t.holds(x, of))
		}
		return list
	case expression.UnaryForm:
		if s.Name == "not" || s.Name == "!" {
			return nil
		}
	case expression.BinaryForm:
		switch {
		case s.Name == "??":
			return either(s.Parts[0], s.Parts[1])
		case !telling(s.Name):
			return nil
		}
	case expression.ConditionalForm:
		return either(s.Parts[1], s.Parts[2])
	case expression.FieldForm:
		return t.holds(s.Parts[0], of).within(s.Name)
	case expression.ItemForm:
		return t.holds(s.Parts[0], of).within(step(s.Parts[1]))
	case expression.SliceForm:
		return t.holds(s.Parts[0], of).shuffled()
	case expression.LetForm:
		t.lets[s.Name] = s.Parts[0]
		return t.holds(s.Parts[1], of)
	case expression.PointerForm:
		var list places
		if s.Name == "" {
			t.item(func(x *expression.Shape) { list = t.holds(x, of).within(anyItem) })
		}
		return list
	case expression.PredicateForm:
		return t.holds(s.Parts[0], of)
	case expression.CallForm:
		switch {
		case len(s.Parts) == 0:
			return nil
		case slices.Contains(keeping, s.Name):
			var list places
			for _, x := range s.Parts {
				if x.Form != expression.PredicateForm {
					for _, p := range t.holds(x, of).shuffled() {
						list = list.with(p)
					}
				}
			}
			return list
		case slices.Contains(picking, s.Name):
			return t.holds(s.Parts[0], of).within(anyItem)
		case s.Name == "map" && len(s.Parts) == 2:
			var list places
			t.inside(s.Parts[0], func() { list = list.at(anyItem, t.holds(s.Parts[1], of)) })
			return list
		case s.Name == "len":
			// The number of items reveals nothing about the items.
			if slices.ContainsFunc(t.holds(s.Parts[0], of), func(p place) bool { return len(p) == 0 }) {
				return places{{}}
			}
			return nil
		case slices.Contains([]string{"count", "any", "all", "none", "one"}, s.Name):
			return nil
		}
		list := whole(s.Parts[0])
		t.inside(s.Parts[0], func() {
			if list == nil {
				list = whole(s.Parts[1:]...)
			}
		})
		return list
	}
	return whole(s.Parts...)
}

// shuffled are the places of a list with its items reordered.
func (list places) shuffled() places {
	var all places
	for _, p := range list {
		if len(p) > 0 && isItem(p[0]) {
			p = p[1:].under(anyItem)
		}
		all = all.with(p)
	}
	return all
}

// path returns the variable and place that an expression names, as in
// “account.password”.
func (t *tracer) path(s *expression.Shape) (*Var, place) {
	var p place
	for {
		switch s.Form {
		case expression.VariableForm:
			if t.lets[s.Name] != nil {
				return nil, nil
			}
			return t.vars[s.Name], p
		case expression.FieldForm:
			s, p = s.Parts[0], p.under(s.Name)
		case expression.ItemForm:
			s, p = s.Parts[0], p.under(step(s.Parts[1]))
		default:
			return nil, nil
		}
	}
}
