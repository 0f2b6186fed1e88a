package explain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// unmatched says which line of when found nothing, and how the action that
// came nearest to it differs. It gives nil for a sync over requests of another
// path, unless the path looks like a slip of the finger or every sync is wanted.
func (r *record) unmatched(s *plan.Sync, q *question) *verdict {
	b := &assignment{record: r, sync: s, chosen: make([]*action, len(s.When)), steps: 5000}
	b.try(0, 0, nil)
	var best *verdict
	for _, got := range b.best {
		v := r.lacks(s, got, q)
		if v.less(best) {
			best = v
		}
	}
	return best
}

// lacks says which lines of when a partial match leaves without an action.
func (r *record) lacks(s *plan.Sync, got *partial, q *question) *verdict {
	v := &verdict{cost: 2, tree: &Tree{Kind: SyncNode, Sync: s.Name, Title: "sync " + s.Name + " did not match"}}
	v.tree.at(s.Span, "")
	var found []*Tree
	for i, p := range s.When {
		if a := got.chosen[i]; a != nil {
			found = append(found, r.matchedBy(i, p, a))
			continue
		}
		cost, reason, line := r.misses(p, got, q)
		if cost < 0 {
			return nil
		}
		v.cost += cost
		if v.text == "" {
			v.text = "sync " + s.Name + " did not match: nothing fits its line at " + p.Span.String() + " (" + clip(p.Text) + "); " + reason
			line.Cause = line.Culprit() == nil
		} else {
			line.shorten()
		}
		v.tree.add(line)
	}
	v.tree.add(found...)
	if v.text == "" {
		// Every line finds its action, and yet it was not considered: the flow
		// broke off before, or the program was another one then.
		v.text = "sync " + s.Name + " did not match, though each of its lines has an action that fits"
		if len(r.Faults) > 0 {
			v.text += ": the flow faulted before"
		}
		v.tree.Title = v.text
		for _, f := range r.Faults {
			v.tree.add(&Tree{Kind: FaultNode, Title: "the flow faulted: " + f})
		}
	}
	return v
}

// shorten leaves of a further line that nothing fits what is nearest to it: the
// way behind the first one is enough to follow.
func (t *Tree) shorten() {
	t.acquit()
	for _, c := range t.Children {
		for _, n := range c.Children {
			if n.Kind == SyncNode {
				n.Children = nil
			}
		}
	}
}

// matchedBy shows a line of when and the action that stands for it.
func (r *record) matchedBy(i int, p *plan.Pattern, a *action) *Tree {
	t := &Tree{Kind: WhenNode, Title: "line " + strconv.Itoa(i+1) + " of when fits " + a.Label(), Action: a.ID.String(), Name: a.Name}
	return t.at(p.Span, p.Text)
}

// An assignment gives as many lines of when an action as it can.
type assignment struct {
	record *record
	sync   *plan.Sync
	chosen []*action
	best   []*partial // equally full, at most equals of them
	steps  int
}

// equals is how many equally full ways of matching are compared.
const equals = 32

// A partial is a way of matching some of the lines.
type partial struct {
	chosen []*action
	bound  []bound
	count  int
}

// A bound is the value of a variable, and where it comes from.
type bound struct {
	slot    int
	value   value.Value
	pattern *plan.Pattern
	action  *action
	column  plan.Column
}

// try goes through the lines from i on. The first ways that it finds fill the
// earlier lines.
func (b *assignment) try(i, count int, vars []bound) {
	if b.steps--; b.steps < 0 && b.best != nil {
		return
	}
	full := 0
	if b.best != nil {
		full = b.best[0].count
	}
	if count+len(b.chosen)-i < full {
		return
	}
	if i == len(b.chosen) {
		if count > full {
			b.best = nil
		}
		if len(b.best) < equals {
			b.best = append(b.best, &partial{slices.Clone(b.chosen), slices.Clone(vars), count})
		}
		return
	}
	p := b.sync.When[i]
	for _, a := range b.record.Of(p.Action) {
		if slices.Contains(b.chosen, a) || !ends(p, a) {
			continue
		}
		if next, ok := bind(p, a, vars); ok {
			b.chosen[i] = a
			b.try(i+1, count+1, next)
			b.chosen[i] = nil
		}
		if b.steps < 0 && b.best != nil {
			return
		}
	}
	b.try(i+1, count, vars)
}

// ends tells whether an action ended as a line wants it.
func ends(p *plan.Pattern, a *action) bool {
	if p.Refused {
		return a.Outcome == journal.Refused
	}
	return a.Outcome == journal.Returned
}

// bind holds an action against a line and adds what its variables are.
func bind(p *plan.Pattern, a *action, vars []bound) ([]bound, bool) {
	if len(differences(p, a, vars)) > 0 {
		return nil, false
	}
	vars = slices.Clip(vars)
	for _, v := range p.Vars {
		if find(vars, v.Slot) == nil {
			vars = append(vars, bound{v.Slot, a.Column(v.Column), p, a, v.Column})
		}
	}
	return vars, true
}

func find(vars []bound, slot int) *bound {
	for i := range vars {
		if vars[i].slot == slot {
			return &vars[i]
		}
	}
	return nil
}

// A candidate is an action that a line of when might have meant.
type candidate struct {
	action *action
	cost   int
	list   []difference
	// far tells that it is a request of another path.
	far bool
}

// candidates gives the actions of a line's kind, nearest first.
func (r *record) candidates(p *plan.Pattern, got *partial) []candidate {
	var list []candidate
	for _, a := range r.Of(p.Action) {
		c := candidate{action: a, list: differences(p, a, got.bound)}
		if !ends(p, a) {
			c.cost += 2
		}
		for i := range c.list {
			d := &c.list[i]
			c.cost += d.cost()
			if d.anotherPath() && (!d.near || len(c.list) > 1 || got.count < len(got.chosen)-1) {
				c.far = true
			}
		}
		if c.far {
			c.cost += 10 // a sync of this path is nearer, whatever else it lacks
		}
		if len(c.list) == 0 && ends(p, a) {
			c.cost = 2
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.cost, b.cost) })
	return list
}

// misses says why a line found no action. The cost is -1 where the sync is
// about requests of another path and not every sync is wanted.
func (r *record) misses(p *plan.Pattern, got *partial, q *question) (int, string, *Tree) {
	list := r.candidates(p, got)
	t := (&Tree{Kind: WhenNode, Title: "nothing fits this line of when"}).at(p.Span, p.Text)
	if len(list) == 0 {
		cost, text := r.neverAsked(p.Action, q, t)
		return cost, text, t
	}
	if slices.ContainsFunc(list, func(c candidate) bool { return c.far }) && !q.every {
		return -1, "", nil
	}
	for i := range list[:min(len(list), 3)] {
		t.add(r.candidate(p, &list[i]))
	}
	if n := len(list) - 3; n > 0 {
		t.add(note("and " + strconv.Itoa(n) + " more that are further off"))
	}
	text := list[0].text(p)
	if len(list) > 1 {
		text = "of the " + strconv.Itoa(len(list)) + " that were asked, the nearest: " + text
	}
	return list[0].cost, text, t
}

// text says why one action does not stand for a line.
func (c *candidate) text(p *plan.Pattern) string {
	var why []string
	if !ends(p, c.action) {
		why = append(why, c.action.Name+" "+ended(c.action)+", and the line wants it to have "+wanted(p))
	}
	for i := range c.list {
		why = append(why, c.list[i].text())
	}
	if len(why) == 0 {
		return "the " + c.action.Name + " of this flow stands for another of its lines already"
	}
	return strings.Join(why, ", and ")
}

func wanted(p *plan.Pattern) string {
	if p.Refused {
		return "been refused"
	}
	return "returned"
}

// candidate shows an action, who asked it, and in what it differs.
func (r *record) candidate(p *plan.Pattern, c *candidate) *Tree {
	a := c.action
	t := r.action(a)
	t.Kind = CandidateNode
	if k := askingOf(a); k != nil && k.line != nil {
		t.at(k.line.Span, k.line.Text)
	}
	if !ends(p, a) {
		t.add(&Tree{Kind: DifferenceNode, Title: "it " + ended(a) + ", and the line wants it to have " + wanted(p)})
	}
	for i := range c.list {
		d := &c.list[i]
		n := &Tree{Kind: DifferenceNode, Title: d.text()}
		if text := d.remark(); text != "" {
			n.add(note(text))
		}
		if d.kind != missing || !d.column.Out {
			n.add(r.origin(a, d.column, begin()))
		}
		if o := d.other; o != nil {
			other := &Tree{Kind: SourceNode, Action: o.action.ID.String(), Title: d.slotName(o) + " = " +
				show(o.value, o.action.ColumnType(o.column)) + " in " + o.action.Label() + ", which fits this line"}
			n.add(other.at(o.pattern.Span, o.pattern.Text))
			other.add(r.origin(o.action, o.column, begin()))
		}
		t.add(n)
	}
	if len(t.Children) == 0 {
		t.add(note("it stands for another line of this sync already, and each line needs an action of its own"))
	}
	return t
}

// neverAsked goes on to who would have asked an action.
func (r *record) neverAsked(a *plan.Action, q *question, line *Tree) (int, string) {
	text := "nothing in this flow asked " + a.FullName()
	wanted := func(x *plan.Ask) bool { return x.Action == a }
	if fault := r.cut(); fault != nil {
		line.add(fault)
		return 3, text + " before " + fault.Title
	}
	if v := r.nearest(q.about(wanted)); v != nil {
		line.add(&Tree{Kind: NoteNode, Title: text + "; this sync could have", Children: []*Tree{v.tree}})
		return 1 + v.cost, text + ": " + v.text
	}
	var askers []string
	for _, s := range r.Plan.Syncs {
		if slices.ContainsFunc(s.Asks, wanted) {
			askers = append(askers, s.Name)
		}
	}
	switch {
	case a.Role == plan.Request:
		line.add(note("this flow was not opened by a request, but by " + r.Actions[0].Label()))
	case len(askers) == 0:
		text += ", and no sync asks it at all"
		line.add(note(text))
		line.add(r.idle()...)
	default:
		line.add(note(text + "; it is asked by " + enumerate(askers)))
		line.add(r.idle()...)
	}
	return 6, text
}

// idle gives the last actions of the flow that no sync matched: where something
// else was meant to be asked, it is one of them that was asked instead.
func (r *record) idle() []*Tree {
	var list []*Tree
	for i := len(r.Actions) - 1; i >= 0 && len(list) < 3; i-- {
		a := r.Actions[i]
		k := askingOf(a)
		if a.Spec == nil || a.Spec.Role != plan.Ordinary || k == nil || k.line == nil || len(taken(a)) > 0 {
			continue
		}
		t := &Tree{Kind: NoteNode, Action: a.ID.String(), Name: a.Name, Title: a.Label() + " was asked, and no sync matched it"}
		list = append(list, t.at(k.line.Span, k.line.Text))
	}
	return list
}

// anotherPath tells that a request has another path, near or not.
func (d *difference) anotherPath() bool {
	return d.kind == unequal && d.pattern.Action.Role == plan.Request && d.name == "path" && !d.sameFold()
}

// namesOf lists what an action was given.
func namesOf(a *action) []string {
	names := slices.Clone(a.Further)
	for i, v := range a.In {
		if !v.IsNull() {
			names = append(names, a.Spec.Inputs[i])
		}
	}
	return names
}

// nearestName finds what an action was given that looks like a name.
func nearestName(a *action, name string) (string, bool) { return diag.Nearest(name, namesOf(a)) }
