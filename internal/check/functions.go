package check

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/words"
)

// A typing is the kinds of values that a function takes and gives. A list of one
// Unknown is any value, null included.
type typing struct {
	takes [][]TypeKind // the last one stands for all further values
	gives Type         // Unknown if it depends on the values
	each  TypeKind     // of what is computed for each item: Unknown if it may be anything
}

var (
	aText    = []TypeKind{String}
	aNumber  = []TypeKind{Number}
	aList    = []TypeKind{List}
	aTime    = []TypeKind{DateTime}
	anything = []TypeKind{Unknown}
)

// typings returns the typing of each function of the expression language.
func typings() map[string]typing {
	text, number, flag := Type{Kind: String}, Type{Kind: Number}, Type{Kind: Flag}
	takes := func(list ...[]TypeKind) [][]TypeKind { return list }
	texts := Type{Kind: List, Elem: &text}
	return map[string]typing{
		"given":         {takes: takes(anything), gives: flag},
		"len":           {takes: takes([]TypeKind{String, List, Record}), gives: number},
		"upper":         {takes: takes(aText), gives: text},
		"lower":         {takes: takes(aText), gives: text},
		"trim":          {takes: takes(aText), gives: text},
		"trimPrefix":    {takes: takes(aText), gives: text},
		"trimSuffix":    {takes: takes(aText), gives: text},
		"hasPrefix":     {takes: takes(aText), gives: flag},
		"hasSuffix":     {takes: takes(aText), gives: flag},
		"indexOf":       {takes: takes(aText), gives: number},
		"lastIndexOf":   {takes: takes(aText), gives: number},
		"replace":       {takes: takes(aText, aText, aText, aNumber), gives: text},
		"repeat":        {takes: takes(aText, aNumber), gives: text},
		"split":         {takes: takes(aText, aText, aNumber), gives: texts},
		"splitAfter":    {takes: takes(aText, aText, aNumber), gives: texts},
		"join":          {takes: takes(aList, aText), gives: text},
		"string":        {takes: takes(anything), gives: text},
		"toJSON":        {takes: takes(anything), gives: text},
		"fromJSON":      {takes: takes(aText)},
		"toBase64":      {takes: takes(aText), gives: text},
		"fromBase64":    {takes: takes(aText), gives: text},
		"int":           {takes: takes([]TypeKind{String, Number}), gives: number},
		"float":         {takes: takes([]TypeKind{String, Number}), gives: number},
		"abs":           {takes: takes(aNumber), gives: number},
		"ceil":          {takes: takes(aNumber), gives: number},
		"floor":         {takes: takes(aNumber), gives: number},
		"round":         {takes: takes(aNumber), gives: number},
		"min":           {takes: takes(anything)},
		"max":           {takes: takes(anything)},
		"sum":           {takes: takes(aList), gives: number, each: Number},
		"mean":          {takes: takes([]TypeKind{List, Number}), gives: number},
		"median":        {takes: takes([]TypeKind{List, Number}), gives: number},
		"duration":      {takes: takes(aText), gives: number},
		"date":          {takes: takes(aTime, aText), gives: Type{Kind: Date}},
		"weekday":       {takes: takes(aTime, aText), gives: Type{Kind: Enum, Constants: expression.Weekdays()}},
		"startOf":       {takes: takes(aText, aTime, aText), gives: Type{Kind: DateTime}},
		"all":           {takes: takes(aList), gives: flag, each: Flag},
		"any":           {takes: takes(aList), gives: flag, each: Flag},
		"none":          {takes: takes(aList), gives: flag, each: Flag},
		"one":           {takes: takes(aList), gives: flag, each: Flag},
		"count":         {takes: takes(aList), gives: number, each: Flag},
		"filter":        {takes: takes(aList), each: Flag},
		"map":           {takes: takes(aList)},
		"find":          {takes: takes(aList), each: Flag},
		"findIndex":     {takes: takes(aList), gives: number, each: Flag},
		"findLast":      {takes: takes(aList), each: Flag},
		"findLastIndex": {takes: takes(aList), gives: number, each: Flag},
		"reduce":        {takes: takes(aList, anything)},
		"groupBy":       {takes: takes(aList), gives: Type{Kind: Record}, each: String},
		"first":         {takes: takes(aList)},
		"last":          {takes: takes(aList)},
		"get":           {takes: takes([]TypeKind{List, Record}, anything)},
		"take":          {takes: takes(aList, aNumber)},
		"reverse":       {takes: takes(aList)},
		"sort":          {takes: takes(aList, aText)},
		"sortBy":        {takes: takes(aList, aText)},
		"uniq":          {takes: takes(aList)},
		"concat":        {takes: takes(aList)},
		"flatten":       {takes: takes(aList)},
	}
}

// call returns the type of a call of a function of the expression language.
func (r *exprInference) call(s *expression.Shape) Type {
	f, ok := r.inf.c.typings[s.Name]
	if !ok {
		panic("check: no typing for the function " + s.Name)
	}
	var given []Type
	for i, p := range s.Parts {
		if p.Form == expression.PredicateForm {
			given = append(given, r.each(s, f, given))
			continue
		}
		kinds := f.takes[min(i, len(f.takes)-1)]
		if kinds[0] != Unknown {
			r.require(p, r.argument(s, i), kinds...)
		}
		given = append(given, r.typeOf(p))
	}
	list, elem := Type{}, Type{}
	if len(given) > 0 {
		list = given[0]
	}
	if list.Kind == List && list.Elem != nil {
		elem = *list.Elem
	}
	switch s.Name {
	case "given":
		return r.given(s)
	case "min", "max":
		return r.extreme(s)
	case "mean", "median":
		for i, t := range given {
			if t.Kind == List {
				r.itemsAre(s.Parts[i], t, s.Name, Number)
			}
		}
	case "sum", "count":
		if len(given) == 1 {
			r.itemsAre(s.Parts[0], list, s.Name, f.each)
		}
	case "join":
		r.itemsAre(s.Parts[0], list, s.Name, String)
	case "flatten":
		r.itemsAre(s.Parts[0], list, s.Name, List)
		if elem.Kind == List {
			return elem
		}
		return Type{Kind: List, Elem: &Type{}}
	case "map":
		return Type{Kind: List, Elem: &given[1]}
	case "concat":
		for _, t := range given[1:] {
			if joined, ok := Join(list, t, true); ok {
				list = joined
			} else {
				list = Type{Kind: List, Elem: &Type{}}
			}
		}
		return r.listOf(list)
	case "sort":
		r.itemsAre(s.Parts[0], list, s.Name, Number, String, DateTime, Identity)
		r.order(s, 1)
		return r.listOf(list)
	case "sortBy":
		r.order(s, 2)
		return r.listOf(list)
	case "filter", "reverse", "uniq", "take":
		return r.listOf(list)
	case "first", "last", "find", "findLast":
		elem.Null = true
		return elem
	case "get":
		if list.Kind == Record {
			r.require(s.Parts[1], r.argument(s, 1), String)
			return Type{Null: true}
		}
		if list.Kind == List {
			r.require(s.Parts[1], r.argument(s, 1), Number)
		} else {
			r.require(s.Parts[1], r.argument(s, 1), Number, String)
		}
		elem.Null = true
		return elem
	case "reduce":
		if len(given) == 3 {
			if t, ok := Join(given[2], given[1], true); ok {
				return t
			}
			return Type{}
		}
		return given[1]
	case "duration":
		r.literal(s.Parts[0], func(text string) bool { _, err := expression.Seconds(text); return err == nil },
			"is not a duration such as “90s”, “15m” or “24h”")
	case "date", "weekday":
		r.zone(s.Parts[1])
	case "startOf":
		r.literal(s.Parts[0], func(text string) bool { return slices.Contains(expression.Units(), text) },
			"is not a unit of “startOf”: write "+words.Enumerate(expression.Units(), "or"))
		r.zone(s.Parts[2])
	}
	return f.gives
}

// listOf returns a type as that of a list.
func (r *exprInference) listOf(t Type) Type {
	if t.Kind == List && t.Elem != nil {
		return t
	}
	return Type{Kind: List, Elem: &Type{}}
}

// argument names a value that a function is given: "the argument “old” of “replace”".
func (r *exprInference) argument(s *expression.Shape, i int) string {
	names := expression.ArgumentNames(s.Name)
	switch {
	case len(names) == 1:
		return "the argument of “" + s.Name + "”"
	case i < len(names):
		return "the argument “" + names[i] + "” of “" + s.Name + "”"
	}
	return "argument " + strconv.Itoa(i+1) + " of “" + s.Name + "”"
}

// each returns the type of what a function computes for each item of its list.
func (r *exprInference) each(s *expression.Shape, f typing, given []Type) Type {
	of := item{}
	if list := given[0]; list.Kind == List && list.Elem != nil {
		of.elem = *list.Elem
	}
	of.acc = of.elem
	if s.Name == "reduce" && len(s.Parts) == 3 {
		of.acc = r.typeOf(s.Parts[2])
	}
	r.items = append(r.items, of)
	defer func() { r.items = r.items[:len(r.items)-1] }()
	p := s.Parts[1].Parts[0]
	what := "what “" + s.Name + "” computes for each item"
	switch {
	case f.each != Unknown:
		r.require(p, what, f.each)
	case s.Name == "sortBy":
		r.require(p, what, Number, String, DateTime, Identity)
	}
	t := r.typeOf(p)
	if acc := &r.items[len(r.items)-1].acc; s.Name == "reduce" && t.Kind != acc.Kind && t.Kind != Unknown && acc.Kind != Unknown {
		*acc = t // from the second item on
		clear(r.cache)
		return r.typeOf(p)
	}
	return t
}

// itemsAre reports a list whose items are of none of the kinds, or may be null.
func (r *exprInference) itemsAre(s *expression.Shape, list Type, function string, kinds ...TypeKind) {
	if s.Form == expression.ListForm {
		for _, p := range s.Parts {
			r.require(p, "an item of what “"+function+"” takes", kinds...)
		}
		return
	}
	if list.Kind != List || list.Elem == nil {
		return
	}
	elem := *list.Elem
	if !slices.ContainsFunc(kinds, func(k TypeKind) bool { return r.inf.c.has(elem, k) }) {
		r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s),
			Message: "“" + function + "” takes a list of which each item is " + describeKinds(kinds) + ", and this is " + Describe(list)})
		return
	}
	if elem.Null {
		r.inf.report(diag.Diagnostic{Code: diag.MaybeNull, Severity: diag.Warning, Span: r.span(s),
			Message: "an item of this list may be null, and “" + function + "” needs values",
			Notes:   []string{"“filter(…, # != null)” leaves the nulls out"}})
	}
}

// order checks the order of sort and sortBy.
func (r *exprInference) order(s *expression.Shape, i int) {
	if i < len(s.Parts) {
		r.literal(s.Parts[i], func(text string) bool { return text == "asc" || text == "desc" }, "is not an order: write “asc” or “desc”")
	}
}

// zone checks the time zone that a function takes.
func (r *exprInference) zone(s *expression.Shape) {
	r.literal(s, func(text string) bool { _, err := expression.Zone(text); return err == nil },
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
func (r *exprInference) extreme(s *expression.Shape) Type {
	t := Type{}
	parts := slices.Clone(s.Parts)
	for i := 0; i < len(parts); i++ {
		if parts[i].Form == expression.ListForm {
			parts = slices.Replace(parts, i, i+1, parts[i].Parts...)
			t.Null = true
			i--
			continue
		}
		x := r.typeOf(parts[i])
		if x.Kind == List {
			r.itemsAre(parts[i], x, s.Name, Number, String, DateTime, Identity)
			if x.Elem != nil {
				x = *x.Elem
			} else {
				x = Type{}
			}
			x.Null = true
		} else {
			r.requireNonNull(parts[i], x, "“"+s.Name+"”")
		}
		switch x.Kind {
		case Flag, Record, List, Binary:
			r.mismatch(parts[i], "“"+s.Name+"” takes numbers, times or texts, and this is "+Describe(x))
			return Type{}
		}
		joined, ok := Join(t, x, true)
		if !ok {
			r.mismatch(parts[i], "“"+s.Name+"” compares values of one type, and here are "+Describe(t)+" and "+Describe(x))
			return Type{}
		}
		t = joined
	}
	return t
}
