package syntax

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// The messages of this file are about declarations in the form of other
// languages. They show the form in this language, with a fix if it is certain.

const (
	ordered     = "“seq of” where their order matters"
	ownIdentity = "a member has an identity without a field for it"
)

// otherDeclaration reports a declaration without an article.
func (c *cursor) otherDeclaration() {
	first, next := c.peek(), c.ahead(1)
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(first),
		Message: "a declaration begins with “a” or “an”, as in “a set of Users with”"}
	word, name := c.p.textOf(first), ""
	if next.kind == wordToken && isUpper(c.p.textOf(next)) {
		name = c.p.textOf(next)
	}
	switch {
	case word == "one" && name != "":
		d.Message = "a single member is declared with “an element " + name + "”"
		d.Fix = c.rewrite(first, first, "an element")
	case word == "type" && name != "" && (c.aheadIs(2, "=") || c.aheadIs(2, "for")):
		d.Message = "an alias is declared with “alias " + name + " for " + c.p.textOf(c.ahead(3)) + "”, not with “type”"
	case word == "enum":
		d.Message = "constants are declared at their field, as in “a shade of RED or GREEN”"
	case name != "" && slices.Contains([]string{"table", "model", "type", "class", "interface", "struct", "entity", "record", "collection"}, word):
		d.Message = "a set is declared with “a set of " + name + " with”, not with “" + word + "”"
		if c.ahead(2).kind == endToken {
			d.Fix = c.rewrite(first, next, "a set of "+name+" with")
		}
	case first.kind == wordToken && isUpper(word) && next.kind == endToken:
		d.Message = "a set is declared with “a set of " + word + " with”"
		d.Fix = c.rewrite(first, first, "a set of "+word+" with")
	default:
		d.Fix = &diag.Fix{Title: "write the article", Edits: []diag.Edit{{Span: c.p.src.Span(first.start, first.start), Text: "a "}}}
		c.warn(d)
		return
	}
	c.fail(d)
}

// rewrite returns a fix that replaces some tokens by a text.
func (c *cursor) rewrite(from, to token, text string) *diag.Fix {
	return &diag.Fix{Title: "write " + text, Edits: []diag.Edit{{Span: c.p.src.Span(from.start, to.end), Text: text}}}
}

// endOfField is the end of a field's line, of which first is the first token.
func (c *cursor) endOfField(first token, f *Field) {
	t := c.peek()
	if len(f.Constants) > 0 && (c.at(",") || c.at("and")) && c.ahead(1).kind == wordToken {
		one, other := f.Constants[len(f.Constants)-1].Text, c.p.textOf(c.ahead(1))
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t), Message: "constants are joined by “or”: “of " + one + " or " + other + "”"})
	}
	if !c.fine() || t.kind == endToken || f.Name.Text == "" || f.Type.Text == "" || f.Many != One {
		c.end("the field")
		return
	}
	field := f.Name.Text + " " + f.Type.Text
	way, written, last := "", "", t
	switch text := strings.ToLower(c.p.textOf(t)); {
	case text == "?", text == "null", text == "nullable":
		written = "an optional " + field
		way = "an optional field is “" + written + "”"
	case text == "unique", text == "@" && strings.EqualFold(c.p.textOf(c.ahead(1)), "unique"):
		if text == "@" {
			last = c.ahead(1)
		}
		written = "a unique " + field
		way = "a unique field is “" + written + "”"
	case text == "not", text == "required", text == "!":
		way = "every field that is not “optional” has a value"
	case text == "[":
		if c.aheadIs(1, "]") {
			last, written = c.ahead(1), "a "+f.Name.Text+" set of "+f.Type.Text
		}
		way = "a field with several values is “a " + f.Name.Text + " set of " + f.Type.Text + "”, or " + ordered
	case text == "<":
		way = "a field with several values is “a " + f.Name.Text + " set of …”, or " + ordered
	case text == "|", text == "||":
		way = "constants are written “a " + f.Name.Text + " of " + f.Type.Text + " or …”"
	case text == "=", text == "default":
		way = "the action that adds a member sets its fields; “initially” sets a new field of existing members"
	case text == "primary":
		way = ownIdentity
	case text == "formerly", text == "renamed", text == "previously":
		way = "write its former name with “was”, as in “" + field + " was title”"
	case text == ",", text == ";":
		written = c.p.src.Text[first.start:c.line.tokens[c.i-1].end]
		way = "each field has its own line, and nothing follows it"
	default:
		c.end("the field")
		return
	}
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t), Message: "unexpected " + c.p.quote(t) + " after the field; " + way}
	if tokens := c.line.tokens; written != "" && tokens[len(tokens)-1] == last && !f.Optional && !f.Unique {
		d.Fix = c.rewrite(first, last, written)
	}
	c.fail(d)
}

// otherType reports a text that is not a type where the type of a field is
// required, and returns whether there was one. It accepts a colon before the
// type with a finding.
func (c *cursor) otherType(f *Field) bool {
	name := f.Name.Text
	if name == "" || !c.fine() {
		return false
	}
	t := c.peek()
	if c.accept(":") {
		c.warn(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t), Message: "there is no “:” before the type of “" + name + "”",
			Fix: &diag.Fix{Title: "leave it out", Edits: []diag.Edit{{Span: c.p.spanOf(t)}}}})
		return false
	}
	if primitive := primitiveOf(c.p.textOf(t)); primitive != "" && !isUpper(c.p.textOf(t)) {
		c.warn(diag.Diagnostic{Code: diag.NameCase, Span: c.p.spanOf(t), Fix: c.rewrite(t, t, primitive),
			Message: "the type of “" + name + "” begins with an upper-case letter, “" + c.p.textOf(t) + "” does not; did you mean “" + primitive + "”?"})
		c.take()
		f.Type = Name{Text: primitive, Span: c.p.spanOf(t)}
		return true
	}
	way := ""
	switch c.p.textOf(t) {
	case "[", "list", "array":
		way = "several values are “a " + name + " set of …”, or " + ordered
	case "enum":
		way = "constants are written “a " + name + " of RED or GREEN”"
	case "references", "ref", "foreign":
		way = "a reference is a field of the other's type, as in “a maker User”"
	default:
		return false
	}
	c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
		Message: "expected the type of “" + name + "”, found " + c.p.quote(t) + "; " + way})
	return true
}

// primitiveOf returns the primitive type that a word means, in this language
// or others.
func primitiveOf(word string) string {
	for _, p := range []string{"String", "Number", "Flag", "Date", "DateTime", "Secret", "Binary", "Json"} {
		if strings.EqualFold(word, p) {
			return p
		}
	}
	return Elsewhere(word)
}

// otherLine reports a line that is not a field where one is required, and
// returns whether there was one.
func (c *cursor) otherLine() bool {
	first := c.peek()
	article := 0
	if c.at("a") || c.at("an") {
		article = 1
	}
	message := ""
	switch {
	case c.at("unique") && (c.aheadIs(2, ",") || c.aheadIs(1, "[")), c.at("@") && c.aheadIs(1, "@") && c.aheadIs(2, "unique"):
		message = "several fields that are unique together are declared as in “unique (name, maker)”"
	case c.at("index") && c.aheadIs(1, "("), c.at("@") && c.aheadIs(1, "@") && c.aheadIs(2, "index"):
		message = "the store creates indexes automatically, for each “unique” and each relation that a where reads"
	case c.at("primary") && c.aheadIs(1, "key"), c.at("@") && c.aheadIs(1, "@") && c.aheadIs(2, "id"):
		message = ownIdentity
	case (c.aheadIs(article, "set") || c.aheadIs(article, "seq")) && c.aheadIs(article+1, "of") && c.isName(article+2) && c.ahead(article+3).kind == wordToken:
		message = "the name of a field comes before “" + c.p.textOf(c.ahead(article)) + "”: “a " + c.p.textOf(c.ahead(article+2)) + " " +
			c.p.textOf(c.ahead(article)) + " of " + c.p.textOf(c.ahead(article+3)) + "”"
	default:
		return false
	}
	c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(first), Message: message})
	return true
}

// isName reports whether the word n tokens ahead begins in lower case.
func (c *cursor) isName(n int) bool {
	t := c.ahead(n)
	return t.kind == wordToken && isLower(c.p.textOf(t))
}

// otherSubset shows the form of a subset if other text follows its name, or if
// "extends" follows the name of a set.
func (c *cursor) otherSubset(name string) string {
	for n := range 3 {
		if t := c.ahead(n); t.kind == wordToken && isUpper(c.p.textOf(t)) {
			return "“a " + name + " set of " + c.p.textOf(t) + "”"
		}
	}
	return ""
}

// otherRead reports "x.field is y", and returns whether it found it.
func (c *cursor) otherRead() bool {
	x, field, y := c.peek(), c.ahead(2), c.ahead(4)
	if x.kind != wordToken || !c.aheadIs(1, ".") || field.kind != wordToken || !(c.aheadIs(3, "is") || c.aheadIs(3, "==") || c.aheadIs(3, "=")) {
		return false
	}
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.src.Span(x.start, field.end)}
	written := c.p.textOf(field) + " of " + c.p.textOf(x) + " is"
	d.Message = "a relation is written as in “" + written + " " + c.p.textOf(y) + "”"
	d.Fix = c.rewrite(x, c.ahead(3), written)
	c.fail(d)
	return true
}

// otherRelation reports a sign other than "is" after "field of x", and returns
// whether there was one.
func (c *cursor) otherRelation(concept, field string) bool {
	x, sign := c.peek(), c.ahead(1)
	if x.kind != wordToken || sign.kind == endToken {
		return false
	}
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(sign)}
	read, y := field+" of "+c.p.textOf(x), c.ahead(2)
	switch {
	case c.aheadIs(1, "="), c.aheadIs(1, "=="):
		d.Message = "write “is” after “" + read + "”, not “" + c.p.textOf(sign) + "”"
		d.Fix = c.rewrite(sign, sign, "is")
	case c.aheadIs(1, "is") && c.aheadIs(2, "not") && c.ahead(3).kind != endToken:
		y = c.ahead(3)
		fallthrough
	case c.aheadIs(1, "!="):
		d.Message = "to test for a different value, write “no” before the line, as in “no in " + concept + ": " + read + " is " + c.p.textOf(y) + "”"
	default:
		return false
	}
	c.fail(d)
	return true
}

// withoutArticle reports a subset without its article.
func (c *cursor) withoutArticle() {
	t := c.peek()
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
		Message: "expected “a” or “an” and a set, as in “x is a Subset”, found " + c.p.quote(t)}
	if t.kind == wordToken && isUpper(c.p.textOf(t)) && c.ahead(1).kind == endToken {
		d.Fix = c.rewrite(t, t, "a "+c.p.textOf(t))
	}
	c.fail(d)
}

// constant reads one constant of a field.
func (c *cursor) constant() Name {
	if t := c.peek(); t.kind == stringToken {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t), Message: "expected a constant, found " + c.p.quote(t) +
			"; constants have no quotation marks and are joined by “or”, as in “of RED or GREEN”"})
		return Name{}
	}
	return c.upper("a constant")
}

// Elsewhere returns the primitive type that has another name in other
// languages, or "".
func Elsewhere(name string) string {
	switch strings.ToLower(name) {
	case "text", "varchar", "char", "uuid":
		return "String"
	case "int", "integer", "float", "double", "decimal", "long":
		return "Number"
	case "bool", "boolean":
		return "Flag"
	case "time", "timestamp", "instant":
		return "DateTime"
	case "bytes", "blob", "file", "image":
		return "Binary"
	case "object", "any", "map", "record":
		return "Json"
	case "password", "token":
		return "Secret"
	}
	return ""
}
