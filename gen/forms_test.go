package gen_test

import (
	"errors"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/trial"
	"github.com/legible-lang/legible/gen/internal/forms"
	"github.com/legible-lang/legible/value"
)

func openForm(t *testing.T) (*trial.App, *forms.Concept) {
	t.Helper()
	var c *forms.Concept
	app := trial.Open(t, func() legible.Concept {
		return forms.Define(func(s *forms.State) forms.Actions {
			c = &forms.Concept{State: s}
			return c
		})
	})
	return app, c
}

func formMoment() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 6_000_000, time.UTC) }

func formBlob() *legible.Blob { return &legible.Blob{Hash: [32]byte{1}, Size: 3, Type: "text/plain"} }

// fullForm has something in every field.
func fullForm() forms.FormRow {
	pin := legible.SecretOf("pin").Digest()
	return forms.FormRow{
		Author: "ann", Name: "n", Size: 2.5, Done: true, Day: "2030-01-02", Moment: formMoment(),
		Token: legible.SecretOf("token").Digest(), Scan: formBlob(), Extra: value.List([]value.Value{value.Number(1)}),
		Status: forms.FormStatusInProgress, Parent: new(forms.Form("other")), Note: new("note"), Width: new(1.5), Hidden: new(false),
		Due: new(formMoment()), Pin: &pin, Photo: formBlob(), More: value.String("more"), Mood: new(forms.FormMoodBad),
		Labels: []forms.Label{"l1", "l2"}, Steps: []string{"a", "b", "a"}, Sizes: []float64{3, 1},
		Readers: []forms.Author{"ann", "bob"}, Keys: []legible.Digest{"k"}, Nickname: "nick",
	}
}

// emptyForm has nothing where nothing may be.
func emptyForm() forms.FormRow {
	return forms.FormRow{Author: "ann", Name: "m", Day: "2030-01-02", Moment: formMoment(), Token: "t", Scan: formBlob(),
		Extra: value.Flag(false), Status: forms.FormStatusOpen, Nickname: "other nick"}
}

func TestARowComesBackAsItWas(t *testing.T) {
	app, c := openForm(t)
	err := app.Do(func(ctx legible.Context) error {
		for id, want := range map[forms.Form]forms.FormRow{"full": fullForm(), "empty": emptyForm()} {
			if err := c.Forms.Put(ctx, id, want); err != nil {
				return err
			}
			got, found := c.Forms.Get(ctx, id)
			if !found {
				t.Fatalf("%s is not there", id)
			}
			// What is absent reads as null, and a collection is never nil.
			if id == "empty" {
				want.More = value.Null
				want.Labels, want.Steps, want.Sizes = []forms.Label{}, []string{}, []float64{}
				want.Readers, want.Keys = []forms.Author{}, []legible.Digest{}
			}
			compareRows(t, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compareRows(t *testing.T, got, want forms.FormRow) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		a, b := g.Field(i).Interface(), w.Field(i).Interface()
		if x, ok := a.(legible.Value); ok {
			if !value.Equal(x, b.(legible.Value)) {
				t.Errorf("%s is %v, want %v", g.Type().Field(i).Name, a, b)
			}
		} else if !reflect.DeepEqual(a, b) {
			t.Errorf("%s is %v, want %v", g.Type().Field(i).Name, a, b)
		}
	}
}

func TestASetHoldsEachThingOnce(t *testing.T) {
	app, c := openForm(t)
	err := app.Do(func(ctx legible.Context) error {
		row := fullForm()
		row.Labels = []forms.Label{"b", "a", "b", "a", "b"}
		for range 40 {
			row.Readers = append(row.Readers, "ann", "carl")
		}
		if err := c.Forms.Put(ctx, "f", row); err != nil {
			return err
		}
		got, _ := c.Forms.Get(ctx, "f")
		if !reflect.DeepEqual(got.Labels, []forms.Label{"b", "a"}) || !reflect.DeepEqual(got.Readers, []forms.Author{"ann", "bob", "carl"}) {
			t.Errorf("the sets are %v and %v", got.Labels, got.Readers)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFinding(t *testing.T) {
	app, c := openForm(t)
	ids := func(seq iter.Seq2[forms.Form, forms.FormRow]) (all []forms.Form) {
		for id := range seq {
			all = append(all, id)
		}
		return all
	}
	err := app.Do(func(ctx legible.Context) error {
		if err := errors.Join(c.Forms.Put(ctx, "full", fullForm()), c.Forms.Put(ctx, "empty", emptyForm())); err != nil {
			return err
		}
		both, one := []forms.Form{"full", "empty"}, []forms.Form{"full"}
		for what, x := range map[string]struct{ got, want []forms.Form }{
			"author":   {ids(c.Forms.ByAuthor(ctx, "ann")), both},
			"name":     {ids(c.Forms.ByName(ctx, "n")), one},
			"size":     {ids(c.Forms.BySize(ctx, 2.5)), one},
			"done":     {ids(c.Forms.ByDone(ctx, true)), one},
			"day":      {ids(c.Forms.ByDay(ctx, "2030-01-02")), both},
			"moment":   {ids(c.Forms.ByMoment(ctx, formMoment())), both},
			"status":   {ids(c.Forms.ByStatus(ctx, forms.FormStatusInProgress)), one},
			"parent":   {ids(c.Forms.ByParent(ctx, "other")), one},
			"note":     {ids(c.Forms.ByNote(ctx, "note")), one},
			"width":    {ids(c.Forms.ByWidth(ctx, 1.5)), one},
			"hidden":   {ids(c.Forms.ByHidden(ctx, false)), one},
			"due":      {ids(c.Forms.ByDue(ctx, formMoment())), one},
			"pin":      {ids(c.Forms.ByPin(ctx, legible.SecretOf("pin"))), one},
			"mood":     {ids(c.Forms.ByMood(ctx, forms.FormMoodBad)), one},
			"labels":   {ids(c.Forms.ByLabels(ctx, "l2")), one},
			"steps":    {ids(c.Forms.BySteps(ctx, "a")), one},
			"sizes":    {ids(c.Forms.BySizes(ctx, 1)), one},
			"readers":  {ids(c.Forms.ByReaders(ctx, "bob")), one},
			"no label": {ids(c.Forms.ByLabels(ctx, "l3")), nil},
			"no mood":  {ids(c.Forms.ByMood(ctx, forms.FormMoodGood)), nil},
		} {
			if !reflect.DeepEqual(x.got, x.want) {
				t.Errorf("by %s are found %v, want %v", what, x.got, x.want)
			}
		}
		if id, _, found := c.Forms.ByToken(ctx, legible.SecretOf("token")); id != "full" || !found {
			t.Errorf("by its token is found %q", id)
		}
		if id, _, found := c.Forms.ByToken(ctx, legible.SecretOf(string(fullForm().Token))); found {
			t.Errorf("by the digest of its token is found %q", id)
		}
		if id, row, found := c.Forms.ByAuthorName(ctx, "ann", "m"); id != "empty" || !found || row.Nickname != "other nick" {
			t.Errorf("by author and name is found %q, %v", id, row)
		}
		if id, _, found := c.Forms.ByAuthorName(ctx, "bob", "m"); found {
			t.Errorf("by another author is found %q", id)
		}
		row := emptyForm()
		row.Name, row.Token, row.Nickname = "n", "t2", "nick 2"
		if err := c.Forms.Put(ctx, "again", row); !legible.IsTaken(err, "name") || !legible.IsTaken(err, "author") || legible.IsTaken(err, "nickname") {
			t.Errorf("the same author and name again: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSubsetsAndElements(t *testing.T) {
	app, c := openForm(t)
	err := app.Do(func(ctx legible.Context) error {
		if _, found := c.Settings.Get(ctx); found {
			t.Error("the settings are there before they are put there")
		}
		for _, want := range []forms.SettingsRow{{Color: "red", Font: new("serif")}, {Color: "blue"}} {
			if err := c.Settings.Put(ctx, want); err != nil {
				return err
			}
			if got, found := c.Settings.Get(ctx); !found || !reflect.DeepEqual(got, want) {
				t.Errorf("the settings are %v, want %v", got, want)
			}
		}
		if err := errors.Join(c.Box.Put(ctx, forms.BoxRow{}), c.Box.Put(ctx, forms.BoxRow{})); err != nil {
			return err
		}
		if err := errors.Join(c.Forms.Put(ctx, "full", fullForm()), c.Forms.Put(ctx, "empty", emptyForm()),
			c.Starred.Put(ctx, "full", forms.StarredRow{Since: formMoment()}), c.Starred.Put(ctx, "empty", forms.StarredRow{Since: formMoment()})); err != nil {
			return err
		}
		if _, _, found := c.Pinned.Get(ctx); found {
			t.Error("something is pinned at first")
		}
		for _, want := range []forms.Form{"full", "empty", "empty"} {
			if err := c.Pinned.Put(ctx, want, forms.PinnedRow{}); err != nil {
				return err
			}
			if got, _, found := c.Pinned.Get(ctx); !found || got != want {
				t.Errorf("pinned is %q, want %q", got, want)
			}
		}
		if err := c.Forms.Delete(ctx, "empty"); err != nil {
			return err
		}
		if c.Starred.Has(ctx, "empty") || !c.Starred.Has(ctx, "full") {
			t.Error("who leaves a set leaves its subsets, and nobody else does")
		}
		if got, _, found := c.Pinned.Get(ctx); found {
			t.Errorf("pinned is %q, which is gone", got)
		}
		if err := errors.Join(c.Pinned.Put(ctx, "full", forms.PinnedRow{}), c.Pinned.Clear(ctx), c.Pinned.Clear(ctx)); err != nil {
			return err
		}
		if !c.Starred.Has(ctx, "full") {
			t.Error("clearing the element took its member out of the set above")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestConstants(t *testing.T) {
	for _, s := range []forms.FormStatus{forms.FormStatusOpen, forms.FormStatusInProgress, forms.FormStatusClosed} {
		if !s.Known() {
			t.Errorf("%s is no constant", s)
		}
	}
	if forms.FormStatus("open").Known() || forms.FormStatus("").Known() || forms.FormStatusClosed != "Closed" {
		t.Error("what is no constant counts as one")
	}
}

// What comes out of an action is what went in, through the places of both.
func TestPlaces(t *testing.T) {
	app := trial.Open(t, forms.New)
	ask := func(action string, in ...legible.Field) legible.Outcome {
		t.Helper()
		out, err := app.Ask(t.Context(), "Forming."+action, in...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	given := []legible.Field{
		{Name: "name", Value: value.String("n")}, {Name: "size", Value: value.Number(2)}, {Name: "done", Value: value.Flag(false)},
		{Name: "moment", Value: value.Time(formMoment())}, {Name: "token", Value: value.Secret(value.String("t"))},
		{Name: "scan", Value: value.Binary(formBlob())}, {Name: "extra", Value: value.Record([]value.Field{{Name: "a", Value: value.Null}})},
		{Name: "author", Value: value.String("ann")},
		{Name: "labels", Value: value.List([]value.Value{value.String("b"), value.String("a"), value.String("b")})},
		{Name: "steps", Value: value.List([]value.Value{value.String("b"), value.String("b")})},
	}
	out := ask("maybe", given...)
	if out.Fault != nil || len(out.Out) != len(given) {
		t.Fatalf("maybe gives %v, %v", out.Out, out.Fault)
	}
	given[8].Value = value.List([]value.Value{value.String("b"), value.String("a")})
	for i, f := range out.Out {
		if f.Name != given[i].Name || !value.Equal(f.Value, given[i].Value) || f.Value.IsSecret() != (f.Name == "token") {
			t.Errorf("of %s = %v came %s = %v", given[i].Name, given[i].Value, f.Name, f.Value)
		}
	}
	out = ask("maybe")
	if out.Fault != nil {
		t.Fatal(out.Fault)
	}
	for _, f := range out.Out {
		if f.Value.Kind() != value.NullKind {
			t.Errorf("of an absent %s came %v", f.Name, f.Value)
		}
	}
	out = ask("maybe", legible.Field{Name: "steps", Value: value.List(nil)})
	for _, f := range out.Out {
		if f.Name == "steps" && f.Value.Kind() != value.ListKind {
			t.Errorf("of an empty list came %v", f.Value)
		}
	}
	if out := ask("maybe", legible.Field{Name: "steps", Value: value.List([]value.Value{value.Number(1)})}); out.Fault == nil {
		t.Errorf("a list of texts holds the number of %v", out.Out)
	}
	out = ask("send", legible.Field{Name: "form", Value: value.String("f")}, legible.Field{Name: "scan", Value: value.Binary(formBlob())})
	if len(out.Out) != 2 || out.Out[0].Value.Blob() == nil || !out.Out[1].Value.IsSecret() {
		t.Errorf("send gives %v, %v", out.Out, out.Fault)
	}
	out = ask("older_form", legible.Field{Name: "form", Value: value.String("")})
	if out.Refused == nil || out.Refused.Code != "ERROR" || out.Refused.Sentence != "This form is empty." {
		t.Errorf("the older form gives %v, %v, %v", out.Out, out.Refused, out.Fault)
	}
	text, none := value.String, value.List(nil)
	out = ask("put", []legible.Field{{Name: "form", Value: text("f")}, {Name: "name", Value: text("bent")},
		{Name: "size", Value: value.Number(1)}, {Name: "done", Value: value.Flag(true)}, {Name: "day", Value: text("2030-01-01")},
		{Name: "moment", Value: value.Time(app.Now)}, {Name: "token", Value: text("t")}, {Name: "extra", Value: text("x")},
		{Name: "labels", Value: none}, {Name: "steps", Value: none}}...)
	if want := "The form 'bent' is broken: it has a bend."; out.Refused == nil || out.Refused.Sentence != want {
		t.Errorf("a bent form is refused with %+v (%v, %v), want %q", out.Refused, out.Out, out.Fault, want)
	}
}

// Between the places and the Go of an action, texts and identities cost no
// memory.
func TestNothingIsAllocated(t *testing.T) {
	var methods legible.Methods
	trial.Open(t, func() legible.Concept {
		c := forms.New()
		build := c.Build
		c.Build = func(instance *legible.Instance) legible.Methods {
			methods = build(instance)
			return methods
		}
		return c
	})
	in, out := []value.Value{value.String("form")}, make([]value.Value, 1)
	if n := testing.AllocsPerRun(100, func() {
		if err := methods.Actions["older_form"](nil, in, out); err != nil {
			t.Fatal(err)
		}
	}); n != 0 || !value.Equal(out[0], in[0]) {
		t.Errorf("an identity that goes in and out again costs %v allocations and comes out as %v", n, out[0])
	}
}
