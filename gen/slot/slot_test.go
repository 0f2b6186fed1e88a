package slot

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/legible-lang/legible/value"
)

// However long a list is, its set is what a plain search leaves.
func TestDistinct(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		var items []string
		for range n {
			items = append(items, fmt.Sprint(random.IntN(12)))
		}
		var want []string
		for _, x := range items {
			if !slices.Contains(want, x) {
				want = append(want, x)
			}
		}
		list := OfList(items, value.String)
		if got := Set(list, Text); !slices.Equal(got, want) {
			t.Errorf("the set of %v reads as %v", items, got)
		}
		if got := List(OfSet(items, value.String), Text); !slices.Equal(got, want) {
			t.Errorf("the set of %v is written as %v", items, got)
		}
		if got := List(list, Text); !slices.Equal(got, items) {
			t.Errorf("reading the set of %v changed the list to %v", items, got)
		}
	}
}

func TestAbsence(t *testing.T) {
	for _, v := range []value.Value{{}, value.Null} {
		if Maybe(v, Text) != nil || List(v, Text) != nil || Set(v, Text) != nil || Blob(v) != nil {
			t.Errorf("%v reads as something", v.Kind())
		}
	}
	empty := value.List(nil)
	if x := List(empty, Text); x == nil || len(x) != 0 {
		t.Errorf("an empty list reads as %v, want one that is empty and there", x)
	}
	if x := Set(empty, Text); x == nil || len(x) != 0 {
		t.Errorf("an empty set reads as %v, want one that is empty and there", x)
	}
	for what, v := range map[string]value.Value{
		"text": OfMaybe(nil, value.String), "list": OfMaybeList(nil, value.String),
		"set": OfMaybeSet(nil, value.String), "blob": OfBlob(nil), "anything": OrNull(value.Value{}),
	} {
		if v.Kind() != value.NullKind {
			t.Errorf("no %s is written as %v", what, v.Kind())
		}
	}
}

// A value of another kind ends the action; it does not become an empty one.
func TestWrongKinds(t *testing.T) {
	number, text := value.Number(1), value.String("x")
	for what, read := range map[string]func(){
		"Text":   func() { Text(number) },
		"Number": func() { Number(text) },
		"Flag":   func() { Flag(number) },
		"Moment": func() { Moment(number) },
		"Secret": func() { Secret(number) },
		"Blob":   func() { Blob(text) },
		"List":   func() { List(text, Text) },
		"item":   func() { List(value.List([]value.Value{number}), Text) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s read a value of another kind", what)
				}
			}()
			read()
		}()
	}
}
