package diag

// nameEntries are the codes of names that syncs, views and apps use.
func nameEntries() []Entry {
	return []Entry{
		{Code: UnknownConcept, Name: "unknown-concept",
			Title: "a concept that is nowhere",
			Cause: "Neither the texts nor the catalogue hold a concept of this name, and the app uses none under it.",
			Example: exampleUsers + `sync Greet
when
    Users.add () : (user)
then
    User.greet (user)
`,
			Repair: "Correct the name, or add the concept's text."},
		{Code: ConceptNotUsed, Name: "concept-not-used",
			Title: "a concept that the app does not use under this name",
			Cause: "Syncs speak of the concepts that the app lists, by the names that it gives them.",
			Example: exampleUsers + `app Storage

use Users as People

view Found (name) : (user)
where
    in Users: _find (name) : (user)
`,
			Repair: "Write the name after “as”, or add a “use” to the app."},
		{Code: UnknownAction, Name: "unknown-action",
			Title: "an action that the concept does not have",
			Cause: "The name is misspelt, or the concept's text lacks the action.",
			Example: exampleUsers + `sync Greet
when
    Users.ad () : (user)
then
    Users.greet (user)
`,
			Repair: "Correct the name, or declare the action."},
		{Code: UnknownQuery, Name: "unknown-query",
			Title: "a query that the concept does not have",
			Cause: "The name is misspelt, or the concept's text lacks the query.",
			Example: exampleUsers + `view Found (name) : (user)
where
    in Users: _fnd (name) : (user)
`,
			Repair: "Correct the name, or declare the query."},
		{Code: QueryAsAction, Name: "query-as-action",
			Title: "a query where an action must stand",
			Cause: "“when” matches actions and “then” asks them; queries only read, and are read in “where”.",
			Example: exampleUsers + `sync Greet
when
    Users.find () : (user)
then
    Users.greet (user)
`,
			Repair: "Match the action that made the change, and read with “in Users: _find (name) : (user)” in where."},
		{Code: ActionInWhere, Name: "action-in-where",
			Title: "an action where a query must stand",
			Cause: "“where” only reads, so that it may be tried any number of times; actions are asked in “then”.",
			Example: exampleUsers + `view Added (name) : (user)
where
    in Users: _add (name) : (user)
`,
			Repair: "Move the action to “then”; a line with outputs there is awaited."},
		{Code: UnknownInput, Name: "unknown-input",
			Title: "an input that is not taken",
			Cause: "Left of the colon stands the name that the concept or view gives its input, right of it the variable.",
			Example: exampleUsers + `sync Greet
when
    Users.rename (person) : ()
then
    Users.greet (user: person)
`,
			Repair: "Write the input's name, as in “user: person”."},
		{Code: UnknownOutput, Name: "unknown-output",
			Title: "an output that is not given",
			Cause: "Left of the colon stands the name that the concept or view gives its output. A refusal gives only “error” and “refusal”.",
			Example: exampleUsers + `sync Greet
when
    Users.add () : (person)
then
    Users.greet (user: person)
`,
			Repair: "Write the output's name, as in “user: person”."},
		{Code: MissingInput, Name: "missing-input",
			Title: "an input that is needed and not given",
			Cause: "Only inputs that are declared with “?” may be left out of what is asked.",
			Example: exampleUsers + `sync Rename
when
    Users.add () : (user)
then
    Users.rename (user)
`,
			Repair: "Give the input, or make it optional in the concept."},
		{Code: ArgumentTwice, Name: "argument-twice",
			Title: "an argument that is given twice",
			Cause: "One line names one input or output two times.",
			Example: exampleUsers + `sync Greet
when
    Users.add () : (user)
then
    Users.greet (user, user: user)
`,
			Repair: "Delete one of them."},
		{Code: UnknownField, Name: "unknown-field",
			Title: "a field that the state does not have",
			Cause: "The name is misspelt, or the field belongs to another concept or set.",
			Example: exampleUsers + `view Named (user) : (name)
where
    in Users: nam of user is name
`,
			Repair: "Correct the name, or declare the field."},
		{Code: AmbiguousField, Name: "ambiguous-field",
			Title: "a field that several sets have",
			Cause: "Two sets of the concept have a field of this name, and nothing tells of which one this is a member.",
			Example: exampleBoxes + `view Owned (thing) : (owner)
where
    in Boxes: owner of thing is owner
`,
			Repair: "Write the set before the field, as in “Box.owner of thing is owner”."},
		{Code: UnknownSet, Name: "unknown-set",
			Title: "a set that the state does not have",
			Cause: "What stands after “is a”, or before the point of a field, is a set or subset of the concept's state.",
			Example: exampleUsers + `view Known (user) : ()
where
    in Users: user is a Usr
`,
			Repair: "Correct the name, or declare the set."},
		{Code: UnknownView, Name: "unknown-view",
			Title: "a view that is nowhere",
			Cause: "A line that begins with a name and a bracket uses a view, and none of this name is declared.",
			Example: exampleUsers + `view Found (name) : (user)
where
    in Users: _find (name) : (user)

sync Greet
when
    Users.rename (name)
where
    Fond (name) : (user)
then
    Users.greet (user)
`,
			Repair: "Correct the name, or declare the view."},
		{Code: RecursiveView, Name: "recursive-view",
			Title: "a view that uses itself",
			Cause: "A view stands for its lines. One that stands for itself, directly or through others, has no end.",
			Example: exampleUsers + `view Found (name) : (user)
where
    in Users: _find (name) : (user)
    Found (name) : (user)
`,
			Repair: "Write what the inner use is for as lines of its own."},
		{Code: ViewParameter, Name: "view-parameter",
			Title: "a parameter of a view that is no variable",
			Cause: "The inputs and outputs of a view are variables of its lines; a literal there would name nothing.",
			Example: exampleUsers + `view Ann (name: "ann") : (user)
where
    in Users: _find (name: "ann") : (user)
`,
			Repair: "Write a name, and compare in a line of where."},
		{Code: UnknownRefusal, Name: "unknown-refusal",
			Title: "a refusal that the action does not have",
			Cause: "The code is misspelt, or belongs to another action.",
			Example: exampleUsers + `sync Retry
when
    Users.add () : refused TAKN
then
    Users.add (name: "another")
`,
			Repair: "Write one of the codes that the action refuses with."},
		{Code: RefusalInThen, Name: "refusal-in-then",
			Title: "a refusal among the outputs of then",
			Cause: "A line of then with outputs waits for a return. When it is refused, the lines below it are not asked, so they never see the error.",
			Example: exampleUsers + `sync Twin
when
    Users.add () : (user)
then
    Users.add (name: "twin") : (error)
    Users.greet (user)
`,
			Repair: "Match the refusal in a sync of its own, with “: (error)” in when."},
		{Code: NeverRefused, Name: "never-refused",
			Title: "a pattern for a refusal that never comes",
			Cause: "The action names no refusal, so it is never refused and this sync never fires.",
			Example: exampleUsers + `sync Again
when
    Users.rename (user) : (error: _)
then
    Users.greet (user)
`,
			Repair: "Delete the sync, or let the concept say how the action declines."},
		{Code: EffectTogether, Name: "effect-together",
			Title: "an effect action under “then together”",
			Cause: "What stands under “then together” commits at once or not at all. What reaches outside the store cannot be undone.",
			Example: exampleUsers + `sync Greet
when
    Users.add () : (user)
then together
    Users.greet (user)
`,
			Repair: "Ask the effect in a sync that matches what was done together."},
		{Code: BadPath, Name: "bad-path",
			Title: "a path that no request can have",
			Cause: "Paths begin with “/”, do not end with it, and hold neither a query string nor spaces.",
			Example: `concept Requesting

state
    a set of Requests

actions
    request (method: String, path: String, ...) : (request: Request)
    respond (request: Request, ...) : ()

sync Ping
when
    Requesting.request (path: "ping") : (request)
then
    Requesting.respond (request)
`,
			Repair: "Write “/ping”; fields of a query string are inputs of the request."},
		{Code: UnknownSync, Name: "unknown-sync",
			Title: "a sync that is nowhere",
			Cause: "A scenario says how often a sync fired, and none of this name is declared.",
			Example: exampleUsers + `sync Greet
when
    Users.add () : (user)
then
    Users.greet (user)

scenario greeting
    POST /users {"name": "ann"}
    fired Great once
`,
			Repair: "Correct the name."},
	}
}
