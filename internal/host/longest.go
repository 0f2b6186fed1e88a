package host

import (
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

const (
	// escaped is how many bytes a character takes at most: in a form as
	// %F0%9F%98%80, in JSON as \ud83d\ude00.
	escaped = 12
	// slack is how many bytes a body may have beside its route's fields: names and
	// white space, and fields that no sync reads.
	slack = 64 << 10
)

// measure computes the limits of a route's fields, and so its bodies.
func (k *knownRoute) measure(o *Options) {
	k.texts = slack
	bounded := !k.wantsRaw
	for _, x := range k.fields {
		most, known := x.Field.Longest(o.MaxText)
		switch {
		case known:
			x.longest = most
		case x.Type.Kind == check.List:
			x.longest, _ = plan.Longest(*x.Type.Elem, o.MaxText)
		}
		if x.Param || x.record || x.Type.Kind == check.Binary {
			continue // it is not in a body's text, or has its own limits
		}
		bounded = bounded && known
		k.texts += int64(len(x.Name)) + int64(escaped*most)
	}
	k.texts = (k.texts + 1023) &^ 1023
	if !bounded || k.texts > o.MaxBody {
		k.texts = o.MaxBody
	}
}

// tooLong is the reply to a field, or an item of it, that is too long.
func (field *knownField) tooLong(v value.Value) *reply {
	if field.longest == 0 {
		return nil
	}
	if !longer(v, field.longest) {
		for _, item := range v.Items() {
			if longer(item, field.longest) {
				return tooLong("an item of the field "+field.shown, field)
			}
		}
		return nil
	}
	return tooLong("the field "+field.shown, field)
}

func longer(v value.Value, most int) bool {
	s, _ := v.Text()
	return len(s) > most && utf8.RuneCountInString(s) > most
}

func tooLong(what string, field *knownField) *reply {
	return problem(http.StatusRequestEntityTooLarge, what+" is longer than "+strconv.Itoa(field.longest)+" characters, which is the limit",
		value.Field{Name: "field", Value: value.String(field.shown)},
		value.Field{Name: "limit", Value: value.Number(float64(field.longest))})
}
