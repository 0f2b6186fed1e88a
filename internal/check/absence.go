package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/syntax"
)

// nullFits reports “or null” on a parameter that cannot be left out. It returns
// whether there is no error.
func (c *checker) nullFits(t *syntax.Param, what string) bool {
	switch {
	case what != "an input":
		c.misplacedNull(t.Type, "“or null” stands behind an input, and “"+t.Name.Text+"” is "+what,
			"“"+t.Name.Text+"?” declares that it may be null")
	case !t.Optional:
		c.misplacedNull(t.Type, "“or null” tells null from absence, and the input “"+t.Name.Text+"” cannot be left out",
			"write “"+t.Name.Text+"?”, or leave out “or null”")
	default:
		return true
	}
	return false
}

func (c *checker) misplacedNull(t *syntax.Type, message, note string) {
	c.errorAt(diag.MisplacedNull, t.Span, message, note)
}

// nullInPattern reports “or null” in a pattern behind a field that is never both absent
// and null. Optional is set if a record around the field may be absent.
func (r *resolver) nullInPattern(t *syntax.Arg, optional bool) {
	if t.Type.Null && !t.Optional && !optional {
		r.ok = false
		r.c.misplacedNull(t.Type, "“or null” tells null from absence, and without “?” this pattern requires “"+t.Name.Text+"”",
			"write “"+t.Name.Text+"?”, or leave out “or null”")
	}
}

// nullInRequest reports “or null” behind a credential or a part of the path, which are
// never null.
func (r *resolver) nullInRequest(p *Pattern) {
	_, path := p.Route()
	for _, a := range p.In {
		if a.Type == nil || !a.Type.Null {
			continue
		}
		what := ""
		switch {
		case slices.ContainsFunc(p.Instance.Credentials, func(c *Credential) bool { return c.Field == a.Name }):
			what = "a credential"
		case slices.Contains(strings.Split(path, "/"), "{"+a.Name+"}"):
			what = "a part of the path"
		default:
			continue
		}
		r.ok = false
		r.c.misplacedNull(a.Tree.Type, "“"+a.Name+"” is "+what+", which is never null", "leave out “or null”")
	}
}

// noteAbsence sets what null and absence mean in the variables of the inputs of when.
func noteAbsence(patterns []*Pattern) {
	for _, p := range patterns {
		for _, a := range p.In {
			if v := a.Term.Var; v != nil && a.Optional {
				v.Optional = true
				v.Nullable = v.Nullable || a.Nullable()
			}
		}
	}
	for _, p := range patterns {
		for _, a := range p.In {
			if v := a.Term.Var; v != nil {
				v.Absent = v.Optional && !v.Nullable
			}
		}
	}
}

// Nullable reports whether null differs from absence in the input of an argument.
func (a *Arg) Nullable() bool {
	return a.Type != nil && a.Type.Null || a.Param != nil && a.Param.Null
}

// given checks the variable that “given” asks about.
func (r *exprInference) given(s *expression.Shape) Type {
	name := s.Parts[0].Name
	if v := r.vars[name]; v == nil || !v.Optional {
		d := diag.Diagnostic{Code: diag.MisplacedGiven, Severity: diag.Error, Span: r.span(s.Parts[0]),
			Message: "“given” asks whether an input was left out, and “" + name + "” is not bound by an input with “?”",
			Notes:   []string{"“" + name + " != null” asks whether it has a value"}}
		if v != nil {
			d.Related = []diag.Related{{Span: v.Span, Message: "it is bound here"}}
		}
		r.inf.report(d)
	}
	return Type{Kind: Flag}
}

// isAbsent reports whether null in a variable of the expression means that an input was
// left out.
func (r *exprInference) isAbsent(name string) bool {
	v := r.vars[name]
	return v != nil && v.Absent
}
