package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/words"
)

// identical reports whether two types are the same.
func identical(a, b Type) bool {
	switch {
	case a.Kind != b.Kind, a.Name != b.Name, a.Null != b.Null, a.Open != b.Open, !slices.Equal(a.Constants, b.Constants), len(a.Fields) != len(b.Fields):
		return false
	case a.Elem != nil && b.Elem != nil:
		return identical(*a.Elem, *b.Elem)
	}
	for i, f := range a.Fields {
		if f.Name != b.Fields[i].Name || !identical(f.Type, b.Fields[i].Type) {
			return false
		}
	}
	return (a.Elem == nil) == (b.Elem == nil)
}

// Join returns the type of a value that has two types, and reports whether that is
// possible. With field it is a field of a request: text there can be any type that
// is text on the wire.
func Join(a, b Type, field bool) (Type, bool) {
	t, ok := joinKinds(a, b, field)
	t.Null = a.Null || b.Null
	return t, ok
}

// isText reports whether values of a kind are texts, and no identities.
func isText(k TypeKind) bool {
	return k == String || k == Secret || k == Enum || k == Date
}

func joinKinds(a, b Type, field bool) (Type, bool) {
	if b.Kind < a.Kind {
		a, b = b, a
	}
	switch {
	case a.Kind == Unknown:
		return b, true
	case a.Kind == Json:
		return b, true
	case b.Kind == Json:
		return a, true
	case a.Kind == Identity && b.Kind == Identity:
		return a, a.Name == b.Name
	case a.Kind == Identity && b.Kind == String:
		return a, field
	case a.Kind == Secret, b.Kind == Secret:
		return Type{Kind: Secret}, isText(a.Kind) && isText(b.Kind)
	case a.Kind == String && b.Kind == Enum:
		return b, true
	case a.Kind != b.Kind:
		return a, false
	case a.Kind == Enum:
		return a, slices.Equal(a.Constants, b.Constants)
	case a.Kind == List && a.Elem != nil && b.Elem != nil:
		elem, ok := Join(*a.Elem, *b.Elem, field)
		return Type{Kind: List, Elem: &elem}, ok
	case a.Kind == List && a.Elem == nil:
		return b, true
	case a.Kind == Record && len(a.Fields) > 0 && len(b.Fields) > 0:
		return joinRecords(a, b, field)
	case a.Kind == Record && len(a.Fields) == 0:
		return b, true
	}
	return a, true
}

// joinRecords returns a record with the fields of both. A field that only one has
// may be null. If one is open, the other one has its fields; if both are, a value has
// what each of them requires.
func joinRecords(a, b Type, field bool) (Type, bool) {
	t := Type{Kind: Record, Open: a.Open && b.Open}
	all := true
	if a.Open && !b.Open {
		a, b = b, a
	}
	for _, f := range a.Fields {
		if other := b.field(f.Name); other != nil {
			joined, ok := Join(f.Type, *other, field)
			switch {
			case t.Open:
				joined.Null = f.Type.Null && other.Null
			case b.Open:
				joined.Null = f.Type.Null
			}
			f.Type, all = joined, all && ok
		} else if !b.Open {
			f.Type.Null = true
		}
		t.Fields = append(t.Fields, f)
	}
	for _, f := range b.Fields {
		switch {
		case a.field(f.Name) != nil:
		case b.Open && !a.Open:
			all = false // which is reported where the field is read
		default:
			f.Type.Null = f.Type.Null || !t.Open
			t.Fields = append(t.Fields, f)
		}
	}
	return t, all
}

// field returns the type of a record's field, nil if there is none.
func (t Type) field(name string) *Type {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i].Type
		}
	}
	return nil
}

// Describe returns the name of a type for a message, with its article: "a Number",
// "a list, each a Profile.User".
func Describe(t Type) string {
	switch t.Kind {
	case Identity:
		return words.Article(t.Name)
	case Enum:
		return words.Enumerate(t.Constants, "or")
	case List:
		if t.Elem == nil || t.Elem.Kind == Unknown {
			return "a list"
		}
		return "a list, each " + Describe(*t.Elem)
	case Record:
		return "a record"
	case Unknown:
		return "of unknown type"
	}
	return "a " + primitives()[t.Kind-String]
}
