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

// make makes the value of a datum that is sent. The type, as far as it is known, is that
// of its place.
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
		return value.Value{}, errors.New("“_” is no value that could be sent")
	case syntax.ListDatum:
		if d.Open {
			return value.Value{}, errors.New("a list that is sent ends where it ends: “...” stands only in what is expected")
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

// hold holds what came against what is expected, and gives only what differs.
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

// others says what a record has in the place of a field.
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

// joined is the path of a field, quoted where it is no plain name.
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
