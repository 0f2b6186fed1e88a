package check

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/legible-lang/legible/internal/syntax"
)

// A field of a request or an answer has one text as its name, also if it is a part
// of a record. The steps are separated by dots: “user.email”. A name that the text
// has in quotation marks keeps them, unless it means the same without them. So
// “"method"” is a client's own field, and “method” is what the runtime sets.

// fieldName is the name of an argument within the record at a path, which is ""
// for the request itself.
func fieldName(path string, a *syntax.Arg) string {
	name := a.Name.Text
	if a.Quoted && (!isPlain(name) || path == "" && isReservedField(name)) {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// isPlain reports whether a name can be written without quotation marks.
func isPlain(name string) bool {
	for i, c := range name {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return false
		}
	}
	return name != "" && !unicode.IsUpper([]rune(name)[0])
}

// FieldSteps returns the names on the way to a field in a body: “user” and “email”
// for “user.email”.
func FieldSteps(name string) []string {
	if !strings.ContainsAny(name, `."`) {
		return []string{name}
	}
	var steps []string
	for name != "" {
		if quoted, err := strconv.QuotedPrefix(name); err == nil {
			step, err := strconv.Unquote(quoted)
			if err != nil {
				step = quoted
			}
			steps, name = append(steps, step), strings.TrimPrefix(name[len(quoted):], ".")
			continue
		}
		step, rest, _ := strings.Cut(name, ".")
		steps, name = append(steps, step), rest
	}
	return steps
}

// quoted reports whether a field is written in quotation marks.
func quoted(name string) bool { return strings.HasPrefix(name, `"`) }

// WireName returns the name of a field as a client writes it, without quotation
// marks.
func WireName(name string) string {
	if !quoted(name) {
		return name
	}
	return FieldSteps(name)[0]
}

// partOf reports whether a field is a part of another, at any depth.
func partOf(part, whole string) bool { return strings.HasPrefix(part, whole+".") }

// isReservedField reports whether a field of a request or an answer has a meaning
// of its own.
func isReservedField(name string) bool {
	switch name {
	case "request", "status", "cookies", "body":
		return true
	}
	return IsRuntimeField(name)
}
