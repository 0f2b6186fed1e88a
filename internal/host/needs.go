package host

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// A lack is what keeps a request from starting a sync.
type lack struct {
	missing []*knownField
	wrong   []badField
	other   []plan.Test // a literal that the field is not
	has     int         // how many of its fields are there
}

func (l *lack) cost() int { return len(l.missing) + len(l.wrong) + len(l.other) }

// lacking holds the request against the syncs that a request of the route alone
// can start. When there are such and none has all that it needs, the reply
// names what the nearest one lacks. A field that does not fit its type is a
// lack of every sync that names it.
func (x *exchange) lacking(k *knownRoute) *reply {
	var joint lack // what would go unsaid to a sync that needs more than the request
	for _, b := range x.bad {
		if b.joint || len(k.Starters) == 0 {
			joint.wrong = append(joint.wrong, b)
		}
	}
	nearest := &joint
	if len(k.Starters) > 0 {
		if slices.ContainsFunc(k.Starters, x.starts) {
			if joint.cost() == 0 {
				return nil
			}
		} else {
			nearest = x.nearest(k)
		}
	}
	if nearest.cost() == 0 {
		return nil
	}
	return x.front.soft(x.complain(k, nearest))
}

// starts tells whether the request has all that a sync needs. It is lacks
// without the list.
func (x *exchange) starts(e *plan.Starter) bool {
	for i := range e.Pattern.Vars {
		v := &e.Pattern.Vars[i]
		if v.Column.Out {
			continue
		}
		if !v.Optional && x.in[v.Column.Index].IsNull() || len(x.bad) > 0 && x.badAt(v.Column.Index) != nil {
			return false
		}
	}
	for i := range e.Pattern.Tests {
		if t := &e.Pattern.Tests[i]; !t.Column.Out && !x.passes(t) {
			return false
		}
	}
	return true
}

// passes holds a column against a literal, as the engine does.
func (x *exchange) passes(t *plan.Test) bool {
	v := x.in[t.Column.Index]
	switch {
	case t.Any:
		return !v.IsNull()
	case t.Literal.IsNull():
		return v.IsNull()
	}
	return value.Equal(v, t.Literal)
}

func (x *exchange) badAt(column int) *badField {
	for i := range x.bad {
		if x.bad[i].column == column {
			return &x.bad[i]
		}
	}
	return nil
}

// nearest gives what the sync lacks that lacks least; of several such, the one
// of which most is there.
func (x *exchange) nearest(k *knownRoute) *lack {
	var best *lack
	for _, e := range k.Starters {
		l := x.lacks(k, e)
		if best == nil || l.cost() < best.cost() || l.cost() == best.cost() && l.has > best.has {
			best = l
		}
	}
	return best
}

func (x *exchange) lacks(k *knownRoute, e *plan.Starter) *lack {
	l := &lack{}
	need := func(name string, column int, optional bool) bool {
		field := k.field(name)
		switch {
		case field == nil || slices.Contains(l.missing, field):
			return false
		case x.badAt(column) != nil:
			l.wrong = append(l.wrong, *x.badAt(column))
			return false
		case x.in[column].IsNull() && !optional:
			l.missing = append(l.missing, field)
			return false
		}
		return !x.in[column].IsNull()
	}
	for _, v := range e.Pattern.Vars {
		if !v.Column.Out && need(v.Name, v.Column.Index, v.Optional) {
			l.has++
		}
	}
	for i := range e.Pattern.Tests {
		t := &e.Pattern.Tests[i]
		if t.Column.Out || t.Name == "method" || t.Name == "path" {
			continue
		}
		absent := !t.Any && t.Literal.IsNull()
		if there := need(t.Name, t.Column.Index, absent); there && !x.passes(t) {
			l.other = append(l.other, *t)
		} else if there {
			l.has++
		}
	}
	return l
}

// complain says what is lacking: 401 for a credential, else 400.
func (x *exchange) complain(k *knownRoute, l *lack) *reply {
	for _, field := range l.missing {
		if field.Credential != nil {
			return x.logIn(field, "")
		}
	}
	var sentences, names []string
	if len(l.missing) > 0 {
		for _, field := range l.missing {
			names = append(names, field.shown)
		}
		s := "the field " + names[0] + " is missing"
		if len(names) > 1 {
			s = "the fields " + words.Enumerate(names, "and") + " are missing"
		}
		sentences = append(sentences, s+x.misspelt(names))
	}
	for _, b := range l.wrong {
		if !slices.Contains(names, b.place) {
			names = append(names, b.place)
			sentences = append(sentences, b.sentence())
		}
	}
	for _, t := range l.other {
		name := k.field(t.Name).shown
		names = append(names, name)
		sentences = append(sentences, "the field "+name+" "+k.wanted(t))
	}
	further := []value.Field{{Name: "field", Value: value.String(names[0])}}
	if len(names) > 1 {
		items := make([]value.Value, len(names))
		for i, n := range names {
			items[i] = value.String(n)
		}
		further = append(further, value.Field{Name: "fields", Value: value.List(items)})
	}
	p := problem(http.StatusBadRequest, strings.Join(sentences, "; "), further...)
	if len(l.missing) == 0 && len(l.wrong) > 0 {
		p.parts.Path = l.wrong[0].path()
	}
	return p
}

// misspelt names what was sent in place of missing fields.
func (x *exchange) misspelt(names []string) string {
	var sent, near []string
	for _, f := range x.further {
		sent = append(sent, f.Name)
	}
	for _, n := range names {
		if s, ok := diag.Nearest(n, sent); ok && !slices.Contains(near, s) {
			near = append(near, s)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return "; you sent " + words.Enumerate(near, "and")
}

// slips names optional fields that are absent while others of nearly the same names
// were sent.
func (x *exchange) slips(k *knownRoute) string {
	var sent []string
	for _, f := range x.further {
		sent = append(sent, f.Name)
	}
	var list []string
	for _, s := range k.Slips(func(f *plan.Field) bool {
		field := k.field(f.Name)
		return field != nil && x.in[field.column].IsNull()
	}, sent) {
		list = append(list, fmt.Sprintf("the optional field %q is absent, and no sync reads %+q, which was sent", s.Field, s.Sent))
	}
	return strings.Join(list, "; ")
}

// wanted says what the syncs on the route want a field to be.
func (k *knownRoute) wanted(t plan.Test) string {
	if t.Literal.IsNull() {
		return "must not be there"
	}
	var list []string
	for _, l := range k.field(t.Name).literals {
		if s := l.String(); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return "must be " + words.Enumerate(list, "or")
}

// logIn asks for a credential and says where it may stand, and what more there
// is to say.
func (x *exchange) logIn(field *knownField, more string) *reply {
	s := "Please log in: " + field.Name + " is missing" + x.misspelt([]string{field.Name}) + ". It may come " + places(field.Credential) + "." + more
	if _, _, foreign := x.credential(field.Credential, value.Value{}); foreign {
		s += " The cookie is ignored because a page of another origin sent the request."
	}
	return problem(http.StatusUnauthorized, s, value.Field{Name: "field", Value: value.String(field.Name)})
}
