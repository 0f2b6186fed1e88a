package flows

import "slices"

// A truth is a value of three-valued logic.
type truth int8

const (
	unknown truth = iota
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
	return unknown
}

// A sym is a symbolic value: the number of a value that a path computes. 0 is the
// value that is always null.
type sym int32

// An abstractValue holds the constraints on one symbolic value.
type abstractValue struct {
	literal  int32   // the number of the literal that it equals, 0 if that is not known
	excluded []int32 // the literals that it does not equal, sorted
	null     truth
	// fromRequest marks a value that came with the request, credential one that
	// identifies the caller or is computed from such a value.
	fromRequest, credential bool
	// origins says who decided on the value; ifAny are the origins that are related to
	// the caller if the value is not empty. A value that is folded was made of many
	// frames.
	origins, ifAny origins
	folded         bool
	label          string // names the value in findings; it does not distinguish states
}

// A fact is an atom whose truth is known. It stays true until an action of an
// instance that the predicate reads has returned.
type fact struct {
	predicate int32 // without its arguments
	args      []sym
	holds     bool
	outputs   []sym // of the row, if there is at most one
}

// constraints are the path constraints: everything that is known about the values
// of one path. Equal values form a union-find structure.
type constraints struct {
	values   []abstractValue
	facts    []fact
	distinct [][2]sym
	parent   []sym // parent[i] is i, or a smaller value that equals i
	relation relation
}

func (cs *constraints) clone() constraints {
	c := constraints{values: slices.Clone(cs.values), distinct: slices.Clone(cs.distinct), parent: slices.Clone(cs.parent), relation: cs.relation}
	c.facts = slices.Clone(cs.facts) // a fact is immutable
	return c
}

func (cs *constraints) fresh(s abstractValue) sym {
	cs.values = append(cs.values, s)
	cs.parent = append(cs.parent, sym(len(cs.values)-1))
	return sym(len(cs.values) - 1)
}

// find returns the representative of the values that equal s.
func (cs *constraints) find(s sym) sym {
	for cs.parent[s] != s {
		s = cs.parent[s]
	}
	return s
}

func (cs *constraints) value(s sym) *abstractValue { return &cs.values[cs.find(s)] }

// equal reports whether two values are known to be equal.
func (cs *constraints) equal(a, b sym) bool {
	x, y := cs.find(a), cs.find(b)
	return x == y || cs.values[x].literal != 0 && cs.values[x].literal == cs.values[y].literal
}

// A condition compares a value with another value, with a literal or with null, for
// equality (want) or inequality.
type condition struct {
	a, b    sym
	literal int32 // used if b is 0; 0 is null
	want    bool
}

// equality returns the condition that two values are equal.
func (cs *constraints) equality(a, b sym) condition {
	switch {
	case cs.find(b) == 0:
		return condition{a: a, want: true}
	case cs.find(a) == 0:
		return condition{a: b, want: true}
	}
	if n := cs.value(b).literal; n != 0 {
		return condition{a: a, literal: n, want: true}
	}
	if n := cs.value(a).literal; n != 0 {
		return condition{a: b, literal: n, want: true}
	}
	return condition{a: a, b: b, want: true}
}

// test reports whether the constraints imply a condition.
func (cs *constraints) test(c condition) truth {
	t := cs.testEquality(c)
	if !c.want {
		t = t.not()
	}
	return t
}

func (cs *constraints) testEquality(c condition) truth {
	a := cs.value(c.a)
	if c.b == 0 && c.literal == 0 {
		return a.null
	}
	if c.b == 0 {
		switch {
		case a.null == yes, slices.Contains(a.excluded, c.literal):
			return no
		case a.literal != 0:
			return truthOf(a.literal == c.literal)
		}
		return unknown
	}
	x, y := cs.find(c.a), cs.find(c.b)
	if x == y {
		return yes
	}
	b := &cs.values[y]
	switch {
	case a.literal != 0:
		return cs.testEquality(condition{a: y, literal: a.literal})
	case b.literal != 0:
		return cs.testEquality(condition{a: x, literal: b.literal})
	case a.null == yes:
		return b.null
	case b.null == yes:
		return a.null
	}
	for _, d := range cs.distinct {
		if p, q := cs.find(d[0]), cs.find(d[1]); p == x && q == y || p == y && q == x {
			return no
		}
	}
	return unknown
}

// assume adds a condition to the constraints. The condition must not contradict
// them.
func (cs *constraints) assume(c condition) {
	a := cs.value(c.a)
	switch {
	case c.b == 0 && c.literal == 0:
		a.null = truthOf(c.want)
	case c.b == 0 && c.want:
		a.literal, a.null, a.excluded = c.literal, no, nil
	case c.b == 0:
		if !slices.Contains(a.excluded, c.literal) {
			a.excluded = append(slices.Clone(a.excluded), c.literal)
			slices.Sort(a.excluded)
		}
	case c.want:
		x, y := cs.find(c.a), cs.find(c.b)
		if x == y {
			return
		}
		if x > y {
			x, y = y, x
		}
		from, to := cs.values[y], &cs.values[x]
		cs.parent[y] = x
		if to.literal == 0 {
			to.literal = from.literal
		}
		if to.null == unknown {
			to.null = from.null
		}
		to.excluded = slices.Compact(slices.Sorted(slices.Values(slices.Concat(to.excluded, from.excluded))))
		to.credential = to.credential || from.credential
		to.fromRequest = to.fromRequest || from.fromRequest
		if to.origins != 0 && from.origins != 0 {
			cs.relation.connect(to.origins | from.origins)
		}
		to.origins |= from.origins
		to.ifAny |= from.ifAny
		to.folded = to.folded || from.folded
	default:
		cs.distinct = append(cs.distinct, [2]sym{cs.find(c.a), cs.find(c.b)})
	}
}

// lookup returns the fact about a predicate and its arguments, nil if there is
// none.
func (cs *constraints) lookup(predicate int32, args []sym) *fact {
	for i := range cs.facts {
		f := &cs.facts[i]
		if f.predicate == predicate && slices.EqualFunc(f.args, args, cs.equal) {
			return f
		}
	}
	return nil
}
