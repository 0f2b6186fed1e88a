package flows

import (
	"slices"

	"github.com/legible-lang/legible/value"
)

// A truth is what can be said of something: nothing, yes or no.
type truth int8

const (
	maybe truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

// A sym stands for one value on one way through a flow. 0 is no value at all.
type sym int32

// A symbol is what is known of a value.
type symbol struct {
	literal int32   // its place among the walk's literals; 0 when it is not known
	not     []int32 // literals that it is not, in order
	null    truth
	// request is set for what came with the request, credential for what says
	// who is asking, or was made of that.
	request, credential bool
	label               string // for people; two values that differ in it alone are alike
}

// A fact is what a line of where gave: the same question gets the same answer
// until an action of the concept that was asked has returned.
type fact struct {
	family int32 // the question, without its values
	args   []sym
	holds  bool
	outs   []sym // the row, where there is one at most
}

// known is everything that is known of the values on one way through a flow.
type known struct {
	syms   []symbol
	facts  []fact
	differ [][2]sym
	same   []sym // syms[i] is the same as same[i], where that is another
}

func (k *known) copy() known {
	c := known{syms: slices.Clone(k.syms), differ: slices.Clone(k.differ), same: slices.Clone(k.same)}
	c.facts = slices.Clone(k.facts) // a fact never changes
	return c
}

func (k *known) fresh(s symbol) sym {
	k.syms = append(k.syms, s)
	k.same = append(k.same, sym(len(k.syms)-1))
	return sym(len(k.syms) - 1)
}

// of gives the value that stands for all that are the same.
func (k *known) of(s sym) sym {
	for k.same[s] != s {
		s = k.same[s]
	}
	return s
}

func (k *known) at(s sym) *symbol { return &k.syms[k.of(s)] }

// A cond is something that may be asked of values: whether a is the literal, or
// the same as b, or null.
type cond struct {
	a, b    sym
	literal int32 // with b 0: a is this literal, or null when it is 0
	want    bool
}

// test says whether a condition holds.
func (k *known) test(c cond) truth {
	t := k.plain(c)
	if !c.want {
		t = t.not()
	}
	return t
}

func (k *known) plain(c cond) truth {
	a := k.at(c.a)
	if c.b == 0 && c.literal == 0 {
		return a.null
	}
	if c.b == 0 {
		switch {
		case a.null == yes, slices.Contains(a.not, c.literal):
			return no
		case a.literal != 0:
			return truthOf(a.literal == c.literal)
		}
		return maybe
	}
	x, y := k.of(c.a), k.of(c.b)
	if x == y {
		return yes
	}
	b := &k.syms[y]
	switch {
	case a.literal != 0:
		return k.plain(cond{a: y, literal: a.literal})
	case b.literal != 0:
		return k.plain(cond{a: x, literal: b.literal})
	case a.null == yes:
		return b.null
	case b.null == yes:
		return a.null
	}
	for _, d := range k.differ {
		if p, q := k.of(d[0]), k.of(d[1]); p == x && q == y || p == y && q == x {
			return no
		}
	}
	return maybe
}

// assume notes that a condition holds. It must not be known to fail.
func (k *known) assume(c cond) {
	a := k.at(c.a)
	switch {
	case c.b == 0 && c.literal == 0:
		a.null = truthOf(c.want)
	case c.b == 0 && c.want:
		a.literal, a.null, a.not = c.literal, no, nil
	case c.b == 0:
		if !slices.Contains(a.not, c.literal) {
			a.not = append(slices.Clone(a.not), c.literal)
			slices.Sort(a.not)
		}
	case c.want:
		x, y := k.of(c.a), k.of(c.b)
		if x == y {
			return
		}
		if x > y {
			x, y = y, x
		}
		from, to := k.syms[y], &k.syms[x]
		k.same[y] = x
		if to.literal == 0 {
			to.literal = from.literal
		}
		if to.null == maybe {
			to.null = from.null
		}
		to.not = slices.Compact(slices.Sorted(slices.Values(slices.Concat(to.not, from.not))))
		to.credential = to.credential || from.credential
		to.request = to.request || from.request
	default:
		k.differ = append(k.differ, [2]sym{k.of(c.a), k.of(c.b)})
	}
}

// fact finds what is known of a question.
func (k *known) fact(family int32, args []sym) *fact {
	for i := range k.facts {
		f := &k.facts[i]
		if f.family == family && slices.EqualFunc(f.args, args, k.alike) {
			return f
		}
	}
	return nil
}

// alike tells whether two values are known to be the same.
func (k *known) alike(a, b sym) bool {
	x, y := k.of(a), k.of(b)
	return x == y || k.syms[x].literal != 0 && k.syms[x].literal == k.syms[y].literal
}

// literals gives each literal of a program a number, from 1. Those of a walk
// come after those of its program, which several walks read at once.
type literals struct {
	program *literals // nil for the program's own
	places  map[string]int32
	values  []value.Value
}

// place is the number of a literal; 0 is null.
func (l *literals) place(v value.Value) int32 {
	if v.IsNull() {
		return 0
	}
	var room [64]byte
	key := value.AppendKey(room[:0], v)
	before := 0
	if l.program != nil {
		if n := l.program.places[string(key)]; n != 0 {
			return n
		}
		before = len(l.program.values)
	}
	if n := l.places[string(key)]; n != 0 {
		return n
	}
	if l.places == nil {
		l.places = map[string]int32{}
	}
	l.values = append(l.values, v)
	n := int32(before + len(l.values))
	l.places[string(key)] = n
	return n
}

func (l *literals) at(place int32) value.Value {
	if l.program == nil {
		return l.values[place-1]
	}
	if n := len(l.program.values); int(place) > n {
		return l.values[int(place)-n-1]
	}
	return l.program.at(place)
}
