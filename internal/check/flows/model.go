package flows

import (
	"maps"
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A model is a program prepared for exploration: it has the patterns that each
// action may match, the columns that they look at, the predicates of lines, and the
// variables that are live at each line.
type model struct {
	program        *check.Program
	actions        []*actionInfo
	byAction       map[*check.Action][]*actionInfo // one for each instance
	syncs          []*syncInfo                     // sorted by name
	literals       literalTable
	predicates     map[string]int32      // numbers; 0 is the predicate of nothing
	linePredicates map[*check.Line]int32 // of the lines that read state
	memberships    map[setRef]int32
	uses           []int               // by predicate, the number of its occurrences
	reads          [][]*check.Instance // by predicate, the instances whose state it reads
	bounds         map[int32]bound     // by predicate, for comparisons with numbers
	bounded        map[string][]int32
	proven         map[*check.View][]provenParam
	neverDropping  map[*check.View]bool // whether a view gives a frame for all inputs
	exactViews     map[*check.View]bool // whether the lines of a view are executed
	exactLines     map[*check.Line]bool // the blocks and folds whose lines are executed
	tested         map[*check.Line]bool // the “maybe” lines whose result a condition looks at
	forbidding     map[*check.Line]bool // those that answer 403, and bind nothing that a condition looks at
	belowOne       int32                // the predicate “is less than 1”
	// frozen is set when the model is complete. From then on it does not change,
	// and several walks may read it.
	frozen bool
}

// An actionInfo is an action of an instance.
type actionInfo struct {
	index    int
	instance *check.Instance
	spec     *check.Action
	request  bool // it is Requesting.request
	respond  bool // it is Requesting.respond
	columns  []column
	returned []patternRef // the patterns that may match it, in the order in which the engine considers them
	refused  []patternRef
	// joined reports, for returned and refused, whether a sync with several
	// patterns matches it. Such a completion is kept for later matches.
	joined [2]bool
}

func (a *actionInfo) name() string { return a.instance.Name + "." + a.spec.Name }

// changesState reports whether an action has an effect that others can see.
func (a *actionInfo) changesState() bool {
	return !a.request && !a.respond && (a.spec.Tree.Effects != nil || a.spec.Kind == syntax.Effect)
}

// A column is an input or output of an action that some pattern names.
type column struct {
	kind columnKind
	name string
}

type columnKind int8

const (
	inputColumn columnKind = iota
	outputColumn
	refusalColumn // "error" or "refusal"
)

type patternRef struct {
	sync    *syncInfo
	pattern int
}

type syncInfo struct {
	index  int
	sync   *check.Sync
	when   []*patternInfo
	stages []*stageInfo
	lists  []*askList // every then and else
	// whenVars reports which variables the patterns bind.
	whenVars []bool
	cyclic   bool // its actions may make it fire again
	mayDrop  bool // its where may drop a frame
}

// mayAsk reports whether the sync asks an action that a pattern may match.
func (s *syncInfo) mayAsk(m *model, p *patternInfo) bool {
	for _, asking := range s.lists {
		for _, a := range asking.asks {
			if a.action == p.action && p.mayMatch(m, a.ask) {
				return true
			}
		}
	}
	return false
}

// A stageInfo is a stage of a sync.
type stageInfo struct {
	index int
	then  *askList
	where []*lineInfo
	// severalFrames reports, for each line of where and for then, whether more than
	// one frame of the stage can reach it.
	severalFrames []bool
	determined    map[*check.Var]bool
}

// matchesAnyPath reports whether the sync matches requests and names no path.
func (s *syncInfo) matchesAnyPath() bool {
	return slices.ContainsFunc(s.when, func(p *patternInfo) bool { return p.action.request && p.path == "" })
}

type patternInfo struct {
	pattern *check.Pattern
	action  *actionInfo
	tests   []columnTest
	path    string // of a request; "" for any
	// startsFlow is set if it is the only pattern of its sync and names a path. The
	// HTTP front turns away a request that no such pattern of its route matches.
	startsFlow bool
}

// mayMatch reports whether the literals of the pattern are compatible with those of
// a line.
func (p *patternInfo) mayMatch(m *model, a *check.Ask) bool {
	for _, c := range p.tests {
		column := p.action.columns[c.column]
		if column.kind != inputColumn || c.variable >= 0 || c.any {
			continue
		}
		given := slices.IndexFunc(a.In, func(x *check.Arg) bool { return x.Name == column.name })
		switch {
		case given < 0:
			if c.literal != 0 {
				return false
			}
		case a.In[given].Term.Var == nil && a.In[given].Term.Expr == nil:
			if m.literals.intern(a.In[given].Term.Literal) != c.literal {
				return false
			}
		}
	}
	return true
}

// A columnTest is what a pattern requires of a column.
type columnTest struct {
	column   int
	variable int   // the variable that it binds or compares, -1 for none
	literal  int32 // 0 is null
	any      bool
	optional bool
}

// An askList is the lines of a then or an else.
type askList struct {
	sync    *syncInfo
	number  int            // in the lists of the sync
	next    *stageInfo     // the stage after a then
	line    *check.Line    // of the else; nil for then
	handler *check.Handler // of the else below a line of then
	asks    []*askInfo
	live    [][]int // by line, the variables that it and later lines use
	joint   bool
}

type askInfo struct {
	ask      *check.Ask
	action   *actionInfo
	handlers []*askList
	where    *stageInfo // that gives the frames for which it is asked; nil for one
}

// handler returns the list that is asked when the action is refused with a code, nil
// if there is none.
func (a *askInfo) handler(code string) *askList {
	h := a.ask.Handler(code)
	for _, list := range a.handlers {
		if list.handler == h {
			return list
		}
	}
	return nil
}

type lineInfo struct {
	line    *check.Line
	orelse  *askList
	mayDrop bool
}

func (an *analyzer) buildModel() *model {
	m := &model{program: an.program, byAction: map[*check.Action][]*actionInfo{}, predicates: map[string]int32{},
		linePredicates: map[*check.Line]int32{}, memberships: map[setRef]int32{},
		neverDropping: map[*check.View]bool{}, proven: map[*check.View][]provenParam{},
		bounds: map[int32]bound{}, bounded: map[string][]int32{},
		exactViews: map[*check.View]bool{}, exactLines: map[*check.Line]bool{}, tested: map[*check.Line]bool{}, forbidding: map[*check.Line]bool{}}
	m.predicate("")
	m.addBelowOne()
	for _, name := range slices.Sorted(maps.Keys(an.program.Instances)) {
		i := an.program.Instances[name]
		for _, a := range i.Concept.Actions {
			m.action(i, a)
		}
	}
	for n, s := range an.program.Syncs {
		m.syncs = append(m.syncs, &syncInfo{index: n, sync: s})
	}
	for _, s := range m.syncs {
		for n, p := range s.sync.When {
			s.when = append(s.when, m.addPattern(s, n, p))
		}
	}
	for _, s := range m.syncs {
		m.addBody(s)
	}
	for _, v := range m.program.Views {
		m.neverDrops(v)
	}
	m.markCycles()
	m.frozen = true
	return m
}

func (m *model) action(i *check.Instance, a *check.Action) *actionInfo {
	for _, x := range m.byAction[a] {
		if x.instance == i {
			return x
		}
	}
	x := &actionInfo{index: len(m.actions), instance: i, spec: a}
	if i.Concept.Name == check.RequestingConcept {
		x.request, x.respond = a.Name == "request", a.Name == "respond"
	}
	m.actions = append(m.actions, x)
	m.byAction[a] = append(m.byAction[a], x)
	return x
}

func (a *actionInfo) column(c column) int {
	i := slices.Index(a.columns, c)
	if i < 0 {
		i = len(a.columns)
		a.columns = append(a.columns, c)
	}
	return i
}

func (m *model) addPattern(s *syncInfo, n int, p *check.Pattern) *patternInfo {
	x := &patternInfo{pattern: p, action: m.action(p.Instance, p.Action)}
	if s.whenVars == nil {
		s.whenVars = make([]bool, len(s.sync.Vars))
	}
	add := func(a *check.Arg, kind columnKind) {
		c := columnTest{column: x.action.column(column{kind, a.Name}), variable: -1, any: a.Term.Any, optional: a.Optional}
		if a.Term.Var != nil {
			c.variable = a.Term.Var.Index
			s.whenVars[c.variable] = true
		} else {
			c.literal = m.literals.intern(a.Term.Literal)
		}
		x.tests = append(x.tests, c)
	}
	for _, a := range p.In {
		add(a, inputColumn)
	}
	for _, a := range p.Out {
		if p.Refused {
			add(a, refusalColumn)
		} else {
			add(a, outputColumn)
		}
	}
	if x.action.request {
		method, path := p.Route()
		x.path = path
		x.startsFlow = path != "" && len(s.sync.When) == 1
		if path != "" && method == "POST" && !slices.ContainsFunc(p.In, func(a *check.Arg) bool { return a.Name == "method" }) {
			x.tests = append(x.tests, columnTest{column: x.action.column(column{inputColumn, "method"}), variable: -1, literal: m.literals.intern(value.String("POST"))})
		}
	}
	ref := patternRef{s, n}
	several := len(s.sync.When) > 1
	if p.Refused {
		x.action.refused = append(x.action.refused, ref)
		x.action.joined[1] = x.action.joined[1] || several
	} else {
		x.action.returned = append(x.action.returned, ref)
		x.action.joined[0] = x.action.joined[0] || several
	}
	return x
}

// addBody adds where and then of a sync.
func (m *model) addBody(s *syncInfo) {
	var bound []*check.Var
	for i, is := range s.whenVars {
		if is {
			bound = append(bound, s.sync.Vars[i])
		}
	}
	for n, x := range s.sync.Stages {
		stage := m.newStage(s, n, x.Where, bound)
		s.stages = append(s.stages, stage)
		for _, l := range x.Where {
			bound = append(bound, l.Nulls...)
		}
		stage.then = m.newAskList(s, nil, x.Then)
		stage.then.joint = x.Together
		if n > 0 {
			s.stages[n-1].then.next = stage
		}
		for _, a := range x.Then {
			for _, o := range a.Out {
				if o.Binds {
					bound = append(bound, o.Term.Var)
				}
			}
		}
	}
	for _, stage := range s.stages {
		each := slices.ContainsFunc(stage.then.asks, func(a *askInfo) bool { return a.ask.Where != nil })
		if stage.then.next != nil || each {
			stage.then.keepAll(len(s.sync.Vars))
		}
		for _, a := range stage.then.asks {
			if a.ask.Where != nil {
				a.where = m.newStage(s, stage.index, a.ask.Where, bound)
				a.where.then = stage.then
			}
		}
	}
}

// newStage returns a stage with a where and no then. The variables of bound have values.
func (m *model) newStage(s *syncInfo, index int, where []*check.Line, bound []*check.Var) *stageInfo {
	stage := &stageInfo{index: index}
	r := multiplicityOf(where, bound)
	stage.severalFrames, stage.determined = r.several, r.determined
	for n, l := range where {
		info := &lineInfo{line: l, mayDrop: m.mayDrop(l)}
		if len(l.Else) > 0 {
			info.orelse = m.newAskList(s, l, l.Else)
		}
		s.mayDrop = s.mayDrop || info.mayDrop
		stage.where = append(stage.where, info)
		m.countUses(l)
		m.addTested(l, where[n+1:])
		m.forbidding[l] = forbids(l) && !slices.ContainsFunc(where[n+1:], func(x *check.Line) bool { return looksAt(x, l.Nulls) })
		if b, ok := l.Body.(*check.ViewLine); ok {
			m.neverDrops(b.View)
			m.provenParams(b.View)
		}
	}
	return stage
}

// keepAll makes all variables of the sync live, since a later stage may use them.
func (a *askList) keepAll(vars int) {
	all := make([]int, vars)
	for i := range all {
		all[i] = i
	}
	for i := range a.live {
		a.live[i] = all
	}
}

func (m *model) newAskList(s *syncInfo, l *check.Line, list []*check.Ask) *askList {
	a := &askList{sync: s, number: len(s.lists), line: l, live: make([][]int, len(list)+1)}
	s.lists = append(s.lists, a)
	for _, x := range list {
		info := &askInfo{ask: x, action: m.action(x.Instance, x.Action)}
		for _, h := range x.Handlers {
			handler := m.newAskList(s, nil, h.Asks)
			handler.handler = h
			info.handlers = append(info.handlers, handler)
		}
		a.asks = append(a.asks, info)
	}
	for n := len(list) - 1; n >= 0; n-- {
		live := slices.Clone(a.live[n+1])
		use := func(index int) {
			if !slices.Contains(live, index) {
				live = append(live, index)
			}
		}
		for _, v := range slices.Concat(variablesOf(list[n].In), variablesOf(list[n].Out)) {
			use(v.Index)
		}
		for _, handler := range a.asks[n].handlers {
			for _, index := range handler.live[0] {
				use(index)
			}
		}
		slices.Sort(live)
		a.live[n] = live
	}
	return a
}
