package enginetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// A Generator writes random programs and requests.
type Generator struct {
	*rand.Rand
	text    strings.Builder
	fresh   int
	views   []*view
	request bool     // the variable request is bound
	asked   []string // the actions that syncs ask, for syncs that match them
	// givable are the variables about which “given” can ask.
	givable map[string]bool
}

// A kind is the type of a variable.
type kind string

const (
	text   kind = "text"
	number kind = "number"
	flag   kind = "flag"
	list   kind = "list" // of texts
	item   kind = "Thing"
	other  kind = "Other" // an item of Other
	record kind = "record"
	items  kind = "records" // a list of records
	moment kind = "moment"
)

// A variable is bound in the scope of a line. It may be null.
type variable struct {
	name string
	kind kind
	null bool
}

type scope []variable

// A view has one input of each kind that its lines need.
type view struct {
	name    string
	in, out scope
	answers bool
}

func (g *Generator) pick(list ...string) string { return list[g.IntN(len(list))] }
func (g *Generator) one(in int) bool            { return g.IntN(in) == 0 }

func (g *Generator) line(depth int, format string, args ...any) {
	g.text.WriteString(strings.Repeat("    ", depth))
	fmt.Fprintf(&g.text, format, args...)
	g.text.WriteByte('\n')
}

// name returns a new variable's name.
func (g *Generator) name() string {
	g.fresh++
	return fmt.Sprintf("%c%d", 'a'+g.IntN(4), g.fresh)
}

// of returns a random variable of one of the kinds, nil if there is none.
func (g *Generator) of(s scope, null bool, kinds ...kind) *variable {
	var found []variable
	for _, v := range s {
		if slices.Contains(kinds, v.kind) && (null || !v.null) {
			found = append(found, v)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &found[g.IntN(len(found))]
}

// value returns an expression of a kind.
func (g *Generator) value(s scope, k kind) string {
	if v := g.of(s, false, k); v != nil && !g.one(4) {
		return v.name
	}
	maybe := g.of(s, true, k)
	switch k {
	case text:
		t := g.of(s, false, text)
		switch {
		case maybe != nil && maybe.null && g.one(2):
			return fmt.Sprintf(`(%s ?? "u")`, maybe.name)
		case t != nil && g.one(4):
			return fmt.Sprintf(`(%s == "u" ? "ux" : %s)`, t.name, t.name)
		case t != nil && g.one(6):
			return t.name + "[0:1]"
		case t != nil && g.one(8):
			return fmt.Sprintf(`lower("U") + %s[0:1]`, t.name)
		}
		return `"` + g.pick(words...) + `"`
	case number:
		t, l := g.of(s, false, text), g.of(s, false, list)
		switch {
		case maybe != nil && maybe.null && g.one(2):
			return "(" + maybe.name + " ?? 1)"
		case maybe != nil && !maybe.null && g.one(3):
			return fmt.Sprintf("min(%s + 1, 4)", maybe.name)
		case maybe != nil && !maybe.null && g.one(6):
			return fmt.Sprintf("(1 / (%s - 1))", maybe.name) // may fault
		case t != nil && g.one(3):
			return fmt.Sprintf("len(%s)", t.name)
		case l != nil && g.one(3):
			return fmt.Sprintf("len(%s)", l.name)
		case g.one(10):
			return `(now + duration("2m") - now) / 60`
		}
		return fmt.Sprint(g.IntN(4))
	case list:
		r := g.of(s, false, list)
		switch {
		case maybe != nil && maybe.null && g.one(2):
			return "(" + maybe.name + ` ?? ["u", "v"])`
		case r != nil && g.one(3):
			return r.name + "[0:2]"
		}
		return fmt.Sprintf("[%s, %s]", g.value(s, text), g.value(s, text))
	case record:
		v := fmt.Sprintf(`{kind: %q, size: %s, (%s): %s}`, g.pick(words...), g.value(s, number), g.value(s, text), g.value(s, text))
		if r := g.of(s, true, record); r != nil {
			v = fmt.Sprintf(`{...%s, more: %s}`, r.name, g.value(s, number))
		}
		if t := g.of(s, true, text, number, item); t != nil && g.one(2) {
			v = fmt.Sprintf(`{%s, size: %s}`, t.name, g.value(s, number))
		}
		return v
	}
	return "null"
}

// condition returns an expression that is true or false.
func (g *Generator) condition(s scope) string {
	if v := g.of(s, false, flag); v != nil && g.one(2) {
		return g.pick(v.name, "not "+v.name)
	}
	if v := g.of(s, true, text); v != nil && g.givable[v.name] && g.one(2) {
		return g.pick("given(", "not given(") + v.name + ")"
	}
	switch g.IntN(7) {
	case 0:
		if v := g.of(s, true, text, number, item); v != nil && v.null {
			return v.name + g.pick(" == null", " != null")
		}
	case 1:
		if v := g.of(s, false, text); v != nil {
			return fmt.Sprintf(`%s in ["u", "v"]`, v.name)
		}
	case 2:
		if v := g.of(s, false, text); v != nil {
			return fmt.Sprintf(`%s %s "u"`, v.name, g.pick("contains", "startsWith", "matches"))
		}
	case 3:
		return fmt.Sprintf(`now %s now + duration("1h")`, g.pick("<", ">="))
	case 4:
		return fmt.Sprintf(`%s %s %s or %s == "u"`, g.value(s, number), g.pick("<", ">"), g.value(s, number), g.value(s, text))
	}
	return fmt.Sprintf("%s %s %s", g.value(s, text), g.pick("==", "!="), g.value(s, text))
}

// input returns an argument that gives a value.
func (g *Generator) input(s scope, name string, k kind) string {
	v := g.value(s, k)
	if v == name {
		return name
	}
	return name + ": " + v
}

// an output returns an argument that binds a variable or compares, and the variable that
// it binds.
func (g *Generator) output(s scope, name string, k kind, null bool) (string, scope) {
	v := g.of(s, false, k)
	switch n := g.IntN(8); {
	case k == list:
	case n == 0 && v != nil:
		return name + ": " + v.name, nil
	case n == 1 && k == text:
		return fmt.Sprintf("%s: %q", name, g.pick(words...)), nil
	case n == 2:
		return name + ": _", nil
	case n == 3 && null && k == text:
		return name + ": null", nil
	case null && n < 6:
		x := variable{g.name(), k, true}
		return name + "?: " + x.name, scope{x}
	}
	x := variable{g.name(), k, false}
	return name + ": " + x.name, scope{x}
}

// A parameter is an output of an action or query, or a field of a set.
type parameter struct {
	name string
	kind kind
	null bool
}

// outputs returns some of the parameters as arguments that bind or compare.
func (g *Generator) outputs(s scope, params ...parameter) (string, scope) {
	var args []string
	var bound scope
	skipped := g.IntN(4)
	for _, p := range params {
		if g.IntN(4) < skipped {
			continue
		}
		arg, more := g.output(append(slices.Clip(s), bound...), p.name, p.kind, p.null)
		args, bound = append(args, arg), append(bound, more...)
	}
	return "(" + strings.Join(args, ", ") + ")", bound
}

// Program returns the text of a program.
func (g *Generator) Program() string {
	g.text.Reset()
	g.text.WriteString(Concepts)
	g.fresh, g.views, g.asked, g.givable = 0, nil, nil, map[string]bool{}
	for range g.IntN(3) {
		g.view()
	}
	for i := range 4 + g.IntN(4) {
		g.sync(i)
	}
	return g.text.String()
}

// Opening returns a random request of the program, as the record of its fields, or no
// request if the clock opens the flow.
func (g *Generator) Opening() (fields value.Value, isRequest bool) {
	if g.one(10) {
		return value.Null, false
	}
	var list []value.Field
	add := func(name string, in int, v value.Value) {
		if g.IntN(in) > 0 {
			list = append(list, value.Field{Name: name, Value: v})
		}
	}
	texts := func() value.Value {
		var items []value.Value
		for range g.IntN(4) {
			items = append(items, word(g.IntN(4)))
		}
		return value.List(items)
	}
	list = append(list, value.Field{Name: "method", Value: value.String(g.pick("POST", "POST", "POST", "POST", "POST", "POST", "GET"))},
		value.Field{Name: "path", Value: value.String(g.pick("/p", "/p", "/p", "/p", "/p", "/q"))})
	add("a", 12, word(g.IntN(4)))
	if g.one(3) {
		add("b", 4, value.Null)
	} else {
		add("b", 2, word(g.IntN(4)))
	}
	add("n", 3, value.Number(float64(g.IntN(4))))
	add("list", 3, texts())
	add("item", 4, value.String(fmt.Sprint(g.pick("Thing", "Other"), 1+g.IntN(4))))
	add("method field", 2, word(g.IntN(4)))
	if g.IntN(4) > 0 {
		user := []value.Field{{Name: "name", Value: word(g.IntN(4))}}
		if g.one(2) {
			user = append(user, value.Field{Name: "email", Value: word(g.IntN(4))})
		}
		list = append(list, value.Field{Name: "user", Value: value.Record(user)})
	}
	return value.Record(list), true
}

// Input returns the value of an input of a request: a field, or a part of one.
func Input(fields value.Value, name string) value.Value {
	if name == `"method"` {
		return fields.Get("method field")
	}
	v := fields
	for _, step := range check.FieldSteps(name) {
		if v.Kind() != value.RecordKind {
			return value.Value{}
		}
		v = v.Get(step)
	}
	return v
}
