package value

import (
	"fmt"
	"math"
	"reflect"
	"sort"
	"time"
)

// Any returns a value as plain Go, for expressions: nil, bool, int (for whole
// numbers below 2^53) or float64, time.Time, string, []any, map[string]any,
// *Blob. Secrets are revealed: who uses them must mark the result.
func (v Value) Any() any {
	switch v.Kind() {
	case FlagKind:
		return v.num == 1
	case NumberKind:
		f, _ := v.Num()
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int(f)
		}
		return f
	case TimeKind:
		t, _ := v.Moment()
		return t
	case StringKind:
		s, _ := v.Text()
		return s
	case ListKind:
		out := make([]any, len(v.Items()))
		for i, x := range v.Items() {
			out[i] = x.Any()
		}
		return out
	case RecordKind:
		out := make(map[string]any, len(v.Fields()))
		for _, f := range v.Fields() {
			out[f.Name] = f.Value.Any()
		}
		return out
	case BlobKind:
		return v.Blob()
	case SecretKind:
		return v.Reveal().Any()
	}
	return nil
}

// FromAny makes a value of plain Go as expressions give it. The fields of a
// map come in the order of their names. A duration becomes its milliseconds.
func FromAny(x any) (Value, error) {
	switch x := x.(type) {
	case nil:
		return Null, nil
	case Value:
		return x, nil
	case bool:
		return Flag(x), nil
	case int:
		return Number(float64(x)), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return Value{}, fmt.Errorf("the result is not a finite number")
		}
		return Number(x), nil
	case string:
		return String(x), nil
	case time.Time:
		return Time(x), nil
	case time.Duration:
		return Number(float64(x.Milliseconds())), nil
	case *Blob:
		return Binary(x), nil
	case Blob: // the expression library follows pointers
		return Binary(&x), nil
	case []any:
		items := make([]Value, len(x))
		for i, y := range x {
			v, err := FromAny(y)
			if err != nil {
				return Value{}, err
			}
			items[i] = v
		}
		return List(items), nil
	case map[string]any:
		names := make([]string, 0, len(x))
		for n := range x {
			names = append(names, n)
		}
		sort.Strings(names)
		fields := make([]Field, len(names))
		for i, n := range names {
			v, err := FromAny(x[n])
			if err != nil {
				return Value{}, err
			}
			fields[i] = Field{n, v}
		}
		return Value{ref: &record{fields}}, nil
	}
	switch r := reflect.ValueOf(x); r.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Number(float64(r.Int())), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Number(float64(r.Uint())), nil
	case reflect.Float32:
		return FromAny(r.Float())
	case reflect.Slice:
		items := make([]any, r.Len())
		for i := range items {
			items[i] = r.Index(i).Interface()
		}
		return FromAny(items)
	}
	return Value{}, fmt.Errorf("an expression gave a %T, which is not a value of the language", x)
}
