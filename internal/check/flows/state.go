package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
)

// A state is an abstract state: a flow at one point of a path.
type state struct {
	constraints
	request   sym          // the request that the flow answers, 0 if there is none
	completed []completion // the completed actions that syncs may still match
	stack     []task       // the last task is executed first
	// answered counts the answers, up to 2.
	answered int8
	// started is set when a sync that the request alone starts has fired.
	started bool
	// checkedCredential is set when a line has used a credential.
	checkedCredential bool
	// fallback is the first refusal that no sync can match any more.
	fallback *Unhandled
	// returned is set when an action has returned, until there is an answer.
	returned bool
	// ignored is the first refusal of which an answer may not know, until there is one.
	ignored *refusedAsk
	// answer describes the first answer.
	answer answerTraits
}

// A completion is a completed action.
type completion struct {
	action    *actionInfo
	refusal   *check.Refusal // nil if it returned
	values    []sym
	list      *askList // the list that asked it, nil for the first action of the flow
	ask       *askInfo
	matched   bool // a sync has fired for it
	matching  bool // its syncs are being considered
	standing  standing
	ancestors []int16 // the cyclic syncs that led to it
}

// A task is an ask list at one of its lines, or a completed action at one of its
// matches.
type task struct {
	list      *askList
	env       []sym // by Var.Index
	joint     []int // completed so far under "then together"
	ancestors []int16
	standing  standing

	completion int
	matches    []match
	uses       []int // the completions in the matches

	next int
	// frames are those for which the line before next is still to be asked.
	frames [][]sym
}

// A match is a completion for each pattern of a sync.
type match struct {
	sync        *syncInfo
	completions []int
	certain     bool // its conditions hold whatever other syncs find
}

func (st *state) clone() *state {
	c := *st
	c.constraints = st.constraints.clone()
	c.completed = slices.Clone(st.completed)
	c.stack = slices.Clone(st.stack)
	for i := range c.stack {
		c.stack[i].env = slices.Clone(c.stack[i].env)
	}
	return &c
}

func (st *state) top() *task { return &st.stack[len(st.stack)-1] }

func (st *state) pop() { st.stack = st.stack[:len(st.stack)-1] }

// forget removes the facts that depend on the state of an instance.
func (st *state) forget(m *model, i *check.Instance) {
	st.facts = slices.DeleteFunc(st.facts, func(f fact) bool { return slices.Contains(m.reads[f.predicate], i) })
}

// A splitCase is a case of some conditions: all hold, or one is the first that
// fails.
type splitCase struct {
	state  *state
	holds  bool       // all conditions hold
	failed *condition // the condition that fails
	label  string     // names the value that the condition is about
}

// split returns the possible cases of conditions, each with its constraints
// assumed. It uses up the state.
func (st *state) split(conds []condition) []splitCase {
	var list []splitCase
	for i := range conds {
		switch st.test(conds[i]) {
		case yes:
		case no:
			return append(list, splitCase{st, false, &conds[i], st.value(conds[i].a).label})
		default:
			other := st.clone()
			not := conds[i]
			not.want = !not.want
			other.assume(not)
			list = append(list, splitCase{other, false, &conds[i], st.value(conds[i].a).label})
			st.assume(conds[i])
		}
	}
	return append(list, splitCase{st, true, nil, ""})
}
