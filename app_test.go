package legible_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/value"
)

func TestQuery(t *testing.T) {
	ctx := t.Context()
	app, err := legible.New(fstest.MapFS{"alone.app": {Data: []byte("app Alone\n\nuse Sessioning\n")}}, sessioning.New).
		Open(ctx, legible.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	outcome, err := app.Ask(ctx, "Sessioning.create", legible.Field{Name: "user", Value: value.String("u1")})
	if err != nil || len(outcome.Out) != 1 {
		t.Fatalf("creating a session gave %v, %v", outcome, err)
	}
	rows, err := app.Query(ctx, "Sessioning._getUser", outcome.Out[0])
	if err != nil || len(rows) != 1 || len(rows[0]) != 1 || rows[0][0].Name != "user" || !value.Equal(rows[0][0].Value, value.String("u1")) {
		t.Errorf("the user of the session is %v, %v; want one row with the user u1", rows, err)
	}
	rows, err = app.Query(ctx, "Sessioning._getUser", legible.Field{Name: "session", Value: value.String("guessed")})
	if err != nil || len(rows) != 0 {
		t.Errorf("a guessed session gives %v, %v; want no row", rows, err)
	}
	for query, want := range map[string]string{
		"Sessioning._getUsr": "there is no query Sessioning._getUsr: do you mean Sessioning._getUser?",
		"Elsewhere._find":    "there is no query Elsewhere._find",
	} {
		if _, err := app.Query(ctx, query); err == nil || err.Error() != want {
			t.Errorf("%s: got the error %v, want %s", query, err, want)
		}
	}
	_, err = app.Query(ctx, "Sessioning._getUser", legible.Field{Name: "sesion"})
	if want := "Sessioning._getUser has no input sesion: do you mean session?"; err == nil || err.Error() != want {
		t.Errorf("got the error %v, want %s", err, want)
	}
}

// TestClosed closes an app twice and asks it for everything.
func TestClosed(t *testing.T) {
	ctx := t.Context()
	app, err := legible.New(fstest.MapFS{"alone.app": {Data: []byte("app Alone\n\nuse Sessioning\n")}}, sessioning.New).
		Open(ctx, legible.Options{Log: slog.New(slog.DiscardHandler), Inspect: &legible.Inspect{Note: filepath.Join(t.TempDir(), "note")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.ListenInspector(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(app.Close(), app.Close()); err != nil {
		t.Fatal(err)
	}
	_, asked := app.Ask(ctx, "Sessioning.create")
	_, queried := app.Query(ctx, "Sessioning._getUser")
	_, inspected := app.ListenInspector(ctx, "127.0.0.1:0")
	for what, err := range map[string]error{"Ask": asked, "Query": queried, "Tick": app.Tick(ctx), "ListenInspector": inspected} {
		if err == nil || err.Error() != "the app is closed" {
			t.Errorf("%s of a closed app returns the error %v", what, err)
		}
	}
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("a closed app answers %d", w.Code)
	}
}

// TestWith adds and replaces texts. The program itself stays as it is.
func TestWith(t *testing.T) {
	program := legible.New(fstest.MapFS{
		"a.app":      {Data: []byte("app First\n\nuse Sessioning\n")},
		"b.scenario": {Data: []byte("scenario asking\n    GET /nothing => 404\n")},
	}, sessioning.New)
	more := fstest.MapFS{
		"a.app":      {Data: []byte("app Second\n\nuse Sessioning\n")},
		"a.scenario": {Data: []byte("scenario asking more\n    GET /nothing => 404\n")},
	}
	for _, x := range []struct {
		program   *legible.Program
		name      string
		scenarios int
	}{{program, "First", 1}, {program.With(more), "Second", 2}, {program.WithOnly(more), "Second", 1}, {program, "First", 1}} {
		checked, _, err := x.program.Checked(private.Access{})
		if err != nil || checked.Name != x.name || len(checked.Scenarios) != x.scenarios {
			t.Errorf("the program is %s with %d scenarios, %v; want %s with %d", checked.Name, len(checked.Scenarios), err, x.name, x.scenarios)
		}
	}
}

// TestCheck returns findings, and Open an error with them.
func TestCheck(t *testing.T) {
	program := legible.New(fstest.MapFS{
		"a.app":  {Data: []byte("app First\n\nuse Sessioning\n")},
		"a.sync": {Data: []byte("sync Wrong\nwhen\n    Sessioning.create () : (session)\nthen\n    Sessioning.delte (session)\n")},
	}, sessioning.New)
	found, err := program.Check()
	if err != nil || len(found) == 0 || found[0].Warning || !strings.HasPrefix(found[0].String(), "a.sync:5:") || found[0].Code != "L0211" {
		t.Errorf("the findings are %v, %v", found, err)
	}
	_, err = program.Open(t.Context(), legible.Options{})
	var wrong *legible.CheckError
	if !errors.As(err, &wrong) || !slices.Equal(wrong.Findings, found) || !strings.Contains(err.Error(), "\n"+found[0].String()) {
		t.Errorf("Open returns %v", err)
	}
}

// TestOpenAnalyzesFlows does not open a program whose later stage may give no frame,
// which only the analysis of flows finds.
func TestOpenAnalyzesFlows(t *testing.T) {
	program := legible.New(fstest.MapFS{
		"a.app": {Data: []byte("app First\n\nuse Sessioning\n")},
		"a.sync": {Data: []byte(`sync Wrong
when
    Sessioning.create (user) : (session)
then
    Sessioning.deleteOthers (user, session) : ()
where
    in Sessioning: _getUser (session) : (user: other)
then
    Sessioning.deleteAll (user: other)
`)},
	}, sessioning.New)
	_, err := program.Open(t.Context(), legible.Options{})
	var wrong *legible.CheckError
	if !errors.As(err, &wrong) || !slices.ContainsFunc(wrong.Findings, func(f legible.Finding) bool { return f.Code == "L0508" && !f.Warning }) {
		t.Errorf("Open returns %v", err)
	}
}

// TestOpenRefusesErrors: an error of any pass of the checker keeps the program from
// starting.
func TestOpenRefusesErrors(t *testing.T) {
	const in = "sync A\nwhen\n    Sessioning.create (user) : (session)\n"
	for code, text := range map[string]string{
		"L0107": in + "then\n    Sessioning.deleteAll (user: \"x)\n",                                                                                                                         // syntax
		"L0401": in + "then\n    Sessioning.deleteAll (user: other)\n",                                                                                                                       // names
		"L0302": in + "where\n    user > 3\nthen\n    Sessioning.deleteAll (user)\n",                                                                                                         // types
		"L0521": in + "then\n    Keeping.put (text: session)\n",                                                                                                                              // secrets
		"L0508": in + "then\n    Sessioning.deleteOthers (user, session) : ()\nwhere\n    in Sessioning: _getUser (session) : (user: other)\nthen\n    Sessioning.deleteAll (user: other)\n", // flows
	} {
		program := legible.New(fstest.MapFS{"a.app": {Data: []byte("app First\n\nuse Sessioning\nuse Keeping\n")}, "a.sync": {Data: []byte(text)}}, sessioning.New, keeping("        a text String\n"))
		_, opened := program.Open(t.Context(), legible.Options{})
		for what, err := range map[string]error{"Open": opened, "ListenAndServe": program.ListenAndServe(t.Context(), legible.Options{Addr: "127.0.0.1:0"})} {
			var wrong *legible.CheckError
			if !errors.As(err, &wrong) || !slices.ContainsFunc(wrong.Findings, func(f legible.Finding) bool { return f.Code == code && !f.Warning }) {
				t.Errorf("%s of a program with %s returns %v", what, code, err)
			}
		}
	}
}

// TestOptionsOfHTTP sets each option and finds it in those of the front.
func TestOptionsOfHTTP(t *testing.T) {
	var o legible.HTTP
	set := reflect.ValueOf(&o).Elem()
	for i := range set.NumField() {
		switch f := set.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("/x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		default:
			f.SetInt(int64(i) + 1)
		}
	}
	front := reflect.ValueOf(legible.FrontOptions(o))
	for i := range set.NumField() {
		name := set.Type().Field(i).Name
		if got := front.FieldByName(name); !reflect.DeepEqual(got.Interface(), set.Field(i).Interface()) {
			t.Errorf("the option %s is %v at the front", name, got)
		}
	}
}
