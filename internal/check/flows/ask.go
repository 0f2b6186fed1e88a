package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// ask returns the successors of a state in which a line is asked: one for each
// outcome of the action.
func (w *walk) ask(at int, st *state, a *askInfo) []successor {
	asking := st.top().list
	in, credential, secret := w.inputs(st, a)
	st.checkedCredential = st.checkedCredential || credential || secret
	w.noteAsk(st, a)
	w.noteUse(st, asking, a)
	if a.action.respond && st.request != 0 {
		return w.respond(at, st, a, in)
	}
	var list []successor
	var codes []*check.Refusal
	if !a.action.respond {
		list = append(list, w.returns(st.clone(), asking, a, in)...)
		codes = a.action.spec.Refusals
	} else if r := a.action.spec.Refusal("UNKNOWN_REQUEST"); r != nil {
		codes = []*check.Refusal{r}
	} else {
		list = append(list, w.returns(st.clone(), asking, a, in)...)
	}
	for i, r := range codes {
		mine := st
		if i < len(codes)-1 {
			mine = st.clone()
		}
		list = append(list, successor{w.refuse(mine, asking, a, in, r), []event{{kind: refusedEvent, ask: a, list: asking, refusal: r}}})
	}
	return list
}

// respond is ask for the action that answers the request. Only the first answer
// succeeds.
func (w *walk) respond(at int, st *state, a *askInfo, in []sym) []successor {
	asking := st.top().list
	e := event{kind: answersEvent, ask: a, list: asking}
	w.noteAnswer(asking, a)
	w.noteRead(st, asking, a)
	if st.answered == 0 {
		w.answerFirst(st, asking, a)
		st.answered, st.fallback = 1, nil
		list := w.returns(st, asking, a, in)
		for i := range list {
			list[i].events = append([]event{e}, list[i].events...)
		}
		return list
	}
	if st.answered == 1 && (st.started || !w.needsStart) {
		w.noteSecondAnswer(at, asking, a)
	}
	st.answered = 2
	r := a.action.spec.Refusal("ALREADY_ANSWERED")
	if r == nil {
		return w.returns(st, asking, a, in)
	}
	return []successor{{w.refuse(st, asking, a, in, r), []event{e}}}
}

// returns returns the successors of a state in which an action has returned: the
// outputs match what the line wants, or they do not.
func (w *walk) returns(st *state, by *askList, a *askInfo, in []sym) []successor {
	if !a.action.request && !a.action.respond {
		st.forget(w.model, a.action.instance)
	}
	st.returned = st.returned || st.answered == 0 && !a.action.respond
	outs, decided := map[string]sym{}, w.relateOutcome(st, a, st.top().env)
	d := completion{action: a.action, list: by, ask: a, ancestors: st.top().ancestors, standing: st.top().standing, values: make([]sym, len(a.action.columns))}
	out := func(name string) sym {
		if s, ok := outs[name]; ok {
			return s
		}
		s := abstractValue{null: no, label: "“" + name + "” of " + a.action.name(), origins: decided}
		p := a.action.spec.Output(name)
		if p != nil && p.Optional {
			s.null = unknown
		}
		given := w.passedThrough(st, a, p)
		switch {
		case a.action.request:
			outs[name] = st.request
		case given != 0:
			outs[name] = given
		default:
			outs[name] = st.fresh(s)
			if p != nil {
				w.learnNewMember(st, a.action.instance, p.Type, outs[name]) // the action created it
			}
		}
		return outs[name]
	}
	for i, c := range a.action.columns {
		switch c.kind {
		case inputColumn:
			d.values[i] = in[i]
		case outputColumn:
			d.values[i] = out(c.name)
		}
	}
	t := st.top()
	var conds []condition
	for _, o := range a.ask.Out {
		switch {
		case o.Term.Any:
			if p := a.action.spec.Output(o.Name); p != nil && p.Optional {
				conds = append(conds, condition{a: out(o.Name)})
			}
		case o.Binds:
			t.env[o.Term.Var.Index] = out(o.Name)
			if p := a.action.spec.Output(o.Name); p != nil && p.Optional && !o.Optional {
				conds = append(conds, condition{a: out(o.Name)}) // null does not match an output without “?”
			}
		case o.Term.Var != nil:
			conds = append(conds, st.equality(out(o.Name), t.env[o.Term.Var.Index]))
		default:
			conds = append(conds, condition{a: out(o.Name), literal: w.literals.intern(o.Term.Literal), want: true})
		}
	}
	var list []successor
	for _, x := range st.split(conds) {
		st := x.state
		var events []event
		switch {
		case !x.holds && by.joint:
			w.rollBack(st)
			st.pop()
			list = append(list, successor{st, []event{{kind: stopsEvent, ask: a, list: by}}})
			continue
		case !x.holds && a.ask.Awaited:
			st.top().end()
			events = []event{{kind: stopsEvent, ask: a, list: by}}
		}
		if by.joint {
			st.completed = append(st.completed, d)
			st.top().joint = append(slices.Clone(st.top().joint), len(st.completed)-1)
		} else {
			w.complete(st, d)
		}
		list = append(list, successor{st, events})
	}
	return list
}

// passedThrough returns the value of an output that has the name and the identity
// type of an input, as in “delete (session) : (session)”: such an output is that
// input. It returns 0 for other outputs.
func (w *walk) passedThrough(st *state, a *askInfo, out *check.Param) sym {
	if out == nil || out.Type.Kind != check.Identity || out.Many != syntax.One {
		return 0
	}
	in := a.action.spec.Input(out.Name)
	if in == nil || in.Type.Kind != check.Identity || in.Type.Name != out.Type.Name {
		return 0
	}
	for _, arg := range a.ask.In {
		if arg.Name == in.Name {
			return w.term(st, st.top().env, arg.Term)
		}
	}
	return 0
}

// refuse returns the state after an action was refused.
func (w *walk) refuse(st *state, by *askList, a *askInfo, in []sym, r *check.Refusal) *state {
	w.ignore(st, by, a, r)
	d := completion{action: a.action, list: by, ask: a, refusal: r, ancestors: st.top().ancestors, standing: st.top().standing, values: make([]sym, len(a.action.columns))}
	for i, c := range a.action.columns {
		switch {
		case c.kind == inputColumn:
			d.values[i] = in[i]
		case c.kind == refusalColumn && c.name == "refusal":
			d.values[i] = st.fresh(abstractValue{literal: w.literals.intern(value.String(r.Code)), null: no})
		case c.kind == refusalColumn:
			d.values[i] = st.fresh(abstractValue{null: no, label: "the refusal of " + a.action.name()})
		}
	}
	if by.joint {
		w.rollBack(st)
		st.top().joint = nil
	}
	if a.ask.Awaited || by.joint {
		st.top().end()
	}
	if list := a.handler(r.Code); list != nil {
		// The frame ends with the handler, which is asked after the syncs that match
		// the refusal.
		d.matched = true
		t := st.top()
		t.list, t.next = list, 0
		t.standing |= aware
		t.env = slices.Clone(t.env)
		t.env[list.handler.Refusal.Index] = st.fresh(abstractValue{literal: w.literals.intern(value.String(r.Code)), null: no})
		t.env[list.handler.Error.Index] = st.fresh(abstractValue{null: no, label: "the refusal of " + a.action.name()})
	}
	w.complete(st, d)
	return st
}

// inputs returns the value of each column, and reports whether an input depends on
// a credential, and whether a secret input comes from the request.
func (w *walk) inputs(st *state, a *askInfo) (in []sym, credential, secret bool) {
	t := st.top()
	in = make([]sym, len(a.action.columns))
	for _, arg := range a.ask.In {
		s := w.term(st, t.env, arg.Term)
		if x := st.value(s); s != 0 {
			credential = credential || x.credential
			secret = secret || x.fromRequest && arg.Param != nil && arg.Param.Type.Kind == check.Secret && a.action.spec.Tree.Effects == nil
		}
		if arg.Param != nil && !arg.Param.Optional && st.test(condition{a: s}) == unknown {
			st.assume(condition{a: s}) // with null the action would fault
		}
		if i := slices.Index(a.action.columns, column{inputColumn, arg.Name}); i >= 0 {
			in[i] = s
		}
	}
	if t.list == w.opening {
		for i, c := range a.action.columns {
			if c.kind == inputColumn {
				in[i] = st.fresh(abstractValue{label: "“" + c.name + "” of " + a.action.name()})
				if p := a.action.spec.Input(c.name); p != nil && !p.Optional {
					st.value(in[i]).null = no
				}
			}
		}
	}
	return in, credential, secret
}
