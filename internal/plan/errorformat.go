package plan

import (
	"cmp"
	"errors"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// An ErrorFormat is the record that an answer with an error has in place of
// {error, …}.
type ErrorFormat struct {
	Expr *check.Expr
}

// ErrorParts are what the format of errors may use. A text is "" for null. Without a
// Field, it is the last name of the Path; without a Kind, it follows from the Status.
type ErrorParts struct {
	Error                             value.Value
	Refusal, Kind, Field, Path, Trace string
	Status                            int
}

// Set sets a part by the field of an answer. Other fields are not in the format.
func (p *ErrorParts) Set(name string, v value.Value) {
	text, _ := v.Text()
	switch name {
	case "error":
		p.Error = v
	case "refusal":
		p.Refusal = text
	case "kind":
		p.Kind = text
	case "field":
		p.Field, p.Path = lastName(text), cmp.Or(p.Path, text)
	case "path":
		p.Path = text
	}
}

// lastName returns the last name of a path: “sku” of “lines[0].sku”, “tags” of
// “tags[0]”.
func lastName(path string) string {
	name, _, _ := strings.Cut(path[strings.LastIndexByte(path, '.')+1:], "[")
	return name
}

// Format returns the record of an error.
func (f *ErrorFormat) Format(p ErrorParts) (value.Value, error) {
	p.Kind = cmp.Or(p.Kind, refusalKind(p.Status))
	p.Field = cmp.Or(p.Field, lastName(p.Path))
	text := func(s string) value.Value {
		if s == "" {
			return value.Null
		}
		return value.String(s)
	}
	values := map[string]value.Value{
		"error": p.Error, "refusal": text(p.Refusal), "kind": text(p.Kind), "field": text(p.Field), "path": text(p.Path),
		"status": value.Number(float64(p.Status)), "trace": text(p.Trace),
	}
	v, err := f.Expr.Node.Eval(func(i int) value.Value { return values[f.Expr.Node.Variables()[i]] })
	if err == nil && v.Kind() != value.RecordKind {
		err = errors.New("the format of errors gives no record, but " + v.Kind().String())
	}
	return v, err
}

// refusalKind returns the kind of refusal that a status stands for, "" for none.
func refusalKind(status int) string {
	for _, kind := range []string{"unauthenticated", "forbidden", "missing", "conflict", "limited"} {
		if RefusalStatus(kind) == status {
			return kind
		}
	}
	if status >= 400 && status < 500 {
		return "invalid"
	}
	return ""
}
