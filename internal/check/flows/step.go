package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// consider puts a completed action among those done and its matches on the
// stack.
func (w *walk) consider(m *moment, d done) {
	d.open = true
	m.done = append(m.done, d)
	n := len(m.done) - 1
	m.stack = append(m.stack, considering(n, w.matches(m, n)))
}

func considering(n int, matches []wiredMatch) work {
	k := work{done: n, matches: matches}
	for _, x := range matches {
		for _, d := range x.done {
			if !slices.Contains(k.refs, d) {
				k.refs = append(k.refs, d)
			}
		}
	}
	return k
}

// step does the next thing of a moment. Where it can go several ways it gives
// one moment for each; none when the way is not followed further.
func (w *walk) step(at int, m *moment) []next {
	k := m.top()
	switch {
	case k.asking == nil && k.at == len(k.matches):
		w.considered(m, k.done)
		m.pop()
		return []next{{moment: m}}
	case k.asking == nil:
		x := k.matches[k.at]
		k.at++
		return w.match(at, m, x, k.done)
	case k.at == len(k.asking.asks):
		if len(k.joint) > 0 {
			return w.commit(m)
		}
		m.pop()
		return []next{{moment: m}}
	}
	a := k.asking.asks[k.at]
	k.at++
	return w.ask(at, m, a)
}

// considered closes a completed action. A refusal that no sync can match any
// more may become the answer.
func (w *walk) considered(m *moment, n int) {
	d := &m.done[n]
	d.open = false
	if d.refusal != nil && !d.taken && !d.act.joins[1] {
		w.fallsBack(m, d)
	}
}

func (w *walk) fallsBack(m *moment, d *done) {
	if m.fallback == nil && m.answered == 0 && !d.act.respond {
		m.fallback = &Unhandled{d.act.instance, d.act.action, d.refusal}
	}
}

// commit ends a joint decision whose lines all returned: what they set off
// follows.
func (w *walk) commit(m *moment) []next {
	joint := m.top().joint
	m.pop()
	for i := len(joint) - 1; i >= 0; i-- {
		d := &m.done[joint[i]]
		d.open = true
		m.stack = append(m.stack, considering(joint[i], w.matches(m, joint[i])))
		m.changed(w.wired, d.act.instance)
	}
	return []next{{moment: m}}
}

// ask gives the ways in which an asked action can end.
func (w *walk) ask(at int, m *moment, a *wiredAsk) []next {
	asking := m.top().asking
	in, credential, secret := w.inputs(m, a)
	m.looked = m.looked || credential || secret
	w.asked(m, a)
	if a.act.respond && m.request != 0 {
		return w.respond(at, m, a, in)
	}
	var list []next
	var codes []*check.Refusal
	if !a.act.respond {
		list = append(list, w.returned(m.copy(), asking, a, in)...)
		codes = a.act.action.Refusals
	} else if r := a.act.action.Refusal("UNKNOWN_REQUEST"); r != nil {
		codes = []*check.Refusal{r}
	} else {
		list = append(list, w.returned(m.copy(), asking, a, in)...)
	}
	for i, r := range codes {
		mine := m
		if i < len(codes)-1 {
			mine = m.copy()
		}
		list = append(list, next{w.refuse(mine, asking, a, in, r), []event{{kind: refusedEvent, ask: a, asking: asking, refusal: r}}})
	}
	return list
}

// respond answers the request, or is refused because somebody has.
func (w *walk) respond(at int, m *moment, a *wiredAsk, in []sym) []next {
	asking := m.top().asking
	e := event{kind: answersEvent, ask: a, asking: asking}
	w.answered(asking, a)
	if m.answered == 0 {
		m.answered, m.fallback = 1, nil
		list := w.returned(m, asking, a, in)
		for i := range list {
			list[i].events = append([]event{e}, list[i].events...)
		}
		return list
	}
	if m.answered == 1 && (m.started || !w.needs) {
		w.twice(at, asking, a)
	}
	m.answered = 2
	r := a.act.action.Refusal("ALREADY_ANSWERED")
	if r == nil {
		return w.returned(m, asking, a, in)
	}
	return []next{{w.refuse(m, asking, a, in, r), []event{e}}}
}

// returned gives the ways in which things go on when an action returns: its
// line is accepted, or its outputs differ from what the line wants.
func (w *walk) returned(m *moment, by *asking, a *wiredAsk, in []sym) []next {
	if !a.act.request && !a.act.respond {
		m.changed(w.wired, a.act.instance)
	}
	outs := map[string]sym{}
	d := done{act: a.act, by: by, ask: a, chain: m.top().chain, cols: make([]sym, len(a.act.cols))}
	out := func(name string) sym {
		if s, ok := outs[name]; ok {
			return s
		}
		s := symbol{null: no, label: "“" + name + "” of " + a.act.name()}
		p := a.act.action.Output(name)
		if p != nil && p.Optional {
			s.null = maybe
		}
		given := w.given(m, a, p)
		switch {
		case a.act.request:
			outs[name] = m.request
		case given != 0:
			outs[name] = given
		default:
			outs[name] = m.fresh(s)
			if p != nil {
				w.member(m, a.act.instance, p.Type, outs[name]) // it was just made
			}
		}
		return outs[name]
	}
	for i, c := range a.act.cols {
		switch c.kind {
		case inCol:
			d.cols[i] = in[i]
		case outCol:
			d.cols[i] = out(c.name)
		}
	}
	k := m.top()
	var conds []cond
	for _, o := range a.ask.Out {
		switch {
		case o.Term.Any:
		case o.Binds:
			k.env[o.Term.Var.Index] = out(o.Name)
			if p := a.act.action.Output(o.Name); p != nil && p.Optional && !o.Optional {
				conds = append(conds, cond{a: out(o.Name)}) // null is given to none
			}
		case o.Term.Var != nil:
			conds = append(conds, m.sameAs(out(o.Name), k.env[o.Term.Var.Index]))
		default:
			conds = append(conds, cond{a: out(o.Name), literal: w.literals.place(o.Term.Literal), want: true})
		}
	}
	var list []next
	for _, x := range m.split(conds) {
		m := x.moment
		var events []event
		switch {
		case !x.all && by.joint:
			w.undo(m)
			m.pop()
			list = append(list, next{m, []event{{kind: stopsEvent, ask: a, asking: by}}})
			continue
		case !x.all && a.ask.Awaited:
			m.top().at = len(by.asks)
			events = []event{{kind: stopsEvent, ask: a, asking: by}}
		}
		if by.joint {
			m.done = append(m.done, d)
			m.top().joint = append(slices.Clone(m.top().joint), len(m.done)-1)
		} else {
			w.consider(m, d)
		}
		list = append(list, next{m, events})
	}
	return list
}

// given is the value that an action gives back: an output that has the name and
// the identity of an input is that input, as in “delete (session) : (session)”.
func (w *walk) given(m *moment, a *wiredAsk, out *check.Param) sym {
	if out == nil || out.Type.Kind != check.Identity || out.Many != syntax.One {
		return 0
	}
	in := a.act.action.Input(out.Name)
	if in == nil || in.Type.Kind != check.Identity || in.Type.Name != out.Type.Name {
		return 0
	}
	for _, arg := range a.ask.In {
		if arg.Name == in.Name {
			return w.term(m, m.top().env, arg.Term)
		}
	}
	return 0
}

// refuse gives the moment after an action was refused.
func (w *walk) refuse(m *moment, by *asking, a *wiredAsk, in []sym, r *check.Refusal) *moment {
	d := done{act: a.act, by: by, ask: a, refusal: r, chain: m.top().chain, cols: make([]sym, len(a.act.cols))}
	for i, c := range a.act.cols {
		switch {
		case c.kind == inCol:
			d.cols[i] = in[i]
		case c.kind == refusalCol && c.name == "refusal":
			d.cols[i] = m.fresh(symbol{literal: w.literals.place(value.String(r.Code)), null: no})
		case c.kind == refusalCol:
			d.cols[i] = m.fresh(symbol{null: no, label: "the refusal of " + a.act.name()})
		}
	}
	if by.joint {
		w.undo(m)
		m.top().joint = nil
	}
	if a.ask.Awaited || by.joint {
		m.top().at = len(by.asks)
	}
	w.consider(m, d)
	return m
}

// undo takes back what a joint decision has asked so far.
func (w *walk) undo(m *moment) {
	if joint := m.top().joint; len(joint) > 0 {
		m.done = m.done[:joint[0]]
	}
	m.top().joint = nil
}

// inputs gives the value of each column, and tells whether a credential is
// among what is asked with, and a secret of the request.
func (w *walk) inputs(m *moment, a *wiredAsk) (in []sym, credential, secret bool) {
	k := m.top()
	in = make([]sym, len(a.act.cols))
	for _, arg := range a.ask.In {
		s := w.term(m, k.env, arg.Term)
		if x := m.at(s); s != 0 {
			credential = credential || x.credential
			secret = secret || x.request && arg.Param != nil && arg.Param.Type.Kind == check.Secret && a.act.action.Tree.Effects == nil
		}
		if arg.Param != nil && !arg.Param.Optional && m.test(cond{a: s}) == maybe {
			m.assume(cond{a: s}) // else the action would fault
		}
		if i := slices.Index(a.act.cols, col{inCol, arg.Name}); i >= 0 {
			in[i] = s
		}
	}
	if k.asking == w.opening {
		for i, c := range a.act.cols {
			if c.kind == inCol {
				in[i] = m.fresh(symbol{label: "“" + c.name + "” of " + a.act.name()})
				if p := a.act.action.Input(c.name); p != nil && !p.Optional {
					m.at(in[i]).null = no
				}
			}
		}
	}
	return in, credential, secret
}

// term gives the value that a term stands for.
func (w *walk) term(m *moment, env []sym, t check.Term) sym {
	switch {
	case t.Var != nil:
		return env[t.Var.Index]
	case t.Expr != nil:
		return w.value(m, env, t.Expr)
	case t.Any || t.Literal.IsUnset():
		return 0
	}
	return w.literal(m, t.Literal)
}

func (w *walk) literal(m *moment, v value.Value) sym {
	if v.IsNull() {
		return 0
	}
	return m.fresh(symbol{literal: w.literals.place(v), null: no})
}

// value gives the value of an expression: that of its one variable, a literal
// where it can be computed, or one of which nothing is known.
func (w *walk) value(m *moment, env []sym, e *check.Expr) sym {
	if v := e.SingleVar(); v != nil {
		return env[v.Index]
	}
	s := symbol{label: "“" + e.Tree.Text + "”"}
	literal := true
	values := make([]value.Value, len(e.Vars))
	for i, v := range e.Vars {
		if v == nil {
			literal = false
			continue
		}
		x := m.at(env[v.Index])
		s.credential = s.credential || x.credential
		s.request = s.request || x.request
		switch {
		case x.literal != 0:
			values[i] = w.literals.at(x.literal)
		case x.null == yes:
			values[i] = value.Null
		default:
			literal = false
		}
	}
	if literal {
		if v, err := e.Node.Eval(func(i int) value.Value { return values[i] }); err == nil {
			return w.literal(m, v)
		}
	}
	return m.fresh(s)
}

// changed forgets what is known of the state of an instance.
func (m *moment) changed(w *wired, i *check.Instance) {
	m.facts = slices.DeleteFunc(m.facts, func(f fact) bool { return slices.Contains(w.reads[f.family], i) })
}

// sameAs is the condition that two values are the same.
func (k *known) sameAs(a, b sym) cond {
	switch {
	case k.of(b) == 0:
		return cond{a: a, want: true}
	case k.of(a) == 0:
		return cond{a: b, want: true}
	}
	return cond{a: a, b: b, want: true}
}

// A parting is one way in which conditions can hold or not.
type parting struct {
	moment *moment
	all    bool   // all of them hold
	cond   *cond  // the one that does not
	label  string // of what it is about
}

// split gives the ways in which conditions can hold: all of them, and for each
// that is not known, that it is the first that does not. The moment is used up.
func (m *moment) split(conds []cond) []parting {
	var list []parting
	for i := range conds {
		switch m.test(conds[i]) {
		case yes:
		case no:
			return append(list, parting{m, false, &conds[i], m.at(conds[i].a).label})
		default:
			other := m.copy()
			not := conds[i]
			not.want = !not.want
			other.assume(not)
			list = append(list, parting{other, false, &conds[i], m.at(conds[i].a).label})
			m.assume(conds[i])
		}
	}
	return append(list, parting{m, true, nil, ""})
}

// isChange tells whether an action changes what others can see.
func (a *act) isChange() bool {
	return !a.request && !a.respond && (a.action.Tree.Effects != nil || a.action.Kind == syntax.Effect)
}
