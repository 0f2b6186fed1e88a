package scenario

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A content is the content of a file that a scenario names.
type content struct {
	path string // as written
	data []byte
}

// contentOf reads a file relative to the file that names it.
func contentOf(t *syntax.Text) (content, error) {
	name := path.Join(path.Dir(t.Span.File.Name), t.Text)
	if !fs.ValidPath(t.Text) || !fs.ValidPath(name) {
		return content{}, fmt.Errorf("the path “%s” leads out of the folder of the scenario: name a file in it or below it", t.Text)
	}
	data, err := fs.ReadFile(os.DirFS("."), name)
	if err != nil {
		return content{}, fmt.Errorf("the file “%s” of the scenario cannot be read: %w", t.Text, err)
	}
	return content{t.Text, data}, nil
}

// as returns the content as a value of a type: binary data in base64, or text. Where the
// type is not known, content that is not text is in base64.
func (c content) as(t check.Type) (value.Value, error) {
	text := utf8.Valid(c.data) && !bytes.ContainsRune(c.data, 0)
	encoded := value.String(base64.StdEncoding.EncodeToString(c.data))
	switch t.Kind {
	case check.Binary:
		return encoded, nil
	case check.Unknown, check.Json:
		if !text {
			return encoded, nil
		}
	case check.String, check.Identity, check.Secret, check.Enum, check.Date, check.DateTime:
		if !text {
			return value.Value{}, fmt.Errorf("the file “%s” is not text, and the type here is %s", c.path, check.Describe(t))
		}
	default:
		return value.Value{}, fmt.Errorf("a file such as “%s” cannot be a value here: the type is %s", c.path, check.Describe(t))
	}
	return value.String(string(c.data)), nil
}

// compare compares the content with a value: binary data, a text, or binary data in
// base64 as JSON has it.
func (c content) compare(got value.Value, path string) []Difference {
	text, isText := got.Text()
	switch {
	case isText && text == string(c.data):
		return nil
	case isText:
		if data, err := base64.StdEncoding.DecodeString(text); err == nil && bytes.Equal(data, c.data) {
			return nil
		}
	case got.Kind() == value.BlobKind:
		if got.Blob().Hash == sha256.Sum256(c.data) {
			return nil
		}
	}
	return []Difference{{Path: path, Want: fmt.Sprintf("the content of the file “%s” (%d bytes)", c.path, len(c.data)), Got: show(got)}}
}

// fieldType is the type of a field of a record type; unknown if there is none.
func fieldType(t check.Type, name string) check.Type {
	for _, f := range t.Fields {
		if f.Name == name {
			return f.Type
		}
	}
	return check.Type{}
}

// elemType is the type of a list's items; unknown if it is not known.
func elemType(t check.Type) check.Type {
	if t.Elem == nil {
		return check.Type{}
	}
	return *t.Elem
}

// bodyType is the type of a request's fields.
func (w *world) bodyType(method, path string) check.Type {
	t := check.Type{Kind: check.Record}
	route, _, _ := w.plan.Routes.Find(method, path)
	if route != nil {
		for _, f := range route.Fields {
			t.Fields = append(t.Fields, check.RecordField{Name: f.Name, Type: f.Type})
		}
		return t
	}
	for _, x := range w.plan.Program.Exposed {
		if path != "/"+x.Instance.Name+"/"+memberName(x) {
			continue
		}
		inputs := []*check.Param(nil)
		if x.Action != nil {
			inputs = x.Action.Inputs
		} else if x.Query != nil {
			inputs = x.Query.Inputs
		}
		for _, p := range inputs {
			t.Fields = append(t.Fields, check.RecordField{Name: p.Name, Type: whole(p)})
		}
	}
	return t
}

func memberName(x *check.Exposed) string {
	if x.Action != nil {
		return x.Action.Name
	}
	return x.Query.Name
}
