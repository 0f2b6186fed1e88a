package flows

import (
	"math"
	"slices"

	"github.com/legible-lang/legible/internal/expression"
)

// A bound is a condition that holds something against a number: “len(name) > 3”.
// Two of them about the same thing may rule each other out.
type bound struct {
	what string // the left side, with places for its variables
	op   string
	n    float64
}

// boundOf takes a condition as a bound; false when it is none.
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
	what, names, _ := atomText(left)
	return bound{what, op, n}, names, true
}

// A span of numbers: what is left of them when some bounds hold.
type numbers struct {
	from, to         float64
	withFrom, withTo bool
	without          []float64
}

func allNumbers() numbers { return numbers{from: math.Inf(-1), to: math.Inf(1)} }

// keep keeps the numbers for which a bound holds, or does not.
func (r *numbers) keep(b bound, holds bool) {
	op := b.op
	if !holds {
		op = map[string]string{"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!="}[op]
	}
	below := func(with bool) {
		if b.n < r.to || b.n == r.to && r.withTo && !with {
			r.to, r.withTo = b.n, with
		}
	}
	above := func(with bool) {
		if b.n > r.from || b.n == r.from && r.withFrom && !with {
			r.from, r.withFrom = b.n, with
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
		r.without = append(r.without, b.n)
	}
}

func (r *numbers) none() bool {
	return r.from > r.to || r.from == r.to && (!r.withFrom || !r.withTo || slices.Contains(r.without, r.from))
}

// bounded answers a bound from what is known of others about the same thing.
func (w *walk) bounded(m *moment, b bound, args []sym) truth {
	known := allNumbers()
	found := false
	for i := range m.facts {
		f := &m.facts[i]
		other, ok := w.bounds[f.family]
		if ok && other.what == b.what && slices.EqualFunc(f.args, args, m.alike) {
			known.keep(other, f.holds)
			found = true
		}
	}
	if !found {
		return maybe
	}
	so, not := known, known
	so.without, not.without = slices.Clone(known.without), slices.Clone(known.without)
	so.keep(b, true)
	not.keep(b, false)
	switch {
	case so.none() && !not.none():
		return no
	case not.none() && !so.none():
		return yes
	}
	return maybe
}
