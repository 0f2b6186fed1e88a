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
			Repair: "Leave it out, or declare what it flows into as Secret."},
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
	}
}
