package profile

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/legible-lang/legible"
)

//go:embed common.txt
var commonText string

// commonWords are the most common passwords of sufficient length, sorted.
var commonWords = sync.OnceValue(func() []string {
	var list []string
	for line := range strings.Lines(commonText) {
		if word := strings.TrimSpace(line); word != "" && word[0] != '#' {
			list = append(list, word)
		}
	}
	slices.Sort(list)
	return list
})

// isCommon reports whether a password is one of the most common, or the user's
// name, ignoring case.
func isCommon(password legible.Secret, username string) bool {
	text := password.Reveal()
	if strings.EqualFold(text, username) {
		return true
	}
	_, found := slices.BinarySearch(commonWords(), strings.ToLower(text))
	return found
}
