// Package client generates client code for the HTTP interface of a program.
//
// Its three main types are [openapi.API], the input; the writer, a text of
// whole lines; and the Options. A client is one readable file without
// dependencies. Its types contain what the checker inferred: identities of
// different concepts are different types, optional fields are optional, and
// the refusals of an operation are part of its type. An answer must be checked
// for a refusal before its value can be read. The same program gives the same
// bytes.
//
// typescript.go writes the file, types.go the types, method.go the methods;
// runtime.ts is the part that is the same for every program.
package client

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/openapi"
)

// Options of a client. The zero value is right.
type Options struct {
	// Name of the class; the program's when empty.
	Name string
}

// Languages are the languages of clients, by their names.
func Languages() []string { return []string{"ts"} }

// Write writes a client in one of the Languages.
func Write(language string, a *openapi.API, opt Options) ([]byte, error) {
	if language != "ts" {
		return nil, fmt.Errorf("cannot write a client in %q; the languages are: %s", language, strings.Join(Languages(), ", "))
	}
	return TypeScript(a, opt), nil
}

// A writer is a text of whole lines.
type writer struct {
	api  *openapi.API
	name string // of the class
	b    strings.Builder
	ids  map[string]string // the type of each identity, by its name in the app
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.b, format+"\n", args...)
}

// note writes a comment, one paragraph or item a line.
func (w *writer) note(indent string, paragraphs ...string) {
	w.line("%s/**", indent)
	for _, p := range paragraphs {
		for _, line := range strings.Split(strings.ReplaceAll(p, "*/", "* /"), "\n") {
			for _, part := range folded(line, 96-len(indent)) {
				w.line("%s", strings.TrimRight(indent+" * "+part, " "))
			}
		}
	}
	w.line("%s */", indent)
}

// folded breaks a line at its words.
func folded(line string, width int) []string {
	var parts []string
	hang := ""
	if strings.HasPrefix(line, "- ") {
		hang = "  "
	}
	part := ""
	for _, word := range strings.Fields(line) {
		switch {
		case part == "":
			part = word
		case utf8.RuneCountInString(part)+1+utf8.RuneCountInString(word) > width:
			parts = append(parts, part)
			part = hang + word
		default:
			part += " " + word
		}
	}
	return append(parts, part)
}

// upper makes "CreateAccount" of "createAccount".
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
