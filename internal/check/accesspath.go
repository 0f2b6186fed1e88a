package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/expression"
)

// An accessPath is a position inside a value: the fields and items on the way to
// it. The empty path is the whole value.
type accessPath []string

const (
	// anyItem is the step to an unknown item.
	anyItem = "*"
	// maxAccessPath bounds the length: a deeper part counts as its container.
	maxAccessPath = 8
)

func (p accessPath) under(step string) accessPath {
	p = append(accessPath{step}, p...)
	return p[:min(len(p), maxAccessPath)]
}

// String formats a path as in an expression, after the value's name.
func (p accessPath) String() string {
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
func (p accessPath) covers(q accessPath) bool {
	return len(p) <= len(q) && slices.EqualFunc(p, q[:len(p)], sameStep)
}

// accessPaths are several paths, none inside another.
type accessPaths []accessPath

func (list accessPaths) with(p accessPath) accessPaths {
	if slices.ContainsFunc(list, func(q accessPath) bool { return q.covers(p) }) {
		return list
	}
	list = slices.DeleteFunc(slices.Clone(list), p.covers)
	return append(list, p)
}

// within returns the paths in a field or item, relative to it.
func (list accessPaths) within(step string) accessPaths {
	var inner accessPaths
	for _, p := range list {
		switch {
		case len(p) == 0:
			return accessPaths{{}}
		case sameStep(p[0], step):
			inner = inner.with(p[1:])
		}
	}
	return inner
}

// at returns the paths relative to the container of the list's step.
func (list accessPaths) at(step string, more accessPaths) accessPaths {
	for _, p := range more {
		list = list.with(p.under(step))
	}
	return list
}

// A tracer traces the parts of values through an expression.
type tracer struct {
	vars      map[string]*Var
	lists     []*expression.Shape // the lists of the enclosing predicates
	combining int                 // the number of enclosing operators that combine values
}

func newTracer(e *Expr) *tracer {
	t := &tracer{vars: map[string]*Var{}}
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

// itemStep is the step to an item, by index if it is a literal.
func itemStep(s *expression.Shape) string {
	if n, ok := s.Literal.Num(); ok && s.Form == expression.LiteralForm && n >= 0 {
		return strconv.Itoa(int(n))
	}
	return anyItem
}

// listFunctions return their list with all or some of its items, in some order;
// itemFunctions return one item.
var (
	listFunctions = []string{"filter", "sort", "sortBy", "reverse", "take", "uniq", "concat"}
	itemFunctions = []string{"first", "last", "find", "findLast"}
)

// combines reports whether the result of an operator is more than a flag.
func combines(op string) bool {
	return slices.Contains([]string{"+", "-", "*", "/", "%", "**", "^", "??", "|", ".."}, op)
}

// sources calls add for the parts of variables that make up the part p of an
// expression's value. The part is combined if an operator combines several values.
func (t *tracer) sources(s *expression.Shape, p accessPath, add func(v *Var, p accessPath, joined bool)) {
	all := func(parts []*expression.Shape) {
		for _, x := range parts {
			t.sources(x, accessPath{}, add)
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
		if v := t.vars[s.Name]; v != nil {
			add(v, p, t.combining > 0)
		}
	case expression.ListForm:
		for i, x := range s.Parts {
			if len(p) == 0 {
				t.sources(x, accessPath{}, add)
			} else if sameStep(p[0], strconv.Itoa(i)) {
				t.sources(x, p[1:], add)
			}
		}
	case expression.RecordForm:
		for i, x := range s.Parts {
			switch {
			case x.Form == expression.ComputedForm:
				t.sources(x.Parts[0], accessPath{}, add)
				t.sources(x.Parts[1], p[min(1, len(p)):], add)
			case x.Form == expression.SpreadForm:
				if len(p) == 0 || !slices.Contains(s.Names[i+1:], p[0]) {
					t.sources(x.Parts[0], p, add)
				}
			case len(p) == 0:
				t.sources(x, accessPath{}, add)
			case p[0] == s.Names[i]:
				t.sources(x, p[1:], add)
			}
		}
	case expression.UnaryForm:
		if s.Name != "not" && s.Name != "!" {
			t.sources(s.Parts[0], accessPath{}, add)
		}
	case expression.BinaryForm:
		switch {
		case s.Name == "??":
			t.sources(s.Parts[0], p, add)
			t.sources(s.Parts[1], p, add)
		case combines(s.Name):
			t.combining++
			all(s.Parts)
			t.combining--
		}
	case expression.ConditionalForm:
		t.sources(s.Parts[1], p, add)
		t.sources(s.Parts[2], p, add)
	case expression.FieldForm:
		t.sources(s.Parts[0], p.under(s.Name), add)
	case expression.ItemForm:
		t.sources(s.Parts[0], p.under(itemStep(s.Parts[1])), add)
	case expression.SliceForm:
		t.sources(s.Parts[0], some, add)
	case expression.PointerForm:
		if s.Name == "" {
			t.item(func(list *expression.Shape) { t.sources(list, p.under(anyItem), add) })
		}
	case expression.PredicateForm:
		t.sources(s.Parts[0], p, add)
	case expression.CallForm:
		switch {
		case len(s.Parts) == 0:
		case slices.Contains(listFunctions, s.Name):
			for _, x := range s.Parts {
				if x.Form != expression.PredicateForm {
					t.sources(x, some, add)
				}
			}
		case slices.Contains(itemFunctions, s.Name):
			t.sources(s.Parts[0], p.under(anyItem), add)
		case s.Name == "map" && len(s.Parts) == 2:
			t.inside(s.Parts[0], func() { t.sources(s.Parts[1], p[min(1, len(p)):], add) })
		default:
			all(s.Parts[:1])
			t.inside(s.Parts[0], func() { all(s.Parts[1:]) })
		}
	default:
		all(s.Parts)
	}
}

// tainted returns the paths in an expression's value that come from the paths that
// of returns for its variables. A flag contains nothing of its operands.
func (t *tracer) tainted(s *expression.Shape, of func(*Var) accessPaths) accessPaths {
	whole := func(parts ...*expression.Shape) accessPaths {
		for _, x := range parts {
			if len(t.tainted(x, of)) > 0 {
				return accessPaths{{}}
			}
		}
		return nil
	}
	either := func(a, b *expression.Shape) accessPaths {
		list := t.tainted(a, of)
		for _, p := range t.tainted(b, of) {
			list = list.with(p)
		}
		return list
	}
	switch s.Form {
	case expression.LiteralForm:
		return nil
	case expression.VariableForm:
		if v := t.vars[s.Name]; v != nil {
			return of(v)
		}
		return nil
	case expression.ListForm:
		var list accessPaths
		for i, x := range s.Parts {
			list = list.at(strconv.Itoa(i), t.tainted(x, of))
		}
		return list
	case expression.RecordForm:
		var list accessPaths
		for i, x := range s.Parts {
			switch x.Form {
			case expression.ComputedForm:
				if len(whole(x.Parts...)) > 0 {
					return accessPaths{{}}
				}
			case expression.SpreadForm:
				for _, p := range t.tainted(x.Parts[0], of) {
					if len(p) == 0 || !slices.Contains(s.Names[i+1:], p[0]) {
						list = list.with(p)
					}
				}
			default:
				list = list.at(s.Names[i], t.tainted(x, of))
			}
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
		case !combines(s.Name):
			return nil
		}
	case expression.ConditionalForm:
		return either(s.Parts[1], s.Parts[2])
	case expression.FieldForm:
		return t.tainted(s.Parts[0], of).within(s.Name)
	case expression.ItemForm:
		return t.tainted(s.Parts[0], of).within(itemStep(s.Parts[1]))
	case expression.SliceForm:
		return t.tainted(s.Parts[0], of).reordered()
	case expression.PointerForm:
		var list accessPaths
		if s.Name == "" {
			t.item(func(x *expression.Shape) { list = t.tainted(x, of).within(anyItem) })
		}
		return list
	case expression.PredicateForm:
		return t.tainted(s.Parts[0], of)
	case expression.CallForm:
		switch {
		case len(s.Parts) == 0:
			return nil
		case slices.Contains(listFunctions, s.Name):
			var list accessPaths
			for _, x := range s.Parts {
				if x.Form != expression.PredicateForm {
					for _, p := range t.tainted(x, of).reordered() {
						list = list.with(p)
					}
				}
			}
			return list
		case slices.Contains(itemFunctions, s.Name):
			return t.tainted(s.Parts[0], of).within(anyItem)
		case s.Name == "map" && len(s.Parts) == 2:
			var list accessPaths
			t.inside(s.Parts[0], func() { list = list.at(anyItem, t.tainted(s.Parts[1], of)) })
			return list
		case s.Name == "len":
			// The number of items reveals nothing about the items.
			if slices.ContainsFunc(t.tainted(s.Parts[0], of), func(p accessPath) bool { return len(p) == 0 }) {
				return accessPaths{{}}
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

// reordered returns the paths of a list whose items are in another order.
func (list accessPaths) reordered() accessPaths {
	var all accessPaths
	for _, p := range list {
		if len(p) > 0 && isItem(p[0]) {
			p = p[1:].under(anyItem)
		}
		all = all.with(p)
	}
	return all
}

// path returns the variable and the path that an expression names, as in
// “account.password”.
func (t *tracer) path(s *expression.Shape) (*Var, accessPath) {
	var p accessPath
	for {
		switch s.Form {
		case expression.VariableForm:
			return t.vars[s.Name], p
		case expression.FieldForm:
			s, p = s.Parts[0], p.under(s.Name)
		case expression.ItemForm:
			s, p = s.Parts[0], p.under(itemStep(s.Parts[1]))
		default:
			return nil, nil
		}
	}
}
