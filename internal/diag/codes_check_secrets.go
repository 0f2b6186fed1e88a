package diag

// exampleVault is a concept with secrets.
const exampleVault = `concept Vault

state
    a set of Keys with
        a code Secret

actions
    make (code: Secret) : (key: Key, token: Secret)
        refuses TOO_SHORT "This code is too short."
    write (text: String) : ()

`

// secretEntries are the codes of what outsiders can see and do.
func secretEntries() []Entry {
	return []Entry{
		{Code: SecretFlows, Name: "secret-flows",
			Title: "a secret that flows into something not declared Secret",
			Cause: "What is declared Secret is kept out of the journal, the terminal and the answers. It would not be, in something that is not declared so; nor when it is read from state and answered with.",
			Example: exampleVault + `sync Note
when
    Vault.make (code) : ()
then
    Vault.write (text: "made with " + code)
`,
			Repair: "Leave it out, or declare what it flows into as Secret. Of a record or a list with a secret in it, pass on the other parts, each by its name."},
		{Code: SecretAnswered, Name: "secret-answered",
			Title: "an answer with a secret that the client sent",
			Cause: "Nobody needs to be told a password that they have just sent, and an answer may be kept where a password must not be.",
			Example: exampleRequests + exampleVault + `sync Make
when
    Requesting.request (path: "/make", code) : (request)
then
    Vault.make (code) : (token)
    Requesting.respond (request, token, code)
`,
			Repair: "Leave it out of the answer."},
		{Code: SecretTold, Name: "secret-told",
			Title: "a refusal's sentence that tells a secret",
			Cause: "The sentence names an input that is declared Secret; it would be sent to the client and written down.",
			Example: `concept Vault

actions
    make (code: Secret) : ()
        refuses TOO_SHORT "The code {code} is too short."
`,
			Repair: "Say it without the secret."},
		{Code: OpenRoute, Name: "open-route",
			Title: "a route that changes something for anybody who asks",
			Cause: "The app says where a request carries who is asking, but on some way through this route an action that changes something is asked before that, or a secret such as a password, was held against anything.",
			Example: exampleRequests + exampleUsers + `app Seed

use Requesting
    session from body, bearer
use Users

sync Greet
when
    Requesting.request (path: "/greet", user) : (request)
then
    Users.greet (user) : ()
    Requesting.respond (request)
`,
			Repair: "Look the credential up in where, with an else that answers 401. If anybody may do this, say why in the app: open POST \"/greet\" \"why\"."},
		{Code: UnknownRoute, Name: "unknown-route",
			Title: "a route that is opened and that nobody has",
			Cause: "The app says that nobody needs a credential on this route, and no sync names its method and path.",
			Example: exampleRequests + `app Seed

use Requesting
    session from body

open POST "/pong" "it only answers"

sync Ping
when
    Requesting.request (path: "/ping") : (request)
then
    Requesting.respond (request)
`,
			Repair: "Correct the method or the path, or delete the line."},
	}
}
