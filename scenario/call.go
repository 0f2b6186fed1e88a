package scenario

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// given returns the inputs of a call, in the form that their types require.
func (w *world) given(call *syntax.CallStep, params []*check.Param) ([]legible.Field, error) {
	var in []legible.Field
	for _, a := range call.Args {
		var typ check.Type
		for _, p := range params {
			if p.Name == a.Name.Text {
				typ = whole(p)
			}
		}
		v, err := w.names.of(a.Name, a.Value, typ, w.clock.Now())
		if err != nil {
			return nil, err
		}
		for _, p := range params {
			if p.Name == a.Name.Text {
				if v, err = plan.Accept(whole(p), v, false); err != nil {
					return nil, fmt.Errorf("“%s” %w", p.Name, err)
				}
				if v, err = w.kept(p, v); err != nil {
					return nil, fmt.Errorf("storing “%s”: %w", p.Name, err)
				}
			}
		}
		in = append(in, legible.Field{Name: a.Name.Text, Value: v})
	}
	return in, nil
}

// kept stores binary data, which a scenario writes in base64.
func (w *world) kept(p *check.Param, v value.Value) (value.Value, error) {
	text, ok := v.Text()
	if p.Type.Kind != check.Binary || !ok {
		return v, nil
	}
	r := base64.NewDecoder(base64.StdEncoding, strings.NewReader(text))
	blob, err := w.engine.Store().PutBlob(w.ctx, r, "application/octet-stream")
	if err != nil {
		return value.Value{}, err
	}
	return value.Binary(blob), nil
}

func sent(in []legible.Field) string {
	return string(value.AppendJSON(nil, value.Record(slices.Clone(in))))
}

// action asks an action of the concept.
func (w *world) action(call *syntax.CallStep) *Failure {
	concept, name := w.concept(), call.Name.Text
	var spec *check.Action
	for _, a := range concept.Actions {
		if a.Name == name {
			spec = a.Spec
		}
	}
	if spec == nil {
		return &Failure{Message: fmt.Sprintf("%s has no action “%s”", concept.Name, name)}
	}
	in, err := w.given(call, spec.Inputs)
	if err != nil {
		return &Failure{Message: name + ": " + err.Error()}
	}
	outcome, err := w.app.Ask(w.ctx, concept.Name+"."+name, in...)
	fail := func(format string, args ...any) *Failure {
		return &Failure{Message: name + " " + fmt.Sprintf(format, args...), Sent: sent(in)}
	}
	refused := refusalPattern(call, spec)
	switch {
	case err != nil:
		return fail("could not be asked: %v", err)
	case outcome.Fault != nil:
		return fail("faulted: %s", words.FirstLine(outcome.Fault.Error())).note("trace %s", outcome.Flow)
	case outcome.Refused != nil:
		r := outcome.Refused
		switch {
		case refused:
			got := map[string]value.Value{"error": value.String(r.Sentence), "refusal": value.String(r.Code)}
			return w.outputs(call, got, fail)
		case call.Refused.Text == "":
			return fail("was refused %s: %s", r.Code, r.Sentence).note("the scenario expects it to return")
		case call.Refused.Text != r.Code:
			return fail("was refused %s: %s", r.Code, r.Sentence).note("the scenario expects it to be refused %s", call.Refused.Text)
		}
		return nil
	}
	got := map[string]value.Value{}
	for _, f := range outcome.Out {
		got[f.Name] = f.Value
	}
	if refused || call.Refused.Text != "" {
		code := call.Refused.Text
		if code != "" {
			code = " " + code
		}
		f := fail("returned; the scenario expects it to be refused%s", code)
		if len(outcome.Out) > 0 {
			f.note("it returned %s", show(value.Record(outcome.Out)))
		}
		return f
	}
	return w.outputs(call, got, fail)
}

// outputs compares the outputs of a call with the expected ones.
func (w *world) outputs(call *syntax.CallStep, got map[string]value.Value, fail func(string, ...any) *Failure) *Failure {
	differs, err := w.names.fit(call.Out, func(name string) value.Value { return got[name] }, w.clock.Now())
	if err != nil {
		return fail("could not be compared: %v", err)
	}
	if len(differs) > 0 {
		f := fail("returned unexpected outputs")
		f.Differs = differs
		return f
	}
	return nil
}

// refusalPattern reports whether outputs match a refusal: they name "error" or
// "refusal", and the action has no output with that name.
func refusalPattern(call *syntax.CallStep, spec *check.Action) bool {
	return slices.ContainsFunc(call.Out, func(a *syntax.Arg) bool {
		return (a.Name.Text == "error" || a.Name.Text == "refusal") &&
			!slices.ContainsFunc(spec.Outputs, func(p *check.Param) bool { return p.Name == a.Name.Text })
	})
}

// query asks a query of the concept.
func (w *world) query(call *syntax.CallStep) *Failure {
	concept, name := w.concept(), call.Name.Text
	var spec *check.Query
	for _, q := range concept.Queries {
		if q.Name == name {
			spec = q.Spec
		}
	}
	if spec == nil {
		return &Failure{Message: fmt.Sprintf("%s has no query “%s”", concept.Name, name)}
	}
	in, err := w.given(call, spec.Inputs)
	if err != nil {
		return &Failure{Message: name + ": " + err.Error()}
	}
	rows, err := w.app.Query(w.ctx, concept.Name+"."+name, in...)
	fail := func(format string, args ...any) *Failure {
		return &Failure{Message: name + " " + fmt.Sprintf(format, args...), Sent: sent(in)}
	}
	switch {
	case err != nil:
		return fail("failed: %s", words.FirstLine(err.Error()))
	case spec.Rows == syntax.OneRow && len(rows) != 1:
		return fail("returned %s; its specification declares one", words.Counted(len(rows), "row")).rows(rows)
	case spec.Rows == syntax.OptionalRow && len(rows) > 1:
		return fail("returned %s; its specification declares at most one", words.Counted(len(rows), "row")).rows(rows)
	case call.None && len(rows) > 0:
		return fail("returned %s; the scenario expects none", words.Counted(len(rows), "row")).rows(rows)
	case call.None || !call.HasOut:
		return nil
	case len(rows) == 0:
		return fail("returned no row")
	}
	var nearest []Difference
	for _, row := range rows {
		try := maps.Clone(w.names)
		differs, err := try.fit(call.Out, func(name string) value.Value { return value.Record(slices.Clone(row)).Get(name) }, w.clock.Now())
		if err != nil {
			return fail("could not be compared: %v", err)
		}
		if len(differs) == 0 {
			w.names = try
			return nil
		}
		if nearest == nil || len(differs) < len(nearest) {
			nearest = differs
		}
	}
	if len(rows) == 1 {
		f := fail("returned a row that does not match")
		f.Differs = nearest
		return f
	}
	f := fail("returned %s, none of which matches; the nearest differs in", words.Counted(len(rows), "row")).rows(rows)
	f.Differs = nearest
	return f
}

// rowsShown is how many rows a failure shows.
const rowsShown = 5

// rows adds the rows that a query returned.
func (f *Failure) rows(rows [][]legible.Field) *Failure {
	for i, row := range rows {
		if i == rowsShown {
			return f.note("and %s more", words.Counted(len(rows)-i, "row"))
		}
		f.note("row %s", show(value.Record(slices.Clone(row))))
	}
	return f
}
