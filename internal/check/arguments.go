package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// A signature is a list of parameters that arguments must fit.
type signature struct {
	by     string // who has the parameters: "Sessioning.create"
	params []*Param
	open   bool // any further names are allowed
	out    bool // the parameters are outputs
	when   bool // it is a pattern: inputs may be left out
	// request and answer are set for Requesting.request and Requesting.respond, whose
	// further names are fields of a client.
	request, answer bool
	// broken is set if part of either text could not be parsed. An argument that
	// seems to be unknown or missing may be there.
	broken bool
	span   source.Span // where a missing input is reported
}

// valueArgs resolves arguments that must have a value: the inputs of actions that
// are asked, of queries and of views. Without a signature only their variables are
// resolved.
func (r *resolver) valueArgs(sig *signature, i *Instance, trees []*syntax.Arg) []*Arg {
	var args []*Arg
	for _, t := range trees {
		if t.Optional {
			r.errorAt(diag.MisplacedOptional, t.Span, "“"+t.Name.Text+"?” is allowed only for inputs in when and inputs of a view",
				"an optional input that is null counts as left out")
		}
		if !r.quotedIsField(sig, t) {
			continue
		}
		name := fieldName("", t)
		r.declared = sig != nil && t.Value == nil && param(sig.params, name) != nil
		a := &Arg{Tree: t, Name: name, Term: r.valueTerm(t.Name, t.Value)}
		r.declared = false
		if r.findParam(sig, args, a) {
			args = append(args, a)
		}
		if a.Param != nil && i != nil {
			r.hint(a.Term.Var, r.c.appType(i, a.Param.valueType()))
		}
	}
	if sig == nil || sig.broken {
		return args
	}
	var lacking []string
	var related []diag.Related
	var from []diag.Origin
	for _, p := range sig.params {
		given := slices.ContainsFunc(trees, func(t *syntax.Arg) bool { return fieldName("", t) == p.Name })
		if given || p.Optional || r.misspelt(sig, trees, p.Name) {
			continue
		}
		lacking = append(lacking, "“"+p.Name+"”")
		if p.Tree != nil {
			related = append(related, diag.Related{Span: p.Tree.Span, Message: "declared here, and not optional"})
			from = append(from, diag.Origin{Span: p.Tree.Name.Span, Unused: true, Message: "the input “" + p.Name + "” is missing in %s"})
		}
	}
	if len(lacking) > 0 {
		word := "the input "
		if len(lacking) > 1 {
			word = "the inputs "
		}
		r.ok = false
		r.c.add(diag.Diagnostic{Code: diag.MissingInput, Span: sig.span, Origins: from, Related: related,
			Message: "“" + sig.by + "” needs " + word + words.Enumerate(lacking, "and")})
	}
	return args
}

// misspelt reports whether an unknown argument was reported as a misspelling of a
// parameter. Then the parameter is not reported as missing.
func (r *resolver) misspelt(sig *signature, trees []*syntax.Arg, name string) bool {
	if sig.open {
		return false
	}
	names := paramNames(sig.params)
	for _, t := range trees {
		if param(sig.params, t.Name.Text) == nil {
			if near, ok := diag.Nearest(t.Name.Text, names); ok && near == name {
				return true
			}
		}
	}
	return false
}

// patternArgs resolves arguments that bind or compare: those of when, and outputs.
func (r *resolver) patternArgs(sig *signature, i *Instance, trees []*syntax.Arg) []*Arg {
	var args []*Arg
	for _, t := range trees {
		if t.Optional && sig != nil && sig.out {
			if p := param(sig.params, t.Name.Text); p != nil && p.Tree != nil && !p.Optional {
				r.errorAt(diag.MisplacedOptional, t.Span, "the output “"+p.Name+"” of “"+sig.by+"” is never null", alwaysGiven)
			}
		}
		if !r.quotedIsField(sig, t) || !r.misplacedForms(sig, t) {
			continue
		}
		for _, a := range r.patternField("", t, false) {
			if sig != nil && sig.when {
				a.Binds = false
			}
			if r.findParam(sig, args, a) {
				args = append(args, a)
			}
			if a.Param != nil && i != nil {
				r.hint(a.Term.Var, r.c.appType(i, a.Param.valueType()))
			}
			if v := a.Term.Var; v != nil && i != nil && sig != nil && sig.open && a.Param == nil && a.Tree.Value == nil && v.Span == a.Tree.Name.Span {
				r.fields[v] = true
			}
		}
	}
	return args
}

// quotedIsField reports a name in quotation marks that is not the name of a
// client's field. It reports whether there is no such name.
func (r *resolver) quotedIsField(sig *signature, t *syntax.Arg) bool {
	if !t.Quoted || sig == nil || sig.request || sig.answer {
		return true
	}
	d := diag.Diagnostic{Code: diag.UnknownInput, Span: t.Name.Span,
		Message: "only fields of a request and of an answer may have a name in quotation marks"}
	if param(sig.params, t.Name.Text) != nil {
		d.Message = "“" + t.Name.Text + "” of “" + sig.by + "” is written without quotation marks; a client's field in a request or an answer may have them"
		d.Fix = &diag.Fix{Title: "write " + t.Name.Text, Edits: []diag.Edit{{Span: t.Name.Span, Text: t.Name.Text}}}
	}
	r.ok = false
	r.c.add(d)
	return false
}

const alwaysGiven = "“?” after an output allows it to be null; “maybe” before a line allows that there is no row"

// findParam sets the parameter of an argument, and reports an argument that is
// unknown or given twice.
func (r *resolver) findParam(sig *signature, args []*Arg, a *Arg) bool {
	if sig == nil {
		return true
	}
	if overlapping(args, a.Name) != nil {
		r.errorAt(diag.ArgumentTwice, a.Tree.Name.Span, "“"+a.Name+"” is given twice")
		return false
	}
	a.Param = param(sig.params, a.Name)
	if a.Param != nil && a.Param.Tree != nil {
		r.used(a.Param.Tree.Name)
	}
	if a.Param != nil || sig.open {
		return true
	}
	r.ok = false
	if sig.broken {
		return false
	}
	if sig.out {
		r.c.unknownOf(nil, diag.UnknownOutput, a.Tree.Name, "“"+sig.by+"” has no output “"+a.Name+"”", paramNames(sig.params), declaredParams("output", sig.params))
	} else {
		r.c.unknownOf(nil, diag.UnknownInput, a.Tree.Name, "“"+sig.by+"” has no input “"+a.Name+"”", paramNames(sig.params), declaredParams("input", sig.params))
	}
	return false
}

// valueType is the type of a parameter's value: for a collection, a list of its
// type.
func (p *Param) valueType() Type { return collect(p.Type, p.Many) }

func collect(t Type, many syntax.Many) Type {
	if many == syntax.One {
		return t
	}
	return Type{Kind: List, Elem: &t}
}
