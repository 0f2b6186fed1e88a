package flows_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// ownersText has two users, each with a folder and a document in it.
const ownersText = requestingText + `
concept People

state
    a set of Users with
        a name String

concept Keys [User]

state
    a set of Keys with
        a user User

queries
    _user (token: Secret) : optional (user: User)

concept Roles [User]

state
    a set of Members with
        a unique user User
        a role of ADMIN or GUEST

concept Docs [User]

state
    a set of Folders with
        an owner User
    a set of Docs with
        an owner User
        a folder Folder
        a text String

actions
    change (doc: Doc) : ()
        effects changes doc

queries
    _owner (doc: Doc) : optional (user: User)
    _mayChange (user: User, doc: Doc) : one (allowed: Flag)

app Owners

use Requesting
    session from body
use People
use Keys [User = People.User]
use Roles [User = People.User]
use Docs [User = People.User]

view Own (doc, user)
where
    in Docs: folder of doc is folder
    in Docs: owner of folder is user

view OwnIfAsked (doc, user, flag?)
where
    Own (doc, user) if flag != null
    in Docs: text of doc is _

view OwnOrFlag (doc, user, flag?)
where
    in Docs: owner of doc is owner
    owner == user or flag == true

view OwnerOf (doc) : (owner)
where
    in Docs: owner of doc is owner
`

// guards are lines that may come between the login and the use of a document. “#” is
// the number of the line, for names.
var guards = []string{
	"in Docs: owner of doc is user",
	"in Docs: owner of doc is claimed",
	"maybe in Docs: owner of doc is user",
	"no in Docs: owner of doc is user",
	"some in Docs: owner of doc is user",
	"in Docs: owner of doc is user if flag != null",
	"in Docs: owner of doc is user if flag == null",
	"in Docs: doc is a Doc (owner: user)",
	"in Docs: doc is a Doc (owner: claimed)",
	"in Docs: _ is a Doc (owner: user)",
	"in Docs: doc is a Doc",
	"in Docs: _owner (doc) : (user)",
	"in Docs: _owner (doc) : (user: claimed)",
	"in Docs: _mayChange (user, doc) : (allowed: true)",
	"in Docs: _mayChange (user, doc) : (allowed: false)",
	"in Docs: _mayChange (user, doc) : (allowed: may#)\n    may#",
	"in Docs: _mayChange (user, doc) : (allowed: may#)\n    not may#",
	"in Docs: _mayChange (user, doc) : (allowed: may#)\n    may# or flag == true",
	"in Docs: owner of doc is o#\n    o# == user",
	"in Docs: owner of doc is o#\n    o# != user",
	"in Docs: owner of doc is o#\n    o# == claimed",
	"in Docs: owner of doc is o#\n    not (o# != user)",
	"in Docs: owner of doc is o#\n    o# == user or flag == true",
	"in Docs: owner of doc is o#\n    o# == user and flag == true",
	"in Docs: owner of doc is o#\n    o# == user or o# == claimed",
	"in Docs: owner of doc is o#\n    flag == null or o# == user",
	"in Docs: owner of doc is o#\n    (o# == user) == (flag == true)",
	"in Docs: owner of doc is o#\n    (o# == user ? true : flag == true)",
	"in Docs: owner of doc is o#\n    o# in [user, claimed]",
	"in Docs: owner of doc is o#\n    o# in [user]",
	"in Docs: owner of doc is o#\n    (claimed ?? user) == o#",
	"in Docs: owner of doc is o#\n    same# is o# == user\n    same#",
	"in Docs: owner of doc is o#\n    same# is o# == user or flag == true\n    same#",
	"in Docs: folder of doc is f#\n    in Docs: owner of f# is user",
	"in Docs: folder of doc is f#\n    in Docs: owner of f# is claimed",
	"in Docs: owner of f# is user\n    in Docs: folder of doc is f#",
	"claimed == user",
	"claimed == null or claimed == user",
	"claimed == null or claimed != user",
	"claimed == user if claimed != null",
	"Own (doc, user)",
	"Own (doc, user: claimed)",
	"no Own (doc, user)",
	"maybe Own (doc, user)",
	"OwnIfAsked (doc, user, flag)",
	"OwnOrFlag (doc, user, flag)",
	"OwnerOf (doc) : (owner: user)",
	"OwnerOf (doc) : (owner: claimed)",
	"n# is count\n        Own (doc, user)\n    n# > 0",
	"n# is count\n        Own (doc, user)\n    n# == 0",
	"n# is count\n        Own (doc, user)\n    n# >= 0",
	"n# is count\n        Own (doc, user)\n    m# is count\n        in Docs: _ is a Doc\n    n# + m# > 0",
	"n# is count\n        Own (doc, user)\n    m# is count\n        in Docs: doc is a Doc (owner: user)\n    n# + m# > 0",
	"b# is whether\n        Own (doc, user)\n    b#",
	"b# is whether\n        Own (doc, user)\n    not b#",
	"b# is whether\n        Own (doc, user)\n    b# or flag == true",
	"b# is whether\n        in Docs: doc is a Doc\n    b#",
	"r# is whether\n        in Roles: _ is a Member (user, role: \"ADMIN\")\n    r#",
	"in Roles: _ is a Member (user, role: \"ADMIN\")",
	"x# is first o\n        in Docs: owner of doc is o\n    x# == user",
	"x# is first o\n        in Docs: owner of doc is o\n    x# != null",
	"ids# is each d\n        in Docs: owner of d is user\n    ids# has doc",
	"ids# is each d\n        in Docs: owner of d is _\n    ids# has doc",
	"no\n        in Docs: owner of doc is p\n        p != user",
	"no\n        in Docs: owner of doc is p\n        p == user",
	"some\n        in Docs: folder of doc is g\n        in Docs: owner of g is user",
	"headers[\"x-user\"] == claimed",
	"c# is claimed ?? user\n    in Docs: owner of doc is c#",
	"c# is flag == true ? claimed : user\n    c# != null\n    in Docs: owner of doc is c#",
	"c# is claimed ?? user\n    in Docs: owner of doc is o#\n    c# == o#",
	"c# is claimed ?? user\n    c# == user\n    in Docs: owner of doc is c#",
	"all# is [user, claimed]\n    in Docs: owner of doc is o#\n    all# has o#",
	"all# is [user]\n    in Docs: owner of doc is o#\n    all# has o#",
	"in Docs: owner of doc is o#\n    any([user, claimed], # == o#)",
	"in Docs: owner of doc is o#\n    r# is {user, claimed}\n    o# == r#.user",
	"in Docs: owner of doc is o#\n    r# is {user, claimed}\n    o# == r#.claimed",
	"string(claimed ?? user) == headers[\"x-user\"]",
}

// uses are then blocks that use a document.
var uses = []string{
	"then\n    Docs.change (doc) : ()\n    Requesting.respond (request)\n",
	"where\n    in Docs: text of doc is text\nthen\n    Requesting.respond (request, text)\n",
	"where\n    texts is each text\n        in Docs: text of doc is text\nthen\n    Requesting.respond (request, texts)\n",
	"where\n    texts is each text\n        in Docs: doc is a Doc (text, owner: user)\nthen\n    Requesting.respond (request, texts)\n",
	"where\n    texts is each text\n        in Docs: doc is a Doc (text, owner: claimed)\nthen\n    Requesting.respond (request, texts)\n",
	"where\n    texts is each text\n        in Docs: folder of doc is folder\n        in Docs: d is a Doc (text, folder)\nthen\n    Requesting.respond (request, texts)\n",
	"then\n    Docs.change (doc)\n        where\n            docs has doc\n    Requesting.respond (request)\n",
	"then\n    Docs.change (doc)\n        where\n            docs has doc\n            in Docs: owner of doc is user\n    Requesting.respond (request)\n",
	"then\n    Docs.change (doc)\n        where\n            in Docs: owner of doc is claimed\n    Requesting.respond (request)\n",
	"where\n    no\n        docs has d\n        no in Docs: owner of d is user\nthen\n    Docs.change (doc: e)\n        where\n            docs has e\n    Requesting.respond (request)\n",
	"where\n    no\n        docs has d\n        in Docs: owner of d is user\nthen\n    Docs.change (doc: e)\n        where\n            docs has e\n    Requesting.respond (request)\n",
}

// randomRoute returns a program with one route on which a document is used.
func randomRoute(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(ownersText)
	use := uses[r.IntN(len(uses))]
	fields := "session, doc, claimed?, flag?, headers"
	if strings.Contains(use, "docs has") {
		fields = strings.Replace(fields, "doc,", "docs,", 1)
	}
	b.WriteString("\nsync Use\nwhen\n    Requesting.request (path: \"/use\", " + fields + ") : (request)\nwhere\n")
	line := func(text string, status int) {
		b.WriteString("    " + text + "\n")
		if strings.Contains(text, " if ") || strings.HasPrefix(text, "maybe") {
			return
		}
		indent := strings.Repeat(" ", 8)
		if strings.HasPrefix(text, "no\n") || strings.HasPrefix(text, "some\n") {
			return // a frame that it drops leaves the request without an answer
		}
		fmt.Fprintf(&b, "%selse Requesting.respond (request, status: %d, error: \"No.\")\n", indent, status)
	}
	line("in Keys: _user (token: session) : (user)", 401)
	if strings.Contains(fields, " doc,") {
		for i := range r.IntN(3) {
			line(strings.ReplaceAll(guards[r.IntN(len(guards))], "#", fmt.Sprint(i)), 403)
		}
	}
	if after, ok := strings.CutPrefix(use, "where\n"); ok {
		use = after
	}
	b.WriteString(use)
	return b.String()
}

// A caller cannot change or read a document of somebody else without a finding. The
// engine tries all requests of one user with the documents of both.
func TestClientChoices(t *testing.T) {
	seeds := 6000
	if testing.Short() {
		seeds = 300
	}
	right, findings, needless := 0, 0, 0
	for seed := range uint64(seeds) {
		text := randomRoute(rand.New(rand.NewPCG(seed, 7)))
		file, found := syntax.Parse(source.NewFile("program", text))
		program, ds := flows.Check([]*syntax.File{file}, check.Options{})
		if len(found) > 0 || diag.HasErrors(ds) {
			continue
		}
		reported := slices.ContainsFunc(ds, func(d diag.Diagnostic) bool { return d.Code == diag.ClientChanges || d.Code == diag.ClientReads })
		stolen := attack(t, program.Program)
		switch {
		case stolen != "" && !reported:
			t.Fatalf("seed %d: %s, and nothing is reported\n%s%v", seed, stolen, text[len(ownersText):], ds)
		case stolen != "":
			findings++
		case reported:
			needless++
			if testing.Verbose() {
				t.Logf("seed %d: reported, but not possible\n%s", seed, text[len(ownersText):])
			}
		default:
			right++
		}
	}
	t.Logf("%d attacks are reported; %d programs permit none and have no finding, %d have one", findings, right, needless)
	if findings < 20 || right < 20 {
		t.Errorf("only %d programs permit an attack, and %d none", findings, right)
	}
}

// attack runs requests of ann and returns what one of them does to bob's document.
func attack(t *testing.T, program *check.Program) string {
	t.Helper()
	p := plan.Build(program)
	st := memory.New(memory.Options{})
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	session := st.NewSession(value.ID{1})
	insert := func(set, id string, row ...value.Value) {
		i := slices.IndexFunc(schema.Tables, func(x *store.Table) bool { return x.Set == set })
		if err := session.Insert(schema.Tables[i], id, row); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []string{"ann", "bob"} {
		insert("User", who, value.String(who))
		insert("Folder", "folder of "+who, value.String(who))
		insert("Doc", "doc of "+who, value.String(who), value.String("folder of "+who), value.String("text of "+who))
	}
	if err := session.Commit(nil); err != nil {
		t.Fatal(err)
	}
	changed := ""
	owner := func(doc value.Value) string {
		s, _ := doc.Text()
		who, ok := strings.CutPrefix(s, "doc of ")
		if !ok {
			return ""
		}
		return who
	}
	e, err := engine.New(p, st, schema, map[string]engine.Methods{
		"Keys": {Queries: map[string]engine.QueryMethod{"_user": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
			if s, _ := in[0].Text(); s == "token" {
				rows.Add()[0] = value.String("ann")
			}
			return nil
		}}},
		"Docs": {Actions: map[string]engine.Method{"change": func(_ engine.Context, in, out []value.Value) error {
			if owner(in[0]) == "bob" {
				changed = "ann changes bob's document"
			}
			return nil
		}}, Queries: map[string]engine.QueryMethod{
			"_owner": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
				if who := owner(in[0]); who != "" {
					rows.Add()[0] = value.String(who)
				}
				return nil
			},
			"_mayChange": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
				s, _ := in[0].Text()
				rows.Add()[0] = value.Flag(owner(in[1]) == s)
				return nil
			},
		}},
	}, engine.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	a := p.Routes.Request
	docs := []value.Value{value.String("doc of ann"), value.String("doc of bob")}
	for _, doc := range docs {
		for _, list := range []value.Value{value.List(docs[:1]), value.List(docs[1:]), value.List(docs)} {
			for _, claimed := range []value.Value{value.Null, value.String("ann"), value.String("bob")} {
				for _, flag := range []value.Value{value.Null, value.Flag(true)} {
					in := make([]value.Value, len(a.Inputs))
					put := func(name string, v value.Value) {
						if i := a.Input(name); i >= 0 {
							in[i] = v
						}
					}
					put("method", value.String("POST"))
					put("path", value.String("/use"))
					put("headers", value.Record([]value.Field{{Name: "x-user", Value: claimed}}))
					put("session", value.String("token"))
					put("doc", doc)
					put("docs", list)
					put("claimed", claimed)
					put("flag", flag)
					result, err := e.Run(context.Background(), engine.Opening{Action: a, In: in})
					if err != nil {
						t.Fatal(err)
					}
					if changed != "" {
						return changed
					}
					if result.Answer != nil && strings.Contains(fmt.Sprint(result.Answer.Fields), "text of bob") {
						return "ann reads bob's document"
					}
				}
			}
		}
	}
	return ""
}
