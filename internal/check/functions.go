package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/words"
)

// call returns the type of a call of a function of the expression language.
func (r *exprInference) call(s *expression.Shape) Type {
	list := Type{}
	var given []Type
	for i, p := range s.Parts {
		if p.Form == expression.PredicateForm {
			elem := Type{}
			if list.Kind == List && list.Elem != nil {
				elem = *list.Elem
			}
			r.elements = append(r.elements, elem)
			given = append(given, r.typeOf(p.Parts[0]))
			r.elements = r.elements[:len(r.elements)-1]
			continue
		}
		t := r.typeOf(p)
		given = append(given, t)
		if i == 0 {
			list = t
		}
	}
	arg := func(i int) Type {
		if i < len(given) {
			return given[i]
		}
		return Type{}
	}
	if len(s.Parts) > 0 && expression.NeedsValue(s.Name) {
		r.requireNonNull(s.Parts[0], list, "“"+s.Name+"”")
	}
	elem := Type{}
	if list.Kind == List && list.Elem != nil {
		elem = *list.Elem
	}
	elem.Null = true
	switch s.Name {
	case "given":
		r.mismatch(s, "“given” is not implemented yet: compare with null, as in “"+s.Parts[0].Name+" != null”")
		return Type{Kind: Flag}
	case "len", "count", "findIndex", "findLastIndex", "indexOf", "lastIndexOf":
		if s.Name == "len" && (list.Kind == Number || list.Kind == Flag) {
			r.mismatch(s.Parts[0], Describe(list)+" has no length")
		}
		return Type{Kind: Number}
	case "all", "none", "any", "one", "hasPrefix", "hasSuffix":
		return Type{Kind: Flag}
	case "abs", "ceil", "floor", "round":
		r.require(s.Parts[0], Type{Kind: Number}, "the argument of “"+s.Name+"”")
		return Type{Kind: Number}
	case "int", "float", "sum", "mean", "median":
		return Type{Kind: Number}
	case "min", "max":
		return r.extreme(s, given)
	case "trim", "trimPrefix", "trimSuffix", "upper", "lower", "replace", "repeat":
		r.require(s.Parts[0], Type{Kind: String}, "the argument of “"+s.Name+"”")
		return Type{Kind: String}
	case "string", "join", "toJSON", "toBase64", "fromBase64":
		return Type{Kind: String}
	case "split", "splitAfter":
		return Type{Kind: List, Elem: &Type{Kind: String}}
	case "map":
		t := arg(1)
		return Type{Kind: List, Elem: &t}
	case "filter", "sort", "sortBy", "reverse", "uniq", "take", "concat":
		if list.Kind == List {
			return list
		}
		return Type{Kind: List, Elem: &Type{}}
	case "first", "last", "find", "findLast":
		return elem
	case "duration":
		r.require(s.Parts[0], Type{Kind: String}, "what “duration” takes")
		r.literal(s.Parts[0], func(text string) bool { _, err := expression.Seconds(text); return err == nil },
			"is not a duration such as “90s”, “15m” or “24h”")
		return Type{Kind: Number}
	case "date", "weekday":
		r.inZone(s, 0)
		if s.Name == "date" {
			return Type{Kind: Date}
		}
		return Type{Kind: Enum, Constants: expression.Weekdays()}
	case "startOf":
		r.require(s.Parts[0], Type{Kind: String}, "the unit of “startOf”")
		r.literal(s.Parts[0], func(text string) bool { return slices.Contains(expression.Units(), text) },
			"is not a unit of “startOf”: write "+words.Enumerate(expression.Units(), "or"))
		r.inZone(s, 1)
		return Type{Kind: DateTime}
	}
	return Type{}
}

// inZone checks the time and the zone that a function takes, from the i-th value on.
func (r *exprInference) inZone(s *expression.Shape, i int) {
	r.require(s.Parts[i], Type{Kind: DateTime}, "what “"+s.Name+"” takes")
	r.requireNonNull(s.Parts[i], r.typeOf(s.Parts[i]), "“"+s.Name+"”")
	r.require(s.Parts[i+1], Type{Kind: String}, "the zone of “"+s.Name+"”")
	r.requireNonNull(s.Parts[i+1], r.typeOf(s.Parts[i+1]), "“"+s.Name+"”")
	r.literal(s.Parts[i+1], func(text string) bool { _, err := expression.Zone(text); return err == nil },
		"is not a time zone such as “UTC” or “Europe/Berlin”")
}

// literal reports a literal text that is not valid.
func (r *exprInference) literal(s *expression.Shape, valid func(string) bool, problem string) {
	if text, ok := s.Literal.Text(); ok && s.Form == expression.LiteralForm && !valid(text) {
		r.mismatch(s, "“"+text+"” "+problem)
	}
}

// extreme returns the type of min or max: that of the numbers, times or texts that it
// compares. Of a list the result may be null.
func (r *exprInference) extreme(s *expression.Shape, given []Type) Type {
	t := Type{}
	for i, x := range given {
		if x.Kind == List {
			x = Type{Null: true}
			if given[i].Elem != nil {
				x = *given[i].Elem
				x.Null = true
			}
		} else {
			r.requireNonNull(s.Parts[i], x, "“"+s.Name+"”")
		}
		switch x.Kind {
		case Flag, Record, List, Binary:
			r.mismatch(s.Parts[i], "“"+s.Name+"” takes numbers, times or texts, and this is "+Describe(x))
			return Type{}
		}
		joined, ok := Join(t, x, true)
		if !ok {
			r.mismatch(s.Parts[i], "“"+s.Name+"” compares values of one type, and here are "+Describe(t)+" and "+Describe(x))
			return Type{}
		}
		t = joined
	}
	return t
}
