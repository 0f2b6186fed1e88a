package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
)

// dividing returns the fix that divides a field of a request by a record pattern, in
// all syncs of the route. It is nil if one of them uses the field in a way that a
// pattern might change.
func (c *checker) dividing(p *Pattern, a *Arg) *diag.Fix {
	method, path := p.Route()
	d := &division{c: c, field: a.Name, file: a.Tree.Span.File}
	for _, s := range c.program.Syncs {
		for _, q := range s.When {
			asked, other := q.Route()
			if !q.IsRequest() || other != path && other != "" || asked != method && asked != "" {
				continue
			}
			for _, b := range q.In {
				if b.Name != a.Name {
					if partOf(b.Name, a.Name) || partOf(a.Name, b.Name) {
						return nil
					}
					continue
				}
				if other == "" || asked == "" || !d.sync(s, b) {
					return nil
				}
			}
		}
	}
	unread := slices.ContainsFunc(c.syncOrder, func(s *syncState) bool {
		text := s.sync.Tree.Span.Text() // of a sync with an error, which may be on this route too
		return !s.ok && strings.Contains(text, a.Name) && (strings.Contains(text, strconv.Quote(path)) || !strings.Contains(text, "path:"))
	})
	if unread || path == "" || method == "" || !d.prefixFree() || !d.dividesSecrets(a.Term.Var) {
		return nil
	}
	title := "divide the field"
	for _, e := range d.edits {
		if e.Span == a.Tree.Span {
			title = "write “" + e.Text + "” in “when”"
		}
	}
	return &diag.Fix{Title: title, Edits: d.edits}
}

// A division is the work on one field.
type division struct {
	c     *checker
	field string
	file  *source.File
	edits []diag.Edit
	parts []*fieldPart // of all syncs
}

// A fieldPart is a part of the field that a sync uses.
type fieldPart struct {
	path     []string
	spans    []source.Span
	whole    []exprUse // the expressions that are this part and nothing else; the same length as spans, with nil for others
	tested   bool      // an expression asks whether it is null
	required bool      // a use needs a value
}

func (x *fieldPart) name() string { return x.path[len(x.path)-1] }

// sync divides the field in one sync. It reports whether the result is certain.
func (d *division) sync(s *Sync, a *Arg) bool {
	v := a.Term.Var
	if v == nil || a.Optional || a.Type != nil || a.Tree.Quoted || a.Tree.Span.File != d.file || IsRuntimeField(a.Name) ||
		slices.ContainsFunc(s.When, func(p *Pattern) bool {
			_, path := p.Route()
			return p.IsRequest() && (p.isCredential(a) || slices.Contains(strings.Split(path, "/"), "{"+a.Name+"}"))
		}) {
		return false
	}
	u := newUses(s.Vars)
	for _, p := range s.When {
		u.pattern(p)
	}
	for _, stage := range s.Stages {
		u.lines(stage.Where, boundLine)
		u.asks(stage.Then)
	}
	o := &occurrences{v: v, secret: d.c.secretUses[location{v: v}]}
	in := 1
	for _, e := range u.exprs {
		if slices.Contains(e.Vars, v) {
			in++
			o.look(e, e.Node.Shape(), openUse)
		}
	}
	if o.unsure || u.count[v] != in {
		return false
	}
	for i, x := range o.parts {
		taken := slices.ContainsFunc(s.Vars, func(w *Var) bool { return w != v && w.Name == x.name() }) ||
			slices.ContainsFunc(o.parts[:i], func(y *fieldPart) bool { return y.name() == x.name() })
		if taken || !bindable(x.name()) {
			return false
		}
	}
	d.edits = append(d.edits, diag.Edit{Span: a.Tree.Span, Text: o.pattern(a.Tree.Name.Span.Text())})
	for _, x := range o.parts {
		for i, span := range x.spans {
			if e := x.whole[i]; e.arg != nil && e.arg.Tree.Name.Text == x.name() && !e.arg.Tree.Quoted {
				span = e.arg.Tree.Span // “password: account.password” becomes “password”
			}
			d.edits = append(d.edits, diag.Edit{Span: span, Text: x.name()})
		}
	}
	d.parts = append(d.parts, o.parts...)
	return true
}

// prefixFree reports whether no part is inside of another one.
func (d *division) prefixFree() bool {
	for _, x := range d.parts {
		for _, y := range d.parts {
			if len(x.path) < len(y.path) && slices.Equal(x.path, y.path[:len(x.path)]) {
				return false
			}
		}
	}
	return true
}

// dividesSecrets reports whether each secret part becomes a variable of its own.
func (d *division) dividesSecrets(v *Var) bool {
	for _, x := range d.c.secretUses[location{v: v}] {
		if !slices.ContainsFunc(d.parts, func(p *fieldPart) bool { return slices.Equal(p.path, x.path) }) {
			return false
		}
	}
	return true
}

var variableName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// bindable reports whether a pattern can bind a variable with a name.
func bindable(name string) bool {
	words := []string{"true", "false", "null", "in", "is", "has", "no", "some", "maybe", "surely", "not", "and", "or", "if", "else", "each", "first",
		"count", "sum", "min", "max", "whether", "matches", "contains", "startsWith", "endsWith", "let", "a", "an", "of", "error", "refusal"}
	return variableName.MatchString(name) && !isReserved(name) && !slices.Contains(words, name)
}

// A need says what a place in an expression needs of its value.
type need int

const (
	openUse  need = iota // null has a meaning there
	valueUse             // a value
	nullTest             // it asks whether there is a value
)

// occurrences are the parts of a variable in a sync, by where they stand.
type occurrences struct {
	v      *Var
	secret []secretUse
	parts  []*fieldPart
	unsure bool // a use is not that of a part
}

// look examines an expression, or a part of one. Its own place in the text decides
// about the whole.
func (o *occurrences) look(e exprUse, s *expression.Shape, as need) {
	if path, span, ok := e.takes(s, o.v); ok {
		o.add(e, s, path, span, as)
		return
	}
	if s.Form == expression.VariableForm && e.variable(s.Name) == o.v {
		o.unsure = true
		return
	}
	for i, x := range s.Parts {
		needs := valueUse
		switch s.Form {
		case expression.ListForm, expression.RecordForm, expression.SpreadForm, expression.ComputedForm:
			needs = openUse
		case expression.ConditionalForm:
			if i > 0 {
				needs = as
			}
		case expression.BinaryForm:
			switch {
			case s.Name == "??" && i == 0, s.Name == "==" && isNull(s.Parts[1-i]), s.Name == "!=" && isNull(s.Parts[1-i]):
				needs = nullTest
			case s.Name == "==", s.Name == "!=", s.Name == "??":
				needs = openUse
			}
		case expression.FieldForm:
			if s.Safe {
				needs = nullTest
			}
		case expression.CallForm:
			if s.Name == "given" || expression.NeedsValue(s.Name) {
				break
			}
			needs = openUse
		}
		o.look(e, x, needs)
	}
}

func (o *occurrences) add(e exprUse, s *expression.Shape, path []string, span source.Span, as need) {
	i := slices.IndexFunc(o.parts, func(x *fieldPart) bool { return slices.Equal(x.path, path) })
	if i < 0 {
		i = len(o.parts)
		o.parts = append(o.parts, &fieldPart{path: path})
	}
	x := o.parts[i]
	whole := exprUse{}
	if s == e.Node.Shape() {
		whole = e
		if as == openUse {
			as = o.needOf(e, path)
		}
	}
	x.spans, x.whole = append(x.spans, span), append(x.whole, whole)
	x.tested = x.tested || as == nullTest
	x.required = x.required || as == valueUse
}

// needOf is what the place of an expression needs that is a part and nothing else.
func (o *occurrences) needOf(e exprUse, path []string) need {
	secret := slices.ContainsFunc(o.secret, func(x secretUse) bool { return slices.Equal(x.path, path) })
	switch line := e.line.(type) {
	case nil:
		if e.arg == nil || e.arg.Param != nil && !e.arg.Param.Optional && !e.arg.Param.Type.Null || e.arg.Param == nil && secret {
			return valueUse
		}
	case *ViewLine:
		o.unsure = o.unsure || !secret // what its lines need is not known here
		return valueUse
	case *FilterLine:
		return valueUse
	case *IsLine:
		if !secret && line.Binds {
			o.unsure = true // what the variable needs is not known here
		}
		return valueUse
	case *QueryLine, *FieldLine, *MemberLine, *FoldLine, *BlockLine, *HasLine:
	default:
		panic("check: unknown line")
	}
	return openUse
}

// pattern writes the record pattern for the parts.
func (o *occurrences) pattern(field string) string {
	var paths [][]string
	for _, x := range o.parts {
		path := slices.Clone(x.path)
		if x.tested || !x.required {
			path[len(path)-1] += "?"
		}
		paths = append(paths, path)
	}
	return patternText(field, paths)
}

// patternText writes the record pattern for the parts of a field with these paths.
func patternText(field string, paths [][]string) string {
	if len(paths) == 0 {
		return field
	}
	var parts []string
	for i, p := range paths {
		if slices.ContainsFunc(paths[:i], func(q []string) bool { return q[0] == p[0] }) {
			continue
		}
		var inner [][]string
		for _, q := range paths[i:] {
			if q[0] == p[0] && len(q) > 1 {
				inner = append(inner, q[1:])
			}
		}
		parts = append(parts, patternText(p[0], inner))
	}
	return field + ": {" + strings.Join(parts, ", ") + "}"
}

// variable returns the variable of a name in an expression.
func (e *Expr) variable(name string) *Var {
	if i := slices.Index(e.Node.Variables(), name); i >= 0 {
		return e.Vars[i]
	}
	return nil
}

// takes reports whether a shape takes a part of a variable by the names of its fields,
// and where that stands in the text.
func (e *Expr) takes(s *expression.Shape, v *Var) (path []string, span source.Span, ok bool) {
	for x := s; ; x = x.Parts[0] {
		switch {
		case x.Form == expression.FieldForm && !x.Safe:
			path = append(path, x.Name)
			continue
		case x.Form == expression.ItemForm:
			if text, isText := x.Parts[1].Literal.Text(); isText && x.Parts[1].Form == expression.LiteralForm {
				path = append(path, text)
				continue
			}
		case x.Form == expression.VariableForm && len(path) > 0 && e.variable(x.Name) == v:
			slices.Reverse(path)
			span, ok = e.written(x.Offset, v.Name, path)
			return path, span, ok
		}
		return nil, span, false
	}
}

// written returns the place of a part in the text, if it is written in one of the usual
// ways.
func (e *Expr) written(offset int, name string, path []string) (source.Span, bool) {
	text := e.Tree.Span.Text()
	if offset > len(text) || !strings.HasPrefix(text[offset:], name) {
		return source.Span{}, false
	}
	end := offset + len(name)
	for _, step := range path {
		found := false
		for _, form := range []string{"." + step, "[" + strconv.Quote(step) + "]"} {
			if strings.HasPrefix(text[end:], form) {
				end, found = end+len(form), true
				break
			}
		}
		if !found {
			return source.Span{}, false
		}
	}
	span := e.Tree.Span
	return span.File.Span(span.Start+offset, span.Start+end), true
}

// partSpan returns the place where an expression takes a part of a variable, or the
// whole expression.
func (e *Expr) partSpan(v *Var, p accessPath) source.Span {
	span := e.Tree.Span
	var look func(s *expression.Shape)
	look = func(s *expression.Shape) {
		if path, at, ok := e.takes(s, v); ok && p.covers(path) {
			span = at
			return
		}
		for _, x := range s.Parts {
			look(x)
		}
	}
	look(e.Node.Shape())
	return span
}
