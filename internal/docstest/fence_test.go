package docstest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const top = "../.."

// A fence is one fenced example.
type fence struct {
	doc  string
	line int // of its first line, from 1
	// kind is the first word behind the fence, words are the others.
	kind  string
	words []string
	text  string
}

// inPlace is the text behind as many empty lines as stand before it in the
// document, so that findings have the document's lines.
func (f fence) inPlace() string { return strings.Repeat("\n", f.line-1) + f.text }

// documents returns the Markdown files at the top and in docs and its folders.
func documents(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(top, "docs", "*", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	docs = append(docs, more...)
	docs = append(docs, filepath.Join(top, "README.md"), filepath.Join(top, "CONTRIBUTING.md"),
		filepath.Join(top, "ARCHITECTURE.md"), filepath.Join(top, "SECURITY.md"), filepath.Join(top, "CHANGELOG.md"))
	return docs
}

func fences(t *testing.T, doc string) []fence {
	t.Helper()
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	var list []fence
	var open *fence
	name := filepath.Base(doc)
	for i, line := range strings.SplitAfter(string(text), "\n") {
		info, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			words := strings.Fields(info)
			if len(words) == 0 {
				t.Fatalf("%s:%d: a fence without a word that says what it holds", name, i+1)
			}
			open = &fence{doc: name, line: i + 2, kind: words[0], words: words[1:]}
		case isFence:
			list = append(list, *open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the fence is not closed", name, open.line)
	}
	return list
}
