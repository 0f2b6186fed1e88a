package host

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/legible-lang/legible/value"
)

// looksLikeForm tells a form from what only says that it is one, as curl says
// of everything: it is made of name=value, and no name has what JSON and prose
// are made of.
func looksLikeForm(body []byte) bool {
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) > 0 && first[0] == '{' {
		return false
	}
	found := false
	for part := range bytes.SplitSeq(body, []byte("&")) {
		if len(part) == 0 {
			continue
		}
		name, _, ok := bytes.Cut(part, []byte("="))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t\r\n\"'{}<>") {
			return false
		}
		found = true
	}
	return found
}

// readPairs gives the fields of a query string or a form in their order. A name
// that stands several times becomes a list.
func readPairs(raw, what string) ([]value.Field, *reply) {
	if raw == "" {
		return nil, nil
	}
	var fields []value.Field
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(k)
		text, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil || !utf8.ValidString(name) || !utf8.ValidString(text) {
			return nil, problem(http.StatusBadRequest, "the "+what+" has an escape that is not valid UTF-8")
		}
		if fields = added(fields, name, value.String(text)); len(fields) > maxFields {
			return nil, problem(http.StatusBadRequest, "the "+what+" has more than 1000 fields")
		}
	}
	return fields, nil
}

// added adds a field to those of a query string or a form.
func added(fields []value.Field, name string, v value.Value) []value.Field {
	i := slices.IndexFunc(fields, func(f value.Field) bool { return f.Name == name })
	if i < 0 {
		return append(fields, value.Field{Name: name, Value: v})
	}
	items := fields[i].Value.Items()
	if items == nil {
		items = []value.Value{fields[i].Value}
	}
	fields[i].Value = value.List(append(items, v))
	return fields
}
