package expression

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// A saying is how a complaint of the library is put into words. $1 and the like
// stand for the groups of its pattern, and %1 for one that is a kind of value,
// as the language calls it. K in a pattern is such a group.
type saying struct{ pattern, words string }

// goKind matches the library's name for a kind of value.
const goKind = `(\*?(?:\[\]|map\[[^\]]+\])*(?:interface ?\{\}|any|[a-zA-Z0-9.]+|%!s\(<nil>\)|<nil>|func\(.*\).*))`

var sayings = []saying{
	{`^invalid operation: (\S+) \(mismatched types K and K\)`, "“$1” cannot be used between %2 and %3"},
	{`^invalid operation: (\S+) \(mismatched type K\)`, "“$1” cannot be used before %2"},
	{`^invalid operation: (?:float64 % (?:int|float64)|int % float64)$`, "“%” needs whole numbers below 2 ** 53"},
	{`^invalid operation: K (<=|>=|<|>|\+|-|\*|/|%|\*\*|\^) K`, "“$2” cannot be used between %1 and %3"},
	{`^invalid operation: (int|float)\((?:bool|time\.Time|\[\].*|map\[.*|<nil>|\*?value\.Blob|%!.*)?\)`, "“$1” converts only a text or a number"},
	{`^invalid operation: (int|float)\(`, "the text is not a number that “$1” can read"},
	{`^invalid operation: int64\(K\)`, "a number is expected here, but this is %1"},
	{`^invalid operation: - K`, "“-” cannot be used before %1"},
	{`^invalid operation: bool\(K\)`, "a condition must be true or false, but this is %1"},
	{`^invalid operation: negative shift count`, "the number of places of a bit shift must not be negative"},
	{`^builtin (\w+) takes only array \(got K\)`, "“$1” takes a list, but this is %2"},
	{`^cannot use K as argument \(type \[\]\w+\) to call (\w+)`, "“$2” takes a list, but this is %1"},
	{`^cannot use func\(.*\) as argument \(type func\(.*\) \w+\) to call (\w+)`, "the expression in “$1” has another kind of result"},
	{`^cannot use K as argument \(type K\) to call (\w+)`, "“$3” takes %2 here, but this is %1"},
	{`^cannot use K as argument \(type K\)`, "%2 is expected here, but this is %1"},
	{`^cannot use K as type K in (?:array|map key)`, "%1 is never in %2"},
	{`^cannot use K to get an element from K`, "%2 has no items that %1 can select"},
	{`^cannot use K as field name of K`, "%2 has no fields that %1 can select"},
	{`^cannot (concat|flatten|reverse|uniq) K`, "“$1” takes lists, but this is %2"},
	{`^cannot get (first|last) element from K`, "“$1” takes a list, but this is %2"},
	{`^cannot take K elements`, "“take” takes a list and a number, but the number is %1"},
	{`^cannot take from K`, "“take” takes a list and a number, but the list is %1"},
	{`^cannot slice K$`, "only a list or a text can be sliced, but this is %1"},
	{`^cannot slice`, "only a list or a text can be sliced, between two whole numbers"},
	{`^cannot fetch (.*) from K`, "%2 has no field or item “$1”"},
	{`^cannot get (.+) from K`, "%2 has no field or item “$1”"},
	{`^array elements can only be selected using an integer \(got K\)`, "a whole number selects an item of a list, but this is %1"},
	{`^non-integer slice index K`, "an index of a list or a text is a whole number, but this is %1"},
	{`^non-bool expression \(type K\) used as condition`, "a condition must be true or false, but this is %1"},
	{`^predicate should return boolean \(got K\)`, "the condition for each item must be true or false, but this is %1"},
	{`^predicate should has`, "the expression for each item is missing here"},
	{`^invalid argument for (?:repeat \(expected positive).*`, "“repeat” takes a text and a number that is not negative"},
	{`^invalid argument for (\w+) \(type K\)`, "“$1” does not take %2"},
	{`^(?:not enough|too many) arguments to call (\w+)`, "“$1” does not take values of these kinds"},
	{`^sortBy order argument must be`, "the order of “sortBy” is \"asc\" or \"desc\""},
	{`^sort order argument must be`, "the order of “sort” is \"asc\" or \"desc\""},
	{`^(?:invalid|unknown) order`, "an order is \"asc\" or \"desc\""},
	{`^type K does not support indexing`, "%1 has no items"},
	{`^type K has no (?:field|method) ?(.*)`, "%1 has no field “$2”"},
	{`^type K\[K\] is undefined`, "%1 has no items"},
	{`^unknown pointer #?(.*)`, "“#$1” is not a part of an item"},
	{`^cannot use pointer accessor outside predicate`, "“.” before a name can be used only in the expression for each item of a list"},
	{`^cannot use K as array`, "%1 has no items"},
	{`^cannot redeclare (?:builtin|function) (.+)`, "“$1” is a function: use another name for the value"},
	{`^cannot redeclare (?:variable )?(?:v_)?(.+)`, "“$1” already has a value: use another name for the new one"},
	{`^(?:error parsing regexp|.*regexp): (.*)`, "this pattern of “matches” is invalid: $1"},
	{`^index out of range: (-?\d+) \(array length is (\d+)\)`, "there is no item $1 in a list of $2"},
	{`^reflect: (?:string )?slice index out of range`, "the list or text is shorter than that"},
	{`^slice bounds out of range|^runtime error: slice bounds`, "the list or text is shorter than that"},
	{`integer divide by zero`, "division by zero"},
	{`^reduce of empty array with no initial value`, "“reduce” has no item to begin with: pass an initial value as its third argument"},
	{`^memory budget exceeded`, "the value is too large"},
	{`^operator "in" not defined on K`, "“in” needs a list or a record, but this is %1"},
	{`^reflect: call of reflect\.Value\.(?:Len|Type|Index) on K Value`, "a list is expected here, but this is %1"},
	{`^reflect\.Value\.MapIndex: value of type K`, "a text selects a field of a record, but this is %1"},
	{`^hash of unhashable type: K`, "items cannot be grouped by %1"},
	{`^strconv\.`, "the text is not a number"},
	{`^illegal base64`, "“fromBase64” cannot read the text"},
	{`^(?:invalid character|unexpected end of JSON|json: )`, "the text is not JSON"},
	{`^interface conversion: .* is K, not K`, "%2 is expected here, but this is %1"},
}

// patterns are those of the sayings, made ready when the first is needed.
var patterns = sync.OnceValue(func() []*regexp.Regexp {
	list := make([]*regexp.Regexp, len(sayings))
	for i, s := range sayings {
		list[i] = regexp.MustCompile(strings.ReplaceAll(s.pattern, "K", goKind))
	}
	return list
})

// inWords puts into words what the library says of values' kinds.
func inWords(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	if _, words, ok := strings.Cut(message, wordsMark); ok {
		return words
	}
	for at, pattern := range patterns() {
		m := pattern.FindStringSubmatch(message)
		if m == nil {
			continue
		}
		var pairs []string
		for i := 1; i < len(m); i++ {
			n := strconv.Itoa(i)
			pairs = append(pairs, "$"+n, m[i], "%"+n, kindWord(m[i]))
		}
		return strings.NewReplacer(pairs...).Replace(sayings[at].words)
	}
	return "this cannot be computed"
}

// kindWord names a kind of value as the language does.
func kindWord(goType string) string {
	t := strings.TrimPrefix(goType, "*")
	switch {
	case strings.HasPrefix(t, "map["):
		return "a record"
	case t == "[]byte", t == "[]uint8":
		return "binary data"
	case strings.HasPrefix(t, "[]"):
		return "a list"
	case t == "string":
		return "a text"
	case t == "bool":
		return "true or false"
	case t == "nil", t == "<nil>", t == "%!s(<nil>)":
		return "null"
	case t == "zero":
		return "null"
	case t == "map":
		return "a record"
	case t == "slice":
		return "a list"
	case t == "unknown":
		return "another value" // of which only the run tells
	case t == "time.Time":
		return "a time"
	case t == "time.Duration":
		return "a span of time"
	case t == "any", strings.HasPrefix(t, "interface"):
		return "a value"
	case strings.HasPrefix(t, "func("):
		return "a function"
	case t == "float64", t == "float32", strings.HasPrefix(t, "int"), strings.HasPrefix(t, "uint"):
		return "a number"
	}
	return "a value"
}
