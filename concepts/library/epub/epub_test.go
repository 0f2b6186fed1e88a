package epub_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/legible-lang/legible/concepts/library/epub"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

func read(b []byte) (*epub.Book, error) { return epub.Read(bytes.NewReader(b), int64(len(b))) }

// files are the entries of a good book, to be spoilt.
func files() []epubtest.File {
	return epubtest.Files("Sea & Sky", "Ann Lee", epubtest.Cover(), []string{"<p>One.</p>", "<p>Two.</p>"})
}

func TestWhatIsRead(t *testing.T) {
	b, err := read(epubtest.Make("Sea & Sky", "Ann Lee", epubtest.Cover(), []string{"<p>One.</p>"}))
	if err != nil {
		t.Fatal(err)
	}
	if b.Title != "Sea & Sky" || b.Author != "Ann Lee" || b.CoverType != "image/png" || !bytes.Equal(b.Cover, epubtest.Cover()) {
		t.Errorf("of the book were read %q, %q, %d bytes of %q", b.Title, b.Author, len(b.Cover), b.CoverType)
	}
	b, err = read(epubtest.Make("", "", nil, []string{""}))
	if err != nil || b.Title != "" || b.Author != "" || b.Cover != nil || b.CoverType != "" {
		t.Errorf("of a book that says nothing were read %+v, %v", b, err)
	}
}

// opf gives a good book another package document.
func opf(text string, more ...epubtest.File) []byte {
	return epubtest.Zip(epubtest.With(files(), append(more, epubtest.File{Name: "OEBPS/book.opf", Data: text})...)...)
}

// opf2 is a package document of EPUB 2; it holds metadata and what comes after
// the spine.
func opf2(metadata, after string) string {
	return `<?xml version="1.0"?>
<!DOCTYPE package PUBLIC "+//ISBN 0-9673008-1-9//DTD OEB 1.2 Package//EN" "http://openebook.org/dtds/oeb-1.2/oebpkg12.dtd">
<package version="2.0" xmlns="http://www.idpf.org/2007/opf" xmlns:opf="http://www.idpf.org/2007/opf">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">` + metadata + `</metadata>
<manifest>
<item id="one" href="chapter1.xhtml" media-type="application/xhtml+xml"/>
<item id="picture" href="art/front%20side.jpg" media-type="image/jpeg"/>
<item id="page" href="art/page.xhtml" media-type="application/xhtml+xml"/>
<item id="elsewhere" href="https://example.com/x.js" media-type="text/javascript"/>
</manifest>
<spine><itemref idref="one"/></spine>` + after + `</package>`
}

func TestTitlesAndAuthors(t *testing.T) {
	for _, x := range []struct{ metadata, title, author string }{
		{`<dc:title>  A
			Tale </dc:title><dc:title>Another</dc:title>`, "A Tale", ""},
		{`<dc:title></dc:title><dc:title>A &lt;b&gt; &#x41;</dc:title>`, "A <b> A", ""},
		{`<dc:title id="a">Sub</dc:title><dc:title id="b">Main</dc:title><meta refines="#b" property="title-type">main</meta>`, "Main", ""},
		{`<title>Of no space</title>`, "", ""},
		{`<dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><dc:creator>Ann</dc:creator>`, "", "Ann, Bob"},
		{`<dc:creator opf:role="edt">Ed</dc:creator><dc:creator opf:role="aut">Ann</dc:creator>`, "", "Ann"},
		{`<dc:creator opf:role="edt">Ed</dc:creator>`, "", "Ed"},
		{`<dc:creator id="x">Ill</dc:creator><dc:creator>Ann</dc:creator><meta refines="#x" property="role">ill</meta>`, "", "Ann"},
		{`<dc:title>` + strings.Repeat("ä", 1000) + `</dc:title>`, strings.Repeat("ä", 299) + "…", ""},
		{`<dc:title>` + strings.Repeat("ä", 300) + `</dc:title>`, strings.Repeat("ä", 300), ""},
		{`<dc:title><![CDATA[A & B]]></dc:title>`, "A & B", ""},
	} {
		b, err := read(opf(opf2(x.metadata, "")))
		if err != nil {
			t.Errorf("%s: %v", x.metadata, err)
		} else if b.Title != x.title || b.Author != x.author {
			t.Errorf("%s\ngives the title %q and the author %q, want %q and %q", x.metadata, b.Title, b.Author, x.title, x.author)
		}
	}
}

func TestCovers(t *testing.T) {
	jpeg := epubtest.File{Name: "OEBPS/art/front side.jpg", Data: "\xff\xd8\xff\xe0 a photograph"}
	page := func(body string) epubtest.File {
		return epubtest.File{Name: "OEBPS/art/page.xhtml", Data: "<html><body>" + body + "</body></html>"}
	}
	big := epubtest.File{Name: jpeg.Name, Data: jpeg.Data + strings.Repeat("x", 8<<20), Stored: true}
	const id = `<meta name="cover" content="picture"/>`
	for _, x := range []struct {
		what, metadata, after string
		files                 []epubtest.File
		want                  string
	}{
		{"a meta element", id, "", []epubtest.File{jpeg}, "image/jpeg"},
		{"a meta element with the path", `<meta name="cover" content="art/front%20side.jpg"/>`, "", []epubtest.File{jpeg}, "image/jpeg"},
		{"an entry with an escaped name", id, "", []epubtest.File{{Name: "OEBPS/art/front%20side.jpg", Data: jpeg.Data}}, "image/jpeg"},
		{"the guide, a picture", "", `<guide><reference type="cover" href="art/front%20side.jpg"/></guide>`, []epubtest.File{jpeg}, "image/jpeg"},
		{"the guide, a page", "", `<guide><reference type="Cover" href="art/page.xhtml#top"/></guide>`, []epubtest.File{jpeg, page(`<p>&nbsp;<br><img alt="x" src="front%20side.jpg">`)}, "image/jpeg"},
		{"the guide, a drawing around a picture", "", `<guide><reference type="cover" href="art/page.xhtml"/></guide>`, []epubtest.File{jpeg, page(`<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="../art/front%20side.jpg"/></svg>`)}, "image/jpeg"},
		{"a meta element that means a page", `<meta name="cover" content="page"/>`, "", []epubtest.File{jpeg, page(`<img src="front%20side.jpg"/>`)}, "image/jpeg"},
		{"nothing", "", "", []epubtest.File{jpeg}, ""},
		{"no file", id, "", nil, ""},
		{"another file than it says", id, "", []epubtest.File{{Name: jpeg.Name, Data: "\x89PNG\r\n\x1a\n"}}, "image/png"},
		{"a GIF", id, "", []epubtest.File{{Name: jpeg.Name, Data: "GIF89a"}}, "image/gif"},
		{"a WebP", id, "", []epubtest.File{{Name: jpeg.Name, Data: "RIFF\x00\x00\x00\x00WEBPVP8 "}}, "image/webp"},
		{"a script", id, "", []epubtest.File{{Name: jpeg.Name, Data: "<script>alert(1)</script>"}}, ""},
		{"a drawing", id, "", []epubtest.File{{Name: jpeg.Name, Data: `<svg xmlns="http://www.w3.org/2000/svg"/>`}}, ""},
		{"one that is too large", id, "", []epubtest.File{big}, ""},
		{"a page that leads outside", "", `<guide><reference type="cover" href="art/page.xhtml"/></guide>`, []epubtest.File{page(`<img src="../../../etc/passwd"/>`)}, ""},
		{"a reference that leads outside", "", `<guide><reference type="cover" href="../../cover.jpg"/></guide>`, nil, ""},
	} {
		b, err := read(opf(opf2(x.metadata, x.after), x.files...))
		if err != nil {
			t.Errorf("%s: %v", x.what, err)
		} else if b.CoverType != x.want || (b.Cover != nil) != (x.want != "") {
			t.Errorf("%s: the cover is %d bytes of %q, want %q", x.what, len(b.Cover), b.CoverType, x.want)
		}
	}
}

func TestEncodings(t *testing.T) {
	const text = `<?xml version="1.0" encoding="utf-16"?><package xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<metadata><dc:title>Größe 𝄞</dc:title></metadata><manifest><item id="a" href="chapter1.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>`
	utf16With := func(big bool) string {
		b := []byte{0xFF, 0xFE}
		if big {
			b = []byte{0xFE, 0xFF}
		}
		for _, u := range utf16.Encode([]rune(text)) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return string(b)
	}
	latin1 := strings.NewReplacer("utf-16", "ISO-8859-1", "ö", "\xf6", "ß", "\xdf", " 𝄞", "").Replace(text)
	for _, x := range []struct{ what, text, want string }{
		{"UTF-16, little end first", utf16With(false), "Größe 𝄞"},
		{"UTF-16, big end first", utf16With(true), "Größe 𝄞"},
		{"UTF-8 with a mark", "\xef\xbb\xbf" + strings.Replace(text, "utf-16", "utf-8", 1), "Größe 𝄞"},
		{"Latin 1", latin1, "Größe"},
	} {
		if b, err := read(opf(x.text)); err != nil || b.Title != x.want {
			t.Errorf("%s: the title is %+v, %v, want %q", x.what, b, err, x.want)
		}
	}
}

// Each of these is no EPUB, for the reason that comes after it.
func TestRefused(t *testing.T) {
	file := func(name, data string) epubtest.File { return epubtest.File{Name: name, Data: data} }
	with := func(others ...epubtest.File) []byte { return epubtest.Zip(epubtest.With(files(), others...)...) }
	add := func(more ...epubtest.File) []byte { return epubtest.Zip(append(files(), more...)...) }
	manifest := func(href string) []byte {
		return opf(strings.Replace(opf2("", ""), `href="art/page.xhtml"`, `href="`+href+`"`, 1))
	}
	good := epubtest.Zip(files()...)
	for _, x := range []struct {
		what string
		data []byte
		want string
	}{
		{"nothing", nil, "no ZIP archive"},
		{"a text", []byte("Once upon a time"), "no ZIP archive"},
		{"half of one", good[:len(good)/2], "no ZIP archive"},
		{"an empty archive", epubtest.Zip(), "no mimetype"},
		{"no mimetype", epubtest.Zip(epubtest.Without(files(), "mimetype")...), "no mimetype"},
		{"another mimetype", with(file("mimetype", "application/zip")), "mimetype is another one"},
		{"a long mimetype", with(file("mimetype", strings.Repeat("application/epub+zip", 100))), "“mimetype” in it is too long"},
		{"no container", epubtest.Zip(epubtest.Without(files(), "META-INF/container.xml")...), "no META-INF/container.xml"},
		{"an empty container", with(file("META-INF/container.xml", "<container/>")), "names no book"},
		{"a container of something else", with(file("META-INF/container.xml", `<container><rootfiles><rootfile full-path="x.pdf" media-type="application/pdf"/></rootfiles></container>`)), "names no book"},
		{"a container that leads outside", with(file("META-INF/container.xml", `<container><rootfile full-path="../book.opf"/></container>`)), "“../book.opf” in it may lead outside"},
		{"a container that leads nowhere", with(file("META-INF/container.xml", `<container><rootfile full-path="x.opf"/></container>`)), "lacks the file “x.opf”"},
		{"a container of broken XML", with(file("META-INF/container.xml", "<container>")), "“META-INF/container.xml” in it is no well-formed XML"},
		{"an empty container file", with(file("META-INF/container.xml", "")), "no well-formed XML"},
		{"a package of broken XML", opf("<package><metadata></package>"), "“OEBPS/book.opf” in it is no well-formed XML"},
		{"two roots of which one is open", opf("<package/><x>"), "no well-formed XML"},
		{"an entity of its own", opf(`<!DOCTYPE p [<!ENTITY a "b">]><package>&a;</package>`), "declares entities"},
		{"a billion laughs", opf(`<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>` + opf2("<dc:title>&b;</dc:title>", "")), "declares entities"},
		{"an entity from outside", opf(`<!DOCTYPE p [<!entity x SYSTEM "file:///etc/passwd">]>` + opf2("", "")), "declares entities"},
		{"an entity that nobody declared", opf(opf2("<dc:title>&nbsp;</dc:title>", "")), "no well-formed XML"},
		{"an encoding that nobody knows", opf(`<?xml version="1.0" encoding="ebcdic"?><package/>`), "no well-formed XML"},
		{"a deep package", opf(strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000)), "no well-formed XML"},
		{"very many elements", opf("<a>" + strings.Repeat("<b/>", 200_001) + "</a>"), "no well-formed XML"},
		{"a long package", with(epubtest.File{Name: "OEBPS/book.opf", Data: "<a>" + strings.Repeat(" ", 4<<20) + "</a>", Stored: true}), "too long"},
		{"no pages", opf(`<package><manifest><item id="a" href="chapter1.xhtml"/></manifest><spine/></package>`), "no page to read"},
		{"pages that are not there", opf(`<package><manifest><item id="a" href="x.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>`), "no page to read"},
		{"pages elsewhere", opf(`<package><manifest><item id="a" href="https://example.com/"/></manifest><spine><itemref idref="a"/></spine></package>`), "no page to read"},
		{"a reference that climbs", manifest("../../etc/passwd"), "“../../etc/passwd” in it may lead outside"},
		{"a reference that climbs in disguise", manifest("%2e%2e/%2e%2e/x"), "may lead outside"},
		{"an absolute reference", manifest("/etc/passwd"), "may lead outside"},
		{"a reference with a backslash", manifest(`..\..\x`), "may lead outside"},
		{"a reference with a zero", manifest("a%00b"), "may lead outside"},
		{"an entry that climbs", add(file("../evil", "")), "“../evil” in it may lead outside"},
		{"an entry that climbs later", add(file("OEBPS/../../evil", "")), "may lead outside"},
		{"an absolute entry", add(file("/etc/passwd", "")), "may lead outside"},
		{"an entry with a backslash", add(file(`OEBPS\x`, "")), "may lead outside"},
		{"an entry on a drive", add(file("C:x", "")), "may lead outside"},
		{"an entry with a line feed", add(file("a\nb", "")), "control characters"},
		{"an entry that is no text", add(file("a\xffb", "")), "may lead outside"},
		{"an entry twice", add(file("OEBPS/book.opf", "<package/>")), "“OEBPS/book.opf” twice"},
		{"a book that is protected", add(file("META-INF/encryption.xml", `<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></EncryptedData></encryption>`)), "protected against copying"},
		{"a bomb of one file", add(file("OEBPS/bomb", strings.Repeat("\x00", 2<<20))), "more than 200 times its size"},
		{"a damaged file", damage(files(), "OEBPS/chapter2.xhtml"), "“OEBPS/chapter2.xhtml” in it is damaged"},
	} {
		book, err := read(x.data)
		var why *epub.Invalid
		if !errors.As(err, &why) {
			t.Errorf("%s: %+v, %v, want it to be refused", x.what, book, err)
		} else if !strings.Contains(why.Reason, x.want) || strings.HasSuffix(why.Reason, ".") || len(why.Reason) > 400 {
			t.Errorf("%s is refused because %s, want “%s”", x.what, why.Reason, x.want)
		}
	}
}

// Fonts that are hidden in the usual ways make no book unreadable.
func TestHiddenFonts(t *testing.T) {
	data := epubtest.Zip(append(files(), epubtest.File{Name: "META-INF/encryption.xml",
		Data: `<encryption><enc:EncryptedData xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></enc:EncryptedData></encryption>`})...)
	if _, err := read(data); err != nil {
		t.Error(err)
	}
}

// damage changes one byte of an entry that is not packed.
func damage(files []epubtest.File, name string) []byte {
	for i := range files {
		if files[i].Name == name {
			files[i].Stored = true
			files[i].Data += "here it breaks"
		}
	}
	return bytes.Replace(epubtest.Zip(files...), []byte("here it breaks"), []byte("here it broke!"), 1)
}

func TestLimits(t *testing.T) {
	good := epubtest.Zip(files()...)
	for _, x := range []struct {
		limits epub.Limits
		want   string // "" for a book
	}{
		{epub.Limits{}, ""},
		{epub.Limits{Entries: 7}, ""},
		{epub.Limits{Entries: 6}, "more than 6 files"},
		{epub.Limits{File: 2 << 20}, ""},
		{epub.Limits{File: 500}, "unpacks to more than"},
		{epub.Limits{Total: 1500}, "it unpacks to more than"},
	} {
		_, err := x.limits.Read(bytes.NewReader(good), int64(len(good)))
		var why *epub.Invalid
		if x.want == "" && err != nil || x.want != "" && !(errors.As(err, &why) && strings.Contains(why.Reason, x.want)) {
			t.Errorf("%+v: %v, want %q", x.limits, err, x.want)
		}
	}
	b, err := epub.Limits{Cover: 10}.Read(bytes.NewReader(good), int64(len(good)))
	if err != nil || b.Cover != nil {
		t.Errorf("a cover of %d bytes is given though ten are the most (%v)", len(b.Cover), err)
	}
}

// raw makes an archive whose directory says what it likes.
func raw(headers ...*zip.FileHeader) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range epubtest.Files("T", "A", nil, []string{""}) {
		w, err := z.Create(f.Name)
		if err == nil {
			_, err = io.WriteString(w, f.Data)
		}
		if err != nil {
			panic(err)
		}
	}
	for _, h := range headers {
		w, err := z.CreateRaw(h)
		if err == nil {
			_, err = io.WriteString(w, h.Comment)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// entry is a stored entry that holds data and says something of it.
func entry(data string, change func(*zip.FileHeader)) *zip.FileHeader {
	h := &zip.FileHeader{Name: "x", Comment: data, CRC32: crc32.ChecksumIEEE([]byte(data)),
		CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))}
	change(h)
	return h
}

// A directory may lie about its entries.
func TestLies(t *testing.T) {
	for _, x := range []struct {
		what   string
		change func(*zip.FileHeader)
		want   string // "" for a book
	}{
		{"the truth", func(*zip.FileHeader) {}, ""},
		{"shorter than it is", func(h *zip.FileHeader) { h.UncompressedSize64 -= 3 }, "damaged"},
		{"longer than it is", func(h *zip.FileHeader) { h.UncompressedSize64 += 3 }, "damaged"},
		{"another checksum", func(h *zip.FileHeader) { h.CRC32++ }, "damaged"},
		{"packed", func(h *zip.FileHeader) { h.Method = zip.Deflate }, "damaged"},
		{"packed in a way of its own", func(h *zip.FileHeader) { h.Method = 99 }, "packed in a way that is not known"},
		{"locked", func(h *zip.FileHeader) { h.Flags |= 1 }, "locked with a password"},
		{"larger than the file", func(h *zip.FileHeader) { h.CompressedSize64 = 1 << 40 }, "damaged"},
		{"immense", func(h *zip.FileHeader) { h.UncompressedSize64 = 1 << 63 }, "unpacks to more than 100 MB"},
		{"a folder with something in it", func(h *zip.FileHeader) { h.Name = "folder~" }, "damaged"},
	} {
		_, err := read(bytes.ReplaceAll(raw(entry("some data", x.change)), []byte("folder~"), []byte("folder/")))
		var why *epub.Invalid
		if x.want == "" && err != nil || x.want != "" && !(errors.As(err, &why) && strings.Contains(why.Reason, x.want)) {
			t.Errorf("an entry that says it is %s: %v, want %q", x.what, err, x.want)
		}
	}
}

// Entries that share their bytes can say they are far more than the file holds.
func TestOverlap(t *testing.T) {
	data := epubtest.Zip(append(files(), epubtest.File{Name: "kernel", Data: strings.Repeat("k", 50_000), Stored: true})...)
	// Each entry of the directory is given the length of the longest.
	at, n := bytes.Index(data, []byte("PK\x01\x02")), 0
	for ; at >= 0; n++ {
		if name := data[at+46:]; bytes.HasPrefix(name, []byte("OEBPS/")) {
			copy(data[at+20:], []byte{0, 100, 0, 0}) // 25,600 bytes of packed data
		}
		next := bytes.Index(data[at+4:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += 4 + next
	}
	_, err := read(data)
	var why *epub.Invalid
	if !errors.As(err, &why) || !strings.Contains(why.Reason, "overlap") {
		t.Errorf("entries that overlap: %v", err)
	}
}

// What a directory costs to read is bounded before its entries are counted.
func TestALongDirectory(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 3000 {
		if _, err := z.Create(fmt.Sprintf("%d/%s", i, strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	counted := &counting{r: bytes.NewReader(b.Bytes())}
	_, err := epub.Limits{Entries: 10}.Read(counted, int64(b.Len()))
	var why *epub.Invalid
	if !errors.As(err, &why) || why.Reason != "it holds more than 10 files" || counted.n > 300_000 {
		t.Errorf("a directory of %d bytes was refused with %v after reading %d", b.Len(), err, counted.n)
	}
}

type counting struct {
	r io.ReaderAt
	n int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n += n
	return n, err
}

// A reader that fails says nothing of the file.
func TestTheReaderFails(t *testing.T) {
	good := epubtest.Zip(files()...)
	lost := errors.New("the disk is lost")
	for n := range 40 {
		r := &failing{r: bytes.NewReader(good), left: n, err: lost}
		_, err := epub.Read(r, int64(len(good)))
		var why *epub.Invalid
		if r.left < 0 && (!errors.Is(err, lost) || errors.As(err, &why)) {
			t.Fatalf("the reader fails after %d reads and the error is %v", n, err)
		}
		if r.left >= 0 && err != nil {
			t.Fatalf("after %d reads: %v", n, err)
		}
	}
}

type failing struct {
	r    io.ReaderAt
	left int
	err  error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return f.r.ReadAt(p, off)
}
