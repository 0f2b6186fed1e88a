package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// anyMedia is the media type of binary data that may be anything.
const anyMedia = "*/*"

// An answered describes the answers with one status.
type answered struct {
	about   []string
	media   []string // in their order
	schemas map[string][]value.Value
	headers object
	common  []Problem // the runtime's answers
	own     bool      // the program's are among them
}

func (a *answered) add(media string, schema value.Value) {
	if !slices.Contains(a.media, media) {
		a.media = append(a.media, media)
	}
	a.schemas[media] = append(a.schemas[media], schema)
}

func (a *answered) say(line string) {
	if line != "" && !slices.Contains(a.about, line) {
		a.about = append(a.about, line)
	}
}

func (a *answered) header(name string, v value.Value) {
	for _, h := range a.headers {
		if h.Name == name {
			return
		}
	}
	a.headers.set(name, v)
}

// answers writes the possible answers of an operation.
func (w *writing) answers(o *Operation) value.Value {
	byStatus := map[int]*answered{}
	at := func(status int) *answered {
		if byStatus[status] == nil {
			byStatus[status] = &answered{schemas: map[string][]value.Value{}}
		}
		return byStatus[status]
	}
	for _, r := range o.Results {
		if r.Status != 0 {
			w.result(at(r.Status), r)
		}
	}
	for _, p := range o.Problems() {
		a := at(p.Status)
		a.common = append(a.common, p)
		if p.soft(w.api.Options) {
			a = at(http.StatusOK)
			a.own = true
			a.add("application/json", w.problem(p))
			a.say(p.About)
		}
	}
	if o.parts() {
		part := at(http.StatusPartialContent)
		part.own = true
		part.say("The part that `Range` requests.")
		for _, r := range o.Results {
			if r.Body != nil && (r.Body.Kind == check.Binary || loose(*r.Body)) {
				part.add(orElse(r.Media, anyMedia), object{}.value())
			}
		}
		same := at(http.StatusNotModified)
		same.own = true
		same.say("The client already has the data, according to `If-None-Match`.")
	}
	for _, r := range o.Results { // whose status may be any
		if r.Status == 0 {
			w.result(at(0), r)
			for status, a := range byStatus {
				if status != 0 {
					w.result(a, r)
				}
			}
		}
	}
	var statuses []int
	for s := range byStatus {
		statuses = append(statuses, s)
	}
	slices.Sort(statuses)
	var out object
	for _, s := range statuses {
		if s != 0 {
			out.set(strconv.Itoa(s), w.response(s, byStatus[s]))
		}
	}
	if a := byStatus[0]; a != nil {
		out.set("default", w.response(0, a))
	}
	return out.value()
}

// result adds a way in which the program answers.
func (w *writing) result(a *answered, r *Result) {
	a.own = true
	if r.Cookies {
		a.header("Set-Cookie", object{{Name: "description", Value: str("HttpOnly, SameSite=Lax, and Secure under TLS.")},
			{Name: "schema", Value: object{{Name: "type", Value: str("string")}}.value()}}.value())
	}
	if r.Pages {
		a.header("Link", object{{Name: "description", Value: str("The URL of the next page, with its cursor: `<…>; rel=\"next\"`. Absent on the last page.")},
			{Name: "schema", Value: object{{Name: "type", Value: str("string")}}.value()}}.value())
	}
	if len(r.Refusals) > 0 {
		for _, x := range r.Refusals {
			a.say("- `" + x.Code + "`: " + x.Sentence + " (" + x.By + place(x.At) + ")")
		}
		if w.api.Errors != nil {
			a.add("application/json", ref("schemas", errorSchema))
			return
		}
		a.add("application/json", object{
			{Name: "type", Value: str("object")},
			{Name: "required", Value: strs([]string{"error", "refusal"})},
			{Name: "properties", Value: object{
				{Name: "error", Value: object{{Name: "type", Value: str("string")}}.value()},
				{Name: "refusal", Value: object{{Name: "enum", Value: strs(r.Codes())}}.value()},
			}.value()},
		}.value())
		return
	}
	if text, ok := r.Literals["error"].Text(); ok {
		a.say("- " + text + " (" + r.By + place(r.At) + ")")
	} else if r.By != "" {
		a.say("- " + r.By + place(r.At))
	}
	if r.Status == http.StatusNoContent || r.Status == http.StatusNotModified {
		return
	}
	formatted, always := w.api.Formatted(r)
	if formatted && (r.Body == nil || r.Body.Null || loose(*r.Body)) {
		a.add("application/json", ref("schemas", errorSchema))
	}
	if (r.Body == nil || r.Body.Null || loose(*r.Body)) && !always {
		s := object{{Name: "type", Value: str("object")}}
		w.properties(&s, r.Fields, r.Literals, true)
		a.add("application/json", s.value())
	}
	if r.Body == nil {
		return
	}
	body := *r.Body
	body.Null = false
	switch {
	case body.Kind == check.Binary:
		a.add(orElse(r.Media, anyMedia), object{}.value())
		a.header("ETag", object{{Name: "schema", Value: object{{Name: "type", Value: str("string")}}.value()}}.value())
	case loose(body):
		a.add("application/json", object{}.value())
		a.add(anyMedia, object{}.value())
	case isText(body):
		media, _, _ := strings.Cut(orElse(r.Media, "text/plain"), ";")
		a.add(strings.TrimSpace(media), object{{Name: "type", Value: str("string")}}.value())
	default:
		media, _, _ := strings.Cut(orElse(r.Media, "application/json"), ";")
		a.add(strings.TrimSpace(media), w.schema(body, true))
	}
}

// isText reports whether a body of a type is sent as it is.
func isText(t check.Type) bool {
	switch t.Kind {
	case check.String, check.Identity, check.Enum, check.Date, check.Secret:
		return true
	}
	return false
}

func orElse(s, usual string) string {
	if s == "" {
		return usual
	}
	return s
}

func place(at string) string {
	if at == "" {
		return ""
	}
	return ", " + at
}

// response writes the answers with a status. If only the runtime gives them, the
// document has them once.
func (w *writing) response(status int, a *answered) value.Value {
	if !a.own && len(a.common) == 1 {
		p := a.common[0]
		w.responses[p.Name] = p
		return ref("responses", p.Name)
	}
	for _, p := range a.common {
		a.say(p.About)
		a.add("application/json", w.problem(p))
	}
	about := strings.Join(a.about, "\n")
	if about == "" {
		about = http.StatusText(status)
	}
	r := object{{Name: "description", Value: str(about)}}
	headers := append(object{{Name: "X-Trace-Id", Value: ref("headers", "Trace")}}, a.headers...)
	if status == http.StatusTooManyRequests {
		headers.set("Retry-After", retryAfter())
	}
	r.set("headers", headers.value())
	if len(a.media) > 0 {
		var content object
		for _, m := range a.media {
			content.set(m, object{{Name: "schema", Value: either(a.schemas[m])}}.value())
		}
		r.set("content", content.value())
	}
	return r.value()
}

// errorSchema is the name of the schema of the app's format of errors.
const errorSchema = "Error"

// problem is the schema of an answer of the runtime.
func (w *writing) problem(p Problem) value.Value {
	if w.api.Errors != nil {
		return ref("schemas", errorSchema)
	}
	return ref("schemas", p.Schema)
}

// Formatted reports whether the object of a result may have the app's format of
// errors, and whether it always has.
func (a *API) Formatted(r *Result) (may, always bool) {
	if a.Errors == nil {
		return false, false
	}
	if len(r.Refusals) > 0 {
		return true, true
	}
	for _, f := range r.Fields {
		if f.Name == "error" {
			_, literal := r.Literals["error"]
			return true, literal || !f.Type.Null && f.Type.Kind != check.Unknown && f.Type.Kind != check.Json
		}
	}
	return false, false
}

func retryAfter() value.Value {
	return object{{Name: "description", Value: str("Seconds.")},
		{Name: "schema", Value: object{{Name: "type", Value: str("integer")}}.value()}}.value()
}

// shared writes the runtime's answers that some operation refers to.
func (w *writing) shared() value.Value {
	var out object
	for _, p := range problems() {
		if _, used := w.responses[p.Name]; !used {
			continue
		}
		headers := object{{Name: "X-Trace-Id", Value: ref("headers", "Trace")}}
		if p.Status == http.StatusServiceUnavailable {
			headers.set("Retry-After", retryAfter())
		}
		out.set(p.Name, object{
			{Name: "description", Value: str(p.About)},
			{Name: "headers", Value: headers.value()},
			{Name: "content", Value: object{{Name: "application/json", Value: object{{Name: "schema", Value: w.problem(p)}}.value()}}.value()},
		}.value())
	}
	return out.value()
}
