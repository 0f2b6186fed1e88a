package gen_test

import (
	"reflect"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/value"
)

// TestOptional gives an action inputs that are “or null”: each with a value, null and
// not at all.
func TestOptional(t *testing.T) {
	app, _ := openForm(t)
	values := map[string]value.Value{
		"name": value.String("n"), "size": value.Number(1), "done": value.Flag(true), "moment": value.Time(formMoment()),
		"token": value.String("t"), "scan": value.Binary(formBlob()), "extra": value.String("e"), "author": value.String("a"),
		"mood": value.String("BAD"), "labels": value.List(nil), "steps": value.List([]value.Value{value.String("s")}),
	}
	order := []string{"name", "size", "done", "moment", "token", "scan", "extra", "author", "mood", "labels", "steps"}
	for i := range order {
		var in []legible.Field
		given, null := []string{}, []string{}
		for n, name := range order {
			switch (n + i) % 3 {
			case 0:
				in, given = append(in, legible.Field{Name: name, Value: values[name]}), append(given, name)
			case 1:
				in, null = append(in, legible.Field{Name: name, Value: value.Null}), append(null, name)
			}
		}
		out, err := app.Ask(t.Context(), "Forming.change", in...)
		if err != nil || out.Fault != nil {
			t.Fatalf("%v, %v", out.Fault, err)
		}
		for n, want := range [][]string{given, null} {
			got := []string{}
			for _, x := range out.Out[n].Value.Items() {
				text, _ := x.Text()
				got = append(got, text)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s are %q, want %q", out.Out[n].Name, got, want)
			}
		}
	}
}

// TestOptionalOr updates a field with an input.
func TestOptionalOr(t *testing.T) {
	was, now := new("was"), new("now")
	for _, x := range []struct {
		in   legible.Optional[*string]
		want *string
	}{{legible.Optional[*string]{}, was}, {legible.Optional[*string]{Given: true}, nil}, {legible.Optional[*string]{Given: true, Value: now}, now}} {
		if got := x.in.Or(was); got != x.want {
			t.Errorf("%+v gives %v", x.in, got)
		}
	}
}
