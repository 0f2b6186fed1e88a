package scenario

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/event"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/replay"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A replaying runs recorded flows again on a new store, in the order in which they
// began, with the clock at the time of each. It maps identities of the record to those
// of the second run. Secrets are not in the record: it replaces one that the app
// returned by the one that the app returns now, and one that a client chose by a text.
type replaying struct {
	*world
	folder string
	ids    explain.Identities
	given  []given
}

// replay runs the recorded flows of a folder instead of scenarios.
func (s Suite) replay(t *testing.T, folder string) {
	t.Helper()
	err := replay.Write(folder, func(write func(*replay.Result) error) error { return s.replayed(t.Context(), folder, write) })
	if err != nil {
		t.Fatal(err)
	}
}

func (s Suite) replayed(ctx context.Context, folder string, write func(*replay.Result) error) (err error) {
	flows, err := readRecorded(filepath.Join(folder, replay.Flows))
	if err != nil {
		return err
	}
	program := s.Program()
	if texts := os.Getenv(event.Texts); texts != "" {
		program = program.WithOnly(os.DirFS(texts))
	}
	s.Options.FullRecord = true // differences then show whole values
	w, err := open(ctx, program, s.Options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.app.Close()) }()
	if os.Getenv(event.Effects) == "" {
		if err := reachesOut(w.plan); err != nil {
			return err
		}
	}
	x := &replaying{world: w, folder: folder}
	for i := range flows {
		if err := write(x.flow(&flows[i])); err != nil {
			return err
		}
	}
	return nil
}

// readRecorded reads an export and returns its flows in the order in which they
// began.
func readRecorded(path string) (flows []recorded, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	err = journal.ReadExport(file, func(r journal.Recorded) error {
		entries, err := journal.Read(r.Record)
		if x, ok := opened(r.Flow, entries); err == nil && ok {
			flows = append(flows, x)
		}
		return err
	})
	slices.SortStableFunc(flows, func(a, b recorded) int { return a.begun.Compare(b.begun) })
	return flows, err
}

// reachesOut returns an error if a program has effect actions: a replay must not
// repeat effects by accident.
func reachesOut(p *plan.Plan) error {
	for _, s := range p.Syncs {
		for _, ask := range s.Asks {
			if ask.Action.Spec.Kind == syntax.Effect {
				return fmt.Errorf("sync %s asks the effect action %s, which a replay would run again (%s); --effects allows that, with the Go code that the test passes to its app",
					s.Name, ask.Action.FullName(), ask.Span)
			}
		}
	}
	return nil
}

// flow runs one flow again.
func (x *replaying) flow(r *recorded) *replay.Result {
	told := &replay.Result{Flow: r.id.String(), Begun: r.begun, Request: r.request(x.plan)}
	if d := r.begun.Sub(x.clock.Now()); d != 0 {
		x.clock.advance(d)
	}
	a := x.named(r.action)
	switch {
	case a == nil:
		told.Tree = &explain.Tree{Kind: explain.FlowNode, Title: "the action " + r.action + " no longer exists"}
		return told
	case a.Spec.Kind == syntax.System:
		// The runtime starts it if the state says so.
		if err := x.app.Tick(x.ctx); err != nil {
			told.Left = "starting the actions that are due: " + err.Error()
		} else {
			told.Left = "the runtime started it, so the replay starts the actions that are due instead"
		}
		return told
	}
	in, guessed, err := x.inputs(r, a)
	if err != nil {
		told.Left = err.Error()
		return told
	}
	result, err := x.engine.Run(x.ctx, engine.Opening{Action: a, In: in, ID: r.id})
	if err != nil {
		told.Left = "it could not be run: " + err.Error()
		return told
	}
	now := x.entriesOf(r.id)
	again := explain.RunAgain(x.plan, r.entries, now, &x.ids)
	if result.Answer != nil {
		x.keep(result.Answer.Fields, now)
	}
	if len(again.Differences) == 0 {
		return told
	}
	if guessed != "" && doubted(r.entries, now) {
		told.Left = "its secret " + guessed + " is not in the record, and the value used in its place was refused"
		return told
	}
	told.Tree = again.Tree()
	return told
}

// named finds an action by its full name.
func (x *replaying) named(name string) *plan.Action {
	i := slices.IndexFunc(x.plan.Actions, func(a *plan.Action) bool { return a.FullName() == name })
	if i < 0 {
		return nil
	}
	return x.plan.Actions[i]
}

// inputs returns the inputs of the action for the second run. guessed is the name of
// a secret that a client chose and that inputs had to replace.
func (x *replaying) inputs(r *recorded, a *plan.Action) (in []value.Value, guessed string, err error) {
	in = make([]value.Value, len(a.Inputs))
	wrong := r.declined(x.plan)
	for _, f := range r.in {
		i := a.Input(f.Name)
		if i < 0 {
			continue // nothing in the program names it
		}
		switch {
		case f.Value.HoldsOmitted():
			return nil, "", fmt.Errorf("the value of its field %s is not in the record, only %s; set legible.Options.FullRecord to record whole values", f.Name, f.Value)
		case f.Value.IsSecret() && !a.Secret[i] && !x.secretField(r, f.Name):
			return nil, "", fmt.Errorf("the value of its field %s is not in the record: it was secret, or no sync named the field", f.Name)
		case f.Value.IsSecret() && x.secretParts(r, a, i):
			return nil, "", fmt.Errorf("the value of its field %s is not in the record: %s", f.Name, plan.PartsHidden)
		case f.Value.IsSecret():
			v, made := x.secret(r, f.Name, wrong)
			if in[i] = value.Secret(v); made && !wrong {
				guessed = f.Name
			}
		default:
			in[i] = x.ids.Now(f.Value)
			if err := x.blobs(in[i].Reveal()); err != nil {
				return nil, "", fmt.Errorf("its field %s: %w", f.Name, err)
			}
		}
	}
	return in, guessed, nil
}

// field returns a field of the request on its route. known is false if the request
// has no route.
func (x *replaying) field(r *recorded, name string) (f *plan.Field, known bool) {
	method, path := "", ""
	for _, f := range r.in {
		switch text, _ := f.Value.Text(); f.Name {
		case "method":
			method = text
		case "path":
			path = text
		}
	}
	return x.plan.Routes.Field(method, path, name)
}

// secretField reports whether the field of a request is secret on its route.
func (x *replaying) secretField(r *recorded, name string) bool {
	f, known := x.field(r, name)
	return !known || f != nil && (f.Secret || f.Credential != nil) // without a route there is nothing to compare with
}

// secretParts reports whether an input of an action is hidden because a part of it is
// secret: no text can replace it.
func (x *replaying) secretParts(r *recorded, a *plan.Action, i int) bool {
	if a.Role == plan.Request {
		f, _ := x.field(r, a.Inputs[i])
		return f != nil && f.Parts
	}
	return a.Secret[i] && i < len(a.Spec.Inputs) && a.Spec.Inputs[i].Type.Kind != check.Secret
}

// blobs stores the binary data in a value.
func (x *replaying) blobs(v value.Value) error {
	if b := v.Blob(); b != nil {
		file, err := os.Open(filepath.Join(x.folder, replay.Blobs, hex.EncodeToString(b.Hash[:])))
		if err != nil {
			return errors.New("its binary data no longer exists")
		}
		defer file.Close()
		_, err = x.engine.Store().PutBlob(x.ctx, file, b.Type)
		return err
	}
	for _, item := range v.Items() {
		if err := x.blobs(item); err != nil {
			return err
		}
	}
	for _, f := range v.Fields() {
		if err := x.blobs(f.Value); err != nil {
			return err
		}
	}
	return nil
}

// entriesOf returns the record of a flow of the second run.
func (x *replaying) entriesOf(id value.ID) []journal.Entry {
	for _, f := range x.flows.since(0) {
		if f.id == id {
			return f.entries()
		}
	}
	return nil
}
