package explain

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// Scenario writes recorded flows as a scenario of the app: each request, its
// answer, and the syncs that fired. An identity in an answer gets a name, which
// later steps use. Secrets are not in the record: a secret from an answer also
// gets a name, and a secret of the client is replaced by a text, a different one
// if the answer was 401. The error names a flow that a scenario cannot express.
func Scenario(p *plan.Plan, title string, flows ...[]journal.Entry) (string, error) {
	w := &scenarioWriter{names: map[string]string{}, taken: map[string]bool{}}
	w.line(0, "scenario %s", strings.Join(strings.Fields(title), " "))
	for i, entries := range flows {
		if err := w.flow(read(p, entries)); err != nil {
			return "", fmt.Errorf("flow %d of the scenario: %w", i+1, err)
		}
	}
	text, findings := syntax.Format(source.NewFile("recorded.scenario", w.text.String()))
	if len(findings) > 0 {
		return "", fmt.Errorf("the record cannot be written as a scenario: %s", findings[0].Message)
	}
	return text, nil
}

// A scenarioWriter writes steps and remembers the names of values.
type scenarioWriter struct {
	text  strings.Builder
	names map[string]string // of identities
	taken map[string]bool   // names in use, including those of secrets
	wrong bool              // the answer says that the secret was wrong
}

func (w *scenarioWriter) line(level int, format string, args ...any) {
	w.text.WriteString(strings.Repeat("    ", level))
	fmt.Fprintf(&w.text, format, args...)
	w.text.WriteByte('\n')
}

func (w *scenarioWriter) flow(r *record) error {
	if len(r.Actions) == 0 {
		return fmt.Errorf("the flow asked no action")
	}
	root := r.Actions[0]
	if root.Spec == nil || root.Spec.Role != plan.Request {
		return fmt.Errorf("it was opened by %s, not by a request", root.Name)
	}
	answer, refused := r.Ends()
	w.wrong = answer == nil && refused != nil && refused.RefusalKind() == "unauthenticated" ||
		answer != nil && r.statusOf(answer) == " with status 401"
	method, path, client := "", "", ""
	var fields bodyFields
	for i, v := range root.In {
		switch name := root.Spec.Inputs[i]; {
		case v.IsUnset(), name == check.HeadersField:
		case name == check.HTTPField+"."+check.ClientField:
			client, _ = v.Text()
		case name != check.HTTPField && check.IsRuntimeField(name) && strings.HasPrefix(name, check.HTTPField):
		case name == check.HTTPField:
			client, _ = v.Get(check.ClientField).Text()
		case v.HoldsOmitted():
			return fmt.Errorf("the value of its field %s is not in the record: %s, which no part of the flow used. An app with legible.Options.FullRecord keeps such values", name, v)
		case name == "method":
			method, _ = v.Text()
		case name == "path":
			path, _ = v.Text()
		case v.IsSecret() && w.parts(r, method, path, name):
			return fmt.Errorf("the value of its field %s is not in the record: %s", name, plan.PartsHidden)
		case strings.Contains(path, "{"+name+"}"):
			w.inPath(&path, name, v)
		default:
			steps := check.FieldSteps(name)
			fields.add(steps, w.sent(steps[len(steps)-1], v))
		}
	}
	w.line(1, "%s %s %s", cmp.Or(method, "POST"), path, fields)
	if _, err := netip.ParseAddr(client); err == nil {
		w.line(2, "from %s", quoted(client))
	}
	switch {
	case answer != nil:
		w.answered(r, answer)
	case refused != nil && r.Plan.Errors != nil:
		status := statusOfKind(refused.RefusalKind())
		n, _ := strconv.Atoi(status)
		w.line(2, "=> %s %s", status, w.inFormat(r.Plan.Errors, plan.ErrorParts{Error: value.String(refused.Text), Refusal: refused.Code,
			Kind: refused.RefusalKind(), Path: refused.RefusalAbout(), Status: n}))
	case refused != nil:
		w.line(2, "=> %s {%s, %s}", statusOfKind(refused.RefusalKind()), field("error", sentence(refused.Text)), field("refusal", quoted(refused.Code)))
	default:
		w.line(2, "=> 500")
	}
	fired := map[string]int{}
	var order []string
	for _, m := range r.Matches {
		if m.Kind == journal.Fired {
			if fired[m.Sync]++; fired[m.Sync] == 1 {
				order = append(order, m.Sync)
			}
		}
	}
	for _, name := range order {
		if n := fired[name]; n <= 2 {
			w.line(1, "fired %s %s", name, times(n))
		} else {
			w.line(1, "fired %s %d times", name, n)
		}
	}
	return nil
}

// bodyFields are the fields of a record in a body, each with its datum or, for a
// record that syncs divide, its own fields.
type bodyFields []bodyField

type bodyField struct {
	name  string
	datum string
	parts bodyFields
}

func (list *bodyFields) add(steps []string, datum string) {
	i := slices.IndexFunc(*list, func(f bodyField) bool { return f.name == steps[0] })
	if i < 0 {
		i = len(*list)
		*list = append(*list, bodyField{name: steps[0]})
	}
	if len(steps) > 1 {
		(*list)[i].parts.add(steps[1:], datum)
	} else {
		(*list)[i].datum = datum
	}
}

func (list bodyFields) String() string {
	var fields []string
	for _, f := range list {
		if len(f.parts) > 0 {
			f.datum = f.parts.String()
		}
		fields = append(fields, field(f.name, f.datum))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// parts reports whether a field is hidden because a part of it is secret.
func (w *scenarioWriter) parts(r *record, method, path, name string) bool {
	f, _ := r.Plan.Routes.Field(method, path, name)
	return f != nil && f.Parts
}

// inPath writes a field that is part of the path, as a name if it has one.
func (w *scenarioWriter) inPath(path *string, name string, v value.Value) {
	text, _ := v.Text()
	if known := w.names[text]; known != "" {
		*path = strings.ReplaceAll(*path, "{"+name+"}", "{"+known+"}")
		return
	}
	*path = strings.ReplaceAll(*path, "{"+name+"}", strings.Trim(v.String(), `"`))
}

// unknownText stands for a text that the record does not have. A scenario expects any
// value in its place.
const unknownText = "\x00unknown"

// inFormat writes an error in the app's format. The trace of the next run is another.
func (w *scenarioWriter) inFormat(format *plan.ErrorFormat, parts plan.ErrorParts) string {
	parts.Trace = unknownText
	if text, ok := parts.Error.Text(); ok && value.IsShortened(text) || parts.Error.HoldsOmitted() {
		parts.Error = value.String(unknownText)
	}
	v, err := format.Format(parts)
	if err != nil {
		return "{}"
	}
	return w.datum(v, func(text string) string {
		if strings.Contains(text, unknownText) {
			return "_"
		}
		return quoted(text)
	})
}

func (w *scenarioWriter) answered(r *record, a *action) {
	if parts, ok := errorParts(r, a); ok {
		w.line(2, "=> %d %s", parts.Status, w.inFormat(r.Plan.Errors, parts))
		return
	}
	status, body := "200", ""
	var fields []string
	for i, v := range a.In {
		switch name := a.Spec.Inputs[i]; {
		case v.IsUnset(), name == "request", name == "headers", name == "cookies":
		case name == "status":
			if !v.IsNull() {
				status = v.String()
			}
		case name == "body":
			body = w.expected(name, v)
		default:
			wire := check.WireName(name)
			fields = append(fields, field(wire, w.expected(wire, v)))
		}
	}
	w.line(2, "=> %s %s", status, cmp.Or(body, "{"+strings.Join(fields, ", ")+"}"))
}

// errorParts returns what an answer in the app's format of errors is made of.
func errorParts(r *record, a *action) (parts plan.ErrorParts, ok bool) {
	if r.Plan.Errors == nil {
		return parts, false
	}
	parts.Status = 200
	for i, v := range a.In {
		switch name := a.Spec.Inputs[i]; {
		case v.IsNull():
		case name == "body":
			return parts, false
		case name == "status":
			n, _ := v.Num()
			parts.Status = int(n)
		default:
			parts.Set(name, v)
		}
	}
	return parts, !parts.Error.IsNull()
}

// sent writes a value that the client sent.
func (w *scenarioWriter) sent(name string, v value.Value) string {
	if v.IsSecret() {
		switch {
		case w.wrong:
			return quoted("another " + name)
		case w.taken[name]:
			return name
		}
		return quoted("secret " + name)
	}
	return w.datum(v, func(text string) string { return cmp.Or(w.names[text], quoted(text)) })
}

// expected writes a value of an answer. Identities and secrets get names.
func (w *scenarioWriter) expected(name string, v value.Value) string {
	if v.IsSecret() {
		w.taken[name] = true
		return name
	}
	return w.datum(v, func(text string) string {
		if _, err := value.ParseID(text); err != nil || len(text) != 36 {
			return quoted(text)
		}
		if w.names[text] == "" {
			fresh := name
			for n := 2; w.taken[fresh]; n++ {
				fresh = name + strconv.Itoa(n)
			}
			w.names[text], w.taken[fresh] = fresh, true
		}
		return w.names[text]
	})
}

// datum writes a value in the form of scenarios. For secrets, large values and
// times, the scenario only expects that there is a value.
func (w *scenarioWriter) datum(v value.Value, text func(string) string) string {
	switch v.Kind() {
	case value.SecretKind, value.BlobKind, value.TimeKind, value.OmittedKind:
		return "_"
	case value.StringKind:
		s, _ := v.Text()
		return text(s)
	case value.ListKind:
		var items []string
		for _, x := range v.Items() {
			items = append(items, w.datum(x, text))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case value.RecordKind:
		var fields []string
		for _, f := range v.Fields() {
			fields = append(fields, field(f.Name, w.datum(f.Value, text)))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return string(value.AppendJSON(nil, v))
}

func field(name, datum string) string { return quoted(name) + ": " + datum }

func quoted(s string) string { return string(value.AppendJSON(nil, value.String(s))) }

// sentence writes the sentence of a refusal, which the record may have cut.
func sentence(s string) string {
	if value.IsShortened(s) {
		return "_"
	}
	return quoted(s)
}

// statusOfKind returns the status of the answer to a refusal of a kind.
func statusOfKind(kind string) string {
	kinds := []string{"unauthenticated", "forbidden", "missing", "conflict", "limited"}
	if i := slices.Index(kinds, kind); i >= 0 {
		return []string{"401", "403", "404", "409", "429"}[i]
	}
	return "422"
}
