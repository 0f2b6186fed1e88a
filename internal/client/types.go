package client

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/openapi"
	"github.com/legible-lang/legible/value"
)

// identities returns each identity of the program its type: "UserId", or with the
// concept's name where another concept has the same.
func (w *writer) identities() []string {
	var names []string
	var find func(t check.Type)
	find = func(t check.Type) {
		if t.Kind == check.Identity && !slices.Contains(names, t.Name) {
			names = append(names, t.Name)
		}
		if t.Elem != nil {
			find(*t.Elem)
		}
		for _, f := range t.Fields {
			find(f.Type)
		}
	}
	for _, o := range w.api.Operations {
		for _, f := range append(slices.Clone(o.Params), o.Fields...) {
			find(f.Type)
		}
		for _, r := range o.Results {
			for _, f := range r.Fields {
				find(f.Type)
			}
			if r.Body != nil {
				find(*r.Body)
			}
		}
	}
	slices.Sort(names)
	short := map[string]int{}
	for _, n := range names {
		short[last(n)]++
	}
	w.ids = map[string]string{}
	for _, n := range names {
		w.ids[n] = last(n) + "Id"
		if short[last(n)] > 1 {
			w.ids[n] = strings.ReplaceAll(n, ".", "") + "Id"
		}
	}
	return names
}

func last(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// out returns the type of an answered value.
func (w *writer) out(t check.Type, indent string) string {
	s := ""
	switch t.Kind {
	case check.Record:
		if len(t.Fields) == 0 {
			s = "Record<string, unknown>"
			break
		}
		s = w.object(t.Fields, nil, indent)
	case check.List:
		s = w.out(*t.Elem, indent)
		if strings.Contains(s, "|") && !strings.HasPrefix(s, "{") || strings.HasSuffix(s, "| null") {
			s = "(" + s + ")"
		}
		s += "[]"
	case check.Binary:
		s = "Base64"
	default:
		s = w.plain(t)
	}
	if t.Null && s != "unknown" {
		s += " | null"
	}
	return s
}

// in returns the type of a value in a request.
func (w *writer) in(f *openapi.Field) string {
	if len(f.Only) > 0 {
		return literals(f.Only)
	}
	return w.inType(f.Type)
}

func (w *writer) inType(t check.Type) string {
	switch t.Kind {
	case check.List:
		s := w.inType(*t.Elem)
		if strings.Contains(s, "|") {
			s = "(" + s + ")"
		}
		return "readonly " + s + "[]"
	case check.Binary:
		return "Upload"
	case check.DateTime:
		return "Moment | Date"
	case check.Record:
		if len(t.Fields) == 0 {
			return "Record<string, unknown>"
		}
		var parts []string
		for _, f := range t.Fields {
			if f.Type.Null {
				parts = append(parts, property(f.Name)+"?: "+w.inType(f.Type)+" | null")
			} else {
				parts = append(parts, property(f.Name)+": "+w.inType(f.Type))
			}
		}
		return "{ " + strings.Join(parts, "; ") + " }"
	}
	return w.plain(t)
}

// plain returns the type of a single value.
func (w *writer) plain(t check.Type) string {
	switch t.Kind {
	case check.Identity:
		return w.ids[t.Name]
	case check.Number:
		return "number"
	case check.Flag:
		return "boolean"
	case check.Date:
		return "Day"
	case check.DateTime:
		return "Moment"
	case check.String, check.Secret:
		return "string"
	case check.Enum:
		var list []value.Value
		for _, c := range t.Constants {
			list = append(list, value.String(c))
		}
		return literals(list)
	}
	return "unknown"
}

func literals(list []value.Value) string {
	var parts []string
	for _, v := range list {
		parts = append(parts, string(value.AppendJSON(nil, v)))
	}
	return strings.Join(parts, " | ")
}

// object is the type of an object: on one line where it fits. Flags and numbers
// that the text writes out are their own types.
func (w *writer) object(fields []check.RecordField, written map[string]value.Value, indent string) string {
	if len(fields) == 0 {
		return "{}"
	}
	typeOf := func(f check.RecordField, indent string) string {
		if v, ok := written[f.Name]; ok {
			if _, text := v.Text(); text {
				return "string"
			}
			return string(value.AppendJSON(nil, v))
		}
		return w.out(f.Type, indent)
	}
	mark := func(f check.RecordField) string {
		if f.Absent {
			return "?: "
		}
		return ": "
	}
	var parts []string
	for _, f := range fields {
		parts = append(parts, property(f.Name)+mark(f)+typeOf(f, indent))
	}
	line := "{ " + strings.Join(parts, "; ") + " }"
	if len(indent)+len(line) < 80 && !strings.Contains(line, "\n") {
		return line
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, f := range fields {
		b.WriteString(indent + "  " + property(f.Name) + mark(f) + typeOf(f, indent+"  ") + ";\n")
	}
	b.WriteString(indent + "}")
	return b.String()
}

// property writes the name of a property, quoted where it must be.
func property(name string) string {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return quoted(name)
		}
	}
	return name
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("client: invalid JSON text: " + err.Error())
	}
	return string(text)
}
