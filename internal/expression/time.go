package expression

import (
	"fmt"
	"math"
	"time"
	_ "time/tzdata" // the zones, on a host that has none

	"github.com/expr-lang/expr/ast"

	"github.com/legible-lang/legible/value"
)

// own are the functions that this package computes itself. Their errors are in the
// words of the language. The expression "given" is computed elsewhere.
var own = map[string]func(...any) (any, error){
	"given":    func(...any) (any, error) { return false, nil },
	"duration": durationOf,
	"date":     dateOf,
	"weekday":  weekdayOf,
	"startOf":  startOf,
	"min":      func(args ...any) (any, error) { return extreme("min", args, -1) },
	"max":      func(args ...any) (any, error) { return extreme("max", args, 1) },
}

// recordName is the function that makes a record with spread fields or computed
// names where the library computes it.
const recordName = "record()"

// A wordsError is an error in the words of the language.
type wordsError struct{ words string }

func (e wordsError) Error() string { return wordsMark + e.words }

// wordsMark begins a message that is in the words of the language.
const wordsMark = "\x00"

func inOurWords(format string, args ...any) error {
	return wordsError{fmt.Sprintf(format, args...)}
}

// kindOf names the kind of a value as the language does.
func kindOf(v value.Value) string {
	if v.IsNull() {
		return "null"
	}
	return kindWord(fmt.Sprintf("%T", v.Any()))
}

func kindOfAny(x any) string { return kindWord(fmt.Sprintf("%T", x)) }

// Seconds returns the seconds of a duration as it is written: "90s", "1h30m".
func Seconds(text string) (float64, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, inOurWords("“%s” is not a duration such as \"90s\", \"15m\" or \"24h\"", text)
	}
	return d.Seconds(), nil
}

func durationOf(args ...any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nil, inOurWords("“duration” takes a text such as \"24h\", and this is %s", kindOfAny(args[0]))
	}
	seconds, err := Seconds(text)
	if err != nil {
		return nil, err
	}
	if seconds == math.Trunc(seconds) {
		return int(seconds), nil
	}
	return seconds, nil
}

// Zone returns the time zone with a name such as "Europe/Berlin".
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, inOurWords("“%s” is not a time zone such as \"UTC\" or \"Europe/Berlin\"", name)
	}
	return zone, nil
}

// inZone returns the time and the zone that a function is given.
func inZone(function string, at, zone any) (time.Time, error) {
	t, ok := at.(time.Time)
	if !ok {
		return t, inOurWords("“%s” takes a time, and this is %s", function, kindOfAny(at))
	}
	name, ok := zone.(string)
	if !ok {
		return t, inOurWords("the zone of “%s” is a text such as \"Europe/Berlin\", and this is %s", function, kindOfAny(zone))
	}
	location, err := Zone(name)
	if err != nil {
		return t, err
	}
	return t.In(location), nil
}

func dateOf(args ...any) (any, error) {
	t, err := inZone("date", args[0], args[1])
	if err != nil {
		return nil, err
	}
	return t.Format(time.DateOnly), nil
}

func weekdayOf(args ...any) (any, error) {
	t, err := inZone("weekday", args[0], args[1])
	if err != nil {
		return nil, err
	}
	return t.Weekday().String(), nil
}

// Units are the units of startOf.
func Units() []string { return []string{"hour", "day", "week", "month", "year"} }

// Weekdays are the results of weekday.
func Weekdays() []string {
	return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
}

func startOf(args ...any) (any, error) {
	t, err := inZone("startOf", args[1], args[2])
	if err != nil {
		return nil, err
	}
	year, month, day := t.Date()
	switch args[0] {
	case "hour":
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond())).UTC(), nil
	case "day":
	case "week":
		day -= (int(t.Weekday()) + 6) % 7
	case "month":
		day = 1
	case "year":
		month, day = time.January, 1
	default:
		return nil, inOurWords("the unit of “startOf” is \"hour\", \"day\", \"week\", \"month\" or \"year\", and this is %s", quoted(args[0]))
	}
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location()).UTC(), nil
}

func quoted(x any) string {
	if text, ok := x.(string); ok {
		return "“" + text + "”"
	}
	return kindOfAny(x)
}

// extreme returns the least or the greatest of numbers, of times or of texts.
func extreme(name string, args []any, sign int) (any, error) {
	if list, ok := args[0].([]any); ok && len(args) == 1 {
		args = list
	}
	var best any
	for _, x := range args {
		if list, ok := x.([]any); ok {
			if len(list) == 0 {
				continue
			}
			inner, err := extreme(name, []any{list}, sign)
			if err != nil {
				return nil, err
			}
			x = inner
		}
		if best == nil {
			best = x
		}
		order, ok := compare(x, best)
		if !ok {
			if kindOfAny(x) == kindOfAny(best) {
				return nil, inOurWords("“%s” takes numbers, times or texts, and this is %s", name, kindOfAny(x))
			}
			return nil, inOurWords("“%s” cannot compare %s with %s", name, kindOfAny(best), kindOfAny(x))
		}
		if order*sign > 0 {
			best = x
		}
	}
	return best, nil
}

// compare orders two numbers, times or texts.
func compare(a, b any) (order int, ok bool) {
	switch x := a.(type) {
	case time.Time:
		y, ok := b.(time.Time)
		return x.Compare(y), ok
	case string:
		y, ok := b.(string)
		if !ok {
			return 0, false
		}
		if x < y {
			return -1, true
		}
		if x > y {
			return 1, true
		}
		return 0, true
	}
	x, one := number(a)
	y, two := number(b)
	if !one || !two {
		return 0, false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

func number(x any) (float64, bool) {
	switch n := x.(type) {
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// afterSeconds adds seconds to a time.
func afterSeconds(t time.Time, seconds float64) (any, error) {
	if math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/1e9 {
		return nil, inOurWords("the time is too far away")
	}
	return t.Add(time.Duration(math.Round(seconds * float64(time.Second)))), nil
}

// sumOfTimes adds a time and a number of seconds; ok is false if neither is a time.
func sumOfTimes(a, b any) (sum any, ok bool, err error) {
	t, isTime := a.(time.Time)
	other := b
	if !isTime {
		t, isTime = b.(time.Time)
		other = a
	}
	if !isTime {
		return nil, false, nil
	}
	seconds, ok := number(other)
	if !ok {
		return nil, true, inOurWords("“+” adds a number of seconds to a time, and this is %s", kindOfAny(other))
	}
	sum, err = afterSeconds(t, seconds)
	return sum, true, err
}

// differenceOfTimes subtracts seconds from a time, or a time from a time, which gives
// seconds.
func differenceOfTimes(a, b any) (difference any, ok bool, err error) {
	t, isTime := a.(time.Time)
	if !isTime {
		if _, isTime := b.(time.Time); isTime {
			return nil, true, inOurWords("“-” subtracts a time from a time only, and this is %s", kindOfAny(a))
		}
		return nil, false, nil
	}
	if other, isTime := b.(time.Time); isTime {
		seconds := float64(t.UnixMilli()-other.UnixMilli()) / 1000
		if seconds == math.Trunc(seconds) {
			return int(seconds), true, nil
		}
		return seconds, true, nil
	}
	seconds, ok := number(b)
	if !ok {
		return nil, true, inOurWords("“-” subtracts a time or a number of seconds from a time, and this is %s", kindOfAny(b))
	}
	difference, err = afterSeconds(t, -seconds)
	return difference, true, err
}

// recordCalls turns the records with spread fields or computed names into calls of
// the function recordName.
type recordCalls struct{}

func (recordCalls) Visit(n *ast.Node) {
	record, ok := (*n).(*ast.MapNode)
	if !ok {
		return
	}
	plain := true
	var arguments []ast.Node
	for _, p := range record.Pairs {
		pair := p.(*ast.PairNode)
		key, named := pair.Key.(*ast.StringNode)
		plain = plain && named && key.Value != spreadKey
		arguments = append(arguments, pair.Key, pair.Value)
	}
	if plain {
		return
	}
	callee := &ast.IdentifierNode{Value: recordName}
	callee.SetLocation((*n).Location())
	ast.Patch(n, &ast.CallNode{Callee: callee, Arguments: arguments})
}

// recordOf makes a record of names and values in turn.
func recordOf(args ...any) (any, error) {
	record := map[string]any{}
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		switch {
		case !ok:
			return nil, inOurWords("the name of a field is a text, and this is %s", kindOfAny(args[i]))
		case name != spreadKey:
			record[name] = args[i+1]
		case args[i+1] == nil:
		default:
			spread, ok := args[i+1].(map[string]any)
			if !ok {
				return nil, inOurWords("“...” takes a record, and this is %s", kindOfAny(args[i+1]))
			}
			for field, v := range spread {
				record[field] = v
			}
		}
	}
	return record, nil
}
