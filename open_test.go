package legible_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// keeping gives a concept that keeps notes with the given fields.
func keeping(fields string) func() legible.Concept {
	return func() legible.Concept {
		return legible.Concept{
			File: "keeping.concept",
			Spec: "concept Keeping\n\npurpose\n    keep\n\nstate\n    a set of Notes with\n" + fields + "\nactions\n    put (text: String) : ()\n",
			Build: func(in *legible.Instance) legible.Methods {
				table := in.Table("Note")
				return legible.Methods{Actions: map[string]legible.Method{
					"put": func(ctx legible.Context, in, _ []value.Value) error {
						row := make(store.Row, len(table.Columns))
						row[0] = in[0]
						return ctx.State().Insert(table, ctx.NewID(), row)
					},
				}}
			},
		}
	}
}

// TestOpenLosesNothing changes the specification of an app that has a store:
// what only adds is done, and for what would lose something the app names the
// way out and leaves the store as it is.
func TestOpenLosesNothing(t *testing.T) {
	name := "sqlite:" + filepath.Join(t.TempDir(), "notes.db")
	open := func(fields string) error {
		app, err := legible.New(fstest.MapFS{"a.app": {Data: []byte("app Notes\n\nuse Keeping\n")}}, keeping(fields)).Open(t.Context(), legible.Options{Store: name, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		_, err = app.Ask(t.Context(), "Keeping.put", legible.Field{Name: "text", Value: value.String("Emma")})
		return errors.Join(err, app.Close())
	}
	const text, more, other = "        a text String\n", "        an optional color String\n", "        a title String\n"
	for _, fields := range []string{text, text + more} {
		if err := open(fields); err != nil {
			t.Fatalf("with the fields\n%sthe app does not open: %v", fields, err)
		}
	}
	err := open(other)
	var losses *store.SchemaError
	if !errors.As(err, &losses) {
		t.Fatalf("with another field the app gives %v, and not what would be lost", err)
	}
	for _, want := range []string{"column Keeping.Note.text, which 2 members have", "(legible migrate --store " + name + " shows"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the app says %q, and not %q", err, want)
		}
	}
	err = open("        a unique text String\n")
	if err == nil {
		t.Fatal("members share what is now unique, and the app opens")
	}
	for _, want := range []string{"the new specification cannot be applied because of: members of Keeping.Note that share their text", "settle first what is in the way"} {
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "--apply") {
			t.Errorf("the app says %q, and not %q alone", err, want)
		}
	}
	if err := open(text + more); err != nil {
		t.Errorf("afterwards the app does not open as it was: %v", err)
	}
}

// A name without a kind is shown with the one that was left out; of others only the
// beginning, as they may hold a password.
func TestOpenStoreNames(t *testing.T) {
	for name, want := range map[string]string{
		"guestbook.db":             "write sqlite:guestbook.db",
		"/srv/guestbook.db":        "write sqlite:/srv/guestbook.db",
		"sqlite:":                  "names no file",
		"sqllite:guestbook.db":     `there is no store "sqllite:"`,
		"postgre://ann:geheim@h/d": `there is no store "postgre:"`,
	} {
		st, err := legible.OpenStore(t.Context(), name, 0)
		if err == nil {
			st.Close()
			t.Errorf("%s is opened", name)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v, want %q and no password", name, err, want)
		}
	}
}
