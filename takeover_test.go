package legible_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// ringing is a concept that something happens in by the clock: each hour, and
// when an alarm is due.
func ringing() legible.Concept {
	return legible.Concept{
		File: "ringing.concept",
		Spec: `concept Ringing

purpose
    ring when it is time

state
    a set of Alarms with
        a due DateTime
    a set of Rings with
        a what String

actions
    set (due: DateTime) : (alarm: Alarm)
    system ring (alarm: Alarm) : ()
        at due of alarm
    system chime () : ()
        every "1h"
`,
		Build: func(in *legible.Instance) legible.Methods {
			alarms, rings := in.Table("Alarm"), in.Table("Ring")
			rang := func(ctx legible.Context, what string) error {
				return ctx.State().Insert(rings, ctx.NewID(), store.Row{value.String(what)})
			}
			return legible.Methods{Actions: map[string]legible.Method{
				"set": func(ctx legible.Context, in, out []value.Value) error {
					id := ctx.NewID()
					out[0] = value.String(id)
					return ctx.State().Insert(alarms, id, store.Row{in[0]})
				},
				"ring": func(ctx legible.Context, in, _ []value.Value) error {
					alarm, _ := in[0].Text()
					return rang(ctx, "alarm "+alarm)
				},
				"chime": func(ctx legible.Context, _, _ []value.Value) error {
					return rang(ctx, "chime "+ctx.Now().Truncate(time.Hour).Format(time.RFC3339))
				},
			}}
		},
	}
}

// TestTimersFireOnceInTheCluster lets the clocks of three nodes on one database
// tick at once: whatever is due happens once, and at every moment something is.
func TestTimersFireOnceInTheCluster(t *testing.T) {
	hours := 12
	if testing.Short() {
		hours = 3
	}
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	ctx := context.Background()
	now := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	said := &lockedText{}
	var nodes []*legible.App
	for range 3 {
		app, err := legible.New(fstest.MapFS{"a.app": {Data: []byte("app Clock\n\nuse Ringing\n")}}, ringing).Open(ctx, legible.Options{Store: url, Clock: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelWarn}))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := app.Close(); err != nil {
				t.Error(err)
			}
		})
		nodes = append(nodes, app)
	}
	for hour := range hours {
		for n := range nodes {
			due := legible.Field{Name: "due", Value: value.Time(now.Add(time.Duration(n) * time.Hour))}
			if o, err := nodes[n].Ask(ctx, "Ringing.set", due); err != nil || o.Fault != nil {
				t.Fatalf("an alarm could not be set: %v %v", err, o.Fault)
			}
		}
		for range 2 { // the second time there is nothing to do
			var group sync.WaitGroup
			for _, app := range nodes {
				group.Go(func() {
					if err := app.Tick(ctx); err != nil {
						t.Errorf("hour %d: %v", hour, err)
					}
				})
			}
			group.Wait()
		}
		now = now.Add(time.Hour)
	}
	if said.String() != "" {
		t.Errorf("that one node was first is told as trouble:\n%s", said)
	}
	e := nodes[0].Engine(private.Access{})
	flow := e.Store().NewSession(value.NewIDs().At(now))
	defer flow.Abandon()
	rang := map[string]int{}
	for _, def := range e.Store().(store.Described).Schema().Tables {
		if def.Set != "Ring" {
			continue
		}
		members, err := flow.Find(def, nil, nil, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			what, _ := m.Row[0].Text()
			rang[what]++
		}
	}
	for what, n := range rang {
		if n != 1 {
			t.Errorf("%s happened %d times", what, n)
		}
	}
	// Of the alarms, three an hour, those of the last two hours are not all due.
	if want := hours + 3*hours - 3; len(rang) != want {
		t.Errorf("%d things happened, want %d: %v", len(rang), want, rang)
	}
}

// A lockedText is what several goroutines write.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
