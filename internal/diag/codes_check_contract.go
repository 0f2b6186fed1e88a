package diag

// contractEntries are the codes of declarations: of concepts and apps.
func contractEntries() []Entry {
	return []Entry{
		{Code: DeclaredTwice, Name: "declared-twice",
			Title: "a name that is declared twice",
			Cause: "Two concepts, types, actions, queries, parameters, fields, views or syncs have one name. Singular and plural of a type are the same name, and a subset has the fields of the set it is of.",
			Example: `concept Users

state
    a set of Users with
        a name String
        an optional name String
`,
			Repair: "Give one of them another name, or delete it."},
		{Code: UnknownType, Name: "unknown-type",
			Title: "a type that the concept does not know",
			Cause: "A type is a set of the concept's own state, a type parameter, an alias or a primitive. Concepts never name the types of other concepts.",
			Example: `concept Boxes

actions
    open (owner: Owner) : ()
`,
			Repair: "Correct the name, declare the set, or make it a type parameter: “concept Boxes [Owner]”."},
		{Code: AmbiguousType, Name: "ambiguous-type",
			Title: "a type's name that may mean two types",
			Cause: "Plural and singular of a type are the same type, and this plural belongs to two of them.",
			Example: `concept Woods

state
    a set of Ax
    a set of Axe

actions
    chop (tools: set of Axes) : ()
`,
			Repair: "Write the type as it is declared."},
		{Code: PrimitiveDeclared, Name: "primitive-declared",
			Title: "a type with the name of a primitive",
			Cause: "String, Number, Flag, Date, DateTime, Secret, Binary and Json are there already.",
			Example: `concept Diary

state
    a set of Date
`,
			Repair: "Choose another name."},
		{Code: Circular, Name: "circular",
			Title: "a declaration that rests on itself",
			Cause: "Subsets, aliases and the bindings of type parameters lead somewhere; these lead back to where they began.",
			Example: `concept Users

state
    a set of Users
    an Admins set of Owners
    an Owners set of Admins
`,
			Repair: "Let one of them begin at something else."},
		{Code: SubsetOf, Name: "subset-of",
			Title: "a subset of what has no members",
			Cause: "A subset holds some of the members of a set, or of the identities of a type parameter.",
			Example: `concept Names

state
    a Banned set of Strings
`,
			Repair: "Declare a set with the values as a field, and the subset of that."},
		{Code: OptionalCollection, Name: "optional-collection",
			Title: "an optional set or seq",
			Cause: "A collection may be empty, so leaving it out would say nothing more.",
			Example: `concept Notes

state
    a set of Notes with
        an optional tags set of Strings
`,
			Repair: "Delete “optional”."},
		{Code: NamelessField, Name: "nameless-field",
			Title: "a field of constants without a name",
			Cause: "A field without a name takes that of its type, and constants have none.",
			Example: `concept Notes

state
    a set of Notes with
        of RED or GREEN
`,
			Repair: "Name the field, as in “a color of RED or GREEN”."},
		{Code: RefusalCode, Name: "refusal-code",
			Title: "a refusal's code that is not in capitals",
			Cause: "Codes are written in capitals, so that they are told from types at a glance.",
			Example: `concept Users

actions
    add (name: String) : ()
        refuses Taken "The name is taken."
`,
			Repair: "Write capitals, digits and “_”."},
		{Code: RefusalKind, Name: "refusal-kind",
			Title: "an unknown kind of refusal",
			Cause: "The kind settles the status of the answer. There are invalid, unauthenticated, forbidden, missing, conflict and limited.",
			Example: `concept Users

actions
    add (name: String) : ()
        refuses TAKEN as conflicting "The name is taken."
`,
			Repair: "Write one of the kinds, or none for invalid."},
		{Code: UnknownPlaceholder, Name: "unknown-placeholder",
			Title: "a name in a refusal's sentence that is no input",
			Cause: "A sentence may name inputs of its action in braces, and {reason}, which the concept's Go gives; nothing else is known when it is made.",
			Example: `concept Users

actions
    add (name: String) : ()
        refuses TAKEN "The name '{nmae}' is taken."
`,
			Repair: "Name an input, or leave the braces out."},
		{Code: BadSchedule, Name: "bad-schedule",
			Title: "a schedule by which nothing can start",
			Cause: "A system action starts “at” a DateTime field of a member that is its input, or “every” duration such as \"1h\". The runtime has nothing to give for further inputs.",
			Example: `concept Cleaning

actions
    system sweep ()
        every "soon"
`,
			Repair: "Write a duration as \"90s\", \"15m\" or \"24h\", or a DateTime field of the input."},
		{Code: NoSchedule, Name: "no-schedule",
			Title: "a system action that nothing starts",
			Cause: "System actions are started by the runtime, and this one does not say when.",
			Example: `concept Cleaning

actions
    system sweep ()
`,
			Repair: "Write “at FIELD of x” or “every \"1h\"” below it, or delete “system”."},
		{Code: UnknownTypeParameter, Name: "unknown-type-parameter",
			Title: "a type parameter that the concept does not have",
			Cause: "What stands left of “=” in a use is a type parameter of the concept that is used.",
			Example: exampleUsers + exampleBoxes + `app Storage

use Users
use Boxes [Ownr = Users.User]
`,
			Repair: "Write the parameter as the concept's first line has it."},
		{Code: BadCredential, Name: "bad-credential",
			Title: "a credential of a concept that takes no requests",
			Cause: "Credentials are fields of requests, so they belong under “use Requesting”.",
			Example: exampleUsers + `app Storage

use Users
    session from body, bearer
`,
			Repair: "Move the line under “use Requesting”."},
		{Code: WrongStep, Name: "wrong-step",
			Title: "a step that its scenario cannot hold",
			Cause: "A concept's scenario calls its actions and queries; an app's sends requests. Only queries give none, only actions are refused.",
			Example: exampleUsers + `scenario adding
    add (name: "ann") : none
`,
			Repair: "Write a step of the right kind."},
	}
}
