package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// unused reports variables that occur only once and whose name has no effect. Often
// they are misspelt.
func (c *checker) unused() {
	for _, v := range c.viewOrder {
		if !v.ok {
			continue
		}
		u := newUses(v.view.Vars)
		for _, p := range v.view.In {
			u.note(p.Var, p.Var.Span, viewInput)
		}
		for _, p := range v.view.Out {
			u.note(p.Var, p.Var.Span, needed)
		}
		u.lines(v.view.Where, boundLine)
		c.reportUnused(u)
	}
	for _, s := range c.syncOrder {
		if !s.ok {
			continue
		}
		u := newUses(s.sync.Vars)
		for _, p := range s.sync.When {
			u.pattern(p)
		}
		for _, stage := range s.sync.Stages {
			u.lines(stage.Where, boundLine)
			u.asks(stage.Then)
		}
		c.reportUnused(u)
	}
}

// A role is what a variable does at its first occurrence.
type role int

const (
	needed     role = iota // its name has an effect: a field that a request must have
	whenInput              // an input of a pattern that is no request
	output                 // an output of a pattern
	awaited                // an output in then or else, which awaits the action
	boundLine              // bound by a line of where
	localLine              // the same where only the number of frames counts: "no", count
	viewInput              // a parameter of a view
	valueInput             // used in a value
)

// uses counts the occurrences of the variables of a sync or view.
type uses struct {
	vars  []*Var
	count map[*Var]int
	first map[*Var]role
	span  map[*Var]source.Span
	edit  map[*Var]*diag.Edit // removes the variable, nil if that is not enough
}

func newUses(vars []*Var) *uses {
	return &uses{vars: vars, count: map[*Var]int{}, first: map[*Var]role{}, span: map[*Var]source.Span{}, edit: map[*Var]*diag.Edit{}}
}

func (u *uses) note(v *Var, span source.Span, as role) {
	if v == nil {
		return
	}
	if u.count[v] == 0 {
		u.first[v], u.span[v] = as, span
	}
	u.count[v]++
}

func (u *uses) term(t Term, as role) {
	u.note(t.Var, t.Span, as)
	u.expr(t.Expr)
}

func (u *uses) expr(e *Expr) {
	if e != nil {
		for _, v := range e.Vars {
			u.note(v, e.Tree.Span, valueInput)
		}
	}
}

func (u *uses) args(args []*Arg, as role) {
	for i := range args {
		u.arg(args, i, as)
	}
}

func (u *uses) arg(args []*Arg, i int, as role) {
	if v := args[i].Term.Var; v != nil && u.count[v] == 0 && (as == whenInput || as == output) {
		u.edit[v] = leaveOut(args, i)
	}
	u.term(args[i].Term, as)
}

// leaveOut returns the edit that removes an argument from its list, nil if it would
// remove something else too.
func leaveOut(args []*Arg, i int) *diag.Edit {
	span := args[i].Tree.Span
	switch {
	case i > 0:
		span.Start = args[i-1].Tree.Span.End
	case len(args) > 1:
		span.End = args[1].Tree.Span.Start
	}
	after := strings.TrimSpace(span.File.Text[args[i].Tree.Span.End:])
	if strings.Contains(span.Text(), "#") || i == len(args)-1 && strings.HasPrefix(after, ",") {
		return nil
	}
	return &diag.Edit{Span: span}
}

// anything gives the edit that writes "_" for a variable.
func (u *uses) anything(t Term, as role) {
	if v := t.Var; v != nil && u.count[v] == 0 && as == boundLine {
		u.edit[v] = &diag.Edit{Span: t.Span, Text: "_"}
	}
}

func (u *uses) pattern(p *Pattern) {
	for i, a := range p.In {
		as := whenInput
		if p.IsRequest() || a.Param != nil && a.Param.Optional {
			as = needed
		}
		u.arg(p.In, i, as)
	}
	if p.IsRequest() || p.Refused {
		// The name of a request is useful to readers even if the sync does not
		// answer it, and to name the error is to match the refusal.
		u.args(p.Out, needed)
		return
	}
	u.args(p.Out, output)
}

func (u *uses) asks(list []*Ask) {
	for _, a := range list {
		u.lines(a.Where, boundLine)
		u.args(a.In, valueInput)
		for _, h := range a.Handlers {
			u.note(h.Error, h.Tree.Span, needed)
			u.note(h.Refusal, h.Tree.Span, needed)
			u.asks(h.Asks)
		}
		u.args(a.Out, awaited)
	}
}

func (u *uses) lines(list []*Line, as role) {
	for _, l := range list {
		in := as
		if l.isTest() {
			in = localLine
		}
		given := in
		if in == boundLine {
			given = output
		}
		u.asks(l.Else)
		u.expr(l.If)
		switch b := l.Body.(type) {
		case *QueryLine:
			u.args(b.In, valueInput)
			u.args(b.Out, given)
		case *FieldLine:
			u.anything(b.Subject, in)
			u.term(b.Subject, in)
			u.anything(b.Object, in)
			u.term(b.Object, in)
		case *MemberLine:
			if len(b.Fields) > 0 {
				u.anything(b.Subject, in)
			}
			u.term(b.Subject, in)
			if args := b.args(); len(args) > 1 {
				u.args(args, given)
			} else {
				u.args(args, in)
			}
		case *ViewLine:
			u.args(b.In, valueInput)
			u.args(b.Out, given)
		case *IsLine:
			u.expr(b.Expr)
			u.note(b.Var, b.Expr.Tree.Span, in)
		case *FilterLine:
			u.expr(b.Expr)
		case *HasLine:
			u.expr(b.List)
			u.anything(b.Item, in)
			u.term(b.Item, in)
		case *BlockLine:
			u.lines(b.Lines, in)
		case *FoldLine:
			inner := boundLine
			if b.Fold == syntax.Count || b.Fold == syntax.Whether {
				inner = localLine
			}
			u.lines(b.Lines, inner)
			u.expr(b.Expr)
			for _, k := range b.Order {
				u.expr(k.Expr)
			}
			u.expr(b.Limit)
			u.expr(b.Offset)
			u.note(b.Var, b.Var.Span, in)
			if b.Page != nil {
				u.args(b.Page.In, valueInput)
				if v := b.Page.Next; v != nil {
					u.note(v, v.Span, in)
				}
			}
		default:
			panic("check: unknown line")
		}
	}
}

func (c *checker) reportUnused(u *uses) {
	var names []string
	for _, v := range u.vars {
		if u.count[v] > 1 || u.first[v] == needed {
			names = append(names, v.Name)
		}
	}
	for _, v := range u.vars {
		if u.count[v] != 1 {
			continue
		}
		near, slip := diag.Nearest(v.Name, names)
		// Misspellings rarely change the first letter, and a short similar name is
		// probably another word.
		slip = slip && !slices.Contains(names, v.Name) && len(v.Name) > 3 && v.Name[0] == near[0]
		d := diag.Diagnostic{Code: diag.Unused, Severity: diag.Warning, Span: v.Span,
			Message: "“" + v.Name + "” is bound but never used"}
		switch u.first[v] {
		case needed, valueInput:
			continue
		case localLine, awaited:
			if !slip {
				continue
			}
		case whenInput:
			d.Notes = []string{"leave out inputs that are not used"}
		case output:
			d.Notes = []string{"leave out outputs that are not used, as in “: ()”"}
		case boundLine:
			d.Notes = []string{"“_” matches any value"}
		case viewInput:
			d.Message = "the input “" + v.Name + "” of the view is never used"
		}
		if v.Type.Kind == Enum && slices.Contains(v.Type.Constants, v.Name) {
			d.Message += "; write the constant in quotation marks"
			d.Notes = nil
			d.Fix = &diag.Fix{Title: `write "` + v.Name + `"`, Edits: []diag.Edit{{Span: v.Span, Text: `"` + v.Name + `"`}}}
		} else if slip {
			d.Message += "; did you mean “" + near + "”?"
		} else if e := u.edit[v]; e != nil {
			d.Fix = &diag.Fix{Title: "leave it out", Edits: []diag.Edit{*e}}
			if e.Text != "" {
				d.Fix.Title = "write " + e.Text
			}
		}
		c.add(d)
	}
}
