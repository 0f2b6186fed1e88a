package expression

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/value"
)

// eval computes an expression with variables given by name.
func eval(t *testing.T, text string, with map[string]value.Value) (value.Value, error) {
	t.Helper()
	e, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	names := e.Variables()
	return e.Eval(func(i int) value.Value { return with[names[i]] })
}

func TestEval(t *testing.T) {
	with := map[string]value.Value{
		"n": value.Number(3), "half": value.Number(0.5), "s": value.String("ann"), "count": value.Number(2), "nothing": value.Null,
		"list": value.List([]value.Value{value.Number(2), value.Number(1)}),
		"rec":  value.Record([]value.Field{{Name: "b", Value: value.Number(1)}, {Name: "a", Value: value.String("x")}}),
	}
	for text, want := range map[string]string{
		`n`:                                `3`,
		`n + 1`:                            `4`,
		`n % 2 == 1`:                       `true`,
		`n / 2`:                            `1.5`,
		`half + n`:                         `3.5`,
		`"Hello " + s`:                     `"Hello ann"`,
		`{z: n, a: [s, null], "b c": rec}`: `{"z":3,"a":["ann",null],"b c":{"b":1,"a":"x"}}`,
		`rec.a`:                            `"x"`,
		`nothing == null`:                  `true`,
		`nothing ?? "none"`:                `"none"`,
		`count > 1 and len(list) == 2`:     `true`,
		`sort(list)`:                       `[1,2]`,
		`filter(list, {# > 1})`:            `[2]`,
		`s matches "^a"`:                   `true`,
		`{a: {b: n + 1}}`:                  `{"a":{"b":4}}`,
		// brackets before an item, a part or a field stay where they are
		`(s + "bel")[2:5]`:          `"nbe"`,
		`(nothing ?? rec).a`:        `"x"`,
		`(n > 5 ? nothing : rec).a`: `"x"`,
		`(rec.b + n) * 2`:           `8`,
		`-(n + 1)`:                  `-4`,
		`not (n > 1 and half > 1)`:  `true`,
		`(list ?? [])[1]`:           `1`,
		`len((1..3)[1:2])`:          `1`,
		`map(list, (# + n) * 2)[0]`: `10`,
	} {
		got, err := eval(t, text, with)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.String() != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestVariables(t *testing.T) {
	e, err := Parse(`{x: a, b, y: map(list, {#.c + k}), z: now, w: new, v: null, ...c}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Variables(), []string{"a", "b", "list", "k", "now", "new", "c"}; !slices.Equal(got, want) {
		t.Errorf("the variables are %v, want %v", got, want)
	}
}

func TestEvalErrors(t *testing.T) {
	if v, err := eval(t, `a + b`, map[string]value.Value{"a": value.Number(1), "b": value.String("x")}); err == nil {
		t.Errorf("a number and a text add up to %s", v)
	}
	if v, err := eval(t, `1 / n`, map[string]value.Value{"n": value.Number(0)}); err == nil {
		t.Errorf("one divided by zero is %s", v)
	}
}

func TestSecretStaysSecret(t *testing.T) {
	with := map[string]value.Value{"p": value.Secret(value.String("hunter2")), "q": value.String("x")}
	for _, text := range []string{`p`, `p + q`, `{a: p}`, `[p]`, `upper(p)`, `{a: q + p}`} {
		v, err := eval(t, text, with)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if !v.HoldsSecret() || strings.Contains(strings.ToLower(v.String()), "hunter2") {
			t.Errorf("%s is %s, which shows the secret", text, v)
		}
	}
	if v, err := eval(t, `p == "hunter2"`, with); err != nil || v.String() != "true" {
		t.Errorf("comparing a secret gives %s, %v", v, err)
	}
	if _, err := eval(t, `int(p)`, with); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("an error must not show the secret: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a + 1`, `{a: b, c: [1]}`, `{a, ...b, (c): d}`, `map(list, {#.a})`, `a ? b : c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			var at *Error
			if !errors.As(err, &at) || at.Offset < 0 || at.Offset > len(text) {
				t.Fatalf("%q: %v has no place in the text", text, err)
			}
			return
		}
		first, err1 := e.Eval(func(int) value.Value { return value.Number(1) })
		second, err2 := e.Eval(func(int) value.Value { return value.Number(1) })
		if (err1 == nil) != (err2 == nil) || !value.Equal(first, second) {
			t.Fatalf("%q gives %v, then %v", text, first, second)
		}
	})
}
