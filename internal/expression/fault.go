package expression

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/legible-lang/legible/internal/diag"
)

// An Error says what is wrong with an expression, and where: it stands in the
// bytes from Offset to End of the text. Its message is in the words of the
// language, never in those of the library.
type Error struct {
	Offset, End int
	Message     string
}

func (e *Error) Error() string { return e.Message }

// unread is said of a text that the library does not read. Brackets and quotes
// are looked at first: where one is open, the library sees only that the text
// ends too early.
func unread(text string, source *rewritten, err error) error {
	if e := brackets(text); e != nil {
		return e
	}
	var lib *file.Error
	if !errors.As(err, &lib) {
		return &Error{End: len(text), Message: "this expression cannot be parsed"}
	}
	at := source.origin(lib.From)
	e := &Error{Offset: at, End: source.origin(max(lib.To, lib.From))}
	if e.End <= e.Offset {
		e.End = wordEnd(text, at)
	}
	e.Message = misread(text, lib.Message, e)
	return e
}

// wordEnd is where the word ends that begins at a place.
func wordEnd(text string, at int) int {
	letter := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	end := at
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !letter(r) {
			if end == at {
				end += size
			}
			break
		}
		end += size
	}
	return end
}

// brackets looks for one that is not closed or not opened, and for an open
// text.
func brackets(text string) *Error {
	var open []int
	pairs := map[byte]byte{')': '(', ']': '[', '}': '{'}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\'', '`':
			from := i
			for i++; i < len(text) && text[i] != c && (text[i] != '\n' || c == '`'); i++ {
				if text[i] == '\\' && c != '`' {
					i++
				}
			}
			if i >= len(text) || text[i] != c {
				return &Error{Offset: from, End: len(text), Message: "this text is not closed: “" + string(c) + "” is missing at its end"}
			}
		case '(', '[', '{':
			open = append(open, i)
		case ')', ']', '}':
			if len(open) == 0 {
				return &Error{Offset: i, End: i + 1, Message: "there is nothing open that “" + string(c) + "” could close"}
			}
			last := open[len(open)-1]
			if text[last] != pairs[c] {
				return &Error{Offset: i, End: i + 1, Message: "“" + string(c) + "” cannot close “" + text[last:last+1] + "”"}
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		last := open[len(open)-1]
		return &Error{Offset: last, End: last + 1, Message: "this “" + text[last:last+1] + "” is not closed"}
	}
	return nil
}

// misread puts into words what the library's reader found.
func misread(text, message string, e *Error) string {
	here := strings.TrimSpace(text[e.Offset:e.End])
	before := strings.TrimRightFunc(text[:e.Offset], unicode.IsSpace)
	switch {
	case strings.HasPrefix(message, "unexpected token"), message == "unexpected end of expression":
		if strings.HasSuffix(message, "EOF") || strings.HasPrefix(message, "unexpected end") {
			e.Offset, e.End, before, here = len(text), len(text), strings.TrimRightFunc(text, unicode.IsSpace), ""
		}
		return e.misplaced(text, before, here)
	case strings.HasPrefix(message, "a map key"):
		return "the name of a field is expected here, not “" + here + "”"
	case message == "expected name":
		// The library stands behind the wrong word already.
		dot := strings.LastIndexByte(before, '.')
		e.Offset, e.End = max(dot, 0), max(dot+1, 0)
		return "the name of a field is expected after “.”"
	case strings.HasPrefix(message, "expected at least"):
		if name, from, given := openCall(before); name != "" {
			e.Offset, e.End = from, from+len(name)
			return takes(name, arityOf(name)) + ", and here " + are(given)
		}
		return "a value is missing here"
	case strings.HasPrefix(message, "bad number syntax"), strings.HasPrefix(message, "invalid hex"), strings.HasPrefix(message, "invalid float"),
		strings.HasPrefix(message, "invalid binary"), strings.HasPrefix(message, "invalid octal"):
		return e.number(text, "“%” is not a number")
	case strings.HasPrefix(message, "invalid integer"), strings.HasSuffix(message, "literal is too large"):
		return e.number(text, "“%” is too large for a number")
	case strings.Contains(message, "escape"):
		return "a “\\” in a text must begin one of \\n, \\t, \\r, \\\\, \\\" and \\u0000"
	case strings.HasPrefix(message, "literal not terminated"):
		return "this text is not closed"
	case message == "unclosed comment":
		return "“/*” does not begin a comment: a comment begins with “#”"
	case strings.HasPrefix(message, "unrecognized character"):
		return "“" + here + "” has no meaning in an expression"
	case strings.HasPrefix(message, "Operator ("):
		op, _, _ := strings.Cut(strings.TrimPrefix(message, "Operator ("), ")")
		return "“??” and “" + op + "” can be combined only with brackets that say which comes first"
	case strings.HasPrefix(message, "wrap predicate"):
		return "write several steps for each item in “{” and “}”"
	case strings.HasPrefix(message, "compilation failed"):
		e.Offset, e.End = 0, len(text)
		return "this expression is too long"
	}
	return "this expression cannot be parsed from here on"
}

// openCall finds the function whose bracket is the last that is open: where its
// name stands, and how many values stand before the last comma, or the end.
func openCall(before string) (name string, from, given int) {
	depth, commas, any := 0, 0, false
	for i := len(before) - 1; i >= 0; i-- {
		switch c := before[i]; c {
		case '"', '\'', '`':
			any = true
			for i--; i > 0 && before[i] != c; i-- {
			}
		case ')', ']', '}':
			depth++
			any = true
		case ',':
			if depth == 0 {
				commas++
			}
		case '(', '[', '{':
			if depth > 0 {
				depth--
				continue
			}
			word := lastWord(before[:i])
			if _, known := function(word); !known || c != '(' {
				return "", 0, 0
			}
			if any && !strings.HasSuffix(before, ",") {
				commas++
			}
			return word, i - len(word), commas
		case ' ', '\t', '\n':
		default:
			any = true
		}
	}
	return "", 0, 0
}

// number says what is wrong with the number around a place.
func (e *Error) number(text, message string) string {
	part := func(c byte) bool {
		return c == '_' || c == '.' || c >= 0x80 || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))
	}
	from, to := min(e.Offset, len(text)), min(e.Offset, len(text))
	for from > 0 && part(text[from-1]) {
		from--
	}
	for to < len(text) && part(text[to]) {
		to++
	}
	e.Offset, e.End = from, to
	return strings.ReplaceAll(message, "%", text[from:to])
}

// misplaced is said of a word that cannot stand where it stands.
func (e *Error) misplaced(text, before, here string) string {
	if here == "" {
		e.Offset, e.End = max(len(strings.TrimRightFunc(before, unicode.IsSpace))-1, 0), len(before)
		if word := lastWord(before); word != "" {
			e.Offset = len(before) - len(word)
			if ends(word) {
				return "something is missing after “" + word + "”"
			}
			return "a value is missing after “" + word + "”"
		}
		return "an expression is missing"
	}
	if name, from, given := openCall(before); arityOf(name)[1] > 0 && given == arityOf(name)[1] && strings.HasSuffix(before, ",") && here != ")" {
		e.Offset, e.End = from, from+len(name)
		return takes(name, arityOf(name)) + "; here are more"
	}
	switch here {
	case "contains", "startsWith", "endsWith", "matches", "in", "and", "or":
		if !ends(lastWord(before)) {
			return "“" + here + "” belongs between two values, as in “a " + here + " b”"
		}
	case "=":
		return "“=” does not compare: write “==”"
	case "&", "|":
		if strings.HasSuffix(before, here) {
			break
		}
		return "“" + here + "” has no meaning here: write “and” or “or”"
	case "=>":
		return "“=>” has no meaning here: “at least” is “>=”"
	case "?":
		return "a value is missing before “?”"
	}
	if lastWord(before) == "if" || strings.HasPrefix(strings.TrimSpace(before), "if ") || here == "else" {
		return "“if” is not part of an expression: write “condition ? value : other”"
	}
	first, _ := utf8.DecodeRuneInString(here)
	begins := unicode.IsLetter(first) || unicode.IsDigit(first) || first == '_' || strings.ContainsRune("\"'`", first)
	word := lastWord(before)
	switch {
	case word == "":
		return "an expression cannot begin with “" + here + "”"
	case ends(word) && begins:
		if near, ok := operator(here); ok {
			return "“" + here + "” is not an operator: did you mean “" + near + "”?"
		}
		return "between “" + word + "” and “" + here + "” an operator is missing"
	case ends(word):
		return "“" + here + "” cannot follow “" + word + "”"
	}
	return "a value is expected after “" + word + "”, not “" + here + "”"
}

// operator is what is meant by a word of other languages.
func operator(word string) (string, bool) {
	switch strings.ToLower(word) {
	case "is", "eq", "equals":
		return "==", true
	case "isnt", "ne":
		return "!=", true
	case "xor":
		return "!=", true
	case "mod":
		return "%", true
	case "div":
		return "/", true
	case "like":
		return "contains", true
	}
	return diag.Nearest(strings.ToLower(word), []string{"and", "or", "in", "not", "contains", "startsWith", "endsWith", "matches"})
}

// ends reports whether a value may end with a word.
func ends(word string) bool {
	switch word {
	case "and", "or", "in", "not", "contains", "startsWith", "endsWith", "matches":
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(word)
	return unicode.IsLetter(last) || unicode.IsDigit(last) || strings.ContainsRune("_)]}\"'`", last)
}

// lastWord is the word or sign with which a text ends.
func lastWord(text string) string {
	if text == "" {
		return ""
	}
	last, size := utf8.DecodeLastRuneInString(text)
	if strings.ContainsRune("\"'`", last) {
		if i := strings.LastIndexByte(text[:len(text)-1], byte(last)); i >= 0 {
			return text[i:]
		}
	}
	from := len(text) - size
	if wordEnd(text, from) == len(text) && (last == '_' || unicode.IsLetter(last) || unicode.IsDigit(last)) {
		for from > 0 {
			_, n := utf8.DecodeLastRuneInString(text[:from])
			if r, _ := utf8.DecodeRuneInString(text[from-n:]); r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				break
			}
			from -= n
		}
		return text[from:]
	}
	for _, op := range []string{"**", "==", "!=", "<=", ">=", "&&", "||", "??", "..", "?."} {
		if strings.HasSuffix(text, op) {
			return op
		}
	}
	return text[from:]
}

// uncompiled is said of a part that the library reads, but does not compile.
func (e *Expression) uncompiled(n ast.Node, err error) error {
	var lib *file.Error
	if !errors.As(err, &lib) {
		return e.fault(n, inWords(err.Error()))
	}
	return e.at(lib.Location, inWords(lib.Message))
}

func nearestFunction(name string) string {
	if slices.Contains(unordered, name) {
		return ": its result would not depend on its arguments alone"
	}
	if other, ok := elsewhere[name]; ok {
		return "; write “" + other + "”"
	}
	var known []string
	for _, f := range Functions() {
		known = append(known, f.Name)
	}
	if near, ok := diag.Nearest(name, known); ok {
		return "; did you mean “" + near + "”?"
	}
	return ""
}

// elsewhere are functions of other languages, and what is written here.
var elsewhere = map[string]string{
	"size": "len(…)", "length": "len(…)", "avg": "mean(…)", "average": "mean(…)", "number": "float(…)", "parseInt": "int(…)",
	"str": "string(…)", "toString": "string(…)", "text": "string(…)", "toUpper": "upper(…)", "toLower": "lower(…)",
	"substring": "text[from:to]", "substr": "text[from:to]", "slice": "list[from:to]", "includes": "list contains item",
	"if": "condition ? value : other", "exists": "… != null", "isNull": "… == null", "coalesce": "a ?? b", "uuid": "new", "random": "new",
}

func (e *Expression) fault(n ast.Node, message string) error {
	return e.at(n.Location(), message)
}

func (e *Expression) at(place file.Location, message string) error {
	f := &Error{Offset: e.source.origin(place.From), End: e.source.origin(place.To), Message: message}
	if f.End <= f.Offset {
		f.End = wordEnd(e.Text, f.Offset)
	}
	return f
}

// offset turns the library's count of characters into bytes.
func offset(text string, runes int) int {
	at := 0
	for ; runes > 0 && at < len(text); runes-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// notUTF8 reports the first byte that is not UTF-8. The library would count it as a
// character of three bytes, so that later places would be wrong.
func notUTF8(text string) error {
	for i, r := range text {
		if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 {
			return &Error{Offset: i, End: i + 1, Message: "this byte is not UTF-8"}
		}
	}
	return nil
}
