package plan

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
)

// A Question is a line of where outside of a sync, such as the state line of a
// scenario. [Question.Given] says which of its slots have values.
type Question struct {
	Line  *Line
	Slots []string // the variables' names
	Types []check.Type
}

// Question compiles a line of the program that the plan was built from. A line of a
// concept's own scenarios names no instance of the app: it means the first instance of
// that concept.
func (p *Plan) Question(x *check.Line) *Question {
	b := &builder{plan: p, instances: map[*check.Instance]*Instance{}}
	for _, in := range p.Instances {
		b.instances[in.Use] = in
	}
	if use := instanceOf(x); b.instances[use] == nil {
		for _, in := range slices.Backward(p.Instances) {
			if in.Concept == use.Concept {
				b.instances[use] = in
			}
		}
	}
	alone := &Sync{}
	l := &lowering{builder: b, sync: alone, slots: map[*check.Var]int{}, from: map[int]string{}}
	line := l.line(x)
	return &Question{Line: line, Slots: alone.Slots, Types: alone.Types}
}

// instanceOf returns the instance whose state a line of a scenario reads.
func instanceOf(x *check.Line) *check.Instance {
	switch body := x.Body.(type) {
	case *check.QueryLine:
		return body.Instance
	case *check.FieldLine:
		return body.Instance
	case *check.MemberLine:
		return body.Instance
	default:
		panic("plan: a line that is no question about a concept")
	}
}

// Given sets which slots have a value already; the line sets the others if it can. It
// returns the slots that the line needs and that have no value.
func (q *Question) Given(bound func(slot int) bool) (missing []int) {
	gives := map[int]bool{}
	binds := func(t Term) bool {
		if t.Slot < 0 || t.Any || t.Expr != nil || bound(t.Slot) || gives[t.Slot] {
			return false
		}
		gives[t.Slot] = true
		return true
	}
	needs := func(t Term) {
		slots := []int{t.Slot}
		if t.Expr != nil {
			slots = t.Expr.Slots
		}
		for _, s := range slots {
			if s >= 0 && !bound(s) && !t.Any {
				missing = append(missing, s)
			}
		}
	}
	q.Line.Binds = nil
	switch l := q.Line; {
	case l.Query != nil:
		for _, in := range l.Query.In {
			needs(in.Term)
		}
		for i := range l.Query.Out {
			l.Query.Out[i].Binds = binds(l.Query.Out[i].Term)
		}
	case l.Read != nil:
		l.Read.SubjectBinds = binds(l.Read.Subject)
		l.Read.ObjectBinds = binds(l.Read.Object)
	case l.Member != nil:
		l.Member.Binds = binds(l.Member.Subject)
		for i := range l.Member.Fields {
			l.Member.Fields[i].Binds = binds(l.Member.Fields[i].Term)
		}
		l.Member.choose(bound)
	}
	for s := range q.Slots {
		if gives[s] {
			q.Line.Binds = append(q.Line.Binds, s)
		}
	}
	return missing
}
