package mutation

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// remove removes a line with the lines below it, and the word above it if it is the only
// one.
func remove(part string) func(*maker) {
	return func(m *maker) {
		for _, l := range m.survey.lines {
			if l.part != part {
				continue
			}
			s := block(l.span)
			if l.only {
				word := m.file.Position(s.Start).Line - 1
				if part != "where" || strings.TrimSpace(m.file.Line(word)) != "where" {
					continue
				}
				s.Start = m.file.LineStart(word)
			}
			x := m.replace(l.item, short(l.span), m.names(s), s, "")
			x.Places = append(x.Places, m.above(l)...)
			if l.ask != nil || l.part == "app" {
				x.Gone, x.Named = true, m.mentions(l.span)
			}
		}
	}
}

// above returns the places, before a line, that stand for one that is missing: what its
// sync matches, and the lines that it was below.
func (m *maker) above(l line) (places []Place) {
	first := m.file.Position(l.in.Start).Line
	last := first
	for n := first + 1; n < m.file.Position(l.span.Start).Line; n++ {
		if text := m.file.Line(n); text == "where" || text == "then" || text == "then together" {
			break
		}
		last = n
	}
	if l.part != "app" && l.part != "when" {
		places = append(places, Place{m.file.Name, first, last})
	}
	for _, outer := range m.survey.lines {
		if b := block(outer.span); outer.part == "where" && b.Start < l.span.Start && l.span.End <= b.End && outer.span != l.span {
			places = append(places, m.place(outer.span))
		}
	}
	return places
}

func (m *maker) place(s source.Span) Place {
	return Place{m.file.Name, m.file.Position(s.Start).Line, m.file.Position(max(s.Start, s.End-1)).Line}
}

// mentions returns what messages say about the lines in a span when they are gone: paths,
// "Limiting.spend", and the names of concepts and credentials in an app.
func (m *maker) mentions(span source.Span) (list []string) {
	for _, s := range m.survey.sites {
		if s.span.Start < span.Start || span.End < s.span.End {
			continue
		}
		switch {
		case s.kind == pathText:
			list = append(list, strings.Trim(s.span.Text(), `"`))
		case s.kind == actionName && s.part != "when":
			list = append(list, s.concept+"."+s.action)
		case s.kind == conceptName && s.part == "app":
			list = append(list, "“"+s.span.Text()+"”")
		case s.kind == fieldName && s.part == "app":
			list = append(list, `"`+s.span.Text()+`"`, "“"+s.span.Text()+"”")
		}
	}
	return list
}

func removeElse(m *maker) {
	for _, l := range m.survey.lines {
		if l.where == nil || len(l.where.Else) == 0 {
			continue
		}
		s := block(l.span)
		_, after, found := strings.Cut(s.Text(), "\n")
		if !found {
			continue
		}
		start := s.End - len(after)
		rest := m.file.Span(start, s.End)
		if at := strings.Index(after, "else "); at >= 0 {
			from := m.file.LineStart(m.file.Position(start + at).Line)
			rest = block(m.file.Span(from, from+1))
		}
		x := m.replace(l.item, "of "+short(l.span), m.names(rest), rest, "")
		x.Places = append(x.Places, m.place(l.span))
	}
}

// removeOutput removes the output pattern of a line of then. Without one, a line that
// binds nothing does the same if it is one of then together or cannot be refused.
func removeOutput(m *maker) {
	together := map[*syntax.Ask]bool{}
	for _, x := range m.tree.Syncs {
		for _, stage := range x.Stages {
			for _, a := range stage.Then {
				together[a] = stage.Together
			}
		}
	}
	for _, l := range m.survey.lines {
		if l.ask == nil || !l.ask.HasOut || len(l.ask.Handlers) > 0 {
			continue
		}
		if len(l.ask.Out) == 0 && (together[l.ask] || !m.refuses(l.ask)) {
			continue
		}
		text := l.ask.Span.Text()
		at := strings.LastIndex(text, ") : (")
		if at < 0 {
			continue
		}
		s := m.file.Span(l.ask.Span.Start+at+1, l.ask.Span.End)
		if end := strings.Index(s.Text(), ")"); end >= 0 {
			s.End = s.Start + end + 1
		}
		m.replace(l.item, short(l.span), m.names(s), s, "")
	}
}

// refuses reports whether an action can be refused.
func (m *maker) refuses(a *syntax.Ask) bool {
	c := m.spec(a.Concept.Text)
	return c != nil && slices.ContainsFunc(c.Actions, func(x *syntax.Action) bool { return x.Name.Text == a.Action.Text && len(x.Refusals) > 0 })
}

func removeArgument(m *maker) {
	drop := func(l line, args []*syntax.Arg) {
		for i, a := range args {
			if len(args) == 1 {
				continue // an empty list of fields is another mistake
			}
			s := a.Span
			switch {
			case i+1 < len(args):
				s = m.file.Span(a.Span.Start, args[i+1].Span.Start)
			case i > 0:
				s = m.file.Span(args[i-1].Span.End, a.Span.End)
			}
			x := m.replace(l.item, short(a.Span)+" of "+short(l.span), append(m.names(a.Span), a.Name.Text), s, "")
			if a.Name.Text == "method" && l.when != nil {
				x.Named = []string{" takes POST, not "} // the answer of the path that now has the usual method
			}
		}
	}
	for _, l := range m.survey.lines {
		for _, args := range l.args() {
			drop(l, args)
		}
	}
}

// removeItem removes a whole sync or view. Its uses, or what is no longer answered, are
// the place.
func removeItem(m *maker) {
	item := func(name string, s source.Span) {
		x := m.replace("", name, []string{name}, m.file.Span(s.Start, s.End), "")
		x.Gone, x.Named = true, append(m.mentions(s), name)
	}
	for _, v := range m.tree.Views {
		item(v.Name.Text, v.Span)
	}
	for _, s := range m.tree.Syncs {
		item(s.Name.Text, s.Span)
	}
}

// removeMode removes a no, maybe, some or surely.
func removeMode(m *maker) {
	for _, l := range m.survey.lines {
		if l.where == nil || l.where.Mode == syntax.PlainLine {
			continue
		}
		if _, isBlock := l.where.Body.(*syntax.BlockLine); isBlock {
			continue
		}
		s := m.file.Span(l.span.Start, l.span.Start+len(l.where.Mode.String())+1)
		m.replace(l.item, short(l.span), m.names(l.span), s, "")
	}
}

func addMode(mode string) func(*maker) {
	return func(m *maker) {
		for _, l := range m.survey.lines {
			if l.where == nil || l.where.Mode != syntax.PlainLine || l.where.If != nil || len(l.where.Else) > 0 && mode == "maybe " {
				continue
			}
			switch l.where.Body.(type) {
			case *syntax.QueryLine, *syntax.FieldLine, *syntax.ViewLine, *syntax.MemberLine:
				m.replace(l.item, short(l.span), m.names(l.span), m.file.Span(l.span.Start, l.span.Start), mode)
			}
		}
	}
}

func dropTogether(m *maker) {
	for _, x := range m.tree.Syncs {
		for _, stage := range x.Stages {
			at := strings.Index(stage.Span.Text(), "then together")
			if !stage.Together || at < 0 {
				continue
			}
			s := m.file.Span(stage.Span.Start+at+len("then"), stage.Span.Start+at+len("then together"))
			y := m.replace(x.Name.Text, "", nil, s, "")
			for _, a := range stage.Then {
				y.Places = append(y.Places, m.place(a.Span)) // what was done together
			}
		}
	}
}

func dropOrder(m *maker) {
	for n := 1; n <= m.file.Lines(); n++ {
		if !strings.HasPrefix(strings.TrimSpace(m.file.Line(n)), "order by ") {
			continue
		}
		s := m.file.Span(m.file.LineStart(n), m.file.LineStart(n+1))
		at := m.fold(s)
		x := m.replace(at.item, strings.TrimSpace(m.file.Line(n)), nil, s, "")
		x.Places = append(x.Places, m.place(at.span))
	}
}

// fold returns the innermost fold that a span is in.
func (m *maker) fold(s source.Span) (found line) {
	for _, l := range m.survey.lines {
		if l.part != "where" {
			continue
		}
		if _, ok := l.where.Body.(*syntax.FoldLine); ok && l.span.Start <= s.Start && s.End <= block(l.span).End {
			found = l
		}
	}
	return found
}

// doubleSync repeats a sync under another name.
func doubleSync(m *maker) {
	for _, x := range m.tree.Syncs {
		text := strings.TrimRight(x.Span.Text(), "\n")
		again := strings.Replace(text, "sync "+x.Name.Text, "sync "+x.Name.Text+"Again", 1)
		end := x.Span.Start + len(text)
		copied := m.replace("", x.Name.Text, nil, m.file.Span(end, end), "\n\n"+again)
		// Either of the two may be the one too many.
		copied.Places[0].First = m.file.Position(x.Span.Start).Line
	}
}

// doubleLine repeats a line of then.
func doubleLine(m *maker) {
	for _, l := range m.survey.lines {
		if l.part != "then" || l.ask == nil {
			continue
		}
		s := block(l.span)
		x := m.add(l.item, short(l.span), nil, diag.Edit{Span: m.file.Span(s.End, s.End), Text: s.Text()})
		x.Places[0].First = m.file.Position(s.Start).Line
	}
}
