package suggest

import (
	"regexp"
	"strings"
)

var token = regexp.MustCompile(`#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|_?\pL[\pL\d_]*|\d+(?:\.\d+)?|\S`)

// A word is a token of a text. Variable is set if it names a variable, Short if it
// also names the parameter or field that the variable is for.
type word struct {
	text            string
	variable, short bool
}

// wordsOf returns the tokens of lines, without comments. The names are those of the
// variables.
func wordsOf(text string, names map[string]bool) []word {
	var raw []string
	for _, t := range token.FindAllString(text, -1) {
		if !strings.HasPrefix(t, "#") {
			raw = append(raw, t)
		}
	}
	at := func(i int) string {
		if i < 0 || i >= len(raw) {
			return ""
		}
		return raw[i]
	}
	var list []word
	for i, t := range raw {
		w := word{text: t}
		before, after := at(i-1), at(i+1)
		member := before == "." && at(i-2) != "." // “...r” spreads a record
		switch {
		case !names[t] || member || after == ":" || after == "?" && at(i+2) == ":", after == "of" && (before == ":" || before == "."):
		case (before == "(" || before == "," || before == "{") && (after == ")" || after == "," || after == "}" || after == "?"):
			w.variable, w.short = true, true
		default:
			w.variable = true
		}
		list = append(list, w)
	}
	return list
}

// variablesIn returns the variables that lines name, in the order of their first
// occurrence.
func variablesIn(text string, names map[string]bool) []string {
	var list []string
	seen := map[string]bool{}
	for _, w := range wordsOf(text, names) {
		if w.variable && !seen[w.text] {
			seen[w.text] = true
			list = append(list, w.text)
		}
	}
	return list
}
