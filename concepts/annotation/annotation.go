// Package annotation implements the concept Annotation: tags, highlights and
// notes in documents.
//
// Its two main types are [Concept], the actions, and the generated [State]. It
// promises that a style sheet accepts every color unchanged, that a place has
// the form of an EPUB CFI, that only its creator sees or changes an annotation,
// and that a search looks for words only: it has no patterns that could be
// slow. It refuses to know what a document is.
package annotation

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// The bounds of the specification.
const (
	maxTitle       = 100    // characters
	maxTags        = 1000   // of a user
	maxTagsOf      = 50     // of an annotation
	maxContent     = 10_000 // characters
	maxLocation    = 2000   // bytes
	maxAnnotations = 10_000 // of a document
	maxCriteria    = 20     // words; further words are ignored
)

// New makes the concept, to be passed to legible.New.
func New() legible.Concept { return With(Options{})() }

// A Concept is the Go code of one instance of Annotation.
type Concept struct{ *State }

func (c *Concept) RegisterDocument(ctx legible.Context, in RegisterDocumentIn) (RegisterDocumentOut, error) {
	ctx.Lock() // no other flow can register it
	if c.Documents.Has(ctx, in.Document) {
		return RegisterDocumentOut{}, ErrAlreadyRegistered
	}
	err := c.Documents.Put(ctx, in.Document, DocumentRow{Creator: in.Creator})
	return RegisterDocumentOut{Document: in.Document}, err
}

func (c *Concept) CreateTag(ctx legible.Context, in CreateTagIn) (CreateTagOut, error) {
	return c.createTag(ctx, in, usualRoom)
}

func (c *Concept) createTag(ctx legible.Context, in CreateTagIn, room int64) (CreateTagOut, error) {
	n := utf8.RuneCountInString(in.Title)
	if n < 1 || n > maxTitle || strings.TrimSpace(in.Title) != in.Title ||
		!utf8.ValidString(in.Title) || strings.ContainsFunc(in.Title, unicode.IsControl) {
		return CreateTagOut{}, ErrBadTitle
	}
	ctx.Lock()
	count := 0
	for range c.Tags.ByCreator(ctx, in.Creator) {
		count++
	}
	if count >= maxTags {
		return CreateTagOut{}, ErrTooManyTags
	}
	row := TagRow(in)
	if err := c.admit(ctx, in.Creator, row.bytes(), room); err != nil {
		return CreateTagOut{}, err
	}
	tag, err := c.Tags.Insert(ctx, row)
	if legible.IsTaken(err, "title") {
		err = ErrTagExists
	}
	return CreateTagOut{Tag: tag}, err
}

func (c *Concept) CreateAnnotation(ctx legible.Context, in CreateAnnotationIn) (CreateAnnotationOut, error) {
	return c.createAnnotation(ctx, in, usualRoom)
}

func (c *Concept) createAnnotation(ctx legible.Context, in CreateAnnotationIn, room int64) (CreateAnnotationOut, error) {
	ctx.Lock() // no other flow can forget the document or a tag
	if err := c.annotatable(ctx, in.Creator, in.Document); err != nil {
		return CreateAnnotationOut{}, err
	}
	row := AnnotationRow{Creator: in.Creator, Document: in.Document, Color: given(in.Color), Content: given(in.Content),
		Location: in.Location, Tags: in.Tags, Created: ctx.Now()}
	if err := c.fits(ctx, row); err != nil {
		return CreateAnnotationOut{}, err
	}
	if document, _ := c.Documents.Get(ctx, in.Document); c.counted(ctx, in.Document, document).count >= maxAnnotations {
		return CreateAnnotationOut{}, ErrTooManyAnnotations
	}
	if err := c.charge(ctx, row, usage{1, c.bytes(ctx, row)}, room); err != nil {
		return CreateAnnotationOut{}, err
	}
	annotation, err := c.Annotations.Insert(ctx, row)
	return CreateAnnotationOut{Annotation: annotation}, err
}

func (c *Concept) annotatable(ctx legible.Context, user User, document Document) error {
	switch row, found := c.Documents.Get(ctx, document); {
	case !found:
		return ErrUnknownDocument
	case row.Creator != user:
		return ErrNotYours
	}
	return nil
}

// given returns nil for a text without visible characters.
func given(text *string) *string {
	if text != nil && strings.TrimSpace(*text) == "" {
		return nil
	}
	return text
}

// fits checks an annotation against its bounds.
func (c *Concept) fits(ctx legible.Context, row AnnotationRow) error {
	switch {
	case row.Color == nil && row.Content == nil:
		return ErrEmptyAnnotation
	case row.Color != nil && !isColor(*row.Color):
		return ErrBadColor
	case row.Content != nil && utf8.RuneCountInString(*row.Content) > maxContent:
		return ErrTooLong
	case !isLocation(row.Location):
		return ErrBadLocation
	case len(row.Tags) > maxTagsOf:
		return ErrTooManyTags
	}
	for _, tag := range row.Tags {
		if of, found := c.Tags.Get(ctx, tag); !found || of.Creator != row.Creator {
			return ErrUnknownTag // another user's tag is unknown
		}
	}
	return nil
}

// own returns an annotation of a user.
func (c *Concept) own(ctx legible.Context, user User, annotation Annotation) (AnnotationRow, error) {
	switch row, found := c.Annotations.Get(ctx, annotation); {
	case !found:
		return row, ErrUnknownAnnotation
	case row.Creator != user:
		return row, ErrNotYours
	default:
		return row, nil
	}
}

func (c *Concept) UpdateAnnotation(ctx legible.Context, in UpdateAnnotationIn) (UpdateAnnotationOut, error) {
	return c.updateAnnotation(ctx, in, usualRoom)
}

func (c *Concept) updateAnnotation(ctx legible.Context, in UpdateAnnotationIn, room int64) (UpdateAnnotationOut, error) {
	ctx.Lock() // updates of different parts both stay
	row, err := c.own(ctx, in.User, in.Annotation)
	if err != nil {
		return UpdateAnnotationOut{}, err
	}
	before := c.bytes(ctx, row)
	if in.NewColor != nil {
		row.Color = given(in.NewColor)
	}
	if in.NewContent != nil {
		row.Content = given(in.NewContent)
	}
	if in.NewLocation != nil {
		row.Location = *in.NewLocation
	}
	if in.NewTags != nil {
		row.Tags = in.NewTags
	}
	if err := c.fits(ctx, row); err != nil {
		return UpdateAnnotationOut{}, err
	}
	if err := c.charge(ctx, row, usage{0, c.bytes(ctx, row) - before}, room); err != nil {
		return UpdateAnnotationOut{}, err
	}
	err = c.Annotations.Update(ctx, in.Annotation, row)
	return UpdateAnnotationOut{Annotation: in.Annotation}, err
}

func (c *Concept) DeleteAnnotation(ctx legible.Context, in DeleteAnnotationIn) error {
	ctx.Lock() // no other flow can delete it
	row, err := c.own(ctx, in.User, in.Annotation)
	if err != nil {
		return err
	}
	if err := c.charge(ctx, row, usage{-1, -c.bytes(ctx, row)}, 0); err != nil {
		return err
	}
	return c.Annotations.Delete(ctx, in.Annotation)
}

func (c *Concept) ForgetDocument(ctx legible.Context, in ForgetDocumentIn) error {
	return c.forget(ctx, in.Document)
}

// forget removes a document before its annotations, so that none can be added.
func (c *Concept) forget(ctx legible.Context, document Document) error {
	if err := c.Documents.Delete(ctx, document); err != nil && !legible.IsMissing(err) {
		return err
	}
	for annotation := range c.Annotations.ByDocument(ctx, document) {
		if err := c.Annotations.Delete(ctx, annotation); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) ForgetUser(ctx legible.Context, in ForgetUserIn) error {
	ctx.Lock()
	for document := range c.Documents.ByCreator(ctx, in.User) {
		if err := c.forget(ctx, document); err != nil {
			return err
		}
	}
	for annotation := range c.Annotations.ByCreator(ctx, in.User) {
		if err := c.Annotations.Delete(ctx, annotation); err != nil {
			return err
		}
	}
	for tag := range c.Tags.ByCreator(ctx, in.User) {
		if err := c.Tags.Delete(ctx, tag); err != nil {
			return err
		}
	}
	return nil
}

func (c *Concept) Search(ctx legible.Context, in SearchIn) ([]SearchOut, error) {
	var words []string
	if in.Criteria != nil {
		words = strings.Fields(fold(*in.Criteria))
		words = words[:min(len(words), maxCriteria)]
	}
	titles := map[Tag]string{}
	for tag, row := range c.Tags.ByCreator(ctx, in.User) {
		titles[tag] = row.Title
	}
	var found []SearchOut
	for annotation, row := range c.Annotations.ByDocument(ctx, in.Document) {
		if row.Creator != in.User {
			continue
		}
		out := SearchOut{Annotation: annotation, Creator: row.Creator, Document: row.Document, Color: row.Color,
			Content: row.Content, Location: row.Location, Tags: row.Tags, Created: row.Created}
		for _, tag := range row.Tags {
			out.Titles = append(out.Titles, titles[tag])
		}
		if out.has(words) {
			found = append(found, out)
		}
	}
	return found, nil
}

// has reports whether each word occurs in the visible text of an annotation.
func (o *SearchOut) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	var places []string
	for _, text := range []*string{o.Color, o.Content} {
		if text != nil {
			places = append(places, fold(*text))
		}
	}
	for _, title := range o.Titles {
		places = append(places, fold(title))
	}
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.ContainsFunc(places, func(place string) bool { return strings.Contains(place, word) })
	})
}

// fold makes texts that differ only in case equal: it replaces a letter by the
// least of its forms.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, text)
}

func (c *Concept) GetTags(ctx legible.Context, in GetTagsIn) ([]GetTagsOut, error) {
	var all []GetTagsOut
	for tag, row := range c.Tags.ByCreator(ctx, in.User) {
		all = append(all, GetTagsOut{Tag: tag, Title: row.Title})
	}
	return all, nil
}
