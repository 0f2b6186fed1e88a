package diag

// The codes of package syntax.
const (
	// NotUTF8 means that the file is not valid UTF-8.
	NotUTF8 Code = "L0101"
	// ControlCharacter means that the file contains a control character.
	ControlCharacter Code = "L0102"
	// TooLarge means that the file is larger than 4 MiB.
	TooLarge Code = "L0103"
	// TooDeep means that brackets or blocks are nested too deeply.
	TooDeep Code = "L0104"
	// TabIndent means that a line is indented with a tab.
	TabIndent Code = "L0105"
	// UnevenIndent means that a line is indented differently from its block.
	UnevenIndent Code = "L0106"
	// UnclosedString means that a string has no closing quotation mark.
	UnclosedString Code = "L0107"
	// UnclosedBracket means that a bracket is not closed.
	UnclosedBracket Code = "L0108"
	// UnopenedBracket means that a closing bracket has no opening bracket.
	UnopenedBracket Code = "L0109"
	// BadEscape means that a backslash is followed by an unknown escape.
	BadEscape Code = "L0110"
	// Unexpected means that a different word or sign is expected here.
	Unexpected Code = "L0111"
	// UnknownWord means that no construct begins with this word.
	UnknownWord Code = "L0112"
	// Misplaced means that a part is in the wrong place.
	Misplaced Code = "L0113"
	// Repeated means that a part is repeated.
	Repeated Code = "L0114"
	// MissingPart means that a required part is missing.
	MissingPart Code = "L0115"
	// MissingColon means that a colon is missing.
	MissingColon Code = "L0116"
	// NameCase means that a name begins in the wrong case.
	NameCase Code = "L0117"
	// NeedlessIf means that a condition begins with "if".
	NeedlessIf Code = "L0118"
	// EqualsForIs means that "=" is not part of the language here.
	EqualsForIs Code = "L0119"
	// StrayElse means that an "else" does not belong to a line.
	StrayElse Code = "L0120"
	// NotAPattern means that an expression is used as a pattern.
	NotAPattern Code = "L0121"
	// MissingType means that a parameter has no type.
	MissingType Code = "L0122"
	// MissingWith means that fields are declared without "with".
	MissingWith Code = "L0123"
	// BadNumber means that a number is malformed or out of range.
	BadNumber Code = "L0124"
)

// The codes for names and declarations, of package check.
const (
	// UnknownConcept means that the concept does not exist.
	UnknownConcept Code = "L0201"
	// ConceptNotUsed means that the app does not use the concept under this
	// name.
	ConceptNotUsed Code = "L0202"
	// DeclaredTwice means that a name is declared twice.
	DeclaredTwice Code = "L0203"
	// UnknownType means that the concept does not declare the type.
	UnknownType Code = "L0204"
	// AmbiguousType means that a type name is ambiguous.
	AmbiguousType Code = "L0205"
	// PrimitiveDeclared means that a type has the name of a primitive.
	PrimitiveDeclared Code = "L0206"
	// Circular means that a declaration depends on itself.
	Circular Code = "L0207"
	// SubsetOf means that a subset is based on a type without members.
	SubsetOf Code = "L0208"
	// OptionalCollection means that a set or seq is declared as optional.
	OptionalCollection Code = "L0209"
	// NamelessField means that a field of constants has no name.
	NamelessField Code = "L0210"
	// UnknownAction means that the concept does not have the action.
	UnknownAction Code = "L0211"
	// UnknownQuery means that the concept does not have the query.
	UnknownQuery Code = "L0212"
	// QueryAsAction means that a query is used as an action.
	QueryAsAction Code = "L0213"
	// ActionInWhere means that an action is used in "where".
	ActionInWhere Code = "L0214"
	// UnknownInput means that the action, query or view does not have the input.
	UnknownInput Code = "L0215"
	// UnknownOutput means that the action, query or view does not have the
	// output.
	UnknownOutput Code = "L0216"
	// MissingInput means that a required input is missing.
	MissingInput Code = "L0217"
	// ArgumentTwice means that an argument is given twice.
	ArgumentTwice Code = "L0218"
	// UnknownField means that the concept has no such field.
	UnknownField Code = "L0219"
	// AmbiguousField means that several sets have the field.
	AmbiguousField Code = "L0220"
	// UnknownSet means that the concept has no such set.
	UnknownSet Code = "L0221"
	// UnknownView means that the view does not exist.
	UnknownView Code = "L0222"
	// RecursiveView means that a view uses itself.
	RecursiveView Code = "L0223"
	// ViewParameter means that a parameter of a view is not a variable.
	ViewParameter Code = "L0224"
	// UnknownRefusal means that the action does not have the refusal.
	UnknownRefusal Code = "L0225"
	// RefusalCode means that a refusal code is not in capitals.
	RefusalCode Code = "L0226"
	// RefusalKind means that the kind of a refusal is unknown.
	RefusalKind Code = "L0227"
	// UnknownPlaceholder means that a placeholder in a refusal sentence is not
	// an input.
	UnknownPlaceholder Code = "L0228"
	// RefusalInThen means that an output pattern in "then" matches a refusal.
	RefusalInThen Code = "L0229"
	// NeverRefused means that a sync waits for a refusal that is not declared.
	NeverRefused Code = "L0230"
	// BadSchedule means that a schedule is invalid.
	BadSchedule Code = "L0231"
	// NoSchedule means that a system action has no schedule.
	NoSchedule Code = "L0232"
	// UnknownTypeParameter means that the concept does not have the type
	// parameter.
	UnknownTypeParameter Code = "L0233"
	// BadCredential means that a credential is declared for a concept without
	// requests.
	BadCredential Code = "L0234"
	// EffectTogether means that an effect action is below "then together".
	EffectTogether Code = "L0235"
	// BadPath means that no request can have the path.
	BadPath Code = "L0236"
	// UnknownSync means that the sync does not exist.
	UnknownSync Code = "L0237"
	// WrongStep means that a step does not fit its scenario.
	WrongStep Code = "L0238"
	// BadMethod means that no request has the method.
	BadMethod Code = "L0239"
	// UnreadParameter means that no sync reads a parameter of a path.
	UnreadParameter Code = "L0240"
	// ExposedHidden means that a sync is on the path of an exposed operation.
	ExposedHidden Code = "L0241"
	// HiddenField means that the runtime sets a field that a client sends.
	HiddenField Code = "L0242"
	// NearlyRenamed means that a field is renamed to nearly the same name.
	NearlyRenamed Code = "L0243"
	// NotSent means that the client does not get a field of an answer.
	NotSent Code = "L0244"
	// SuccessWithError means that an answer with an error has a status of success.
	SuccessWithError Code = "L0245"
	// UnreadCookie means that no credential reads a cookie that is set.
	UnreadCookie Code = "L0246"
)

// The codes for types, of package check.
const (
	// TypeClash means that a variable has two types.
	TypeClash Code = "L0301"
	// WrongValue means that a value has the wrong type.
	WrongValue Code = "L0302"
	// HasOrIs means that "is" and "has" are confused.
	HasOrIs Code = "L0303"
	// BadExpression means that an expression is invalid.
	BadExpression Code = "L0304"
	// MaybeNull means that a value may be null where one is required.
	MaybeNull Code = "L0305"
	// FieldClash means that a field of a request has two types.
	FieldClash Code = "L0306"
	// LostInFormat means that an answer with an error has a field that the app's
	// format of errors leaves out.
	LostInFormat Code = "L0308"
	// MisplacedType means that a record pattern or a type is written where it has no
	// meaning.
	MisplacedType Code = "L0307"
)

// The codes for variables, of package check.
const (
	// Unbound means that a variable has no value.
	Unbound Code = "L0401"
	// BoundLater means that a variable is used before it has a value.
	BoundLater Code = "L0402"
	// OutputNotNamed means that an output is used but not named.
	OutputNotNamed Code = "L0403"
	// OutOfScope means that a variable is used out of its scope.
	OutOfScope Code = "L0404"
	// ReservedVariable means that "now" or "new" is bound as a variable.
	ReservedVariable Code = "L0405"
	// Unused means that a variable is not used.
	Unused Code = "L0406"
	// ViewOutput means that an output of a view has no value.
	ViewOutput Code = "L0407"
	// IdleElse means that an "else" never applies.
	IdleElse Code = "L0408"
	// MisplacedOptional means that "name?" is used where nothing can be absent.
	MisplacedOptional Code = "L0409"
	// NoValue means that "_" is used where a value is required.
	NoValue Code = "L0410"
	// ElseInside means that an "else" is inside a view or a fold.
	ElseInside Code = "L0411"
	// MisplacedPage means that "page" is used where there is no list.
	MisplacedPage Code = "L0412"
	// LastPage means that the last page does not match "next".
	LastPage Code = "L0413"
	// AnsweringView means that a view with an else is used where it cannot be.
	AnsweringView Code = "L0414"
	// IdleTest means that a line with "some" or "if" cannot drop a frame.
	IdleTest Code = "L0415"
	// SecretBound means that a line binds a secret of state.
	SecretBound Code = "L0416"
	// MisplacedNull means that "or null" is used where nothing can be absent.
	MisplacedNull Code = "L0417"
	// MisplacedGiven means that "given" asks about a variable that is always given.
	MisplacedGiven Code = "L0418"
	// SecretPart means that a secret is a part of a field whose shape is unknown.
	SecretPart Code = "L0419"
)

// The codes for what happens to requests and syncs, of package check.
const (
	// Unanswered means that a request may get no answer.
	Unanswered Code = "L0501"
	// AnsweredTwice means that a request may be answered twice.
	AnsweredTwice Code = "L0502"
	// NeverFires means that a sync never fires.
	NeverFires Code = "L0503"
	// NeverAsked means that a sync waits for an action that is never asked.
	NeverAsked Code = "L0504"
	// Shadowed means that a route is shadowed by another.
	Shadowed Code = "L0505"
	// Endless means that syncs may trigger each other forever.
	Endless Code = "L0506"
	// NotWalked means that a flow has too many paths to check them all.
	NotWalked Code = "L0507"
	// LateDrop means that a line of a later stage may drop a frame and has no else.
	LateDrop Code = "L0508"
	// LateError means that a later stage answers with an error.
	LateError Code = "L0509"
	// SharedGuard suggests a view for a guard that stands at several places.
	SharedGuard Code = "L0430"
	// ViewForGuard suggests an existing view for the lines that it has.
	ViewForGuard Code = "L0431"
	// StageForAnswer suggests a stage for a sync that only answers for another one.
	StageForAnswer Code = "L0432"
	// OneMemberLine suggests one line about a member for several.
	OneMemberLine Code = "L0433"
	// SameAsk means that an action is asked twice with the same inputs for one trigger.
	SameAsk Code = "L0510"
	// IdleRows means that a line gives several frames of which nothing is used.
	IdleRows Code = "L0511"
	// SameSync means that two syncs do the same.
	SameSync Code = "L0512"
	// IgnoredRefusal means that a request is answered with success although an action
	// was refused.
	IgnoredRefusal Code = "L0516"
	// EarlyAnswer means that a request is answered with success before an action that
	// can be refused.
	EarlyAnswer Code = "L0517"
	// LostRows means that a result lacks rows because a value in them may be absent.
	LostRows Code = "L0518"
)

// The codes for secrets and open routes, of package check.
const (
	// SecretFlows means that a secret flows into something that is not Secret.
	SecretFlows Code = "L0521"
	// SecretAnswered means that an answer contains a secret that the client
	// sent.
	SecretAnswered Code = "L0522"
	// SecretTold means that the sentence of a refusal contains a secret.
	SecretTold Code = "L0523"
	// OpenRoute means that a route changes state for anyone.
	OpenRoute Code = "L0531"
	// UnknownRoute means that the app opens a route that does not exist.
	UnknownRoute Code = "L0532"
	// ClientChanges means that the client chooses whose data a route changes.
	ClientChanges Code = "L0533"
	// ClientReads means that the client chooses whose data a route shows.
	ClientReads Code = "L0534"
	// UnknownIdentity means that an action gets an identity that nobody looked up.
	UnknownIdentity Code = "L0535"
	// UnknownOpenField means that the app opens a field that the route does not have.
	UnknownOpenField Code = "L0536"
)

// The codes of package gen.
const (
	// GoNameClash means that two declarations have the same name in Go.
	GoNameClash Code = "L0601"
	// CrowdedFolder means that a folder contains two concepts.
	CrowdedFolder Code = "L0602"
	// OpenGo means that an action with open inputs needs Go code.
	OpenGo Code = "L0603"
)
