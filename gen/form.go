package gen

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A form is how values of one type look in Go. Text and calls are Go source.
type form struct {
	goType string
	// read and write are functions between a value and the Go type.
	read, write string
	// named tells that the Go type is one of the concept's own, of text.
	named bool
	// itself tells that it is the value itself.
	itself bool
	// nothing tells that the Go type has an absence of its own.
	nothing bool
}

// base is the form of one value that is there. In state a secret is kept as
// its digest.
func base(t check.Type, enum string, state bool) form {
	named := func(name string) form {
		return form{goType: name, read: "slot.TextOf[" + name + "]", write: "slot.OfText[" + name + "]", named: true}
	}
	switch t.Kind {
	case check.Identity:
		return named(goName(t.Name))
	case check.Enum:
		return named(enum)
	case check.Number:
		return form{goType: "float64", read: "slot.Number", write: "value.Number"}
	case check.Flag:
		return form{goType: "bool", read: "slot.Flag", write: "value.Flag"}
	case check.DateTime:
		return form{goType: "time.Time", read: "slot.Moment", write: "value.Time"}
	case check.Secret:
		if state {
			return named("legible.Digest")
		}
		return form{goType: "legible.Secret", read: "slot.Secret", write: "slot.OfSecret"}
	case check.Binary:
		return form{goType: "*legible.Blob", read: "slot.Blob", write: "slot.OfBlob", nothing: true}
	case check.String, check.Date:
		return form{goType: "string", read: "slot.Text", write: "value.String"}
	}
	return form{goType: "legible.Value", read: "slot.Itself", write: "slot.Itself", itself: true, nothing: true}
}

// A shape is a form with what is said of how many there are.
type shape struct {
	form
	optional bool
	many     syntax.Many
	stored   bool // in a row, where a set is one already
	null     bool // an input in which null differs from absence
}

// shapeOf is the shape of a parameter in the struct with a name.
func (m *maker) shapeOf(in string, p *check.Param) shape {
	enum := ""
	if p.Type.Kind == check.Enum {
		enum, _ = m.paramEnum(in, p)
	}
	return shape{form: base(p.Type, enum, false), optional: p.Optional, many: p.Many, null: p.Null}
}

// paramEnum is the name of the Go type of a parameter with constants: that of a field
// with the same name and the same constants, or else one of its own.
func (m *maker) paramEnum(in string, p *check.Param) (name string, own bool) {
	for _, set := range m.concept.Sets {
		for _, f := range set.Fields {
			if f.Name == p.Name && f.Type.Kind == check.Enum && slices.Equal(f.Type.Constants, p.Type.Constants) {
				return enumName(set, f), false
			}
		}
	}
	return in + goName(p.Name), true
}

func fieldShape(set *check.Set, f *check.Field) shape {
	return shape{form: base(f.Type, enumName(set, f), true), optional: f.Optional, many: f.Many, stored: true}
}

func (s shape) goType() string {
	switch {
	case s.null:
		return "legible.Optional[" + s.withoutNull().goType() + "]"
	case s.many != syntax.One:
		return "[]" + s.form.goType
	case s.optional && !s.nothing:
		return "*" + s.form.goType
	}
	return s.form.goType
}

// withoutNull is the shape of an input in which null means absence.
func (s shape) withoutNull() shape {
	s.null = false
	return s
}

// reading is the Go that reads the value in x.
func (s shape) reading(x string) string {
	switch {
	case s.null:
		return s.goType() + "{Given: slot.Given(" + x + "), Value: " + s.withoutNull().reading(x) + "}"
	case s.many == syntax.SetOf && !s.stored:
		return "slot.Set(" + x + ", " + s.read + ")"
	case s.many != syntax.One:
		return "slot.List(" + x + ", " + s.read + ")"
	case s.optional && !s.nothing:
		return "slot.Maybe(" + x + ", " + s.read + ")"
	case s.itself:
		return x
	case s.named:
		return s.form.goType + "(slot.Text(" + x + "))"
	}
	return s.read + "(" + x + ")"
}

// writing is the Go that writes the Go value x.
func (s shape) writing(x string) string {
	list := map[syntax.Many]string{syntax.SetOf: "Set", syntax.SeqOf: "List"}[s.many]
	switch {
	case list != "" && s.optional:
		return "slot.OfMaybe" + list + "(" + x + ", " + s.write + ")"
	case list != "":
		return "slot.Of" + list + "(" + x + ", " + s.write + ")"
	case s.optional && !s.nothing:
		return "slot.OfMaybe(" + x + ", " + s.write + ")"
	case s.optional && s.itself:
		return "slot.OrNull(" + x + ")"
	case s.itself:
		return x
	case s.named:
		return "value.String(string(" + x + "))"
	}
	return s.write + "(" + x + ")"
}
