package diag

// flowEntries are the codes of types and variables.
func flowEntries() []Entry {
	return []Entry{
		{Code: TypeClash, Name: "type-clash",
			Title: "a variable that is two kinds of thing",
			Cause: "A variable is the same everywhere in a sync. This one comes from, or flows into, places of different types; the identities of two concepts are never equal unless the app binds them.",
			Example: exampleUsers + exampleBoxes + `sync Confuse
when
    Users.add () : (user)
then
    Boxes.fill (box: user, amount: 1)
`,
			Repair: "Use two variables, or bind the type parameter in the app."},
		{Code: WrongValue, Name: "wrong-value",
			Title: "a value of the wrong type",
			Cause: "A literal flows into an input or field, or is compared with one, whose values are of another type.",
			Example: exampleUsers + exampleBoxes + `sync Fill
when
    Boxes.open () : (box)
then
    Boxes.fill (box, amount: "much")
`,
			Repair: "Write a value of the right type."},
		{Code: HasOrIs, Name: "has-or-is",
			Title: "“is” for a collection, or “has” for a single value",
			Cause: "A set or seq has several values, each of which “has” gives; a single field “is” its value.",
			Example: exampleUsers + `view Tagged (user) : (tag)
where
    in Users: tags of user is tag
`,
			Repair: "Write the other word."},
		{Code: BadExpression, Name: "bad-expression",
			Title: "an expression that cannot be read",
			Cause: "The text is no expression of the expression language, or uses what the language leaves out because its result would not be settled by its values.",
			Example: exampleUsers + `sync Greet
when
    Users.add (name) : (user)
where
    len(name) >
then
    Users.greet (user)
`,
			Repair: "Follow the message; the reference lists operators and functions."},
		{Code: MaybeNull, Name: "maybe-null",
			Title: "a value that may be null where one is needed",
			Cause: "The variable comes from a field that may be left out, from a line with “maybe”, or from a fold over nothing, and flows into an input that is not optional. Without a value the action faults.",
			Example: exampleUsers + exampleBoxes + `sync Fill
when
    Users.rename (user, age?) : ()
where
    in Boxes: _boxesOf (owner: user) : (box)
then
    Boxes.fill (box, amount: age)
`,
			Repair: "Test it in where, as in “age != null”, or give it a value, as in “age ?? 0”."},
		{Code: Unbound, Name: "unbound",
			Title: "a variable that nothing gives a value",
			Cause: "The name is misspelt, or the line that should give it a value is missing.",
			Example: exampleUsers + `sync Greet
when
    Users.add () : (user)
then
    Users.greet (user: usr)
`,
			Repair: "Correct the name, or name the value where it comes from: a field of the request in when, an output, a line of where."},
		{Code: BoundLater, Name: "bound-later",
			Title: "a variable that is used before it has a value",
			Cause: "Lines run in the order in which they stand: when, where, then, each from top to bottom. An else sees what was bound before its line.",
			Example: exampleUsers + `sync Greet
when
    Users.rename () : ()
then
    Users.greet (user)
    Users.add (name: "twin") : (user)
`,
			Repair: "Put the line that gives the value first."},
		{Code: OutputNotNamed, Name: "output-not-named",
			Title: "the use of an output that is not named",
			Cause: "A line gives this value, but does not name it. In then a line without outputs is not even waited for.",
			Example: exampleUsers + `sync Greet
when
    Users.rename () : ()
then
    Users.add (name: "twin")
    Users.greet (user)
`,
			Repair: "Name it behind the line, as in “: (user)”."},
		{Code: OutOfScope, Name: "out-of-scope",
			Title: "a variable that is seen only elsewhere",
			Cause: "What the lines of a fold, a “no” line or an else bind stays inside.",
			Example: exampleUsers + `sync Greet
when
    Users.rename (name) : ()
where
    no in Users: _find (name) : (user)
then
    Users.greet (user)
`,
			Repair: "Bind it in a line of its own, or in what the fold gives."},
		{Code: ReservedVariable, Name: "reserved-variable",
			Title: "an attempt to bind now or new",
			Cause: "“now” is the flow's instant and “new” a fresh identity, in every sync.",
			Example: exampleUsers + `sync Greet
when
    Users.add () : (user: new)
then
    Users.add (name: "twin")
`,
			Repair: "Choose another name."},
		{Code: Unused, Name: "unused",
			Title: "a variable that is used nowhere",
			Cause: "A name that stands only once neither joins nor carries anything. Often it is misspelt there, or where it should be used.",
			Example: exampleUsers + `sync Twin
when
    Users.rename (user, name) : ()
then
    Users.greet (user)
`,
			Repair: "Leave it out; where something must stand, write “_”."},
		{Code: ViewOutput, Name: "view-output",
			Title: "an output of a view that gets no value",
			Cause: "The lines of the view bind no variable of this name, at least not outside of folds and “no” lines.",
			Example: exampleUsers + `view Found (name) : (person)
where
    in Users: _find (name)
`,
			Repair: "Bind it in a line, or write “person: user” for a variable of another name."},
		{Code: IdleElse, Name: "idle-else",
			Title: "an else that is never asked",
			Cause: "An else is asked for the frames that its line drops. A line with “maybe”, or one that only binds a new variable, drops none.",
			Example: exampleUsers + `sync Greet
when
    Users.rename (name) : ()
where
    maybe in Users: _find (name) : ()
        else Users.add (name)
then
    Users.add (name: "twin")
`,
			Repair: "Delete “maybe”, or put the else under a line that tests."},
		{Code: MisplacedOptional, Name: "misplaced-optional",
			Title: "“name?” where nothing is left out",
			Cause: "“name?” binds null where there may be no value: an input in when and in the head of a view, an output that its concept declares optional or that a view may leave null. Where values are made, null counts as absent by itself.",
			Example: exampleUsers + `sync Rename
when
    Users.rename (user, age?) : ()
then
    Users.rename (user, name: "ann", age?)
`,
			Repair: "Delete the question mark."},
		{Code: ElseInside, Name: "else-inside",
			Title: "an else inside a view or a fold",
			Cause: "What a line inside drops is no frame of a sync: the view or the fold just gives less. So nobody would ask this else.",
			Example: exampleUsers + `view Found (name) : (user)
where
    in Users: _find (name) : (user)
        else Users.add (name)

sync Greet
when
    Users.rename (name) : ()
where
    Found (name) : (user)
then
    Users.greet (user)
`,
			Repair: "Put the else under the line of the sync that uses the view, or under a line that tests what the fold gives."},
		{Code: NoValue, Name: "no-value",
			Title: "“_” where a value is made",
			Cause: "“_” stands for any value when something is matched; what is asked needs one value.",
			Example: exampleUsers + `sync Rename
when
    Users.add () : (user)
then
    Users.rename (user, name: _)
`,
			Repair: "Write a value, or leave an optional input out."},
		{Code: MisplacedPage, Name: "misplaced-page",
			Title: "a page of something that has none",
			Cause: "A page is a part of the list that “each” makes, in its order. It has a limit of its own, begins behind its cursor, and needs a name that has no value yet.",
			Example: exampleUsers + `sync Greet
when
    Users.rename (user) : ()
where
    names is count
        in Users: name of other is name
        page () : (next?)
    names > 0
then
    Users.greet (user)
`,
			Repair: "Put the page below “each”, and leave out limit, offset and distinct."},
		{Code: LastPage, Name: "last-page",
			Title: "a next that the last page does not have",
			Cause: "A page gives the cursor of the page behind it, and the last page null. What is called next? binds that null; without the question mark it would match no last page. It needs a variable of its own.",
			Example: exampleUsers + `view Names (cursor?) : (names, next)
where
    names is each name
        in Users: name of user is name
        page (cursor) : (next)
`,
			Repair: "Write next?."},
	}
}
