package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/value"
)

// comparedTexts reports comparisons that never hold: a field whose type is unknown
// stays a text if it comes from the path or the query string, and is compared with
// a number or a flag.
func (an *analyzer) comparedTexts(e *EntryPoint) {
	for _, p := range e.Patterns {
		for _, a := range p.In {
			i := slices.IndexFunc(e.Fields, func(f *RequestField) bool { return f.Name == a.Name })
			if i < 0 || a.Term.Var == nil {
				continue
			}
			f := e.Fields[i]
			if f.Type.Kind != check.Unknown || f.Credential != nil {
				continue
			}
			from := "the path"
			if !f.Param {
				if from = "the query string"; e.Method != "GET" && e.Method != "HEAD" {
					continue
				}
			}
			for _, c := range comparisons(a.Term.Var, linesWith(an.program, p)) {
				typ := "Number"
				if c.Literal.Kind() == value.FlagKind {
					typ = "Flag"
				}
				an.add(diag.Diagnostic{Code: diag.WrongValue, Severity: diag.Warning, Span: c.Span,
					Message: "“" + a.Term.Var.Name + "” is a text from " + from + ", which is never equal to " + c.Literal.String(),
					Related: []diag.Related{{Span: a.Tree.Span, Message: "the field has no type here"}},
					Notes:   []string{"write its type, “" + typed(a, typ) + "”: then the text is converted, and the answer to any other is 400"}})
			}
		}
	}
}

// linesWith returns the lines of where of the sync that has a pattern.
func linesWith(program *check.Program, p *check.Pattern) []*check.Line {
	for _, s := range program.Syncs {
		if slices.Contains(s.When, p) {
			return s.Lines()
		}
	}
	return nil
}

// comparisons returns the comparisons of a variable with literals, also those in
// the views that some lines pass it to.
func comparisons(v *check.Var, lines []*check.Line) []check.Comparison {
	list := slices.Clone(v.Compared)
	for _, l := range lines {
		list = append(list, comparisonsIn(v, l)...)
	}
	return list
}

func comparisonsIn(v *check.Var, l *check.Line) []check.Comparison {
	var list []check.Comparison
	for _, inner := range l.Inner() {
		list = append(list, comparisonsIn(v, inner)...)
	}
	if use, ok := l.Body.(*check.ViewLine); ok {
		for _, a := range use.In {
			i := slices.IndexFunc(use.View.In, func(p *check.ViewParam) bool { return p.Name == a.Name })
			if a.Term.Var == v && i >= 0 {
				list = append(list, comparisons(use.View.In[i].Var, use.View.Where)...)
			}
		}
	}
	return list
}

// typed writes an argument of a pattern with a type.
func typed(a *check.Arg, typ string) string {
	name := a.Name
	if a.Optional {
		name += "?"
	}
	if a.Term.Var.Name == a.Name {
		return name + ": " + typ
	}
	return name + ": " + a.Term.Var.Name + " " + typ
}
