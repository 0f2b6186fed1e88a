package annotation

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/trial"
)

type fixture struct {
	*trial.App
	c *Concept
	t *testing.T
}

// open opens an app with d1 registered in ann.
func open(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t}
	f.App = trial.Open(t, func() legible.Concept {
		return Define(func(s *State) Actions {
			f.c = &Concept{s}
			return f.c
		})
	})
	f.do(func(ctx legible.Context) error {
		_, err := f.c.RegisterDocument(ctx, RegisterDocumentIn{Document: "d1", Creator: "ann"})
		return err
	})
	return f
}

// do calls what must not fail.
func (f *fixture) do(g func(ctx legible.Context) error) {
	f.t.Helper()
	if err := f.Do(g); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) annotate(in CreateAnnotationIn) (annotation Annotation, err error) {
	f.t.Helper()
	in.Creator, in.Document = "ann", "d1"
	if in.Location == "" {
		in.Location = "epubcfi(/6/4)"
	}
	err = f.Do(func(ctx legible.Context) error {
		out, err := f.c.CreateAnnotation(ctx, in)
		annotation = out.Annotation
		return err
	})
	return annotation, err
}

func (f *fixture) tags(n int) (tags []Tag) {
	f.t.Helper()
	f.do(func(ctx legible.Context) error {
		for i := range n {
			tag, err := f.c.Tags.Insert(ctx, TagRow{Creator: "ann", Title: fmt.Sprint("tag ", i)})
			if err != nil {
				return err
			}
			tags = append(tags, tag)
		}
		return nil
	})
	return tags
}

func TestBounds(t *testing.T) {
	f := open(t)
	tags := f.tags(51)
	for _, x := range []struct {
		what string
		in   CreateAnnotationIn
		want error
	}{
		{"the longest content", CreateAnnotationIn{Content: new(strings.Repeat("ä", 10_000))}, nil},
		{"content that is too long", CreateAnnotationIn{Content: new(strings.Repeat("ä", 10_001))}, ErrTooLong},
		{"content of nothing to see", CreateAnnotationIn{Content: new(" \n\u00a0")}, ErrEmptyAnnotation},
		{"content of several lines", CreateAnnotationIn{Content: new("a\n\tb")}, nil},
		{"a location that is too long", CreateAnnotationIn{Color: new("red"), Location: "epubcfi(" + strings.Repeat("/2", 1000) + ")"}, ErrBadLocation},
		{"fifty tags", CreateAnnotationIn{Color: new("red"), Tags: tags[:50]}, nil},
		{"fifty-one tags", CreateAnnotationIn{Color: new("red"), Tags: tags}, ErrTooManyTags},
	} {
		annotation, err := f.annotate(x.in)
		if !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", x.what, err, x.want)
		}
		if err != nil {
			continue
		}
		err = f.Do(func(ctx legible.Context) error {
			_, err := f.c.UpdateAnnotation(ctx, UpdateAnnotationIn{User: "ann", Annotation: annotation,
				NewContent: new(strings.Repeat("x", 10_001))})
			return err
		})
		if !errors.Is(err, ErrTooLong) {
			t.Errorf("%s, then made too long: %v", x.what, err)
		}
		err = f.Do(func(ctx legible.Context) error {
			_, err := f.c.UpdateAnnotation(ctx, UpdateAnnotationIn{User: "ann", Annotation: annotation, NewTags: tags})
			return err
		})
		if !errors.Is(err, ErrTooManyTags) {
			t.Errorf("%s, then given too many tags: %v", x.what, err)
		}
	}
}

func TestAFullDocument(t *testing.T) {
	f := open(t)
	f.do(func(ctx legible.Context) error {
		for range maxAnnotations - 1 {
			row := AnnotationRow{Creator: "ann", Document: "d1", Color: new("red"), Location: "epubcfi(/6/4)", Created: ctx.Now()}
			if _, err := f.c.Annotations.Insert(ctx, row); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []error{nil, ErrTooManyAnnotations, ErrTooManyAnnotations} {
		if _, err := f.annotate(CreateAnnotationIn{Color: new("red")}); !errors.Is(err, want) {
			t.Errorf("an annotation more: %v, want %v", err, want)
		}
	}
}

func TestManyTags(t *testing.T) {
	f := open(t)
	f.tags(maxTags - 1)
	for i, want := range []error{nil, ErrTooManyTags} {
		err := f.Do(func(ctx legible.Context) error {
			_, err := f.c.CreateTag(ctx, CreateTagIn{Creator: "ann", Title: fmt.Sprint("more ", i)})
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("a tag more: %v, want %v", err, want)
		}
	}
}

func TestTitles(t *testing.T) {
	f := open(t)
	for _, x := range []struct {
		title string
		want  error
	}{
		{"a", nil}, {"A", nil}, {"a", ErrTagExists}, {"", ErrBadTitle}, {"a ", ErrBadTitle}, {"a\nb", ErrBadTitle},
		{"a\xffb", ErrBadTitle}, {strings.Repeat("ä", 100), nil}, {strings.Repeat("ä", 101), ErrBadTitle},
	} {
		err := f.Do(func(ctx legible.Context) error {
			_, err := f.c.CreateTag(ctx, CreateTagIn{Creator: "ann", Title: x.title})
			return err
		})
		if !errors.Is(err, x.want) {
			t.Errorf("the tag %q: %v, want %v", x.title, err, x.want)
		}
	}
}

func TestSearch(t *testing.T) {
	f := open(t)
	tag := f.tags(1)
	for _, in := range []CreateAnnotationIn{
		{Content: new("Größe (.*) und ΣΊΣΥΦΟΣ")},
		{Color: new("Yellow"), Content: new("100% sure")},
		{Color: new("#ffd54f"), Tags: tag},
	} {
		if _, err := f.annotate(in); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		criteria string
		want     int
	}{
		{"", 3}, {" \t ", 3}, {"größe", 1}, {"GRÖSSE", 0}, {"GRÖßE", 1}, {"σίσυφος", 1}, {".*", 1}, {".", 1}, {"%", 1}, {"_", 0},
		{"yellow", 1}, {"#FFD", 1}, {"TAG 0", 1}, {"tag yellow", 0}, {"100% yellow", 1}, {"\x00", 0},
		{strings.Repeat("sure ", 50), 1}, {strings.Repeat("(a+)+", 10_000), 0},
	} {
		f.do(func(ctx legible.Context) error {
			found, err := f.c.Search(ctx, SearchIn{User: "ann", Document: "d1", Criteria: &x.criteria})
			if len(found) != x.want {
				t.Errorf("%.40q finds %d annotations, want %d", x.criteria, len(found), x.want)
			}
			return err
		})
	}
}

// Others' annotations in a document of a user go with the user: the concept
// does not rely on its rule that there are none.
func TestForgettingAUserLeavesNothing(t *testing.T) {
	f := open(t)
	f.do(func(ctx legible.Context) error {
		for _, x := range []struct {
			creator  User
			document Document
		}{{"bob", "d1"}, {"ann", "d2"}, {"bob", "d2"}} {
			row := AnnotationRow{Creator: x.creator, Document: x.document, Location: "epubcfi(/6/4)"}
			if _, err := f.c.Annotations.Insert(ctx, row); err != nil {
				return err
			}
		}
		return f.c.ForgetUser(ctx, ForgetUserIn{"ann"})
	})
	f.do(func(ctx legible.Context) error {
		for _, row := range f.c.Annotations.All(ctx) {
			if row.Creator != "bob" || row.Document != "d2" {
				t.Errorf("an annotation of %s in %s is left", row.Creator, row.Document)
			}
		}
		return nil
	})
}
