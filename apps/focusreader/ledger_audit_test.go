//go:build unix

package main

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// audit reads all data of the accounts while nothing else runs, and determines
// unknown outcomes.
func (l *ledger) audit(rng *rand.Rand, node int) {
	var all sync.WaitGroup
	for _, s := range append(slices.Clone(l.slots), l.probe) {
		w := &worker{ledger: l, slot: s, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), node: node}
		all.Go(w.audit)
	}
	all.Wait()
}

// audit determines the account of a slot, and checks that deleted accounts stay
// deleted.
func (w *worker) audit() {
	if a := w.account; a != nil {
		switch {
		case a.made.fate == undone:
			w.account = nil
		case a.deleted() || !w.enter(a):
			if w.account = nil; a.made.fate == done {
				w.gone = append(w.gone, a)
			}
		}
	}
	w.gone = w.gone[max(0, len(w.gone)-6):]
	for _, a := range w.gone {
		w.login(a, a.current())
		for _, s := range slices.Concat(a.sessions, a.dead) {
			w.ask(a, s)
		}
		a.sessions = a.sessions[:min(2, len(a.sessions))]
	}
	a := w.account
	if a == nil {
		return
	}
	var live []*session
	for _, s := range a.sessions {
		if w.ask(a, s) {
			s.outs = nil
			live = append(live, s)
		} else {
			a.dead = append(a.dead, s)
		}
	}
	a.sessions, a.dead = live, a.dead[max(0, len(a.dead)-6):]
	for _, s := range a.dead {
		w.ask(a, s)
	}
	if len(live) == 0 {
		if !w.enters(a, a.current()) {
			w.differ("%s cannot log in", a.name)
			return
		}
	}
	w.look(a, a.session(w.rng), true)
}

// enters tries a password until the answer says whether it is right.
func (w *worker) enters(a *holder, p *password) bool {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		_, r := w.login(a, p)
		if r.status == 200 || r.status == 401 {
			return r.status == 200
		}
		if time.Now().After(deadline) {
			w.differ("with nothing in its way, a login of %s is answered %d: %s", a.name, r.status, r.raw)
			return false
		}
	}
}

// enter determines whether an account exists, and its password.
func (w *worker) enter(a *holder) bool {
	if a.made.fate == done && !a.unsettled {
		return true
	}
	var right *password
	for _, p := range slices.Backward(a.passwords) {
		if p.set.fate == undone || slices.ContainsFunc(p.changes, func(c *change) bool { return c.fate == done }) {
			continue
		}
		if !w.enters(a, p) {
			continue
		}
		if right != nil {
			w.differ("%s has two passwords", a.name)
		}
		right = p
	}
	at := w.now()
	if right == nil {
		if len(a.possible()) == 0 && a.made.fate == done {
			w.differ("%s is gone, and nobody asked for that", a.name)
		}
		for _, d := range a.ends {
			d.seen(at)
		}
		if a.made.fate == unknown {
			a.made.fate = undone
		}
		return false
	}
	// The change to the right password was done, and no later one.
	right.set.seen(at)
	for _, p := range a.passwords {
		for _, c := range p.changes {
			if c.fate == unknown {
				c.fate = undone
			}
		}
	}
	a.ends, a.unsettled = nil, false
	return true
}
