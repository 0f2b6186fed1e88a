package enginetest

import (
	"fmt"
	"slices"
	"strings"
)

// whereLine writes a line of where, and returns the scope below it. Only the lines of a
// stage, and of a view that answers, may have an else.
func (g *Generator) whereLine(s scope, depth int, outermost, late bool) scope {
	switch g.IntN(12) {
	case 0, 1:
		return g.foldLine(s, depth)
	case 2:
		g.line(depth, "%s", g.pick("no", "some", "maybe"))
		inner := s
		for range 1 + g.IntN(2) {
			inner = g.whereLine(inner, depth+1, false, false)
		}
		g.orElse(s, depth+1, outermost)
		return s
	case 3:
		if v := g.of(s, true, text, number, list, flag); v != nil {
			head, _ := g.source(s, true)
			mode := g.pick("", "no ", "some ")
			g.line(depth, "%s%s if %s", mode, head, g.condition(s))
			return s
		}
	case 4:
		if u := g.useView(s, depth, outermost); u != nil {
			return append(slices.Clip(s), u...)
		}
	}
	mode := g.IntN(8)
	head, bound := g.source(s, mode < 2)
	switch {
	case mode < 2:
		g.line(depth, "%s %s", g.pick("no", "some"), head)
		g.orElse(s, depth+1, outermost)
		return s
	case mode == 2 && len(bound) > 0:
		g.line(depth, "maybe %s", head)
		for i := range bound {
			bound[i].null = true
		}
		return append(slices.Clip(s), bound...)
	case mode == 3 && late:
		g.line(depth, "surely %s", head)
		return append(slices.Clip(s), bound...)
	}
	g.line(depth, "%s", head)
	if late && outermost && !g.one(6) {
		g.elseOf(s, depth+1)
	} else {
		g.orElse(s, depth+1, outermost)
	}
	return append(slices.Clip(s), bound...)
}

// orElse writes an else below some lines that may have one.
func (g *Generator) orElse(s scope, depth int, may bool) {
	if may && g.one(3) {
		g.elseOf(s, depth)
	}
}

func (g *Generator) elseOf(s scope, depth int) {
	head, _, _ := g.action(s, false)
	if g.one(2) {
		g.line(depth, "else %s", head)
		return
	}
	g.line(depth, "else")
	g.line(depth+1, "%s", head)
	head, _, _ = g.action(s, false)
	g.line(depth+1, "%s", head)
}

// source returns a line of where on one line, and what it binds. A test is a line that may
// drop a frame.
func (g *Generator) source(s scope, test bool) (string, scope) {
	use, k := g.concept()
	v := g.of(s, true, k)
	fields := []parameter{{"name", text, false}, {"group", text, false}, {"note", text, true}, {"size", number, false}}
	switch g.IntN(9) {
	case 0:
		args, bound := g.outputs(s, parameter{"item", k, false}, parameter{"name", text, false}, parameter{"note", text, true})
		return fmt.Sprintf("in %s: _find (%s) : %s", use, g.input(s, "group", text), args), bound
	case 1:
		if v != nil {
			args, bound := g.outputs(s, parameter{"name", text, false}, parameter{"note", text, true})
			return fmt.Sprintf("in %s: _one (item: %s) : %s", use, v.name, args), bound
		}
	case 2:
		n := variable{g.name(), number, false}
		in := "()"
		if t := g.of(s, true, text); t != nil {
			in = "(group: " + t.name + ")"
		}
		return fmt.Sprintf("in %s: _count %s : (n: %s)", use, in, n.name), scope{n}
	case 3, 4:
		return g.relation(s, use, k, v)
	case 5:
		if test {
			break
		}
		if g.one(2) {
			n := variable{g.name(), number, false}
			return n.name + " is " + g.value(s, number), scope{n}
		}
		r := variable{g.name(), g.kind(), false}
		return r.name + " is " + g.value(s, r.kind), scope{r}
	case 6:
		return g.condition(s), nil
	case 7:
		if l := g.of(s, true, items); l != nil && g.one(2) {
			args, bound := g.outputs(s, parameter{"kind", text, false}, parameter{"size", number, true})
			if args != "()" {
				return l.name + " has {" + strings.Trim(args, "()") + "}", bound
			}
		}
		if l := g.of(s, true, list); l != nil {
			x := variable{g.name(), text, false}
			if t := g.of(s, false, text); t != nil && g.one(3) {
				return l.name + " has " + t.name, nil
			}
			return l.name + " has " + x.name, scope{x}
		}
	}
	// a member by its fields
	set, subject := "Item", g.name()
	bound := scope{{subject, k, false}}
	switch {
	case v != nil && g.one(3):
		subject, bound = v.name, nil
	case g.one(6):
		subject, bound = "_", nil
	}
	if g.one(2) {
		set = "Marked"
		fields = append(fields, parameter{"mark", text, false}, parameter{"rank", number, true})
	}
	fields = append(fields, parameter{"tags", list, false})
	args, more := g.outputs(s, fields...)
	if g.one(4) || args == "()" {
		return fmt.Sprintf("in %s: %s is a %s", use, subject, set), bound
	}
	return fmt.Sprintf("in %s: %s is a %s %s", use, subject, set, args), append(bound, more...)
}

// kind returns the kind of a variable that an expression binds.
func (g *Generator) kind() kind { return []kind{text, list, record}[g.IntN(3)] }

// relation returns a line about a field.
func (g *Generator) relation(s scope, use string, k kind, v *variable) (string, scope) {
	var bound scope
	subject := g.name()
	switch {
	case v != nil && g.one(2):
		subject = v.name
	case g.one(8):
		subject = "_"
	default:
		bound = append(bound, variable{subject, k, false})
	}
	field, of, word := "name", text, "is"
	switch g.IntN(7) {
	case 0:
		field = "group"
	case 1:
		field = "note"
	case 2:
		field, of = "size", number
	case 3:
		field, word = "tags", "has"
	case 4:
		field = "mark"
	case 5:
		field, of = "rank", number
	}
	if g.one(4) {
		field = map[string]string{"mark": "Marked.", "rank": "Marked."}[field] + field
	}
	x := variable{g.name(), of, false}
	object := x.name
	if t := g.of(s, true, of); t != nil && g.one(2) {
		object = t.name
	} else if of == text && g.one(5) {
		object = `"` + g.pick(words...) + `"`
	} else if g.one(8) {
		object = "_"
	} else {
		bound = append(bound, x)
	}
	return fmt.Sprintf("in %s: %s of %s %s %s", use, field, subject, word, object), bound
}

// useView writes a use of a view and returns what it binds, nil if there is none.
func (g *Generator) useView(s scope, depth int, outermost bool) scope {
	if len(g.views) == 0 {
		return nil
	}
	v := g.views[g.IntN(len(g.views))]
	if v.answers && (!outermost || !g.request) {
		return nil
	}
	var in, out []string
	for _, x := range v.in {
		switch given := g.of(s, true, x.kind); {
		case given != nil:
			in = append(in, x.name+": "+given.name)
		case x.kind == item:
			return nil
		case !x.null || g.one(2):
			in = append(in, x.name+": "+g.value(s, x.kind))
		}
	}
	if v.answers {
		in = append(in, "request")
	}
	var bound scope
	for _, x := range v.out {
		y := variable{g.name(), x.kind, x.null}
		arg := x.name + ": " + y.name
		if x.null {
			arg = x.name + "?: " + y.name
		}
		out, bound = append(out, arg), append(bound, y)
	}
	mode := ""
	if !v.answers {
		mode = g.pick("", "", "", "no ", "some ", "maybe ")
	}
	g.line(depth, "%s%s (%s) : (%s)", mode, v.name, strings.Join(in, ", "), strings.Join(out, ", "))
	switch {
	case mode == "no " || mode == "some ":
		bound = nil
	case mode == "maybe ":
		for i := range bound {
			bound[i].null = true
		}
	}
	if !v.answers && mode != "maybe " {
		g.orElse(s, depth+1, outermost)
	}
	if bound == nil {
		bound = scope{}
	}
	return bound
}

// foldLine writes a fold with the lines below it.
func (g *Generator) foldLine(s scope, depth int) scope {
	name := g.name()
	fold := g.pick("each", "each", "count", "sum of", "min of", "max of", "first", "whether")
	before := g.text.String()
	g.text.Reset()
	inner := s
	for range 1 + g.IntN(2) {
		inner = g.whereLine(inner, depth+1, false, false)
	}
	result := variable{name, number, false}
	head := ""
	switch fold {
	case "each":
		result.kind = list
		if g.one(3) {
			head = " " + g.value(inner, record)
			result.kind = items
		} else {
			head = " " + g.value(inner, text)
		}
	case "sum of":
		head = " " + g.value(inner, number)
	case "min of", "max of", "first":
		result.kind, result.null = text, true
		head = " " + g.value(inner, text)
	case "whether":
		result.kind = flag
	}
	paged := false
	if fold != "whether" {
		if g.one(3) {
			g.line(depth+1, "order by %s%s", g.value(inner, []kind{text, number}[g.IntN(2)]), g.pick("", " desc"))
		}
		switch n := g.IntN(8); {
		case n == 0:
			g.line(depth+1, "distinct")
		case n == 1:
			g.line(depth+1, "offset %s", g.value(s, number))
		case n == 2:
			g.line(depth+1, "limit %s", g.value(s, number))
		case n < 5 && fold == "each":
			paged = true
			g.line(depth+1, "page (limit: %d) : (next?: %snext)", 1+g.IntN(3), name)
		}
	}
	below := g.text.String()
	g.text.Reset()
	g.text.WriteString(before)
	g.line(depth, "%s is %s%s", name, fold, head)
	g.text.WriteString(below)
	s = append(slices.Clip(s), result)
	if paged {
		more := variable{name + "more", flag, false}
		g.line(depth, "%s is %snext != null", more.name, name)
		s = append(s, more)
	}
	return s
}
