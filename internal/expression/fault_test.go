package expression

import (
	"errors"
	"math/rand"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/legible-lang/legible/value"
)

// Each fault is told in our words, and what is wrong stands between ‹ and ›.
func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		`n ‹+›`:                      "a value is missing after “+”",
		`n + ‹*› 2`:                  "a value is expected after “+”, not “*”",
		`‹*› 2`:                      "an expression cannot begin with “*”",
		`a ‹b›`:                      "between “a” and “b” an operator is missing",
		`a ‹is› b`:                   "“is” is not an operator: did you mean “==”?",
		`a ‹adn› b`:                  "“adn” is not an operator: did you mean “and”?",
		`a ‹startWith› "x"`:          "“startWith” is not an operator: did you mean “startsWith”?",
		`a ‹=› b`:                    "“=” does not compare: write “==”",
		`a ‹&› b`:                    "“&” has no meaning here: write “and” or “or”",
		`‹contains›(a, b)`:           "“contains” belongs between two values, as in “a contains b”",
		`x.‹y›()`:                    "only the functions of the expression language can be called",
		`x‹.› + 1`:                   "the name of a field is expected after “.”",
		`upper‹(›s`:                  "this “(” is not closed",
		`[1, {a: 1‹]›`:               "“]” cannot close “{”",
		`len(s)‹)› > 1`:              "there is nothing open that “)” could close",
		`s == ‹"abc›`:                "this text is not closed: “\"” is missing at its end",
		`"ä" + ‹§›`:                  "“§” has no meaning in an expression",
		`n + ‹1abc›`:                 "“1abc” is not a number",
		`n + ‹99999999999999999999›`: "“99999999999999999999” is too large for a number",
		`{‹+›: 1}`:                   "the name of a field is expected here, not “+”",
		`a ?? b ‹==› c`:              "“??” and “==” can be combined only with brackets that say which comes first",
		`‹lenn›(x)`:                  "unknown function “lenn”; did you mean “len”?",
		`1 + ‹size›(x)`:              "unknown function “size”; write “len(…)”",
		`‹frobnicate›(x)`:            "unknown function “frobnicate”",
		`1 + ‹keys›(rec)`:            "unknown function “keys”: its result would not depend on its arguments alone",
		`‹now›()`:                    "unknown function “now”: its result would not depend on its arguments alone",
		`‹$env›`:                     "“$env” is not part of the language: name the variables",
		`1 + ‹len›()`:                "“len” takes 1 value, and here is none",
		`‹split›(s)`:                 "“split” takes 2 or 3 values, and here is 1",
		`a + ‹len›(s, t)`:            "“len” takes 1 value, and here are 2",
		`‹filter›(list)`:             "“filter” takes 2 values, and here is 1",
		`[‹filter›(list, {.a}, 3)]`:  "“filter” takes 2 values; here are more",
		`‹max›()`:                    "“max” takes at least 1 value, and here is none",
		`‹date›(a, b, c, d)`:         "“date” takes 2 values, and here are 4",
		`{a: [x, 1 ‹+› "x"]}`:        "“+” cannot be used between a number and a text",
		`x and 1 ‹<› "x"`:            "“<” cannot be used between a number and a text",
		`‹-›"x"`:                     "“-” cannot be used before a text",
		`1 + ‹len›(5)`:               "“len” does not take a number",
		`"ä" + upper(‹5›)`:           "“upper” takes a text here, but this is a number",
		`filter(‹"x"›, {.a})`:        "“filter” takes a list, but this is a text",
		`filter(list, ‹{›5})`:        "the condition for each item must be true or false, but this is a number",
		`‹5› ? a : b`:                "a condition must be true or false, but this is a number",
		`[1, 2][‹"x"›]`:              "a whole number selects an item of a list, but this is a text",
		`‹let› k = 1; k`:             "“let” is not part of the language: give the value a name in a line of its own, “x is …”",
		`a‹;› b`:                     "an expression is one value: “;” is not part of the language",
		`a ‹|› len()`:                "“|” has no meaning here: write “or” between conditions, and “f(x)” to call a function",
		`a + ‹// b›`:                 "an expression has no comments: a comment is a line that begins with “#”",
		`a + ‹b"x"›`:                 "a text begins with a quotation mark, without a letter before it",
		`if ‹a› { b } else { c }`:    "“if” is not part of an expression: write “condition ? value : other”",
		`‹type›(a)`:                  "unknown function “type”",
		`{a, ‹a›}`:                   "the record has two fields “a”",
		`{a, ...b, ‹"a"›: c}`:        "the record has two fields “a”",
		`{a, ‹true›}`:                "the name of a field is missing before “true”, as in “name: true”",
		`{‹"a b"›}`:                  "the field “a b” has no value: a name in quotation marks needs one, as in “\"a b\": …”",
		`{‹user›.name}`:              "the value that begins with “user” needs a name in the record, as in “name: …”",
		`{a, ‹...›}`:                 "a record is missing after “...”",
		`map(list, ‹{a}›)`:           "“{a}” may be a record or a value here: write “{a: a}” for the record, or “a” for the value",
		`{a, b: +‹}›`:                "a value is expected after “+”, not “}”",
		`{ä, b: 1 ‹+› "x"}`:          "“+” cannot be used between a number and a text",
		`{...ä, (b): 1 ‹+› "x", c}`:  "“+” cannot be used between a number and a text",
		`‹given›(1)`:                 "“given” asks about a variable, as in “given(name)”",
		`‹given›(a.b)`:               "“given” asks about a variable, as in “given(name)”",
	} {
		at, end := strings.Index(text, "‹"), strings.Index(text, "›")-len("‹")
		plain := strings.NewReplacer("‹", "", "›", "").Replace(text)
		_, err := Parse(plain)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want an error with a place", text, err)
			continue
		}
		if e.Message != want || e.Offset != at || e.End != end {
			t.Errorf("%s: %q at %d to %d (%q), want %q at %d to %d", text, e.Message, e.Offset, e.End, plain[e.Offset:e.End], want, at, end)
		}
	}
}

// foreign is what only the library would say.
var foreign = regexp.MustCompile(`interface|unexpected|builtin|%!|float64|\bint\b|\bbool\b|\bnil\b|EOF|Operator|Identifier|predicate|cannot be computed|cannot be read`)

// No wrong expression, and no failing one, is answered in the library's words.
func TestOurWords(t *testing.T) {
	atoms := []string{`x`, `"a"`, `1`, `1.5`, `true`, `null`, `[1,2]`, `{a: 1}`, `list`, `now`, `#`, `.a`, `99999999999999999999`, `"abc`, `'`, `0x`, `1e`,
		"`raw", "§", "\\", `"\q"`, "1_", "a b", "$env", "1abc", "@", "1..3", "/* a", "=", "let", "x?.y", "''"}
	ops := []string{"+", "-", "*", "/", "%", "**", "==", "!=", "<", ">=", "and", "or", "&&", "in", "not in", "contains", "startsWith", "matches", "??", "..",
		"|", "&", "=", "=>", "===", "<>", "!", "is", "not", "|>", "::", ":=", "++", "..."}
	names := []string{"lenn", "size", "now", "keys", "contains", "if"}
	for _, f := range Functions() {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	r := rand.New(rand.NewSource(1))
	pick := func(list []string) string { return list[r.Intn(len(list))] }
	var some func(depth int) string
	some = func(depth int) string {
		if depth == 0 {
			return pick(atoms)
		}
		switch r.Intn(12) {
		case 0, 1, 2:
			return some(depth-1) + " " + pick(ops) + " " + some(depth-1)
		case 3, 4, 5, 6:
			var args []string
			for range r.Intn(4) {
				args = append(args, some(depth-1))
			}
			return pick(names) + "(" + strings.Join(args, ", ") + strings.Repeat(")", min(1, r.Intn(8)))
		case 7:
			return some(depth-1) + "[" + some(depth-1) + "]"
		case 8:
			return some(depth-1) + "." + some(0)
		case 9:
			return some(depth-1) + " ? " + some(depth-1) + " : " + some(depth-1)
		case 10:
			return "{" + pick(atoms) + ", ..." + some(depth-1) + ", (" + some(0) + "): " + some(depth-1) + "}"
		}
		return "(" + some(depth-1) + ")[" + some(0) + ":" + some(0) + "]"
	}
	values := []value.Value{value.Number(2), value.String("a"), value.Null, value.Flag(true), value.List([]value.Value{value.String("x"), value.Number(7)}),
		value.Record([]value.Field{{Name: "a", Value: value.Number(1)}})}
	rounds := 20_000
	if testing.Short() {
		rounds = 4_000
	}
	for range rounds {
		text := some(1 + r.Intn(2))
		e, err := Parse(text)
		if err != nil {
			var at *Error
			if !errors.As(err, &at) || at.Offset < 0 || at.Offset > at.End || at.End > len(text) {
				t.Fatalf("%s: %v has no place in the text", strconv.Quote(text), err)
			}
			said := regexp.MustCompile(`“[^”]*”`).ReplaceAllString(at.Message, "")
			if foreign.MatchString(said) {
				t.Errorf("%s: %s", text, at.Message)
			}
			continue
		}
		_, err = e.Eval(func(i int) value.Value { return values[(i+r.Intn(len(values)))%len(values)] })
		if err != nil && foreign.MatchString(regexp.MustCompile(`“[^”]*”`).ReplaceAllString(err.Error(), "")) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
