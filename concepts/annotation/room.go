package annotation

import (
	"cmp"
	"strconv"

	"github.com/legible-lang/legible"
)

// Options of the concept. The zero value is right.
type Options struct {
	// Room is how many bytes the annotations and tags of a user may take together:
	// 32 MB. An annotation takes its texts, the titles of its tags and 200 bytes; a
	// tag its title and 100 bytes.
	Room int64
}

const (
	usualRoom       = 32_000_000 // bytes
	annotationBytes = 200        // beside its texts
	tagBytes        = 100        // beside its title
)

// With gives a New with options.
func With(o Options) func() legible.Concept {
	return func() legible.Concept {
		return Define(func(s *State) Actions { return &bounded{&Concept{s}, cmp.Or(max(o.Room, 0), usualRoom)} })
	}
}

// A bounded Concept has other room than the usual.
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

// bytes is what a tag takes of the room.
func (r TagRow) bytes() int64 { return int64(len(r.Title)) + tagBytes }

// bytes is what an annotation takes of the room.
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

// A usage is how many annotations there are, and what they take of the room.
type usage struct{ count, bytes int64 }

// charge notes that a document has more annotations, or larger ones, or fewer,
// before the change is made. It comes behind Hold, so that nobody else does
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

// note keeps what was counted of a document.
func (c *Concept) note(ctx legible.Context, document Document, row DocumentRow, u usage) error {
	row.Count, row.Bytes = new(float64(u.count)), new(float64(u.bytes))
	return c.Documents.Update(ctx, document, row)
}

// admit tells whether a user has room for so many more bytes.
func (c *Concept) admit(ctx legible.Context, user User, more, room int64) error {
	taken, err := c.taken(ctx, user)
	if err == nil && more > room-taken {
		err = ErrNoRoom("your notes and tags take " + kilobytes(taken) + " of " + kilobytes(room) + " kB, and this takes " + kilobytes(more) + " kB more")
	}
	return err
}

// taken is how many bytes a user takes. What is counted for it is noted.
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

// counted is what the annotations of a document are.
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

// kilobytes writes a number of bytes for people.
func kilobytes(n int64) string {
	return strconv.FormatFloat(float64(n)/1000, 'f', 1, 64)
}
