// Package enginetest generates random programs that have every form of the language, and
// runs them by the letter of the specification.
//
// Its main types are [Generator], which writes programs and requests; [Oracle], which runs
// a flow; and [World], a state. The oracle works on the checked program, without a plan:
// it has no index, no join order, no slots and no transactions, and it is short enough to
// review. The engine must do the same: [Events] brings the record of a flow into the form
// in which the oracle notes what happens.
package enginetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// An Oracle runs one flow of a program.
type Oracle struct {
	Program *check.Program
	Schema  *store.Schema
	Methods map[string]engine.Methods // by instance
	World   *World
	Now     time.Time
	Limit   int    // the largest number of actions
	Request string // the identity of the request

	// Events are what happened, as Events reads it from a record. Exceeded is set if the
	// flow has reached the limit.
	Events   []string
	Exceeded bool
	// Answer has the inputs of the first respond. Unhandled is the code of the first
	// refusal that no sync has handled.
	Answer    map[string]value.Value
	Faulted   bool
	actions   []*action
	completed int
	together  bool
}

// An action is an asked action.
type action struct {
	instance *check.Instance
	spec     *check.Action
	number   int // in the order of asking
	in, out  map[string]value.Value
	outcome  string
	code     string
	order    int // of completion, from 1
	handled  bool
}

// An env is a frame: the values of its variables.
type env map[*check.Var]value.Value

// with returns the frame with another variable.
func (e env) with(v *check.Var, x value.Value) env {
	c := maps.Clone(e)
	if c[v] = x; !v.Nullable {
		c[v] = present(x)
	}
	return c
}

// given returns the value of a bare argument. An absent input stays absent if the argument
// has a place for it.
func given(a *check.Arg, v value.Value) value.Value {
	if x := a.Term.Var; x != nil && x.Absent && a.Nullable() && v.IsNull() {
		return value.Value{}
	}
	return v
}

// errLimit ends a flow that has asked too many actions.
var errLimit = errors.New("the flow reaches the limit of actions")

// Run opens a flow with an action.
func (o *Oracle) Run(instance, name string, in map[string]value.Value) {
	use := o.Program.Instances[instance]
	i := slices.IndexFunc(use.Concept.Actions, func(a *check.Action) bool { return a.Name == name })
	if _, err := o.ask(use, use.Concept.Actions[i], in); err != nil {
		o.Exceeded = true
	}
}

// Unhandled returns the code of the first refusal that neither a sync nor an else has
// handled, "" if there is none.
func (o *Oracle) Unhandled() string {
	var first *action
	for _, x := range o.actions {
		if x.outcome == "refused" && !x.handled && !isRequesting(x.spec, "respond") && (first == nil || x.order < first.order) {
			first = x
		}
	}
	if first == nil {
		return ""
	}
	return first.code
}

func isRequesting(a *check.Action, name string) bool {
	return a.Open && a.Name == name
}

func (o *Oracle) note(format string, args ...any) {
	o.Events = append(o.Events, fmt.Sprintf(format, args...))
}

// ask asks an action, and everything that follows from it. The error is errLimit.
func (o *Oracle) ask(use *check.Instance, spec *check.Action, in map[string]value.Value) (*action, error) {
	if len(o.actions) == o.Limit {
		return nil, errLimit
	}
	x := &action{instance: use, spec: spec, number: len(o.actions), in: in}
	o.actions = append(o.actions, x)
	o.note("%d asked %s.%s %s", x.number, use.Name, spec.Name, fields(in))
	o.perform(x)
	o.completed++
	x.order = o.completed
	switch x.outcome {
	case "returned":
		o.note("%d returned %s", x.number, fields(x.out))
	case "refused":
		text, _ := x.out["error"].Text()
		o.note("%d refused %s %s", x.number, x.code, text)
	default:
		o.Faulted = true
		o.note("%d faulted", x.number)
	}
	if o.together {
		return x, nil
	}
	return x, o.consider(x)
}

// perform runs an action.
func (o *Oracle) perform(x *action) {
	switch {
	case isRequesting(x.spec, "request"):
		x.outcome, x.out = "returned", map[string]value.Value{"request": value.String(o.Request)}
		return
	case isRequesting(x.spec, "respond"):
		if id, _ := x.in["request"].Text(); id != o.Request {
			o.refuse(x, "UNKNOWN_REQUEST")
		} else if o.Answer != nil {
			o.refuse(x, "ALREADY_ANSWERED")
		} else {
			x.outcome, o.Answer = "returned", x.in
		}
		return
	}
	in, out := make([]value.Value, len(x.spec.Inputs)), make([]value.Value, len(x.spec.Outputs))
	for i, p := range x.spec.Inputs {
		if in[i] = x.in[p.Name]; !suits(p, in[i]) {
			x.outcome = "faulted"
			return
		}
	}
	before := o.World.clone()
	err := o.Methods[x.instance.Name].Actions[x.spec.Name](&call{world: o.World, now: o.Now}, in, out)
	if err != nil {
		o.World = before
		if r, ok := errors.AsType[*engine.Refusal](err); ok {
			o.refuse(x, r.Code)
			return
		}
		x.outcome = "faulted"
		return
	}
	x.outcome, x.out = "returned", map[string]value.Value{}
	for i, p := range x.spec.Outputs {
		x.out[p.Name] = out[i]
	}
}

func (o *Oracle) refuse(x *action, code string) {
	x.outcome, x.code = "refused", code
	for _, r := range x.spec.Refusals {
		if r.Code == code {
			sentence := r.Sentence
			for _, p := range x.spec.Inputs {
				text, _ := x.in[p.Name].Text()
				sentence = strings.ReplaceAll(sentence, "{"+p.Name+"}", text)
			}
			x.out = map[string]value.Value{"error": value.String(sentence), "refusal": value.String(code)}
		}
	}
}

// suits reports whether a value has the type of an input.
func suits(p *check.Param, v value.Value) bool {
	if v.IsNull() {
		return p.Optional
	}
	one := func(v value.Value) bool {
		switch p.Type.Kind {
		case check.Number:
			return v.Kind() == value.NumberKind
		case check.String, check.Identity:
			return v.Kind() == value.StringKind
		}
		return true
	}
	if p.Many == syntax.One {
		return one(v)
	}
	return v.Kind() == value.ListKind && !slices.ContainsFunc(v.Items(), func(x value.Value) bool { return !one(x) })
}

// consider fires the syncs for which an action completes a match.
func (o *Oracle) consider(newest *action) error {
	if newest.outcome != "returned" && newest.outcome != "refused" {
		return nil
	}
	var done []*action
	for _, x := range o.actions {
		if x.order > 0 && x.order <= newest.order {
			done = append(done, x)
		}
	}
	syncs := slices.SortedFunc(slices.Values(o.Program.Syncs), func(a, b *check.Sync) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range syncs {
		var matches [][]*action
		assign(s, done, nil, &matches)
		slices.SortFunc(matches, func(a, b []*action) int {
			return slices.CompareFunc(a, b, func(a, b *action) int { return a.number - b.number })
		})
		for _, m := range matches {
			if !slices.Contains(m, newest) {
				continue
			}
			if err := o.fire(s, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign adds every way of matching the lines of when with distinct actions, of which the
// first are chosen.
func assign(s *check.Sync, done, chosen []*action, matches *[][]*action) {
	if len(chosen) == len(s.When) {
		*matches = append(*matches, slices.Clone(chosen))
		return
	}
	for _, x := range done {
		if more := append(slices.Clone(chosen), x); !slices.Contains(chosen, x) && matched(s, more) != nil {
			assign(s, done, more, matches)
		}
	}
}

// matched returns the bindings of the first lines of when, nil if an action does not fit
// its line or two values of a variable differ.
func matched(s *check.Sync, chosen []*action) env {
	e := env{}
	for i, x := range chosen {
		p := s.When[i]
		wanted := "returned"
		if p.Refused {
			wanted = "refused"
		}
		if x.instance != p.Instance || x.spec != p.Action || x.outcome != wanted || p.Code != "" && x.code != p.Code {
			return nil
		}
		for _, side := range []struct {
			args []*check.Arg
			of   map[string]value.Value
		}{{p.In, x.in}, {p.Out, x.out}} {
			for _, a := range side.args {
				var ok bool
				v := side.of[a.Name]
				if x := a.Term.Var; v.IsNull() && x != nil && x.Nullable && !a.Nullable() {
					v = value.Value{} // null means absence
				} else if v.IsNull() && !a.Nullable() {
					v = value.Null
				}
				if e, ok = agree(e, a, v); !ok {
					return nil
				}
			}
		}
		path := slices.ContainsFunc(p.In, func(a *check.Arg) bool { return a.Name == "path" && a.Term.Var == nil && !a.Term.Any })
		method := slices.ContainsFunc(p.In, func(a *check.Arg) bool { return a.Name == "method" })
		if isRequesting(p.Action, "request") && path && !method && !value.Equal(x.in["method"], value.String("POST")) {
			return nil
		}
	}
	return e
}

// agree compares a value with an argument of a pattern, or binds the variable.
func agree(e env, a *check.Arg, v value.Value) (env, bool) {
	switch {
	case a.Term.Any:
		return e, !v.IsNull()
	case a.Term.Var == nil:
		return e, value.Equal(present(v), present(a.Term.Literal))
	case v.IsNull() && !a.Optional:
		return e, false
	}
	if before, ok := e[a.Term.Var]; ok {
		if before.IsUnset() && !v.IsUnset() {
			return e.with(a.Term.Var, v), v.IsNull()
		}
		return e, value.Equal(present(before), present(v))
	}
	return e.with(a.Term.Var, v), true
}

// fire runs a match.
func (o *Oracle) fire(s *check.Sync, chosen []*action) error {
	numbers := make([]int, len(chosen))
	for i, x := range chosen {
		numbers[i] = x.number
	}
	frames, ok := o.frames(s, s.Stages[0].Where, matched(s, chosen), 0)
	if !ok {
		for _, x := range chosen {
			x.handled = true // the fault is how the flow ends
		}
		return nil
	}
	if len(frames) == 0 {
		o.note("dropped %s %v", s.Name, numbers)
		return nil
	}
	o.note("fired %s %v %d", s.Name, numbers, len(frames))
	for _, x := range chosen {
		x.handled = true
	}
	return o.stage(s, 0, frames)
}

// A frame is a result of where: its actions are those of then, or of the line with an else
// that has dropped it.
type frame struct {
	env
	dropped *check.Line
}

// stage asks the actions of the frames of a stage. Each frame runs all later stages before
// the next frame begins.
func (o *Oracle) stage(s *check.Sync, index int, frames []frame) error {
	stage := s.Stages[index]
	for _, f := range frames {
		var done bool
		var err error
		switch {
		case f.dropped != nil:
			_, err = o.then(s, index, f.dropped.Else, &f)
		case stage.Together:
			done, err = o.decide(s, index, stage.Then, &f)
		default:
			done, err = o.then(s, index, stage.Then, &f)
		}
		if err != nil {
			return err
		}
		if !done || index+1 == len(s.Stages) {
			continue
		}
		next, ok := o.frames(s, s.Stages[index+1].Where, f.env, index+1)
		if !ok {
			continue
		}
		o.note("entered %s %d %d", s.Name, index+1, len(next))
		if err := o.stage(s, index+1, next); err != nil {
			return err
		}
	}
	return nil
}

// then asks lines for a frame, to which it adds what they bind. It reports whether it has
// asked all.
func (o *Oracle) then(s *check.Sync, stage int, lines []*check.Ask, f *frame) (bool, error) {
	for _, line := range lines {
		if ok, err := o.line(s, stage, line, f, false); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// line asks a line of then, for each frame of its where if it has one. It reports whether
// the next line is asked. With all, each action must return.
func (o *Oracle) line(s *check.Sync, stage int, line *check.Ask, f *frame, all bool) (bool, error) {
	envs := []*frame{f}
	if len(line.Where) > 0 {
		frames, ok := o.frames(s, line.Where, f.env, -1)
		if !ok {
			return false, nil
		}
		o.note("entered %s %d.%s.%s %d", s.Name, stage, line.Instance.Name, line.Action.Name, len(frames))
		envs = nil
		for i := range frames {
			envs = append(envs, &frames[i])
		}
	}
	for _, own := range envs {
		in, fails := o.inputs(line, own.env)
		switch {
		case fails && (line.Awaited || all):
			return false, nil
		case fails:
			continue // like an action that faults
		}
		x, err := o.ask(line.Instance, line.Action, in)
		if err != nil {
			return false, err
		}
		if !line.Awaited && !all {
			continue
		}
		ok := x.outcome == "returned"
		for _, a := range line.Out {
			if ok {
				own.env, ok = agree(own.env, a, present(x.out[a.Name]))
			}
		}
		if ok {
			continue
		}
		if h := line.Handler(x.code); x.outcome == "refused" && h != nil && !all {
			x.handled = true
			f.env = f.env.with(h.Error, x.out["error"]).with(h.Refusal, x.out["refusal"])
			_, err = o.then(s, stage, h.Asks, f)
		}
		return false, err
	}
	return true, nil
}

// inputs computes the inputs of a line. It reports whether an expression fails.
func (o *Oracle) inputs(line *check.Ask, e env) (in map[string]value.Value, fails bool) {
	in = map[string]value.Value{}
	for _, a := range line.In {
		v, err := o.term(a.Term, e)
		if err != nil {
			o.fault()
			return nil, true
		}
		if v = given(a, v); !v.IsUnset() {
			in[a.Name] = v
		}
	}
	return in, false
}

// decide asks the lines of then together: all return, or none has happened.
func (o *Oracle) decide(s *check.Sync, stage int, lines []*check.Ask, f *frame) (bool, error) {
	before, answer, from := o.World.clone(), o.Answer, len(o.actions)
	o.together = true
	done := true
	var err error
	for _, line := range lines {
		if done, err = o.line(s, stage, line, f, true); err != nil {
			return false, err
		}
		if !done {
			break
		}
	}
	o.together = false
	asked := slices.Clone(o.actions[from:])
	if !done {
		o.World, o.Answer = before, answer
		for _, x := range asked {
			if x.outcome == "returned" {
				x.outcome = "undone"
				o.note("%d undone", x.number)
			}
		}
	}
	for _, x := range asked {
		if err := o.consider(x); err != nil {
			return false, err
		}
	}
	return done, nil
}

func (o *Oracle) fault() {
	o.Faulted = true
	o.note("faulted")
}

// fields writes values by name.
func fields(of map[string]value.Value) string {
	var list []value.Field
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if v := of[name]; !v.IsNull() {
			list = append(list, value.Field{Name: name, Value: v})
		}
	}
	return value.Record(list).String()
}
