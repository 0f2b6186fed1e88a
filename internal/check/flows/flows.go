// Package flows analyzes the possible executions of a checked program. It reports
// what can go wrong in them: requests that are answered twice or not at all, answers
// of success that hide a refusal, syncs that never fire, cycles of syncs, routes that
// change state without looking at a credential.
//
// [Check] checks a program completely: it resolves the names and types with package
// check, and analyzes the result. [Analyze] analyzes a program that is resolved
// already. The main type is [EntryPoint], a way in which flows start, with what can
// happen in them.
//
// # Algorithm
//
// The analysis is a path-sensitive abstract interpretation. For each entry point a walk
// (walk.go) explores a graph of abstract states, breadth first. A [state]
// (state.go) is a flow at one point of one path: the tasks that are left, the
// completed actions that syncs may still match, and the path constraints.
//
// Values are symbolic. The constraints (constraints.go) say which values are equal,
// unequal, null or equal to a literal, and which predicates over them are known to
// hold or not. A predicate is a line of where that reads state, or a condition
// without logical operators (atom.go, evaluate.go). It is uninterpreted: the same
// predicate with the same arguments has the same truth until an action of an
// instance that it reads returns. Exceptions: comparisons with numbers are
// intervals (intervals.go), and members and rows that must exist are derived from
// the specification (membership.go, multiplicity.go).
//
// A step (step.go, ask.go, match.go) executes one task as the engine would. Where
// the constraints do not decide, the path branches, and each branch assumes its
// condition: each asked action returns, or is refused with each of its codes; a
// pattern matches or not; a line of where (where.go, inside.go) keeps the frame or drops
// it.
//
// States join if they are equal: each state is reduced to what can still matter,
// its values are renumbered (canonical.go), and a state with a known key is not
// explored again. Nothing is lost in a join, and there is no widening. Three bounds
// make the graph finite: a where gives no frame, one frame or two; a cycle of syncs
// is followed twice; and a walk ends after a number of states. The order of
// exploration makes the first path to a state a shortest one; findings describe
// that path (describe.go).
//
// # Whose data
//
// A walk of a route also follows what the client chooses. Each value has a set of
// [origins] (origins.go): the fields of the request on which it depends, the caller, or
// a credential. A field gets an origin of its own; what a line reads has the origins of
// what it was read by; an expression has those of its variables. What is read with a
// credential, or with a secret that the state has too, has the origin of the caller.
//
// A [relation] is a partition of the origins of one path. A line that keeps a frame
// puts all origins of its values into one group (relate.go, scope.go); equal values are
// related too. Views are followed line by line, at any depth. A fold relates nothing outside,
// but its value remembers what is related if it is not empty, so that a condition that
// is false for the empty value relates it (decide.go). In “or”, both sides must relate.
//
// A use (whose.go) is an action that changes something, or an answer, that depends on
// an origin outside of the caller's group. Since the relation is part of the abstract
// state, a use is found on each path that reaches it before the lines that relate.
// access.go reports uses and describes the result for each field; blame.go and
// viewuses.go find the view that several uses have in common.
//
// The analysis finds each identity that reaches an action without such a line. It does
// not prove that a line is the right one: it knows which values a line compares, not what
// the comparison means. What is found by a text of the client, such as the article of
// a slug, must be related before it is changed, but not before it is read.
//
// Entry points are independent of each other, so workers (workers.go) explore
// several at the same time over one immutable [model] of the program (model.go,
// drops.go, literals.go, cycles.go). The results are collected in the order of the
// entry points (report.go), and reported by twice.go, success.go, unanswered.go and
// paths.go, unreachable.go, cycles.go, routes.go and access.go. duplicate.go and rows.go
// report work that is done twice; they compare what syncs require and compute, as texts
// (meaning.go). entrypoint.go, open.go and answer.go describe the entry points themselves.
//
// # Guarantees
//
// The exploration over-approximates: each execution of the engine in which no
// action faults follows a path of the graph, up to the bounds above. A test
// compares random programs with the engine. So a sync that is not in EntryPoint.Syncs
// does not fire in such a flow, and the findings about what never happens are
// right. They are left out if a walk ended early, which is a finding of its own.
// The converse does not hold: a reported path may be infeasible where the program
// relates values in a way that the constraints do not express.
//
// The findings and their order depend on the texts alone, not on the number of
// workers.
//
// The package does not analyze programs with errors. It does not model faults,
// time, other flows that run at the same time, or the Go code of concepts beyond
// their specifications.
package flows

import (
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// An Analysis is a checked program with the results of the analysis.
type Analysis struct {
	*check.Program
	// EntryPoints are the entry points of the program, routes first. If the program has
	// errors, they have no outcomes.
	EntryPoints []*EntryPoint
}

// Check resolves the texts of one program and analyzes its flows. The result is
// never nil. The findings are those of package check and of the analysis, sorted by
// position.
func Check(files []*syntax.File, opt check.Options) (*Analysis, []diag.Diagnostic) {
	p, found := check.Check(files, opt)
	entries, more := Analyze(p)
	return &Analysis{p, entries}, diag.Sort(append(found, more...))
}

// Analyze finds the entry points of a program and explores the flows that each can
// start. It does not report the findings of package check again.
func Analyze(p *check.Program) ([]*EntryPoint, []diag.Diagnostic) {
	an := &analyzer{program: p}
	an.run()
	return an.entries, an.found
}

// An analyzer is one run of Analyze.
type analyzer struct {
	program *check.Program
	entries []*EntryPoint
	found   []diag.Diagnostic
	opt     options
}

// options select slower ways to the same results, for tests.
type options struct {
	noJoin bool // equal states do not join
	serial bool // one worker explores all entry points
}

func (an *analyzer) run() {
	defer func() {
		an.program.KeepCertain(an.found)
		an.credentialOrigins()
		an.found = an.program.AtOrigins(an.found)
	}()
	an.entries = an.findEntryPoints()
	an.requestFields()
	an.resolveOpens()
	if an.program.Broken || diag.HasErrors(an.found) {
		return
	}
	an.explore()
}

func (an *analyzer) add(d diag.Diagnostic) { an.found = append(an.found, d) }
