package check

import "github.com/legible-lang/legible/internal/expression"

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
	if len(s.Parts) > 0 && needsValue(s.Name) {
		r.requireNonNull(s.Parts[0], list, "“"+s.Name+"”")
	}
	elem := Type{}
	if list.Kind == List && list.Elem != nil {
		elem = *list.Elem
	}
	elem.Null = true
	switch s.Name {
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
		if list.Kind == List {
			return elem
		}
		if list.Kind == Number {
			return Type{Kind: Number}
		}
		return Type{}
	case "trim", "trimPrefix", "trimSuffix", "upper", "lower", "replace", "repeat":
		r.require(s.Parts[0], Type{Kind: String}, "the argument of “"+s.Name+"”")
		return Type{Kind: String}
	case "string", "join", "toJSON", "toBase64", "fromBase64", "type":
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
	case "date":
		return Type{Kind: DateTime}
	}
	return Type{}
}
