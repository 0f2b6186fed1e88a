package host

import (
	"errors"
	"net/http"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// An action or query that the app exposes is answered at POST
// /Instance/member, with its inputs as fields. An action answers with its
// outputs, and is refused as any request is; a query answers with the list of
// its rows. A sync on the same path comes first.

// exposedRoutes gives the routes of what the app exposes, by path.
func (f *Front) exposedRoutes() map[string]*knownRoute {
	routes := map[string]*knownRoute{}
	for _, e := range f.plan.Program.Exposed {
		k := &knownRoute{}
		var inputs []*check.Param
		name := e.Instance.Name + "."
		if e.Action != nil {
			name, inputs = name+e.Action.Name, e.Action.Inputs
			for _, a := range f.plan.Actions {
				if a.FullName() == name {
					k.action = a
				}
			}
		} else {
			name, inputs = name+e.Query.Name, e.Query.Inputs
			for _, q := range f.plan.Queries {
				if q.FullName() == name {
					k.query = q
				}
			}
		}
		k.Route = &plan.Route{Method: http.MethodPost, Path: "/" + strings.Replace(name, ".", "/", 1), Changes: e.Action != nil}
		for i, p := range inputs {
			field := f.inputField(p, i)
			field.Secret = field.Secret || k.action != nil && k.action.Secret[i]
			k.fields = append(k.fields, field)
		}
		k.pageRows()
		k.findBinary()
		k.measure(&f.options)
		routes[k.Path] = k
	}
	return routes
}

// inputField is the field of an input. One that has a credential's name may
// stand where the credential does.
func (f *Front) inputField(p *check.Param, column int) *knownField {
	t := p.Type
	if p.Many.String() != "" { // a set or seq of them
		elem := t
		t = check.Type{Kind: check.List, Elem: &elem}
	}
	field := &plan.Field{Name: p.Name, Type: t, Optional: p.Optional, Secret: t.Kind == check.Secret}
	for _, c := range f.routes.Credentials {
		if c.Field == p.Name {
			field.Credential, field.Secret = c, true
		}
	}
	return newField(field, column)
}

// lackingInputs names the inputs that are missing or do not fit.
func (x *exchange) lackingInputs(k *knownRoute) *reply {
	l := &lack{wrong: x.bad}
	for _, field := range k.fields {
		if !field.Optional && x.in[field.column].IsNull() && x.badAt(field.column) == nil {
			l.missing = append(l.missing, field)
		}
	}
	if l.cost() == 0 {
		return nil
	}
	return x.front.soft(x.complain(k, l))
}

// call asks an exposed action or query.
func (x *exchange) call(k *knownRoute) *reply {
	f, ctx := x.front, x.request.Context()
	if k.query != nil {
		trace := x.trace()
		x.undone = true
		rows, err := f.engine.QueryWithin(ctx, k.query, x.in[:len(k.query.Inputs)], x.worked)
		if field, ok := errors.AsType[*engine.FieldError](err); ok {
			p := f.soft(k.badPart(field.Field, field.Err))
			p.trace = trace
			return p
		}
		switch {
		case errors.Is(err, engine.ErrOverdue):
			return x.abandon(trace)
		case err != nil:
			return x.failed("running an exposed query", trace, err)
		}
		var size int64
		for _, row := range rows {
			for _, v := range row {
				size += value.Size(v)
			}
		}
		if !x.grow(size) {
			return noRoom()
		}
		items, next, no := x.pageOf(k, rows)
		if no != nil {
			return no
		}
		return x.told(trace, value.List(items), next)
	}
	r, err := f.engine.RunWithin(ctx, engine.Opening{Action: k.action, In: x.in, Reserve: x.grow}, x.worked)
	x.undone = r.Undone
	if err != nil || r.Outcome != journal.Returned {
		r.Unhandled = r.Refused // what syncs did of it is not what was asked
		return x.result(r, err)
	}
	return x.told(r.Flow.String(), value.Record(r.Out), "")
}

// told is the reply that gives a value as JSON. Next is the cursor of the page
// behind a list, empty where there is none.
func (x *exchange) told(trace string, v value.Value, next string) *reply {
	p := &reply{status: http.StatusOK, trace: trace}
	if next != "" {
		x.link(p, next)
	}
	if err := x.encode(p, v); err != nil {
		return x.unsaid(p, trace, err)
	}
	return p
}
