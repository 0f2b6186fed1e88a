// Package concepts is the catalogue: it holds the specifications of the ready
// concepts, each next to the package with its Go code.
//
// It has no types. [Spec] gives a specification by the concept's name and
// [Names] lists them, so that a checker can read a program that uses the
// catalogue without building anything. It promises that the folder of a
// concept is its name in lower case. It refuses to know their Go, which an app
// takes from the packages below.
package concepts

import (
	"embed"
	"slices"
	"strings"
)

//go:embed */*.concept
var specs embed.FS

// Spec returns the specification of a concept, such as "Profile": the name of its
// file, for messages, and its text.
func Spec(name string) (file, text string, ok bool) {
	folder := strings.ToLower(name)
	file = folder + "/" + folder + ".concept"
	b, err := specs.ReadFile(file)
	if err != nil || !slices.Contains(Names(), name) {
		return "", "", false
	}
	return "concepts/" + file, string(b), true
}

// Names returns the names of the concepts in the catalogue, sorted.
func Names() []string {
	folders, err := specs.ReadDir(".")
	if err != nil {
		panic("concepts: the embedded catalogue has no root: " + err.Error()) // cannot happen
	}
	var names []string
	for _, f := range folders {
		b, err := specs.ReadFile(f.Name() + "/" + f.Name() + ".concept")
		if err != nil {
			continue
		}
		if name, ok := conceptName(string(b)); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// conceptName returns the name in the first line that declares a concept.
func conceptName(text string) (string, bool) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "concept "); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			return name, name != ""
		}
	}
	return "", false
}
