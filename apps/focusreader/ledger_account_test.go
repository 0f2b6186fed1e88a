//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
)

// The kinds of objects of an account.
const (
	documents = iota
	notes
	tags
	focuses
	kinds
)

var kindNames = [kinds]string{"document", "note", "tag", "focus session"}

// A holder is what the ledger knows about one account, from before its creation is
// requested until after its deletion.
type holder struct {
	mu    sync.Mutex
	name  string
	thing // made, ends; text is unused; size is that of the defaults

	user, library string
	passwords     []*password // newest last
	sessions      []*session
	dead          []*session // the latest that have ended
	lost          []*session // logins without an answer
	things        [kinds][]*thing
	opens         []open
	focused       int  // focus sessions that certainly existed
	unsettled     bool // whether a change of the password or a deletion may have been done
}

// An open is an opened document, which starts a focus session.
type open struct {
	*deed
	document *thing
}

// current returns the password that was set last and may be right.
func (a *holder) current() *password {
	for _, p := range slices.Backward(a.passwords) {
		if p.set.fate != undone {
			return p
		}
	}
	return a.passwords[0]
}

// possible returns the deletions that were not refused.
func (a *holder) possible() []*deed {
	return slices.DeleteFunc(slices.Clone(a.ends), func(d *deed) bool { return d.fate == undone })
}

// deleted reports whether the account is certainly gone.
func (a *holder) deleted() bool {
	return certain(a.ends)
}

// certain reports whether one of the deeds was done.
func certain(deeds []*deed) bool {
	return slices.ContainsFunc(deeds, func(d *deed) bool { return d.fate == done })
}

// alive returns the sessions that have not certainly ended.
func (a *holder) alive() []*session {
	return slices.DeleteFunc(slices.Clone(a.sessions), func(s *session) bool { return certain(s.endings(a)) })
}

// session picks a session, mostly one that may be alive; nil if there is none.
func (a *holder) session(rng *rand.Rand) *session {
	some := a.alive()
	if rng.IntN(20) == 0 {
		some = a.sessions
	}
	if len(some) == 0 {
		return nil
	}
	return some[rng.IntN(len(some))]
}

// pick picks a thing of a kind that may exist and whose id is known.
func (a *holder) pick(rng *rand.Rand, kind int) *thing {
	var some []*thing
	for _, x := range a.things[kind] {
		if x.id != "" && x.made.fate == done && !certain(x.endings()) {
			some = append(some, x)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[rng.IntN(len(some))]
}

// A row is a thing as it was read.
type row struct{ id, text string }

// hold compares the things that were read in a span with the known things of a kind,
// or of one document if it is given. It reports the differences. In a quiet span
// nothing else ran, so that unknown outcomes become known.
func (a *holder) hold(kind int, rows []row, of *thing, s span, quiet bool) (wrong []string) {
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("%s: ", a.name)+fmt.Sprintf(format, args...))
	}
	found := map[*thing]row{}
	for _, r := range rows {
		x := a.find(kind, r)
		switch {
		case x == nil && kind == focuses: // opening a document created it
			x = &thing{id: r.id, made: &deed{fate: done, answered: s.to}, of: &a.thing}
			a.things[focuses] = append(a.things[focuses], x)
		case x == nil:
			say("there is a %s %s %q that nobody made, or that is gone", kindNames[kind], r.id, r.text)
			continue
		case found[x] != row{}:
			say("the %s %q is there twice: %s, %s", kindNames[kind], r.text, r.id, x.id)
		case x.mustNot(s):
			say("the %s %s %q is there, and it was refused or removed: made %+v, ended %+v", kindNames[kind], r.id, r.text, x.made, deeds(x.endings()))
		}
		if x.id == "" {
			x.id = r.id
		}
		found[x] = r
		x.made.seen(s.to)
		if kind != focuses && !x.text.may(r.text, s) {
			say("the %s %s is %q, and was written as %v", kindNames[kind], r.id, r.text, x.text)
		}
	}
	for _, x := range a.things[kind] {
		if of != nil && x.of != of {
			continue
		}
		r, there := found[x]
		if !there && x.must(s) {
			say("the %s %s %v is gone: made %+v, ended %+v", kindNames[kind], x.id, x.text, x.made, deeds(x.endings()))
		}
		if quiet {
			x.settle(there, s.to)
			if there && kind != focuses {
				x.text.settle(r.text, s.to)
			}
		}
	}
	if quiet {
		a.things[kind] = slices.DeleteFunc(a.things[kind], func(x *thing) bool { return x.made.fate == undone })
	}
	return wrong
}

// find returns the thing that was read, by its id or its text.
func (a *holder) find(kind int, r row) *thing {
	for _, x := range a.things[kind] {
		if x.id == r.id {
			return x
		}
	}
	for _, x := range a.things[kind] {
		if x.id == "" && x.text.has(r.text) {
			return x
		}
	}
	return nil
}

// deeds returns the values of deeds.
func deeds(list []*deed) (all []deed) {
	for _, d := range list {
		all = append(all, *d)
	}
	return all
}
