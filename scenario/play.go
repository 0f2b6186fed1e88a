package scenario

import (
	"context"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/syntax"
)

// A Played is a step of a scenario that was played, for packages of this module.
type Played struct {
	Plan    *plan.Plan
	Step    *syntax.Step
	Status  int               // of the answer; 0 if the step sends no request
	Body    string            // of the answer
	Flows   [][]journal.Entry // the flows that the step started
	Failure *Failure          // nil if the step ended as expected
}

// Play is for packages of this module. It plays one scenario of a program on a new app,
// up to its first failure, and passes each step to a function.
func Play(ctx context.Context, _ private.Access, program *legible.Program, o legible.Options, choose func(*check.Program) *syntax.Scenario, each func(Played)) error {
	w, err := open(ctx, program, o)
	if err != nil {
		return err
	}
	for _, step := range choose(w.plan.Program).Steps {
		before := w.flows.count()
		w.answer = answer{}
		f := w.next(step)
		p := Played{Plan: w.plan, Step: step, Status: w.answer.status, Body: w.answer.body, Failure: f}
		for _, flow := range w.flows.since(before) {
			p.Flows = append(p.Flows, flow.entries())
		}
		each(p)
		if f != nil {
			break
		}
	}
	return w.app.Close()
}
