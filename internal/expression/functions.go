package expression

import (
	"slices"
	"strings"
)

// A Function is a function of the expression language.
type Function struct {
	Name       string
	Signature  string // its values and its result, for people
	Doc        string
	Min, Max   int  // how many values it takes; 0 in Max is no limit
	NeedsValue bool // it fails if its first value is null
}

// functions are the functions of the language; no other function of the library can
// be called. docs/reference/functions.md lists them.
var functions = []Function{
	{"given", "given(variable) : Flag", "whether the input that binds a variable with “?” was not absent; null counts if it is declared `or null`", 1, 1, false},

	{"len", "len(text or list or record) : Number", "the number of characters, items or fields", 1, 1, true},
	{"upper", "upper(text) : String", "the text in upper case", 1, 1, true},
	{"lower", "lower(text) : String", "the text in lower case", 1, 1, true},
	{"trim", "trim(text, characters?) : String", "the text without the spaces, or the characters, at its beginning and end", 1, 2, true},
	{"trimPrefix", "trimPrefix(text, prefix) : String", "the text without the prefix", 1, 2, true},
	{"trimSuffix", "trimSuffix(text, suffix) : String", "the text without the suffix", 1, 2, true},
	{"hasPrefix", "hasPrefix(text, prefix) : Flag", "whether the text begins so", 2, 2, true},
	{"hasSuffix", "hasSuffix(text, suffix) : Flag", "whether the text ends so", 2, 2, true},
	{"indexOf", "indexOf(text, part) : Number", "the place of the first such part, or -1", 2, 2, true},
	{"lastIndexOf", "lastIndexOf(text, part) : Number", "the place of the last such part, or -1", 2, 2, true},
	{"replace", "replace(text, old, new, limit?) : String", "the text with each old part, or the first ones, replaced", 3, 4, true},
	{"repeat", "repeat(text, n) : String", "the text n times", 2, 2, true},
	{"split", "split(text, separator, limit?) : list of String", "the parts between the separators", 2, 3, true},
	{"splitAfter", "splitAfter(text, separator, limit?) : list of String", "the parts, each with its separator", 2, 3, true},
	{"join", "join(list, separator?) : String", "the texts of the list with the separator between them", 1, 2, true},
	{"string", "string(value) : String", "the value as a text", 1, 1, false},
	{"toJSON", "toJSON(value) : String", "the value as JSON", 1, 1, false},
	{"fromJSON", "fromJSON(text) : value", "the value that a JSON text holds", 1, 1, false},
	{"toBase64", "toBase64(text) : String", "the text in base64", 1, 1, false},
	{"fromBase64", "fromBase64(text) : String", "the text that a base64 text holds", 1, 1, false},

	{"int", "int(text or number) : Number", "the whole number that a text holds, or a number without its fraction", 1, 1, true},
	{"float", "float(text or number) : Number", "the number that a text holds", 1, 1, true},
	{"abs", "abs(number) : Number", "the number without its sign", 1, 1, true},
	{"ceil", "ceil(number) : Number", "the next whole number that is not less", 1, 1, true},
	{"floor", "floor(number) : Number", "the next whole number that is not more", 1, 1, true},
	{"round", "round(number) : Number", "the nearest whole number", 1, 1, true},
	{"min", "min(a, b, …) or min(list)", "the least of numbers or of times; null for an empty list", 1, 0, false},
	{"max", "max(a, b, …) or max(list)", "the greatest of numbers or of times; null for an empty list", 1, 0, false},
	{"sum", "sum(list, each?) : Number", "the sum of the items, or of what is computed for each", 1, 2, true},
	{"mean", "mean(list) : Number", "the arithmetic mean of numbers", 1, 0, true},
	{"median", "median(list) : Number", "the median of numbers", 1, 0, true},

	{"duration", "duration(text) : Number", "the seconds of a duration such as \"90s\", \"15m\", \"24h\" or \"1h30m\"", 1, 1, true},
	{"date", "date(time, zone) : Date", "the calendar date of a time in a zone, as in date(now, \"Europe/Berlin\")", 2, 2, true},
	{"weekday", "weekday(time, zone) : String", "the day of the week in a zone, from \"Monday\" to \"Sunday\"", 2, 2, true},
	{"startOf", "startOf(unit, time, zone) : DateTime", "when the \"hour\", \"day\", \"week\", \"month\" or \"year\" of a time begins in a zone; a week begins on Monday", 3, 3, true},

	{"all", "all(list, condition) : Flag", "whether the condition is true for all items", 2, 2, true},
	{"any", "any(list, condition) : Flag", "whether it is true for an item", 2, 2, true},
	{"none", "none(list, condition) : Flag", "whether it is true for no item", 2, 2, true},
	{"one", "one(list, condition) : Flag", "whether it is true for exactly one item", 2, 2, true},
	{"count", "count(list, condition?) : Number", "the number of items for which the condition, or the item, is true", 1, 2, true},
	{"filter", "filter(list, condition) : list", "the items for which the condition is true", 2, 2, true},
	{"map", "map(list, each) : list", "what is computed for each item", 2, 2, true},
	{"find", "find(list, condition) : item", "the first item for which the condition is true, or null", 2, 2, true},
	{"findIndex", "findIndex(list, condition) : Number", "its place, or -1", 2, 2, true},
	{"findLast", "findLast(list, condition) : item", "the last item for which the condition is true, or null", 2, 2, true},
	{"findLastIndex", "findLastIndex(list, condition) : Number", "its place, or -1", 2, 2, true},
	{"reduce", "reduce(list, each, initial?) : value", "what is computed from #acc, the result so far, and each item", 2, 3, false},
	{"groupBy", "groupBy(list, each) : record", "the lists of the items for which the same text is computed", 2, 2, true},
	{"first", "first(list) : item", "the first item, or null", 1, 1, false},
	{"last", "last(list) : item", "the last item, or null", 1, 1, false},
	{"get", "get(list or record, place) : value", "an item or a field, or null", 2, 2, false},
	{"take", "take(list, n) : list", "the first n items", 2, 2, false},
	{"reverse", "reverse(list) : list", "the items in reverse order", 1, 1, true},
	{"sort", "sort(list, order?) : list", "the items in order; the order is \"asc\" or \"desc\"", 1, 2, true},
	{"sortBy", "sortBy(list, each, order?) : list", "the items in the order of what is computed for each", 2, 3, true},
	{"uniq", "uniq(list) : list", "each item once", 1, 1, true},
	{"concat", "concat(list, list, …) : list", "the items of all lists", 1, 0, false},
	{"flatten", "flatten(list) : list", "the items of the lists in a list", 1, 1, false},
}

// Functions returns the functions of the language.
func Functions() []Function { return slices.Clone(functions) }

func function(name string) (Function, bool) {
	for _, f := range functions {
		if f.Name == name {
			return f, true
		}
	}
	return Function{}, false
}

// NeedsValue reports whether a function fails if its first value is null.
func NeedsValue(name string) bool {
	f, _ := function(name)
	return f.NeedsValue
}

// ArgumentNames returns the names of the values that a function takes, for messages.
func ArgumentNames(name string) []string {
	f, _ := function(name)
	_, list, _ := strings.Cut(f.Signature, "(")
	list, _, _ = strings.Cut(list, ")")
	names := strings.Split(list, ", ")
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], "?")
	}
	return names
}
