package flows

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// ownedTypes returns the identity types whose members belong to a user, by name: those
// that a credential yields, and those with a field of such a type, in any concept. It
// returns nil if no credential yields an identity.
func (m *model) ownedTypes(flows []*clientFlow) map[string]bool {
	owned := map[string]bool{}
	for _, flow := range flows {
		if flow.callerType != "" {
			owned[flow.callerType] = true
		}
	}
	if len(owned) == 0 {
		return nil
	}
	for again := true; again; {
		again = false
		for _, i := range m.program.Instances {
			for _, set := range i.Concept.Sets {
				name := programType(i, set.Member.Name)
				if !owned[name] && slices.ContainsFunc(set.Fields, func(f *check.Field) bool {
					return f.Type.Kind == check.Identity && owned[programType(i, f.Type.Name)]
				}) {
					owned[name], again = true, true
				}
			}
		}
	}
	return owned
}

// programType returns the name that an identity type of a concept has in the program.
func programType(i *check.Instance, name string) string {
	for _, set := range i.Concept.Sets {
		if set.Name == name {
			name = set.Member.Name
		}
	}
	if t, ok := i.Bindings[name]; ok {
		return t.Name
	}
	return i.Name + "." + name
}

// dropUnowned removes what is read of objects that belong to nobody.
func (w *clientFlow) dropUnowned(owned map[string]bool) {
	w.decides = slices.DeleteFunc(w.decides, func(u use) bool {
		return u.kind == reads && owned != nil && !slices.ContainsFunc(w.namesOf(u.origin), func(name string) bool {
			return slices.ContainsFunc(w.entry.Fields, func(f *RequestField) bool {
				return check.WireName(f.Name) == name && (owned[f.Type.Name] || f.Type.Elem != nil && owned[f.Type.Elem.Name])
			})
		})
	})
}

// viewsToBlame reports views that several routes use, and that relate in none of them what
// the client chooses. It returns the other choices.
func (r *reporter) viewsToBlame(m *model, choices []*choice) []*choice {
	given := map[*check.View][]*choice{}
	uses := map[*choice]*viewUses{}
	for _, c := range choices {
		if c.kind == changes || c.kind == reads {
			uses[c] = c.viewUses(m)
			for _, v := range slices.Concat(uses[c].given, uses[c].callers) {
				given[v] = append(given[v], c)
			}
		}
	}
	views := slices.SortedFunc(maps.Keys(given), func(a, b *check.View) int {
		return cmp.Or(len(given[b])-len(given[a]), // the innermost view first, of those with the most routes
			boolIndex(usesView(a, b))-boolIndex(usesView(b, a)), strings.Compare(a.Name, b.Name))
	})
	reported := map[*choice]bool{}
	for _, v := range views {
		if n := len(slices.DeleteFunc(slices.Clone(given[v]), func(c *choice) bool { return reported[c] })); n < 2 {
			continue
		}
		var list []*choice
		for _, c := range choices {
			if uses[c] != nil && !reported[c] && slices.Contains(uses[c].all, v) {
				list, reported[c] = append(list, c), true
			}
		}
		r.blame(v.Tree.Name.Span, "the view “"+v.Name+"” does not relate what it is given to the caller, and tests no role", list)
	}
	byRole := map[source.Span][]*choice{}
	for _, c := range choices {
		if l := c.weakRole; l != nil && uses[c] != nil && !reported[c] {
			byRole[l.Tree.Span] = append(byRole[l.Tree.Span], c)
		}
	}
	for span, list := range byRole {
		if len(list) > 1 {
			r.blame(span, "this line does not require that the caller may do it", list)
			for _, c := range list {
				reported[c] = true
			}
		}
	}
	rest := slices.DeleteFunc(choices, func(c *choice) bool { return reported[c] })
	for _, c := range rest {
		if uses[c] != nil {
			c.given, c.callers = uses[c].given, uses[c].callers
		}
	}
	return rest
}

// blame reports one place for several choices.
func (r *reporter) blame(at source.Span, reason string, list []*choice) {
	d := diag.Diagnostic{Code: diag.ClientReads, Severity: diag.Warning, Span: at,
		Message: reason + ": the client chooses whose data " + strconv.Itoa(len(list)) + " routes change or show",
		Notes:   []string{"add a line that relates the two, such as “in Library: user of library is user”, or one that tests the caller"}}
	add := func(r diag.Related) {
		if len(d.Related) < maxPlaces && r.Span != at && !slices.ContainsFunc(d.Related, func(x diag.Related) bool { return x.Span == r.Span }) {
			d.Related = append(d.Related, r)
		}
	}
	for _, c := range list {
		if c.kind == changes {
			d.Code = diag.ClientChanges
		}
		for _, near := range c.near(c.origin) {
			add(near)
		}
	}
	for _, c := range list {
		name := c.namesOf(c.origin)[0]
		add(diag.Related{Span: c.placeOf(c.use, name), Message: "“" + name + "” of " + c.entry.String()})
	}
	r.an.add(d)
}

// usesView reports whether a line of a view uses another view.
func usesView(v, other *check.View) bool {
	return slices.ContainsFunc(v.Where, func(l *check.Line) bool {
		b, ok := l.Body.(*check.ViewLine)
		return ok && (b.View == other || usesView(b.View, other))
	})
}
