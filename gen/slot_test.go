package gen_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/legible-lang/legible/gen/slot"
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
		list := slot.OfList(items, value.String)
		if got := slot.Set(list, slot.Text); !slices.Equal(got, want) {
			t.Errorf("the set of %v reads as %v", items, got)
		}
		if got := slot.List(slot.OfSet(items, value.String), slot.Text); !slices.Equal(got, want) {
			t.Errorf("the set of %v is written as %v", items, got)
		}
		if got := slot.List(list, slot.Text); !slices.Equal(got, items) {
			t.Errorf("reading the set of %v changed the list to %v", items, got)
		}
	}
}

func TestAbsence(t *testing.T) {
	for _, v := range []value.Value{{}, value.Null} {
		if slot.Maybe(v, slot.Text) != nil || slot.List(v, slot.Text) != nil || slot.Set(v, slot.Text) != nil || slot.Blob(v) != nil {
			t.Errorf("%v reads as something", v.Kind())
		}
	}
	empty := value.List(nil)
	if x := slot.List(empty, slot.Text); x == nil || len(x) != 0 {
		t.Errorf("an empty list reads as %v, want one that is empty and there", x)
	}
	if x := slot.Set(empty, slot.Text); x == nil || len(x) != 0 {
		t.Errorf("an empty set reads as %v, want one that is empty and there", x)
	}
	for what, v := range map[string]value.Value{
		"text": slot.OfMaybe(nil, value.String), "list": slot.OfMaybeList(nil, value.String),
		"set": slot.OfMaybeSet(nil, value.String), "blob": slot.OfBlob(nil), "anything": slot.OrNull(value.Value{}),
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
		"Text":   func() { slot.Text(number) },
		"Number": func() { slot.Number(text) },
		"Flag":   func() { slot.Flag(number) },
		"Moment": func() { slot.Moment(number) },
		"Secret": func() { slot.Secret(number) },
		"Blob":   func() { slot.Blob(text) },
		"List":   func() { slot.List(text, slot.Text) },
		"item":   func() { slot.List(value.List([]value.Value{number}), slot.Text) },
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
