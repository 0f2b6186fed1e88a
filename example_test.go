package legible_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// greetings are the texts of a program. A program usually embeds them with go:embed.
var greetings = fstest.MapFS{
	"greetings.app": {Data: []byte(`app Greetings

use Requesting
`)},
	"hello.sync": {Data: []byte(`sync Hello
when
    Requesting.request (method: "GET", path: "/hello", name) : (request)
then
    Requesting.respond (request, text: "Hello " + name)
`)},
}

// A program is its texts and the concepts that they use. Open runs it as an app.
func Example() {
	program := legible.New(greetings, requesting.New)
	app, err := program.Open(context.Background(), legible.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer app.Close()
	server := httptest.NewServer(app.Handler())
	defer server.Close()
	answer, err := http.Get(server.URL + "/hello?name=Emma")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, string(body), err)
	// Output: 200 {"text":"Hello Emma"} <nil>
}

// Check returns what the checker finds, here a route without a respond.
func ExampleProgram_Check() {
	program := legible.New(greetings, requesting.New).With(fstest.MapFS{
		"hello.sync": {Data: []byte(`sync Hello
when
    Requesting.request (method: "GET", path: "/hello", name) : (request)
then
    Requesting.respnd (request, text: "Hello " + name)
`)},
	})
	found, err := program.Check()
	for _, f := range found {
		fmt.Println(f)
	}
	fmt.Println(err)
	// Output:
	// hello.sync:5:16: “Requesting” has no action “respnd”; did you mean “respond”? [L0211]
	// <nil>
}

// remembering is a concept. Its package usually has a .concept file and Go that legible gen
// writes; here both are written out.
func remembering() legible.Concept {
	return legible.Concept{
		File: "remembering.concept",
		Spec: `concept Remembering

purpose
    remember notes

state
    a set of Notes with
        a text String

actions
    note (text: String) : (note: Note)
        refuses EMPTY "A note needs a text."

queries
    _all () : (text: String)
`,
		Build: func(in *legible.Instance) legible.Methods {
			notes := in.Table("Note")
			return legible.Methods{
				Actions: map[string]legible.Method{
					"note": func(ctx legible.Context, in, out []value.Value) error {
						if text, _ := in[0].Text(); text == "" {
							return &legible.Refusal{Code: "EMPTY"}
						}
						id := ctx.NewID()
						out[0] = value.String(id)
						return ctx.State().Insert(notes, id, store.Row{in[0]})
					},
				},
				Queries: map[string]legible.QueryMethod{
					"_all": func(ctx legible.Context, _ []value.Value, rows *legible.Rows) error {
						members, err := ctx.State().Find(notes, nil, nil, store.Page{})
						for _, m := range members {
							rows.Add()[0] = m.Row[0]
						}
						return err
					},
				},
			}
		},
	}
}

// Ask opens a flow from Go, and Query reads. A refusal is an outcome, not an error.
func ExampleApp_Ask() {
	ctx := context.Background()
	program := legible.New(fstest.MapFS{"notes.app": {Data: []byte("app Notes\n\nuse Remembering\n")}}, remembering)
	app, err := program.Open(ctx, legible.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer app.Close()
	for _, text := range []string{"Read Emma", ""} {
		outcome, err := app.Ask(ctx, "Remembering.note", legible.Field{Name: "text", Value: value.String(text)})
		switch {
		case err != nil:
			fmt.Println(err)
		case outcome.Refused != nil:
			fmt.Println("refused", outcome.Refused.Code)
		default:
			fmt.Println("returned", outcome.Out[0].Name)
		}
	}
	rows, err := app.Query(ctx, "Remembering._all")
	fmt.Println(rows[0][0].Name, rows[0][0].Value, err)
	// Output:
	// returned note
	// refused EMPTY
	// text "Read Emma" <nil>
}
