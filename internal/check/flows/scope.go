package flows

import "github.com/legible-lang/legible/internal/check"

// An origin is what a scope knows of the value of a variable: who decided on it.
type origin struct {
	origins origins
	// ifAny are the origins that are related to the caller if the value is not empty:
	// not null, not false, not 0 and not an empty list.
	ifAny origins
	// direct is set if the value came with the request, or is computed from such
	// values alone. Otherwise it was read.
	direct  bool
	notNull bool
	folded  bool // it was made of many frames
	null    bool // it is known to be null
}

// A scope derives what lines relate to each other. It holds the variables of a sync, a
// view or a fold.
type scope struct {
	w     *walk
	rel   *relation
	vars  map[*check.Var]origin
	outer func(*check.Var) origin // for variables that are not in vars; nil for none
	// inFold is set for the lines of a fold. A query there only reads: it drops no
	// frame of the sync.
	inFold bool
	// supposed is set for the lines of a line that does not hold, or need not.
	supposed bool
	// forAll is set if what holds for an item holds for all items of its list.
	forAll bool
	// items are the lists of the items that a line of this scope takes.
	items map[origins]origins
	// forbids is set if the client gets the status 403 when the line drops the frame.
	forbids bool
	// member is set if a line of this scope holds only if the state has the caller.
	member bool
	// excused are origins of which one side of an “or” tests only the state.
	excused origins
}

// inside returns a scope inside of s with a copy of its relation.
func (s *scope) inside() *scope {
	c := s.assuming()
	c.vars, c.outer = map[*check.Var]origin{}, s.get
	return c
}

// noteFirst notes the first line for each origin of a set.
func noteFirst(lines map[origins]*check.Line, set origins, l *check.Line) {
	set.each(func(o origins) {
		if lines[o] == nil {
			lines[o] = l
		}
	})
}

func (w *walk) scopeOf(st *state, env []sym) *scope {
	return &scope{w: w, rel: &st.relation, vars: map[*check.Var]origin{}, outer: func(v *check.Var) origin {
		if v.Index >= len(env) {
			return origin{}
		}
		return originOf(st, env[v.Index])
	}}
}

func originOf(st *state, s sym) origin {
	x := st.value(s)
	if x.null == yes {
		return origin{null: true}
	}
	return origin{origins: x.origins, ifAny: x.ifAny, direct: x.fromRequest, notNull: x.null == no, folded: x.folded}
}

func (w *walk) bindOrigins(st *state, s *scope, env []sym) {
	for v, o := range s.vars {
		if v.Index < len(env) && st.find(env[v.Index]) != 0 {
			x := st.value(env[v.Index])
			if o.origins == fromCaller && v.Type.Kind == check.Identity && w.callerType == "" {
				w.callerType = v.Type.Name
			}
			x.origins, x.ifAny, x.folded = x.origins|o.origins, x.ifAny|o.ifAny, x.folded || o.folded
		}
	}
}

func (s *scope) get(v *check.Var) origin {
	if o, ok := s.vars[v]; ok || s.outer == nil {
		return o
	}
	return s.outer(v)
}

// local returns a scope inside of s, with the same relation.
func (s *scope) local() *scope {
	return &scope{w: s.w, rel: s.rel, vars: map[*check.Var]origin{}, outer: s.get, inFold: s.inFold, supposed: s.supposed, forAll: s.forAll, items: s.items, forbids: s.forbids}
}

// assuming returns a scope with the variables of s and a copy of its relation.
func (s *scope) assuming() *scope {
	rel := *s.rel
	c := *s
	c.rel, c.excused, c.member = &rel, 0, false
	return &c
}

// gained returns what is related to the caller in this scope and not in another one.
func (s *scope) gained(than *scope) origins {
	set := s.rel.tied() &^ than.rel.tied()
	if s.rel.authorized && !than.rel.authorized {
		set |= whenAuthorized
	}
	return set
}

func (s *scope) term(t check.Term) origin {
	switch {
	case t.Var != nil:
		return s.get(t.Var)
	case t.Expr != nil:
		return s.expr(t.Expr)
	}
	return origin{}
}

// expr returns who decided on the value of an expression.
func (s *scope) expr(e *check.Expr) origin {
	if v := e.SingleVar(); v != nil {
		return s.get(v)
	}
	o := origin{direct: true}
	for _, v := range e.Vars {
		if v != nil {
			x := s.get(v)
			o.origins |= x.origins
			o.direct = o.direct && (x.direct || x.origins == 0)
		}
	}
	o.origins = s.rel.computed(o.origins)
	return o
}
