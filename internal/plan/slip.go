package plan

import (
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
)

// A Slip is an optional field that a request does not have, and a field of nearly the
// same name that it has and no sync reads.
type Slip struct{ Field, Sent string }

func (s Slip) String() string {
	return "the optional field “" + s.Field + "” is absent, and no sync reads “" + s.Sent + "”, which was sent"
}

// Slips returns the probable slips of a request. Further are the names of the fields
// that no sync reads.
func (t *Route) Slips(absent func(*Field) bool, further []string) []Slip {
	if len(further) == 0 {
		return nil
	}
	var names []string
	for _, f := range t.Fields {
		if f.Optional && !f.Param && absent(f) {
			names = append(names, strings.Join(check.FieldSteps(f.Name), "."))
		}
	}
	var list []Slip
	for _, sent := range further {
		if near, ok := diag.Nearest(sent, names); ok {
			list = append(list, Slip{near, sent})
		}
	}
	return list
}

// Route returns the route with a method and a path as the program writes it, nil if
// there is none.
func (r *Routes) Route(method, path string) *Route {
	for _, route := range r.byPath[path] {
		if route.Method == "" || route.Method == method {
			return route
		}
	}
	return nil
}
