package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/source"
)

const differInCase = "differ only in upper and lower case, which some stores do not distinguish"

// namesDifferInCase reports sets, and fields of a set, whose names differ only in
// upper and lower case: some stores do not distinguish them.
func (c *checker) namesDifferInCase(s *spec) {
	type place struct {
		name string
		span source.Span
	}
	distinct := func(what string, seen map[string]place, name string, span source.Span) {
		first, taken := seen[strings.ToLower(name)]
		if taken && first.name != name {
			c.declaredTwice(span, first.span, "the "+what+" “"+name+"” and “"+first.name+"” "+differInCase)
		}
		seen[strings.ToLower(name)] = place{name, span}
	}
	sets := map[string]place{}
	for _, set := range s.concept.Sets {
		distinct("sets", sets, set.Name, set.Tree.Name.Span)
		fields := map[string]place{}
		for _, f := range set.Fields {
			distinct("fields", fields, f.Name, f.Tree.Span)
		}
	}
}

// sameFields reports whether two unique lines name the same fields, in any order.
func sameFields(a, b []int) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func namesAt(set *Set, places []int) []string {
	var names []string
	for _, i := range places {
		names = append(names, "“"+set.Fields[i].Name+"”")
	}
	return names
}
