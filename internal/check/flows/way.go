package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A way is how a where ends: for then, or for the else of a line, with the
// bindings of each frame; or with nothing, at the line that dropped the frame.
type way struct {
	moment *moment
	asking *asking    // nil when nothing is asked
	line   *wiredLine // that dropped the frame; nil for then
	envs   [][]sym
}

// ways runs the lines of where on one match. Where several frames can reach
// the end of a way, it is there once with one frame and once with two.
func (w *walk) ways(m *moment, s *wiredSync, env []sym) []way {
	var list []way
	w.lines(m, s, env, 0, func(at int, m *moment, env []sym) {
		x := way{moment: m, asking: s.then, envs: [][]sym{env}}
		if at < len(s.where) {
			x.line = s.where[at]
			x.asking = x.line.orelse
		}
		list = append(list, x)
		if s.many[at] && x.asking != nil {
			list = append(list, x.twice(s))
		}
	})
	return list
}

// twice gives the way with a second frame, in which everything differs that
// where does not settle.
func (x way) twice(s *wiredSync) way {
	x.moment = x.moment.copy()
	second := slices.Clone(x.envs[0])
	for i, v := range s.sync.Vars {
		if !s.settled[v] && !s.whenVars[i] && second[i] != 0 {
			second[i] = x.moment.fresh(*x.moment.at(second[i]))
		}
	}
	x.envs = [][]sym{x.envs[0], second}
	return x
}

// lines runs the lines from place i on; end is told where a frame ends.
func (w *walk) lines(m *moment, s *wiredSync, env []sym, i int, end func(at int, m *moment, env []sym)) {
	if i == len(s.where) {
		end(i, m, env)
		return
	}
	l := s.where[i]
	for _, a := range w.answers(m, l, env) {
		if a.gives {
			w.lines(a.moment, s, a.env, i+1, end)
		} else {
			end(i, a.moment, a.env)
		}
	}
}

// A gives is one way in which a line can go.
type gives struct {
	moment *moment
	env    []sym
	gives  bool
}

// answers gives the ways in which a line can go: it keeps the frame, with its
// bindings, or drops it.
func (w *walk) answers(m *moment, x *wiredLine, env []sym) []gives {
	l := x.line
	m.looked = m.looked || w.looks(m, l, env)
	env = slices.Clone(env)
	switch b := l.Body.(type) {
	case *check.FilterLine:
		if l.Mode == syntax.MaybeLine {
			return []gives{{m, env, true}}
		}
		return w.decide(m, env, b.Expr, l.Mode == syntax.NoLine)
	case *check.IsLine:
		if b.Binds {
			env[b.Var.Index] = w.value(m, env, b.Expr)
			return []gives{{m, env, true}}
		}
		if l.Mode == syntax.NoLine {
			break
		}
		var list []gives
		for _, p := range m.split([]cond{m.sameAs(env[b.Var.Index], w.value(m, env, b.Expr))}) {
			list = append(list, gives{p.moment, env, p.all || l.Mode == syntax.MaybeLine})
		}
		return list
	case *check.FoldLine:
		if b.Binds {
			null := no
			if b.Fold == syntax.Min || b.Fold == syntax.Max || b.Fold == syntax.First {
				null = maybe
			}
			env[b.Var.Index] = m.fresh(symbol{null: null, label: "“" + b.Var.Name + "”"})
			if b.Page != nil && b.Page.Next != nil {
				env[b.Page.Next.Index] = m.fresh(symbol{label: "“" + b.Page.Next.Name + "”"})
			}
			return []gives{{m, env, true}}
		}
	}
	q := w.question(m, l, env)
	f := m.fact(q.family, q.args)
	holds := maybe
	switch {
	case f != nil:
		holds = truthOf(f.holds)
	case q.surely:
		holds = yes
	default:
		holds = w.narrower(m, q)
	}
	if l.Mode == syntax.MaybeLine {
		w.bindRow(m, env, q, f, holds)
		return []gives{{m, env, true}}
	}
	var list []gives
	none := l.Mode == syntax.NoLine
	if holds != no {
		mine, e := m, slices.Clone(env)
		if holds == maybe {
			mine = m.copy()
		}
		if none {
			w.learn(mine, q, nil, true)
		} else {
			w.learn(mine, q, w.bindRow(mine, e, q, f, yes), true)
			w.exist(mine, l, e)
		}
		list = append(list, gives{mine, e, !none})
	}
	if holds != yes {
		w.learn(m, q, nil, false)
		list = append(list, gives{m, env, none})
	}
	if none {
		slices.Reverse(list) // what keeps the frame first
	}
	return list
}

// looks tells whether a line holds a credential of the request against
// something.
func (w *walk) looks(m *moment, l *check.Line, env []sym) bool {
	found := false
	look := func(v *check.Var) {
		if v.Index < len(env) && env[v.Index] != 0 && m.at(env[v.Index]).credential {
			found = true
		}
	}
	for _, v := range l.Variables() {
		look(v)
	}
	if found && !slices.Contains(w.entry.Lookups, l) {
		w.entry.Lookups = append(w.entry.Lookups, l)
	}
	return found
}
