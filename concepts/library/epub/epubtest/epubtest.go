// Package epubtest makes e-books for tests.
//
// Its one type is [File], an entry of a book. [Make] makes a whole EPUB 3,
// [Files] gives its entries so that a test can spoil one of them, and [Zip]
// packs them. It promises the same bytes for the same arguments. It does
// not check its arguments: a test may want an invalid book.
package epubtest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
)

// A File is one entry.
type File struct {
	Name string
	Data string
	// Stored entries are not packed.
	Stored bool
}

// Make makes an EPUB with a title, an author, a cover (a picture, or nil for
// none) and chapters, each the inside of the body of a page, as XHTML.
func Make(title, author string, cover []byte, chapters []string) []byte {
	return Zip(Files(title, author, cover, chapters)...)
}

// Files are the entries of the book that Make makes.
func Files(title, author string, cover []byte, chapters []string) []File {
	var meta, manifest, spine, contents strings.Builder
	if title != "" {
		fmt.Fprintf(&meta, "    <dc:title>%s</dc:title>\n", html.EscapeString(title))
	}
	if author != "" {
		fmt.Fprintf(&meta, "    <dc:creator id=\"author\">%s</dc:creator>\n", html.EscapeString(author))
		meta.WriteString("    <meta refines=\"#author\" property=\"role\" scheme=\"marc:relators\">aut</meta>\n")
	}
	files := []File{
		{Name: "mimetype", Data: "application/epub+zip", Stored: true},
		{Name: "META-INF/container.xml", Data: container},
	}
	if cover != nil {
		manifest.WriteString("    <item id=\"cover\" href=\"cover.png\" media-type=\"image/png\" properties=\"cover-image\"/>\n")
		files = append(files, File{Name: "OEBPS/cover.png", Data: string(cover), Stored: true})
	}
	for i, chapter := range chapters {
		n := i + 1
		name := fmt.Sprintf("chapter%d.xhtml", n)
		fmt.Fprintf(&manifest, "    <item id=\"c%d\" href=\"%s\" media-type=\"application/xhtml+xml\"/>\n", n, name)
		fmt.Fprintf(&spine, "    <itemref idref=\"c%d\"/>\n", n)
		fmt.Fprintf(&contents, "<li><a href=\"%s\">Chapter %d</a></li>\n", name, n)
		files = append(files, File{Name: "OEBPS/" + name, Data: page(fmt.Sprintf("Chapter %d", n), chapter)})
	}
	return append(files,
		File{Name: "OEBPS/contents.xhtml", Data: page("Contents", "<nav epub:type=\"toc\"><h1>Contents</h1><ol>\n"+contents.String()+"</ol></nav>")},
		File{Name: "OEBPS/book.opf", Data: fmt.Sprintf(book, meta.String(), manifest.String(), spine.String())})
}

const container = `<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
`

const book = `<?xml version="1.0" encoding="UTF-8"?>
<package version="3.0" unique-identifier="id" xmlns="http://www.idpf.org/2007/opf">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="id">urn:uuid:00000000-0000-4000-8000-000000000000</dc:identifier>
    <dc:language>en</dc:language>
%s    <meta property="dcterms:modified">2030-01-01T00:00:00Z</meta>
  </metadata>
  <manifest>
    <item id="contents" href="contents.xhtml" media-type="application/xhtml+xml" properties="nav"/>
%s  </manifest>
  <spine>
%s  </spine>
</package>
`

func page(title, body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>` + html.EscapeString(title) + `</title></head>
<body>
` + body + `
</body>
</html>
`
}

// Zip packs entries.
func Zip(files ...File) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		method := zip.Deflate
		if f.Stored {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method})
		if err == nil {
			_, err = w.Write([]byte(f.Data))
		}
		if err != nil {
			panic(fmt.Sprintf("epubtest: packing %s: %v", f.Name, err)) // into memory, with names of ours
		}
	}
	if err := z.Close(); err != nil {
		panic("epubtest: packing: " + err.Error())
	}
	return b.Bytes()
}

// With gives files with some replaced, or added where there is none of the
// name.
func With(files []File, others ...File) []File {
	files = slices.Clone(files)
	for _, o := range others {
		if i := slices.IndexFunc(files, func(f File) bool { return f.Name == o.Name }); i >= 0 {
			files[i] = o
		} else {
			files = append(files, o)
		}
	}
	return files
}

// Without gives files without the one of a name.
func Without(files []File, name string) []File {
	return slices.DeleteFunc(slices.Clone(files), func(f File) bool { return f.Name == name })
}

// Cover draws a picture of 60 by 90 points, a PNG.
func Cover() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 60, 90))
	for y := range 90 {
		for x := range 60 {
			m.Set(x, y, color.RGBA{uint8(40 + y), uint8(60 + x), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic("epubtest: drawing a cover: " + err.Error())
	}
	return b.Bytes()
}
