package flows

import (
	"runtime"
	"sync/atomic"

	"github.com/legible-lang/legible/internal/check"
)

// A touring walks the entries of a program, as many at a time as there are
// processors. What comes out is as if they were walked one after another: a
// walk only reads what is wired, keeps what it has to tell, and is handed over
// in its turn.
type touring struct {
	*wired
	an    *analyzer
	total atomic.Int64 // moments of the walks that were handed over
}

// A tour is a walk that is over, or what it panicked with.
type tour struct {
	walk   *walk
	failed any
}

// all walks every entry and hands the walks over in the order of the entries.
func (t *touring) all(add func(*walk)) {
	entries := len(t.an.entries)
	workers := min(runtime.GOMAXPROCS(0), entries)
	if t.an.opt.alone || workers < 2 {
		for i := range entries {
			add(t.one(i))
		}
		return
	}
	// A walk that waits for its turn holds the stories of all its moments, so
	// none may be far ahead.
	ahead, quit := make(chan struct{}, 4*workers), make(chan struct{})
	defer close(quit)
	done := make([]chan tour, entries)
	for i := range done {
		done[i] = make(chan tour, 1)
	}
	var next atomic.Int64
	for range workers {
		go func() {
			for {
				// Before an entry is chosen: the first must not wait for those behind it.
				select {
				case ahead <- struct{}{}:
				case <-quit:
					return
				}
				i := int(next.Add(1)) - 1
				if i >= entries {
					return
				}
				done[i] <- t.tour(i)
			}
		}()
	}
	for i := range entries {
		x := <-done[i]
		<-ahead
		if x.failed != nil {
			panic(x.failed) // for whoever asked for the check, who may go on
		}
		if limit := t.limit(); len(x.walk.nodes) > limit {
			x.walk = t.walk(i, limit) // it began before so many were handed over
		}
		t.total.Add(int64(len(x.walk.nodes)))
		add(x.walk)
	}
}

// one walks an entry in its turn.
func (t *touring) one(i int) *walk {
	x := t.walk(i, t.limit())
	t.total.Add(int64(len(x.nodes)))
	return x
}

func (t *touring) tour(i int) (x tour) {
	defer func() { x.failed = recover() }()
	x.walk = t.walk(i, t.limit())
	return x
}

// limit is how many moments the next walk may look at: few when others have
// looked at very many.
func (t *touring) limit() int {
	if t.total.Load() > walkTotal {
		return walkLimit / 100
	}
	return walkLimit
}

func (t *touring) walk(i, limit int) *walk {
	e := t.an.entries[i]
	e.Cut, e.Lookups, e.Refusals = false, nil, nil
	w := &walk{wired: t.wired, an: t.an, entry: e, fired: map[*wiredSync]bool{}, literals: literals{program: &t.literals},
		shown: shownWays{asks: map[*check.Ask]bool{}, edges: map[edge]bool{}}}
	w.run(limit)
	w.silent = w.silences()
	return w
}
