package history

import (
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// An Action is one action of a flow.
type Action struct {
	ID   journal.ActionID
	Name string       // "Sessioning.create"
	Spec *plan.Action // nil if the plan has no such action

	// Given and Gave are the recorded inputs and outputs, by name.
	Given, Gave []value.Field
	// In has a value for each input of Spec, unset if none was given. Out has one
	// for each output, or the sentence and code of a refusal. Both are nil without
	// Spec, except for a refusal.
	In, Out []value.Value
	Further []string // the names of given fields that aren't inputs

	Outcome journal.Outcome
	Seq     int              // order of completion, from 1; 0 while the action is pending
	Code    string           // of a refusal
	Text    string           // the sentence of a refusal or text of a fault
	Tries   []*journal.Entry // of an effect action: failed tries, and decisions

	By        *Match    // the firing that asked it, nil for the opening action
	Line      *plan.Ask // the line that asked it, nil if the plan lacks it
	Completed []*Match  // the matches that its end completed, in order
	Firings   []*Match  // the firings that matched it
	Broken    bool      // a sync that matched it faulted in its where
}

func (a *Action) given() {
	if a.Spec != nil {
		a.In = make([]value.Value, len(a.Spec.Inputs))
	}
	for _, f := range a.Given {
		i := -1
		if a.Spec != nil {
			i = a.Spec.Input(f.Name)
		}
		if i < 0 || !a.In[i].IsUnset() {
			a.Further = append(a.Further, f.Name)
			continue
		}
		a.In[i] = f.Value
	}
}

func (a *Action) completed(e *journal.Entry) {
	a.Outcome, a.Code, a.Text, a.Gave = e.Outcome, e.Code, e.Text, e.Out
	switch {
	case e.Outcome == journal.Refused:
		a.Out = []value.Value{plan.RefusedError: value.String(e.Text), plan.RefusedCode: value.String(e.Code)}
	case a.Spec != nil:
		a.Out = make([]value.Value, len(a.Spec.Outputs))
		for _, f := range e.Out {
			if i := a.Spec.Output(f.Name); i >= 0 {
				a.Out[i] = f.Value
			}
		}
	}
}

// Is reports whether the action has a role, such as Requesting.request.
func (a *Action) Is(role plan.Role) bool { return a.Spec != nil && a.Spec.Role == role }

// Unhandled reports whether the action was refused and nothing handled that: no sync that
// matched it fired or faulted, and its line has no else for it.
func (a *Action) Unhandled() bool {
	return a.Outcome == journal.Refused && len(a.Firings) == 0 && !a.Broken && a.Handler() == nil
}

// Late reports whether the action is an answer that was given after the client had been told
// to wait (202).
func (a *Action) Late() bool {
	for _, f := range a.Gave {
		if is, _ := f.Value.Bool(); f.Name == journal.LateField && is {
			return true
		}
	}
	return false
}

// Label is the name with the id, which is unique in the flow.
func (a *Action) Label() string { return a.Name + " " + a.ID.String() }

// Input returns the input of a name, unset if not given.
func (a *Action) Input(name string) value.Value {
	for _, f := range a.Given {
		if f.Name == name {
			return f.Value
		}
	}
	return value.Value{}
}

// Column returns the action's value in a column, unset if it has none.
func (a *Action) Column(c plan.Column) value.Value {
	list := a.In
	if c.Out {
		list = a.Out
	}
	if c.Index < 0 || c.Index >= len(list) {
		return value.Value{}
	}
	return list[c.Index]
}

// ColumnName names a column.
func (a *Action) ColumnName(c plan.Column) string {
	switch {
	case a.Spec == nil || c.Index < 0:
		return "a value"
	case !c.Out && c.Index < len(a.Spec.Inputs):
		return a.Spec.Inputs[c.Index]
	case c.Out && a.Outcome == journal.Refused && c.Index == plan.RefusedCode:
		return "refusal"
	case c.Out && a.Outcome == journal.Refused:
		return "error"
	case c.Out && c.Index < len(a.Spec.Outputs):
		return a.Spec.Outputs[c.Index]
	}
	return "a value"
}

// ColumnType returns the declared type of a column, or the zero Type if there is
// none.
func (a *Action) ColumnType(c plan.Column) check.Type {
	if a.Spec == nil || a.Spec.Spec == nil || c.Index < 0 {
		return check.Type{}
	}
	list := a.Spec.Spec.Inputs
	if c.Out {
		if a.Outcome == journal.Refused {
			return check.Type{}
		}
		list = a.Spec.Spec.Outputs
	}
	if c.Index >= len(list) {
		return check.Type{}
	}
	return list[c.Index].Type
}

// Handler returns the else below the action's line that handled its refusal, nil if
// there is none.
func (a *Action) Handler() *plan.Handler {
	if a == nil || a.Outcome != journal.Refused || a.Line == nil {
		return nil
	}
	return a.Line.Handler(a.Code)
}

// RefusalAbout returns the field that the action's refusal is about, "" if there is
// none.
func (a *Action) RefusalAbout() string {
	if a.Spec != nil {
		if r := a.Spec.Spec.Refusal(a.Code); r != nil {
			return r.About
		}
	}
	return ""
}

// RefusalKind returns the kind of the action's refusal, such as "missing". It
// is "invalid" if the plan does not contain the refusal.
func (a *Action) RefusalKind() string {
	if a.Spec != nil {
		for _, r := range a.Spec.Spec.Refusals {
			if r.Code == a.Code {
				return r.Kind
			}
		}
	}
	return "invalid"
}
