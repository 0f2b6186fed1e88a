package cli

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"

	"github.com/legible-lang/legible/concepts"
)

// A naming is a name in the forms in which a scaffold uses it.
type naming struct {
	Upper string // ListEntries, as texts have it
	Lower string // listentries, as files and Go packages have it
	Path  string // /list-entries, as a route has it
	Words string // list entries
}

// readName reads a name that a person gave. Names are of plain letters and
// digits, since they become parts of Go's import paths.
func readName(text, example string) (naming, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return !isPlain(r) })
	if len(parts) != 1 || parts[0] != text || unicode.IsDigit(rune(text[0])) {
		for i, part := range parts {
			parts[i] = upperFirst(part)
		}
		how := strings.TrimLeft(strings.Join(parts, ""), "0123456789")
		if how = upperFirst(how); how == "" || strings.ContainsFunc(text, isForeign) {
			how = example
		}
		message := fmt.Sprintf("%q cannot be a name: a name has letters from A to Z and digits, and begins with a letter, such as %s", text, how)
		if strings.ContainsAny(text, `/\`) {
			message += "; --in says in which folder"
		}
		return naming{}, fmt.Errorf("%s", message)
	}
	words := split(text)
	return naming{
		Upper: upperFirst(text),
		Lower: strings.ToLower(text),
		Path:  "/" + strings.Join(words, "-"),
		Words: strings.Join(words, " "),
	}, nil
}

func isPlain(r rune) bool { return !isForeign(r) && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func isForeign(r rune) bool { return r >= unicode.MaxASCII }

func upperFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// split gives the words of a name, in lower case: "ListHTTPNews" is list, http,
// news.
func split(name string) []string {
	var words []string
	begin := 0
	for i := 1; i < len(name); i++ {
		after := i+1 < len(name) && unicode.IsLower(rune(name[i+1]))
		if unicode.IsUpper(rune(name[i])) && (!unicode.IsUpper(rune(name[i-1])) || after) {
			words = append(words, strings.ToLower(name[begin:i]))
			begin = i
		}
	}
	return append(words, strings.ToLower(name[begin:]))
}

// folderFits tells whether Go finds a package in a folder of this name.
func folderFits(n naming) error {
	if slices.Contains([]string{"testdata", "vendor", "internal", "con", "prn", "aux", "nul"}, n.Lower) {
		return fmt.Errorf("the folder name %s has a special meaning for Go or Windows: choose another name, or another folder with --in", n.Lower)
	}
	return nil
}

// readyConcept names the concept of the catalogue that one of this name would
// silently take the place of; "" when there is none.
func readyConcept(n naming) string {
	for _, ready := range concepts.Names() {
		if strings.EqualFold(ready, n.Upper) {
			return ready
		}
	}
	return ""
}

// conceptFits tells whether a concept may have this name, which is that of its
// Go package too.
func conceptFits(n naming) error {
	taken := ""
	switch {
	case n.Upper == "Requesting":
		return fmt.Errorf("Requesting represents HTTP and is implemented by the engine: choose another name")
	case readyConcept(n) != "":
		return fmt.Errorf("the catalogue has a concept %s: write “use %[1]s” in the .app, import \"github.com/legible-lang/legible/concepts/%[2]s\" in main.go and pass %[2]s.New to legible.New; for one of your own choose another name, such as My%[1]s", readyConcept(n), n.Lower)
	case token.IsKeyword(n.Lower), types.Universe.Lookup(n.Lower) != nil, n.Lower == "main", n.Lower == "init":
		taken = "a word of Go"
	case n.Lower == "legible", n.Lower == "scenario", n.Lower == "testing":
		taken = "that of a package which its files import"
	}
	if taken != "" {
		return fmt.Errorf("the Go package of %s would have the name %s, which is %s: choose another, such as Signing, which says what people do with it", n.Upper, n.Lower, taken)
	}
	return folderFits(n)
}
