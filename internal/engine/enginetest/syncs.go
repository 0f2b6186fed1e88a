package enginetest

import (
	"fmt"
	"slices"
	"strings"
)

// concept returns the instance whose items a kind is.
func (g *Generator) concept() (string, kind) {
	if g.IntN(3) > 0 {
		return "Thing", item
	}
	return "Other", other
}

// sync writes a sync.
func (g *Generator) sync(i int) {
	g.line(0, "sync S%d", i)
	g.line(0, "when")
	var s scope
	if g.request = i == 0 || !g.one(4); g.request {
		s = g.requestPattern(s)
	}
	if i > 0 {
		lines := 1 + g.IntN(2)
		if g.request && g.one(3) {
			lines = 0
		}
		for range lines {
			s = g.pattern(s)
		}
	}
	stages := 1
	if g.one(3) {
		stages += 1 + g.IntN(2)
	}
	for stage := range stages {
		s = g.stage(s, stage)
	}
	g.text.WriteByte('\n')
}

func (g *Generator) requestPattern(s scope) scope {
	args := []string{fmt.Sprintf("path: %q", g.pick("/p", "/p", "/p", "/p", "/q"))}
	get := g.one(8)
	if get {
		args = append(args, `method: "GET"`)
	}
	add := func(arg string, v variable) {
		args, s = append(args, arg), append(s, v)
	}
	if g.IntN(3) > 0 {
		add("a", variable{"a", text, false})
	}
	switch g.IntN(5) {
	case 0:
		g.givable["b"] = true
		add("b?", variable{"b", text, true})
	case 2:
		g.givable["b"] = true
		add("b?: String or null", variable{"b", text, true})
	case 1:
		args = append(args, `b: "u"`)
	}
	if g.one(2) {
		add("n?: Number", variable{"n", number, true})
	}
	if g.one(2) {
		add("list?: seq of String", variable{"list", list, true})
	}
	if g.one(3) {
		add("item: given", variable{"given", item, false})
	}
	if g.one(5) {
		add(`"method": verb`, variable{"verb", text, false})
	}
	switch user := g.IntN(6); {
	case get:
	case user == 0:
		args, s = append(args, "user: {name: who, email?}"), append(s, variable{"who", text, false}, variable{"email", text, true})
	case user == 1:
		args, s = append(args, "user?: {name: who, email: mail}"), append(s, variable{"who", text, true}, variable{"mail", text, true})
	}
	g.line(1, "Requesting.request (%s) : (request)", strings.Join(args, ", "))
	return s
}

// pattern writes a line of when about an action of Thing.
func (g *Generator) pattern(s scope) scope {
	use, k := g.concept()
	var in []parameter
	var out []parameter
	codes := []string{"MISSING"}
	name := g.pick("add", "drop", "note", "mark", "look", "send", "tick")
	if len(g.asked) > 0 && !g.one(5) {
		use, name, _ = strings.Cut(g.pick(g.asked...), ".")
		if k = item; use == "Other" {
			k = other
		}
	}
	switch name {
	case "add":
		in = []parameter{{"name", text, false}, {"group", text, false}, {"note", text, true}, {"size", number, false}, {"tags", list, false}}
		out, codes = []parameter{{"item", k, false}}, []string{"TAKEN"}
	case "drop":
		in, out = []parameter{{"item", k, false}}, []parameter{{"name", text, false}}
	case "note":
		in, out = []parameter{{"item", k, false}, {"note", text, true}, {"size", number, true}}, []parameter{{"note", text, true}}
	case "mark":
		in, codes = []parameter{{"item", k, false}, {"mark", text, false}, {"rank", number, true}}, []string{"MISSING", "MARKED"}
	case "tick":
		codes = nil
	default:
		in = []parameter{{"p", text, false}, {"q", text, true}}
		out, codes = []parameter{{"x", text, false}, {"y", text, true}}, []string{"NO", "NEVER"}
	}
	args, bound := "()", scope(nil)
	if g.one(2) {
		args, bound = g.outputs(s, in...)
	}
	s = append(s, bound...)
	if len(codes) > 0 && g.one(5) {
		if g.one(2) {
			e := variable{g.name(), text, false}
			g.line(1, "%s.%s %s : (error: %s)", use, name, args, e.name)
			return append(s, e)
		}
		g.line(1, "%s.%s %s : refused %s", use, name, args, g.pick(codes...))
		return s
	}
	result, bound := g.outputs(s, out...)
	g.line(1, "%s.%s %s : %s", use, name, args, result)
	return append(s, bound...)
}

// stage writes a where and a then.
func (g *Generator) stage(s scope, index int) scope {
	if index > 0 || g.IntN(4) > 0 {
		g.line(0, "where")
		for range 1 + g.IntN(2) {
			s = g.whereLine(s, 1, true, index > 0)
		}
	}
	if g.one(4) {
		g.line(0, "then together")
		for range 1 + g.IntN(2) {
			s = g.ask(s, 1, true)
		}
		return s
	}
	g.line(0, "then")
	for range 1 + g.IntN(3) {
		s = g.ask(s, 1, false)
	}
	return s
}

// ask writes a line of then.
func (g *Generator) ask(s scope, depth int, together bool) scope {
	own := s
	below := ""
	if g.one(4) {
		before := g.text.String()
		g.text.Reset()
		g.line(depth+1, "where")
		for range 1 + g.IntN(2) {
			own = g.whereLine(own, depth+2, false, false)
		}
		below = g.text.String()
		g.text.Reset()
		g.text.WriteString(before)
	}
	head, out, codes := g.action(own, together)
	awaited := together || g.IntN(3) > 0
	var bound scope
	if awaited {
		var args string
		args, bound = g.outputs(own, out...)
		head += " : " + args
	}
	g.line(depth, "%s", head)
	g.text.WriteString(below)
	if awaited && !together && g.one(3) {
		handlers := []string{""}
		if len(codes) > 0 && g.one(2) {
			handlers = []string{" refused " + codes[0], ""}
		}
		for _, h := range handlers {
			g.line(depth+1, "else%s", h)
			handled := append(slices.Clip(s), variable{"error", text, false}, variable{"refusal", text, false})
			for range 1 + g.IntN(2) {
				head, _, _ := g.action(handled, false)
				g.line(depth+2, "%s", head)
			}
		}
	}
	if below != "" {
		return s
	}
	return append(slices.Clip(s), bound...)
}

// action returns an asked action with its inputs, its outputs and its codes.
func (g *Generator) action(s scope, together bool) (string, []parameter, []string) {
	use, k := g.concept()
	name := g.pick("add", "add", "drop", "note", "mark", "look", "look", "send", "respond")
	if together && name == "send" {
		name = "add"
	}
	var it string
	if v := g.of(s, false, k); v != nil {
		it = v.name
	}
	switch {
	case name == "respond" && g.request:
		args := []string{"request"}
		for i := range g.IntN(3) {
			k := []kind{text, number, list, record}[g.IntN(4)]
			args = append(args, g.input(s, fmt.Sprintf("%s%d", k, i), k))
		}
		return "Requesting.respond (" + strings.Join(args, ", ") + ")", nil, []string{"ALREADY_ANSWERED"}
	case it == "" && (name == "drop" || name == "note" || name == "mark"), name == "respond":
		name = "add"
	}
	var args []string
	arg := func(name string, k kind, optional bool) {
		if optional && g.one(2) {
			return
		}
		if v := g.of(s, true, k); optional && v != nil {
			args = append(args, name+": "+v.name)
			return
		}
		args = append(args, g.input(s, name, k))
	}
	var out []parameter
	codes := []string{"MISSING"}
	switch name {
	case "add":
		arg("name", text, false)
		arg("group", text, false)
		arg("note", text, true)
		arg("size", number, false)
		arg("tags", list, false)
		out, codes = []parameter{{"item", k, false}}, []string{"TAKEN"}
	case "drop":
		args, out = append(args, "item: "+it), []parameter{{"name", text, false}}
	case "note":
		args, out = append(args, "item: "+it), []parameter{{"note", text, true}}
		arg("note", text, true)
		arg("size", number, true)
	case "mark":
		args = append(args, "item: "+it)
		arg("mark", text, false)
		arg("rank", number, true)
		codes = append(codes, "MARKED")
	default:
		arg("p", text, false)
		arg("q", text, true)
		out, codes = []parameter{{"x", text, false}, {"y", text, true}}, []string{"NO", "NEVER"}
	}
	g.asked = append(g.asked, use+"."+name)
	return fmt.Sprintf("%s.%s (%s)", use, name, strings.Join(args, ", ")), out, codes
}

// view writes a view, which may answer.
func (g *Generator) view() {
	v := &view{name: fmt.Sprintf("View%d", len(g.views)), answers: g.one(3)}
	v.in = scope{{g.name(), text, false}}
	if g.one(2) {
		v.in = append(v.in, variable{g.name(), text, true})
		g.givable[v.in[1].name] = true
	}
	if g.one(2) {
		v.in = append(v.in, variable{g.name(), item, false})
	}
	before := g.text.String()
	g.text.Reset()
	s := slices.Clone(v.in)
	g.request = v.answers
	for range 1 + g.IntN(3) {
		s = g.whereLine(s, 1, v.answers, false)
	}
	body := g.text.String()
	g.text.Reset()
	g.text.WriteString(before)
	for _, x := range s[len(v.in):] {
		if len(v.out) < 2 && g.one(2) && x.kind != record {
			v.out = append(v.out, x)
		}
	}
	var in, out []string
	for _, x := range v.in {
		name := x.name
		if x.null {
			name += "?"
		}
		in = append(in, name)
	}
	if v.answers {
		in = append(in, "request")
	}
	for _, x := range v.out {
		out = append(out, x.name)
	}
	g.line(0, "view %s (%s) : (%s)", v.name, strings.Join(in, ", "), strings.Join(out, ", "))
	g.line(0, "where")
	g.text.WriteString(body + "\n")
	g.views = append(g.views, v)
}
