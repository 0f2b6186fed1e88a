package legible_test

import (
	"log/slog"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/value"
)

func TestQuery(t *testing.T) {
	ctx := t.Context()
	app := legible.New(fstest.MapFS{"alone.app": {Data: []byte("app Alone\n\nuse Sessioning\n")}}, sessioning.New)
	if _, err := app.Query(ctx, "Sessioning._getUser"); err == nil || app.Engine() != nil {
		t.Errorf("an app that is not open answers a query, or has an engine: %v", err)
	}
	if err := app.Open(ctx, legible.Options{Log: slog.New(slog.DiscardHandler)}); err != nil {
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

// TestAdd holds that a further text counts, but not before one of the same
// name.
func TestAdd(t *testing.T) {
	app := legible.New(fstest.MapFS{"a.app": {Data: []byte("app First\n\nuse Sessioning\n")}}, sessioning.New)
	app.Add(fstest.MapFS{
		"a.app":      {Data: []byte("app Second\n\nuse Sessioning\n")},
		"a.scenario": {Data: []byte("scenario asking\n    GET /nothing => 404\n")},
	})
	program, _, err := app.Check()
	if err != nil || program.Name != "First" || len(program.Scenarios) != 1 {
		t.Errorf("the app is %s with %d scenarios, %v; want First with 1", program.Name, len(program.Scenarios), err)
	}
}
