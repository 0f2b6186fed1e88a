package expression

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// spreadKey stands for the name of a field where a record is spread. No text
// in an expression can contain it.
const spreadKey = "\x00..."

// A rewriter turns the records of the language into those of the library:
// {slug} into {slug: slug}, and {...r} into a field with the name spreadKey. It
// also reports the forms of the library that are not part of the language.
type rewriter struct {
	text   string
	tokens []lexer.Token
	edits  []edit
	err    *Error
	open   []bracket
}

// An edit replaces some characters of the text.
type edit struct {
	at, remove int // in characters
	insert     string
}

// A bracket is open at a token.
type bracket struct {
	kind  string   // "(", "[", "{" of a predicate, or "record"
	call  string   // the function that a "(" calls
	items int      // the commas so far
	names []string // the fields of a record so far
	wrap  bool     // a record that is a predicate needs brackets around it
}

// rewritten is the text that the library reads.
type rewritten struct {
	text string
	// origins are the places of its characters in the text as written, in
	// bytes.
	origins []int
}

// origin is the place of a character in the text as written, in bytes.
func (r *rewritten) origin(runes int) int {
	return r.origins[max(0, min(runes, len(r.origins)-1))]
}

func rewrite(text string) (*rewritten, error) {
	tokens, err := lexer.Lex(file.NewSource(text))
	r := &rewriter{text: text, tokens: tokens}
	if err == nil { // else the parser reports it
		r.run()
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.apply(), nil
}

// apply makes the text with the edits, which are in order.
func (r *rewriter) apply() *rewritten {
	slices.SortStableFunc(r.edits, func(a, b edit) int { return a.at - b.at })
	out := &rewritten{}
	var b strings.Builder
	place := 0 // in bytes
	write := func(s string, from int, advance bool) {
		for _, c := range s {
			b.WriteRune(c)
			out.origins = append(out.origins, from)
			if advance {
				from += utf8.RuneLen(c)
			}
		}
	}
	runes, at := []rune(r.text), 0
	for _, e := range r.edits {
		kept := string(runes[at:e.at])
		write(kept, place, true)
		place += len(kept)
		from := place
		if e.remove == 0 && strings.HasPrefix(e.insert, ": ") {
			from = place - len(e.insert) + len(": ") // the name before it
			write(": ", from, false)
			write(e.insert[len(": "):], from, true)
		} else {
			write(e.insert, from, false)
		}
		at = e.at + e.remove
		place += len(string(runes[e.at:at]))
	}
	write(string(runes[at:]), place, true)
	out.origins = append(out.origins, len(r.text))
	out.text = b.String()
	return out
}

func (r *rewriter) fail(from, to lexer.Token, message string) {
	if r.err == nil {
		r.err = &Error{Offset: offset(r.text, from.From), End: offset(r.text, to.To), Message: message}
	}
}

func (r *rewriter) token(i int) lexer.Token {
	if i < 0 || i >= len(r.tokens) {
		return lexer.Token{Kind: lexer.EOF}
	}
	return r.tokens[i]
}

// is reports whether the tokens from i on are these signs or words.
func (r *rewriter) is(i int, values ...string) bool {
	for n, v := range values {
		if t := r.token(i + n); t.Value != v || t.Kind == lexer.String || t.Kind == lexer.EOF {
			return false
		}
	}
	return true
}

func (r *rewriter) run() {
	for i := 0; i < len(r.tokens) && r.err == nil; i++ {
		t := r.tokens[i]
		r.excluded(i)
		if n := len(r.open); n > 0 && r.open[n-1].kind == "record" && (r.is(i-1, "{") || r.is(i-1, ",")) {
			r.field(i, &r.open[n-1])
		}
		if t.Kind == lexer.Operator && t.Value == "," && len(r.open) > 0 {
			r.open[len(r.open)-1].items++
		}
		if t.Kind != lexer.Bracket {
			continue
		}
		switch t.Value {
		case "(":
			b := bracket{kind: "("}
			if before := r.token(i - 1); before.Kind == lexer.Identifier && !r.is(i-2, ".") {
				b.call = before.Value
			}
			r.open = append(r.open, b)
		case "[":
			r.open = append(r.open, bracket{kind: "["})
		case "{":
			r.open = append(r.open, r.brace(i))
		default:
			if len(r.open) == 0 {
				return // the parser reports it
			}
			if last := r.open[len(r.open)-1]; last.wrap {
				r.edits = append(r.edits, edit{at: t.To, insert: ")"})
			}
			r.open = r.open[:len(r.open)-1]
		}
	}
}

// excluded reports what the library can and the language cannot.
func (r *rewriter) excluded(i int) {
	t, before := r.token(i), r.token(i-1)
	if i == 0 {
		before.To = 0
	}
	runes := []rune(r.text)
	if t.Kind == lexer.EOF {
		t.From = len(runes)
	}
	if before.To < t.From && strings.TrimSpace(string(runes[before.To:t.From])) != "" {
		gap := strings.TrimSpace(string(runes[before.To:t.From]))
		from := strings.Index(r.text[offset(r.text, before.To):], gap) + offset(r.text, before.To)
		r.err = &Error{Offset: from, End: from + len(gap), Message: "an expression has no comments: a comment is a line that begins with “#”"}
		return
	}
	afterDot := before.Value == "." || before.Value == "?."
	switch {
	case t.Kind == lexer.Bytes:
		r.fail(t, t, "a text begins with a quotation mark, without a letter before it")
	case t.Kind != lexer.Operator:
	case t.Value == "let" && !afterDot:
		r.fail(t, t, "“let” is not part of the language: give the value a name in a line of its own, “x is …”")
	case t.Value == ";":
		r.fail(t, t, "an expression is one value: “;” is not part of the language")
	case t.Value == "|":
		r.fail(t, t, "“|” has no meaning here: write “or” between conditions, and “f(x)” to call a function")
	}
}

// predicates are the functions whose second value is computed for each item.
var predicates = []string{"all", "any", "none", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex",
	"count", "sum", "groupBy", "sortBy", "reduce"}

// TakesPredicate reports whether a function computes its second value for each item
// of its first.
func TakesPredicate(name string) bool { return slices.Contains(predicates, name) }

// brace decides whether a “{” begins a record or a predicate.
func (r *rewriter) brace(i int) bracket {
	n := len(r.open)
	predicate := n > 0 && r.open[n-1].kind == "(" && r.open[n-1].items == 1 && r.is(i-1, ",") &&
		slices.Contains(predicates, r.open[n-1].call)
	if !predicate {
		return bracket{kind: "record"}
	}
	first := r.token(i + 1)
	named := first.Kind == lexer.Identifier || first.Kind == lexer.String || first.Kind == lexer.Number
	switch {
	case named && (r.is(i+2, ":") || r.is(i+2, ",")), r.spread(i + 1), r.is(i+1, "(") && r.is(r.closing(i+1)+1, ":"):
		r.edits = append(r.edits, edit{at: r.token(i).From, insert: "("})
		return bracket{kind: "record", wrap: true}
	case first.Kind == lexer.Identifier && r.is(i+2, "}") && !r.is(i, "#"):
		r.fail(r.token(i), r.token(i+2), "“{"+first.Value+"}” may be a record or a value here: write “{"+first.Value+": "+first.Value+
			"}” for the record, or “"+first.Value+"” for the value")
	}
	return bracket{kind: "{"}
}

// spread reports whether “...” begins at a token.
func (r *rewriter) spread(i int) bool {
	return r.is(i, "..", ".") && r.token(i).To == r.token(i+1).From
}

// closing is the token that closes the bracket at a token.
func (r *rewriter) closing(i int) int {
	depth := 0
	for ; i < len(r.tokens); i++ {
		if r.tokens[i].Kind != lexer.Bracket {
			continue
		}
		if strings.Contains("([{", r.tokens[i].Value) {
			depth++
		} else if depth--; depth == 0 {
			return i
		}
	}
	return i
}

// field rewrites the field of a record that begins at a token.
func (r *rewriter) field(i int, record *bracket) {
	t := r.token(i)
	ends := r.is(i+1, ",") || r.is(i+1, "}")
	switch {
	case r.spread(i):
		dots := edit{at: t.From, remove: 3, insert: "`" + spreadKey + "`: "}
		if r.is(i+2, ",") || r.is(i+2, "}") {
			r.fail(t, r.token(i+1), "a record is missing after “...”")
		}
		r.edits = append(r.edits, dots)
		return
	case t.Kind == lexer.Identifier && ends:
		if slices.Contains([]string{"true", "false", "nil", null}, t.Value) {
			r.fail(t, t, "the name of a field is missing before “"+t.Value+"”, as in “name: "+t.Value+"”")
			return
		}
		r.edits = append(r.edits, edit{at: t.To, insert: ": " + t.Value})
	case t.Kind == lexer.String && ends:
		r.fail(t, t, "the field “"+t.Value+"” has no value: a name in quotation marks needs one, as in “\""+t.Value+"\": …”")
		return
	case t.Kind == lexer.Identifier && (r.is(i+1, ".") || r.is(i+1, "?.") || r.is(i+1, "[") || r.is(i+1, "(")):
		r.fail(t, t, "the value that begins with “"+t.Value+"” needs a name in the record, as in “name: …”")
		return
	}
	if t.Kind != lexer.Identifier && t.Kind != lexer.String && t.Kind != lexer.Number {
		return
	}
	if slices.Contains(record.names, t.Value) {
		r.fail(t, t, "the record has two fields “"+t.Value+"”")
	}
	record.names = append(record.names, t.Value)
}
