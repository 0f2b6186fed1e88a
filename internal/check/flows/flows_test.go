package flows_test

import (
	"flag"
	"strings"

	"github.com/legible-lang/legible/internal/check"
)

var update = flag.Bool("update", false, "rewrite what the tests expect")

const requestingText = `concept Requesting

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)

    respond (request: Request, status?: Number, headers?: Json, cookies?: Json, body?: Json, ...) : ()
        refuses ALREADY_ANSWERED as conflict "This request has been answered already."
`

func typeString(t check.Type) string {
	if t.Null {
		t.Null = false
		return typeString(t) + "?"
	}
	switch t.Kind {
	case check.Unknown:
		return "?"
	case check.Identity:
		return t.Name
	case check.Enum:
		return strings.Join(t.Constants, "|")
	case check.List:
		return "[" + typeString(*t.Elem) + "]"
	case check.Record:
		var fields []string
		for _, f := range t.Fields {
			fields = append(fields, f.Name+": "+typeString(f.Type))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return [...]string{"String", "Number", "Flag", "Date", "DateTime", "Secret", "Binary", "Json"}[t.Kind-check.String]
}
