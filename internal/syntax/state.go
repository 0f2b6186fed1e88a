package syntax

import (
	"github.com/legible-lang/legible/internal/diag"
)

// stateLine reads one declaration of the state.
func (p *parser) stateLine(concept *Concept) {
	indent := p.peek().indent
	c := p.take()
	first := c.peek()
	article := c.accept("a") || c.accept("an")
	if c.at("alias") && c.ahead(1).kind == wordToken {
		c.take()
		a := &Alias{Name: c.upper("the name of the alias")}
		c.expect("for", "after the name of the alias")
		a.Type = c.upper("a type")
		c.end("the alias")
		if a.Span = c.since(first); !c.bad {
			concept.Aliases = append(concept.Aliases, a)
		}
		return
	}
	if !article {
		c.otherDeclaration()
	}
	set := c.setHead()
	if c.accept("was") {
		set.Was = c.upper("the name that the set had")
	}
	with := c.accept("with")
	if t := c.peek(); with && t.kind == wordToken {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t),
			Message: "the fields of “" + set.Name.Text + "” must be below it, each on its own line"})
	}
	if t := c.peek(); c.p.textOf(t) == "{" {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t),
			Message: "unexpected “{” after the declaration; its fields are below it, indented, without braces"})
	}
	if c.at("extends") {
		if way := c.otherSubset(set.Name.Text); way != "" {
			c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(c.peek()),
				Message: "unexpected “extends” after the declaration; a subset is " + way})
		}
	}
	c.end("the declaration")
	set.Span = c.since(first)
	if c.bad {
		p.skipDeeper(indent)
		return
	}
	if l := p.peek(); !with && l != nil && l.indent > indent {
		c.warn(diag.Diagnostic{Code: diag.MissingWith, Span: set.Span,
			Message: "“with” is missing before the fields of “" + set.Name.Text + "”",
			Fix: &diag.Fix{Title: "write with", Edits: []diag.Edit{
				{Span: p.src.Span(p.end, p.end), Text: " with"}}}})
	}
	some := p.block(indent, func() { p.fieldLine(set) })
	if with && !some {
		c.warn(diag.Diagnostic{Code: diag.MissingPart, Span: set.Span,
			Message: "there are no fields below “" + set.Name.Text + " with”"})
	}
	set.Span = p.src.Span(first.start, p.end)
	concept.Sets = append(concept.Sets, set)
}

// setHead reads "set of Users", or "Admins set of Users" for a subset.
func (c *cursor) setHead() *Set {
	set := &Set{}
	t := c.peek()
	subset := t.kind == wordToken && isUpper(c.p.textOf(t))
	if subset {
		set.Name = c.upper("a type")
	}
	switch {
	case c.accept("set"):
	case !subset && c.accept("seq"):
		set.Kind = SeqDecl
	case c.accept("element"):
		set.Kind = ElementDecl
	case subset:
		d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(c.peek()),
			Message: "expected “set” or “element” after the name of a subset, found " + c.p.quote(c.peek())}
		if way := c.otherSubset(set.Name.Text); way != "" {
			d.Message += "; as in " + way
		}
		c.fail(d)
	case c.at("list"), c.at("sequence"), c.at("array"):
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(c.peek()), Fix: c.rewrite(c.peek(), c.peek(), "seq"),
			Message: "expected “set”, “seq” or “element”, found " + c.p.quote(c.peek()) + "; “seq” is a set whose order matters"})
	default:
		c.unexpected("“set”, “seq” or “element”")
	}
	c.accept("of")
	typ := c.upper("a type")
	if subset {
		set.Of = typ
	} else {
		set.Name = typ
	}
	return set
}

// fieldLine reads a line under "with".
func (p *parser) fieldLine(set *Set) {
	c := p.take()
	first := c.peek()
	if c.at("unique") && c.aheadIs(1, "(") {
		c.take()
		c.take()
		u := &Unique{}
		c.list(")", func() { u.Fields = append(u.Fields, c.lower("a field")) })
		c.end("the fields")
		if u.Span = c.since(first); len(u.Fields) == 0 && !c.bad {
			c.fail(diag.Diagnostic{Code: diag.MissingPart, Span: u.Span,
				Message: "“unique” names no field"})
		}
		if !c.bad {
			set.Uniques = append(set.Uniques, u)
		}
		return
	}
	if c.otherLine() {
		return
	}
	f := c.field()
	c.evolution(f)
	c.endOfField(first, f)
	if f.Span = c.since(first); !c.bad {
		set.Fields = append(set.Fields, f)
	}
}

// field reads a line such as "an optional expires DateTime". A keyword is the
// name of a field if another keyword of the field follows it.
func (c *cursor) field() *Field {
	f := &Field{}
	if c.ahead(1).kind == wordToken && !c.accept("a") {
		c.accept("an")
	}
	for c.ahead(1).kind == wordToken {
		if !f.Optional && c.accept("optional") {
			f.Optional = true
		} else if !f.Unique && c.accept("unique") {
			f.Unique = true
		} else {
			break
		}
	}
	t := c.peek()
	text := c.p.textOf(t)
	next := c.ahead(1)
	misspelt := isUpper(text) && next.kind == wordToken && isUpper(c.p.textOf(next))
	if t.kind == wordToken && (!isUpper(text) && text != "of" && !c.manyFollows(0) || misspelt) {
		f.Name = c.lower("a field")
	}
	f.Many = c.many()
	if c.otherType(f) {
		return f
	}
	isEnum := c.aheadIs(1, "or")
	if f.Many == One && c.accept("of") {
		isEnum = true
	}
	if !isEnum {
		want := "a type"
		if f.Name.Text != "" {
			want = "the type of “" + f.Name.Text + "”"
		}
		f.Type = c.cased(want, "an upper-case letter", isUpper)
		return f
	}
	f.Constants = append(f.Constants, c.constant())
	for c.accept("or") {
		f.Constants = append(f.Constants, c.constant())
	}
	return f
}

// evolution reads what a field says of an earlier version: "was name", and
// "initially EXPRESSION" for the members that exist.
func (c *cursor) evolution(f *Field) {
	if c.fine() && c.accept("was") {
		f.Was = c.lower("the name that the field had")
	}
	if c.fine() && c.accept("initially") {
		if n := c.infixAt("was"); n > 0 {
			c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(c.ahead(n)), Message: "“was” must come before “initially”"})
			return
		}
		f.Initially = c.expr("initially")
	}
}

// manyFollows reports whether "set of" or "set Type" stands n tokens ahead.
func (c *cursor) manyFollows(n int) bool {
	if !c.aheadIs(n, "set") && !c.aheadIs(n, "seq") {
		return false
	}
	next := c.ahead(n + 1)
	return c.aheadIs(n+1, "of") || next.kind == wordToken && isUpper(c.p.textOf(next))
}
