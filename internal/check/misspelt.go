package check

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
)

// renamed reports a field of a client that is renamed to a variable of nearly the same
// name, as in “waht?: what”, if no other place of the program has the name of the field.
func (c *checker) renamed(name string, span source.Span, variable string) {
	if !isSlip(name, variable) || c.occurrences(name) > 1 || c.occurrences(variable) < 2 {
		return
	}
	c.add(diag.Diagnostic{Code: diag.NearlyRenamed, Severity: diag.Warning, Span: span,
		Message: "the client's field is called “" + name + "”, and its value “" + variable + "”: did you mean “" + variable + "” for both?",
		Notes:   []string{"a name that is written twice, such as in a scenario, is not taken for a misspelling"}})
}

// occurrences counts the places in the texts of the program that have a name, also as
// a text.
func (c *checker) occurrences(name string) int {
	if c.words == nil {
		c.words = c.program.vocabulary()
	}
	return len(c.words.own[name]) + len(c.words.own[`"`+name+`"`])
}

// isSlip reports whether a word differs from another one by a typing error: two letters
// that are exchanged, or one that is wrong, missing or too many. Words that differ in
// their first or last letters are usually two words, such as “note” and “notes”.
func isSlip(word, other string) bool {
	a, b := []rune(strings.ToLower(word)), []rune(strings.ToLower(other))
	if word == other || len(a) < 4 || len(b) < 4 || strings.ContainsAny(word+other, "0123456789_") {
		return false
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	first := len([]rune(word)) == len(a)
	last := true
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b, last = a[:len(a)-1], b[:len(b)-1], false
	}
	swapped := len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	one := len(a) <= 1 && len(b) <= 1 && len(a)+len(b) > 0
	return !first && (swapped || one && !last)
}

// renamedInPattern reports the fields of a request that are nearly called like their
// variables.
func (c *checker) renamedInPattern(p *Pattern) {
	for _, a := range p.In {
		if v := a.Term.Var; v != nil && a.Param == nil && a.Tree.Value != nil && !IsRuntimeField(a.Name) {
			c.renamed(a.Tree.Name.Text, a.Tree.Name.Span, v.Name)
		}
	}
}

// renamedInAnswer reports the fields of an answer that are nearly called like the
// values that they get.
func (c *checker) renamedInAnswer(a *Ask) {
	for _, x := range a.In {
		if x.Param != nil || x.Tree.Value == nil || quoted(x.Name) {
			continue
		}
		if x.Term.Var != nil {
			c.renamed(x.Tree.Name.Text, x.Tree.Name.Span, x.Term.Var.Name)
		} else if x.Term.Expr != nil {
			c.renamed(x.Tree.Name.Text, x.Tree.Name.Span, valueName(x.Term.Expr.Node.Shape()))
		}
	}
}

// renamedInRecord reports the fields of a record that are nearly called like the values
// that they get.
func (r *exprInference) renamedInRecord(s *expression.Shape) {
	if r.inf.quiet {
		return
	}
	for i, p := range s.Parts {
		of := valueName(p)
		if s.Names[i] == "" || of == "" {
			continue
		}
		r.inf.c.renamed(s.Names[i], r.nameSpan(s.Names[i], p), of)
	}
}

// valueName is the name of the variable or the field that a part reads, "" for another
// part.
func valueName(s *expression.Shape) string {
	if s.Form == expression.VariableForm || s.Form == expression.FieldForm {
		return s.Name
	}
	return ""
}
