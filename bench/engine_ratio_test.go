package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/inspect"
)

// BenchmarkEngineRecorded holds a login that is recorded against one that is not.
// Both take turns by the thousand within one run, so that whatever else the
// machine does meets both; a figure is the middle of its turns, and x is the
// ratio. What is measured against nothing at all is the journal, and the journal
// with the inspector told of it.
func BenchmarkEngineRecorded(b *testing.B) {
	for _, c := range []struct{ name, text string }{{"one", oneSync}, {"three", twoSyncs}} {
		b.Run(c.name+"/journal", func(b *testing.B) {
			against(b, engineBegin(b, c.text, engine.Options{}), engineBegin(b, c.text, engine.Options{NoJournal: true}))
		})
		b.Run(c.name+"/inspector", func(b *testing.B) {
			off := engineBegin(b, c.text, engine.Options{NoJournal: true})
			pages := inspect.New(off.Plan(), off.Store(), inspect.Options{})
			against(b, engineBegin(b, c.text, engine.Options{Recorder: pages.Record}), off)
		})
	}
}

// turn is how many flows one engine runs before it is the other's turn.
const engineTurn = 1000

func against(b *testing.B, on, off *engine.Engine) {
	var took [2][]time.Duration
	sides := [2]*engine.Engine{on, off}
	openings := [2]engine.Opening{request(on, "/auth/login"), request(off, "/auth/login")}
	for range 100 { // the store's journal is full, and the processor knows the way
		for side, e := range sides {
			for range engineTurn {
				engineRun(b, e, openings[side], 4)
			}
		}
	}
	for b.Loop() {
		for side, e := range sides {
			start := time.Now()
			for range engineTurn {
				engineRun(b, e, openings[side], 4)
			}
			took[side] = append(took[side], time.Since(start))
		}
	}
	var middle [2]float64
	for side := range sides {
		slices.Sort(took[side])
		middle[side] = float64(took[side][len(took[side])/2].Nanoseconds()) / engineTurn
	}
	b.ReportMetric(0, "ns/op") // two thousand flows: nothing to look at
	b.ReportMetric(middle[0], "ns-on")
	b.ReportMetric(middle[1], "ns-off")
	b.ReportMetric(middle[0]/middle[1], "x")
}
