package flows

import (
	"runtime"
	"sync/atomic"

	"github.com/legible-lang/legible/internal/check"
)

// workers explore the entry points of a program at the same time, one for each
// processor. The results are the same as those of one worker: a walk only reads the
// model, and walks are collected in the order of the entry points.
type workers struct {
	*model
	an    *analyzer
	total atomic.Int64 // states of the walks that were collected
}

// A result is a finished walk, or the value that it panicked with.
type result struct {
	walk   *walk
	failed any
}

// run explores all entry points and calls add with the walks, in the order of the
// entry points.
func (ws *workers) run(add func(*walk)) {
	entries := len(ws.an.entries)
	workers := min(runtime.GOMAXPROCS(0), entries)
	if ws.an.opt.serial || workers < 2 {
		for i := range entries {
			add(ws.exploreNow(i))
		}
		return
	}
	// A finished walk holds the events of all its states until it is collected, so
	// few may be ahead.
	ahead, quit := make(chan struct{}, 4*workers), make(chan struct{})
	defer close(quit)
	done := make([]chan result, entries)
	for i := range done {
		done[i] = make(chan result, 1)
	}
	var next atomic.Int64
	for range workers {
		go func() {
			for {
				// Before the choice of an entry point: the first must not wait for
				// later ones.
				select {
				case ahead <- struct{}{}:
				case <-quit:
					return
				}
				i := int(next.Add(1)) - 1
				if i >= entries {
					return
				}
				done[i] <- ws.exploreSafely(i)
			}
		}()
	}
	for i := range entries {
		x := <-done[i]
		<-ahead
		if x.failed != nil {
			panic(x.failed) // in the caller's goroutine
		}
		if limit := ws.limit(); len(x.walk.nodes) > limit {
			x.walk = ws.explore(i, limit) // it began with a larger limit
		}
		ws.total.Add(int64(len(x.walk.nodes)))
		add(x.walk)
	}
}

// exploreNow explores an entry point in the caller's goroutine.
func (ws *workers) exploreNow(i int) *walk {
	x := ws.explore(i, ws.limit())
	ws.total.Add(int64(len(x.nodes)))
	return x
}

func (ws *workers) exploreSafely(i int) (x result) {
	defer func() { x.failed = recover() }()
	x.walk = ws.explore(i, ws.limit())
	return x
}

// limit is the number of states of the next walk. It is small if earlier walks have
// explored very many.
func (ws *workers) limit() int {
	if ws.total.Load() > walkTotal {
		return walkLimit / 100
	}
	return walkLimit
}

func (ws *workers) explore(i, limit int) *walk {
	e := ws.an.entries[i]
	e.Truncated, e.Lookups, e.Refusals, e.Access = false, nil, nil, nil
	w := &walk{model: ws.model, an: ws.an, entry: e, fired: map[*syncInfo]bool{}, literals: literalTable{program: &ws.literals},
		observed: observations{asks: map[*check.Ask]bool{}, triggers: map[trigger]bool{}}}
	w.run(limit)
	w.unanswered = w.unansweredPaths()
	return w
}
