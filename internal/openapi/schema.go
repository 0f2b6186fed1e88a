package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// An object is a JSON object whose fields keep their order.
type object []value.Field

func (o object) value() value.Value { return value.Record(o) }

func (o *object) set(name string, v value.Value) { *o = append(*o, value.Field{Name: name, Value: v}) }

func str(s string) value.Value { return value.String(s) }

func strs(list []string) value.Value {
	items := make([]value.Value, len(list))
	for i, s := range list {
		items[i] = str(s)
	}
	return value.List(items)
}

func ref(kind, name string) value.Value {
	return object{{Name: "$ref", Value: str("#/components/" + kind + "/" + name)}}.value()
}

// A writing is a document that is being written.
type writing struct {
	api *API
	// identities are those that a schema refers to, by the name of the schema.
	identities map[string]string
	responses  map[string]Problem
	params     map[string]string // the first names of the parameters of a path
}

// schema writes a type. Out tells that the value is answered, and not sent.
func (w *writing) schema(t check.Type, out bool) value.Value {
	s := object{}
	name := ""
	switch t.Kind {
	case check.Unknown, check.Json:
		if !out {
			return s.value() // any, and null too
		}
		return s.value()
	case check.Identity:
		key := componentName(t.Name)
		w.identities[key] = t.Name
		if !t.Null {
			return ref("schemas", key)
		}
		return either([]value.Value{ref("schemas", key), null()})
	case check.Enum:
		items := make([]value.Value, 0, len(t.Constants)+1)
		for _, c := range t.Constants {
			items = append(items, str(c))
		}
		if t.Null {
			items = append(items, value.Null)
		}
		s.set("enum", value.List(items))
		return s.value()
	case check.Number:
		name = "number"
	case check.Flag:
		name = "boolean"
	case check.List:
		name = "array"
	case check.Record:
		name = "object"
	default:
		name = "string"
	}
	if t.Null {
		s.set("type", strs([]string{name, "null"}))
	} else {
		s.set("type", str(name))
	}
	switch t.Kind {
	case check.Date:
		s.set("format", str("date"))
	case check.DateTime:
		s.set("format", str("date-time"))
	case check.Secret:
		s.set("format", str("password"))
	case check.Binary:
		s.set("contentEncoding", str("base64"))
		if !out {
			s.set("description", str("Base64, or a data: URL with the media type."))
		}
	case check.List:
		s.set("items", w.schema(*t.Elem, out))
	case check.Record:
		w.properties(&s, t.Fields, nil, out)
	}
	return s.value()
}

// properties writes the fields of a record. In an answer each is there, if only as
// null, unless absence differs from null; in a request null is the same as nothing.
func (w *writing) properties(s *object, fields []check.RecordField, literals map[string]value.Value, out bool) {
	if len(fields) == 0 {
		return
	}
	var names []string
	var props object
	for _, f := range fields {
		if out && !f.Absent || !out && !f.Type.Null {
			names = append(names, f.Name)
		}
		if v, ok := literals[f.Name]; ok {
			props.set(f.Name, literal(v))
			continue
		}
		schema := w.schema(f.Type, out)
		if !out {
			schema = w.short(schema, f.Type)
			if f.Absent {
				schema = nullDiffers(schema)
			}
		}
		props.set(f.Name, schema)
	}
	if len(names) > 0 {
		s.set("required", strs(names))
	}
	s.set("properties", props.value())
}

// literal is the schema of what the text writes out: a sentence may be worded
// anew, so it is an example.
func literal(v value.Value) value.Value {
	if _, ok := v.Text(); ok {
		return object{{Name: "type", Value: str("string")}, {Name: "examples", Value: value.List([]value.Value{v})}}.value()
	}
	return object{{Name: "const", Value: v}}.value()
}

func null() value.Value { return object{{Name: "type", Value: str("null")}}.value() }

// either is one of several schemas.
func either(list []value.Value) value.Value {
	var one []value.Value
	for _, s := range list {
		known := false
		for _, x := range one {
			known = known || value.Equal(x, s)
		}
		if !known {
			one = append(one, s)
		}
	}
	if len(one) == 1 {
		return one[0]
	}
	return object{{Name: "anyOf", Value: value.List(one)}}.value()
}

// componentName makes a name that a component may have.
func componentName(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r < 0x80 && (r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "_u%04x", r)
		}
	}
	return b.String()
}

// fieldSchema is what a client may send in a field. Null in an optional one is
// the same as nothing.
func (w *writing) fieldSchema(f *Field) value.Value {
	t := f.Type
	t.Null = f.Optional
	if len(f.Only) > 0 {
		items := append([]value.Value(nil), f.Only...)
		if f.Optional {
			items = append(items, value.Null)
		}
		return object{{Name: "enum", Value: value.List(items)}}.value()
	}
	s := w.schema(t, false)
	if t.Kind == check.List {
		fields := object(slices.Clone(s.Fields()))
		for i := range fields {
			if fields[i].Name == "items" {
				fields[i].Value = w.short(fields[i].Value, *t.Elem)
			}
		}
		s = fields.value()
	}
	s = w.short(s, t)
	if f.Nullable {
		s = nullDiffers(s)
	}
	if !f.Limit && !f.Cursor {
		return s
	}
	return f.paged(s)
}

// nullDiffers adds to the schema of a field that null is not the same as nothing.
func nullDiffers(s value.Value) value.Value {
	const text = "Null differs from leaving the field out."
	fields := object(slices.Clone(s.Fields()))
	for i, f := range fields {
		if f.Name == "description" {
			before, _ := f.Value.Text()
			fields[i].Value = str(before + " " + text)
			return fields.value()
		}
	}
	fields.set("description", str(text))
	return fields.value()
}

// short adds the maximum length of a text that a client sends.
func (w *writing) short(s value.Value, t check.Type) value.Value {
	most, known := plan.Longest(t, w.api.Options.MaxText)
	if !known || t.Kind != check.String && t.Kind != check.Secret {
		return s
	}
	return value.Record(append(slices.Clone(s.Fields()), value.Field{Name: "maxLength", Value: value.Number(float64(most))}))
}
