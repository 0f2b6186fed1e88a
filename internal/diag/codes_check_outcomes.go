package diag

// exampleRequests is the concept that stands for HTTP, as far as the examples
// need it.
const exampleRequests = `concept Requesting

state
    a set of Requests

actions
    request (method: String, path: String, ...) : (request: Request)
    respond (request: Request, status?: Number, ...) : ()
        refuses ALREADY_ANSWERED as conflict "This request has been answered already."

`

// outcomeEntries are the codes of what becomes of requests and syncs.
func outcomeEntries() []Entry {
	return []Entry{
		{Code: FieldClash, Name: "field-clash",
			Title: "a field of a request that is two kinds of thing",
			Cause: "Two syncs match the same request, and its field flows into inputs of different types. No value fits both.",
			Example: exampleRequests + exampleUsers + exampleBoxes + `sync Fill
when
    Requesting.request (path: "/fill", box, amount) : (request)
then
    Boxes.fill (box, amount) : ()
    Requesting.respond (request)

sync Note
when
    Requesting.request (path: "/fill", amount) : ()
then
    Users.add (name: amount)
`,
			Repair: "Give one of them another name, or another input."},
		{Code: Unanswered, Name: "unanswered",
			Title: "a way on which nobody answers a request",
			Cause: "Every way in which the flow of a request can go was followed: each action returned or refused, each line of where passing or dropping. On this one nobody answers, and no refusal is left to be the answer, so the client is told 500. Often a line of where drops and has no else.",
			Example: exampleRequests + exampleUsers + `sync Find
when
    Requesting.request (path: "/find", name) : (request)
where
    in Users: _find (name) : (user)
then
    Requesting.respond (request, user)
`,
			Repair: "Answer in an else below the line, or in another sync for the same request."},
		{Code: AnsweredTwice, Name: "answered-twice",
			Title: "a way on which a request is answered twice",
			Cause: "Two lines answer one request in the same flow: two syncs, a sync that goes on after a refusal that another sync answers, or one whose where gives several frames. Only the first answer is sent.",
			Example: exampleRequests + exampleUsers + `sync Join
when
    Requesting.request (path: "/join", name) : (request)
then
    Users.add (name)
    Requesting.respond (request, message: "Welcome.")

sync JoinFailed
when
    Requesting.request (path: "/join") : (request)
    Users.add () : (error)
then
    Requesting.respond (request, error)
`,
			Repair: "Await the action, with “: ()”, before the answer that is meant for its success; make a list of several frames with “xs is each …”."},
		{Code: NeverFires, Name: "never-fires",
			Title: "a sync that never fires",
			Cause: "On no way of any flow are the lines of its when matched: nobody asks the action, or not with these values, or not in one flow with the others.",
			Example: exampleUsers + exampleBoxes + `sync Twin
when
    Users.add (name: "ann") : (user)
then
    Boxes.open (owner: user)

sync Fill
when
    Boxes.open () : (box)
    Boxes.fill (amount: 3) : ()
then
    Boxes.fill (box, amount: 4)
`,
			Repair: "Correct the pattern, ask the action, or delete the sync."},
		{Code: NeverAsked, Name: "never-asked",
			Title: "an action that a sync waits for and no text asks",
			Cause: "In an app with routes, this sync fires when an action completes that no sync asks and that is not exposed. Only Go can ask it.",
			Example: exampleRequests + exampleUsers + `app Seed

use Requesting
use Users

sync Join
when
    Requesting.request (path: "/join", name) : (request)
then
    Users.add (name) : (user)
    Requesting.respond (request, user)

sync Greet
when
    Users.rename (user) : ()
then
    Users.greet (user)
`,
			Repair: "Ask the action in a sync, or wait for the one that is asked."},
		{Code: Shadowed, Name: "shadowed",
			Title: "a route whose requests another one takes",
			Cause: "Two paths of one form differ in the name of a parameter only. Requests go to the first of them.",
			Example: exampleRequests + `sync Show
when
    Requesting.request (path: "/books/{book}", book) : (request)
then
    Requesting.respond (request, book)

sync Count
when
    Requesting.request (path: "/books/{id}", id) : (request)
then
    Requesting.respond (request, id)
`,
			Repair: "Give the parameter one name, or the paths different forms."},
		{Code: Endless, Name: "endless",
			Title: "syncs that set each other off without end",
			Cause: "What a sync asks makes another one fire, and so on back to the first; no line of where on the way can drop, so only a refusal or the limits of a flow end it.",
			Example: exampleUsers + `sync Again
when
    Users.rename (user, name) : ()
then
    Users.rename (user, name)
`,
			Repair: "Let a line of where drop when it is done, or wait for another action."},
		{Code: NotWalked, Name: "not-walked",
			Title:   "too many ways to follow them all",
			Cause:   "The ways in which this flow can go differ in too many things at once. What was found is true, but it may not be all.",
			Example: crowdedExample(),
			Repair:  "Await lines whose outcome matters, and give actions fewer syncs that join several lines."},
	}
}

// crowdedExample is a program in which every action that nobody awaits is
// remembered by a sync, whichever way it ended.
func crowdedExample() string {
	text := exampleRequests + exampleUsers
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"}
	text += "sync Begin\nwhen\n    Requesting.request (path: \"/begin\") : (request)\nthen\n"
	for _, n := range names {
		text += "    Users.add (name: \"" + n + "\")\n"
	}
	text += "    Requesting.respond (request)\n"
	for _, n := range names {
		text += "\nsync Keep" + string(n[0]-'a'+'A') + "\nwhen\n    Users.add (name: \"" + n + "\") : (user)\n    Requesting.respond () : ()\nthen\n    Users.greet (user)\n"
	}
	return text
}
