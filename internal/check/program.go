package check

import (
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A Program is what the texts of an app mean: every name is resolved, every
// variable known. Where there were errors, what is broken is left out.
type Program struct {
	Name      string               // of the app
	App       *syntax.App          // nil when there is none
	Concepts  map[string]*Concept  // by name
	Instances map[string]*Instance // by name in the app
	Syncs     []*Sync              // in the order of their names
	Views     map[string]*View
	Scenarios []*syntax.Scenario // of the app
	// Questions are the state lines of scenarios. Whether a name is bound by
	// then is known when the scenario runs, so Binds says nothing in them.
	Questions map[*syntax.Line]*Line
	Exposed   []*Exposed
	// Secret are the inputs and outputs of actions of which a part flows into
	// something that is declared Secret. Fields of requests are not among them:
	// those are the variables of their patterns.
	Secret map[Column]bool
	// Broken is set where an error was found or part of a text could not be
	// parsed. Then something may be missing from the program.
	Broken bool
	// Incomplete is set where a sync was left out of Syncs because of an error.
	Incomplete bool
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

// A Set is one declaration of a concept's state.
type Set struct {
	Tree *syntax.Set
	Name string // of one member, upper-case: "Session"
	Kind syntax.SetKind
	Of   *Set
	// Member is the identity of its members: of a subset that of the set at
	// the top, which may be a type parameter's.
	Member Type
	Fields []*Field
	// Uniques are places in Fields; a field declared unique is among them.
	Uniques [][]int
}

// A Field of a set.
type Field struct {
	Tree     *syntax.Field
	Name     string
	Type     Type
	Optional bool
	Many     syntax.Many
}

// An Action is the promise of an action.
type Action struct {
	Tree     *syntax.Action
	Name     string
	Kind     syntax.ActionKind
	Inputs   []*Param
	Open     bool
	Outputs  []*Param
	Refusals []*Refusal
	// Schedule of a system action: AtSet and AtField name the moment's field,
	// or Every is a duration.
	AtSet   *Set
	AtField *Field
	Every   string
}

// A Query is the promise of a query.
type Query struct {
	Tree    *syntax.Query
	Name    string // with its "_"
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
	Many     syntax.Many
}

// A Refusal is one way in which an action declines.
type Refusal struct {
	Tree     *syntax.Refusal
	Code     string
	Kind     string // invalid, unauthenticated, forbidden, missing, conflict or limited
	Sentence string // may hold {name} for inputs
}

// A TypeKind is the form of a type.
type TypeKind int

const (
	// Unknown is a type that nothing is known of.
	Unknown TypeKind = iota
	// Identity is a thing of some concept, only ever compared.
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
	// List holds values of Elem.
	List
	// Record holds named values.
	Record
)

// A Type is the type of a value. Many of a Param or Field makes a List of it.
type Type struct {
	Kind TypeKind
	// Name of an identity: in a concept the type's own name ("Session"), in a
	// sync with its instance ("Sessioning.Session").
	Name      string
	Constants []string      // of an Enum
	Elem      *Type         // of a List
	Fields    []RecordField // of a Record, in their order; none when they are not known
	// Null is set where the value may be null: what “maybe” did not find, an
	// input that may be left out.
	Null bool
}

// A RecordField is a named value in a record.
type RecordField struct {
	Name string
	Type Type
}

// An Instance is a concept as the app uses it.
type Instance struct {
	Name        string
	Concept     *Concept
	Use         *syntax.Use // nil when no app names it
	Bindings    map[string]Type
	Credentials []*Credential
}

// A Credential says where requests carry a field.
type Credential struct {
	Field   string
	Body    bool
	Bearer  bool
	Cookies []string
	Headers []string
}

// An Exposed is an action or query that can be called from outside.
type Exposed struct {
	Tree     *syntax.Expose
	Instance *Instance
	Action   *Action // or
	Query    *Query
}

// A Var is a variable of a sync or view. Inside a fold a name that is not bound
// outside is a variable of its own.
type Var struct {
	Name  string
	Span  source.Span // where it stands first
	Type  Type        // as far as known
	Index int         // its place in Vars of the sync or view
	// Secret is set where what it holds, or a part of it, flows into something
	// that is declared Secret: then it is secret as a whole.
	Secret bool
	// Parts is set where it is secret because a field or an item of it is.
	Parts bool
}

// A Sync with its names resolved.
type Sync struct {
	Tree     *syntax.Sync
	Name     string
	Vars     []*Var
	When     []*Pattern
	Where    []*Line
	Then     []*Ask
	Together bool
}

// A View with its names resolved.
type View struct {
	Tree  *syntax.View
	Name  string
	Vars  []*Var
	In    []*ViewParam
	Out   []*ViewParam
	Where []*Line
}

// A ViewParam is the name that a view's user says and the variable inside.
type ViewParam struct {
	Name     string
	Var      *Var
	Optional bool
	Always   bool // the view gives no frame without a value for it
}

// A Pattern is a line of when.
type Pattern struct {
	Tree     *syntax.Pattern
	Instance *Instance
	Action   *Action
	In       []*Arg
	Refused  bool   // it matches a refusal; else it matches a return
	Code     string // of the refusal; "" is any
	// Out are the outputs, or for a refusal the arguments "error" and
	// "refusal".
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
}

// An Arg is a named value.
type Arg struct {
	Tree     *syntax.Arg
	Name     string
	Param    *Param // nil for a further name of an open action, and for error and refusal
	Optional bool   // "name?"
	Term     Term
	// Part is set on what an action is given that no secret is in: of a value
	// that is secret as a whole, it is another part.
	Part bool
	// Binds is set where a line of where or an output of then gives the
	// variable its value; elsewhere the variable is compared. (In when
	// it depends on the order of joining, and is not set.)
	Binds bool
}

// A Term is what an argument says. Exactly one of Var, Expr is set, or neither
// for a literal and for "_".
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
	// Vars are in the order of Node.Variables(); "now" and "new" have nil.
	Vars []*Var
	// Type is as far as it is known; that of a lone variable is the variable's.
	Type Type
}

// A Line of where.
type Line struct {
	Tree *syntax.Line
	Mode syntax.Mode
	Body LineBody
	Else []*Ask
	// Nulls are the variables that "maybe" leaves null, and that a plain line
	// binds.
	Nulls []*Var
}

// A LineBody is *QueryLine, *FieldLine, *MemberLine, *ViewLine, *IsLine,
// *FilterLine or *FoldLine.
type LineBody interface{ lineBody() }

// A QueryLine gives a frame for each row of a query.
type QueryLine struct {
	Instance *Instance
	Query    *Query
	In, Out  []*Arg
}

// A FieldLine relates a member and a field's value. SubjectBinds and
// ObjectBinds tell which side gets its value here.
type FieldLine struct {
	Instance                  *Instance
	Set                       *Set // the set that has the field
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
}

// A ViewLine uses a view.
type ViewLine struct {
	View    *View
	In, Out []*Arg // Name is the view's parameter
}

// An IsLine binds a variable or compares it.
type IsLine struct {
	Var   *Var
	Binds bool
	Expr  *Expr
}

// A FilterLine keeps a frame when its expression is true.
type FilterLine struct{ Expr *Expr }

// A FoldLine makes one value of what its lines give.
type FoldLine struct {
	Var      *Var
	Binds    bool
	Fold     syntax.Fold
	Expr     *Expr // nil for count
	Lines    []*Line
	Order    []OrderKey
	Limit    *Expr
	Offset   *Expr
	Distinct bool
	Page     *Page // nil when the fold makes no pages
}

// A Page makes the list of an "each" one page of a longer list. In are those of
// limit and cursor that are given; Next is the variable that it binds to the
// cursor of the page behind, nil when nobody wants that.
type Page struct {
	In   []*Arg
	Next *Var
}

// An OrderKey is one part of "order by".
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
