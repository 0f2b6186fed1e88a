package explain_test

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

const recorded = `
sync Make
when
    Requesting.request (path: "/things", x, secret) : (request)
then
    Thing.do (x, secret) : (z)
    Requesting.respond (request, status: 201, thing: new, session: secret, parts: [{name: z, size: 2}, {name: "b\n", size: 1.5}])

sync Noted
when
    Thing.do () : (z)
then
    Other.other (x: z)

sync Noted2
when
    Requesting.request () : (request)
    Other.other () : (z)
then
    Other.do (x: z)

sync Look
when
    Requesting.request (method: "GET", path: "/things/{thing}", thing, session) : (request)
then
    Requesting.respond (request, body: [thing, "there"])

sync Lose
when
    Requesting.request (path: "/lose", thing) : (request)
where
    thing == "none"
then
    Requesting.respond (request)
`

func TestScenario(t *testing.T) {
	p := build(t, "a.sync", recorded)
	var flows [][]journal.Entry
	run := func(request string) {
		entries, _ := flow(t, p, request)
		flows = append(flows, entries)
	}
	run(`POST /things {"x": "a", "secret": "hunter2", "n": 3}`)
	var thing string
	for _, e := range flows[0] {
		if e.Action == "Requesting.respond" && e.Kind == journal.Asked {
			for _, f := range e.In {
				if f.Name == "thing" {
					thing, _ = f.Value.Text()
				}
			}
		}
	}
	run(`GET /things/{thing} {"thing": "` + thing + `", "session": "hunter2"}`)
	run(`POST /things {"x": "no", "secret": "hunter2"}`)
	run(`POST /lose {"thing": "` + thing + `"}`)
	got, err := explain.Scenario(p, "as it\nwas", flows...)
	if err != nil {
		t.Fatal(err)
	}
	const want = `scenario as it was
    POST /things {"x": "a", "secret": "secret secret"}
        => 201 {
            "thing": thing, "session": session,
            "parts": [{"name": "a", "size": 2}, {"name": "b\n", "size": 1.5}]
        }
    fired Make once
    fired Noted once
    fired Noted2 once
    GET /things/{thing} {"session": session}
        => 200 [thing, "there"]
    fired Look once
    POST /things {"x": "no", "secret": "secret secret"}
        => 409 {"error": "No: no.", "refusal": "NO"}
    fired Make once
    POST /lose {"thing": thing}
        => 500
`
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if strings.Contains(got, "hunter2") {
		t.Error("a secret is told")
	}
	if _, err := explain.Scenario(p, "nothing", nil); err == nil {
		t.Error("a scenario is made of nothing")
	}
}

// Where a request came from is recorded, and stands below it.
// The parts of a record have columns of their own, and are one record in the
// scenario.
func TestScenarioOfARecord(t *testing.T) {
	p := build(t, "a.sync", `
sync Order
when
    Requesting.request (path: "/orders", order: {title, address: {city, zip?}}, "method": how, theme: {dark?}) : (request)
then
    Requesting.respond (request, title, city, "status": how)
`)
	entries, _ := flow(t, p, `POST /orders {"order.title": "a", "order.address.city": "Rome", "\"method\"": "fast", "theme": {}}`)
	got, err := explain.Scenario(p, "ordered", entries)
	if err != nil {
		t.Fatal(err)
	}
	const want = `scenario ordered
    POST /orders {
        "order": {"title": "a", "address": {"city": "Rome"}}, "method": "fast", "theme": {}
    }
        => 200 {"title": "a", "city": "Rome", "status": "fast"}
    fired Order once
`
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// An explanation names an optional field that was probably misspelt.
func TestWhyOfAMisspeltField(t *testing.T) {
	p := build(t, "a.sync", `
sync Change
when
    Requesting.request (path: "/change", name, bio?) : (request)
then
    Requesting.respond (request, name, bio)
`)
	const want = "the optional field “bio” is absent, and no sync reads “boi”, which was sent"
	for request, wants := range map[string]bool{
		`POST /change {"name": "a", "boi": "c"}`:             true,
		`POST /change {"name": "a", "bio": "b", "boi": "c"}`: false,
		`POST /change {"name": "a", "colour": "c"}`:          false,
	} {
		entries, _ := flow(t, p, request)
		var text strings.Builder
		explain.WhyAnswer(p, entries, true).Print(&text, explain.Style{})
		if strings.Contains(text.String(), want) != wants {
			t.Errorf("%s: the explanation is\n%s", request, text.String())
		}
	}
}

// An answer with an error has the app's format.
func TestScenarioInFormat(t *testing.T) {
	p := build(t, "a.sync", `
sync Look
when
    Requesting.request (path: "/look", x) : (request)
where
    x != "none"
        else Requesting.respond (request, status: 404, field: "items[0].x", error: "not there")
then
    Requesting.respond (request, error: null, x)
`)
	node, err := expression.Parse(`{errors: {(field ?? "body"): [error]}, kind: kind, path: path, status: status, trace: "t" + trace}`)
	if err != nil {
		t.Fatal(err)
	}
	p.Errors = &plan.ErrorFormat{Expr: &check.Expr{Node: node}}
	none, _ := flow(t, p, `POST /look {"x": "none"}`)
	some, _ := flow(t, p, `POST /look {"x": "some"}`)
	got, err := explain.Scenario(p, "looked", none, some)
	if err != nil {
		t.Fatal(err)
	}
	const want = `scenario looked
    POST /look {"x": "none"}
        => 404 {
            "errors": {"x": ["not there"]}, "kind": "missing", "path": "items[0].x", "status": 404,
            "trace": _
        }
    fired Look once
    POST /look {"x": "some"}
        => 200 {"error": null, "x": "some"}
    fired Look once
`
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestScenarioFrom(t *testing.T) {
	p := build(t, "a.sync", `
sync Who
when
    Requesting.request (path: "/who", http) : (request)
then
    Requesting.respond (request, client: http.client)
`)
	var flows [][]journal.Entry
	for _, client := range []string{"203.0.113.7", "unknown"} {
		entries, _ := flow(t, p, `POST /who {"http": {"client": "`+client+`", "network": "`+client+`"}}`)
		flows = append(flows, entries)
	}
	got, err := explain.Scenario(p, "from where", flows...)
	const want = `scenario from where
    POST /who {}
        from "203.0.113.7"
        => 200 {"client": "203.0.113.7"}
    fired Who once
    POST /who {}
        => 200 {"client": "unknown"}
    fired Who once
`
	if err != nil || got != want {
		t.Errorf("%v, got:\n%s\nwant:\n%s", err, got, want)
	}
}
