package check

import (
	"slices"

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
			u.callers(s.sync, stage.Where)
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
	// caller are the variables that lines give for a credential of the request.
	caller map[*Var]bool
	// exprs are the expressions, in the order of the text.
	exprs []exprUse
}

// An exprUse is an expression with the argument whose value it is, or else the line
// that it belongs to.
type exprUse struct {
	*Expr
	arg  *Arg
	line LineBody
}

func newUses(vars []*Var) *uses {
	return &uses{vars: vars, count: map[*Var]int{}, first: map[*Var]role{}, span: map[*Var]source.Span{}, caller: map[*Var]bool{}}
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
	u.expr(t.Expr, nil)
}

func (u *uses) expr(e *Expr, line LineBody) {
	if e != nil {
		u.exprs = append(u.exprs, exprUse{Expr: e, line: line})
		for _, v := range e.Vars {
			u.note(v, e.Tree.Span, valueInput)
		}
	}
}

func (u *uses) args(args []*Arg, as role) {
	for _, a := range args {
		u.term(a.Term, as)
		if a.Term.Expr != nil {
			u.exprs[len(u.exprs)-1].arg = a
		}
	}
}

func (u *uses) pattern(p *Pattern) {
	for _, a := range p.In {
		as := whenInput
		if p.IsRequest() || a.Param != nil && a.Param.Optional {
			as = needed
		}
		u.term(a.Term, as)
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
		u.expr(l.If, nil)
		switch b := l.Body.(type) {
		case *QueryLine:
			u.args(b.In, valueInput)
			u.args(b.Out, given)
		case *FieldLine:
			u.term(b.Subject, in)
			u.term(b.Object, in)
		case *MemberLine:
			u.term(b.Subject, in)
			if args := b.args(); len(args) > 1 {
				u.args(args, given)
			} else {
				u.args(args, in)
			}
		case *ViewLine:
			from := len(u.exprs)
			u.args(b.In, valueInput)
			for i := from; i < len(u.exprs); i++ {
				u.exprs[i].line = b
			}
			u.args(b.Out, given)
		case *IsLine:
			u.expr(b.Expr, b)
			u.note(b.Var, b.Expr.Tree.Span, in)
		case *FilterLine:
			u.expr(b.Expr, b)
		case *HasLine:
			u.expr(b.List, b)
			u.term(b.Item, in)
		case *BlockLine:
			u.lines(b.Lines, in)
		case *FoldLine:
			inner := boundLine
			if b.Fold == syntax.Count || b.Fold == syntax.Whether {
				inner = localLine
			}
			u.lines(b.Lines, inner)
			u.expr(b.Expr, b)
			for _, k := range b.Order {
				u.expr(k.Expr, b)
			}
			u.expr(b.Limit, b)
			u.expr(b.Offset, b)
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

// callers notes what the lines of a sync give for a credential of its request.
func (u *uses) callers(s *Sync, lines []*Line) {
	credential := map[*Var]bool{}
	for _, p := range s.When {
		for _, a := range p.In {
			if p.IsRequest() && slices.ContainsFunc(p.Instance.Credentials, func(c *Credential) bool { return c.Field == a.Name }) {
				credential[a.Term.Var] = a.Term.Var != nil
			}
		}
	}
	for _, l := range lines {
		var in, out []*Arg
		switch b := l.Body.(type) {
		case *QueryLine:
			in, out = b.In, b.Out
		case *ViewLine:
			in, out = b.In, b.Out
		case *FieldLine, *MemberLine, *IsLine, *FilterLine, *FoldLine, *BlockLine, *HasLine:
		default:
			panic("check: unknown line")
		}
		for _, a := range out {
			u.caller[a.Term.Var] = slices.ContainsFunc(in, func(a *Arg) bool { return credential[a.Term.Var] })
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
		// Misspellings rarely change the first letter; a short similar name is probably
		// another word, and a plural names a list.
		slip = slip && !slices.Contains(names, v.Name) && len(v.Name) > 3 && v.Name[0] == near[0] && !isPlural(v.Name, near)
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
			d.Notes = []string{"a line that uses it may be missing; leave out inputs that nothing needs"}
		case output:
			d.Notes = []string{"a line that uses it may be missing; leave out outputs that nothing needs, as in “: ()”"}
		case boundLine:
			d.Notes = []string{"a line that uses it may be missing; “_” matches any value"}
		case viewInput:
			d.Message = "the input “" + v.Name + "” of the view is never used"
		}
		if u.caller[v] {
			d.Notes = []string{"it is what the credential of the request stands for: a line that relates the data to it is probably missing"}
		}
		if v.Type.Kind == Enum && slices.Contains(v.Type.Constants, v.Name) {
			d.Message += "; write the constant in quotation marks"
			d.Notes = nil
			d.Fix = &diag.Fix{Title: `write "` + v.Name + `"`, Edits: []diag.Edit{{Span: v.Span, Text: `"` + v.Name + `"`}}}
		} else if slip {
			d.Message += "; did you mean “" + near + "”?"
		}
		c.add(d)
	}
}
