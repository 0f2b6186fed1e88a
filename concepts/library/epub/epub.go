// Package epub reads the title, the author and the cover of an EPUB 2 or 3 file
// that may be hostile.
//
// Its three main types are [Book], what was read; [Invalid], why a file is no
// EPUB; and [Limits], what a file may hold. It promises that a file that it
// accepts is whole: each entry has been unpacked once, into nothing, and is as
// long as it says, with the right checksum; that no path in it leads outside;
// and that no file, whatever stands in it, costs more than the limits say. It
// refuses to repair what is broken, to open what is protected against copying,
// and to show a page: that is a reader's work.
package epub

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Book is what is known of an e-book.
type Book struct {
	Title  string // "" for none; at most 300 characters
	Author string // several are joined by commas; "" for none; at most 300 characters
	Cover  []byte // the picture, nil for none
	// CoverType is the media type of the cover, told from its bytes: image/png,
	// image/jpeg, image/gif or image/webp.
	CoverType string
}

// Limits say what a file may hold. The zero value is right.
type Limits struct {
	Entries int   // entries; 10,000 for 0
	File    int64 // bytes of one entry, unpacked; 100 MiB for 0
	Total   int64 // bytes of all entries, unpacked; 256 MiB for 0
	Ratio   int64 // how many times larger an entry over 1 MiB may be unpacked; 200 for 0
	Cover   int64 // bytes of the cover, above which there is none; 8 MiB for 0
}

// Invalid is the error of a file that is no EPUB.
type Invalid struct {
	// Reason completes "This file is not an EPUB: …", without a full stop.
	Reason string
}

func (e *Invalid) Error() string { return "not an EPUB: " + e.Reason }

func invalid(format string, args ...any) error { return &Invalid{fmt.Sprintf(format, args...)} }

// Read reads a file of size bytes. A file that is no EPUB gives an *Invalid;
// any other error is the reader's own.
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

// A source passes on what a reader gives and remembers whether the reader
// itself failed.
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

// isEPUB holds the first thing that an EPUB says of itself against what it is.
// That it stands first and unpacked is asked by the standard, and not by
// readers.
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

// quoted shows a name out of a file, which may hold anything.
func quoted(name string) string {
	return "“" + line(name, 60) + "”"
}

// line makes one line of at most n characters of any text.
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
