package mutation

import (
	"regexp"
	"strings"

	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A kind says what a site is in the program.
type kind string

const (
	conceptName kind = "concept"
	actionName  kind = "action"
	queryName   kind = "query"
	viewName    kind = "view"
	fieldName   kind = "field" // of the inputs and outputs of actions, queries and views
	setName     kind = "set"
	relation    kind = "relation"
	variable    kind = "variable"
	both        kind = "field and variable" // a name that is both
	refusalCode kind = "refusal"
	pathText    kind = "path"
	methodText  kind = "method"
	statusValue kind = "status"
	literal     kind = "literal"
	typeName    kind = "type"
)

// A site is one name or literal of a program.
type site struct {
	kind kind
	span source.Span
	item string      // the sync or view that it is in; "app" for one in the app
	in   source.Span // the item
	part string      // "when", "where", "then", "else", "app"
	// concept and action are those of the line, where there are any.
	concept, action string
}

// A line is a line of a sync or view that can be removed or moved with the lines below.
type line struct {
	span  source.Span // of its head
	item  string
	in    source.Span
	part  string
	where *syntax.Line    // of part "where"
	ask   *syntax.Ask     // of parts "then" and "else"
	when  *syntax.Pattern // of part "when"
	field string          // of an app: "use", "open", "credential", "expose"
	only  bool            // the only line of its part
}

// A survey is all sites and lines of a file, in the order of the text.
type survey struct {
	sites []site
	lines []line
	items []source.Span

	item string
	in   source.Span
	part string
}

func surveyOf(f *syntax.File) *survey {
	s := &survey{}
	for _, a := range f.Apps {
		s.app(a)
	}
	for _, v := range f.Views {
		s.begin(v.Name.Text, v.Span)
		s.part = "where"
		s.args(v.In, "", "", true)
		s.args(v.Out, "", "", true)
		s.where(v.Where)
	}
	for _, x := range f.Syncs {
		s.begin(x.Name.Text, x.Span)
		s.part = "when"
		for _, p := range x.When {
			s.lines = append(s.lines, line{span: p.Span, item: s.item, in: s.in, part: "when", when: p, only: len(x.When) == 1})
			s.add(conceptName, p.Concept.Span, p.Concept.Text, p.Action.Text)
			s.add(actionName, p.Action.Span, p.Concept.Text, p.Action.Text)
			s.args(p.Args, p.Concept.Text, p.Action.Text, true)
			s.args(p.Out, p.Concept.Text, p.Action.Text, true)
			s.add(refusalCode, p.Refused.Span, p.Concept.Text, p.Action.Text)
		}
		for _, stage := range x.Stages {
			s.part = "where"
			s.where(stage.Where)
			s.part = "then"
			s.asks(stage.Then)
		}
	}
	return s
}

func (s *survey) begin(item string, in source.Span) {
	s.item, s.in = item, in
	s.items = append(s.items, in)
}

func (s *survey) add(k kind, span source.Span, concept, action string) {
	if span.Known() && span.End > span.Start {
		s.sites = append(s.sites, site{k, span, s.item, s.in, s.part, concept, action})
	}
}

func (s *survey) app(a *syntax.App) {
	s.begin("app", a.Span)
	s.part = "app"
	note := func(span source.Span, field string) {
		s.lines = append(s.lines, line{span: span, item: s.item, in: s.in, part: "app", field: field})
	}
	for _, u := range a.Uses {
		note(u.Span, "use")
		s.add(conceptName, u.Concept.Span, "", "")
		for _, b := range u.Bindings {
			s.add(typeName, b.Param.Span, "", "param")
			s.add(conceptName, b.Instance.Span, "", "binding")
			s.add(typeName, b.Type.Span, "", "bound")
		}
		for _, c := range u.Credentials {
			note(c.Span, "credential")
			s.add(fieldName, c.Field.Span, "Requesting", "request")
			for _, from := range c.From {
				if from.Name != "" {
					at := strings.LastIndex(from.Span.Text(), `"`+from.Name+`"`)
					if at >= 0 {
						start := from.Span.Start + at
						s.add(literal, from.Span.File.Span(start, start+len(from.Name)+2), "Requesting", "carrier")
					}
				}
			}
		}
	}
	for _, o := range a.Opens {
		note(o.Span, "open")
		s.add(methodText, o.Method.Span, "", "")
		s.add(pathText, o.PathSpan, "", "")
	}
	for _, e := range a.Exposes {
		note(e.Span, "expose")
		s.add(conceptName, e.Concept.Span, "", "")
		s.add(actionName, e.Member.Span, e.Concept.Text, e.Member.Text)
	}
}

func (s *survey) asks(asks []*syntax.Ask) {
	part := s.part
	for _, a := range asks {
		s.lines = append(s.lines, line{span: a.Span, item: s.item, in: s.in, part: part, ask: a, only: len(asks) == 1})
		s.add(conceptName, a.Concept.Span, a.Concept.Text, a.Action.Text)
		s.add(actionName, a.Action.Span, a.Concept.Text, a.Action.Text)
		s.args(a.Args, a.Concept.Text, a.Action.Text, false)
		s.args(a.Out, a.Concept.Text, a.Action.Text, true)
		s.where(a.Where)
		for _, h := range a.Handlers {
			s.add(refusalCode, h.Refused.Span, a.Concept.Text, a.Action.Text)
			s.part = "else"
			s.asks(h.Asks)
		}
		s.part = part
	}
}

func (s *survey) where(lines []*syntax.Line) {
	part := s.part
	defer func() { s.part = part }()
	for _, l := range lines {
		s.part = "where"
		s.lines = append(s.lines, line{span: l.Span, item: s.item, in: s.in, part: "where", where: l, only: len(lines) == 1})
		if l.If != nil {
			s.expr(l.If)
		}
		switch b := l.Body.(type) {
		case *syntax.QueryLine:
			s.add(conceptName, b.Concept.Span, b.Concept.Text, b.Query.Text)
			s.add(queryName, b.Query.Span, b.Concept.Text, b.Query.Text)
			s.args(b.In, b.Concept.Text, b.Query.Text, false)
			s.args(b.Out, b.Concept.Text, b.Query.Text, true)
		case *syntax.FieldLine:
			s.add(conceptName, b.Concept.Span, b.Concept.Text, "")
			s.add(setName, b.Set.Span, b.Concept.Text, "")
			s.add(relation, b.Field.Span, b.Concept.Text, "")
			s.term(b.Subject)
			s.term(b.Object)
		case *syntax.MemberLine:
			s.add(conceptName, b.Concept.Span, b.Concept.Text, "")
			s.add(setName, b.Set.Span, b.Concept.Text, "")
			s.term(b.Subject)
			s.args(b.Fields, b.Concept.Text, "", true)
		case *syntax.ViewLine:
			s.add(viewName, b.View.Span, "", "")
			s.args(b.In, "", b.View.Text, false)
			s.args(b.Out, "", b.View.Text, true)
		case *syntax.IsLine:
			s.add(variable, b.Var.Span, "", "")
			s.expr(b.Expr)
		case *syntax.FilterLine:
			s.expr(b.Expr)
		case *syntax.HasLine:
			s.expr(b.List)
			s.term(b.Item)
		case *syntax.BlockLine:
			s.where(b.Lines)
		case *syntax.FoldLine:
			s.add(variable, b.Var.Span, "", "")
			s.expr(b.Expr)
			s.where(b.Lines)
			for _, key := range b.Order {
				s.expr(key.Expr)
			}
		}
		s.part = "else"
		s.asks(l.Else)
	}
}

func (s *survey) args(args []*syntax.Arg, concept, action string, binds bool) {
	for _, a := range args {
		request := action == "request" || action == "respond"
		switch {
		case a.Value == nil:
			s.add(both, a.Name.Span, concept, action)
		case request && a.Name.Text == "path" && a.Value.Kind == syntax.LiteralTerm:
			s.add(pathText, a.Value.Span, concept, action)
		case request && a.Name.Text == "method" && a.Value.Kind == syntax.LiteralTerm:
			s.add(methodText, a.Value.Span, concept, action)
		case request && a.Name.Text == "status" && a.Value.Kind == syntax.LiteralTerm:
			s.add(statusValue, a.Value.Span, concept, action)
		default:
			s.add(fieldName, a.Name.Span, concept, action)
			s.term(a.Value)
		}
	}
}

func (s *survey) term(t *syntax.Term) {
	if t == nil {
		return
	}
	switch t.Kind {
	case syntax.VariableTerm:
		s.add(variable, t.Name.Span, "", "")
	case syntax.LiteralTerm:
		s.add(literal, t.Span, "", "")
	case syntax.ExpressionTerm:
		s.expr(t.Expr)
	case syntax.RecordTerm:
		s.args(t.Record, "", "record", true)
	}
}

// A word of an expression: a string, a number, or a name that is neither a property nor
// a field nor a function.
var word = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\.?\b\pL[\pL\d_]*\b|\b\d+\b`)

var reserved = map[string]bool{"null": true, "true": true, "false": true, "and": true, "or": true, "not": true,
	"in": true, "now": true, "is": true, "has": true, "matches": true, "contains": true}

// expr adds the variables and literals of an expression.
func (s *survey) expr(e *syntax.Expr) {
	if e == nil {
		return
	}
	text := e.Span.Text()
	for _, at := range word.FindAllStringIndex(text, -1) {
		w, after := text[at[0]:at[1]], strings.TrimLeft(text[at[1]:], " ")
		span := e.Span.File.Span(e.Span.Start+at[0], e.Span.Start+at[1])
		switch {
		case w[0] == '"' || w[0] >= '0' && w[0] <= '9':
			if !strings.HasPrefix(after, ":") {
				s.add(literal, span, "", "")
			}
		case w[0] == '.', strings.HasPrefix(after, "("), reserved[w]:
		case strings.HasPrefix(after, ":") && !strings.Contains(text[:at[0]], "?"):
		default:
			s.add(variable, span, "", "")
		}
	}
}
