package check

import (
	"reflect"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A pendingForm is a form that package syntax parses and the later phases do
// not implement yet.
type pendingForm struct {
	message string
	// at gives the place of the form in a node of the tree; an unknown span
	// when the node does not have it.
	at func(node any) source.Span
}

// pendingForms are the forms that are reported as errors until they are
// implemented. Whoever implements a form removes its row; the last one removes
// this file, the pass "pending" and the call in spec.
func pendingForms() []pendingForm {
	return []pendingForm{
		pendingAt("a record pattern after “has” is not implemented yet; bind the item, and read its fields as in “item.name”", func(l *syntax.HasLine) source.Span {
			if l.Item == nil || l.Item.Kind != syntax.RecordTerm {
				return source.Span{}
			}
			return l.Item.Span
		}),
		pendingAt("“or null” in patterns is not implemented yet", func(a *syntax.Arg) source.Span {
			return spanIf(a.Type != nil && a.Type.Null, a.Span)
		}),
		pendingAt("“or null” is not implemented yet", func(p *syntax.Param) source.Span {
			return spanIf(p.Type != nil && p.Type.Null, p.Span)
		}),
	}
}

func pendingAt[N any](message string, at func(N) source.Span) pendingForm {
	return pendingForm{message, func(node any) source.Span {
		if n, is := node.(N); is {
			return at(n)
		}
		return source.Span{}
	}}
}

func spanIf(is bool, span source.Span) source.Span {
	if !is {
		return source.Span{}
	}
	return span
}

// pending reports the forms that are not implemented. An item with such a form
// counts as broken, so that nothing follows from what is left out of it.
func (c *checker) pending() {
	for _, f := range c.files {
		for _, t := range f.Concepts {
			c.pendingIn(t, &t.Broken)
		}
		for _, t := range f.Apps {
			c.pendingIn(t, &t.Broken)
		}
		for _, t := range f.Syncs {
			c.pendingIn(t, &t.Broken)
		}
		for _, t := range f.Views {
			c.pendingIn(t, &t.Broken)
		}
		for _, t := range f.Scenarios {
			c.pendingIn(t, &t.Broken)
		}
	}
}

func (c *checker) pendingIn(item any, broken *bool) {
	forms := pendingForms()
	said := map[source.Span]bool{}
	eachNode(reflect.ValueOf(item), func(node any) {
		for _, f := range forms {
			if span := f.at(node); span.Known() && !said[span] {
				said[span], *broken = true, true
				c.errorAt(diag.Unexpected, span, f.message)
			}
		}
	})
}

// eachNode visits every node of a tree that is a pointer.
func eachNode(v reflect.Value, visit func(node any)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || v.Type() == reflect.TypeFor[*source.File]() {
			return
		}
		if v.Kind() == reflect.Pointer {
			visit(v.Interface())
		}
		eachNode(v.Elem(), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			eachNode(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachNode(v.Index(i), visit)
		}
	}
}
