// Package client generates client code for the HTTP interface of a program.
//
// Its three main types are [openapi.API], which is read; the writer, a text that
// grows by whole lines; and the Options that say how its type is called. It
// promises one file that a person can read, needs nothing but what its language
// has, and says in types what the checker has inferred: the identities of one
// concept are not those of another, what may be left out may be left out, and how
// an operation can be refused is part of its type. The same program gives the
// same bytes. It refuses to hide a refusal: an answer says whether it is one
// before its value can be had.
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

// Languages are those that a client can be written in, by the words for them.
func Languages() []string { return []string{"ts"} }

// Write writes a client in one of the Languages.
func Write(language string, a *openapi.API, opt Options) ([]byte, error) {
	if language != "ts" {
		return nil, fmt.Errorf("there is no client in %q; there is %s", language, strings.Join(Languages(), ", "))
	}
	return TypeScript(a, opt), nil
}

// A writer holds a text that grows by whole lines.
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
