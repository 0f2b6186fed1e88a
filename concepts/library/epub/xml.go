package epub

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// The limits of an XML file, apart from its length.
const (
	maxDepth    = 200
	maxElements = 200_000
	maxText     = 4 << 10 // bytes of text of one element; the rest is left out
)

// An element is an element with its own text.
type element struct {
	name xml.Name
	attr []xml.Attr
	text []byte
}

// get returns an attribute by its local name, in any namespace.
func (e *element) get(name string) string {
	for _, a := range e.attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

var errEntities = errors.New("entities")

// walk visits the elements of an XML file, each at its end, with the local name of
// its parent ("" for the root). It expands no entities except the five of XML.
func walk(data []byte, loose bool, visit func(parent string, e *element)) error {
	d := xml.NewDecoder(bytes.NewReader(plain(data)))
	d.CharsetReader = charset
	if loose {
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	}
	var open []*element
	seen := 0
	for {
		t, err := d.Token()
		if err == io.EOF && seen > 0 && len(open) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.Directive:
			if bytes.Contains(bytes.ToUpper(t), []byte("<!ENTITY")) {
				return errEntities
			}
		case xml.StartElement:
			if seen++; seen > maxElements || len(open) == maxDepth {
				return errors.New("too many elements")
			}
			open = append(open, &element{name: t.Name, attr: t.Attr})
		case xml.CharData:
			if len(open) > 0 {
				e := open[len(open)-1]
				e.text = append(e.text, t[:min(len(t), max(0, maxText-len(e.text)))]...)
			}
		case xml.EndElement:
			e := open[len(open)-1] // the decoder holds ends against beginnings
			open = open[:len(open)-1]
			parent := ""
			if len(open) > 0 {
				parent = open[len(open)-1].name.Local
			}
			visit(parent, e)
		}
	}
}

// elements visits the elements of an XML file of the archive, and reports whether
// there is such a file.
func (a *archive) elements(name string, limit int64, visit func(parent string, e *element)) (bool, error) {
	data, err := a.file(name, limit)
	if err != nil || data == nil {
		return false, err
	}
	switch err := walk(data, false, visit); {
	case errors.Is(err, errEntities):
		return true, invalid("the file %s in it declares entities", quoted(name))
	case err != nil:
		return true, invalid("the file %s in it is no well-formed XML", quoted(name))
	}
	return true, nil
}

// plain converts UTF-16, which XML files may use, to UTF-8, and removes the byte
// order mark.
func plain(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		return data[3:]
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// charset reads the encodings that a file may declare.
func charset(name string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii":
		return r, nil // UTF-16 is UTF-8 by now; what is none of them is told by the decoder
	case "iso-8859-1", "latin1", "latin-1":
		return latin1{r}, nil
	}
	return nil, fmt.Errorf("the encoding %q is not known", name)
}

// latin1 converts ISO 8859-1 to UTF-8.
type latin1 struct{ r io.Reader }

func (l latin1) Read(p []byte) (int, error) {
	if len(p) < 2 {
		return 0, io.ErrShortBuffer
	}
	b := make([]byte, len(p)/2)
	n, err := l.r.Read(b)
	out := p[:0]
	for _, c := range b[:n] {
		out = append(out, string(rune(c))...)
	}
	return len(out), err
}
