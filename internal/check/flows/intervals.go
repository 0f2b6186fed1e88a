package flows

import (
	"math"
	"slices"

	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/value"
)

// A bound is a condition that compares something with a number, such as “len(name)
// > 3”. Bounds on the same thing may contradict or imply each other.
type bound struct {
	what string // the left side, with placeholders for its variables
	op   string
	n    float64
}

// boundOf returns a condition as a bound, and reports whether it is one.
func boundOf(s *expression.Shape) (b bound, names []string, ok bool) {
	if s.Form != expression.BinaryForm {
		return b, nil, false
	}
	left, right, op := s.Parts[0], s.Parts[1], s.Name
	if left.Form == expression.LiteralForm {
		left, right = right, left
		op = map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<="}[op]
		if op == "" {
			op = s.Name
		}
	}
	n, isNumber := right.Literal.Num()
	if right.Form != expression.LiteralForm || !isNumber || !slices.Contains([]string{"<", ">", "<=", ">=", "=="}, op) {
		return b, nil, false
	}
	what, names, _ := conditionKey(left)
	return bound{what, op, n}, names, true
}

// addBelowOne adds the bound that a count does not have if it is not 0.
func (m *model) addBelowOne() {
	n := &expression.Shape{Form: expression.VariableForm, Name: "n"}
	below := &expression.Shape{Form: expression.BinaryForm, Name: "<", Parts: []*expression.Shape{n, {Form: expression.LiteralForm, Literal: value.Number(1)}}}
	countConditions(m, below)
	text, _, _ := conditionKey(below)
	m.belowOne = m.predicate("if " + text)
	m.uses[m.belowOne] += 2
}

// An interval is the set of numbers that satisfy some bounds.
type interval struct {
	from, to         float64
	withFrom, withTo bool
	without          []float64
}

func allNumbers() interval { return interval{from: math.Inf(-1), to: math.Inf(1)} }

// keep removes the numbers for which a bound does not hold, or with holds false
// those for which it does.
func (iv *interval) keep(b bound, holds bool) {
	op := b.op
	if !holds {
		op = map[string]string{"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!="}[op]
	}
	below := func(with bool) {
		if b.n < iv.to || b.n == iv.to && iv.withTo && !with {
			iv.to, iv.withTo = b.n, with
		}
	}
	above := func(with bool) {
		if b.n > iv.from || b.n == iv.from && iv.withFrom && !with {
			iv.from, iv.withFrom = b.n, with
		}
	}
	switch op {
	case "<":
		below(false)
	case "<=":
		below(true)
	case ">":
		above(false)
	case ">=":
		above(true)
	case "==":
		below(true)
		above(true)
	default:
		iv.without = append(iv.without, b.n)
	}
}

func (iv *interval) none() bool {
	return iv.from > iv.to || iv.from == iv.to && (!iv.withFrom || !iv.withTo || slices.Contains(iv.without, iv.from))
}

// bounded tests a bound against the facts about other bounds on the same thing.
func (w *walk) bounded(st *state, b bound, args []sym) truth {
	possible := allNumbers()
	found := false
	for i := range st.facts {
		f := &st.facts[i]
		other, ok := w.bounds[f.predicate]
		if ok && other.what == b.what && slices.EqualFunc(f.args, args, st.equal) {
			possible.keep(other, f.holds)
			found = true
		}
	}
	if !found {
		return unknown
	}
	so, not := possible, possible
	so.without, not.without = slices.Clone(possible.without), slices.Clone(possible.without)
	so.keep(b, true)
	not.keep(b, false)
	switch {
	case so.none() && !not.none():
		return no
	case not.none() && !so.none():
		return yes
	}
	return unknown
}
