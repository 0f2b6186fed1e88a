package cli_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A slip is a name of a text that is written wrong at one place.
type slip struct {
	file       string
	start, end int
	wrong      string
}

func (s slip) in(text string) string { return text[:s.start] + s.wrong + text[s.end:] }

// readerTexts are those of the reading app, which has no findings.
func readerTexts(t testing.TB) map[string]string {
	texts := map[string]string{}
	for _, pattern := range []string{"*.app", "*.sync"} {
		names, err := filepath.Glob("../../apps/focusreader/" + pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("there are no %s files: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.Base(name)] = string(text)
		}
	}
	return texts
}

var (
	passed    = regexp.MustCompile(`#[^\n]*|"[^"\n]*"`)
	nameToken = regexp.MustCompile(`[A-Za-z_]\w{3,}`)
)

// namesOf gives the places of the names in a text that are long enough to be
// known again with a slip in them.
func namesOf(text string) [][]int { return nameToken.FindAllStringIndex(bare(text), -1) }

// promised are places at which a name must be one that a concept has, so that
// its nearest is sure.
var promised = regexp.MustCompile(`\b[A-Z]\w{3,}\b(?:\.[a-z])|\.[a-z]\w{3,}(?: \()|_[a-z]\w{3,}(?: \()|: [a-z]\w{3,}(?: of )`)

// promisedNames gives the places of such names.
func promisedNames(text string) [][]int {
	var places [][]int
	for _, at := range promised.FindAllStringIndex(bare(text), -1) {
		name := nameToken.FindStringIndex(text[at[0]:at[1]])
		places = append(places, []int{at[0] + name[0], at[0] + name[1]})
	}
	return places
}

// bare is a text with blanks for its comments and strings.
func bare(text string) string {
	return passed.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat(" ", len(s)) })
}

// drawSlip draws a slip of the finger in one of the names of the texts.
func drawSlip(t *rapid.T, texts map[string]string, names func(string) [][]int) slip {
	file := rapid.SampledFrom(slices.Sorted(maps.Keys(texts))).Filter(func(f string) bool { return len(names(texts[f])) > 0 }).Draw(t, "file")
	at := rapid.SampledFrom(names(texts[file])).Draw(t, "place")
	word := texts[file][at[0]:at[1]]
	i := rapid.IntRange(2, len(word)-1).Draw(t, "letter")
	wrong := ""
	switch rapid.IntRange(0, 2).Draw(t, "slip") {
	case 0: // left out
		wrong = word[:i] + word[i+1:]
	case 1: // twice
		wrong = word[:i] + word[i-1:]
	case 2: // the next key
		wrong = word[:i] + "z" + word[i+1:]
		if wrong == word {
			wrong = word[:i] + "x" + word[i+1:]
		}
	}
	return slip{file, at[0], at[1], wrong}
}

// write puts the texts into a folder, with one of them changed.
func (s slip) write(t *rapid.T, dir string, texts map[string]string) {
	for name, text := range texts {
		if name == s.file {
			text = s.in(text)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// inFolder reads the texts of a folder.
func inFolder(t *rapid.T, dir string) map[string]string {
	texts := map[string]string{}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	return texts
}

// commentsOf gives all comments of texts, sorted, also of texts that cannot be
// read.
func commentsOf(texts map[string]string) []string {
	var all []string
	for _, text := range texts {
		for _, c := range passed.FindAllString(text, -1) {
			if c[0] == '#' {
				all = append(all, strings.TrimSpace(c))
			}
		}
	}
	slices.Sort(all)
	return all
}

// comment writes a comment of its own behind many of the lines.
func comment(texts map[string]string) map[string]string {
	commented := map[string]string{}
	for name, text := range texts {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			if line != "" && i%3 == 0 && !strings.Contains(line, "#") {
				lines[i] = fmt.Sprintf("%s # %s, line %d", line, name, i+1)
			}
		}
		commented[name] = strings.Join(lines, "\n")
	}
	return commented
}

// draws checks a property: on fewer draws where the test is to be short, and on
// the same ones each time, so that what fails is the change that is looked at;
// -rapid.seed draws others.
func draws(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	usual := func(name, value string) (undo func()) {
		f := flag.Lookup(name)
		if f.Value.String() != f.DefValue {
			return func() {}
		}
		f.Value.Set(value)
		return func() { f.Value.Set(f.DefValue) }
	}
	defer usual("rapid.seed", "1")()
	if testing.Short() {
		defer usual("rapid.checks", "25")() // of which rapid takes a fifth
	}
	rapid.Check(t, property)
}

// TestFixSlips writes one name of a sound program wrong, wherever it stands.
// What a fix may never do, whatever it finds: lose a comment, leave more errors
// than there were, or something to do for a second run.
func TestFixSlips(t *testing.T) {
	texts := comment(readerTexts(t))
	comments := commentsOf(texts)
	dir := t.TempDir()
	draws(t, func(t *rapid.T) {
		s := drawSlip(t, texts, namesOf)
		s.write(t, dir, texts)
		_, out, _ := legible("check", "--json", dir)
		_, left, talk := legible("check", "--json", "--fix", dir)
		after := inFolder(t, dir)
		if was, is := errorsIn(out), errorsIn(left); is > was {
			t.Errorf("%s in %s: there were %d errors, and there are %d:\n%s%s", s.wrong, s.file, was, is, talk, left)
		}
		if is := commentsOf(after); !slices.Equal(is, comments) {
			t.Errorf("%s in %s: a comment is lost:\n%s", s.wrong, s.file, talk)
		}
		_, again, talk := legible("check", "--json", "--fix", dir)
		if !maps.Equal(inFolder(t, dir), after) || again != left {
			t.Errorf("%s in %s: a second run changes something:\n%s", s.wrong, s.file, talk)
		}
	})
}

func errorsIn(findings string) int { return strings.Count(findings, `"severity":"error"`) }

// TestFixPromised writes a name wrong that a concept promises: after the fix the
// program is sound again.
func TestFixPromised(t *testing.T) {
	texts := comment(readerTexts(t))
	dir := t.TempDir()
	draws(t, func(t *rapid.T) {
		s := drawSlip(t, texts, promisedNames)
		s.write(t, dir, texts)
		if code, out, _ := legible("check", dir); code != 1 {
			t.Fatalf("%s in %s is not found (exit code %d):\n%s", s.wrong, s.file, code, out)
		}
		code, out, talk := legible("check", "--fix", dir)
		if code != 0 || out != "" {
			t.Errorf("%s in %s is not fixed:\n%s%s", s.wrong, s.file, talk, out)
		}
	})
}
