//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// The maximum number of things of each kind, so that audits are short.
const manyDocuments, manyNotes, manyTags, manySessions = 6, 20, 20, 8

// work sends one request after the other until stop.
func (w *worker) work(stop <-chan struct{}) {
	for !w.t.Failed() {
		select {
		case <-stop:
			return
		default:
		}
		w.step()
	}
}

// step does one thing.
func (w *worker) step() {
	a := w.home()
	if a == nil {
		w.stranger()
		return
	}
	a.mu.Lock()
	s, document, note, made := a.session(w.rng), a.pick(w.rng, documents), a.pick(w.rng, notes), a.made.fate
	var many [kinds]int
	for kind := range many {
		many[kind] = len(a.things[kind])
	}
	sessions := len(a.alive())
	a.mu.Unlock()
	n := w.rng.IntN(100)
	switch {
	case made != done || s == nil:
		w.login(a, w.guess(a))
	case n < 8 && sessions < manySessions:
		w.login(a, w.guess(a))
	case n < 12:
		w.logout(a, s)
	case n < 17:
		w.storm(a, func() { w.changePassword(a, s) })
	case n < 19:
		w.storm(a, func() { w.deleteAccount(a, s) })
	case n < 34:
		w.look(a, s, false)
	case n < 42 && many[tags] < manyTags:
		w.createTag(a, s)
	case n < 48:
		w.editDefaults(a, s)
	case document == nil || n < 57 && many[documents] < manyDocuments:
		w.upload(a, s)
	case n < 60:
		w.removeDocument(a, s, document)
	case n < 66:
		w.renameDocument(a, s, document)
	case n < 73:
		w.openDocument(a, s, document)
	case n < 77:
		w.closeDocument(a, s, document)
	case n < 82:
		w.editDocument(a, s, document)
	case n < 84:
		w.removeFocus(a, s)
	case note == nil || n < 92 && many[notes] < manyNotes:
		w.annotate(a, s, document)
	case n < 96:
		w.updateNote(a, s, note)
	default:
		w.deleteNote(a, s, note)
	}
}

// home returns the account of the slot. If it is gone, one worker creates another;
// the others get none until its creation was requested.
func (w *worker) home() *holder {
	w.slot.mu.Lock()
	a := w.account
	if a != nil {
		a.mu.Lock()
		over := a.deleted() || a.made.fate == undone
		gone := a.made.fate == done
		a.mu.Unlock()
		if !over {
			w.slot.mu.Unlock()
			return a
		}
		if gone {
			w.gone = append(w.gone, a)
		}
	}
	w.account = nil
	w.slot.mu.Unlock()
	if !w.making.CompareAndSwap(false, true) {
		return nil
	}
	defer w.making.Store(false)
	w.create()
	return nil
}

// unique returns a text that occurs nowhere else.
func (w *worker) unique(what string) string {
	return fmt.Sprintf("%s %d-%d", what, w.slot.n, w.count.Add(1))
}

// create creates the account of the slot: with the name of the last one, which is
// free again, or with a new name.
func (w *worker) create() {
	a := &holder{name: w.unique("reader")}
	w.slot.mu.Lock()
	if len(w.gone) > 0 && w.rng.IntN(2) == 0 {
		a.name = w.gone[len(w.gone)-1].name
	}
	w.slot.mu.Unlock()
	p := &password{text: w.unique("a long password")}
	body := fields{"username": a.name, "password": p.text}
	w.do(a, call{what: "/Profile/createAccount", path: "/Profile/createAccount", body: body, changes: true}, nil, func(d *deed) {
		a.made, p.set = d, d
		a.passwords = []*password{p}
		a.size.write(d, "16")
		w.slot.mu.Lock()
		w.account = a
		w.slot.mu.Unlock()
	}, func(d *deed, r *reply) {
		if d.fate == done {
			a.user, a.library, a.own = r.text("user"), r.text("library"), r.text("settings")
		}
		if r.status >= 400 && r.status < 500 && r.status != 429 {
			w.differ("the account %s, whose name is free, was answered %d: %s", a.name, r.status, r.raw)
		}
	})
}

// stranger sends requests with the session of a deleted account, which must be
// refused.
func (w *worker) stranger() {
	w.slot.mu.Lock()
	var a *holder
	if len(w.gone) > 0 {
		a = w.gone[len(w.gone)-1]
	}
	w.slot.mu.Unlock()
	if a == nil {
		time.Sleep(time.Millisecond)
		return
	}
	a.mu.Lock()
	s := a.session(w.rng)
	a.mu.Unlock()
	if s == nil || w.rng.IntN(2) == 0 {
		w.login(a, a.current())
		return
	}
	w.createTag(a, s)
}

// guess picks a password, mostly one that may be right.
func (w *worker) guess(a *holder) *password {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w.rng.IntN(4) == 0 {
		return a.passwords[w.rng.IntN(len(a.passwords))]
	}
	return a.current()
}

// login logs in with a password, which succeeds if and only if it is right.
func (w *worker) login(a *holder, p *password) (*session, *reply) {
	s := &session{basis: p}
	body := fields{"username": a.name, "password": p.text}
	_, r := w.do(a, call{what: "/auth/login", path: "/auth/login", body: body, changes: true}, []needed{p.needed(a)}, func(d *deed) {
		s.made = d
		p.logins = append(p.logins, d)
	}, func(d *deed, r *reply) {
		switch d.fate {
		case done:
			p.set.seen(d.answered)
			a.made.seen(d.answered)
			if a.user == "" {
				a.user = r.text("user")
			}
			if a.user != r.text("user") {
				w.differ("%s was the user %s and is %s", a.name, a.user, r.text("user"))
			}
			s.token = r.text("session")
			a.sessions = append(a.sessions, s)
		case unknown:
			a.lost = append(a.lost, s)
		}
	})
	if s.token == "" {
		s = nil
	}
	return s, r
}

func (w *worker) logout(a *holder, s *session) {
	w.do(a, call{what: "/auth/logout", path: "/auth/logout", body: fields{}, token: s.token, changes: true}, []needed{s.needed(a)},
		func(d *deed) { s.outs = append(s.outs, d) }, nil)
}

// storm does something while other clients log in and create tags.
func (w *worker) storm(a *holder, deed func()) {
	var all sync.WaitGroup
	p := a.currentLocked()
	for range w.rng.IntN(4) {
		other := &worker{ledger: w.ledger, slot: w.slot, rng: rand.New(rand.NewPCG(w.rng.Uint64(), 0)), node: w.node}
		all.Go(func() {
			time.Sleep(time.Duration(other.rng.IntN(20)) * time.Millisecond)
			if s, _ := other.login(a, p); s != nil {
				other.createTag(a, s)
			}
		})
	}
	time.Sleep(time.Duration(w.rng.IntN(20)) * time.Millisecond)
	deed()
	all.Wait()
}

func (a *holder) currentLocked() *password {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current()
}

// changePassword changes the password to a new one, unless the outcome of another
// change or of the deletion is unknown.
func (w *worker) changePassword(a *holder, s *session) {
	old, p := a.currentLocked(), &password{text: w.unique("another password")}
	c := &change{by: s, to: p}
	a.mu.Lock()
	wait := a.unsettled
	a.mu.Unlock()
	if wait {
		return
	}
	w.do(a, call{what: "/Profile/changePassword", path: "/Profile/changePassword", token: s.token, changes: true,
		body: fields{"oldPassword": old.text, "newPassword": p.text}}, []needed{s.needed(a), old.needed(a)}, func(d *deed) {
		c.deed, p.set = d, d
		old.changes = append(old.changes, c)
		a.passwords = append(a.passwords, p)
	}, func(d *deed, r *reply) {
		a.unsettled = a.unsettled || d.fate == unknown
	})
}

func (w *worker) deleteAccount(a *holder, s *session) {
	a.mu.Lock()
	wait := a.unsettled
	a.mu.Unlock()
	if wait {
		return
	}
	w.do(a, call{what: "/Profile/deleteAccount", path: "/Profile/deleteAccount", body: fields{}, token: s.token, changes: true}, []needed{s.needed(a)},
		func(d *deed) { a.ends = append(a.ends, d) },
		func(d *deed, r *reply) {
			a.unsettled = a.unsettled || d.fate == unknown
		})
}
