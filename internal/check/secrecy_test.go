package check_test

import (
	"fmt"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

const secrecyProgram = `concept Requesting

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)
    respond (request: Request, ...) : ()

concept Vault

actions
    make (code: Secret) : ()
    write (text: Json) : ()

app A

use Requesting
use Vault

view Same (x) : (y)
where
    y is x

sync One
when
    Requesting.request (path: "/", a, b) : (request)
where
    %s
then
    %s
    Requesting.respond (request)
`

// secrecyOf reports whether the request's field a is secret in a program, and whether
// a secret flows into something not declared Secret.
func secrecyOf(t *testing.T, where, then string) (secret, flows bool) {
	t.Helper()
	tree, findings := syntax.Parse(source.NewFile("a.app", fmt.Sprintf(secrecyProgram, where, then)))
	program, more := check.Check([]*syntax.File{tree}, check.Options{})
	for _, d := range append(findings, more...) {
		if d.Severity == diag.Error && d.Code != diag.SecretFlows && d.Code != diag.SecretPart {
			t.Errorf("%s; %s: %s: %s", where, then, d.Code, d.Message)
		}
		flows = flows || d.Code == diag.SecretFlows
	}
	for _, s := range program.Syncs {
		for _, v := range s.Vars {
			secret = secret || v.Name == "a" && v.Secret
		}
	}
	return secret, flows
}

// TestWhatIsSecret passes something computed from the field a to a Secret.
func TestWhatIsSecret(t *testing.T) {
	for _, code := range []string{
		"a", "a.b", "a[0]", "a.b[0].c", `a["b"]`, "a[b]", "a?.b", "a.b ?? a.c", "b == 1 ? a.b : a.c", "a[1:2]", "string(-a.n)", "a.b + a.c", `"x" + a.b`,
		"trim(a.b)", "string(a)", `split(a, ":")[1]`, `join(a, ",")`, `get(a, "b")`, "fromJSON(a).b", "toJSON(a)", "first(a).b", "last(a)", "{...a}.b",
		"map(a, .b)[0]", "filter(a, .b)[0].c", "find(a, .b).c", "string(sum(a))", "max(a)", "string(concat(a, [1])[0])",
		"flatten([a])[0]", "sort(a)[0]", "[a][0].b", "{x: a}.x.b", "{x: {y: a.b}}.x.y", "{x: 1, ...a}.b", "{...{z: a.b}}.z", "{(b): a}.x.y", "{(a.b): 1}.x", "groupBy(a, .b).x[0].c",
		"string([1, a][b])", `(a ?? {}).b`, "string(mean(a))", "toBase64(a.b)", "upper(lower(a))",
	} {
		if secret, _ := secrecyOf(t, "b != null", "Vault.make (code: "+code+")"); !secret {
			t.Errorf("what %s is made of is not secret", code)
		}
	}
	for _, where := range []string{
		"c is a.b", "c is first a.b\n        x is b", "Same (x: a) : (y: c)", "Same (x: a.b) : (y)\n    c is y", "all is each a\n        x is b\n    c is all[0].b",
		"c is max of a.b\n        x is b", "c is b\n    c == a.d", "c is b\n    a is c",
		"c is first x\n        b has x\n    d is whether\n        b has y\n        y == a\n    d == true", "c is first x\n        b has x\n    b has a",
	} {
		if secret, _ := secrecyOf(t, where, "Vault.make (code: c)"); !secret {
			t.Errorf("what is given on by %q is not secret", where)
		}
	}
	for _, code := range []string{`b`, `a.x == "y" ? "1" : "2"`, `string(len(b))`, `{x: a, y: b}.y`, `[a, b][1]`, `{...a, b}.b`, `{...{x: a}, b}.b`} {
		if secret, _ := secrecyOf(t, "a != null", "Vault.make (code: "+code+")"); secret {
			t.Errorf("for %s all of a is secret", code)
		}
	}
}

// TestWhatFlows passes a.b to a Secret, and another part to something that is not.
func TestWhatFlows(t *testing.T) {
	for text, want := range map[string]bool{
		"a": true, "a.b": true, "a.b.c": true, "a.c": false, "[a.c, a.d]": false, "{x: a}": true, "{x: a.c}": false, "[a][0].c": false, "[a][0].b": true,
		"{...a}": true, "{...a, b}": false, "{...a, b: 1}": false, "{b: 1, ...a}": true, "{...{x: a.c}}": false, "{(b): a.b}": true, "{(b): a.c}": false, "{(a.b): 1}": true, "string(a)": true, "a.b == 1": false, "len(a.b)": true, "len(a)": false, "a[b]": false, "toJSON(a.c)": false,
		"a.c ?? a.b": true, `"x" + a.b`: true, `"x" + a.c`: false, "map([a], .c)": false, "map([a], .b)": true, "filter([a], .b)": true, "any([a], .b == 1)": false,
		"b == 1 ? a.c : a.d": false, "b == 1 ? a.c : a": true, `get(a, "b")`: true,
	} {
		if _, flows := secrecyOf(t, "b != null", "Vault.make (code: a.b)\n    Vault.write (text: "+text+")"); flows != want {
			t.Errorf("that a secret flows into %s is %v", text, flows)
		}
	}
}
