// Package forms is a concept with every form of specification, to test generated
// code. What goes into its actions comes out again.
package forms

import (
	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// New gives the concept.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is the Go code of one instance of Forming.
type Concept struct{ *State }

// Put keeps what it is given; each name it takes once from an author, who is
// the form itself.
func (c *Concept) Put(ctx legible.Context, in PutIn) (PutOut, error) {
	if len(in.Name) > 10 {
		return PutOut{}, ErrTooLong
	}
	if in.Name == "bent" {
		return PutOut{}, ErrBroken("it has a bend")
	}
	err := c.Forms.Put(ctx, in.Form, FormRow{Author: "author", Name: in.Name, Size: in.Size, Done: in.Done, Day: in.Day,
		Moment: in.Moment, Token: in.Token.Digest(), Extra: in.Extra, Status: FormStatusOpen,
		Labels: in.Labels, Steps: in.Steps, Nickname: "nick " + in.Name})
	if legible.IsTaken(err, "name") {
		return PutOut{}, ErrNameTaken
	}
	return PutOut{in.Form}, err
}

func (c *Concept) Maybe(_ legible.Context, in MaybeIn) (MaybeOut, error) { return MaybeOut(in), nil }

// Change gives the names of the inputs that are given, and of those that are null.
func (c *Concept) Change(_ legible.Context, in ChangeIn) (ChangeOut, error) {
	var out ChangeOut
	note := func(name string, given, null bool) {
		switch {
		case given && null:
			out.Null = append(out.Null, name)
		case given:
			out.Given = append(out.Given, name)
		case !null:
			panic("an absent input has a value")
		}
	}
	note("name", in.Name.Given, in.Name.Value == nil)
	note("size", in.Size.Given, in.Size.Value == nil)
	note("done", in.Done.Given, in.Done.Value == nil)
	note("moment", in.Moment.Given, in.Moment.Value == nil)
	note("token", in.Token.Given, in.Token.Value == nil)
	note("scan", in.Scan.Given, in.Scan.Value == nil)
	note("extra", in.Extra.Given, in.Extra.Value.IsNull())
	note("author", in.Author.Given, in.Author.Value == nil)
	note("mood", in.Mood.Given, in.Mood.Value == nil)
	note("labels", in.Labels.Given, in.Labels.Value == nil)
	note("steps", in.Steps.Given, in.Steps.Value == nil)
	return out, nil
}

// Paint gives the shade and the colors that it is given.
func (c *Concept) Paint(_ legible.Context, in PaintIn) (PaintOut, error) {
	if in.Mood != FormMoodGood && in.Mood != FormMoodBad {
		return PaintOut{}, ErrBroken("it has the mood " + string(in.Mood))
	}
	out := PaintOut{Shade: (*PaintOutShade)(in.Shade)}
	for _, color := range in.Colors {
		out.Colors = append(out.Colors, PaintOutColors(color))
	}
	return out, nil
}

// Collect gives how many items there are in all collections.
func (c *Concept) Collect(_ legible.Context, in CollectIn) (CollectOut, error) {
	n := len(in.Texts) + len(in.Sizes) + len(in.Flags) + len(in.Days) + len(in.Moments) + len(in.Keys) +
		len(in.Scans) + len(in.Extras) + len(in.Authors) + len(in.Forms)
	return CollectOut{float64(n)}, nil
}

func (c *Concept) Clear(legible.Context, ClearIn) error { return nil }

func (c *Concept) OlderForm(_ legible.Context, in OlderFormIn) (OlderFormOut, error) {
	if in.Form == "" {
		return OlderFormOut{}, ErrError("This form is empty.")
	}
	return OlderFormOut(in), nil
}

func (c *Concept) Tick(legible.Context, TickIn) error { return nil }

func (c *Concept) Pass(legible.Context, PassIn) error { return nil }

func (c *Concept) Send(_ legible.Context, in SendIn) (SendOut, error) {
	return SendOut{Scan: in.Scan, Token: legible.SecretOf(string(in.Form))}, nil
}

func (c *Concept) One(ctx legible.Context, in OneIn) (OneOut, error) {
	row, _ := c.Forms.Get(ctx, in.Form)
	return OneOut{Name: row.Name, Labels: row.Labels}, nil
}

func (c *Concept) Optional(ctx legible.Context, in OptionalIn) (OptionalOut, bool, error) {
	row, found := c.Forms.Get(ctx, in.Form)
	return OptionalOut{Note: row.Note}, found, nil
}

func (c *Concept) Many(ctx legible.Context, _ ManyIn) ([]ManyOut, error) {
	var out []ManyOut
	for form, row := range c.Forms.All(ctx) {
		out = append(out, ManyOut{Form: form, Title: row.Name})
	}
	return out, nil
}

func (c *Concept) Kinds(legible.Context, KindsIn) ([]KindsOut, error) { return nil, nil }

func (c *Concept) Silent(ctx legible.Context, _ SilentIn) ([]SilentOut, error) {
	var out []SilentOut
	for editor := range c.Editors.All(ctx) {
		out = append(out, SilentOut{Editor: editor})
	}
	return out, nil
}
