package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// ErrorNames are the names that the format of errors may use, in the order of the
// variables of its expression: the sentence, the code and the kind of a refusal, the
// field that is wrong, by its last name and by its path, the status, and the trace
// id.
func ErrorNames() []string {
	return []string{"error", "refusal", "kind", "field", "path", "status", "trace"}
}

// errorFormat resolves the format of errors below "use Requesting".
func (c *checker) errorFormat(i *Instance, t *syntax.ErrorFormat) {
	if i.Concept.Name != RequestingConcept {
		c.errorAt(diag.BadCredential, t.Span, "only "+RequestingConcept+" answers with errors, not “"+i.Concept.Name+"”")
		return
	}
	r := newResolver(c, false)
	for _, name := range ErrorNames() {
		v := r.declare(syntax.Name{Text: name, Span: t.Span})
		switch name {
		case "status":
			v.Type = Type{Kind: Number}
		case "error", "trace":
			v.Type = Type{Kind: String}
		default:
			v.Type = Type{Kind: String, Null: true}
		}
	}
	// What may be used is a closed list, so an unknown name is reported with it.
	r.unboundAllowed = true
	e := r.expr(t.Expr)
	if e == nil {
		return
	}
	if slices.Contains(e.Vars, nil) {
		r.errorAt(diag.Unbound, t.Expr.Span, "the format of errors has no “now” and no “new”: it belongs to no flow")
	}
	for _, v := range r.vars[len(ErrorNames()):] {
		c.unknown(diag.Unbound, syntax.Name{Text: v.Name, Span: v.Span}, "the format of errors has no “"+v.Name+"”", ErrorNames())
		r.ok = false
	}
	if !r.ok {
		return
	}
	inf := newInference(c, r.vars)
	for _, v := range r.vars {
		inf.nullable[v] = v.Type.Null
	}
	inf.ok = true
	got := inf.expr(e)
	if got.Kind != Record && inf.ok {
		c.errorAt(diag.WrongValue, t.Expr.Span, "the format of errors is a record, and this is "+Describe(got),
			"as in “errors {error: error, code: refusal}”")
		return
	}
	if inf.ok {
		i.Errors = e
	}
}

// lostInFormat reports fields of an answer with an error that the format of errors
// leaves out.
func (inf *inference) lostInFormat(a *Ask) {
	if a.Instance.Errors == nil || !slices.ContainsFunc(a.In, func(x *Arg) bool {
		return x.Name == "error" && (x.Term.Var == nil || !inf.nullable[x.Term.Var] || inf.nonNull[x.Term.Var])
	}) || slices.ContainsFunc(a.In, func(x *Arg) bool { return x.Name == "body" }) {
		return
	}
	for _, x := range a.In {
		if x.Param == nil && !slices.Contains(ErrorNames(), x.Name) {
			inf.report(diag.Diagnostic{Code: diag.LostInFormat, Severity: diag.Warning, Span: x.Tree.Span,
				Message: "the client does not get “" + WireName(x.Name) + "”: the answer has an error, so its form is the app's format of errors",
				Notes:   []string{"the format can use " + words.Enumerate(ErrorNames(), "and") + "; “body” answers with any other value"}})
		}
	}
}
