// Package words writes lists, quantities and shortened texts as they stand in English
// sentences.
//
// Its functions are small and have no state: [Enumerate], [Counted], [Article], [Clip]
// and [FirstLine]. It promises that messages of all packages have the same form. It
// knows no term of the language.
package words

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Enumerate joins words: "a", "a and b", "a, b and c" with the conjunction "and".
func Enumerate(words []string, conjunction string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " " + conjunction + " " + words[n-1]
	}
	return strings.Join(words, "")
}

// Counted returns a number with its noun, which forms its plural with s: "1 row" and
// "3 rows".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Article returns a noun with "a" or "an" before it. An initial u is spoken as in user.
func Article(noun string) string {
	if noun != "" && strings.Contains("aeioAEIO", noun[:1]) {
		return "an " + noun
	}
	return "a " + noun
}

// Clip shortens a text to at most n bytes of whole characters, and "…".
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// FirstLine returns a text up to its first line break.
func FirstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// Sentence returns a clause as a sentence: with a capital letter, unless it begins with a
// name in code, and with a full stop.
func Sentence(s string) string {
	if s == "" {
		return ""
	}
	if first, _, _ := strings.Cut(s, " "); !strings.ContainsAny(first, "._") {
		r, n := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(r)) + s[n:]
	}
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}
