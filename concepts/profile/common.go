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

// commonWords are the most common passwords that are long enough, sorted.
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

// isCommon tells whether a password is one of the most common ones, or the
// user's own name, in small letters or capitals.
func isCommon(password legible.Secret, username string) bool {
	text := password.Reveal()
	if strings.EqualFold(text, username) {
		return true
	}
	_, found := slices.BinarySearch(commonWords(), strings.ToLower(text))
	return found
}
