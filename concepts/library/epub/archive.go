package epub

import (
	"archive/zip"
	"io"
	"io/fs"
	"strings"
	"unicode"
)

// An archive is the ZIP archive of an EPUB whose directory is within the limits.
type archive struct {
	limits Limits
	files  []*zip.File
	byName map[string]*zip.File
}

// perEntry is the maximum average size of a directory entry in bytes: 46 and its
// name, with room for what tools add.
const perEntry = 400

// open reads the directory of the archive. It contains the sizes of all entries;
// verify checks them.
func (l Limits) open(src *source, size int64) (*archive, error) {
	// Each entry takes memory before the entries can be counted.
	src.bound, src.budget = true, int64(l.Entries)*perEntry+1<<18
	z, err := zip.NewReader(src, size)
	tooMany := src.budget < 0
	src.bound = false
	switch {
	case tooMany || err == nil && len(z.File) > l.Entries:
		return nil, invalid("it holds more than %d files", l.Entries)
	case err != nil:
		return nil, invalid("it is no ZIP archive, or a damaged one")
	}
	a := &archive{limits: l, files: z.File, byName: make(map[string]*zip.File, len(z.File))}
	var total, packed uint64
	for _, f := range z.File {
		if err := checkPath(f.Name); err != nil {
			return nil, err
		}
		if a.byName[f.Name] != nil {
			return nil, invalid("it holds the file %s twice", quoted(f.Name))
		}
		a.byName[f.Name] = f
		switch {
		case f.Flags&1 != 0:
			return nil, invalid("the file %s in it is locked with a password", quoted(f.Name))
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return nil, invalid("the file %s in it is packed in a way that is not known", quoted(f.Name))
		case f.UncompressedSize64 > uint64(l.File):
			return nil, invalid("the file %s in it unpacks to more than %d MB", quoted(f.Name), l.File>>20)
		case f.CompressedSize64 > uint64(size):
			return nil, invalid("it is damaged")
		case f.UncompressedSize64 > 1<<20 && f.UncompressedSize64/max(f.CompressedSize64, 1) > uint64(l.Ratio):
			return nil, invalid("the file %s in it unpacks to more than %d times its size", quoted(f.Name), l.Ratio)
		}
		total += f.UncompressedSize64
		packed += f.CompressedSize64
		if total > uint64(l.Total) {
			return nil, invalid("it unpacks to more than %d MB", l.Total>>20)
		}
		if packed > uint64(size) {
			return nil, invalid("the files in it overlap")
		}
	}
	return a, nil
}

// checkPath checks that the path of an entry does not lead outside.
func checkPath(name string) error {
	drive := len(name) > 1 && name[1] == ':'
	if strings.Contains(name, `\`) || drive || !fs.ValidPath(strings.TrimSuffix(name, "/")) || name == "." || name == "./" {
		return invalid("the path %s in it may lead outside", quoted(name))
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return invalid("the path %s in it has control characters", quoted(name))
	}
	return nil
}

// file returns the bytes of an entry, nil if there is none. It returns at most limit
// bytes, whatever the directory says.
func (a *archive) file(name string, limit int64) ([]byte, error) {
	f := a.byName[name]
	if f == nil {
		return nil, nil
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, invalid("the file %s in it is too long", quoted(name))
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(name)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize64)+1))
	if err != nil || uint64(len(b)) != f.UncompressedSize64 {
		return nil, damaged(name)
	}
	return b, nil
}

func damaged(name string) error { return invalid("the file %s in it is damaged", quoted(name)) }

// verify unpacks every entry: its length and checksum must be those in the
// directory.
func (a *archive) verify() error {
	buf := make([]byte, 64<<10)
	for _, f := range a.files {
		if strings.HasSuffix(f.Name, "/") {
			if f.UncompressedSize64 > 0 {
				return damaged(f.Name)
			}
			continue
		}
		if err := verify(f, buf); err != nil {
			return err
		}
	}
	return nil
}

func verify(f *zip.File, buf []byte) error {
	r, err := f.Open()
	if err != nil {
		return damaged(f.Name)
	}
	defer r.Close()
	var n uint64
	for {
		m, err := r.Read(buf)
		n += uint64(m)
		switch {
		case n > f.UncompressedSize64:
			return damaged(f.Name)
		case err == io.EOF && n == f.UncompressedSize64:
			return nil
		case err != nil:
			return damaged(f.Name)
		}
	}
}
