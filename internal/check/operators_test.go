package check_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// An operand is a variable of a known type, with values of that type.
type operand struct {
	name   string
	line   string // of where that binds it
	values []value.Value
}

const operandConcept = `concept Things

state
    a set of Owners
    a set of Things with
        an owner Owner
        a text String
        a number Number
        a flag Flag
        a date Date
        a moment DateTime
        a kind of RED or GREEN
        a data Binary
        an optional maybeText String
        an optional maybeNumber Number
        an optional maybeFlag Flag
        an optional maybeMoment DateTime

actions
    touch (thing: Thing, secret: Secret) : ()
`

// operands has a variable of each type. The type Json and unknown types are left out:
// of these a value may be anything.
func operands() []operand {
	text, number := value.String, value.Number
	read := func(field string) string { return "in Things: " + field + " of thing is " + field }
	maybe := func(field string) string { return "maybe in Things: " + field + " of thing is " + field }
	list := func(items ...value.Value) value.Value { return value.List(items) }
	at := func(s string) value.Value {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			panic(err)
		}
		return value.Time(t)
	}
	record := value.Record([]value.Field{{Name: "text", Value: text("x")}, {Name: "number", Value: number(2)}})
	numbers := []value.Value{number(1), number(2)}
	texts := []value.Value{text("ann"), text("1")}
	moments := []value.Value{at("2030-01-31T12:00:00Z"), at("2029-01-31T12:00:00Z")}
	null := value.Null
	return []operand{
		{"owner", read("owner"), []value.Value{text("o1")}},
		{"text", read("text"), texts},
		{"number", read("number"), numbers},
		{"flag", read("flag"), []value.Value{value.Flag(true), value.Flag(false)}},
		{"date", read("date"), []value.Value{text("2030-01-31")}},
		{"moment", read("moment"), moments},
		{"kind", read("kind"), []value.Value{text("RED")}},
		{"data", read("data"), []value.Value{value.Binary(&value.Blob{})}},
		{"texts", "texts is each text", []value.Value{list(texts...)}},
		{"numbers", "numbers is each number", []value.Value{list(numbers...)}},
		{"flags", "flags is each flag", []value.Value{list(value.Flag(true))}},
		{"moments", "moments is each moment", []value.Value{list(moments...)}},
		{"owners", "owners is each owner", []value.Value{list(text("o1"))}},
		{"records", "records is each {text, number}", []value.Value{list(record, record)}},
		{"lists", "lists is each [text]", []value.Value{list(list(texts...))}},
		{"record", "record is {text: \"x\", number: 2}", []value.Value{record}},
		{"maybeText", maybe("maybeText"), append(slices.Clone(texts), null)},
		{"maybeNumber", maybe("maybeNumber"), append(slices.Clone(numbers), null)},
		{"maybeFlag", maybe("maybeFlag"), []value.Value{value.Flag(true), null}},
		{"maybeMoment", maybe("maybeMoment"), append(slices.Clone(moments), null)},
	}
}

// lines binds the variables of an expression.
func (o operand) lines() string {
	if at := strings.Index(o.line, " is each "); at >= 0 {
		var b strings.Builder
		b.WriteString("    " + o.line + "\n")
		for _, field := range []string{"text", "number", "flag", "moment", "owner"} {
			if strings.Contains(o.line[at+len(" is each "):], field) {
				b.WriteString("        in Things: " + field + " of thing is " + field + "\n")
			}
		}
		return b.String()
	}
	return "    " + o.line + "\n"
}

// dependsOnValue are faults that follow from a value, not from its type.
var dependsOnValue = []string{
	"division by zero", "is not a number", "is not JSON", "cannot read the text", "there is no item", "shorter than that", "this pattern of", "is too large",
	"is not a duration", "is not a time zone", "the unit of “startOf” is", "an order is", "the order of “sort", "no item to begin with", "whole number",
}

// An expression that the checker accepts does not fail because of the types of its
// values.
func TestOperatorsAreTyped(t *testing.T) {
	all := operands()
	var uses []use
	for _, op := range []string{"+", "-", "*", "/", "%", "**", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or", "in", "not in",
		"contains", "not contains", "startsWith", "endsWith", "matches", "??", ".."} {
		uses = append(uses, usesOf("a "+op+" b", all)...)
		for _, literal := range []string{`"ann"`, "2", "true", "null", "now", `["x"]`, "[1, 2]", "{text: 1}", "(1..3)"} {
			uses = append(uses, usesOf("a "+op+" "+literal, all)...)
			uses = append(uses, usesOf(literal+" "+op+" a", all)...)
		}
	}
	for _, form := range []string{"not a", "-a", "+a", "a.text", "a.day", "a?.text", "a[0]", "a[0:1]", "a[:1]", "a[1:]", `a["text"]`, "a ? 1 : 2",
		"a ? text : number", "[a]", "[a, b]", "{...a}", "{(a): 1}", "{x: a}", "a[b]", "a[b:]", "a[:b]", "a ? b : b", "a ? b : 1", "flag ? a : b",
		"(flag ? a : b) + 1", "(a ?? b) + 1", "(a ?? b) == 1", "len(a ?? b)", "a == null ? b : a", "a != null and a", "a == null or a > b",
		"(a + b) == 1", "(a - b) > 1", "(a + b) + (a - b)", "now - a < 3600", "now + a", "a == b or b", "a in [b]", "[a][0] + 1", "{x: a}.x + 1",
	} {
		uses = append(uses, usesOf(form, all)...)
	}
	for _, f := range expression.Functions() {
		if f.Name == "given" {
			continue
		}
		for _, form := range callForms(f) {
			uses = append(uses, usesOf(form, all)...)
		}
	}

	if testing.Short() {
		for i := range len(uses) / 10 {
			uses[i] = uses[i*10]
		}
		uses = uses[:len(uses)/10]
	}
	reported := reports(t, uses)
	for i, u := range uses {
		u.compare(t, reported[i])
	}
	t.Logf("%d expressions", len(uses))
}

// reports returns whether the checker reports each of the expressions.
func reports(t *testing.T, uses []use) []bool {
	var files []txtar.File
	for i, u := range uses {
		files = append(files, txtar.File{Name: fmt.Sprintf("use%d.sync", i), Data: []byte(u.sync(i))})
	}
	archive := &txtar.Archive{Files: append(files, txtar.File{Name: "things.concept", Data: []byte(operandConcept)})}
	addRequesting(archive)
	trees, opt, found := read(t, archive)
	ds := check.CheckApart(trees, opt)
	byFile := map[string]bool{}
	for _, d := range append(found, ds...) {
		byFile[d.Span.File.Name] = byFile[d.Span.File.Name] || d.Code != diag.Unused
	}
	list := make([]bool, len(uses))
	for i := range uses {
		list[i] = byFile[files[i].Name]
	}
	return list
}

// A use is an expression over operands.
type use struct {
	text string
	with []operand
}

// sync is a sync that computes the expression.
func (u use) sync(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "sync S%d\nwhen\n    Requesting.request (path: \"/x\", thing) : (request)\nwhere\n", i)
	seen := map[string]bool{}
	for _, o := range u.with {
		if !seen[o.name] {
			b.WriteString(o.lines())
		}
		seen[o.name] = true
	}
	fmt.Fprintf(&b, "    result is %s\nthen\n    Requesting.respond (request, result)\n", u.text)
	return b.String()
}

// compare compares what the checker says of an expression with what the evaluation does.
func (u use) compare(t *testing.T, reported bool) {
	e, err := expression.Parse(u.text)
	if err != nil {
		if !reported {
			t.Errorf("%s does not parse, and the checker accepts it: %v", u.text, err)
		}
		return
	}
	fails := ""
	each(u.with, map[string]value.Value{}, func(with map[string]value.Value) {
		names := e.Variables()
		_, err := e.Eval(func(i int) value.Value {
			if names[i] == expression.Now {
				return value.Time(time.Unix(1893456000, 0))
			}
			return with[names[i]]
		})
		if err != nil && !slices.ContainsFunc(dependsOnValue, func(s string) bool { return strings.Contains(err.Error(), s) }) {
			fails = err.Error()
		}
	})
	if fails != "" && !reported {
		t.Errorf("%s is accepted, but it can fail: %s", u.text, fails)
	}
}

// each calls do with each combination of the operands' values.
func each(list []operand, with map[string]value.Value, do func(map[string]value.Value)) {
	if len(list) == 0 {
		do(with)
		return
	}
	if _, given := with[list[0].name]; given {
		each(list[1:], with, do)
		return
	}
	for _, v := range list[0].values {
		with[list[0].name] = v
		each(list[1:], with, do)
	}
	delete(with, list[0].name)
}

// usesOf puts operands in the place of a and b in a form. Other operands may be named.
func usesOf(form string, all []operand) []use {
	var uses []use
	pair := words.MatchString(form) && slices.Contains(words.FindAllString(form, -1), "b")
	for _, a := range all {
		seconds := all
		if !pair {
			seconds = all[:1]
		}
		for _, b := range seconds {
			u := use{}
			u.text = words.ReplaceAllStringFunc(form, func(word string) string {
				for _, o := range append([]operand{{name: "a"}, {name: "b"}}, all...) {
					if o.name != word {
						continue
					}
					switch word {
					case "a":
						o = a
					case "b":
						o = b
					}
					u.with = append(u.with, o)
					return o.name
				}
				return word
			})
			uses = append(uses, u)
		}
	}
	return uses
}

// words are the names in a form, but not fields after a dot or texts.
var words = regexp.MustCompile(`"[^"]*"|[.#]?[a-zA-Z]+`)

// callForms are calls of a function with operands in each place.
func callForms(f expression.Function) []string {
	if forms, ok := map[string][]string{
		"date":       {"date(a, \"UTC\")", "date(now, a)"},
		"weekday":    {"weekday(a, \"UTC\")", "weekday(now, a)"},
		"startOf":    {"startOf(a, now, \"UTC\")", "startOf(\"day\", a, \"UTC\")", "startOf(\"day\", now, a)"},
		"replace":    {"replace(a, \"x\", \"y\")", "replace(\"x\", a, \"y\")", "replace(\"x\", \"x\", a)", "replace(\"x\", \"x\", \"y\", a)"},
		"reduce":     {"reduce(a, #acc)", "reduce(a, #, 0)", "reduce(a, #acc + #)", "reduce(a, #acc + #, 0)", "reduce(a, #acc + #, \"x\")", "reduce(a, #acc + .number, 0)", "reduce(a, # + 1, b)"},
		"sortBy":     {"sortBy(a, #)", "sortBy(a, .number)", "sortBy(a, #, \"desc\")", "sortBy(numbers, #, a)", "sortBy(a, b)", "sortBy(a, {text: #})"},
		"sort":       {"sort(a)", "sort(a, \"desc\")", "sort(numbers, a)"},
		"trim":       {"trim(a)", "trim(\"x\", a)"},
		"join":       {"join(a)", "join(a, \", \")", "join(texts, a)"},
		"split":      {"split(a, b)", "split(\"x\", \"x\", a)"},
		"splitAfter": {"splitAfter(a, b)", "splitAfter(\"x\", \"x\", a)"},
		"min":        {"min(a)", "min(a, b)", "min([a, b])", "min(1, a, b)"},
		"max":        {"max(a)", "max(a, b)", "max([a, b])"},
		"concat":     {"concat(a)", "concat(a, b)"},
		"sum":        {"sum(a)", "sum(a, .number)", "sum(a, #)", "sum(a, b)", "sum(a, len(#))"},
		"count":      {"count(a)", "count(a, # == 1)", "count(a, #)", "count(a, b)"},
	}[f.Name]; ok {
		return forms
	}
	if expression.TakesPredicate(f.Name) {
		var forms []string
		for _, each := range []string{"#", "# == 1", "# > 1", "#.text == \"x\"", ".text", ".missing", "len(#) > 1", "b", "not #", "# + 1 > 2"} {
			forms = append(forms, f.Name+"(a, "+each+")")
		}
		return forms
	}
	var forms []string
	if f.Min <= 1 {
		forms = append(forms, f.Name+"(a)")
	}
	if f.Min <= 2 && f.Max != 1 {
		forms = append(forms, f.Name+"(a, b)")
	}
	return forms
}

// Only values that can be equal may be compared. The kinds are those of the operands.
func TestComparisonsAreTyped(t *testing.T) {
	equal := map[string]string{ // the second operands that may be compared with the first
		"owner": "owner", "text": "text date kind maybeText", "number": "number maybeNumber", "flag": "flag maybeFlag", "date": "text date maybeText",
		"moment": "moment maybeMoment", "kind": "text kind maybeText", "data": "data", "texts": "texts", "numbers": "numbers", "flags": "flags",
		"moments": "moments", "owners": "owners", "records": "records", "lists": "lists", "record": "record", "maybeText": "text date kind maybeText",
		"maybeNumber": "number maybeNumber", "maybeFlag": "flag maybeFlag", "maybeMoment": "moment maybeMoment",
	}
	var uses []use
	var want []bool
	for _, a := range operands() {
		for _, b := range operands() {
			ok := slices.Contains(strings.Fields(equal[a.name]), b.name)
			for _, form := range []string{"%s == %s", "%s != %s", "%s in [%s]", "[%s] == [%s]", "{x: %s} == {x: %s}"} {
				uses = append(uses, use{fmt.Sprintf(form, a.name, b.name), []operand{a, b}})
				want = append(want, ok || strings.HasPrefix(form, "{") && (strings.HasPrefix(a.name, "maybe") || strings.HasPrefix(b.name, "maybe")))
			}
		}
		for literal, names := range map[string]string{
			`"RED"`: "text kind maybeText", `"red"`: "text maybeText", `"2030-01-31"`: "text date maybeText", `"31.1.2030"`: "text maybeText",
			"1": "number maybeNumber", "true": "flag maybeFlag", "now": "moment maybeMoment", "null": strings.Join(slices.Sorted(maps.Keys(equal)), " "),
			"[]": "texts numbers flags moments owners records lists", "{text: 1}": "", `{text: "x"}`: "record",
		} {
			ok := slices.Contains(strings.Fields(names), a.name)
			uses = append(uses, use{a.name + " == " + literal, []operand{a}}, use{literal + " != " + a.name, []operand{a}}, use{a.name + " in [" + literal + "]", []operand{a}})
			want = append(want, ok, ok, ok)
		}
	}
	reported := reports(t, uses)
	for i, u := range uses {
		if reported[i] == want[i] {
			t.Errorf("%s: reported is %v", u.text, reported[i])
		}
	}
}

// The texts of the language have “#” for the item of a list where the expressions have it.
func TestItemFunctions(t *testing.T) {
	for _, f := range expression.Functions() {
		if syntax.ItemFunction(f.Name) != expression.TakesPredicate(f.Name) {
			t.Errorf("%s: for the texts, it computes something for each item: %v", f.Name, syntax.ItemFunction(f.Name))
		}
	}
}
