package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/value"
)

// TestDaily starts an action once per calendar day of its zone, also on the days on
// which the clocks change, after a time when nothing ran, and in another process.
func TestDaily(t *testing.T) {
	p := build(t, `concept Waking

purpose
    wake people

actions
    system wake () : ()
        every "day" at "02:30" in "Europe/Berlin"
`)
	st, schema := memory.New(memory.Options{}), engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	var now time.Time
	ran := 0
	open := func() *engine.Engine {
		e, err := engine.New(p, st, schema, map[string]engine.Methods{"Waking": {Actions: map[string]engine.Method{
			"wake": func(engine.Context, []value.Value, []value.Value) error { ran++; return nil },
		}}}, engine.Options{Clock: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := open()
	for _, step := range []struct {
		at   string // in UTC
		want int
	}{
		{"2030-03-29T12:00:00Z", 1}, // that of the day that has begun
		{"2030-03-30T01:29:00Z", 0},
		{"2030-03-30T01:30:00Z", 1},
		{"2030-03-30T23:00:00Z", 0},
		{"2030-03-31T01:29:00Z", 0},
		{"2030-03-31T01:30:00Z", 1}, // 02:30 is skipped: it is 03:30
		{"2030-03-31T23:59:00Z", 0},
		{"2030-04-01T00:29:00Z", 0},
		{"2030-04-01T00:30:00Z", 1},
		{"2030-10-26T22:00:00Z", 1}, // once for all the days before
		{"2030-10-27T00:29:00Z", 0},
		{"2030-10-27T00:30:00Z", 1}, // the first 02:30
		{"2030-10-27T01:30:00Z", 0}, // the second
		{"2030-10-26T22:00:00Z", 0}, // the clock is set back
		{"2030-10-28T01:30:00Z", 1},
	} {
		now, _ = time.Parse(time.RFC3339, step.at)
		ran = 0
		for range 2 { // the second time by another process
			if _, err := e.Tick(context.Background()); err != nil {
				t.Fatal(err)
			}
			e = open()
		}
		if ran != step.want {
			t.Errorf("at %s it ran %d times, want %d", step.at, ran, step.want)
		}
	}
}
