package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// viewUses are the views that a sync uses at any depth: all of them, those that get both
// what the client chooses and the caller, or a credential, and those that get only the
// latter and add nothing to other views. The last two count if the use is required.
type viewUses struct {
	all, given, callers []*check.View
}

// A viewRole says what a variable holds.
type viewRole int8

const (
	chosenRole viewRole = 1 << iota
	callerRole
)

// viewUses returns the views that the sync of a choice uses.
func (c *choice) viewUses(m *model) *viewUses {
	s := c.list.sync.sync
	names := c.namesOf(c.origin)
	roles := map[string]viewRole{}
	for _, v := range s.Vars {
		if c.callerType != "" && v.Type.Name == c.callerType {
			roles[v.Name] = callerRole
		}
	}
	for _, p := range s.When {
		for _, a := range p.In {
			switch {
			case !p.IsRequest() || a.Term.Var == nil:
			case slices.Contains(names, check.WireName(a.Name)):
				roles[a.Term.Var.Name] = chosenRole
			case slices.ContainsFunc(c.entry.Instance.Credentials, func(k *check.Credential) bool { return k.Field == a.Name }):
				roles[a.Term.Var.Name] = callerRole
			}
		}
	}
	u := &viewUses{}
	u.sync(m, s, roles)
	return u
}

// sync adds the views in the text of a sync. The resolved sync has the lines of views that
// answer in the place of their uses.
func (u *viewUses) sync(m *model, s *check.Sync, roles map[string]viewRole) {
	var visit func(l *syntax.Line)
	visit = func(l *syntax.Line) {
		switch b := l.Body.(type) {
		case *syntax.ViewLine:
			given := map[string]viewRole{}
			for _, a := range b.In {
				if requires(l.Mode) && l.If == nil {
					given[a.Name.Text] = roles[syntaxVariable(a)]
				}
			}
			u.view(m.program.Views[b.View.Text], given)
		case *syntax.BlockLine:
			for _, inner := range b.Lines {
				visit(inner)
			}
		case *syntax.FoldLine:
			for _, inner := range b.Lines {
				visit(inner)
			}
		}
	}
	for _, stage := range s.Tree.Stages {
		for _, l := range stage.Where {
			visit(l)
		}
	}
}

// requires reports whether a line of a mode drops a frame for which it gives nothing.
func requires(m syntax.Mode) bool {
	return m == syntax.PlainLine || m == syntax.SomeLine || m == syntax.SurelyLine
}

// syntaxVariable returns the name of the variable that an argument is.
func syntaxVariable(a *syntax.Arg) string {
	switch {
	case a.Value == nil:
		return a.Name.Text
	case a.Value.Kind == syntax.VariableTerm:
		return a.Value.Name.Text
	}
	return ""
}

// view adds a view with the roles of its inputs, and the views that its lines use.
func (u *viewUses) view(v *check.View, given map[string]viewRole) {
	if v == nil {
		return
	}
	if !slices.Contains(u.all, v) {
		u.all = append(u.all, v)
	}
	var both viewRole
	roles := map[*check.Var]viewRole{}
	for _, p := range v.In {
		both |= given[p.Name]
		roles[p.Var] = given[p.Name]
	}
	if both == chosenRole|callerRole && !slices.Contains(u.given, v) {
		u.given = append(u.given, v)
	}
	onlyViews := !slices.ContainsFunc(v.Where, func(l *check.Line) bool { _, ok := l.Body.(*check.ViewLine); return !ok || len(l.Else) > 0 })
	if both == callerRole && onlyViews && !slices.Contains(u.callers, v) {
		u.callers = append(u.callers, v)
	}
	var visit func(l *check.Line)
	visit = func(l *check.Line) {
		if b, ok := l.Body.(*check.ViewLine); ok {
			inner := map[string]viewRole{}
			for _, a := range b.In {
				if a.Term.Var != nil && requires(l.Mode) && l.If == nil {
					inner[a.Name] = roles[a.Term.Var]
				}
			}
			u.view(b.View, inner)
			if both&callerRole != 0 {
				for _, a := range b.Out { // what a credential yields
					if a.Term.Var != nil && roles[a.Term.Var] == 0 {
						roles[a.Term.Var] = callerRole
					}
				}
			}
		}
		for _, inner := range l.Inner() {
			visit(inner)
		}
	}
	for _, l := range v.Where {
		visit(l)
	}
}
