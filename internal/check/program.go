package check

import (
	"fmt"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A Program is the meaning of the texts of an app: every name is resolved. Parts
// with errors are left out.
type Program struct {
	Name      string               // of the app
	App       *syntax.App          // nil if there is none
	Concepts  map[string]*Concept  // by name
	Instances map[string]*Instance // by their names in the app
	Syncs     []*Sync              // sorted by name
	Views     map[string]*View
	Scenarios []*syntax.Scenario // of the app
	// Questions are the state lines of scenarios. Binds is not set in them: which
	// names are bound is known only when the scenario runs.
	Questions map[*syntax.Line]*Line
	Exposed   []*Exposed
	// Secret are the inputs and outputs of actions of which a part flows into
	// something declared Secret. Fields of requests are not in it; the variables of
	// their patterns are secret.
	Secret map[Column]bool
	// Broken is set if an error was found or part of a text could not be parsed.
	// Then parts of the program may be missing.
	Broken bool
	// Incomplete is set if a sync with an error was left out of Syncs.
	Incomplete bool

	files []*syntax.File
	// uses counts the uses that agree with a declaration.
	uses map[source.Span]int
}

// A Concept is a specification with its names resolved.
type Concept struct {
	Tree    *syntax.Concept
	Name    string
	Params  []string
	Sets    []*Set
	Actions []*Action
	Queries []*Query
}

// A Set is a declaration of a concept's state.
type Set struct {
	Tree *syntax.Set
	Name string // of one member, with a capital letter: "Session"
	Kind syntax.SetKind
	Of   *Set
	// Member is the identity type of its members. For a subset it is that of the
	// set at the top, which may be a type parameter.
	Member Type
	Fields []*Field
	// Uniques are lists of indexes in Fields. A field declared unique is a list of
	// one.
	Uniques [][]int
}

// A Field is a field of a set.
type Field struct {
	Tree     *syntax.Field
	Name     string
	Type     Type
	Optional bool
	Many     syntax.Many
	// Initially is the value that existing members get when the field is new; nil if
	// none is given. Its variables are named after the other fields of the set.
	Initially *Expr
}

// An Action is the contract of an action.
type Action struct {
	Tree     *syntax.Action
	Name     string
	Kind     syntax.ActionKind
	Inputs   []*Param
	Open     bool
	Outputs  []*Param
	Refusals []*Refusal
	// AtSet and AtField are the field with the time at which a system action
	// starts; Every is the duration between starts; Daily is a time of day. At most
	// one of the three is set.
	AtSet   *Set
	AtField *Field
	Every   string
	Daily   *Daily
}

// Daily is a time of day in a time zone.
type Daily struct {
	Hour, Minute int
	Zone         string // "Europe/Berlin"
}

// String formats a schedule for people: "every day at 08:00 in Europe/Berlin".
func (d *Daily) String() string {
	return fmt.Sprintf("every day at %02d:%02d in %s", d.Hour, d.Minute, d.Zone)
}

// A Query is the contract of a query.
type Query struct {
	Tree    *syntax.Query
	Name    string // including the "_"
	Inputs  []*Param
	Rows    syntax.Rows
	Outputs []*Param
}

// A Param is an input or output.
type Param struct {
	Tree     *syntax.Param
	Name     string
	Type     Type
	Optional bool
	// Null is set by “or null”: null is a value of the input, and differs from leaving
	// it out.
	Null bool
	Many syntax.Many
}

// A Refusal is an outcome in which an action declines.
type Refusal struct {
	Tree     *syntax.Refusal
	Code     string
	About    string // the field that it is about, if any; it need not be an input
	Kind     string // invalid, unauthenticated, forbidden, missing, conflict or limited
	Sentence string // may contain {name} for inputs
}

// A TypeKind is the kind of a type.
type TypeKind int

const (
	// Unknown is a type of which nothing is known.
	Unknown TypeKind = iota
	// Identity is the identity of something in a concept. Identities can only be
	// compared.
	Identity
	// String, Number and so on are the primitives.
	String
	Number
	Flag
	Date
	DateTime
	Secret
	Binary
	Json
	// Enum is one of several constants.
	Enum
	// List is a list of Elem.
	List
	// Record is a record with Fields.
	Record
)

// A Type is the type of a value. The value of a Param or Field with Many set is a
// List of it.
type Type struct {
	Kind TypeKind
	// Name is the name of an identity: the concept's own name for it in a concept
	// ("Session"), with its instance in a sync ("Sessioning.Session").
	Name      string
	Constants []string      // of an Enum
	Elem      *Type         // of a List
	Fields    []RecordField // of a Record, in order; none if they are not known
	// Open is set on a Record that may have further fields: a pattern reads Fields.
	Open bool
	// Null is set if the value may be null: the result of “maybe”, or an optional
	// input.
	Null bool
	// From is the declaration that the type comes from, nil if that is not known.
	From *diag.Origin
}

// A RecordField is a field of a record type.
type RecordField struct {
	Name string
	Type Type
	// Absent is set on a field of a request or an answer that may be left out, which
	// differs from null.
	Absent bool
}

// An Instance is one use of a concept in the app.
type Instance struct {
	Name        string
	Concept     *Concept
	Use         *syntax.Use // nil if no app names it
	Bindings    map[string]Type
	Credentials []*Credential
	Errors      *Expr // the format of errors, over ErrorNames; nil if the app has none
}

// A Credential says where requests carry a credential.
type Credential struct {
	Field   string
	Body    bool
	Bearer  bool
	Cookies []string
	Headers []string
	Schemes []string // of the header Authorization, besides Bearer
}

// An Exposed is an action or query that clients can call.
type Exposed struct {
	Tree     *syntax.Expose
	Instance *Instance
	Action   *Action // or
	Query    *Query
}

// A Var is a variable of a sync or view. A name that is bound only inside a fold is
// a variable of its own.
type Var struct {
	Name  string
	Span  source.Span // of its first occurrence
	Type  Type        // as far as it is known
	Index int         // in Vars of the sync or view
	// Secret is set if the value, or a part of it, flows into something declared
	// Secret. The variable is then secret as a whole.
	Secret bool
	// Parts is set if it is secret because of a field or an item of its value.
	Parts bool
	// Optional is set if an input bound with “?” binds it, so that “given” can ask
	// about it.
	Optional bool
	// Nullable is set if the variable distinguishes null from absence, because its
	// type in the pattern, or its input, is declared “or null”. It is not set on a
	// parameter of a view, for which it depends on the use.
	Nullable bool
	// Absent is set if null in the variable means that the input was left out.
	Absent bool
	// Internal is set if the variable has no name in the text.
	Internal bool
	// Compared are its comparisons with numbers and flags while its type was unknown.
	Compared []Comparison
}

// A Comparison is a comparison of a variable with a literal.
type Comparison struct {
	Span    source.Span // of the variable
	Literal value.Value
}

// A Sync is a sync with its names resolved.
type Sync struct {
	Tree   *syntax.Sync
	Name   string
	Vars   []*Var
	When   []*Pattern
	Stages []*Stage // at least one
}

// A Stage is a where block and the then block below it.
type Stage struct {
	Where    []*Line
	Then     []*Ask
	Together bool
}

// Lines returns the lines of where of all stages.
func (s *Sync) Lines() []*Line {
	var list []*Line
	for _, stage := range s.Stages {
		list = append(list, stage.Where...)
	}
	return list
}

// Then returns the lines of then of all stages.
func (s *Sync) Then() []*Ask {
	var list []*Ask
	for _, stage := range s.Stages {
		list = append(list, stage.Then...)
	}
	return list
}

// Asks returns every line of the sync that asks an action: those of then and of
// each else.
func (s *Sync) Asks() []*Ask {
	var list []*Ask
	for _, stage := range s.Stages {
		for _, l := range stage.Where {
			list = append(list, l.Else...)
		}
		for _, a := range stage.Then {
			list = append(list, a)
			for _, h := range a.Handlers {
				list = append(list, h.Asks...)
			}
		}
	}
	return list
}

// A View is a view with its names resolved.
type View struct {
	Tree  *syntax.View
	Name  string
	Vars  []*Var
	In    []*ViewParam
	Out   []*ViewParam
	Where []*Line
	// Answers is set if a line of the view has an else, or uses a view that answers.
	// Program.Syncs have the lines of such a view instead of its uses.
	Answers bool
}

// A ViewParam is a parameter of a view and its variable inside.
type ViewParam struct {
	Name     string
	Var      *Var
	Optional bool
	Always   bool // it has a value in every frame that the view gives
	// From is the use in the view that determines the type.
	From source.Span
}

// A Pattern is a line of when.
type Pattern struct {
	Tree     *syntax.Pattern
	Instance *Instance
	Action   *Action
	In       []*Arg
	Refused  bool   // it matches a refusal, not a return
	Code     string // of the refusal; "" for any
	// Out are the outputs; for a refusal, the arguments "error" and "refusal".
	Out []*Arg
}

// An Ask is a line of then or else.
type Ask struct {
	Tree     *syntax.Ask
	Instance *Instance
	Action   *Action
	In       []*Arg
	Awaited  bool // it has an output pattern
	Out      []*Arg
	// Where gives the frames for each of which the action is asked. Its variables and
	// those of Out are local to this line. It is nil if the action is asked once.
	Where []*Line
	// Handlers handle a refusal of an awaited action: the first whose code fits.
	Handlers []*Handler
}

// A Handler is an else below an awaited line of then.
type Handler struct {
	Tree *syntax.Handler
	Code string // "" for any refusal that no other handler of the line names
	Asks []*Ask
	// Error and Refusal are the variables of the refusal's sentence and code.
	Error, Refusal *Var
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

// An Arg is a named argument.
type Arg struct {
	Tree *syntax.Arg
	// Name is the name of the parameter. For a part of a record in a request it is the
	// path, “user.email”; FieldSteps divides it.
	Name     string
	Type     *Type  // that a pattern writes for a field of a request; nil for none
	Param    *Param // nil for a further name of an open action, and for error and refusal
	Optional bool   // written "name?"
	Term     Term
	// Part is set on an input that contains no secret although its variable is
	// secret as a whole: it is another part.
	Part bool
	// Binds is set if the argument binds its variable: in a line of where, and in
	// an output of then. Otherwise the variable is compared. It is not set in when,
	// where it depends on the order of joining.
	Binds bool
}

// A Term is the value of an argument: a Var, an Expr, a Literal, or with Any “_”.
type Term struct {
	Span    source.Span
	Any     bool
	Var     *Var
	Expr    *Expr
	Literal value.Value
}

// An Expr is an expression with its variables.
type Expr struct {
	Tree *syntax.Expr
	Node *expression.Expression
	// Vars are in the order of Node.Variables(). They are nil for "now" and "new".
	Vars []*Var
	// Type is the type as far as it is known. It is not set if the expression is a
	// single variable.
	Type Type
}

// A Line is a line of where.
type Line struct {
	Tree *syntax.Line
	Mode syntax.Mode
	Body LineBody
	Else []*Ask
	// If is the condition at the end of the line, nil if there is none. Such a line
	// has the mode NoLine or SomeLine.
	If *Expr
	// Use is set on a line of a view that answers: the lines of such a view stand in
	// the place of each use.
	Use *Use
	// Nulls are the variables that the line binds; a “maybe” may leave them null.
	Nulls []*Var
	// Local are the variables that the line binds for itself alone, because it is a
	// “no” or “some” line.
	Local []*Var
}

// A Use is a use of a view that answers.
type Use struct {
	View string
	Line *Line // that uses it
}

// isTest reports whether a line only asks whether there is something: it binds
// nothing that other lines can use.
func (l *Line) isTest() bool { return isTest(l.Mode) }

func isTest(m syntax.Mode) bool { return m == syntax.NoLine || m == syntax.SomeLine }

// Inner returns the lines below the line: those of a block or of a fold.
func (l *Line) Inner() []*Line {
	switch b := l.Body.(type) {
	case *BlockLine:
		return b.Lines
	case *FoldLine:
		return b.Lines
	case *QueryLine, *FieldLine, *MemberLine, *ViewLine, *IsLine, *FilterLine, *HasLine:
	default:
		panic("check: unknown line")
	}
	return nil
}

// A LineBody is *QueryLine, *FieldLine, *MemberLine, *ViewLine, *IsLine,
// *FilterLine, *FoldLine, *BlockLine or *HasLine.
type LineBody interface{ lineBody() }

// A QueryLine gives a frame for each row of a query.
type QueryLine struct {
	Instance *Instance
	Query    *Query
	In, Out  []*Arg
}

// A FieldLine relates a member and the value of a field. SubjectBinds and
// ObjectBinds report which side the line binds.
type FieldLine struct {
	Instance                  *Instance
	Set                       *Set // the set that declares the field
	Field                     *Field
	Has                       bool
	Subject, Object           Term
	SubjectBinds, ObjectBinds bool
}

// A MemberLine gives the members of a set, or tests one.
type MemberLine struct {
	Instance *Instance
	Set      *Set
	Subject  Term
	Binds    bool
	Fields   []*MemberField
}

// A MemberField is a field in the brackets of a line about a member. Its argument
// binds the field's value, or compares it; a literal null requires that there is none.
type MemberField struct {
	*Arg
	Set   *Set // that declares the field: the set of the line, or one above
	Field *Field
}

// args returns the arguments in the brackets.
func (m *MemberLine) args() []*Arg {
	var list []*Arg
	for _, f := range m.Fields {
		list = append(list, f.Arg)
	}
	return list
}

// A ViewLine uses a view.
type ViewLine struct {
	View    *View
	In, Out []*Arg // Name is the view's parameter
}

// An IsLine binds a variable, or compares it.
type IsLine struct {
	Var   *Var
	Binds bool
	Expr  *Expr
}

// A FilterLine keeps a frame if its expression is true.
type FilterLine struct{ Expr *Expr }

// A HasLine gives a frame for each item of a list, or tests one.
type HasLine struct {
	List  *Expr
	Item  Term
	Binds bool
	// Pattern is what a record pattern after “has” reads of each item; nil for none.
	// Needed says that each item must have what it requires.
	Pattern []*Arg
	Needed  bool
}

// A FoldLine makes one value of the frames that its lines give.
type FoldLine struct {
	Var      *Var
	Binds    bool
	Fold     syntax.Fold
	Expr     *Expr // nil for count and whether
	Lines    []*Line
	Order    []OrderKey
	Limit    *Expr
	Offset   *Expr
	Distinct bool
	Page     *Page // nil if the fold has no pages
}

// A BlockLine is several lines to which the mode of their line applies together.
type BlockLine struct{ Lines []*Line }

// A Page makes the list of an "each" one page of a longer list. In are limit and
// cursor, if given. Next is the variable that is bound to the cursor of the next
// page, nil if there is none.
type Page struct {
	In   []*Arg
	Next *Var
}

// An OrderKey is a part of "order by".
type OrderKey struct {
	Expr *Expr
	Desc bool
}

func (*QueryLine) lineBody()  {}
func (*FieldLine) lineBody()  {}
func (*MemberLine) lineBody() {}
func (*ViewLine) lineBody()   {}
func (*IsLine) lineBody()     {}
func (*FilterLine) lineBody() {}
func (*FoldLine) lineBody()   {}
func (*BlockLine) lineBody()  {}
func (*HasLine) lineBody()    {}
