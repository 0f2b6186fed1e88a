package openapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// Document writes the API as an OpenAPI 3.1 document, indented JSON with a line
// break at its end.
func (a *API) Document() []byte {
	w := &writing{api: a, identities: map[string]string{}, responses: map[string]Problem{}, params: map[string]string{}}
	var paths object
	items := map[string]object{}
	var order []string
	for _, o := range a.Operations {
		path := w.path(o)
		if items[path] == nil {
			order = append(order, path)
		}
		items[path] = append(items[path], value.Field{Name: strings.ToLower(o.Method), Value: w.operation(o)})
	}
	for _, path := range order {
		paths.set(path, items[path].value())
	}
	info := object{{Name: "title", Value: str(a.Name)}}
	info.set("description", str(paragraphs(a.About, general)))
	info.set("version", str(a.Options.Version))
	var tags []value.Value
	for _, t := range a.Tags() {
		tag := object{{Name: "name", Value: str(t)}}
		if p := a.Purposes[t]; p != "" {
			tag.set("description", str(p))
		}
		tags = append(tags, tag.value())
	}
	doc := object{
		{Name: "openapi", Value: str("3.1.0")},
		{Name: "info", Value: info.value()},
		{Name: "servers", Value: value.List([]value.Value{object{{Name: "url", Value: str(orElse(a.Options.Prefix, "/"))}}.value()})},
		{Name: "tags", Value: value.List(tags)},
		{Name: "paths", Value: paths.value()},
		{Name: "components", Value: w.components()},
	}
	var out bytes.Buffer
	if err := json.Indent(&out, value.AppendJSON(nil, doc.value()), "", "  "); err != nil {
		panic("openapi: value wrote invalid JSON: " + err.Error())
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// general is part of the description of every program.
const general = "An unknown path answers 404 and names the nearest path; an unknown method of a path answers 405. " +
	"Every answer has the header `X-Trace-Id`, which identifies the flow of the request."

// path is the operation's path. Paths that differ in the names of parameters
// alone are one path in OpenAPI: the first names count.
func (w *writing) path(o *Operation) string {
	segments := strings.Split(o.Path, "/")
	for i, s := range segments {
		if _, is := param(s); is {
			segments[i] = "{}"
		}
	}
	key := strings.Join(segments, "/")
	if w.params[key] == "" {
		w.params[key] = o.Path
	}
	return w.params[key]
}

func (w *writing) operation(o *Operation) value.Value {
	out := object{{Name: "operationId", Value: str(o.ID)}, {Name: "tags", Value: strs([]string{o.Tag})}}
	if o.Summary != "" {
		out.set("summary", str(o.Summary))
	}
	if o.About != "" {
		out.set("description", str(o.About))
	}
	if o.At != "" {
		out.set("x-source", str(o.At))
	}
	if p := w.parameters(o); len(p) > 0 {
		out.set("parameters", value.List(p))
	}
	if o.Bodied() {
		if body := w.body(o); body != nil {
			out.set("requestBody", body.value())
		}
	}
	out.set("responses", w.answers(o))
	if ways := w.security(o); ways != nil {
		out.set("security", value.List(ways))
	}
	return out.value()
}

func (w *writing) parameters(o *Operation) []value.Value {
	var list []value.Value
	var names []string
	for _, s := range strings.Split(w.path(o), "/") {
		if name, is := param(s); is {
			names = append(names, name)
		}
	}
	for i, f := range o.Params {
		t := f.Type
		t.Null = false
		list = append(list, object{
			{Name: "name", Value: str(names[i])}, {Name: "in", Value: str("path")},
			{Name: "required", Value: value.Flag(true)}, {Name: "schema", Value: w.short(w.schema(t, false), t)},
		}.value())
	}
	if o.Bodied() && o.File == nil {
		return list
	}
	for _, f := range o.Fields {
		if f == o.File {
			continue
		}
		p := object{{Name: "name", Value: str(f.Name)}, {Name: "in", Value: str("query")}}
		if o.Bodied() {
			p.set("description", str("Sent here if the whole body is "+o.File.Name+"."))
		} else if !f.Optional {
			p.set("required", value.Flag(true))
		}
		x := *f
		x.Optional = false // there is no null in a query string
		p.set("schema", w.fieldSchema(&x))
		list = append(list, p.value())
	}
	return list
}

// body writes the schema of a request's body: a JSON object, with binary data a form
// in parts too, and where it is one file that file itself.
func (w *writing) body(o *Operation) object {
	fields := append([]*Field(nil), o.Fields...)
	for _, f := range o.Credentials {
		if f.Credential.Body {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	needed := false
	schema := func(form bool) value.Value {
		s := object{{Name: "type", Value: str("object")}}
		var required []string
		var props object
		for _, f := range fields {
			if !f.Optional && (f.Credential == nil || f.inBodyOnly()) {
				required = append(required, f.Name)
			}
			switch {
			case form && f.Binary():
				file := object{{Name: "type", Value: str("string")}, {Name: "format", Value: str("binary")}}
				if f.Type.Kind == check.List {
					file = object{{Name: "type", Value: str("array")}, {Name: "items", Value: file.value()}}
				}
				props.set(f.Name, file.value())
			case f.Credential != nil:
				kinds := strs([]string{"string", "null"})
				if !f.Optional && f.inBodyOnly() {
					kinds = str("string")
				}
				props.set(f.Name, object{{Name: "type", Value: kinds}, {Name: "format", Value: str("password")},
					{Name: "description", Value: str(whereElse(f.Credential))}}.value())
			default:
				props.set(f.Name, w.fieldSchema(f))
			}
		}
		needed = len(required) > 0
		if needed {
			s.set("required", strs(required))
		}
		s.set("properties", props.value())
		return s.value()
	}
	content := object{{Name: "application/json", Value: object{{Name: "schema", Value: schema(false)}}.value()}}
	if o.Binary() {
		content.set("multipart/form-data", object{{Name: "schema", Value: schema(true)}}.value())
	}
	if o.File != nil {
		content.set(anyMedia, object{{Name: "schema", Value: object{
			{Name: "description", Value: str("The field " + o.File.Name + " as the whole body, with a media type of its own; the other fields are sent in the query string.")},
		}.value()}}.value())
	}
	return object{{Name: "required", Value: value.Flag(needed)}, {Name: "content", Value: content.value()}}
}

// components writes the parts that several operations share.
func (w *writing) components() value.Value {
	shared := w.shared()
	var schemas object
	for _, key := range slices.Sorted(maps.Keys(w.identities)) {
		instance, name, _ := strings.Cut(w.identities[key], ".")
		schemas.set(key, object{
			{Name: "description", Value: str("The identity of a " + name + " of " + instance + ": an opaque text that is only compared.")},
			{Name: "type", Value: str("string")},
		}.value())
	}
	if t := w.api.Errors; t != nil {
		s := object{{Name: "description", Value: str("An answer that says no.")}}
		schemas.set(errorSchema, append(s, w.schema(*t, true).Fields()...).value())
	} else {
		schemas = append(schemas, problemSchemas()...)
	}
	out := object{{Name: "schemas", Value: schemas.value()}, {Name: "responses", Value: shared}}
	out.set("headers", object{{Name: "Trace", Value: object{
		{Name: "description", Value: str("The id of the flow. `legible why` explains the answer from it.")},
		{Name: "schema", Value: object{{Name: "type", Value: str("string")}}.value()},
	}.value()}}.value())
	if s := w.schemes(); len(s) > 0 {
		out.set("securitySchemes", s.value())
	}
	return out.value()
}
