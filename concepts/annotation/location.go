package annotation

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isLocation reports whether a text has the form of an EPUB CFI, a place or a
// range: epubcfi(/6/4[chap1]!/4/10,/1:0,/1:12). Only the book knows whether the
// place exists.
func isLocation(text string) bool {
	inner, ok := strings.CutPrefix(text, "epubcfi(")
	if !ok || len(text) > maxLocation || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return false
	}
	inner, ok = strings.CutSuffix(inner, ")")
	if !ok || !strings.HasPrefix(inner, "/") {
		return false
	}
	escaped, note := false, false // inside [ ], which holds any text
	commas := 0
	for _, r := range inner {
		switch {
		case escaped:
			escaped = false
		case r == '^':
			if !note {
				return false
			}
			escaped = true
		case note:
			if r == '[' || r == '(' || r == ')' {
				return false // must be escaped
			}
			note = r != ']'
		case r == '[':
			note = true
		case r == ',':
			commas++
		case !strings.ContainsRune("0123456789/!:~@.", r):
			return false
		}
	}
	return !escaped && !note && (commas == 0 || commas == 2)
}
