//go:build unix

package main

import (
	"math"
	"slices"
)

// A fate is the outcome of an operation.
type fate int

const (
	unknown fate = iota // it may have been done, or may still be done
	done
	undone
)

// A deed is one operation of a client, with the times by the ledger's clock between
// which it took effect, if it did.
type deed struct {
	asked, answered int64 // answered is unanswered while the fate is unknown
	fate            fate
}

// unanswered is the time of an answer that did not come.
const unanswered = math.MaxInt64

// doneBefore reports whether the deed had taken effect at a time.
func (d *deed) doneBefore(at int64) bool { return d.fate == done && d.answered < at }

// mayPrecede reports whether the deed may have taken effect at a time.
func (d *deed) mayPrecede(at int64) bool { return d.fate != undone && d.asked < at }

// seen notes that the effect of the deed was visible at a time.
func (d *deed) seen(at int64) {
	if d.fate == unknown {
		d.fate, d.answered = done, at
	}
}

// A span is the time of a read.
type span struct{ from, to int64 }

// must reports whether something must have existed during a whole span, by the deed
// that created it and those that may have ended it.
func must(made *deed, ends []*deed, s span) bool {
	return made.doneBefore(s.from) && !slices.ContainsFunc(ends, func(d *deed) bool { return d.mayPrecede(s.to) })
}

// mustNot reports whether something cannot have existed at any time of a span.
func mustNot(made *deed, ends []*deed, s span) bool {
	return !made.mayPrecede(s.to) || slices.ContainsFunc(ends, func(d *deed) bool { return d.doneBefore(s.from) })
}

// A thing is an account, or an object of it: a document, a note, a tag, a focus
// session.
type thing struct {
	id   string
	made *deed
	ends []*deed // that may have removed it
	of   *thing  // with which it is removed
	text register
	size register // the font size of a document or an account
	open register // of a document
	book []byte
	own  string // of a document: its settings, if they are known
}

// endings returns the deeds that may have ended the thing, directly or with its
// owner.
func (x *thing) endings() []*deed {
	all := slices.Clone(x.ends)
	if x.of != nil {
		all = append(all, x.of.endings()...)
	}
	return all
}

func (x *thing) must(s span) bool    { return must(x.made, x.endings(), s) }
func (x *thing) mustNot(s span) bool { return mustNot(x.made, x.endings(), s) }

// settle notes whether the thing exists while nothing else runs.
func (x *thing) settle(there bool, at int64) {
	x.made.seen(at)
	x.ends = nil
	if !there {
		x.made.fate = undone
	}
}

// A register is a value that is written repeatedly.
type register []write

type write struct {
	*deed
	value string
}

func (r *register) write(d *deed, value string) { *r = append(*r, write{d, value}) }

// may reports whether the value may have been read in a span: it was written, and
// not certainly overwritten.
func (r register) may(value string, s span) bool {
	return slices.ContainsFunc(r, func(w write) bool {
		return w.value == value && w.mayPrecede(s.to) && !slices.ContainsFunc(r, func(over write) bool {
			return over.doneBefore(s.from) && w.fate == done && over.asked > w.answered
		})
	})
}

// has reports whether a deed was to write the value.
func (r register) has(value string) bool {
	return slices.ContainsFunc(r, func(w write) bool { return w.value == value })
}

// settle notes the value while nothing else runs.
func (r *register) settle(value string, at int64) {
	*r = register{{&deed{asked: at, answered: at, fate: done}, value}}
}

// A password is a password of an account, and the deeds that may have replaced it.
type password struct {
	text    string
	set     *deed
	changes []*change
	logins  []*deed
}

// A change of a password does not end the session that requested it.
type change struct {
	*deed
	by *session
	to *password
}

// A session is a session of a client.
type session struct {
	token string
	basis *password // that was used to create it
	made  *deed
	outs  []*deed // logouts
}

// endings returns the deeds that may have ended the session of an account.
func (s *session) endings(a *holder) []*deed {
	return slices.Concat(s.outs, a.ends, s.changed(s.basis))
}

// changed returns the changes of a password that end the session: those of other
// sessions, also after its own.
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

// endings returns the deeds that may have replaced a password.
func (p *password) endings(a *holder) []*deed {
	all := slices.Clone(a.ends)
	for _, c := range p.changes {
		all = append(all, c.deed)
	}
	return all
}

// A needed is a condition of an operation: the operation is done if the condition
// holds, and refused otherwise.
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
