//go:build unix

package main

import (
	"math"
	"slices"
)

// A fate says what became of an operation.
type fate int

const (
	unknown fate = iota // it may have been done, or be done yet
	done
	undone
)

// A deed is one operation that a client asked for, with the moments by the
// ledger's clock between which it took effect, if it did.
type deed struct {
	asked, answered int64 // answered is unanswered while the fate is unknown
	fate            fate
}

// unanswered is the moment of an answer that did not come.
const unanswered = math.MaxInt64

// doneBefore tells whether the deed had taken effect at a moment.
func (d *deed) doneBefore(at int64) bool { return d.fate == done && d.answered < at }

// mayPrecede tells whether the deed may have taken effect at a moment.
func (d *deed) mayPrecede(at int64) bool { return d.fate != undone && d.asked < at }

// seen notes that the effect of the deed was there at a moment.
func (d *deed) seen(at int64) {
	if d.fate == unknown {
		d.fate, d.answered = done, at
	}
}

// A span is the time in which a client looked.
type span struct{ from, to int64 }

// must tells whether something must have been there for the whole of a span,
// by what made it and what may have ended it.
func must(made *deed, ends []*deed, s span) bool {
	return made.doneBefore(s.from) && !slices.ContainsFunc(ends, func(d *deed) bool { return d.mayPrecede(s.to) })
}

// mustNot tells whether something cannot have been there at any moment of a span.
func mustNot(made *deed, ends []*deed, s span) bool {
	return !made.mayPrecede(s.to) || slices.ContainsFunc(ends, func(d *deed) bool { return d.doneBefore(s.from) })
}

// A thing is what an account has or is: the account itself, a document, a note,
// a tag, a focus session.
type thing struct {
	id   string
	made *deed
	ends []*deed // that may have removed it
	of   *thing  // with which it goes
	text register
	size register // of letters: of a document or an account
	open register // of a document
	book []byte
	own  string // of a document: its settings, when they are known
}

// endings are the deeds that may have ended the thing, by itself or with that
// which it belongs to.
func (x *thing) endings() []*deed {
	all := slices.Clone(x.ends)
	if x.of != nil {
		all = append(all, x.of.endings()...)
	}
	return all
}

func (x *thing) must(s span) bool    { return must(x.made, x.endings(), s) }
func (x *thing) mustNot(s span) bool { return mustNot(x.made, x.endings(), s) }

// settle notes whether the thing is there at a moment at which nothing is under
// way.
func (x *thing) settle(there bool, at int64) {
	x.made.seen(at)
	x.ends = nil
	if !there {
		x.made.fate = undone
	}
}

// A register is a value that is written again and again.
type register []write

type write struct {
	*deed
	value string
}

func (r *register) write(d *deed, value string) { *r = append(*r, write{d, value}) }

// may tells whether the value may have been read in a span: it was written, and
// not certainly written over.
func (r register) may(value string, s span) bool {
	return slices.ContainsFunc(r, func(w write) bool {
		return w.value == value && w.mayPrecede(s.to) && !slices.ContainsFunc(r, func(over write) bool {
			return over.doneBefore(s.from) && w.fate == done && over.asked > w.answered
		})
	})
}

// has tells whether the value was ever asked to be written.
func (r register) has(value string) bool {
	return slices.ContainsFunc(r, func(w write) bool { return w.value == value })
}

// settle notes the value at a moment at which nothing is under way.
func (r *register) settle(value string, at int64) {
	*r = register{{&deed{asked: at, answered: at, fate: done}, value}}
}

// A password is one that an account had, and what may have replaced it.
type password struct {
	text    string
	set     *deed
	changes []*change
	logins  []*deed
}

// A change of a password spares the session that asked for it.
type change struct {
	*deed
	by *session
	to *password
}

// A session is one that a client was given.
type session struct {
	token string
	basis *password // that it was made with
	made  *deed
	outs  []*deed // logouts
}

// endings are the deeds that may have ended the session of an account.
func (s *session) endings(a *holder) []*deed {
	return slices.Concat(s.outs, a.ends, s.changed(s.basis))
}

// changed are the changes of a password that end the session: those that others
// asked for, also after those that it has asked for itself.
func (s *session) changed(p *password) (all []*deed) {
	for _, c := range p.changes {
		if c.by != s {
			all = append(all, c.deed)
		} else if c.fate != undone {
			all = append(all, s.changed(c.to)...)
		}
	}
	return all
}

// endings are the deeds that may have ended the time of a password.
func (p *password) endings(a *holder) []*deed {
	all := slices.Clone(a.ends)
	for _, c := range p.changes {
		all = append(all, c.deed)
	}
	return all
}

// A needed is what an operation needs: it is done if that is there, and refused
// if it is not.
type needed struct {
	what    string
	made    *deed
	endings func() []*deed
}

func (x *thing) needed() needed {
	return needed{x.id, x.made, x.endings}
}

func (s *session) needed(a *holder) needed {
	return needed{"the session", s.made, func() []*deed { return s.endings(a) }}
}

func (p *password) needed(a *holder) needed {
	return needed{"the password", p.set, func() []*deed { return p.endings(a) }}
}
