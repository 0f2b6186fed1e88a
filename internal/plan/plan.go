// Package plan compiles a checked program into a plan that the engine can run.
//
// Its three main types are [Plan]; [Sync], with a slot for each variable and a join
// order for each pattern that a completed action may match; and [Route], one method
// and path with the fields that its syncs need. It promises that a plan depends only
// on the text, that it prints ([Plan.Print]) in a form that a person can compare with
// the text, and that every part of it has its position there. It runs nothing.
package plan

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A Plan is a program ready to run. It is immutable.
type Plan struct {
	Name      string
	Instances []*Instance // by name
	Actions   []*Action
	Queries   []*Query
	Tables    []*Table
	Syncs     []*Sync // by name: the order in which they are considered
	Routes    *Routes
	Errors    *ErrorFormat // nil if the app has none
	Program   *check.Program
}

// An Instance is one use of a concept.
type Instance struct {
	Name    string
	Concept *check.Concept
	Use     *check.Instance
	Actions []*Action
	Queries []*Query
	Tables  []*Table // in the order of the concept's sets
}

// A Role marks the two actions that stand for HTTP.
type Role int

const (
	// Ordinary actions are methods of concepts.
	Ordinary Role = iota
	// Request is Requesting.request.
	Request
	// Respond is Requesting.respond.
	Respond
)

// An Action has a column for each input and each output. The first Declared
// inputs are those of its specification; an open action has further columns for
// all names that the program gives it.
type Action struct {
	Index    int // in Plan.Actions
	Instance *Instance
	Name     string
	full     string
	Spec     *check.Action
	Role     Role
	Inputs   []string
	Declared int
	Outputs  []string
	// Secret says for each input, and SecretOut for each output, whether it is
	// secret: it is declared so, or a part of it flows into something that is.
	Secret, SecretOut []bool
	// Returned and Refused are the patterns that an action with this outcome may
	// match.
	Returned, Refused Candidates
}

// FullName is "Instance.action".
func (a *Action) FullName() string { return a.full }

// IsEffect reports whether it is an effect action.
func (a *Action) IsEffect() bool { return a.Spec.Kind == syntax.Effect }

// Input returns the column of the input with a name, or -1 if there is none.
func (a *Action) Input(name string) int { return index(a.Inputs, name) }

// Output returns the column of the output with a name, or -1 if there is none.
func (a *Action) Output(name string) int { return index(a.Outputs, name) }

func index(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// A Query has columns like an action.
type Query struct {
	Index    int
	Instance *Instance
	Name     string
	Spec     *check.Query
	Inputs   []string
	Outputs  []string
}

// FullName is "Instance._query".
func (q *Query) FullName() string { return q.Instance.Name + "." + q.Name }

// Many reports whether it may have more than one row.
func (q *Query) Many() bool { return q.Spec.Rows == syntax.ManyRows }

// A Table is one set of one instance's state.
type Table struct {
	Index    int // in Plan.Tables
	Instance *Instance
	Set      *check.Set
	Of       *Table
	Unique   [][]int // columns
	Indexes  [][]int // columns by which a where or the concept's code looks members up
}

// Name is "Instance.Set".
func (t *Table) Name() string { return t.Instance.Name + "." + t.Set.Name }

// The columns of a refused outcome.
const (
	RefusedError = 0 // the sentence
	RefusedCode  = 1 // the code
)

// A Column is a place in a completed action: an input or an output. The
// outputs of a refusal are RefusedError and RefusedCode.
type Column struct {
	Out   bool
	Index int
}

// A Sync is one synchronization with a slot for each variable.
type Sync struct {
	Index  int // in Plan.Syncs
	Name   string
	Span   source.Span
	Slots  []string     // the variables' names; "" for an internal one
	Types  []check.Type // of the slots, as far as known
	Secret []bool       // of the slots: the whole value is secret
	Parts  []bool       // of the slots: they are secret because a part of the value is
	// Absence says for each slot how it holds the absence of an input.
	Absence []Absence
	When    []*Pattern
	Joins   [][]Join // for each pattern that a completed action matches, how to find the others
	Stages  []*Stage // at least one
	// Lines are the lines of where of all stages; Line.Place is the place in it.
	Lines []*Line
	// Asks are all lines of then and else; Ask.Line is the place in it.
	Asks []*Ask
	// Names are the names of the variables of all slots; Slots has none for the variables of views.
	Names []string
	lines int // so far, for Line.Seq
}

// Absence says how a slot holds the absence of an input.
type Absence int

const (
	// NotAbsent is a slot in which null is a value like any other.
	NotAbsent Absence = iota
	// AbsentIsNull is a slot that is null if the input is absent or null.
	AbsentIsNull
	// AbsentIsUnset is a slot that is unset if the input is absent, and null if the
	// input is null.
	AbsentIsUnset
)

// AllLines returns the lines of where of all stages, and those below lines of then.
func (s *Sync) AllLines() []*Line {
	list := slices.Clone(s.Lines)
	for _, a := range s.Asks {
		list = append(list, a.Where...)
	}
	return list
}

// Line returns the line of where with a place, nil if there is none.
func (s *Sync) Line(place int) *Line {
	if place < 0 || place >= len(s.Lines) {
		return nil
	}
	return s.Lines[place]
}

// A Stage is a where block and the then block below it.
type Stage struct {
	Index    int // in Sync.Stages
	Where    []*Line
	Then     []*Ask
	Together bool
}

// A Pattern is a line of when.
type Pattern struct {
	Span    source.Span
	Text    string
	Action  *Action
	Refused bool
	Tests   []Test
	Vars    []Var
}

// A Test compares a column with a literal. A null literal requires that the column is
// absent.
type Test struct {
	Column  Column
	Name    string
	Literal value.Value
	// Any requires that the column is present, with any value.
	Any bool
}

// A Var ties a column to a slot.
type Var struct {
	Column   Column
	Name     string // of the parameter
	Slot     int
	Optional bool // absence binds null
	// Nullable says that null in the column differs from absence, and Unset that
	// absence leaves the slot unset.
	Nullable, Unset bool
}

// Missing returns what the slot gets from a column that is null or unset.
func (v *Var) Missing(column value.Value) value.Value {
	switch {
	case v.Nullable && v.Unset && !column.IsUnset():
		return value.Null
	case v.Unset:
		return value.Value{}
	}
	return value.Null
}

// A Join is one step in finding a match: it tries the completed actions of a pattern.
// The first step of an order is the action that has just completed.
type Join struct {
	Pattern int
	Binds   []Var // slots that get their values here
	Equals  []Var // slots that have values already
	Keys    []Var // those of Equals that have values before this step
}

// A Term is a slot, a literal or an expression. For "_" Any is set.
type Term struct {
	Slot    int // -1 for a literal or an expression
	Literal value.Value
	Expr    *Expr
	Any     bool
	// Field is the only place in a request that the value comes from, such as "tags"
	// or "data.tags[0]", or "" if there is none.
	Field string
}

// Expr.Slots has these for the variables now and new, which have no slot.
const (
	NowSlot = -1
	NewSlot = -2
)

// An Expr is an expression and the slots of its variables.
type Expr struct {
	Text  string
	Node  *expression.Expression
	Slots []int
	// Fields are the places in a request that the expression reads.
	Fields []string
	// Absent says for each variable that null in its slot means absence, in an
	// expression that contains “given”. It is nil in others.
	Absent []bool
}

// Read returns the value of the i-th variable, whose slot has the value v.
func (e *Expr) Read(i int, v value.Value) value.Value {
	if e.Absent != nil && e.Absent[i] && v.IsNull() {
		return value.Value{}
	}
	return v
}

// An Input gives a value to a column.
type Input struct {
	Column int
	Name   string
	Term   Term
	// Secret says that the column is secret: every value that it gets becomes
	// secret. A literal is marked already.
	Secret bool
	// Part says that the value contains no secret itself. It may still be hidden, as
	// a part of a value that is secret as a whole.
	Part bool
	// Absent says that null in the slot of the term means that the value is absent, and
	// the column distinguishes the two.
	Absent bool
}

// An Output takes a value from a column: it binds a slot or compares.
type Output struct {
	Column   int
	Name     string
	Term     Term
	Binds    bool
	Optional bool
	Secret   bool // the slot is secret
}

// An Ask is a line of then or else.
type Ask struct {
	Line    int // in Sync.Asks
	Span    source.Span
	Text    string
	Action  *Action
	In      []Input
	Awaited bool
	Out     []Output
	// Where gives the frames for each of which the action is asked; nil for one.
	Where []*Line
	// Handlers handle a refusal of an awaited action.
	Handlers []*Handler
}

// A Handler is an else below a line of then.
type Handler struct {
	Span source.Span
	Code string // "" for any refusal that no other handler of the line names
	// Error and Refusal are the slots of the refusal's sentence and code.
	Error, Refusal int
	Asks           []*Ask
}

// Handler returns the handler of a refusal, nil if there is none.
func (a *Ask) Handler(code string) *Handler {
	var any *Handler
	for _, h := range a.Handlers {
		switch h.Code {
		case code:
			return h
		case "":
			any = h
		}
	}
	return any
}

// A Line is a line of where. Exactly one of its operations is set.
type Line struct {
	Place int // in Sync.Lines; -1 for a line of a view or fold
	Seq   int // the place among all lines of the sync, with those inside of lines, in the order of the text
	Span  source.Span
	Text  string
	Mode  syntax.Mode
	Else  []*Ask
	// Use names the view that the line comes from and where it is used: "view Member,
	// used at a.sync:5:5", with the views around it, from the inside out. It is empty for a line of the sync itself.
	Use string
	// If is the condition at the end of the line, nil if there is none. If it is
	// false, the line is skipped and keeps its frame.
	If    *Expr
	Binds []int // the slots that get their values here

	Query  *QueryOp
	Read   *ReadOp
	Member *MemberOp
	View   *ViewOp
	Is     *IsOp
	Filter *Expr
	Fold   *FoldOp
	Has    *HasOp
	Block  []*Line // the lines to which the mode applies together
}

// Inner returns the lines inside of a line: those of a block, a fold or a view.
func (l *Line) Inner() []*Line {
	switch {
	case l.View != nil:
		return l.View.Lines
	case l.Fold != nil:
		return l.Fold.Lines
	}
	return l.Block
}

// A QueryOp runs a query.
type QueryOp struct {
	Query *Query
	In    []Input
	Out   []Output
}

// A ReadOp reads a field, by its member or by its value, whichever is bound.
type ReadOp struct {
	Table                     *Table
	Column                    int
	Has                       bool
	Subject, Object           Term
	SubjectBinds, ObjectBinds bool
	Secret                    bool // the slot of the object is secret
}

// A MemberOp tests or lists the members of a set.
type MemberOp struct {
	Table   *Table
	Subject Term
	Binds   bool
	Fields  []FieldOp
	// From and Lookup are the table and its columns by which the members are
	// looked up; without columns all members of Table are tried.
	From   *Table
	Lookup []int
}

// A FieldOp binds or compares a field of a member. A literal null requires that the
// field has no value.
type FieldOp struct {
	Table *Table // Table of the MemberOp, or one above
	Output
	// Secret fields are compared with the digest of the term's value.
	Digest bool
	Many   bool
}

// A HasOp binds or compares the items of a list.
type HasOp struct {
	List   *Expr
	Item   Term
	Binds  bool
	Secret bool // the slot of the item is secret
}

// A ViewOp is a use of a view, whose lines have slots of their own. In sets the slots
// of its inputs, Out reads the slots of its outputs.
type ViewOp struct {
	Name  string
	In    []Pass
	Lines []*Line
	Out   []Pass
}

// A Pass connects a slot of a view with a term of the line that uses it.
type Pass struct {
	Name     string
	Inner    int
	Term     Term
	Binds    bool
	Optional bool
	Secret   bool // the slot that gets its value is secret
	Unset    bool // the slot of an input stays unset if the value is absent
}

// An IsOp binds a slot to the value of an expression, or compares them. Secret says
// that the slot is secret: its value is marked as secret.
type IsOp struct {
	Slot   int
	Binds  bool
	Secret bool
	Expr   *Expr
}

// A FoldOp turns the frames of its lines into one value.
type FoldOp struct {
	Slot     int
	Binds    bool
	Secret   bool // as of an IsOp
	Fold     syntax.Fold
	Expr     *Expr
	Lines    []*Line
	Order    []OrderKey
	Limit    *Expr
	Offset   *Expr
	Distinct bool
	Page     *PageOp // nil if the list is not paged
}

// A PageOp limits a list to one page: the first items after a cursor, in the order of
// FoldOp.Order, and then of the slots Ties for frames that are equal in that order.
type PageOp struct {
	Limit, Cursor *Term // nil if they are not given
	Next          int   // the slot for the cursor of the next page; -1 for none
	Ties          []int
	// Print distinguishes the cursors of this page from those of others.
	Print uint32
}

// An OrderKey is one part of "order by".
type OrderKey struct {
	Expr *Expr
	Desc bool
}
