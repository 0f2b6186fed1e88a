package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// valueType gives the meaning of a type as it is written: a collection is a
// List, and “or null” is Null. The spec is nil outside of a concept, where only
// primitives, constants and records can be written: the type of an identity
// follows there from its use.
func (c *checker) valueType(s *spec, t *syntax.Type) Type {
	item := c.itemType(s, t)
	v := item
	if t.Many != syntax.One {
		v = Type{Kind: List, Elem: &item}
	}
	v.Null = t.Null
	return v
}

// itemType is valueType for one item of a collection, and without “or null”.
func (c *checker) itemType(s *spec, t *syntax.Type) Type {
	switch {
	case len(t.Constants) > 0:
		return c.enumeration(t.Span, t.Constants)
	case len(t.Record) > 0:
		return c.recordType(s, t.Record)
	case s != nil:
		return c.typeOf(s, t.Name)
	}
	v, ok := primitive(t.Name.Text)
	if !ok && t.Name.Text != "" {
		c.unknown(diag.UnknownType, t.Name, "there is no type “"+t.Name.Text+"” outside of a concept", primitives(),
			"here a type is a primitive, constants or a record; that a value is an identity follows from its use")
	}
	return v
}

// recordType is the type of a record; a field without a type has an unknown one,
// and one that may be absent may be null.
func (c *checker) recordType(s *spec, fields []*syntax.Param) Type {
	record := Type{Kind: Record}
	for _, p := range fields {
		if first := record.field(p.Name.Text); first != nil {
			c.errorAt(diag.DeclaredTwice, p.Name.Span, "the record has two fields “"+p.Name.Text+"”")
			continue
		}
		field := RecordField{Name: p.Name.Text}
		if p.Type != nil {
			field.Type = c.valueType(s, p.Type)
		}
		if field.Type.Null {
			c.misplacedNull(p.Type, "“or null” tells null from absence, and in a value an absent field is null", "“"+p.Name.Text+"?” allows both")
		}
		field.Type.Null = p.Optional
		record.Fields = append(record.Fields, field)
	}
	return record
}

// enumeration is the type of values that are one of several constants.
func (c *checker) enumeration(span source.Span, constants []syntax.Name) Type {
	e := Type{Kind: Enum}
	if len(constants) == 1 {
		c.errorAt(diag.MissingPart, span, "a type of constants has two or more, as in “of "+constants[0].Text+" or OTHER”")
	}
	seen := map[string]bool{}
	for _, name := range constants {
		if seen[name.Text] {
			c.errorAt(diag.DeclaredTwice, name.Span, "the constant “"+name.Text+"” is listed twice")
			continue
		}
		seen[name.Text] = true
		e.Constants = append(e.Constants, name.Text)
	}
	return e
}
