package annotation

import (
	"cmp"
	"strconv"

	"github.com/legible-lang/legible"
)

// Options of the concept. The zero value works.
type Options struct {
	// Room is the maximum size in bytes of a user's annotations and tags: 32 MB. An
	// annotation takes its texts, the titles of its tags and 200 bytes; a tag takes
	// its title and 100 bytes.
	Room int64
}

const (
	usualRoom       = 32_000_000 // bytes
	annotationBytes = 200        // beside its texts
	tagBytes        = 100        // beside its title
)

// With makes a New with options.
func With(o Options) func() legible.Concept {
	return func() legible.Concept {
		return Define(func(s *State) Actions { return &bounded{&Concept{s}, cmp.Or(max(o.Room, 0), usualRoom)} })
	}
}

// A bounded Concept has a room of its own.
type bounded struct {
	*Concept
	room int64
}

func (c *bounded) CreateTag(ctx legible.Context, in CreateTagIn) (CreateTagOut, error) {
	return c.createTag(ctx, in, c.room)
}

func (c *bounded) CreateAnnotation(ctx legible.Context, in CreateAnnotationIn) (CreateAnnotationOut, error) {
	return c.createAnnotation(ctx, in, c.room)
}

func (c *bounded) UpdateAnnotation(ctx legible.Context, in UpdateAnnotationIn) (UpdateAnnotationOut, error) {
	return c.updateAnnotation(ctx, in, c.room)
}

// bytes is the room that a tag takes.
func (r TagRow) bytes() int64 { return int64(len(r.Title)) + tagBytes }

// bytes is the room that an annotation takes.
func (c *Concept) bytes(ctx legible.Context, row AnnotationRow) int64 {
	n := len(row.Location) + annotationBytes
	for _, text := range []*string{row.Color, row.Content} {
		if text != nil {
			n += len(*text)
		}
	}
	for _, tag := range row.Tags {
		of, _ := c.Tags.Get(ctx, tag)
		n += len(of.Title)
	}
	return int64(n)
}

// A usage is a number of annotations and the room they take.
type usage struct{ count, bytes int64 }

// charge records a change in a document's annotations, in number or size,
// before the change is made. It is called after Lock, so no other flow does so
// meanwhile.
func (c *Concept) charge(ctx legible.Context, row AnnotationRow, more usage, room int64) error {
	if more.bytes > 0 {
		if err := c.admit(ctx, row.Creator, more.bytes, room); err != nil {
			return err
		}
	}
	document, _ := c.Documents.Get(ctx, row.Document)
	u := c.counted(ctx, row.Document, document)
	return c.note(ctx, row.Document, document, usage{max(u.count+more.count, 0), max(u.bytes+more.bytes, 0)})
}

// note stores the usage of a document.
func (c *Concept) note(ctx legible.Context, document Document, row DocumentRow, u usage) error {
	row.Count, row.Bytes = new(float64(u.count)), new(float64(u.bytes))
	return c.Documents.Update(ctx, document, row)
}

// admit checks that a user has room for more bytes.
func (c *Concept) admit(ctx legible.Context, user User, more, room int64) error {
	taken, err := c.taken(ctx, user)
	if err == nil && more > room-taken {
		err = ErrNoRoom("your notes and tags take " + kilobytes(taken) + " of " + kilobytes(room) + " kB, and this takes " + kilobytes(more) + " kB more")
	}
	return err
}

// taken is how many bytes a user takes. It stores what it counts.
func (c *Concept) taken(ctx legible.Context, user User) (n int64, err error) {
	for document, row := range c.Documents.ByCreator(ctx, user) {
		u := c.counted(ctx, document, row)
		if n += u.bytes; row.Bytes != nil {
			continue
		}
		if err := c.note(ctx, document, row, u); err != nil {
			return 0, err
		}
	}
	for _, row := range c.Tags.ByCreator(ctx, user) {
		n += row.bytes()
	}
	return n, nil
}

// counted counts a document's annotations.
func (c *Concept) counted(ctx legible.Context, document Document, row DocumentRow) (u usage) {
	if row.Count != nil && row.Bytes != nil {
		return usage{int64(*row.Count), int64(*row.Bytes)}
	}
	for _, a := range c.Annotations.ByDocument(ctx, document) {
		u.count++
		u.bytes += c.bytes(ctx, a)
	}
	return u
}

// kilobytes formats a number of bytes.
func kilobytes(n int64) string {
	return strconv.FormatFloat(float64(n)/1000, 'f', 1, 64)
}
