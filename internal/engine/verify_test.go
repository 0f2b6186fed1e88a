package engine_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const promising = `concept Promising

purpose
    promise much

state
    a set of Items with
        a name String

actions
    put (name: String) : (item: Item)
        effects adds an item
    forget (name: String) : (item: Item)
        effects adds an item
    pass (item: Item) : (item: Item)
    look (name: String) : (item: Item)
`

// In development, the log says where Go code does not do what its specification says.
func TestVerify(t *testing.T) {
	p := build(t, promising)
	table := engine.Schema(p).Tables[0]
	gives := func(id string) engine.Method {
		return func(_ engine.Context, _, out []value.Value) error {
			out[0] = value.String(id)
			return nil
		}
	}
	for _, verify := range []bool{true, false} {
		var log bytes.Buffer
		e := start(t, p, map[string]engine.Methods{"Promising": {Actions: map[string]engine.Method{
			"put": func(ctx engine.Context, in, out []value.Value) error {
				out[0] = value.String("there")
				return ctx.State().Insert(table, "there", store.Row{in[0]})
			},
			"forget": gives("nowhere"), "pass": gives("nowhere"), "look": gives("there"),
		}}}, engine.Options{Verify: verify, Log: slog.New(slog.NewTextHandler(&log, nil))})
		for _, name := range []string{"put", "look", "pass", "forget", "forget"} {
			for _, a := range p.Actions {
				if a.Name == name {
					if r, err := e.Run(context.Background(), engine.Opening{Action: a, In: []value.Value{value.String("x")}}); err != nil || r.Fault != nil {
						t.Fatal(err, r.Fault)
					}
				}
			}
		}
		for text, want := range map[string]int{"wrote nothing": 1, "no set has": 2, "action=Promising.forget": 3} {
			if !verify {
				want = 0
			}
			if got := strings.Count(log.String(), text); got != want {
				t.Errorf("the log has %q %d times, want %d:\n%s", text, got, want, &log)
			}
		}
		if strings.Contains(log.String(), "action=") != verify {
			t.Errorf("the log is\n%s", &log)
		}
	}
}
