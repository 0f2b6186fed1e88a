package syntax

import "github.com/legible-lang/legible/internal/source"

// A File is the tree of one text. It exists for every text; parts with errors
// are omitted.
type File struct {
	Source    *source.File
	Concepts  []*Concept
	Apps      []*App
	Syncs     []*Sync
	Views     []*View
	Scenarios []*Scenario // at the top level: the scenarios of an app
	Comments  []*Comment  // all comments, in order
}

// A Comment extends from its # to the end of its line.
type Comment struct {
	Span source.Span
	Text string // with the #, without trailing space
}

// A Name is one word with its place. A missing name has the Text "".
type Name struct {
	Text string
	Span source.Span
}

// Prose is free text on one or several lines, each trimmed.
type Prose struct {
	Span  source.Span
	Lines []string
}

// A Concept is the specification of a concept.
//
//	concept Sessioning [User]
type Concept struct {
	Span      source.Span
	Name      Name
	Params    []Name
	Purpose   *Prose
	Principle *Prose
	Sets      []*Set
	Aliases   []*Alias
	Actions   []*Action
	Queries   []*Query
	Scenarios []*Scenario
	Broken    bool // some of it could not be read and is left out
}

// Many says whether something is one value or a collection of them.
type Many int

const (
	// One is a single value.
	One Many = iota
	// SetOf is a set: no order, no repetition.
	SetOf
	// SeqOf is a sequence.
	SeqOf
)

func (m Many) String() string { return [...]string{"", "set", "seq"}[m] }

// A SetKind is the first word of a state declaration.
type SetKind int

const (
	// SetDecl declares "a set of Users".
	SetDecl SetKind = iota
	// SeqDecl declares "a seq of Steps".
	SeqDecl
	// ElementDecl declares "an element Settings": exactly one member.
	ElementDecl
)

func (k SetKind) String() string { return [...]string{"set", "seq", "element"}[k] }

// A Set is a declaration of the state: "a set of Users with …" or, with Of,
// "an Admins set of Users with …".
type Set struct {
	Span    source.Span
	Kind    SetKind
	Name    Name // the type, as written: "Sessions" or "Session"
	Of      Name // the type that this one is a subset of, if any
	Was     Name // "was Volumes": the set's name in an earlier version; empty when it has none
	Fields  []*Field
	Uniques []*Unique
}

// A Field is one line of a declaration: "an optional expires DateTime". Was and
// Initially say how existing state becomes state of this version:
//
//	a title String was name
//	a size Number initially len(content)
type Field struct {
	Span      source.Span
	Optional  bool
	Unique    bool
	Name      Name // empty when it takes the name of its type
	Many      Many
	Type      Name   // empty for an enumeration
	Constants []Name // "of RED or GREEN"
	Was       Name   // the field's name in an earlier version; empty when it has none
	Initially *Expr  // the value that existing members get; nil when none is given
}

// A Unique is a line "unique (owner, name)": no two members agree in all these
// fields.
type Unique struct {
	Span   source.Span
	Fields []Name
}

// An Alias is "alias Name for Type".
type Alias struct {
	Span       source.Span
	Name, Type Name
}

// An ActionKind says what starts an action and where it works.
type ActionKind int

const (
	// Plain actions are asked by syncs and change the concept's state.
	Plain ActionKind = iota
	// System actions are started by the runtime.
	System
	// Effect actions reach outside the store.
	Effect
)

func (k ActionKind) String() string { return [...]string{"", "system", "effect"}[k] }

// An Action is the specification of one action.
type Action struct {
	Span     source.Span
	Kind     ActionKind
	Name     Name
	Inputs   []*Param
	Open     bool // the inputs end in "...": any further names are taken
	Outputs  []*Param
	Requires *Prose
	Effects  *Prose
	Refusals []*Refusal
	Schedule *Schedule // of a system action
	// ErrorForm is set where the older form ": (error: String)" stands.
	ErrorForm *source.Span
}

// A Param is an input or output of an action or query.
type Param struct {
	Span     source.Span
	Name     Name
	Quoted   bool // the name is in quotation marks; only in a record of a Type
	Optional bool // "color?: String"
	Type     *Type
}

// A Type is the type of an input, an output or a field of a request. Exactly one
// of Name, Constants and Record is set.
//
//	seq of String or null
//	of LIGHT or DARK
//	seq of {sku: String, quantity: Number}
type Type struct {
	Span      source.Span
	Many      Many
	Name      Name     // a named type
	Constants []Name   // "of LIGHT or DARK"
	Record    []*Param // the fields of a record; their Type may be nil
	// Null is set by "or null": null is a value of the type, and differs from
	// an optional input that is absent.
	Null bool
}

// A Refusal is one refusal that an action declares.
//
//	refuses UNKNOWN_SESSION as missing "There is no such session."
//	refuses USERNAME_TAKEN about username as conflict "This name is taken."
type Refusal struct {
	Span         source.Span
	Code         Name
	About        Name // the field that the refusal is about; it need not be an input
	Kind         Name // empty means invalid
	Sentence     string
	SentenceSpan source.Span
}

// A Schedule says when a system action starts. Exactly one of Field and Every
// is set.
//
//	at expires of session
//	every "1h"
//	every "day" at "08:00" in "Europe/Berlin"
type Schedule struct {
	Span  source.Span
	Field Name   // at: the field that holds the time
	Of    Name   // at: the parameter whose member it is
	Every string // every: a duration as Go writes it, or "day" with At
	// At is the time of day and Zone the time zone of a calendar schedule;
	// both are nil for a duration.
	At, Zone *Text
}

// A Text is a string where its position matters.
type Text struct {
	Span source.Span
	Text string // without the quotation marks and escapes
}

// Rows says how many rows a query returns.
type Rows int

const (
	// ManyRows is any number.
	ManyRows Rows = iota
	// OptionalRow is none or one.
	OptionalRow
	// OneRow is exactly one.
	OneRow
)

func (r Rows) String() string { return [...]string{"many", "optional", "one"}[r] }

// A Query is the specification of one query.
type Query struct {
	Span    source.Span
	Name    Name // with its "_"
	Inputs  []*Param
	Rows    Rows
	Outputs []*Param
}

// An App declares the concepts of a program.
type App struct {
	Span    source.Span
	Name    Name
	Uses    []*Use
	Exposes []*Expose
	Opens   []*Open
	Broken  bool // some of it could not be read and is left out
}

// A Use is one instance of a concept.
//
//	use Annotating as Notes [User = Profile.User]
type Use struct {
	Span        source.Span
	Concept     Name
	As          Name // empty when the instance has the concept's name
	Was         Name // the instance's name in an earlier version; empty when it has none
	Bindings    []*Binding
	Credentials []*Credential
	Errors      *ErrorFormat // below "use Requesting"; nil when there is none
}

// An ErrorFormat says what the answer to an error looks like.
//
//	errors {errors: {(field ?? "body"): [error]}}
type ErrorFormat struct {
	Span source.Span
	Expr *Expr
}

// A Binding says whose type a type parameter is: "User = Profile.User".
type Binding struct {
	Span     source.Span
	Param    Name
	Instance Name
	Type     Name
}

// A Credential says where a request may carry a field.
//
//	session from body, bearer, cookie "session"
type Credential struct {
	Span  source.Span
	Field Name
	From  []*Carrier
}

// A Carrier is one place in a request: body, bearer, cookie "x", header "X".
type Carrier struct {
	Span source.Span
	Kind Name
	Name string // of the cookie, the header or the scheme
}

// An Expose opens an action or query to the outside: `expose C.action "why"`.
type Expose struct {
	Span    source.Span
	Concept Name
	Member  Name
	Why     string
}

// An Open declares that anyone may call a route: `open POST "/auth/login" "why"`. With
// fields it declares instead that the caller may choose any value for them:
// `open POST "/wiki/{page}" (page) "why"`.
type Open struct {
	Span     source.Span
	Method   Name
	Path     string
	PathSpan source.Span
	Fields   []Name // the path of a part of a record is one name, "user.email"
	Why      string
}

// A Sync is one synchronization. A broken one may have no stages.
type Sync struct {
	Span   source.Span
	Name   Name
	When   []*Pattern
	Stages []*Stage
	Broken bool // some of it could not be read and is left out
}

// A Stage is a where block and the then block below it. Each frame runs all
// stages before the next frame begins. The where of a later stage reads the
// state as the stages above have left it.
type Stage struct {
	Span     source.Span
	Where    []*Line // none when the stage has no where
	Then     []*Ask
	Together bool // "then together": the lines of Then are one transaction
}

// A View is a named fragment of where.
type View struct {
	Span   source.Span
	Name   Name
	In     []*Arg
	Out    []*Arg
	Where  []*Line
	Broken bool // some of it could not be read and is left out
}

// A Pattern is a line of when: it matches completed actions.
type Pattern struct {
	Span    source.Span
	Concept Name
	Action  Name
	Args    []*Arg
	HasOut  bool // ": (…)" stands
	Out     []*Arg
	Refused Name // ": refused CODE"
}

// An Ask is a line of then or else: it asks an action. Where and Handlers are
// empty in an else.
type Ask struct {
	Span    source.Span // of the line, without the lines below it
	Concept Name
	Action  Name
	Args    []*Arg
	HasOut  bool
	Out     []*Arg
	// Where asks the action once for each frame that its lines give. What they
	// bind is bound in this line only.
	Where []*Line
	// Handlers handle a refusal of an awaited action. One without a code
	// handles every refusal that no other one names.
	Handlers []*Handler
}

// A Handler is an else below an awaited line of then. It handles a refusal of
// the line: its actions are asked, and the frame ends.
//
//	else refused ASKED_ALREADY
//	    Requesting.respond (request, status: 200)
type Handler struct {
	Span    source.Span // of its first line
	Refused Name        // the code; empty for any refusal
	Asks    []*Ask
}

// An Arg is one named value: "name", "name?", "name: value". In the inputs of
// a pattern it may have a type: "limit?: Number", "content?: wanted Flag".
type Arg struct {
	Span     source.Span
	Name     Name
	Quoted   bool // "method": the client's own field, not the property of the request
	Optional bool
	Value    *Term // nil means the variable of the same name
	Type     *Type // nil when none is written
}

// A TermKind is the form of the value of an argument.
type TermKind int

const (
	// VariableTerm is a name.
	VariableTerm TermKind = iota
	// LiteralTerm is a string, number, true, false or null.
	LiteralTerm
	// AnyTerm is "_".
	AnyTerm
	// ExpressionTerm is anything longer, where a value is made: the inputs of
	// then, else and queries.
	ExpressionTerm
	// RecordTerm is a record pattern, "{username, bio?}": it matches a record
	// and binds its fields. It is used in the inputs of a pattern and after
	// the has of a list.
	RecordTerm
	// FileTerm is the content of a file, in a scenario: file "sea.epub".
	FileTerm
)

// A Term is a variable, a literal, "_", an expression, a record pattern or a
// file.
type Term struct {
	Span    source.Span
	Kind    TermKind
	Name    Name   // VariableTerm
	Literal any    // LiteralTerm: string, float64, bool or nil
	Expr    *Expr  // ExpressionTerm
	Record  []*Arg // RecordTerm: at least one field
	File    *Text  // FileTerm: the path, relative to the scenario's file
}

// An Expr is the text of an expression. Package check parses it with the
// expression library.
type Expr struct {
	Span   source.Span
	Text   string
	Broken bool // a bracket or character of its line is wrong, which has been reported
}

// A Mode is the word before a line of where.
type Mode int

const (
	// Plain lines keep the frames that they yield.
	PlainLine Mode = iota
	// NoLine keeps a frame if the line yields nothing.
	NoLine
	// MaybeLine keeps a frame with nulls if the line yields nothing.
	MaybeLine
	// SomeLine keeps a frame once when the line gives anything, and binds
	// nothing.
	SomeLine
	// SurelyLine states that the line gives something; if it does not, the flow
	// faults.
	SurelyLine
)

func (m Mode) String() string { return [...]string{"", "no", "maybe", "some", "surely"}[m] }

// A Line is one line of where with the lines below it.
type Line struct {
	Span source.Span // of the line's head, without its block and else
	Mode Mode
	Body LineBody
	// If is the condition after "if" at the end of the line, nil when there is
	// none. When it is false the frame is kept and the line is not read. Such a
	// line has no Else, and its Body has no block.
	If   *Expr
	Else []*Ask
}

// A LineBody is the content of a line: *QueryLine, *FieldLine, *MemberLine,
// *ViewLine, *IsLine, *FoldLine or *FilterLine.
type LineBody interface{ lineBody() }

// A QueryLine is "in C: _query (in) : (out)".
type QueryLine struct {
	Concept Name
	Query   Name
	In      []*Arg
	HasOut  bool
	Out     []*Arg
}

// A FieldLine is "in C: field of x is y", or "has y" for a collection.
type FieldLine struct {
	Concept Name
	Set     Name // of "Set.field", else empty
	Field   Name
	Subject *Term
	Has     bool
	Object  *Term
}

// A MemberLine is "in C: x is a Subset". With fields it finds members by those
// whose variables are bound, and binds the others:
//
//	in C: article is an Article (author, slug, title, description?)
type MemberLine struct {
	Concept   Name
	Subject   *Term
	Set       Name
	HasFields bool
	Fields    []*Arg
}

// A ViewLine is "View (in) : (out)".
type ViewLine struct {
	View   Name
	In     []*Arg
	HasOut bool
	Out    []*Arg
}

// An IsLine is "x is EXPRESSION".
type IsLine struct {
	Var  Name
	Expr *Expr
}

// A FilterLine is an expression that must be true.
type FilterLine struct {
	Expr *Expr
}

// A HasLine is "LIST has x": a frame for each item of a list that agrees with
// the item's term, which may be a record pattern.
type HasLine struct {
	List *Expr
	Item *Term
}

// A BlockLine is the lines below "no", "some" or "maybe" alone on a line: the
// word applies to all of them together.
type BlockLine struct {
	Lines []*Line
}

// A Fold is how a FoldLine turns many frames into one value.
type Fold int

const (
	// Each makes a list.
	Each Fold = iota
	// Count counts frames; it has no expression.
	Count
	// Sum adds the values.
	Sum
	// Min is the least value.
	Min
	// Max is the greatest value.
	Max
	// First is the first value.
	First
	// Whether is true when the lines give a frame, else false; it has no
	// expression.
	Whether
)

func (f Fold) String() string {
	return [...]string{"each", "count", "sum of", "min of", "max of", "first", "whether"}[f]
}

// A FoldLine is "xs is each EXPRESSION" with the lines below it.
type FoldLine struct {
	Var      Name
	Fold     Fold
	Expr     *Expr // nil for count and whether
	Lines    []*Line
	Order    []*OrderKey
	Limit    *Expr
	Offset   *Expr
	Distinct bool
	Page     *Page // nil when the fold makes no pages
}

// A Page is "page (in) : (out)" below the lines of a fold.
type Page struct {
	Span   source.Span
	In     []*Arg
	HasOut bool
	Out    []*Arg
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
func (*HasLine) lineBody()    {}
func (*BlockLine) lineBody()  {}

// A Scenario is a test, of a concept or of an app.
type Scenario struct {
	Span   source.Span
	Title  string
	Steps  []*Step
	Broken bool // some of it could not be read and is left out
}

// A Step is one step of a scenario. Exactly one of its parts is set.
type Step struct {
	Span  source.Span
	Call  *CallStep  // of a concept: an action or query
	HTTP  *HTTPStep  // of an app
	Fired *FiredStep // fired Sync once
	State *Line      // "in C: …" or "no in C: …" must hold
	After string     // after "31 days": the clock is moved
}

// A CallStep asks an action or query of the concept and expects an outcome.
type CallStep struct {
	Name    Name
	Args    []*Arg
	HasOut  bool
	Out     []*Arg
	None    bool // ": none": the query gives no row
	Refused Name // ": refused CODE"
}

// An HTTPStep sends a request and expects an answer.
type HTTPStep struct {
	Method  Name
	Path    string
	Body    *Datum // nil when there is none
	Headers []*Header
	Status  int    // 0 when nothing is expected
	Answer  *Datum // nil when only the status matters
}

// A Header is a line below an HTTP step: `header "Origin" "http://x"`,
// `bearer session`, `authorization "Token" session`, `cookie "session" session`,
// `from "203.0.113.7"`.
type Header struct {
	Span  source.Span
	Kind  Name
	Name  string // of the header, the cookie or the scheme
	Value *Datum
}

// A FiredStep says how often a sync fired in the flow of the last request.
type FiredStep struct {
	Sync  Name
	Times int // "never" 0, "once" 1, "N times" N
}

// A Datum is JSON with names. In a request, a name stands for its value. In an
// expected answer, the first use of a name binds it, and later uses compare.
type Datum struct {
	Span   source.Span
	Kind   DatumKind
	Name   Name  // NameDatum
	Scalar any   // ScalarDatum: string, float64, bool or nil
	File   *Text // FileDatum: the path, relative to the scenario's file
	List   []*Datum
	Fields []*DatumField
	Open   bool // a list that ends in "...": more may follow
}

// A DatumKind is the form of a datum.
type DatumKind int

const (
	// ScalarDatum is a string, number, true, false or null.
	ScalarDatum DatumKind = iota
	// NameDatum is a name.
	NameDatum
	// AnyDatum is "_".
	AnyDatum
	// ListDatum is a list.
	ListDatum
	// RecordDatum is a record.
	RecordDatum
	// FileDatum is the content of a file: file "sea.epub".
	FileDatum
)

// A DatumField is one field of a record.
type DatumField struct {
	Name  Name
	Value *Datum
}
