// Package trial lets the tests of a concept call its Go code on an engine with a
// memory store.
//
// Its one type is [App], an app that uses the concept and nothing else. It
// promises that each call is an action of a flow of its own: what declines or
// fails is undone. It refuses to mock anything but the clock.
//
// A test obtains the Go code of the concept when the concept is defined:
//
//	var c *Concept
//	app := trial.Open(t, func() legible.Concept {
//		return Define(func(s *State) Actions { c = &Concept{s}; return c })
//	})
//	err := app.Do(func(ctx legible.Context) error {
//		_, err := c.CreateAccount(ctx, CreateAccountIn{Username: "ann"})
//		return err
//	})
package trial

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/value"
)

// An App is an app with one concept.
type App struct {
	*legible.App
	// Now is the time of the app, at first 2030-01-02 03:04:05 UTC. A test may change
	// it.
	Now time.Time
	t   testing.TB
	do  func(legible.Context) error
	err error
}

// Open opens an app that uses one concept.
func Open(t testing.TB, concept func() legible.Concept) *App {
	t.Helper()
	a := &App{Now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), t: t}
	name, _, _ := strings.Cut(strings.Fields(concept().Spec)[1], " ")
	text := "app Trial\n\nuse Trialing\nuse " + name + "\n"
	program := legible.New(fstest.MapFS{"trial.app": {Data: []byte(text)}}, concept, a.trialing)
	app, err := program.Open(t.Context(), legible.Options{
		Clock: func() time.Time { return a.Now },
		Log:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	a.App = app
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// trialing is a concept whose one action runs the function of the test.
func (a *App) trialing() legible.Concept {
	return legible.Concept{
		File: "trialing.concept",
		Spec: "concept Trialing\n\npurpose\n    try a concept\n\nactions\n    do () : ()\n",
		Build: func(*legible.Instance) legible.Methods {
			return legible.Methods{Actions: map[string]legible.Method{
				"do": func(ctx legible.Context, _, _ []value.Value) error {
					a.err = a.do(ctx)
					return a.err
				},
			}}
		},
	}
}

// Do runs f as an action and returns its error. If there is an error, the writes of
// f are undone. A fault of f, such as a panic, ends the test.
func (a *App) Do(f func(ctx legible.Context) error) error {
	a.t.Helper()
	a.do, a.err = f, nil
	outcome, err := a.Ask(context.Background(), "Trialing.do")
	if err != nil {
		a.t.Fatal(err)
	}
	if outcome.Fault != nil && a.err == nil {
		a.t.Fatal(outcome.Fault)
	}
	return a.err
}
