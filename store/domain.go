package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Domain narrows what the texts of a column are: "" for any text, "date",
// "secret", or the constants of an enumeration, "RED or GREEN". They begin with
// a capital, so that none is taken for one of the others.
type Domain string

const (
	// Dates are days: "2024-01-31".
	Dates Domain = "date"
	// Secrets are digests: a text cannot become one, nor a digest a text again.
	Secrets Domain = "secret"
)

// Constants gives the domain of an enumeration.
func Constants(names []string) Domain { return Domain(strings.Join(names, " or ")) }

// Holds tells whether a text is in the domain. The empty one always is: it is
// what a migration leaves with a member that has no value.
func (d Domain) Holds(text string) bool {
	switch {
	case d == "" || text == "":
		return true
	case d == Dates:
		_, err := time.Parse(time.DateOnly, text)
		return err == nil
	case d == Secrets:
		return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
	}
	return slices.Contains(d.constants(), text)
}

func (d Domain) constants() []string {
	if d == "" || d == Dates || d == Secrets {
		return nil
	}
	return strings.Split(string(d), " or ")
}

// narrows tells whether values of another domain may be outside of this one.
func (d Domain) narrows(old Domain) bool {
	if d == old || d == "" {
		return d != old && old == Secrets
	}
	for _, c := range old.constants() {
		if !slices.Contains(d.constants(), c) {
			return true
		}
	}
	return len(old.constants()) == 0
}

// Misfit says which of a column's values keep a change of its domain from being
// made: "" when all of them fit. The texts are those in the store.
func (c Change) Misfit(texts []string) string {
	from, to := c.Old.Columns[c.Old.Column(c.Column)].Domain, c.New.Columns[c.New.Column(c.Column)].Domain
	what := map[Domain]string{Dates: "not of the form 2024-01-31", Secrets: "not kept as a secret"}[to]
	if what == "" {
		what = "not " + string(to)
	}
	if from == Secrets {
		what = "kept as a secret, which cannot be read"
	}
	n := 0
	for _, text := range texts {
		if from == Secrets && text != "" || !to.Holds(text) {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("column %s.%s, in which 1 value is %s", c.New.Name(), c.Column, what)
	}
	return fmt.Sprintf("column %s.%s, in which %d values are %s", c.New.Name(), c.Column, n, what)
}

// Crowd says that an element has too many members: "" when it has not.
func (c Change) Crowd(members int64) string {
	if members < 2 {
		return ""
	}
	return fmt.Sprintf("%d members of %s, which is now an element and holds one at most", members, c.New.Name())
}
