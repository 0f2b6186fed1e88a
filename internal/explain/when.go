package explain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// unmatched says which line of when no action matched, and how the nearest
// action differs. It returns nil for a sync over requests with another path,
// unless the path looks like a typing error or q.every is set.
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

// lacks says which lines of when have no action in a partial match.
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
			v.text = "sync " + s.Name + " did not match: no action matches its line at " + p.Span.String() + " (" + words.Clip(p.Text, shown) + "); " + reason
			line.Cause = line.CauseNode() == nil
		} else {
			line.shorten()
		}
		v.tree.add(line)
	}
	v.tree.add(found...)
	if v.text == "" {
		// Each line has an action, but the match was not considered: the flow
		// faulted before, or the program has changed since.
		v.text = "sync " + s.Name + " did not match, although an action matches each of its lines"
		if len(r.Faults) > 0 {
			v.text += ": the flow faulted before"
		}
		v.tree.Title = v.text
		v.tree.add(r.faultNodes()...)
	}
	return v
}

// shorten removes the explanations of other syncs below a further line that no
// action matches. The explanation of the first such line is enough.
func (t *Tree) shorten() {
	t.clearCauses()
	for _, c := range t.Children {
		for _, n := range c.Children {
			if n.Kind == SyncNode {
				n.Children = nil
			}
		}
	}
}

// matchedBy returns the node of a line of when and the action that matched it.
func (r *record) matchedBy(i int, p *plan.Pattern, a *action) *Tree {
	t := &Tree{Kind: WhenNode, Title: "line " + strconv.Itoa(i+1) + " of when matched " + a.Label(), Action: a.ID.String(), Name: a.Name}
	return t.at(p.Span, p.Text)
}

// An assignment is a search for matches of as many lines of when as possible.
type assignment struct {
	record *record
	sync   *plan.Sync
	chosen []*action
	best   []*partial // with the most matched lines, at most equals of them
	steps  int
}

// equals is the largest number of equally good partial matches to compare.
const equals = 32

// A partial is a match of some of the lines.
type partial struct {
	chosen []*action
	bound  []bound
	count  int
}

// A bound is the value of a variable and its origin.
type bound struct {
	slot    int
	value   value.Value
	pattern *plan.Pattern
	action  *action
	column  plan.Column
}

// try searches the matches of the lines from i on. It prefers matches of the
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

// ends reports whether the outcome of an action is what a line requires.
func ends(p *plan.Pattern, a *action) bool {
	if p.Refused {
		return a.Outcome == journal.Refused
	}
	return a.Outcome == journal.Returned
}

// bind matches an action with a line and adds the values of its variables.
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

// A candidate is an action that nearly matches a line of when.
type candidate struct {
	action *action
	cost   int
	list   []difference
	// far means that the action is a request with another path.
	far bool
}

// candidates returns the asked actions with the name in a line, nearest first.
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
			c.cost += 10 // a sync for the path of the request is always nearer
		}
		if len(c.list) == 0 && ends(p, a) {
			c.cost = 2
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.cost, b.cost) })
	return list
}

// misses says why no action matches a line. The cost is -1 if the sync is for
// requests with another path and q.every is not set.
func (r *record) misses(p *plan.Pattern, got *partial, q *question) (int, string, *Tree) {
	list := r.candidates(p, got)
	t := (&Tree{Kind: WhenNode, Title: "no action matches this line of when"}).at(p.Span, p.Text)
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
		t.add(note(strconv.Itoa(n) + " more differ further"))
	}
	text := list[0].text(p)
	if len(list) > 1 {
		text = strconv.Itoa(len(list)) + " were asked; in the nearest, " + text
	}
	return list[0].cost, text, t
}

// text says why an action does not match a line.
func (c *candidate) text(p *plan.Pattern) string {
	var why []string
	if !ends(p, c.action) {
		why = append(why, c.action.Name+" "+ended(c.action)+", but the line requires "+wanted(p))
	}
	for i := range c.list {
		why = append(why, c.list[i].text())
	}
	if len(why) == 0 {
		return "the " + c.action.Name + " of this flow already matches another of its lines"
	}
	return strings.Join(why, ", and ")
}

func wanted(p *plan.Pattern) string {
	if p.Refused {
		return "a refusal"
	}
	return "that it returns"
}

// candidate returns the node of an action: what asked it and how it differs.
func (r *record) candidate(p *plan.Pattern, c *candidate) *Tree {
	a := c.action
	t := r.action(a)
	t.Kind = CandidateNode
	if k := r.askingOf(a); k != nil && k.line != nil {
		t.at(k.line.Span, k.line.Text)
	}
	if !ends(p, a) {
		t.add(&Tree{Kind: DifferenceNode, Title: "it " + ended(a) + ", but the line requires " + wanted(p)})
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
				show(o.value, o.action.ColumnType(o.column)) + " in " + o.action.Label() + ", which matched this line"}
			n.add(other.at(o.pattern.Span, o.pattern.Text))
			other.add(r.origin(o.action, o.column, begin()))
		}
		t.add(n)
	}
	if len(t.Children) == 0 {
		t.add(note("it already matches another line of this sync; each line needs its own action"))
	}
	return t
}

// neverAsked says why an action was not asked: which sync could have asked it,
// and why it did not.
func (r *record) neverAsked(a *plan.Action, q *question, line *Tree) (int, string) {
	text := a.FullName() + " was not asked in this flow"
	wanted := func(x *plan.Ask) bool { return x.Action == a }
	if fault := r.cut(); fault != nil {
		line.add(fault)
		return 3, text + " before it faulted: " + fault.Title
	}
	if v := r.nearest(q.about(wanted)); v != nil {
		line.add(&Tree{Kind: NoteNode, Title: text + "; this sync could have asked it", Children: []*Tree{v.tree}})
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
		line.add(note("no request opened this flow; " + r.Actions[0].Label() + " did"))
	case len(askers) == 0:
		text += ", and no sync asks it"
		line.add(note(text))
		line.add(r.idle()...)
	default:
		line.add(note(text + "; the syncs that ask it are " + words.Enumerate(askers, "and")))
		line.add(r.idle()...)
	}
	return 6, text
}

// idle returns the last actions of the flow that no sync matched. If a sync
// asked the wrong action, it is among them.
func (r *record) idle() []*Tree {
	var list []*Tree
	for i := len(r.Actions) - 1; i >= 0 && len(list) < 3; i-- {
		a := r.Actions[i]
		k := r.askingOf(a)
		if a.Spec == nil || a.Spec.Role != plan.Ordinary || k == nil || k.line == nil || len(taken(a)) > 0 {
			continue
		}
		t := &Tree{Kind: NoteNode, Action: a.ID.String(), Name: a.Name, Title: a.Label() + " was asked, but no sync matched it"}
		list = append(list, t.at(k.line.Span, k.line.Text))
	}
	return list
}

// anotherPath reports whether the difference is the path of a request.
func (d *difference) anotherPath() bool {
	return d.kind == unequal && d.pattern.Action.Role == plan.Request && d.name == "path" && !d.sameFold()
}

// namesOf returns the names of the inputs that an action was given.
func namesOf(a *action) []string {
	names := slices.Clone(a.Further)
	for i, v := range a.In {
		if !v.IsNull() {
			names = append(names, a.Spec.Inputs[i])
		}
	}
	return names
}

// nearestName returns the given input that is nearest to a name.
func nearestName(a *action, name string) (string, bool) { return diag.Nearest(name, namesOf(a)) }
