package flows

import (
	"encoding/binary"
	"slices"

	"github.com/legible-lang/legible/internal/check"
)

// A moment is a flow at one point of one way that it can go. It holds what can
// still matter, so that ways that no longer differ become one.
type moment struct {
	known
	request sym    // the request that the flow answers; 0 when there is none
	done    []done // completed actions that may still be matched
	stack   []work // what is being done; the last is done first
	// answered is how often, 2 standing for more.
	answered int8
	// started is set when a sync that a request alone starts has matched it.
	started bool
	// looked is set when a credential was held against something.
	looked bool
	// fallback is the first refusal that no sync can match any more.
	fallback *Unhandled
}

// A done is a completed action.
type done struct {
	act     *act
	refusal *check.Refusal // nil when it returned
	cols    []sym
	by      *asking // who asked it; nil for the first
	ask     *wiredAsk
	taken   bool    // a sync that matched it fired
	open    bool    // its syncs are being considered
	chain   []int16 // the circular syncs above it
}

// A work is either an asking, at one of its lines, or a completed action whose
// syncs are being considered, at one of its matches.
type work struct {
	asking *asking
	env    []sym // by Var.Index
	joint  []int // asked so far under "then together"
	chain  []int16

	done    int
	matches []wiredMatch
	refs    []int // what the matches are made of

	at int
}

// A wiredMatch is a way in which a sync's lines are matched: a done for each.
type wiredMatch struct {
	sync *wiredSync
	done []int
}

func (m *moment) copy() *moment {
	c := *m
	c.known = m.known.copy()
	c.done = slices.Clone(m.done)
	c.stack = slices.Clone(m.stack)
	for i := range c.stack {
		c.stack[i].env = slices.Clone(c.stack[i].env)
	}
	return &c
}

func (m *moment) top() *work { return &m.stack[len(m.stack)-1] }

func (m *moment) pop() { m.stack = m.stack[:len(m.stack)-1] }

// settle forgets what can no longer matter, names what is left in the order in
// which it is met, and gives a key: two moments with one key go on alike.
func (m *moment) settle(w *wired) string {
	m.forget()
	n := &naming{old: &m.known, place: make([]sym, len(m.syms)), kept: known{}}
	n.kept.syms, n.kept.same = append(n.kept.syms, m.syms[0]), append(n.kept.same, 0)
	put := func(x int) { n.key = binary.AppendVarint(n.key, int64(x)) }
	flag := func(b bool) {
		if b {
			put(1)
		} else {
			put(0)
		}
	}
	put(int(m.answered))
	flag(m.started)
	flag(m.looked)
	if m.fallback != nil {
		put(int(w.act(m.fallback.Instance, m.fallback.Action).index) + 1)
		put(slices.Index(m.fallback.Action.Refusals, m.fallback.Refusal))
	} else {
		put(0)
	}
	m.request = n.name(m.request)
	put(len(m.stack))
	for i := len(m.stack) - 1; i >= 0; i-- {
		k := &m.stack[i]
		put(k.at)
		chain(&n.key, k.chain)
		if k.asking == nil {
			put(-1)
			put(k.done)
			// The rest follows from the next one and what is done.
			put(len(k.matches) - k.at)
			if k.at < len(k.matches) {
				put(k.matches[k.at].sync.index)
				for _, d := range k.matches[k.at].done {
					put(d)
				}
			}
			continue
		}
		put(k.asking.sync.index)
		put(k.asking.place())
		put(len(k.joint))
		for _, d := range k.joint {
			put(d)
		}
		env := make([]sym, len(k.env))
		for _, v := range k.asking.live[k.at] {
			env[v] = n.name(k.env[v])
			put(int(env[v]))
		}
		k.env = env
	}
	put(len(m.done))
	for i := range m.done {
		d := &m.done[i]
		put(d.act.index)
		put(-1)
		if d.refusal != nil {
			put(slices.Index(d.act.action.Refusals, d.refusal))
		}
		flag(d.taken)
		flag(d.open)
		chain(&n.key, d.chain)
		cols := make([]sym, len(d.cols))
		for j, s := range d.cols {
			cols[j] = n.name(s)
			put(int(cols[j]))
		}
		d.cols = cols
	}
	n.facts(put)
	// What is known of each value, and of pairs.
	for i := range n.kept.syms {
		s := &n.kept.syms[i]
		put(int(s.literal)*4 + int(s.null))
		flag(s.credential)
		flag(s.request)
		put(len(s.not))
		for _, x := range s.not {
			put(int(x))
		}
	}
	m.known = n.kept
	return string(n.key)
}

func chain(key *[]byte, list []int16) {
	*key = binary.AppendVarint(*key, int64(len(list)))
	for _, n := range list {
		*key = binary.AppendVarint(*key, int64(n))
	}
}

// place tells the askings of a sync apart.
func (a *asking) place() int {
	if a.line == nil {
		return 0
	}
	return 1 + slices.IndexFunc(a.sync.where, func(l *wiredLine) bool { return l.orelse == a })
}

// forget drops completed actions that nobody can match any more.
func (m *moment) forget() {
	needed := make([]bool, len(m.done))
	for _, k := range m.stack {
		if k.asking == nil {
			needed[k.done] = true
			for _, d := range k.refs {
				needed[d] = true
			}
		}
		for _, d := range k.joint {
			needed[d] = true
		}
	}
	to := make([]int, len(m.done))
	var kept []done
	for i, d := range m.done {
		if needed[i] || d.open || d.act.joins[truthIndex(d.refusal != nil)] {
			to[i] = len(kept)
			kept = append(kept, d)
		}
	}
	if len(kept) == len(m.done) {
		return
	}
	m.done = kept
	for i := range m.stack {
		k := &m.stack[i]
		if k.asking != nil {
			k.joint = renumbered(k.joint, to)
			continue
		}
		k.done = to[k.done]
		if !slices.ContainsFunc(k.refs, func(d int) bool { return to[d] != d }) {
			continue // as nearly always: what is dropped came later
		}
		k.refs = renumbered(k.refs, to)
		var matches []wiredMatch
		for _, x := range k.matches[min(k.at, len(k.matches)):] {
			matches = append(matches, wiredMatch{x.sync, renumbered(x.done, to)})
		}
		k.matches, k.at = matches, 0
	}
}

func renumbered(list, to []int) []int {
	var out []int
	for _, d := range list {
		out = append(out, to[d])
	}
	return out
}

func truthIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A naming gives the values that are met new places.
type naming struct {
	old   *known
	kept  known
	place []sym
	key   []byte
}

func (n *naming) name(s sym) sym {
	s = n.old.of(s)
	if s != 0 && n.place[s] == 0 {
		n.place[s] = n.kept.fresh(n.old.syms[s])
	}
	return n.place[s]
}

func (n *naming) met(s sym) bool {
	s = n.old.of(s)
	return s == 0 || n.place[s] != 0 || n.old.syms[s].literal != 0
}

// facts keeps what is known of the values that are still there.
func (n *naming) facts(put func(int)) {
	for again := true; again; {
		again = false
		for i, f := range n.old.facts {
			if f.family < 0 || slices.ContainsFunc(f.args, func(s sym) bool { return !n.met(s) }) {
				continue
			}
			kept := fact{family: f.family, holds: f.holds}
			for _, s := range f.args {
				kept.args = append(kept.args, n.name(s))
			}
			for _, s := range f.outs {
				kept.outs = append(kept.outs, n.name(s))
			}
			n.kept.facts = append(n.kept.facts, kept)
			n.old.facts[i].family = -1
			again = true
		}
	}
	slices.SortFunc(n.kept.facts, func(a, b fact) int {
		if a.family != b.family {
			return int(a.family - b.family)
		}
		return slices.Compare(a.args, b.args)
	})
	put(len(n.kept.facts))
	for _, f := range n.kept.facts {
		put(int(f.family)*2 + truthIndex(f.holds))
		for _, s := range slices.Concat(f.args, f.outs) {
			put(int(s))
		}
		put(len(f.outs))
	}
	for _, d := range n.old.differ {
		if n.met(d[0]) && n.met(d[1]) {
			a, b := n.name(d[0]), n.name(d[1])
			n.kept.differ = append(n.kept.differ, [2]sym{min(a, b), max(a, b)})
		}
	}
	slices.SortFunc(n.kept.differ, func(a, b [2]sym) int { return slices.Compare(a[:], b[:]) })
	n.kept.differ = slices.Compact(n.kept.differ)
	for _, d := range n.kept.differ {
		put(int(d[0]))
		put(int(d[1]))
	}
}
