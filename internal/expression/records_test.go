package expression

import (
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/value"
)

func record(fields ...value.Field) value.Value { return value.Record(fields) }

func TestRecords(t *testing.T) {
	with := map[string]value.Value{
		"slug": value.String("s"), "title": value.String("t"), "nothing": value.Null, "field": value.String("email"), "ä": value.Number(1),
		"listed": record(value.Field{Name: "slug", Value: value.String("old")}, value.Field{Name: "body", Value: value.String("b")}),
		"users":  value.List([]value.Value{record(value.Field{Name: "name", Value: value.String("ann")})}),
	}
	for text, want := range map[string]string{
		`{slug}`:                                     `{"slug":"s"}`,
		`{slug, title: "x", ä}`:                      `{"slug":"s","title":"x","ä":1}`,
		`{...listed, title, slug}`:                   `{"slug":"s","body":"b","title":"t"}`,
		`{title, slug, ...listed}`:                   `{"title":"t","slug":"old","body":"b"}`,
		`{...nothing, slug}`:                         `{"slug":"s"}`,
		`{(field): [title]}`:                         `{"email":["t"]}`,
		`{errors: {(field ?? "body"): [title]}}`:     `{"errors":{"email":["t"]}}`,
		`{slug: {slug, ...{title}}}`:                 `{"slug":{"slug":"s","title":"t"}}`,
		`map(users, {...#, slug})`:                   `[{"name":"ann","slug":"s"}]`,
		`map(users, {name: .name, (field): 1})`:      `[{"email":1,"name":"ann"}]`,
		`map(users, {{...#, slug}})`:                 `[{"name":"ann","slug":"s"}]`,
		`map(users, {.name})`:                        `["ann"]`,
		`map(users, {#.name + slug})`:                `["anns"]`,
		`map(users, {a: .name}.a)`:                   `["ann"]`,
		`len(title) == 1 ? {slug} : {...listed}`:     `{"slug":"s"}`,
		`{slug}.slug`:                                `"s"`,
		`[{slug}, {title}][1]`:                       `{"title":"t"}`,
		`{"slug": title, "a b": 1,}`:                 `{"slug":"t","a b":1}`,
		`map(users, {  name  : .name , ...nothing})`: `[{"name":"ann"}]`,
	} {
		if got, err := eval(t, text, with); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.String() != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`{...slug}`:                "“...” takes a record, and this is a text",
		`{...users}`:               "“...” takes a record, and this is a list",
		`{(ä): 1}`:                 "the name of a field is a text, and this is a number",
		`{(nothing): 1}`:           "the name of a field is a text, and this is null",
		`map(users, {...slug})`:    "“...” takes a record, and this is a text",
		`map(users, {(ä): .name})`: "the name of a field is a text, and this is a number",
	} {
		if got, err := eval(t, text, with); err == nil || err.Error() != want {
			t.Errorf("%s gives %v, %v; want %q", text, got, err, want)
		}
	}
}

// The parts of a secret record are secret, and so is a record with a secret name.
func TestSecretRecords(t *testing.T) {
	with := map[string]value.Value{"p": value.Secret(value.String("hunter2")),
		"r": value.Secret(record(value.Field{Name: "a", Value: value.String("hunter2")}))}
	for _, text := range []string{`{p}`, `{...r}`, `{(p): 1}`, `{b: 1, ...{p}}`, `map([1], {...r, b: #})`, `map([1], {(p): #})`} {
		v, err := eval(t, text, with)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if !v.HoldsSecret() || strings.Contains(v.String(), "hunter2") {
			t.Errorf("%s is %s, which shows the secret", text, v)
		}
	}
}

// Each name of a shape stands where the text has it.
func TestShapeOffsets(t *testing.T) {
	text := `{ä, slug, ...listed, (field): [error], n: {title}}`
	e, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	var look func(s *Shape)
	look = func(s *Shape) {
		if s.Form == VariableForm {
			found++
			if !strings.HasPrefix(text[s.Offset:], s.Name) {
				t.Errorf("%s is at %d, where the text has %q", s.Name, s.Offset, text[s.Offset:])
			}
		}
		for _, p := range s.Parts {
			look(p)
		}
	}
	look(e.Shape())
	if found != 6 {
		t.Errorf("the shape has %d variables, want 6", found)
	}
}

func TestTimes(t *testing.T) {
	at := func(text string) value.Value {
		v, ok := value.ParseMoment(text)
		if !ok {
			t.Fatal(text)
		}
		return v
	}
	with := map[string]value.Value{
		"now": at("2030-03-31T00:30:00.000Z"), "due": at("2030-04-01T00:30:00.500Z"), "zone": value.String("Europe/Berlin"),
		"day": value.Number(24 * 60 * 60), "text": value.String("x"),
	}
	for text, want := range map[string]string{
		`now + duration("24h")`:                   `"2030-04-01T00:30:00.000Z"`,
		`duration("24h") + now`:                   `"2030-04-01T00:30:00.000Z"`,
		`now + day`:                               `"2030-04-01T00:30:00.000Z"`,
		`due - now`:                               `86400.5`,
		`now - duration("1h30m")`:                 `"2030-03-30T23:00:00.000Z"`,
		`duration("90s")`:                         `90`,
		`duration("1.5s") * 2`:                    `3`,
		`now + (due - now) == due`:                `true`,
		`due - now > duration("24h")`:             `true`,
		`date(now, zone)`:                         `"2030-03-31"`,
		`date(now, "America/New_York")`:           `"2030-03-30"`,
		`weekday(now, zone)`:                      `"Sunday"`,
		`weekday(now, "America/New_York")`:        `"Saturday"`,
		`startOf("day", now, zone)`:               `"2030-03-30T23:00:00.000Z"`,
		`startOf("day", due, zone)`:               `"2030-03-31T22:00:00.000Z"`,
		`startOf("week", now, zone)`:              `"2030-03-24T23:00:00.000Z"`,
		`startOf("month", now, zone)`:             `"2030-02-28T23:00:00.000Z"`,
		`startOf("year", now, "UTC")`:             `"2030-01-01T00:00:00.000Z"`,
		`startOf("hour", now, "Asia/Kolkata")`:    `"2030-03-31T00:30:00.000Z"`,
		`min(now, due)`:                           `"2030-03-31T00:30:00.000Z"`,
		`max([now, due])`:                         `"2030-04-01T00:30:00.500Z"`,
		`min(3, 1.5, 2)`:                          `1.5`,
		`max([])`:                                 `null`,
		`{date: date(now, zone), min: min(1, 2)}`: `{"date":"2030-03-31","min":1}`,
		`map([now, due], date(#, zone))`:          `["2030-03-31","2030-04-01"]`,
	} {
		if got, err := eval(t, text, with); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.String() != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`duration(text)`:               "“x” is not a duration such as \"90s\", \"15m\" or \"24h\"",
		`date(now, text)`:              "“x” is not a time zone such as \"UTC\" or \"Europe/Berlin\"",
		`date(now, "Local")`:           "“Local” is not a time zone such as \"UTC\" or \"Europe/Berlin\"",
		`date(text, zone)`:             "“date” takes a time, and this is a text",
		`startOf("decade", now, zone)`: "the unit of “startOf” is \"hour\", \"day\", \"week\", \"month\" or \"year\", and this is “decade”",
		`now + text`:                   "“+” adds a number of seconds to a time, and this is a text",
		`now + due`:                    "“+” adds a number of seconds to a time, and this is a time",
		`day - now`:                    "“-” subtracts a time from a time only, and this is a number",
		`min(now, day)`:                "“min” cannot compare a time with a number",
		`now + day * 1000000000`:       "the time is too far away",
	} {
		if got, err := eval(t, text, with); err == nil || err.Error() != want {
			t.Errorf("%s gives %v, %v; want %q", text, got, err, want)
		}
	}
	if _, err := time.LoadLocation("Europe/Berlin"); err != nil {
		t.Error(err)
	}
}

func TestGiven(t *testing.T) {
	with := map[string]value.Value{"null": value.Null, "a": value.Null, "c": value.Number(1)} // b is absent
	for text, want := range map[string]string{
		`given(a)`: `true`, `given(b)`: `false`, `given(c)`: `true`, `given(b) or a == null`: `true`,
		`given(b) ? b : "none"`: `"none"`, `{a: given(a), b: given(b)}`: `{"a":true,"b":false}`,
	} {
		if got, err := eval(t, text, with); err != nil || got.String() != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
}

// A function of the language has the name that its signature begins with.
func TestFunctions(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions() {
		if seen[f.Name] || !strings.HasPrefix(f.Signature, f.Name+"(") || f.Doc == "" {
			t.Errorf("the function %q is wrong", f.Name)
		}
		seen[f.Name] = true
	}
}

func TestGroupBy(t *testing.T) {
	texts := value.List([]value.Value{value.String("b"), value.String("a"), value.String("b")})
	with := map[string]value.Value{"texts": texts, "numbers": value.List([]value.Value{value.Number(1)})}
	for text, want := range map[string]string{
		`groupBy(texts, #)`:                       `{"a":["a"],"b":["b","b"]}`,
		`groupBy(texts, #)["b"]`:                  `["b","b"]`,
		`len(groupBy(texts, upper(#)))`:           `2`,
		`{...groupBy(texts, #), c: 1}`:            `{"a":["a"],"b":["b","b"],"c":1}`,
		`map(["x"], groupBy(texts, #))[0].a`:      `["a"]`,
		`get(groupBy(texts, #), "a")`:             `["a"]`,
		`groupBy(numbers, string(#))["1"][0] + 1`: `2`,
	} {
		got, err := eval(t, text, with)
		if err != nil || got.String() != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := eval(t, `groupBy(numbers, #)`, with); err == nil || err.Error() != "“groupBy” groups by a text, and this is a number" {
		t.Errorf("groups of numbers: %v", err)
	}
}
