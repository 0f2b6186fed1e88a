package openapi

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// addPart adds a part of a record to the field that has the record. The steps are
// the names on the way to it.
func addPart(fields []*Field, part *Field, steps []string) []*Field {
	i := slices.IndexFunc(fields, func(f *Field) bool { return f.Name == steps[0] && f.Type.Kind == check.Record })
	if i < 0 {
		i = len(fields)
		fields = append(fields, &Field{Name: steps[0], Type: check.Type{Kind: check.Record, Null: true}, Optional: true})
	}
	f := fields[i]
	t := part.Type
	if len(part.Only) > 0 {
		t = typeOfLiterals(part.Only)
	}
	t.Null = part.Optional
	addField(&f.Type, check.RecordField{Type: t, Absent: part.Nullable}, steps[1:])
	f.Optional = f.Type.Null
	return fields
}

// addField adds a field to a record type. A record that has a required field is
// required itself.
func addField(record *check.Type, part check.RecordField, steps []string) {
	record.Null = record.Null && part.Type.Null
	i := slices.IndexFunc(record.Fields, func(f check.RecordField) bool { return f.Name == steps[0] })
	if len(steps) == 1 {
		if i < 0 {
			part.Name = steps[0]
			record.Fields = append(record.Fields, part)
		} else if f := &record.Fields[i]; f.Type.Kind == check.Record { // its presence
			f.Type.Null = f.Type.Null && part.Type.Null
		}
		return
	}
	if i < 0 {
		i = len(record.Fields)
		record.Fields = append(record.Fields, check.RecordField{Name: steps[0], Type: check.Type{Kind: check.Record, Null: true}})
	} else if record.Fields[i].Type.Kind != check.Record { // its presence came first
		record.Fields[i].Type = check.Type{Kind: check.Record, Null: record.Fields[i].Type.Null}
	}
	addField(&record.Fields[i].Type, part, steps[1:])
}

// mergeRecords joins the field that says that a record is there with the record.
func (o *Operation) mergeRecords() {
	for i := 0; i < len(o.Fields); i++ {
		f := o.Fields[i]
		n := slices.IndexFunc(o.Fields, func(x *Field) bool {
			return x != f && x.Name == f.Name && x.Type.Kind == check.Record
		})
		if n < 0 {
			continue
		}
		record := o.Fields[n]
		record.Optional = record.Optional && f.Optional
		record.Type.Null = record.Optional
		o.Fields = slices.Delete(o.Fields, i, i+1)
		i--
	}
}

// typeOfLiterals is the type of a field that has one of several values.
func typeOfLiterals(list []value.Value) check.Type {
	t := check.Type{Kind: check.Enum}
	for _, v := range list {
		switch text, isText := v.Text(); {
		case isText && t.Kind == check.Enum:
			t.Constants = append(t.Constants, text)
		case v.Kind() == value.NumberKind:
			t = check.Type{Kind: check.Number}
		case v.Kind() == value.FlagKind:
			t = check.Type{Kind: check.Flag}
		}
	}
	return t
}
