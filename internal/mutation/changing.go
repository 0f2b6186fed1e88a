package mutation

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// args returns the argument lists of a line.
func (l line) args() (lists [][]*syntax.Arg) {
	switch {
	case l.when != nil:
		return [][]*syntax.Arg{l.when.Args, l.when.Out}
	case l.ask != nil:
		return [][]*syntax.Arg{l.ask.Args, l.ask.Out}
	case l.where != nil:
		switch b := l.where.Body.(type) {
		case *syntax.QueryLine:
			return [][]*syntax.Arg{b.In, b.Out}
		case *syntax.ViewLine:
			return [][]*syntax.Arg{b.In, b.Out}
		case *syntax.MemberLine:
			return [][]*syntax.Arg{b.Fields}
		}
	}
	return nil
}

// swapVariables exchanges the variables of two arguments of a line.
func swapVariables(m *maker) {
	for _, l := range m.survey.lines {
		for _, args := range l.args() {
			for i := 0; i+1 < len(args); i++ {
				a, b := args[i], args[i+1]
				if a.Optional || b.Optional || !isVariable(a) || !isVariable(b) || valueOf(a) == valueOf(b) {
					continue
				}
				m.add(l.item, valueOf(a)+" and "+valueOf(b)+" of "+short(l.span), []string{valueOf(a), valueOf(b)},
					diag.Edit{Span: a.Span, Text: a.Name.Text + ": " + valueOf(b)},
					diag.Edit{Span: b.Span, Text: b.Name.Text + ": " + valueOf(a)})
			}
		}
	}
}

func isVariable(a *syntax.Arg) bool {
	return a.Type == nil && (a.Value == nil || a.Value.Kind == syntax.VariableTerm)
}

func valueOf(a *syntax.Arg) string {
	if a.Value == nil {
		return a.Name.Text
	}
	return a.Value.Name.Text
}

// swapThen exchanges two lines of then that follow each other. The order of two lines of
// different concepts that are not awaited does not matter.
func swapThen(m *maker) {
	for i := 0; i+1 < len(m.survey.lines); i++ {
		a, b := m.survey.lines[i], m.survey.lines[i+1]
		if a.part != "then" || b.part != "then" || a.in != b.in || a.ask == nil || b.ask == nil {
			continue
		}
		if !a.ask.HasOut && !b.ask.HasOut && a.ask.Concept.Text != b.ask.Concept.Text && a.ask.Concept.Text != "Requesting" {
			continue
		}
		first, second := block(a.span), block(b.span)
		if first.End != second.Start {
			continue
		}
		x := m.replace(a.item, short(a.span), nil, m.file.Span(first.Start, second.End), second.Text()+first.Text())
		x.Words = m.names(m.file.Span(first.Start, second.End))
	}
}

// otherVariable writes another variable of the item.
func otherVariable(m *maker) {
	for _, s := range m.survey.sites {
		if s.kind != variable && s.kind != both || s.part == "when" {
			continue
		}
		names := m.names(s.in)
		at := slices.Index(names, s.span.Text())
		other := names[(at+1)%len(names)]
		if other == s.span.Text() {
			continue
		}
		text := other
		if s.kind == both {
			text = s.span.Text() + ": " + other
		}
		m.replace(s.item, s.span.Text()+" to "+other, []string{s.span.Text(), other}, s.span, text)
	}
}

// otherConcept writes another concept before an action or after in.
func otherConcept(m *maker) {
	var names []string
	for _, f := range m.program.files {
		for _, a := range m.program.trees[f].Apps {
			for _, u := range a.Uses {
				name := u.As.Text
				if name == "" {
					name = u.Concept.Text
				}
				names = append(names, name)
			}
		}
	}
	for _, s := range m.survey.sites {
		at := slices.Index(names, s.span.Text())
		if s.kind != conceptName || s.part == "app" && s.action != "binding" || at < 0 {
			continue
		}
		other := names[(at+1)%len(names)]
		m.replace(s.item, s.span.Text()+" to "+other, nil, s.span, other)
	}
}

// otherRelation writes another relation of the same concept.
func otherRelation(m *maker) {
	for _, s := range m.survey.sites {
		if s.kind != relation {
			continue
		}
		var names []string
		for _, x := range m.relations(s.concept) {
			if !slices.Contains(names, x) {
				names = append(names, x)
			}
		}
		at := slices.Index(names, s.span.Text())
		if at < 0 || len(names) < 2 {
			continue
		}
		other := names[(at+1)%len(names)]
		m.replace(s.item, s.span.Text()+" to "+other, nil, s.span, other)
	}
}

// spec returns the specification of the concept of an instance.
func (m *maker) spec(instance string) *syntax.Concept {
	name := instance
	for _, f := range m.program.files {
		for _, a := range m.program.trees[f].Apps {
			for _, u := range a.Uses {
				if u.As.Text == instance {
					name = u.Concept.Text
				}
			}
		}
	}
	if tree := m.program.specs[name]; tree != nil {
		for _, c := range tree.Concepts {
			if c.Name.Text == name {
				return c
			}
		}
	}
	return nil
}

func (m *maker) relations(instance string) (names []string) {
	if c := m.spec(instance); c != nil {
		for _, set := range c.Sets {
			for _, f := range set.Fields {
				if f.Name.Text != "" {
					names = append(names, f.Name.Text)
				}
			}
		}
	}
	return names
}

// otherAction asks or matches another action of the same concept.
func otherAction(m *maker) {
	for _, s := range m.survey.sites {
		c := m.spec(s.concept)
		if s.kind != actionName || c == nil || s.concept == "Requesting" || len(c.Actions) < 2 {
			continue
		}
		at := slices.IndexFunc(c.Actions, func(a *syntax.Action) bool { return a.Name.Text == s.span.Text() })
		if at < 0 {
			continue
		}
		other := c.Actions[(at+1)%len(c.Actions)].Name.Text
		m.replace(s.item, s.concept+"."+s.span.Text()+" to "+other, nil, s.span, other)
	}
}

// otherFold writes another fold.
func otherFold(m *maker) {
	other := map[syntax.Fold]string{syntax.Each: "first", syntax.First: "each", syntax.Count: "whether", syntax.Whether: "count",
		syntax.Sum: "max of", syntax.Min: "max of", syntax.Max: "min of"}
	for _, l := range m.survey.lines {
		if l.where == nil {
			continue
		}
		fold, ok := l.where.Body.(*syntax.FoldLine)
		if !ok {
			continue
		}
		word := " is " + fold.Fold.String()
		at := strings.Index(l.span.Text(), word)
		if at < 0 {
			continue
		}
		s := m.file.Span(l.span.Start+at, l.span.Start+at+len(word))
		m.replace(l.item, short(l.span), m.names(l.span), s, " is "+other[fold.Fold])
	}
}

func otherMethod(m *maker) {
	for _, s := range m.survey.sites {
		if s.kind != methodText {
			continue
		}
		quote := ""
		if strings.HasPrefix(s.span.Text(), `"`) {
			quote = `"`
		}
		name := strings.Trim(s.span.Text(), `"`)
		to := map[string]string{"GET": "POST", "POST": "PUT", "DELETE": "POST", "PUT": "POST", "PATCH": "PUT"}[name]
		for _, text := range []string{to, name[:1] + strings.ToLower(name[1:])} {
			x := m.replace(s.item, name+" to "+text, nil, s.span, quote+text+quote)
			x.Named = []string{text}
		}
	}
}

func otherStatus(m *maker) {
	for _, s := range m.survey.sites {
		if s.kind != statusValue {
			continue
		}
		old := s.span.Text()
		for _, text := range []string{"200", "204", old + "0", `"` + old + `"`} {
			if text != old {
				m.replace(s.item, old+" to "+text, nil, s.span, text)
			}
		}
	}
}

// otherOperator exchanges operators of conditions.
func otherOperator(m *maker) {
	pairs := [][2]string{{" == ", " != "}, {" != ", " == "}, {" or ", " and "}, {" and ", " or "}, {" <= ", " > "}, {" >= ", " < "},
		{" < ", " > "}, {" > ", " < "}, {" + ", " - "}, {" ?? ", " + "}}
	m.eachExpr(func(l line, s source.Span) {
		for _, p := range pairs {
			if at := strings.Index(s.Text(), p[0]); at >= 0 {
				x := m.file.Span(s.Start+at, s.Start+at+len(p[0]))
				m.replace(l.item, strings.TrimSpace(p[0])+" to "+strings.TrimSpace(p[1])+" in "+short(s), m.names(s), x, p[1])
			}
		}
	})
}

// eachExpr calls a function with the expressions in the lines of where.
func (m *maker) eachExpr(do func(line, source.Span)) {
	for _, l := range m.survey.lines {
		if l.where == nil {
			continue
		}
		switch b := l.where.Body.(type) {
		case *syntax.FilterLine:
			do(l, b.Expr.Span)
		case *syntax.IsLine:
			do(l, b.Expr.Span)
		case *syntax.FoldLine:
			if b.Expr != nil {
				do(l, b.Expr.Span)
			}
		}
		if l.where.If != nil {
			do(l, l.where.If.Span)
		}
	}
}

// otherLiteral writes a literal of another type.
func otherLiteral(m *maker) {
	for _, s := range m.survey.sites {
		old := s.span.Text()
		if s.kind != literal || old == "" || old == "null" {
			continue
		}
		text := `"many"`
		if strings.HasPrefix(old, `"`) {
			text = "5"
		}
		m.replace(s.item, old+" to "+text, nil, s.span, text)
	}
}

// reverseRelation exchanges the subject and the object of a relation.
func reverseRelation(m *maker) {
	for _, l := range m.survey.lines {
		if l.where == nil {
			continue
		}
		b, ok := l.where.Body.(*syntax.FieldLine)
		if !ok || b.Subject == nil || b.Object == nil || b.Subject.Kind != syntax.VariableTerm || b.Object.Kind != syntax.VariableTerm {
			continue
		}
		m.add(l.item, short(l.span), m.names(l.span), diag.Edit{Span: b.Subject.Span, Text: b.Object.Span.Text()},
			diag.Edit{Span: b.Object.Span, Text: b.Subject.Span.Text()})
	}
}

// negate negates a condition.
func negate(m *maker) {
	for _, l := range m.survey.lines {
		if l.where == nil {
			continue
		}
		if b, ok := l.where.Body.(*syntax.FilterLine); ok {
			m.replace(l.item, short(l.span), m.names(l.span), b.Expr.Span, "not ("+b.Expr.Span.Text()+")")
		}
	}
}

// dropOptional and addOptional change the marks of inputs of patterns.
func dropOptional(m *maker) { m.optional(true) }
func addOptional(m *maker)  { m.optional(false) }

func (m *maker) optional(drop bool) {
	for _, l := range m.survey.lines {
		if l.when == nil || l.when.Concept.Text != "Requesting" {
			continue // other inputs are null or not, whatever the pattern says
		}
		for _, a := range l.when.Args {
			if a.Optional != drop || a.Value != nil && a.Value.Kind != syntax.VariableTerm || a.Name.Text == "http" {
				continue
			}
			if drop {
				s := m.file.Span(a.Name.Span.End, a.Name.Span.End+1)
				x := m.replace(l.item, a.Name.Text, m.names(a.Span), s, "")
				x.Named = []string{`"` + a.Name.Text + `"`}
			} else {
				m.replace(l.item, a.Name.Text, m.names(a.Span), m.file.Span(a.Name.Span.End, a.Name.Span.End), "?")
			}
		}
	}
}
