package explain

import (
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/value"
)

// Identities map the identities of a first run to those of a second, because
// each run creates its own. The mapping is one to one. The zero value is empty.
type Identities struct {
	now map[string]string // by what it was
	was map[string]string // the other way
}

// isIdentity reports whether a text has the form of a created identity.
func isIdentity(text string) bool {
	_, err := value.ParseID(text)
	return err == nil && len(text) == 36
}

// same reports whether a value of the first run corresponds to one of the
// second. Two identities that are both new are mapped to each other. Secrets are
// equal, because their values are not known.
func (x *Identities) same(was, now value.Value) bool {
	switch {
	case was.IsSecret() || now.IsSecret():
		return was.IsSecret() == now.IsSecret()
	case was.IsNull() || now.IsNull():
		return was.IsNull() == now.IsNull()
	case was.Omitted() != nil || now.Omitted() != nil:
		return sameSize(was, now)
	case was.Kind() != now.Kind():
		return false
	}
	switch was.Kind() {
	case value.StringKind:
		a, _ := was.Text()
		b, _ := now.Text()
		if !isIdentity(a) || !isIdentity(b) {
			return a == b
		}
		x.learn(a, b)
		return x.now[a] == b
	case value.ListKind:
		a, b := was.Items(), now.Items()
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if !x.same(a[i], b[i]) {
				return false
			}
		}
		return true
	case value.RecordKind:
		a, b := was.Fields(), now.Fields()
		if len(a) != len(b) {
			return false
		}
		for _, f := range a {
			if !x.same(f.Value, now.Get(f.Name)) {
				return false
			}
		}
		return true
	}
	return value.Equal(was, now)
}

// sameSize compares two values of which at least one is omitted from its record.
// Lists and records may contain identities, which differ between runs but have
// the same length, so sameSize compares only the sizes of lists and records.
func sameSize(was, now value.Value) bool {
	a, b := value.Omit(was).Omitted(), value.Omit(now).Omitted()
	switch {
	case a == nil || b == nil || a.Kind != b.Kind:
		return false
	case a.Kind == value.StringKind:
		return value.Alike(was, now)
	}
	return a.Count == b.Count && a.Size == b.Size
}

func (x *Identities) learn(was, now string) {
	if x.now == nil {
		x.now, x.was = map[string]string{}, map[string]string{}
	}
	if x.now[was] == "" && x.was[now] == "" {
		x.now[was], x.was[now] = now, was
	}
}

// Learn maps the identities in the inputs and outputs of the same actions of two
// runs of a flow.
func (x *Identities) Learn(was, now []journal.Entry) {
	type end struct {
		id   journal.ActionID
		kind journal.Kind
	}
	first := map[end]*journal.Entry{}
	for i := range was {
		if e := &was[i]; e.Kind == journal.Asked || e.Kind == journal.Completed {
			first[end{e.ID, e.Kind}] = e
		}
	}
	for i := range now {
		e := &now[i]
		f := first[end{e.ID, e.Kind}]
		if f == nil || f.Action != e.Action || e.Kind != journal.Asked && e.Kind != journal.Completed {
			continue
		}
		x.sameFields(f.In, e.In)
		x.sameFields(f.Out, e.Out)
	}
}

// sameFields compares named values.
func (x *Identities) sameFields(was, now []value.Field) bool {
	return x.same(value.Record(withoutNulls(was)), value.Record(withoutNulls(now)))
}

// withoutNulls removes nulls: a null for an optional input counts as absent.
func withoutNulls(fields []value.Field) []value.Field {
	var list []value.Field
	for _, f := range fields {
		if !f.Value.IsNull() {
			list = append(list, f)
		}
	}
	return list
}

// Now replaces the identities of the first run in a value by those of the second.
func (x *Identities) Now(v value.Value) value.Value {
	if v.IsSecret() {
		return v
	}
	switch v.Kind() {
	case value.StringKind:
		text, _ := v.Text()
		if now := x.now[text]; now != "" {
			return value.String(now)
		}
	case value.ListKind:
		items := make([]value.Value, len(v.Items()))
		for i, item := range v.Items() {
			items[i] = x.Now(item)
		}
		return value.List(items)
	case value.RecordKind:
		fields := make([]value.Field, len(v.Fields()))
		for i, f := range v.Fields() {
			fields[i] = value.Field{Name: f.Name, Value: x.Now(f.Value)}
		}
		return value.Record(fields)
	}
	return v
}

// Then replaces the identities of the second run in a value by those of the first.
func (x *Identities) Then(v value.Value) value.Value {
	return (&Identities{now: x.was}).Now(v)
}
