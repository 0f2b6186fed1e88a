package epub_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/legible-lang/legible/concepts/library/epub"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

// holds what Read promises of any file.
func holds(t *testing.T, data []byte) {
	t.Helper()
	b, err := epub.Limits{File: 1 << 20, Total: 2 << 20}.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		var why *epub.Invalid
		if !errors.As(err, &why) || b != nil || why.Reason == "" || !utf8.ValidString(why.Reason) || len(why.Reason) > 400 {
			t.Errorf("the error is %v, with %v", err, b)
		}
		return
	}
	for _, text := range []string{b.Title, b.Author} {
		if utf8.RuneCountInString(text) > 300 || !utf8.ValidString(text) {
			t.Errorf("a text is %q", text)
		}
	}
	if (b.Cover == nil) != (b.CoverType == "") || len(b.Cover) > 8<<20 {
		t.Errorf("the cover is %d bytes of %q", len(b.Cover), b.CoverType)
	}
}

// FuzzRead changes whole files.
func FuzzRead(f *testing.F) {
	f.Add(epubtest.Make("Title", "Author", epubtest.Cover(), []string{"<p>One.</p>"}))
	f.Add(epubtest.Make("", "", nil, nil))
	f.Add(raw(entry("data", func(h *zip.FileHeader) { h.UncompressedSize64++ })))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(holds)
}

// FuzzPackage changes what the package document and a page of the cover say.
func FuzzPackage(f *testing.F) {
	f.Add(opf2(`<dc:title>T</dc:title><dc:creator opf:role="aut">A</dc:creator><meta name="cover" content="page"/>`,
		`<guide><reference type="cover" href="art/page.xhtml"/></guide>`), `<img src="../cover.png">`)
	f.Add(opf2(`<meta name="cover" content="../cover.png"/>`, ""), "<p><image href='x'></p><br>&nbsp;")
	f.Add("\xff\xfe<\x00a\x00/\x00>\x00", "")
	f.Add(`<?xml version="1.0" encoding="latin1"?><a`+"\xe4"+`/>`, "<a></b></c>")
	f.Add(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, "</p>")
	f.Fuzz(func(t *testing.T, text, page string) {
		holds(t, opf(text, epubtest.File{Name: "OEBPS/art/page.xhtml", Data: page}))
	})
}
