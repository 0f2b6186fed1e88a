package flows

import (
	"maps"
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// wired is a program made ready to be walked: for each action who matches it
// and what of it they look at, for each line which variables come after it.
type wired struct {
	program   *check.Program
	acts      []*act
	byAction  map[*check.Action][]*act // one for each instance
	syncs     []*wiredSync             // by name
	literals  literals
	families  map[string]int32      // questions of where, without their values; 0 is none of them
	questions map[*check.Line]int32 // the question of each line that reads
	members   map[memberOf]int32
	shared    []int               // how often each stands in the program
	reads     [][]*check.Instance // what each looks at
	bounds    map[int32]bound     // those that hold something against a number
	bounding  map[string][]int32
	proven    map[*check.View][]proof
	dropless  map[*check.View]bool // views that give a frame for each of their user's
	// ready is set when all is wired: from then on nothing changes, and several
	// walks may read it at once.
	ready bool
}

// An act is an action of an instance.
type act struct {
	index    int
	instance *check.Instance
	action   *check.Action
	request  bool // Requesting.request
	respond  bool // Requesting.respond
	cols     []col
	returned []wiredRef // who matches it, in the order in which they are considered
	refused  []wiredRef
	// joins tells, for returned and refused, whether a sync of several lines
	// matches it: then it must be remembered.
	joins [2]bool
}

func (a *act) name() string { return a.instance.Name + "." + a.action.Name }

// A col is an input or output that some pattern looks at.
type col struct {
	kind colKind
	name string
}

type colKind int8

const (
	inCol colKind = iota
	outCol
	refusalCol // error or refusal
)

type wiredRef struct {
	sync    *wiredSync
	pattern int
}

type wiredSync struct {
	index int
	sync  *check.Sync
	when  []*wiredPattern
	then  *asking
	where []*wiredLine
	// many tells for each line of where, and for then, whether several frames
	// can reach it.
	many    []bool
	settled map[*check.Var]bool
	// whenVars are bound by when.
	whenVars []bool
	circular bool // its asks may lead to itself
	drops    bool // its where can drop
}

type wiredPattern struct {
	pattern *check.Pattern
	act     *act
	cells   []cell
	path    string // of a request; "" for any
	// starts is set where it is the only line of its sync and names a path:
	// such a request must have what it needs.
	starts bool
}

// A cell is what a pattern says of a column.
type cell struct {
	col      int
	variable int   // -1 for none
	literal  int32 // 0 is null
	any      bool
	optional bool
}

// asking is a list of lines of then or else.
type asking struct {
	sync  *wiredSync
	line  *check.Line // whose else it is
	asks  []*wiredAsk
	live  [][]int // the variables that are used from each line on
	joint bool
}

type wiredAsk struct {
	ask *check.Ask
	act *act
}

type wiredLine struct {
	line   *check.Line
	orelse *asking
	drops  bool
}

func (an *analyzer) wire() *wired {
	w := &wired{program: an.program, byAction: map[*check.Action][]*act{}, families: map[string]int32{},
		questions: map[*check.Line]int32{}, members: map[memberOf]int32{},
		dropless: map[*check.View]bool{}, proven: map[*check.View][]proof{},
		bounds: map[int32]bound{}, bounding: map[string][]int32{}}
	w.family("")
	for _, name := range slices.Sorted(maps.Keys(an.program.Instances)) {
		i := an.program.Instances[name]
		for _, a := range i.Concept.Actions {
			w.act(i, a)
		}
	}
	for n, s := range an.program.Syncs {
		w.syncs = append(w.syncs, &wiredSync{index: n, sync: s})
	}
	for _, s := range w.syncs {
		for n, p := range s.sync.When {
			s.when = append(s.when, w.pattern(s, n, p))
		}
	}
	for _, s := range w.syncs {
		w.rest(s)
	}
	w.circles()
	w.ready = true
	return w
}

func (w *wired) act(i *check.Instance, a *check.Action) *act {
	for _, x := range w.byAction[a] {
		if x.instance == i {
			return x
		}
	}
	x := &act{index: len(w.acts), instance: i, action: a}
	if i.Concept.Name == check.RequestingConcept {
		x.request, x.respond = a.Name == "request", a.Name == "respond"
	}
	w.acts = append(w.acts, x)
	w.byAction[a] = append(w.byAction[a], x)
	return x
}

func (a *act) col(c col) int {
	i := slices.Index(a.cols, c)
	if i < 0 {
		i = len(a.cols)
		a.cols = append(a.cols, c)
	}
	return i
}

func (w *wired) pattern(s *wiredSync, n int, p *check.Pattern) *wiredPattern {
	x := &wiredPattern{pattern: p, act: w.act(p.Instance, p.Action)}
	if s.whenVars == nil {
		s.whenVars = make([]bool, len(s.sync.Vars))
	}
	add := func(a *check.Arg, kind colKind) {
		c := cell{col: x.act.col(col{kind, a.Name}), variable: -1, any: a.Term.Any, optional: a.Optional}
		if a.Term.Var != nil {
			c.variable = a.Term.Var.Index
			s.whenVars[c.variable] = true
		} else {
			c.literal = w.literals.place(a.Term.Literal)
		}
		x.cells = append(x.cells, c)
	}
	for _, a := range p.In {
		add(a, inCol)
	}
	for _, a := range p.Out {
		if p.Refused {
			add(a, refusalCol)
		} else {
			add(a, outCol)
		}
	}
	if x.act.request {
		method, path := p.Route()
		x.path = path
		x.starts = path != "" && len(s.sync.When) == 1
		if path != "" && method == "POST" && !slices.ContainsFunc(p.In, func(a *check.Arg) bool { return a.Name == "method" }) {
			x.cells = append(x.cells, cell{col: x.act.col(col{inCol, "method"}), variable: -1, literal: w.literals.place(value.String("POST"))})
		}
	}
	ref := wiredRef{s, n}
	several := len(s.sync.When) > 1
	if p.Refused {
		x.act.refused = append(x.act.refused, ref)
		x.act.joins[1] = x.act.joins[1] || several
	} else {
		x.act.returned = append(x.act.returned, ref)
		x.act.joins[0] = x.act.joins[0] || several
	}
	return x
}

// rest wires where and then of a sync.
func (w *wired) rest(s *wiredSync) {
	var bound []*check.Var
	for i, is := range s.whenVars {
		if is {
			bound = append(bound, s.sync.Vars[i])
		}
	}
	r := rowsOf(s.sync.Where, bound)
	s.many, s.settled = r.many, r.settled
	s.then = w.asking(s, nil, s.sync.Then)
	s.then.joint = s.sync.Together
	for _, l := range s.sync.Where {
		x := &wiredLine{line: l, drops: w.drops(l)}
		if len(l.Else) > 0 {
			x.orelse = w.asking(s, l, l.Else)
		}
		s.drops = s.drops || x.drops
		s.where = append(s.where, x)
		w.count(l)
		if b, ok := l.Body.(*check.ViewLine); ok {
			w.surely(b.View)
			w.proofs(b.View)
		}
	}
}

func (w *wired) asking(s *wiredSync, l *check.Line, list []*check.Ask) *asking {
	a := &asking{sync: s, line: l, live: make([][]int, len(list)+1)}
	for _, x := range list {
		a.asks = append(a.asks, &wiredAsk{x, w.act(x.Instance, x.Action)})
	}
	for n := len(list) - 1; n >= 0; n-- {
		live := slices.Clone(a.live[n+1])
		for _, v := range slices.Concat(argVars(list[n].In), argVars(list[n].Out)) {
			if !slices.Contains(live, v.Index) {
				live = append(live, v.Index)
			}
		}
		slices.Sort(live)
		a.live[n] = live
	}
	return a
}

// drops tells whether a line can drop a frame, as far as its form says.
func (w *wired) drops(l *check.Line) bool {
	if !l.CanDrop() {
		return false
	}
	if l.Mode != syntax.PlainLine {
		return true
	}
	switch b := l.Body.(type) {
	case *check.QueryLine:
		return b.Query.Rows != syntax.OneRow || !allBind(b.Out) || len(strict(b.Out, nullables(b))) > 0
	case *check.ViewLine:
		return !w.surely(b.View) || !allBind(b.Out) || len(strict(b.Out, nullables(b))) > 0
	case *check.MemberLine:
		return b.Set.Kind != syntax.ElementDecl || !b.Binds && !b.Subject.Any
	}
	return true
}

// allBind tells whether outputs are given their values here, so that none can
// differ.
func allBind(out []*check.Arg) bool {
	return !slices.ContainsFunc(out, func(a *check.Arg) bool { return !a.Binds && !a.Term.Any })
}

// surely tells whether a view gives a frame whatever it is asked.
func (w *wired) surely(v *check.View) bool {
	if is, ok := w.dropless[v]; ok {
		return is
	}
	w.dropless[v] = true
	for _, l := range v.Where {
		w.dropless[v] = w.dropless[v] && !w.drops(l)
	}
	return w.dropless[v]
}

// nullables are the outputs of a query or view that may be null.
func nullables(body check.LineBody) []string {
	var list []string
	switch b := body.(type) {
	case *check.QueryLine:
		for _, p := range b.Query.Outputs {
			if p.Optional {
				list = append(list, p.Name)
			}
		}
	case *check.ViewLine:
		for _, p := range b.View.Out {
			if !p.Always {
				list = append(list, p.Name)
			}
		}
	}
	return list
}

// strict gives those of some outputs that may be null and are wanted all the
// same: null is given to none that is not marked “?”.
func strict(out []*check.Arg, nullables []string) []string {
	var list []string
	for _, a := range out {
		if a.Term.Var != nil && !a.Optional && slices.Contains(nullables, a.Name) {
			list = append(list, a.Name)
		}
	}
	return list
}

// circles marks the syncs whose asks may lead to themselves.
func (w *wired) circles() {
	var edges [][]int
	seen := make([]int, len(w.syncs)) // the number of the last sync that leads there
	for i, s := range w.syncs {
		var to []int
		for _, list := range s.asking() {
			for _, a := range list.asks {
				for _, refs := range [][]wiredRef{a.act.returned, a.act.refused} {
					for _, ref := range refs {
						n := ref.sync.index
						if seen[n] != i+1 && ref.sync.when[ref.pattern].mayMatch(w, a.ask) {
							seen[n] = i + 1
							to = append(to, n)
						}
					}
				}
			}
		}
		edges = append(edges, to)
	}
	for _, group := range groups(edges) {
		for _, n := range group {
			w.syncs[n].circular = len(group) > 1 || slices.Contains(edges[n], n)
		}
	}
}

// asking gives all that a sync can ask.
func (s *wiredSync) asking() []*asking {
	list := []*asking{s.then}
	for _, l := range s.where {
		if l.orelse != nil {
			list = append(list, l.orelse)
		}
	}
	return list
}

// mayMatch tells whether the pattern's literals leave room for what a line asks.
func (p *wiredPattern) mayMatch(w *wired, a *check.Ask) bool {
	for _, c := range p.cells {
		column := p.act.cols[c.col]
		if column.kind != inCol || c.variable >= 0 || c.any {
			continue
		}
		given := slices.IndexFunc(a.In, func(x *check.Arg) bool { return x.Name == column.name })
		switch {
		case given < 0:
			if c.literal != 0 {
				return false
			}
		case a.In[given].Term.Var == nil && a.In[given].Term.Expr == nil:
			if w.literals.place(a.In[given].Term.Literal) != c.literal {
				return false
			}
		}
	}
	return true
}

// groups gives the strongly connected components of a graph, each sorted.
func groups(edges [][]int) [][]int {
	index := make([]int, len(edges))
	low := make([]int, len(edges))
	on := make([]bool, len(edges))
	var stack []int
	var all [][]int
	next := 1
	var visit func(n int)
	visit = func(n int) {
		index[n], low[n] = next, next
		next++
		stack, on[n] = append(stack, n), true
		for _, to := range edges[n] {
			if index[to] == 0 {
				visit(to)
				low[n] = min(low[n], low[to])
			} else if on[to] {
				low[n] = min(low[n], index[to])
			}
		}
		if low[n] != index[n] {
			return
		}
		var group []int
		for {
			last := stack[len(stack)-1]
			stack, on[last] = stack[:len(stack)-1], false
			group = append(group, last)
			if last == n {
				break
			}
		}
		slices.Sort(group)
		all = append(all, group)
	}
	for n := range edges {
		if index[n] == 0 {
			visit(n)
		}
	}
	return all
}
