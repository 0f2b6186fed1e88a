package explain_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/engine/enginetest"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/value"
)

// ran runs flows of a random program, one after the other, and returns their records.
func ran(t *testing.T, p *enginetest.Program, openings []func(*enginetest.Program) engine.Opening) [][]journal.Entry {
	t.Helper()
	st := memory.New(memory.Options{})
	defer st.Close()
	if err := st.Prepare(context.Background(), p.Schema); err != nil {
		t.Fatal(err)
	}
	var record []byte
	e, err := engine.New(p.Plan, st, p.Schema, p.Methods, engine.Options{
		Limits: engine.Limits{Actions: 60}, Log: slog.New(slog.DiscardHandler), FullRecord: true,
		Clock:    func() time.Time { return time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC) },
		Recorder: func(_ value.ID, b []byte, _ bool) { record = append(record, b...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var list [][]journal.Entry
	for _, opening := range openings {
		record = nil
		if _, err := e.Run(context.Background(), opening(p)); err != nil {
			t.Fatal(err)
		}
		entries, err := journal.Read(record)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, entries)
	}
	return list
}

var changeable = regexp.MustCompile(`"(u|v|w|ux)"| < | > |\bno in\b|\bsome in\b|\blimit \d|Thing\.(add|look) \(p: `)

// another returns a changed program, nil if the changes make it none.
func (g *generator) another(p *enginetest.Program) *enginetest.Program {
	source := changeable.ReplaceAllStringFunc(p.Source(), func(was string) string {
		if g.IntN(3) > 0 {
			return was
		}
		switch was {
		case " < ":
			return " > "
		case " > ":
			return " < "
		case "no in":
			return "some in"
		case "some in":
			return "no in"
		case "Thing.look (p: ":
			return "Other.look (q: \"v\", p: "
		}
		if strings.HasPrefix(was, "limit") {
			return "limit 0"
		}
		return g.pick(`"u"`, `"wx"`)
	})
	now, err := enginetest.Build(enginetest.Concepts + source)
	if err != nil {
		return nil
	}
	return now
}

// TestReplayEveryForm runs flows of random programs with every form of the language again.
// The same program makes no difference, and a changed one exactly those that its flows
// show. Every explanation of such flows can be made.
func TestReplayEveryForm(t *testing.T) {
	programs := 300
	if testing.Short() {
		programs = 25
	}
	compared, differ := 0, 0
	for seed := range programs {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 13))}
		text := &enginetest.Generator{Rand: g.Rand}
		p, err := enginetest.Build(text.Program())
		if err != nil {
			continue
		}
		var openings []func(*enginetest.Program) engine.Opening
		for range 6 {
			fields, isRequest := text.Opening()
			openings = append(openings, func(p *enginetest.Program) engine.Opening { return p.Opening(fields, isRequest) })
		}
		first, second := ran(t, p, openings), ran(t, p, openings)
		ids := &explain.Identities{}
		for i := range first {
			if again := explain.RunAgain(p.Plan, first[i], second[i], ids); len(again.Differences) > 0 {
				t.Fatalf("seed %d, flow %d: without a change there are differences:\n%s\n%s", seed, i, drawn(again.Tree()), p.Source())
			}
			holds(t, "the answer", explain.WhyAnswer(p.Plan, first[i], true))
			for _, s := range p.Plan.Syncs {
				if tree, err := explain.WhyNot(p.Plan, first[i], s.Name); err == nil {
					holds(t, s.Name, tree)
				}
			}
		}
		now := g.another(p)
		if now == nil {
			continue
		}
		changed := ran(t, now, openings)
		ids = &explain.Identities{}
		for i := range first {
			again := explain.RunAgain(now.Plan, first[i], changed[i], ids)
			before, after := explain.Summarize(p.Plan, first[i], true), explain.Summarize(now.Plan, changed[i], true)
			compared++
			if before.Outcome == after.Outcome && before.Status == after.Status && slices.Equal(before.Fired, after.Fired) {
				continue
			}
			differ++
			if len(again.Differences) == 0 {
				t.Errorf("seed %d, flow %d: it was %v, fired %v, and is %v, fired %v, but no difference is reported\n%s", seed, i, &before, before.Fired, &after, after.Fired, now.Source())
			}
		}
	}
	t.Logf("%d flows were compared, %d of them differed", compared, differ)
	if compared < programs || differ < programs/20 {
		t.Errorf("%d flows were compared, %d of them differed: too few for a result", compared, differ)
	}
}
