// Package epub reads the title, the author and the cover of an EPUB 2 or 3 file that
// may be hostile.
//
// Its three main types are [Book], the result; [Invalid], the reason why a file is
// not an EPUB; and [Limits], the maximum sizes. It promises that an accepted file is
// complete: each entry was unpacked once and has the declared length and checksum;
// that no path in it leads outside; and that no file costs more than the limits
// allow. It refuses to repair broken files, to open copy-protected ones, and to show
// pages: that is the task of a reader.
package epub

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Book is what was read from an e-book.
type Book struct {
	Title  string // "" for none; at most 300 characters
	Author string // several are joined by commas; "" for none; at most 300 characters
	Cover  []byte // the picture, nil for none
	// CoverType is the media type of the cover, determined from its bytes: image/png,
	// image/jpeg, image/gif or image/webp.
	CoverType string
}

// Limits are the maximum sizes in a file. The zero value has defaults.
type Limits struct {
	Entries int   // entries; 10,000 for 0
	File    int64 // bytes of one entry, unpacked; 100 MiB for 0
	Total   int64 // bytes of all entries, unpacked; 256 MiB for 0
	Ratio   int64 // how many times larger an entry over 1 MiB may be unpacked; 200 for 0
	Cover   int64 // bytes of the cover, above which there is none; 8 MiB for 0
}

// Invalid is the error for a file that is not an EPUB.
type Invalid struct {
	// Reason completes "This file is not an EPUB: …", without a full stop.
	Reason string
}

func (e *Invalid) Error() string { return "not an EPUB: " + e.Reason }

func invalid(format string, args ...any) error { return &Invalid{fmt.Sprintf(format, args...)} }

// Read reads a file of size bytes. The error is an *Invalid if the file is not an
// EPUB; any other error is that of the reader.
func Read(r io.ReaderAt, size int64) (*Book, error) { return Limits{}.Read(r, size) }

// Read is Read with limits.
func (l Limits) Read(r io.ReaderAt, size int64) (*Book, error) {
	src := &source{r: r, size: size}
	book, err := l.orDefault().read(src, size)
	if src.err != nil {
		return nil, fmt.Errorf("reading an EPUB: %w", src.err) // what came of it says nothing about the file
	}
	if err != nil {
		return nil, err
	}
	return book, nil
}

func (l Limits) orDefault() Limits {
	l.Entries = orElse(l.Entries, 10_000)
	l.File = orElse(l.File, 100<<20)
	l.Total = orElse(l.Total, 256<<20)
	l.Ratio = orElse(l.Ratio, 200)
	l.Cover = orElse(l.Cover, 8<<20)
	return l
}

func orElse[T int | int64](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}

func (l Limits) read(src *source, size int64) (*Book, error) {
	a, err := l.open(src, size)
	if err != nil {
		return nil, err
	}
	if err := a.isEPUB(); err != nil {
		return nil, err
	}
	if err := a.isOpen(); err != nil {
		return nil, err
	}
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	if err := a.verify(); err != nil {
		return nil, err
	}
	book := &Book{Title: p.title(), Author: p.author()}
	book.Cover, book.CoverType = a.cover(p)
	return book, nil
}

// A source is a reader that remembers its own errors.
type source struct {
	r      io.ReaderAt
	size   int64
	err    error
	budget int64 // how many bytes may still be read, when bounded
	bound  bool
}

var errBudget = errors.New("the directory is too long")

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > s.size {
		return 0, io.ErrUnexpectedEOF // the archive says that something is there
	}
	if s.bound {
		if s.budget -= int64(len(p)); s.budget < 0 {
			return 0, errBudget
		}
	}
	n, err := s.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && s.err == nil {
		s.err = err
	}
	return n, err
}

// isEPUB checks the file mimetype. The standard requires that it comes first and is
// not compressed; readers do not.
func (a *archive) isEPUB() error {
	b, err := a.file("mimetype", 1<<10)
	if err != nil {
		return err
	}
	if b == nil {
		return invalid("it has no mimetype")
	}
	if strings.TrimSpace(strings.TrimPrefix(string(b), "\ufeff")) != "application/epub+zip" {
		return invalid("its mimetype is another one")
	}
	return nil
}

// quoted formats a name from a file, which may contain anything.
func quoted(name string) string {
	return "“" + line(name, 60) + "”"
}

// line makes one line of at most n characters from any text.
func line(s string, n int) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == utf8.RuneError || unicode.IsControl(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		if b.Len() > n*utf8.UTFMax {
			break
		}
	}
	if text := b.String(); utf8.RuneCountInString(text) <= n {
		return text
	}
	text := []rune(b.String())
	return strings.TrimRight(string(text[:n-1]), " ") + "…"
}
