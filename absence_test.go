package legible_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// profiling is a concept with inputs that are “or null”. Its Go code uses no generated
// code: an absent input is unset.
func profiling() legible.Concept {
	return legible.Concept{
		File: "profiling.concept",
		Spec: `concept Profiling

purpose
    keep what people say about themselves

state
    a set of Users with
        a name String
        an optional bio String
        an optional age Number

actions
    create (name: String) : (user: User)
    update (user: User, bio?: String or null, age?: Number or null) : ()
        effects sets what is given

queries
    _profile (user: User) : optional (name: String, bio?: String, age?: Number)
    _like (bio?: String or null) : one (asked: String)
`,
		Build: func(in *legible.Instance) legible.Methods {
			users := in.Table("User")
			return legible.Methods{
				Actions: map[string]legible.Method{
					"create": func(ctx legible.Context, in, out []value.Value) error {
						id := ctx.NewID()
						out[0] = value.String(id)
						return ctx.State().Insert(users, id, store.Row{in[0], value.String("old"), value.Number(7)})
					},
					"update": func(ctx legible.Context, in, _ []value.Value) error {
						id, _ := in[0].Text()
						row, err := ctx.State().Get(users, id)
						if err != nil {
							return err
						}
						for i, v := range in[1:] {
							if !v.IsUnset() {
								row[i+1] = v
							}
						}
						return ctx.State().Update(users, id, row)
					},
				},
				Queries: map[string]legible.QueryMethod{
					"_profile": func(ctx legible.Context, in []value.Value, rows *legible.Rows) error {
						id, _ := in[0].Text()
						row, err := ctx.State().Get(users, id)
						if err == nil && row != nil {
							copy(rows.Add(), row)
						}
						return err
					},
					"_like": func(_ legible.Context, in []value.Value, rows *legible.Rows) error {
						asked := "a value"
						switch {
						case in[0].IsUnset():
							asked = "nothing"
						case in[0].IsNull():
							asked = "null"
						}
						rows.Add()[0] = value.String(asked)
						return nil
					},
				},
			}
		},
	}
}

const profilingSyncs = `sync Create
when
    Requesting.request (path: "/users", name) : (request)
then
    Profiling.create (name) : (user)
    Requesting.respond (request, user)

# What the client leaves out stays as it is, null clears it.
sync Update
when
    Requesting.request (path: "/update", user, bio?: String or null, more?: {age?: Number or null}) : (request)
where
    Says (what: bio) : (said)
    SaysOrAnswers (request, what: bio) : (said: told)
    in Profiling: _like (bio) : (asked)
then
    Profiling.update (user, bio, age) : ()
where
    surely in Profiling: _profile (user) : (bio?: written, age?: aged)
then
    Requesting.respond (request, bio, said, told, asked, state: {bio: written, age: aged})

# In an input without “or null” null is absence.
sync Plain
when
    Requesting.request (path: "/plain", user, bio?) : (request)
where
    Says (what: bio) : (said)
    in Profiling: _like (bio) : (asked)
then
    Profiling.update (user, bio) : ()
where
    surely in Profiling: _profile (user) : (bio?: written)
then
    Requesting.respond (request, bio, said, asked, state: {bio: written}, given: given(bio))

sync Noted
when
    Requesting.request (path: "/noted") : (request)
    Profiling.update (bio?) : ()
where
    said is given(bio) ? (bio == null ? "null" : "a value") : "nothing"
then
    Requesting.respond (request, said)

sync Note
when
    Requesting.request (path: "/noted", user, bio?: String or null) : (request)
then
    Profiling.update (user, bio) : ()

view Says (what?) : (said)
where
    said is not given(what) ? "nothing" : what == null ? "null" : "a value"

view SaysOrAnswers (request, what?) : (said)
where
    said is not given(what) ? "nothing" : what == null ? "null" : "a value"
    said != "" and (what ?? "x") != ""
        else Requesting.respond (request, status: 422, error: "empty", what)
`

// TestAbsence sends a field with a value, as null and not at all, and finds the
// difference in every form of the language, in the state and in the answer.
func TestAbsence(t *testing.T) {
	stores := map[string]string{"memory": "memory:", "sqlite": "sqlite:" + filepath.Join(t.TempDir(), "profiles.db")}
	if os.Getenv("LEGIBLE_TEST_POSTGRES") != "" {
		stores["postgres"] = pgtest.Start(t, "-c", "fsync=off").URL(t)
	}
	for name, place := range stores {
		t.Run(name, func(t *testing.T) {
			app, err := legible.New(fstest.MapFS{
				"a.app":  {Data: []byte("app Profiles\n\nuse Requesting\nuse Profiling\n")},
				"a.sync": {Data: []byte(profilingSyncs)},
			}, requesting.New, profiling).Open(t.Context(), legible.Options{Store: place, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := app.Close(); err != nil {
					t.Error(err)
				}
			}()
			send := func(path, body string) string {
				w := httptest.NewRecorder()
				app.Handler().ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(body)))
				return strings.TrimSpace(fmt.Sprintf("%d %s", w.Code, w.Body))
			}
			for _, x := range []struct{ path, body, want string }{
				{"/update", ``, `200 {"said":"nothing","told":"nothing","asked":"nothing","state":{"bio":"old","age":7}}`},
				{"/update", `, "bio": null`, `200 {"bio":null,"said":"null","told":"null","asked":"null","state":{"bio":null,"age":7}}`},
				{"/update", `, "bio": "new"`, `200 {"bio":"new","said":"a value","told":"a value","asked":"a value","state":{"bio":"new","age":7}}`},
				{"/update", `, "more": {}`, `200 {"said":"nothing","told":"nothing","asked":"nothing","state":{"bio":"old","age":7}}`},
				{"/update", `, "more": null`, `200 {"said":"nothing","told":"nothing","asked":"nothing","state":{"bio":"old","age":7}}`},
				{"/update", `, "more": {"age": null}`, `200 {"said":"nothing","told":"nothing","asked":"nothing","state":{"bio":"old","age":null}}`},
				{"/update", `, "more": {"age": 8}, "bio": null`, `200 {"bio":null,"said":"null","told":"null","asked":"null","state":{"bio":null,"age":8}}`},
				{"/update", `, "bio": 3`, `400 {"error":"the field bio must be a text, not a number","field":"bio"}`},
				{"/update", `, "more": {"age": "x"}`, `400 {"error":"the field more.age must be a number, not this text","field":"more.age"}`},
				{"/update", `, "bio": ""`, `422 {"error":"empty","what":""}`},
				{"/plain", ``, `200 {"bio":null,"said":"nothing","asked":"nothing","state":{"bio":"old"},"given":false}`},
				{"/plain", `, "bio": null`, `200 {"bio":null,"said":"nothing","asked":"nothing","state":{"bio":"old"},"given":false}`},
				{"/plain", `, "bio": "new"`, `200 {"bio":"new","said":"a value","asked":"a value","state":{"bio":"new"},"given":true}`},
				{"/noted", ``, `200 {"said":"nothing"}`},
				{"/noted", `, "bio": null`, `200 {"said":"null"}`},
				{"/noted", `, "bio": "new"`, `200 {"said":"a value"}`},
			} {
				user := strings.TrimSuffix(strings.TrimPrefix(send("/users", `{"name": "ann"}`), `200 {"user":"`), `"}`)
				if got := send(x.path, `{"user": "`+user+`"`+x.body+`}`); got != x.want {
					t.Errorf("%s%s\n gives %s,\n want  %s", x.path, x.body, got, x.want)
				}
			}
		})
	}
}
