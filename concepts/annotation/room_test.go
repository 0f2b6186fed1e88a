package annotation

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
)

// TestUsage makes changes to a user's usage in any order: the stored usage
// always equals the counted usage.
func TestUsage(t *testing.T) {
	f := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	tags := f.tags(5) // not stored, as in an older database
	var all []Annotation
	for step := range 200 {
		content := strings.Repeat("a", r.IntN(500)+1)
		err := f.Do(func(ctx legible.Context) error {
			switch n := r.IntN(10); {
			case n < 4 || len(all) == 0:
				out, err := f.c.CreateAnnotation(ctx, CreateAnnotationIn{Creator: "ann", Document: "d1", Content: &content,
					Location: "epubcfi(/6/4)", Tags: tags[:r.IntN(5)]})
				all = append(all, out.Annotation)
				return err
			case n < 7:
				_, err := f.c.UpdateAnnotation(ctx, UpdateAnnotationIn{User: "ann", Annotation: all[r.IntN(len(all))], NewContent: &content,
					NewTags: tags[:r.IntN(5)]})
				return err
			case n < 9:
				i := r.IntN(len(all))
				gone := all[i]
				all = append(all[:i], all[i+1:]...)
				return f.c.DeleteAnnotation(ctx, DeleteAnnotationIn{User: "ann", Annotation: gone})
			case n == 9 && step%7 == 0: // a store from before usage
				return f.c.Documents.Update(ctx, "d1", DocumentRow{Creator: "ann"})
			}
			_, err := f.c.CreateTag(ctx, CreateTagIn{Creator: "ann", Title: fmt.Sprint("further ", step)})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		f.do(func(ctx legible.Context) error {
			row, _ := f.c.Documents.Get(ctx, "d1")
			if got, want := f.c.counted(ctx, "d1", row), f.c.counted(ctx, "d1", DocumentRow{}); got != want {
				t.Fatalf("after %d steps %v are noted, and there are %v", step, got, want)
			}
			return nil
		})
	}
	f.do(func(ctx legible.Context) error {
		want := f.c.counted(ctx, "d1", DocumentRow{}).bytes
		for _, row := range f.c.Tags.ByCreator(ctx, "ann") {
			want += row.bytes()
		}
		if got, err := f.c.taken(ctx, "ann"); err != nil || got != want {
			t.Errorf("ann takes %d bytes (%v), want %v", got, err, want)
		}
		return f.c.ForgetUser(ctx, ForgetUserIn{User: "ann"})
	})
	f.do(func(ctx legible.Context) error {
		if got, err := f.c.taken(ctx, "ann"); err != nil || got != 0 {
			t.Errorf("who is forgotten takes %d bytes (%v)", got, err)
		}
		return nil
	})
}

// TestNoRoom checks that growing is refused and shrinking is not.
func TestNoRoom(t *testing.T) {
	f := open(t)
	create := func(content string) (annotation Annotation, err error) {
		err = f.Do(func(ctx legible.Context) error {
			out, err := f.c.createAnnotation(ctx, CreateAnnotationIn{Creator: "ann", Document: "d1", Content: &content, Location: "epubcfi(/6/4)"}, 1000)
			annotation = out.Annotation
			return err
		})
		return annotation, err
	}
	update := func(annotation Annotation, content string) error {
		return f.Do(func(ctx legible.Context) error {
			_, err := f.c.updateAnnotation(ctx, UpdateAnnotationIn{User: "ann", Annotation: annotation, NewContent: &content}, 1000)
			return err
		})
	}
	annotation, err := create(strings.Repeat("a", 700))
	if err != nil {
		t.Fatal(err)
	}
	noRoom := ErrNoRoom("")
	if _, err := create("more"); !errors.Is(err, noRoom) {
		t.Errorf("a second one: %v", err)
	}
	if err := update(annotation, strings.Repeat("a", 800)); !errors.Is(err, noRoom) {
		t.Errorf("more in it: %v", err)
	}
	if err := f.Do(func(ctx legible.Context) error {
		_, err := f.c.createTag(ctx, CreateTagIn{Creator: "ann", Title: "a tag"}, 1000)
		return err
	}); !errors.Is(err, noRoom) {
		t.Errorf("a tag: %v", err)
	}
	if err := update(annotation, "less"); err != nil {
		t.Errorf("less in it: %v", err)
	}
	if _, err := create("more"); err != nil {
		t.Errorf("a second one where there is room: %v", err)
	}
}
