package diag

import (
	"cmp"
	"slices"
)

// The codes of names and contracts: what a text says that its concepts, app
// and views do not hold. Each one's entry in the catalogue has an example that
// has the fault, and a test of package check checks it.
const (
	// UnknownConcept is the name of a concept that is nowhere.
	UnknownConcept Code = "L0201"
	// ConceptNotUsed is a concept that exists, but that the app does not use
	// under this name.
	ConceptNotUsed Code = "L0202"
	// DeclaredTwice is a second declaration of one name.
	DeclaredTwice Code = "L0203"
	// UnknownType is a type that is no set, type parameter, alias or primitive.
	UnknownType Code = "L0204"
	// AmbiguousType is a type's name that may be singular or plural of two.
	AmbiguousType Code = "L0205"
	// PrimitiveDeclared is a set, alias or type parameter with the name of a
	// primitive.
	PrimitiveDeclared Code = "L0206"
	// Circular is a subset, alias or binding that rests on itself.
	Circular Code = "L0207"
	// SubsetOf is a subset of something that has no members.
	SubsetOf Code = "L0208"
	// OptionalCollection is an optional set or seq.
	OptionalCollection Code = "L0209"
	// NamelessField is a field of constants without a name.
	NamelessField Code = "L0210"
	// UnknownAction is an action that the concept does not have.
	UnknownAction Code = "L0211"
	// UnknownQuery is a query that the concept does not have.
	UnknownQuery Code = "L0212"
	// QueryAsAction is a query where an action must stand.
	QueryAsAction Code = "L0213"
	// ActionInWhere is an action where a query must stand.
	ActionInWhere Code = "L0214"
	// UnknownInput is an input that the action, query or view does not take.
	UnknownInput Code = "L0215"
	// UnknownOutput is an output that the action, query or view does not give.
	UnknownOutput Code = "L0216"
	// MissingInput is an input that is needed and not given.
	MissingInput Code = "L0217"
	// ArgumentTwice is an argument that is given twice.
	ArgumentTwice Code = "L0218"
	// UnknownField is a field that no set of the concept has.
	UnknownField Code = "L0219"
	// AmbiguousField is a field that several sets of the concept have.
	AmbiguousField Code = "L0220"
	// UnknownSet is a set that the concept's state does not have.
	UnknownSet Code = "L0221"
	// UnknownView is a view that is nowhere.
	UnknownView Code = "L0222"
	// RecursiveView is a view that uses itself.
	RecursiveView Code = "L0223"
	// ViewParameter is a parameter of a view that is no variable.
	ViewParameter Code = "L0224"
	// UnknownRefusal is a refusal's code that the action does not have.
	UnknownRefusal Code = "L0225"
	// RefusalCode is a refusal's code that is not in capitals.
	RefusalCode Code = "L0226"
	// RefusalKind is a kind of refusal that does not exist.
	RefusalKind Code = "L0227"
	// UnknownPlaceholder is a name in a refusal's sentence that is no input.
	UnknownPlaceholder Code = "L0228"
	// RefusalInThen is a refusal among the outputs of then or else.
	RefusalInThen Code = "L0229"
	// NeverRefused is a pattern for the refusal of an action that names none.
	NeverRefused Code = "L0230"
	// BadSchedule is a schedule by which nothing can start.
	BadSchedule Code = "L0231"
	// NoSchedule is a system action that nothing starts.
	NoSchedule Code = "L0232"
	// UnknownTypeParameter is a type parameter that the concept does not have.
	UnknownTypeParameter Code = "L0233"
	// BadCredential is a credential of a concept that takes no requests.
	BadCredential Code = "L0234"
	// EffectTogether is an effect action under "then together".
	EffectTogether Code = "L0235"
	// BadPath is a path that no request can have.
	BadPath Code = "L0236"
	// UnknownSync is a sync that a scenario names and that is nowhere.
	UnknownSync Code = "L0237"
	// WrongStep is a step that its scenario cannot hold.
	WrongStep Code = "L0238"
)

// The codes of types: what a value is.
const (
	// TypeClash is a variable that would have to be two kinds of thing.
	TypeClash Code = "L0301"
	// WrongValue is a value that is not of the type of what it flows into.
	WrongValue Code = "L0302"
	// HasOrIs is "is" for a collection, or "has" for a single value.
	HasOrIs Code = "L0303"
	// BadExpression is an expression that cannot be read.
	BadExpression Code = "L0304"
	// MaybeNull is a value that may be null where an action needs one.
	MaybeNull Code = "L0305"
	// FieldClash is a field of a request that two syncs take for different
	// things.
	FieldClash Code = "L0306"
)

// The codes of variables: where a name gets its value, and where it is seen.
const (
	// Unbound is a variable that nothing gives a value.
	Unbound Code = "L0401"
	// BoundLater is a variable that gets its value only after its use.
	BoundLater Code = "L0402"
	// OutputNotNamed is the use of an output that its line does not name.
	OutputNotNamed Code = "L0403"
	// OutOfScope is the use of a variable outside the lines that bind it.
	OutOfScope Code = "L0404"
	// ReservedVariable is an attempt to bind now or new.
	ReservedVariable Code = "L0405"
	// Unused is a variable that stands at one place only.
	Unused Code = "L0406"
	// ViewOutput is an output of a view to which its lines give no value.
	ViewOutput Code = "L0407"
	// IdleElse is an else below a line that drops nothing.
	IdleElse Code = "L0408"
	// MisplacedOptional is "name?" where nothing can be left out.
	MisplacedOptional Code = "L0409"
	// NoValue is "_" where a value is made.
	NoValue Code = "L0410"
	// ElseInside is an else inside a view or a fold.
	ElseInside Code = "L0411"
	// MisplacedPage is "page" below a fold that makes no list, or beside what
	// it has of its own.
	MisplacedPage Code = "L0412"
	// LastPage is a "next" of a page that cannot be null, or is bound already.
	LastPage Code = "L0413"
)

// The codes of outcomes: what becomes of a request, on every way that it can go.
const (
	// Unanswered is a way on which nobody answers a request.
	Unanswered Code = "L0501"
	// AnsweredTwice is a way on which a request is answered twice.
	AnsweredTwice Code = "L0502"
	// NeverFires is a sync that fires on no way.
	NeverFires Code = "L0503"
	// NeverAsked is an action that a sync waits for and no text asks.
	NeverAsked Code = "L0504"
	// Shadowed is a route whose requests another route takes.
	Shadowed Code = "L0505"
	// Endless is a circle of syncs that no where ends.
	Endless Code = "L0506"
	// NotWalked is an entry that can go in too many ways to follow them all.
	NotWalked Code = "L0507"
)

// The codes of what outsiders can see and do.
const (
	// SecretFlows is a secret that flows into something that is not declared so.
	SecretFlows Code = "L0521"
	// SecretAnswered is a secret that a client sent and is told again.
	SecretAnswered Code = "L0522"
	// SecretTold is a refusal's sentence that tells a secret.
	SecretTold Code = "L0523"
	// OpenRoute is a route that changes something for anybody who asks.
	OpenRoute Code = "L0531"
	// UnknownRoute is a route that the app opens and no sync names.
	UnknownRoute Code = "L0532"
)

// checkEntries is the part of the catalogue that belongs to the check of
// names, types and flow.
func checkEntries() []Entry {
	all := slices.Concat(contractEntries(), nameEntries(), flowEntries(), outcomeEntries(), secretEntries())
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

// The concepts that the examples are about.
const (
	exampleUsers = `concept Users

state
    a set of Users with
        a unique name String
        an optional age Number
        a tags set of Strings

actions
    add (name: String) : (user: User)
        refuses TAKEN as conflict "The name '{name}' is taken."
    rename (user: User, name: String, age?: Number) : ()
    effect greet (user: User) : ()

queries
    _find (name: String) : optional (user: User)

`
	exampleBoxes = `concept Boxes [Owner]

state
    a set of Boxes with
        an owner Owner
    a set of Labels with
        a box Box
        an owner Owner

actions
    open (owner: Owner) : (box: Box)
    fill (box: Box, amount: Number) : ()

queries
    _boxesOf (owner: Owner) : (box: Box)

`
)
