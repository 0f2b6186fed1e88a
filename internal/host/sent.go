package host

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// An unfitError reports that a part of an input of Requesting.respond cannot be a
// header or a cookie.
type unfitError struct {
	error
	part  value.Value
	unfit func(value.Value) bool // whether a text within the part would not fit alone
}

// sent turns an error about an input of Requesting.respond into one about a
// request field, if the client has sent the unfit value.
func (x *exchange) sent(t *plan.Term, err error) error {
	if t == nil {
		return err
	}
	place := t.Field
	if unfit, ok := errors.AsType[*unfitError](err); ok && t.Expr != nil {
		place = cmp.Or(x.sender(t.Expr, unfit), place)
	}
	if place == "" {
		return err
	}
	reason := strings.TrimPrefix(err.Error(), "Requesting.respond was given ")
	return &engine.FieldError{Field: place, Err: errors.New("does not fit what is made of it: " + reason), In: err}
}

// sender returns the place in the request, among those that an expression reads,
// whose value is the unfit part, or unfit within it; "" if there is none.
func (x *exchange) sender(e *plan.Expr, err *unfitError) string {
	whole, isText := err.part.Text()
	for _, place := range e.Fields {
		v := x.at(place)
		if value.Equal(v.Reveal(), err.part.Reveal()) {
			return place
		}
		if text, ok := v.Text(); ok && isText && strings.Contains(whole, text) && err.unfit(v) {
			return place
		}
	}
	return ""
}

// at returns the request's value at a place, such as "name" or "data.tags[0]";
// null if there is none.
func (x *exchange) at(place string) value.Value {
	steps := strings.FieldsFunc(place, func(c rune) bool { return strings.ContainsRune(".?[]", c) })
	v := value.Null
	if len(steps) == 0 {
		return v
	}
	// A part of a record has a column of its own.
	n := len(steps)
	column := -1
	for ; n > 0 && column < 0; n-- {
		column = x.front.routes.Request.Input(strings.Join(steps[:n], "."))
	}
	if column >= 0 {
		v = x.in[column]
	} else {
		v = member(x.further, steps[0])
	}
	for _, step := range steps[n+1:] {
		if n, err := strconv.Atoi(step); err == nil && n < len(v.Items()) {
			v = v.Items()[n]
		} else {
			v = member(v.Reveal().Fields(), step)
		}
	}
	if v.IsUnset() {
		return value.Null
	}
	return v
}

// member returns the value of a field, or null.
func member(fields []value.Field, name string) value.Value {
	for i := range fields {
		if fields[i].Name == name {
			return fields[i].Value
		}
	}
	return value.Null
}
