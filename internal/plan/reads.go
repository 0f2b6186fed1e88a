package plan

// Reads returns the slots of the sync that must have values before the line can run,
// each as often as it occurs, without those that the line sets itself.
func (l *Line) Reads() []int {
	r := &reading{own: map[int]bool{}}
	r.line(l)
	return r.slots
}

// A reading collects slots. Its own are those that get their values inside.
type reading struct {
	own   map[int]bool
	slots []int
}

func (r *reading) slot(s int) {
	if s >= 0 && !r.own[s] {
		r.slots = append(r.slots, s)
	}
}

func (r *reading) term(t Term) {
	r.slot(t.Slot)
	r.expr(t.Expr)
}

func (r *reading) expr(e *Expr) {
	if e != nil {
		for _, s := range e.Slots {
			r.slot(s)
		}
	}
}

// binds notes a term that gets its value here, or is read.
func (r *reading) binds(t Term, binds bool) {
	if !binds {
		r.term(t)
	} else if t.Slot >= 0 {
		r.own[t.Slot] = true
	}
}

func (r *reading) lines(lines []*Line) {
	for _, l := range lines {
		r.line(l)
	}
}

func (r *reading) line(l *Line) {
	r.expr(l.If)
	switch {
	case l.Query != nil:
		for i := range l.Query.In {
			r.term(l.Query.In[i].Term)
		}
		for i := range l.Query.Out {
			r.binds(l.Query.Out[i].Term, l.Query.Out[i].Binds)
		}
	case l.Read != nil:
		r.binds(l.Read.Subject, l.Read.SubjectBinds)
		r.binds(l.Read.Object, l.Read.ObjectBinds)
	case l.Member != nil:
		r.binds(l.Member.Subject, l.Member.Binds)
		for i := range l.Member.Fields {
			r.binds(l.Member.Fields[i].Term, l.Member.Fields[i].Binds)
		}
	case l.View != nil:
		for i := range l.View.In {
			r.term(l.View.In[i].Term)
			r.own[l.View.In[i].Inner] = true
		}
		r.lines(l.View.Lines)
		for i := range l.View.Out {
			r.binds(l.View.Out[i].Term, l.View.Out[i].Binds)
		}
	case l.Is != nil:
		r.expr(l.Is.Expr)
		r.binds(Term{Slot: l.Is.Slot}, l.Is.Binds)
	case l.Filter != nil:
		r.expr(l.Filter)
	case l.Fold != nil:
		r.lines(l.Fold.Lines)
		r.expr(l.Fold.Expr)
		r.expr(l.Fold.Limit)
		r.expr(l.Fold.Offset)
		if p := l.Fold.Page; p != nil {
			for _, t := range []*Term{p.Limit, p.Cursor} {
				if t != nil {
					r.term(*t)
				}
			}
		}
		for _, k := range l.Fold.Order {
			r.expr(k.Expr)
		}
		r.binds(Term{Slot: l.Fold.Slot}, l.Fold.Binds)
	case l.Has != nil:
		r.expr(l.Has.List)
		r.binds(l.Has.Item, l.Has.Binds)
	case l.Block != nil:
		r.lines(l.Block)
	default:
		panic("plan: unknown line")
	}
	for _, s := range l.Binds {
		r.own[s] = true
	}
}
