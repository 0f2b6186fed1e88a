package syntax

import (
	"github.com/legible-lang/legible/internal/diag"
)

// typeFollows reports whether a type begins n tokens ahead: a name that begins
// upper-case, "of CONSTANT", or "set" or "seq" with what it holds.
func (c *cursor) typeFollows(n int) bool {
	upper := func(n int) bool {
		t := c.ahead(n)
		return t.kind == wordToken && isUpper(c.p.textOf(t))
	}
	return upper(n) || c.aheadIs(n, "of") && upper(n+1) || c.manyFollows(n) ||
		(c.aheadIs(n, "set") || c.aheadIs(n, "seq")) && c.aheadIs(n+1, "{")
}

// typeOf reads the type of an input or output: "String", "seq of String or
// null", "of LIGHT or DARK".
func (c *cursor) typeOf() *Type {
	first := c.peek()
	if c.at("[") {
		c.listType()
		return nil
	}
	t := &Type{Many: c.many()}
	c.typeName(t)
	return c.endOfType(first, t)
}

// fieldType reads the type of a field of a request, which may also be a list of
// records: "seq of {sku: String}".
func (c *cursor) fieldType() *Type {
	first := c.peek()
	t := &Type{}
	if !c.at("{") {
		t.Many = c.many()
	}
	if c.at("{") {
		t.Record = c.recordType()
	} else {
		c.typeName(t)
	}
	return c.endOfType(first, t)
}

// typeName reads the name of a type, or constants.
func (c *cursor) typeName(t *Type) {
	if t.Many == One && c.at("of") && c.ahead(1).kind != endToken {
		c.take()
		t.Constants = c.constants(c.constant())
		return
	}
	name := c.upper("a type")
	switch {
	case !c.constantFollows():
		t.Name = name
	case t.Many != One:
		t.Constants = c.constants(name)
	case primitiveOf(name.Text) != "":
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(c.peek()),
			Message: "a value has one type; use “Json” for any value"})
	default:
		at := c.p.src.Span(name.Span.Start, name.Span.Start)
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: name.Span,
			Message: "“of” is missing before the constants, as in “of " + name.Text + " or " + c.p.textOf(c.ahead(1)) + "”",
			Fix:     &diag.Fix{Title: "write of", Edits: []diag.Edit{{Span: at, Text: "of "}}}})
	}
}

// constants reads the rest of "RED or GREEN".
func (c *cursor) constants(first Name) []Name {
	all := []Name{first}
	for c.constantFollows() {
		c.take()
		all = append(all, c.constant())
	}
	return all
}

// constantFollows reports whether "or" and a further constant come next.
func (c *cursor) constantFollows() bool {
	return c.at("or") && !c.aheadIs(1, "null") && c.ahead(1).kind != endToken
}

// recordType reads "{sku: String, quantity: Number}".
func (c *cursor) recordType() []*Param {
	first := c.take()
	var fields []*Param
	c.list("}", func() {
		begin := c.peek()
		p := &Param{}
		if begin.kind == stringToken {
			p.Name, p.Quoted = c.quotedName(patternValues), true
		} else {
			p.Name = c.word("a field's name")
		}
		p.Optional = c.accept("?")
		if c.accept(":") {
			p.Type = c.fieldType()
		}
		if p.Span = c.since(begin); !c.bad {
			fields = append(fields, p)
		}
	})
	if len(fields) == 0 {
		c.fail(diag.Diagnostic{Code: diag.MissingPart, Span: c.since(first),
			Message: "a record type names at least one field; use “Json” for any value"})
	}
	return fields
}

// endOfType reads "or null", and reports what other languages write after a
// type.
func (c *cursor) endOfType(first token, t *Type) *Type {
	if c.at("or") {
		c.take()
		if t.Null = c.accept("null"); !t.Null {
			c.unexpected("“null” or a constant after “or”")
		}
	}
	t.Span = c.since(first)
	sign, name := c.peek(), t.Name.Text
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(sign)}
	switch {
	case name == "" || c.bad:
		return t
	case c.at("["), c.at("<"):
		d.Message = "write a list as “seq of String”, or as “set of String” if its order does not matter"
		if c.at("[") && c.aheadIs(1, "]") && t.Many == One {
			d.Fix = c.rewrite(first, c.ahead(1), "seq of "+name)
		}
	case c.at("?"):
		d.Message = "“?” belongs after the name, as in “name?: " + name + "”, not after the type"
	case c.at("|") && c.aheadIs(1, "null"):
		d.Message = "write a type that allows null as “" + name + " or null”"
		if t.Many == One {
			d.Fix = c.rewrite(first, c.ahead(1), name+" or null")
		}
	case c.at("|"):
		d.Message = "write constants as “of LIGHT or DARK”"
	default:
		return t
	}
	c.fail(d)
	return t
}

// listType reports a type in square brackets.
func (c *cursor) listType() {
	c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(c.peek()),
		Message: "square brackets cannot be used here; write the type of a list as “seq of String” or “seq of {sku: String}”"})
}
