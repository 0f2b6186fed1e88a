package flows

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
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

// viewsToBlame reports views that get what the client chooses and the caller in several
// routes, and relate them in none. It returns the other choices.
func (r *reporter) viewsToBlame(m *model, choices []*choice) []*choice {
	blamed := map[*check.View][]*choice{}
	for _, c := range choices {
		if c.kind == changes || c.kind == reads {
			for _, v := range c.views(m) {
				blamed[v] = append(blamed[v], c)
			}
		}
	}
	var views []*check.View
	for v, list := range blamed {
		if len(list) > 1 {
			views = append(views, v)
		}
	}
	// The innermost view first, of those with the most routes.
	slices.SortFunc(views, func(a, b *check.View) int {
		if n := len(blamed[b]) - len(blamed[a]); n != 0 {
			return n
		}
		return cmp.Or(boolIndex(usesView(a, b))-boolIndex(usesView(b, a)), strings.Compare(a.Name, b.Name))
	})
	reported := map[*choice]bool{}
	for _, v := range views {
		list := slices.DeleteFunc(slices.Clone(blamed[v]), func(c *choice) bool { return reported[c] })
		if len(list) < 2 {
			continue
		}
		d := diag.Diagnostic{Code: diag.ClientReads, Severity: diag.Warning, Span: v.Tree.Name.Span,
			Message: "the view “" + v.Name + "” does not relate what it is given to the caller: the client chooses whose data " + strconv.Itoa(len(list)) + " routes change or show",
			Notes:   []string{"add a line that relates the two, such as “in Library: user of library is user”"}}
		for _, c := range list {
			reported[c] = true
			if c.kind == changes {
				d.Code = diag.ClientChanges
			}
			name := c.namesOf(c.origin)[0]
			if len(d.Related) < maxPlaces {
				for _, near := range c.near(c.origin) {
					if !slices.ContainsFunc(d.Related, func(r diag.Related) bool { return r.Span == near.Span }) {
						d.Related = append(d.Related, near)
					}
				}
				d.Related = append(d.Related, diag.Related{Span: c.placeOf(c.use, name), Message: "“" + name + "” of " + c.entry.String()})
			}
		}
		r.an.add(d)
	}
	return slices.DeleteFunc(choices, func(c *choice) bool { return reported[c] })
}

// usesView reports whether a line of a view uses another view.
func usesView(v, other *check.View) bool {
	return slices.ContainsFunc(v.Where, func(l *check.Line) bool {
		b, ok := l.Body.(*check.ViewLine)
		return ok && (b.View == other || usesView(b.View, other))
	})
}

// views returns the views that lines of the sync use with the field that the client
// chooses, and with the caller or a credential.
func (c *choice) views(m *model) []*check.View {
	var chosen []*check.Var
	caller := map[*check.Var]bool{}
	names := c.namesOf(c.origin)
	for _, p := range c.list.sync.sync.When {
		for _, a := range p.In {
			switch {
			case !p.IsRequest() || a.Term.Var == nil:
			case slices.Contains(names, check.WireName(a.Name)):
				chosen = append(chosen, a.Term.Var)
			case slices.ContainsFunc(c.entry.Instance.Credentials, func(k *check.Credential) bool { return k.Field == a.Name }):
				caller[a.Term.Var] = true
			}
		}
	}
	var list []*check.View
	add := func(l *check.Line) {
		b, ok := l.Body.(*check.ViewLine)
		if !ok || l.Mode != syntax.PlainLine || l.If != nil || slices.Contains(list, b.View) {
			return
		}
		given, who := false, false
		for _, a := range b.In {
			v := a.Term.Var
			given = given || v != nil && slices.Contains(chosen, v)
			who = who || v != nil && (caller[v] || c.callerType != "" && v.Type.Name == c.callerType && !slices.Contains(chosen, v))
		}
		if given && who {
			list = append(list, b.View)
		}
	}
	for _, l := range c.list.sync.sync.Lines() {
		add(l)
		if l.Use != nil {
			add(l.Use.Line)
		}
	}
	return list
}
