package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// recordPattern resolves the fields of a record pattern. The result has an argument
// for each part that is no record pattern itself; its name is the path from the
// record, “address.city”, which FieldSteps divides. With optional, each part may be
// absent, since the record may.
//
// A record that is required although all its parts are optional gets an argument
// “_” of its own name. It has a value if there is a record, which may be empty.
func (r *resolver) recordPattern(path string, trees []*syntax.Arg, optional bool) []*Arg {
	var args []*Arg
	for _, t := range trees {
		for _, a := range r.patternField(path, t, optional) {
			if other := overlapping(args, a.Name); other != nil {
				r.errorAt(diag.ArgumentTwice, a.Tree.Name.Span, "“"+a.Name+"” is given twice")
				continue
			}
			args = append(args, a)
		}
	}
	return args
}

// overlapping returns an argument that is the field with a name, a part of it, or a
// record that it is a part of.
func overlapping(args []*Arg, name string) *Arg {
	for _, a := range args {
		if a.Name == name || partOf(a.Name, name) || partOf(name, a.Name) && !a.Term.Any {
			return a
		}
	}
	return nil
}

// patternField resolves a field of a request or of a record pattern.
func (r *resolver) patternField(path string, t *syntax.Arg, optional bool) []*Arg {
	name := fieldName(path, t)
	if t.Value == nil || t.Value.Kind != syntax.RecordTerm {
		a := &Arg{Tree: t, Name: name, Optional: t.Optional || optional}
		a.Term, a.Binds = r.patternTerm(t.Name, t.Value)
		if t.Type != nil {
			a.Type = r.fieldType(path, t)
			r.nullInPattern(t, optional)
		}
		return []*Arg{a}
	}
	parts := r.recordPattern(name, t.Value.Record, t.Optional || optional)
	if t.Optional || optional || slices.ContainsFunc(parts, func(a *Arg) bool { return !a.Optional && !isAbsent(a.Term) }) {
		return parts
	}
	return append([]*Arg{{Tree: t, Name: name, Term: Term{Span: t.Name.Span, Any: true}}}, parts...)
}

// isAbsent reports whether a term requires that there is no value.
func isAbsent(t Term) bool {
	return t.Var == nil && t.Expr == nil && !t.Any && t.Literal.IsNull()
}

// fieldType is the type that a pattern writes for a field of the record at a path.
func (r *resolver) fieldType(path string, t *syntax.Arg) *Type {
	if r.constantAsType(t) {
		return nil
	}
	found := len(r.c.diags)
	v := r.c.valueType(nil, t.Type)
	if diag.HasErrors(r.c.diags[found:]) {
		r.ok = false
		return nil
	}
	if v.Kind != Secret && holdsKind(v, Secret) {
		r.errorAt(diag.MisplacedType, t.Type.Span, "a secret inside of a list or a record type cannot be kept apart from the rest",
			"give it a field of its own: in a record pattern, as in “account: {name, password: Secret}”")
		return nil
	}
	file := v.Kind == Binary || v.Kind == List && v.Elem.Kind == Binary
	if holdsKind(v, Binary) && !(file && path == "") {
		r.errorAt(diag.MisplacedType, t.Type.Span, "binary data cannot be inside of a record",
			"a file is a field of the request itself, as in “cover: Binary”")
		return nil
	}
	return &v
}

// constantAsType reports a constant that is written without quotation marks: what
// follows the colon of a pattern in capitals is a type.
func (r *resolver) constantAsType(t *syntax.Arg) bool {
	name := t.Type.Name.Text
	if t.Value != nil || name == "" || t.Type.Many != syntax.One || name != strings.ToUpper(name) {
		return false
	}
	r.ok = false
	r.c.add(diag.Diagnostic{Code: diag.UnknownType, Span: t.Type.Span,
		Message: "there is no type “" + name + "”; a constant is written in quotation marks",
		Fix:     &diag.Fix{Title: `write "` + name + `"`, Edits: []diag.Edit{{Span: t.Type.Span, Text: `"` + name + `"`}}}})
	return true
}

// httpPattern reports what the runtime does not have in its field http. It reports
// whether there is none.
func (r *resolver) httpPattern(t *syntax.Arg) bool {
	ok := true
	for _, part := range t.Value.Record {
		known := httpPart(fieldName(HTTPField, part))
		switch {
		case known == nil:
			ok = false
			r.unknown(diag.UnknownInput, part.Name, "“http” of a request has no “"+part.Name.Text+"”",
				[]string{ClientField, NetworkField, FilesField, RawField})
		case part.Type != nil || part.Value != nil && part.Value.Kind == syntax.RecordTerm:
			ok = false
			r.errorAt(diag.MisplacedType, part.Span, "“"+part.Name.Text+"” of “http” has a type of its own: "+Describe(*known))
		case known.Null && !part.Optional && !t.Optional:
			ok = false
			r.errorAt(diag.MaybeNull, part.Span, "“"+part.Name.Text+"” of “http” may be null, and then no sync would get the request",
				"write “"+part.Name.Text+"?”, which then binds null")
		}
	}
	return ok
}

// holdsKind reports whether a type is of a kind or contains one that is.
func holdsKind(t Type, kind TypeKind) bool {
	return t.Kind == kind || t.Elem != nil && holdsKind(*t.Elem, kind) ||
		slices.ContainsFunc(t.Fields, func(f RecordField) bool { return holdsKind(f.Type, kind) })
}

// misplacedForms reports a record pattern or a type that stands where the fields of
// a request do not, or on one that the runtime sets. It reports whether there is
// none.
func (r *resolver) misplacedForms(sig *signature, t *syntax.Arg) bool {
	record := t.Value != nil && t.Value.Kind == syntax.RecordTerm
	if !record && t.Type == nil {
		return true
	}
	name := fieldName("", t)
	if sig != nil && sig.request && !IsRuntimeField(name) {
		return true
	}
	if sig != nil && sig.request && name == HTTPField && record {
		return r.httpPattern(t)
	}
	if record {
		r.recordPattern("", t.Value.Record, false) // so that its names are known
		if sig != nil {
			r.errorAt(diag.MisplacedType, t.Value.Span, "a record pattern divides a field that a client sends, and “"+t.Name.Text+"” is none",
				"an expression reads a part of any record, as in “"+t.Name.Text+".part”")
		}
		return false
	}
	if sig != nil && !r.constantAsType(t) {
		r.errorAt(diag.MisplacedType, t.Type.Span, "a type stands behind a field that a client sends, and “"+t.Name.Text+"” is none",
			"the concept declares the types of inputs and outputs")
	}
	r.patternTerm(t.Name, t.Value) // so that its name is known
	return false
}
