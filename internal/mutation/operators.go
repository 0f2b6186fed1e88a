package mutation

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// An operator makes all mutations of one sort in a file.
type operator struct {
	name string
	make func(*maker)
}

func operators() []operator {
	return []operator{
		{"misspell path", misspell(pathText)},
		{"misspell action", misspell(actionName)},
		{"misspell concept", misspell(conceptName)},
		{"misspell query", misspell(queryName)},
		{"misspell view", misspell(viewName)},
		{"misspell field", misspell(fieldName)},
		{"misspell variable", misspell(variable)},
		{"misspell name", misspell(both)},
		{"misspell refusal", misspell(refusalCode)},
		{"misspell set", misspell(setName)},
		{"misspell relation", misspell(relation)},
		{"misspell type", misspell(typeName)},
		{"misspell method", misspell(methodText)},
		{"remove where line", remove("where")},
		{"remove else", removeElse},
		{"remove then line", remove("then")},
		{"remove when line", remove("when")},
		{"remove app line", remove("app")},
		{"remove output pattern", removeOutput},
		{"remove argument", removeArgument},
		{"remove item", removeItem},
		{"remove mode", removeMode},
		{"add no", addMode("no ")},
		{"add maybe", addMode("maybe ")},
		{"swap variables", swapVariables},
		{"swap then lines", swapThen},
		{"other variable", otherVariable},
		{"other concept", otherConcept},
		{"other relation", otherRelation},
		{"other action", otherAction},
		{"other fold", otherFold},
		{"other method", otherMethod},
		{"other status", otherStatus},
		{"other operator", otherOperator},
		{"other literal type", otherLiteral},
		{"reverse relation", reverseRelation},
		{"negate condition", negate},
		{"drop together", dropTogether},
		{"drop optional", dropOptional},
		{"add optional", addOptional},
		{"double sync", doubleSync},
		{"double line", doubleLine},
		{"drop order", dropOrder},
	}
}

// A maker collects the mutations of one file.
type maker struct {
	program *Program
	file    *source.File
	tree    *syntax.File
	survey  *survey
	class   string
	list    []*Mutation
	ids     map[string]int
}

// Operate returns all mutations that the operators make of a program.
func Operate(p *Program) []*Mutation {
	var all []*Mutation
	ids := map[string]int{}
	for _, f := range p.files {
		if strings.HasSuffix(f.Name, ".scenario") || strings.HasSuffix(f.Name, ".concept") {
			continue
		}
		m := &maker{program: p, file: f, tree: p.trees[f], survey: surveyOf(p.trees[f]), ids: ids}
		for _, o := range operators() {
			m.class = o.name
			o.make(m)
		}
		all = append(all, m.list...)
	}
	return all
}

// add adds a mutation that replaces a span.
func (m *maker) add(item, what string, words []string, edits ...diag.Edit) *Mutation {
	slices.SortStableFunc(edits, func(a, b diag.Edit) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	id := strings.TrimSpace(fmt.Sprintf("%s %s %s: %s %s", m.program.Name, path.Base(m.file.Name), item, m.class, what))
	if m.ids[id]++; m.ids[id] > 1 {
		id += fmt.Sprintf(" #%d", m.ids[id])
	}
	x := &Mutation{Program: m.program, ID: id, Class: m.class, Edits: edits, Words: words}
	x.placed()
	m.widen(x)
	m.list = append(m.list, x)
	return x
}

// widen adds the whole line of the program around a change in one of its lines of text:
// messages are about "documents is each {…}", not about the line with a field of it.
func (m *maker) widen(x *Mutation) {
	for i, e := range x.Edits {
		for _, l := range m.survey.lines {
			if l.part == "app" || e.Span.Start < l.span.Start || l.span.End < e.Span.End || strings.Contains(e.Span.Text()+e.Text, "\n") {
				continue
			}
			x.Places[i] = m.place(l.span) // an inner line comes after those around it
		}
	}
}

func (m *maker) replace(item, what string, words []string, s source.Span, text string) *Mutation {
	return m.add(item, what, words, diag.Edit{Span: s, Text: text})
}

// misspelt changes a word as a slip of the keyboard does: it exchanges two letters near
// the middle, or doubles the last one.
func misspelt(s string) string {
	letters := []rune(s)
	for i := len(letters)/2 - 1; i > 0 && i+1 < len(letters); i++ {
		if a, b := letters[i], letters[i+1]; a != b && isLetter(a) && isLetter(b) {
			letters[i], letters[i+1] = b, a
			return string(letters)
		}
	}
	last := len(letters) - 1
	for last > 0 && !isLetter(letters[last]) {
		last--
	}
	return string(slices.Insert(letters, last, letters[last]))
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_' }

func misspell(k kind) func(*maker) {
	return func(m *maker) {
		for _, s := range m.survey.sites {
			if s.kind != k {
				continue
			}
			old := s.span.Text()
			text := misspelt(old)
			if k == pathText {
				at := strings.LastIndex(old, "/") + 1
				text = old[:at] + misspelt(old[at:])
			}
			if text == old {
				continue
			}
			var words []string
			if k == variable || k == both {
				if n := m.uses(s, old); n == 2 {
					words = []string{old, text} // either of the two may be the slip
				}
			}
			x := m.replace(s.item, old, words, s.span, text)
			if k == pathText || k == methodText {
				x.Named = []string{strings.Trim(text, `"`)}
			}
		}
	}
}

// uses counts how often a variable stands in an item.
func (m *maker) uses(at site, name string) int {
	n := 0
	for _, s := range m.survey.sites {
		if (s.kind == variable || s.kind == both) && s.in == at.in && s.span.Text() == name {
			n++
		}
	}
	return n
}

// names returns the variables in a span.
func (m *maker) names(span source.Span) []string {
	var list []string
	for _, s := range m.survey.sites {
		if (s.kind == variable || s.kind == both) && span.Start <= s.span.Start && s.span.End <= span.End && !slices.Contains(list, s.span.Text()) {
			list = append(list, s.span.Text())
		}
	}
	return list
}

// block returns the whole lines of a line with those below it.
func block(s source.Span) source.Span {
	f := s.File
	first := f.Position(s.Start).Line
	depth := indent(f.Line(first))
	last := f.Position(max(s.Start, s.End-1)).Line
	for open := bracketsOpen(f, first, last); last < f.Lines() && open > 0; open = bracketsOpen(f, first, last) {
		last++
	}
	for n := last + 1; n <= f.Lines(); n++ {
		text := f.Line(n)
		if strings.TrimSpace(text) == "" {
			continue
		}
		if indent(text) <= depth {
			break
		}
		last = n
	}
	end := len(f.Text)
	if last < f.Lines() {
		end = f.LineStart(last + 1)
	}
	return f.Span(f.LineStart(first), end)
}

func bracketsOpen(f *source.File, first, last int) int {
	open := 0
	for n := first; n <= last; n++ {
		open += strings.Count(f.Line(n), "(") - strings.Count(f.Line(n), ")")
	}
	return open
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// short is a text in one line, for an ID.
func short(s source.Span) string {
	text := strings.Join(strings.Fields(s.Text()), " ")
	if letters := []rune(text); len(letters) > 60 {
		text = string(letters[:57]) + "..."
	}
	return text
}
