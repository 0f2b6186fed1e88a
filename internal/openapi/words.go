package openapi

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// commentAbove returns the comment that stands right above an item, without its
// marks.
func commentAbove(s source.Span) string {
	if !s.Known() {
		return ""
	}
	var lines []string
	for n := s.Position().Line - 1; n > 0; n-- {
		line, ok := strings.CutPrefix(strings.TrimSpace(s.File.Line(n)), "#")
		if !ok {
			break
		}
		lines = append([]string{strings.TrimSpace(line)}, lines...)
	}
	return strings.TrimSpace(strings.Join(lines, " "))
}

// prose puts free text on one line.
func prose(p *syntax.Prose) string { return strings.TrimSpace(strings.Join(p.Lines, " ")) }

// paragraphs joins what is there.
func paragraphs(list ...string) string {
	var there []string
	for _, s := range list {
		if s != "" {
			there = append(there, s)
		}
	}
	return strings.Join(there, "\n\n")
}

// places writes where something stands: files below the app's folder from
// there, others by their own name, so that it does not matter from where the
// program was read.
type places struct{ root string }

func placesOf(p *check.Program) places {
	if p.App == nil || !p.App.Span.Known() {
		return places{"."}
	}
	return places{path.Dir(p.App.Span.File.Name)}
}

func (p places) of(s source.Span) string {
	if !s.Known() {
		return ""
	}
	name := s.File.Name
	if below, ok := strings.CutPrefix(name, p.root+"/"); ok {
		name = below
	} else if p.root != "." || path.IsAbs(name) || strings.HasPrefix(name, "../") {
		name = path.Base(name)
	}
	_, at, _ := strings.Cut(s.String(), s.File.Name)
	return name + at
}

// param returns the name of a segment that is a parameter.
func param(segment string) (string, bool) {
	if len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}' {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// tagOf is the first segment of a path that is written out.
func tagOf(path string) string {
	for _, s := range strings.Split(path, "/") {
		if _, is := param(s); s != "" && !is {
			return s
		}
	}
	return "root"
}

// camel makes "createAccount" of "CreateAccount" and of "_getUser" "getUser".
func camel(name string) string {
	name = strings.TrimLeft(name, "_")
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}

// sentence makes "Create account" of "CreateAccount".
func sentence(name string) string {
	var b strings.Builder
	var before rune
	for i, r := range name {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteRune(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}
