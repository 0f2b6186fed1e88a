package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// relate adds what a line relates that has kept a frame. It also says who decided on
// the variables that the line binds.
func (w *walk) relate(st *state, l *check.Line, env []sym) {
	if w.fieldNames == nil {
		return
	}
	s := w.scopeOf(st, env)
	s.forbids = w.forbidding[l]
	before := st.relation
	s.mode(l)
	w.bindOrigins(st, s, env)
	w.noteEvidence(&before, &st.relation, l)
	noteFirst(w.lookedUp, st.relation.known&^before.known, l)
}

// forbids reports whether a line answers 403 for a frame that it drops.
func forbids(l *check.Line) bool {
	return slices.ContainsFunc(l.Else, func(a *check.Ask) bool {
		return slices.ContainsFunc(a.In, func(arg *check.Arg) bool {
			n, ok := arg.Term.Literal.Num()
			return arg.Name == "status" && arg.Term.Var == nil && arg.Term.Expr == nil && ok && n == 403
		})
	})
}

// noteWeak notes a line that would relate something, or show that it exists, if it were
// not denied or might not be skipped.
func (s *scope) noteWeak(l *check.Line) {
	if s.supposed {
		return
	}
	c := s.inside()
	c.supposed = true
	switch filter, ok := l.Body.(*check.FilterLine); {
	case ok:
		c.condition(filter.Expr, l.Mode == syntax.NoLine)
	case l.Mode == syntax.NoLine || l.Mode == syntax.MaybeLine || l.If != nil:
		c.body(l)
	default:
		return
	}
	noteFirst(s.w.weak, c.rel.tied()&^s.rel.tied()|c.rel.known&^s.rel.known, l)
	if c.rel.authorized && !s.rel.authorized && s.w.weakRole == nil {
		s.w.weakRole = l
	}
}

// relateCondition adds what the condition at the end of a line relates.
func (w *walk) relateCondition(st *state, l *check.Line, env []sym, holds bool) {
	if w.fieldNames == nil {
		return
	}
	before := st.relation
	s := w.scopeOf(st, env)
	s.condition(l.If, holds)
	w.noteEvidence(&before, &st.relation, l)
	if !holds {
		s.noteWeak(l)
	}
}

func (s *scope) lines(list []*check.Line) {
	for _, l := range list {
		s.line(l)
	}
}

// line adds what a line relates in each frame that passes it.
func (s *scope) line(l *check.Line) {
	if l.If == nil {
		s.mode(l)
		return
	}
	s.noteWeak(l)
	s.either(func(s *scope) {
		s.condition(l.If, true)
		s.mode(l)
	}, func(s *scope) { s.condition(l.If, false) })
}

// mode is line for a line whose condition is true.
func (s *scope) mode(l *check.Line) {
	s.noteWeak(l)
	switch l.Mode {
	case syntax.SomeLine:
		s.local().body(l)
	case syntax.NoLine:
		s.none(l)
	case syntax.MaybeLine:
		c := s.assuming()
		c.body(l)
		for _, v := range l.Nulls {
			o := c.vars[v]
			o.ifAny |= c.gained(s)
			o.notNull = false
			s.vars[v] = o
		}
	default:
		s.body(l)
	}
}

// none adds what follows if a line gives nothing: the opposite of a condition, or, if
// the line is a block that reads items of lists or required fields and denies something
// of them, that it holds for all of these.
func (s *scope) none(l *check.Line) {
	if b, ok := l.Body.(*check.FilterLine); ok {
		s.condition(b.Expr, false)
		return
	}
	b, ok := l.Body.(*check.BlockLine)
	if !ok || len(b.Lines) == 0 {
		return
	}
	c := s.local()
	c.forAll = true
	for i, inner := range b.Lines {
		_, item := inner.Body.(*check.HasLine)
		if b, ok := inner.Body.(*check.FieldLine); ok {
			item = !b.SubjectBinds && !b.Subject.Any && b.ObjectBinds && !b.Field.Optional && b.Field.Many == syntax.One
		}
		filter, condition := inner.Body.(*check.FilterLine)
		last := i == len(b.Lines)-1
		switch {
		case inner.If != nil:
			return
		case last && inner.Mode == syntax.NoLine:
			c.local().body(inner)
		case last && inner.Mode == syntax.PlainLine && condition:
			c.condition(filter.Expr, false)
		case item && inner.Mode == syntax.PlainLine && !last:
			c.body(inner)
		default:
			return
		}
	}
}

// body adds what a line relates if it holds.
func (s *scope) body(l *check.Line) {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		s.query(b)
	case *check.FieldLine:
		q := &question{mayFail: true, mayBeEmpty: true}
		q.add(s.term(b.Subject), b.Subject, b.SubjectBinds, false)
		q.add(s.term(b.Object), b.Object, b.ObjectBinds, b.Field.Type.Kind == check.Secret)
		s.answer(q)
	case *check.MemberLine:
		q := &question{mayFail: true, mayBeEmpty: true, single: givesOne(b), test: b.Set.Tree.Of.Text != "" && b.Set.Kind == syntax.SetDecl}
		q.add(s.term(b.Subject), b.Subject, b.Binds, false)
		for _, f := range b.Fields {
			q.add(s.term(f.Term), f.Term, f.Binds, f.Field.Type.Kind == check.Secret)
			q.never = q.never && !f.Optional
		}
		s.answer(q)
	case *check.ViewLine:
		s.view(b)
	case *check.IsLine:
		o := s.expr(b.Expr)
		if b.Binds {
			o.ifAny |= s.implied(b.Expr)
			s.vars[b.Var] = o
		} else {
			s.rel.connect(o.origins | s.get(b.Var).origins)
		}
	case *check.FilterLine:
		s.condition(b.Expr, true)
	case *check.FoldLine:
		s.fold(l, b)
	case *check.BlockLine:
		s.lines(b.Lines)
	case *check.HasLine:
		s.has(b)
	default:
		panic("flows: unknown line")
	}
}

// A question is a line that reads state.
type question struct {
	given      origins // of what the line gives or compares
	secret     origins // of what it compares with a secret of the state
	binds      []*check.Var
	test       bool // it compares something with a constant
	mayFail    bool // it may give no row, and says something of what it is about
	mayBeEmpty bool // it may give no row
	single     bool // it gives at most one row
	denies     bool // it requires that something is false
	never      bool // it compares a field with null, which no field is
}

// add adds one value of the question. A secret is compared with one of the state.
func (q *question) add(o origin, t check.Term, binds, secret bool) {
	switch {
	case binds && t.Var != nil:
		q.binds = append(q.binds, t.Var)
	case secret && o.direct && !t.Any:
		q.secret |= o.origins
	case !t.Any:
		q.given |= o.origins
		q.never = q.never || o.null && t.Var != nil
		q.test = q.test || isConstant(t)
		if b, flag := t.Literal.Bool(); flag && !b && t.Var == nil && t.Expr == nil {
			q.denies = true
		}
	}
}

// isConstant reports whether a term is a text or a flag, which a test may require.
func isConstant(t check.Term) bool {
	if t.Var != nil || t.Expr != nil || t.Any {
		return false
	}
	return constant(t.Literal)
}

func constant(v value.Value) bool {
	b, flag := v.Bool()
	return v.Kind() == value.StringKind || flag && b
}

// answer adds what follows from an answer to a question.
func (s *scope) answer(q *question) {
	who := s.yield(q)
	if q.mayFail {
		s.rel.known |= who & fromClient
	}
	if q.never {
		s.rel.connect(who | fromCaller)
	}
	if q.mayFail && !q.denies {
		s.rel.connect(who | q.secret)
		s.rel.authorized = s.rel.authorized || q.test && who == fromCaller || s.forbids && q.ofMember()
	}
	s.member = s.member || q.mayBeEmpty && q.ofMember()
	for _, v := range q.binds {
		s.vars[v] = origin{origins: who, notNull: true}
	}
}

// givesOne reports whether a line finds at most one member: a given field is unique, or
// the member itself is given.
func givesOne(b *check.MemberLine) bool {
	given := func(i int) bool {
		return slices.ContainsFunc(b.Fields, func(f *check.MemberField) bool {
			return f.Set == b.Set && f.Field == b.Set.Fields[i] && !f.Binds && !f.Term.Any
		})
	}
	return !b.Binds && !b.Subject.Any || slices.ContainsFunc(b.Set.Uniques, func(u []int) bool { return !slices.ContainsFunc(u, func(i int) bool { return !given(i) }) })
}

// ofMember reports whether a question asks whether the state has the caller. One that
// may give several rows, or binds an identity, finds objects of the caller, and does not
// say what they may do.
func (q *question) ofMember() bool {
	return q.given == fromCaller && q.single && !q.denies && !slices.ContainsFunc(q.binds, func(v *check.Var) bool { return v.Type.Kind == check.Identity })
}

// yield returns who decided on what a question gives. A credential, or a secret that
// the state has too, says who the caller is.
func (s *scope) yield(q *question) origins {
	who := q.given
	if q.given&fromCredential != 0 || q.secret != 0 {
		who |= fromCaller
	}
	return who &^ fromCredential
}

func (s *scope) query(b *check.QueryLine) {
	q := &question{mayFail: b.Query.Rows != syntax.OneRow}
	test := false // a constant input tests something only if the query gives nothing else
	for _, a := range b.In {
		q.add(s.term(a.Term), a.Term, false, a.Param != nil && a.Param.Type.Kind == check.Secret)
	}
	test, q.test = q.test, false
	compares := false
	for _, a := range b.Out {
		q.add(s.term(a.Term), a.Term, a.Binds, false)
		compares = compares || !a.Binds && !a.Term.Any
	}
	q.test = q.test || test && len(q.binds) == 0
	q.never = false // a query may be given null
	q.mayBeEmpty, q.single = compares || q.mayFail, b.Query.Rows != syntax.ManyRows
	q.mayFail = compares || q.mayFail && (!s.inFold || q.secret != 0)
	s.answer(q)
	if !q.mayFail && !s.inFold {
		c := s.assuming()
		c.rel.connect(s.yield(q))
		for _, v := range q.binds {
			o := s.vars[v]
			o.ifAny = c.gained(s)
			s.vars[v] = o
		}
	}
}

// view adds what the lines of a view relate.
func (s *scope) view(b *check.ViewLine) {
	c := &scope{w: s.w, rel: s.rel, vars: map[*check.Var]origin{}, inFold: s.inFold, supposed: s.supposed, items: s.items, forbids: s.forbids}
	for _, p := range b.View.In {
		for _, a := range b.In {
			if a.Name == p.Name {
				c.vars[p.Var] = s.term(a.Term)
			}
		}
	}
	c.lines(b.View.Where)
	s.member = s.member || c.member
	for _, a := range b.Out {
		i := slices.IndexFunc(b.View.Out, func(p *check.ViewParam) bool { return p.Name == a.Name })
		if i < 0 || a.Term.Any {
			continue
		}
		o := c.get(b.View.Out[i].Var)
		if a.Binds && a.Term.Var != nil {
			s.vars[a.Term.Var] = o
			continue
		}
		s.rel.connect(o.origins | s.term(a.Term).origins)
		s.rel.authorized = s.rel.authorized || o.origins == fromCaller && !o.direct && isConstant(a.Term)
	}
}

// fold adds the variable that a fold binds. The fold has only rows that its lines
// relate to the caller, so what they relate to the caller does not decide what is read.
func (s *scope) fold(l *check.Line, b *check.FoldLine) {
	c := s.inside()
	c.inFold, c.items, c.forbids = true, map[origins]origins{}, false
	c.lines(b.Lines)
	held := c.rel.tied()
	for item, list := range c.items {
		if item&held != 0 {
			held |= list
		}
	}
	o := origin{ifAny: c.gained(s) | held&fromClient&^s.rel.tied(), folded: true}
	if b.Fold == syntax.Whether && c.member {
		o.ifAny |= whenMember
	}
	used := slices.Concat(outerVariables(l), b.Expr.Variables(), b.Limit.Variables(), b.Offset.Variables())
	for _, k := range b.Order {
		used = append(used, k.Expr.Variables()...)
	}
	for _, v := range used {
		if _, inside := c.vars[v]; !inside {
			o.origins |= s.get(v).origins
		}
	}
	inside := o.origins & held & fromClient &^ s.rel.tied()
	s.w.relatedInFold(l, inside)
	if inside != 0 {
		o.origins |= fromCaller
	}
	o.origins &^= inside | fromCredential
	if b.Binds {
		s.vars[b.Var] = o
		if b.Page != nil && b.Page.Next != nil {
			s.vars[b.Page.Next] = origin{origins: o.origins}
		}
		return
	}
	s.rel.connect(o.origins | s.get(b.Var).origins)
}

func (s *scope) has(b *check.HasLine) {
	list := s.expr(b.List)
	switch {
	case !b.Binds:
		s.rel.connect(list.origins | s.term(b.Item).origins)
	case b.Item.Var == nil:
	case list.direct && !s.forAll && s.rel.untied(list.origins) != 0:
		item := s.w.itemOrigin(b, list.origins)
		s.vars[b.Item.Var] = origin{origins: item, direct: true, notNull: true}
		if s.items != nil {
			s.items[item] = list.origins
		}
	default:
		s.vars[b.Item.Var] = origin{origins: list.origins, direct: list.direct, notNull: true}
	}
}
