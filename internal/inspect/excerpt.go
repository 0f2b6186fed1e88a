package inspect

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
)

// An excerpt is some lines of a text, with marks.
type excerpt struct {
	File  string
	Link  string // to the whole text
	Lines []excerptLine
	More  bool // there are further lines
}

type excerptLine struct {
	Number int
	Tokens []token
	Mark   string // "here", "lost", "met": see mark
	Note   string // what the mark means, in words
}

// A token is a part of a line with its style.
type token struct{ Look, Text string }

// A mark is a marked place in an excerpt.
type mark struct {
	span source.Span
	look string // "here": this is it; "lost": it stopped here; "met": it was fulfilled
	note string
}

// excerptLines is the largest number of lines of an excerpt.
const excerptLines = 400

// excerptOf returns the lines of a span with the marked ones in it.
func excerptOf(s source.Span, marks ...mark) *excerpt {
	if !s.Known() {
		return nil
	}
	first, last := linesOf(s)
	return lines(s.File, first, last, marks)
}

func linesOf(s source.Span) (first, last int) {
	first = s.Position().Line
	text := strings.TrimRight(s.Text(), " \t\r\n")
	return first, first + strings.Count(text, "\n")
}

func lines(f *source.File, first, last int, marks []mark) *excerpt {
	x := &excerpt{File: f.Name, Link: sourceLink(f.Name, first)}
	// The link to the whole text leads to the most important marked line:
	// "here" before "lost", and "lost" before "met".
	for _, look := range []string{"here", "lost", "met"} {
		i := slices.IndexFunc(marks, func(m mark) bool { return m.look == look && m.span.File == f })
		if i >= 0 {
			x.Link = sourceLink(f.Name, marks[i].span.Position().Line)
			break
		}
	}
	for n := first; n <= last; n++ {
		if len(x.Lines) == excerptLines {
			x.More = true
			break
		}
		l := excerptLine{Number: n, Tokens: tokens(cut(f.Line(n), 300))}
		for _, m := range marks {
			if m.span.File != f {
				continue
			}
			from, to := linesOf(m.span)
			if n < from || n > to || l.Mark != "" {
				continue
			}
			l.Mark = m.look
			if n == from {
				l.Note = m.note
			}
		}
		x.Lines = append(x.Lines, l)
	}
	return x
}

func sourceLink(file string, line int) string {
	n := strconv.Itoa(line)
	return (&url.URL{Path: "/source/" + file, RawQuery: "line=" + n, Fragment: "L" + n}).String()
}

// tokenPattern matches the colored parts of a line: a comment, a string, a keyword at
// the beginning of a line, a name.
var tokenPattern = regexp.MustCompile(`#.*|"(?:[^"\\]|\\.)*"?|[A-Za-z_][A-Za-z0-9_]*|[^A-Za-z_"#]+`)

var keywords = []string{
	"sync", "when", "where", "then", "together", "else", "in", "no", "maybe", "some", "surely", "whether", "if", "is", "each", "view", "order", "by", "limit",
	"concept", "purpose", "principle", "state", "actions", "queries", "refuses", "requires", "effects", "scenario", "app", "use",
	"refused", "and", "or", "not", "has", "of", "from", "as", "system", "effect", "every", "at", "count", "sum", "first", "page",
	"about", "errors", "was", "initially",
}

// tokens divides a line into tokens for coloring only; it may take a word for
// something else.
func tokens(line string) []token {
	var list []token
	for _, w := range tokenPattern.FindAllString(line, -1) {
		look := ""
		switch {
		case w[0] == '#':
			look = "comment"
		case w[0] == '"':
			look = "string"
		case w[0] >= 'A' && w[0] <= 'Z':
			look = "name"
		case slices.Contains(keywords, w):
			look = "keyword"
		}
		if n := len(list); n > 0 && list[n-1].Look == look {
			list[n-1].Text += w
			continue
		}
		list = append(list, token{look, w})
	}
	return list
}

// sources returns the texts of a program by name.
type sources struct {
	files map[string]*source.File
	names []string
}

func sourcesOf(p *plan.Plan) *sources {
	s := &sources{files: map[string]*source.File{}}
	add := func(span source.Span) {
		if f := span.File; f != nil && s.files[f.Name] == nil {
			s.files[f.Name] = f
			s.names = append(s.names, f.Name)
		}
	}
	if p.Program != nil && p.Program.App != nil {
		add(p.Program.App.Span)
	}
	for _, x := range p.Syncs {
		add(x.Span)
	}
	if p.Program != nil {
		for _, x := range p.Program.Views {
			add(x.Tree.Span)
		}
	}
	for _, x := range p.Instances {
		add(x.Concept.Tree.Span)
	}
	slices.Sort(s.names)
	return s
}

// sourcePage shows a whole text of the program.
func (in *Inspector) sourcePage(w http.ResponseWriter, r *http.Request) {
	f := in.sources.files[r.PathValue("file")]
	if f == nil {
		in.missing(w, r, "The program has no text called "+cut(r.PathValue("file"), 80)+".")
		return
	}
	var marks []mark
	if n, err := strconv.Atoi(r.FormValue("line")); err == nil && n > 0 && n <= f.Lines() {
		start := f.LineStart(n)
		marks = append(marks, mark{f.Span(start, start+len(f.Line(n))), "here", ""})
	}
	last := f.Lines()
	if f.Line(last) == "" {
		last--
	}
	x := lines(f, 1, last, marks)
	x.Link = ""
	in.render(w, r, http.StatusOK, "source", f.Name, struct {
		Source *excerpt
		Names  []string
	}{x, in.sources.names})
}
