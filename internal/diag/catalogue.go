package diag

import (
	"embed"
	"fmt"
	"strings"
)

// The catalogue has one text for each code. A text has these parts:
//
//	L0203 declared-twice       the code and the name
//	a name is declared twice   the title
//
//	Two concepts or …          the explanation
//
//	== remedy
//	Rename or delete one …
//
//	== example with users      a text with the fault; "with users" puts the
//	view Found (name) : …      concept of users.concept before it
//
//	== corrected               the example without the fault
//	view Found (name) : …
//
// In an example, \xNN is the byte with this value. A text without an example
// ends after the remedy.
//
//go:embed catalogue
var catalogue embed.FS

// A CatalogueEntry is the text of the catalogue about one code.
type CatalogueEntry struct {
	Code Code
	// Name is the short name of the finding, with words joined by "-".
	Name string
	// Title says in one clause what is wrong.
	Title string
	// Explanation says what the rule is and how a text comes to break it.
	Explanation string
	// Remedy says how to correct the text.
	Remedy string
	// Context holds the concepts that Example and Corrected use. They come
	// before both.
	Context string
	// Example has the fault and no other. It is empty if no short text has it.
	Example string
	// Corrected is the example without the fault.
	Corrected string
}

// Catalogue returns the entries of all codes in order.
func Catalogue() []CatalogueEntry {
	files, err := catalogue.ReadDir("catalogue")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var all []CatalogueEntry
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".txt") {
			continue
		}
		e, err := readCatalogueEntry(catalogueText(f.Name()))
		if err != nil {
			panic(fmt.Sprintf("internal/diag/catalogue/%s: %v", f.Name(), err))
		}
		all = append(all, e)
	}
	return all
}

// catalogueText returns the text of a file of the catalogue, or "" if there is
// no such file.
func catalogueText(name string) string {
	text, err := catalogue.ReadFile("catalogue/" + name)
	if err != nil {
		return ""
	}
	return string(text)
}

// readEntry reads the text of one code.
func readCatalogueEntry(text string) (CatalogueEntry, error) {
	var e CatalogueEntry
	parts := strings.Split(text, "\n\n== ")
	head, explanation, _ := strings.Cut(parts[0], "\n\n")
	line, title, _ := strings.Cut(head, "\n")
	code, name, _ := strings.Cut(line, " ")
	e.Code, e.Name, e.Title, e.Explanation = Code(code), name, joined(title), joined(explanation)
	for _, part := range parts[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		kind, concepts, _ := strings.Cut(heading, " with ")
		switch kind {
		case "remedy":
			e.Remedy = joined(body)
		case "example":
			e.Example = unescaped(body)
			for _, c := range strings.Fields(concepts) {
				shared := catalogueText(c + ".concept")
				if shared == "" {
					return e, fmt.Errorf("there is no %s.concept", c)
				}
				e.Context += shared + "\n"
			}
		case "corrected":
			e.Corrected = unescaped(body)
		default:
			return e, fmt.Errorf("unknown part %q; the parts are remedy, example and corrected", kind)
		}
	}
	return e, nil
}

// joined turns the lines of a paragraph into one line.
func joined(text string) string { return strings.Join(strings.Fields(text), " ") }

// unescaped replaces each \xNN by the byte with this value, and ends the text
// with one newline.
func unescaped(text string) string {
	before, rest, found := strings.Cut(strings.TrimRight(text, "\n")+"\n", `\x`)
	out := before
	for found {
		var b byte
		if _, err := fmt.Sscanf(rest, "%2x", &b); err != nil {
			return out + `\x` + rest // TestCatalogue reports it
		}
		before, rest, found = strings.Cut(rest[2:], `\x`)
		out += string([]byte{b}) + before
	}
	return out
}
