package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Domain restricts the texts of a column: "" allows any text; the others are "date",
// "secret", or the constants of an enumeration, "RED or GREEN". Constants begin with a
// capital letter, so they differ from the other domains.
type Domain string

const (
	// Dates are days: "2024-01-31".
	Dates Domain = "date"
	// Secrets are digests: a text cannot become one, nor a digest a text again.
	Secrets Domain = "secret"
)

// Constants returns the domain of an enumeration.
func Constants(names []string) Domain { return Domain(strings.Join(names, " or ")) }

// Holds reports whether a text is in the domain. The empty text always is: a migration
// gives it to members without a value.
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
	for c := range strings.SplitSeq(string(d), " or ") {
		if c == text {
			return true
		}
	}
	return false
}

// what describes the texts in the domain: "dates (2024-01-31)".
func (d Domain) what() string {
	if d == Dates {
		return "dates (2024-01-31)"
	}
	return string(d)
}

func (d Domain) constants() []string {
	if d == "" || d == Dates || d == Secrets {
		return nil
	}
	return strings.Split(string(d), " or ")
}

// narrows reports whether values of another domain may be outside of this domain.
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

// Fits reports whether a text that the store has in a column may stay there when
// the column's domain is changed.
func (c Change) Fits(text string) bool {
	from, to := c.domains()
	return text == "" || from != Secrets && to.Holds(text)
}

func (c Change) domains() (from, to Domain) {
	return c.Old.Columns[c.Old.Column(c.Column)].Domain, c.New.Columns[c.New.Column(c.Column)].Domain
}

// Misfit says that some values of a column are outside of its new domain, which prevents
// the change, and names the first one. It returns "" if there are none.
func (c Change) Misfit(values int64, first string) string {
	if values == 0 {
		return ""
	}
	from, to := c.domains()
	what := fmt.Sprintf("not %s (%.40q)", to, first)
	switch {
	case from == Secrets:
		what = "kept as a secret, which cannot be read"
	case to == Secrets:
		what = "not kept as a secret"
	case to == Dates:
		what = fmt.Sprintf("not of the form 2024-01-31 (%.40q)", first)
	}
	if values == 1 {
		return fmt.Sprintf("column %s.%s, in which 1 value is %s", c.New.Name(), c.Column, what)
	}
	return fmt.Sprintf("column %s.%s, in which %d values are %s", c.New.Name(), c.Column, values, strings.Replace(what, "(", "(the first: ", 1))
}

// TooMany says that an element has too many members. It returns "" if it has not.
func (c Change) TooMany(members int64) string {
	if members < 2 {
		return ""
	}
	return fmt.Sprintf("%d members of %s, which is now an element and holds one at most", members, c.New.Name())
}
