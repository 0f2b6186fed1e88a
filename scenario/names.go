package scenario

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// names are the bindings that a scenario has made so far.
type names map[string]binding

// A binding is a value and the place where the scenario bound it.
type binding struct {
	value value.Value
	at    source.Span
}

// get returns the value of a name.
func (n names) get(name string) (value.Value, error) {
	if b, ok := n[name]; ok {
		return b.value, nil
	}
	message := fmt.Sprintf("“%s” has no value: no earlier step binds it", name)
	if near, ok := diag.Nearest(name, slices.Sorted(maps.Keys(n))); ok {
		message += fmt.Sprintf("; did you mean “%s”?", near)
	}
	return value.Value{}, fmt.Errorf("%s", message)
}

// settle binds a name to a value, or compares the value with the bound one.
func (n names) settle(name syntax.Name, path string, got value.Value) []Difference {
	b, known := n[name.Text]
	switch {
	case !known && got.IsNull():
		return []Difference{{Path: path, Want: fmt.Sprintf("a value for “%s”", name.Text), Got: show(got)}}
	case !known:
		n[name.Text] = binding{got, name.Span}
	case !same(b.value, got):
		all := differ(b.value, got, path)
		since := fmt.Sprintf("“%s” since %s", name.Text, b.at)
		if all[0].Path == path {
			all[0].Want += ", which is " + since
			return all
		}
		return append(all, Difference{Path: path, More: "it was expected to be " + since})
	}
	return nil
}

// same compares by structure. A time also equals its text, and binary data its
// base64 text, because JSON has neither.
func same(want, got value.Value) bool {
	if want.IsNull() || got.IsNull() {
		return want.IsNull() && got.IsNull()
	}
	if got.Kind() == value.StringKind {
		want, got = got, want
	}
	text, _ := want.Text()
	switch {
	case want.Kind() != value.StringKind:
	case got.Kind() == value.TimeKind:
		m, ok := value.ParseMoment(text)
		return ok && value.Equal(m, got)
	case got.Kind() == value.BlobKind:
		data, err := base64.StdEncoding.DecodeString(text)
		return err == nil && sha256.Sum256(data) == got.Blob().Hash
	}
	return value.Equal(want, got)
}

// show formats a value for a failure.
func show(v value.Value) string {
	if v.IsUnset() {
		return "nothing"
	}
	return cut(string(value.AppendJSON(nil, v)), 400)
}

func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d characters)", string(r[:most]), len(r))
}

// scalar converts a literal of the parser to a value.
func scalar(x any) value.Value {
	v, err := value.FromAny(x)
	if err != nil {
		return value.Null
	}
	return v
}

// of returns the value of a term where a value of a type is required.
func (n names) of(name syntax.Name, t *syntax.Term, typ check.Type, now time.Time) (value.Value, error) {
	if t == nil {
		return n.get(name.Text)
	}
	switch t.Kind {
	case syntax.LiteralTerm:
		return scalar(t.Literal), nil
	case syntax.AnyTerm:
		return value.Value{}, fmt.Errorf("“_” is not a value: give “%s” a value, or omit it", name.Text)
	case syntax.ExpressionTerm:
		return n.compute(t.Expr.Text, now)
	case syntax.FileTerm:
		c, err := contentOf(t.File)
		if err != nil {
			return value.Value{}, err
		}
		return c.as(typ)
	}
	if t.Name.Text == expression.Now || t.Name.Text == expression.New {
		return n.compute(t.Name.Text, now)
	}
	return n.get(t.Name.Text)
}

// compute evaluates an expression over the names.
func (n names) compute(text string, now time.Time) (value.Value, error) {
	e, err := expression.Parse(text)
	if err != nil {
		return value.Value{}, fmt.Errorf("%s: %w", text, err)
	}
	scope := make([]value.Value, len(e.Variables()))
	for i, name := range e.Variables() {
		switch name {
		case expression.Now:
			scope[i] = value.Time(now)
		case expression.New:
			scope[i] = value.String(value.NewIDs().At(now).String())
		default:
			if scope[i], err = n.get(name); err != nil {
				return value.Value{}, err
			}
		}
	}
	v, err := e.Eval(func(i int) value.Value { return scope[i] })
	if err != nil {
		return value.Value{}, fmt.Errorf("%s: %w", text, err)
	}
	return v, nil
}

// fit compares values with the outputs that a call names. It may bind names even if
// they do not match, so a caller that tries several rows passes a copy.
func (n names) fit(out []*syntax.Arg, got func(name string) value.Value, now time.Time) ([]Difference, error) {
	var all []Difference
	for _, a := range out {
		v, path := got(a.Name.Text), a.Name.Text
		kind := syntax.VariableTerm
		name := a.Name
		if a.Value != nil {
			kind, name = a.Value.Kind, a.Value.Name
		}
		switch {
		case kind == syntax.AnyTerm:
			if v.IsNull() {
				all = append(all, Difference{Path: path, Want: "a value", Got: show(v)})
			}
		case kind == syntax.VariableTerm:
			all = append(all, n.settle(name, path, v)...)
		case kind == syntax.FileTerm:
			c, err := contentOf(a.Value.File)
			if err != nil {
				return nil, err
			}
			all = append(all, c.compare(v, path)...)
		default:
			want, err := n.of(a.Name, a.Value, check.Type{}, now)
			if err != nil {
				return nil, err
			}
			if !same(want, v) {
				all = append(all, differ(want, v, path)...)
			}
		}
	}
	return all, nil
}
