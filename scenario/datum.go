package scenario

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// make returns the value of a datum that is sent. t is the type of its place, if it
// is known.
func (n names) make(d *syntax.Datum, t check.Type) (value.Value, error) {
	switch d.Kind {
	case syntax.ScalarDatum:
		return scalar(d.Scalar), nil
	case syntax.NameDatum:
		return n.get(d.Name.Text)
	case syntax.FileDatum:
		c, err := contentOf(d.File)
		if err != nil {
			return value.Value{}, err
		}
		return c.as(t)
	case syntax.AnyDatum:
		return value.Value{}, errors.New("“_” stands for any value and only in an expectation: write a value")
	case syntax.ListDatum:
		if d.Open {
			return value.Value{}, errors.New("“...” stands only in an expected list")
		}
		items := []value.Value{}
		for _, x := range d.List {
			v, err := n.make(x, elemType(t))
			if err != nil {
				return value.Value{}, err
			}
			items = append(items, v)
		}
		return value.List(items), nil
	}
	fields := []value.Field{}
	for _, f := range d.Fields {
		v, err := n.make(f.Value, fieldType(t, f.Name.Text))
		if err != nil {
			return value.Value{}, err
		}
		fields = append(fields, value.Field{Name: f.Name.Text, Value: v})
	}
	return value.Record(fields), nil
}

// hold compares a value with the expected datum and returns the differences.
func (n names) hold(want *syntax.Datum, got value.Value, path string) []Difference {
	switch want.Kind {
	case syntax.ScalarDatum:
		if v := scalar(want.Scalar); !same(v, got) {
			return differ(v, got, path)
		}
		return nil
	case syntax.AnyDatum:
		if got.IsNull() {
			return []Difference{{Path: path, Want: "a value", Got: show(got)}}
		}
		return nil
	case syntax.FileDatum:
		c, err := contentOf(want.File)
		if err != nil {
			return []Difference{{Path: path, Want: err.Error(), Got: show(got)}}
		}
		return c.compare(got, path)
	case syntax.NameDatum:
		return n.settle(want.Name, path, got)
	case syntax.ListDatum:
		return n.holdList(want, got, path)
	}
	if got.Kind() != value.RecordKind {
		return []Difference{{Path: path, Want: "a record", Got: show(got)}}
	}
	var all []Difference
	for _, f := range want.Fields {
		differs := n.hold(f.Value, got.Get(f.Name.Text), joined(path, f.Name.Text))
		if len(differs) > 0 && got.Get(f.Name.Text).IsUnset() {
			differs[0].Got += others(f.Name.Text, got)
		}
		all = append(all, differs...)
	}
	return all
}

// others names the fields that a record has, for a field that it lacks.
func others(name string, record value.Value) string {
	var fields []string
	for _, f := range record.Fields() {
		fields = append(fields, f.Name)
	}
	if near, ok := diag.Nearest(name, fields); ok {
		return fmt.Sprintf("; did you mean “%s”?", near)
	}
	if len(fields) == 0 {
		return "; there are no fields"
	}
	return "; the fields are " + cut(strings.Join(fields, ", "), 200)
}

// joined returns the path of a field, quoted unless it is a plain name.
func joined(path, name string) string {
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return path + "[" + strconv.Quote(name) + "]"
		}
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
