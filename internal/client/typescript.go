package client

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/openapi"
)

//go:embed runtime.ts
var runtime string

// TypeScript writes a client in TypeScript 5: one module without imports, for
// browsers and for Node 18 and later.
func TypeScript(a *openapi.API, opt Options) []byte {
	w := &writer{api: a, name: opt.Name}
	names := w.identities()
	if w.name == "" {
		w.name = upper(a.Name)
	}
	if w.taken(w.name) {
		w.name += "Client"
	}
	w.line("// A client of %s, written by “legible client --lang ts”. It is not edited: it is", a.Name)
	w.line("// written again when the program has changed.")
	w.line("")
	if a.About != "" {
		for _, part := range folded(a.About, 96) {
			w.line("// %s", part)
		}
		w.line("")
	}
	head, tail, _ := strings.Cut(runtime, "// ---- The client\n")
	w.b.WriteString(head)
	if len(names) > 0 {
		w.line("// ---- Identities: one of a concept is not one of another")
		w.line("")
	}
	for _, n := range names {
		in, member, _ := strings.Cut(n, ".")
		w.line("/** Which %s of %s. */", member, in)
		w.line("export type %s = Identity<%s>;", w.ids[n], quoted(n))
	}
	if len(names) > 0 {
		w.line("")
	}
	if t := a.Errors; t != nil {
		w.note("", "What an answer holds that says no.")
		w.line("export type %s = %s;", errorType, w.out(*t, ""))
		w.line("")
	}
	for _, tag := range a.Tags() {
		w.line("// ---- %s", strings.TrimSuffix(tag+": "+a.Purposes[tag], ": "))
		w.line("")
		for _, o := range a.Operations {
			if o.Tag == tag {
				w.shapes(o)
			}
		}
	}
	w.class(tail)
	return []byte(w.b.String())
}

// taken reports whether a name is another type of the file.
func (w *writer) taken(name string) bool {
	if slices.Contains([]string{"Returned", "Refused", "RefusedError", "Identity", "Moment", "Day", "Base64", "Upload", "Init", "ClientOptions",
		"Asked", "Blob", "Date", "Headers", "Response", "FormData", "URLSearchParams", "Promise", "Error", "Record", "Object", "String", "JSON", errorType}, name) {
		return true
	}
	for _, id := range w.ids {
		if id == name {
			return true
		}
	}
	for _, o := range w.api.Operations {
		if name == upper(o.ID)+"Input" || name == upper(o.ID)+"Answer" {
			return true
		}
	}
	return false
}

// errorType is the type of the app's format of errors.
const errorType = "ErrorBody"

// code is the type of the refusal in an answer of the runtime, and in the app's
// format of errors, where the client finds it by its name.
func (w *writer) code() string {
	if t := w.api.Errors; t != nil && slices.ContainsFunc(t.Fields, func(f check.RecordField) bool { return f.Name == "refusal" }) {
		return "string | null"
	}
	return "null"
}

// shapes writes what an operation takes and what it may answer.
func (w *writer) shapes(o *openapi.Operation) {
	name := upper(o.ID)
	if fields := inputs(o); len(fields) > 0 {
		w.line("export interface %sInput {", name)
		for _, f := range fields {
			if f.Optional {
				null := " | null"
				if w.in(f) == "unknown" {
					null = ""
				}
				w.line("  %s?: %s%s;", property(f.Name), w.in(f), null)
			} else {
				w.line("  %s: %s;", property(f.Name), w.in(f))
			}
		}
		w.line("}")
		w.line("")
	}
	var notes []string
	for _, r := range o.Results {
		if text, ok := r.Literals["error"].Text(); ok {
			notes = append(notes, fmt.Sprintf("- %d: %s", r.Status, text))
		}
		for _, x := range r.Refusals {
			notes = append(notes, fmt.Sprintf("- %d %s: %s", r.Status, x.Code, x.Sentence))
		}
	}
	if len(notes) > 0 {
		w.note("", notes...)
	}
	w.line("export type %sAnswer =", name)
	w.line("  | %s;", strings.Join(w.answers(o), "\n  | "))
	w.line("")
}

// inputs are the fields that a caller gives; who is asking the client knows.
func inputs(o *openapi.Operation) []*openapi.Field {
	return append(slices.Clone(o.Params), o.Fields...)
}

// answers are the members of the union that an operation may answer.
func (w *writer) answers(o *openapi.Operation) []string {
	var returned, refused []string
	var plain []int // the statuses of those that say no and nothing more
	add := func(list *[]string, s string) {
		if !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	for _, r := range o.Results {
		status := strconv.Itoa(r.Status)
		if r.Status == 0 {
			status = "number"
		}
		formatted, always := w.api.Formatted(r)
		if formatted && (r.Body == nil || r.Body.Null) {
			if r.Status == 0 || r.Status >= 300 || len(r.Refusals) > 0 {
				add(&refused, "Refused<"+status+", "+w.code()+", "+errorType+">")
			} else {
				add(&returned, "Returned<"+status+", "+errorType+">")
			}
			if always && r.Body == nil {
				continue
			}
		}
		if r.Status == 0 || r.Status < 300 {
			for _, v := range w.values(r) {
				add(&returned, "Returned<"+status+", "+v+">")
			}
		}
		switch {
		case len(r.Refusals) > 0:
			var codes []string
			for _, c := range r.Codes() {
				codes = append(codes, quoted(c))
			}
			add(&refused, "Refused<"+status+", "+strings.Join(codes, " | ")+">")
		case r.Status >= 300 && r.Body == nil && len(r.Fields) == 1 && r.Fields[0].Name == "error":
			plain = append(plain, r.Status)
		case r.Status == 0 || r.Status >= 300:
			for _, v := range w.values(r) {
				add(&refused, "Refused<"+status+", null, "+v+">")
			}
		}
	}
	for _, p := range o.Problems() {
		plain = append(plain, p.Status)
	}
	slices.Sort(plain)
	var statuses []string
	for _, s := range slices.Compact(plain) {
		statuses = append(statuses, strconv.Itoa(s))
	}
	body := ""
	if w.api.Errors != nil {
		body = ", " + errorType
	}
	return append(append(returned, refused...), "Refused<"+strings.Join(statuses, " | ")+", "+w.code()+body+">")
}

// values are the types of what a result may be.
func (w *writer) values(r *openapi.Result) []string {
	if r.Status == 204 {
		return []string{"null"}
	}
	object := w.object(r.Fields, r.Literals, "  ")
	if r.Body == nil {
		return []string{object}
	}
	body := *r.Body
	body.Null = false
	list := []string{w.out(body, "  ")}
	switch kindOf(r) {
	case "blob":
		list = []string{"Blob"}
	case "text":
		list = []string{w.plain(body)}
	}
	if r.Body.Null {
		list = append(list, object)
	}
	return list
}

// kindOf says how the body of an answer is read: "json", "text" or "blob".
func kindOf(r *openapi.Result) string {
	if r.Body == nil {
		return "json"
	}
	switch r.Body.Kind {
	case check.Binary:
		return "blob"
	case check.String, check.Identity, check.Enum, check.Date, check.Secret:
		return "text"
	}
	return "json"
}
