package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// lostRows reports lines that only read a value that may be absent, for the result of a
// fold. If it is absent the frame is dropped, and the row is missing without a word. A
// line whose value decides something else is a filter, and intended.
func (c *checker) lostRows() {
	r := &rowReader{c: c, reported: map[*Line]bool{}, views: map[*View][]lossyLine{}}
	for _, v := range c.viewOrder {
		if v.ok {
			r.folds(v.view.Where)
		}
	}
	for _, s := range c.syncOrder {
		if !s.ok {
			continue
		}
		for _, stage := range s.sync.Stages {
			r.folds(stage.Where)
			for _, a := range stage.Then {
				r.folds(a.Where)
			}
		}
	}
}

type rowReader struct {
	c        *checker
	reported map[*Line]bool
	views    map[*View][]lossyLine
}

// A lossyLine is a line that drops the frame if a value is absent.
type lossyLine struct {
	line   *Line
	values []*Var // that it binds
	reason string // why it may give nothing
	// among is set if a view shows the value next to others in one of its outputs.
	among bool
	// member is set if the value is absent only if a member does not exist. That is a
	// reason to report the line only if an expression expects null.
	member bool
	tested bool // an expression of the view expects null
	// mark is the place after the name of an output or field that takes “?”; without it
	// the line takes “maybe”.
	mark source.Span
	// inside is the line of a view that has no other line, in place of which its use is
	// reported.
	inside *lossyLine
	// uses are the uses of the views that have the line among others.
	uses []*Line
}

// folds looks at the folds among some lines and inside of them.
func (r *rowReader) folds(lines []*Line) {
	for _, l := range lines {
		if b, ok := l.Body.(*FoldLine); ok && l.Mode == syntax.PlainLine {
			r.fold(b)
		}
		r.folds(l.Inner())
	}
}

func (r *rowReader) fold(b *FoldLine) {
	decides := deciding(b.Lines)
	for _, x := range r.lossy(b.Lines) {
		tested := slices.ContainsFunc(x.values, func(v *Var) bool { return nullTested(expressionsOf(b.Expr, b.Lines), v) })
		only := !slices.ContainsFunc(x.values, func(v *Var) bool { return decides[v] }) && resultNeeds(b, x)
		if tested || x.tested || only && !x.member {
			r.report(b, x)
		}
	}
}

// resultNeeds reports whether the result of a fold shows values next to others. A list
// of the values themselves lacks nothing, and sums, minima and maxima are without nulls.
func resultNeeds(b *FoldLine, x lossyLine) bool {
	if b.Expr == nil || b.Fold != syntax.Each && b.Fold != syntax.First {
		return false
	}
	shown := b.Expr.Variables()
	for again := true; again; {
		again = false
		for _, l := range b.Lines {
			if is, ok := l.Body.(*IsLine); ok && is.Binds && slices.Contains(shown, is.Var) {
				for _, v := range is.Expr.Variables() {
					if !slices.Contains(shown, v) {
						shown, again = append(shown, v), true
					}
				}
			}
		}
	}
	mine := func(v *Var) bool { return slices.Contains(x.values, v) }
	return slices.ContainsFunc(shown, mine) && (x.among || slices.ContainsFunc(shown, func(v *Var) bool { return !mine(v) }))
}

// nullTested reports whether an expression of a fold treats a variable as if it could be
// null.
func nullTested(exprs []*Expr, v *Var) bool {
	return slices.ContainsFunc(exprs, func(e *Expr) bool {
		return e != nil && slices.Contains(e.Vars, v) && testsNull(e.Node.Shape(), v.Name)
	})
}

// expressionsOf returns the expression of a fold, which may be nil, and those of its
// lines.
func expressionsOf(e *Expr, lines []*Line) []*Expr {
	list := []*Expr{e}
	for _, l := range lines {
		list = append(list, l.If)
		if x, ok := l.Body.(*FilterLine); ok {
			list = append(list, x.Expr)
		}
		if x, ok := l.Body.(*IsLine); ok {
			list = append(list, x.Expr)
		}
	}
	return list
}

func testsNull(s *expression.Shape, name string) bool {
	if s.Form == expression.BinaryForm {
		switch s.Name {
		case "??":
			return pathOf(s.Parts[0]) == name || testsNull(s.Parts[1], name)
		case "==", "!=":
			for i := range 2 {
				if pathOf(s.Parts[i]) == name && s.Parts[1-i].Form == expression.LiteralForm && s.Parts[1-i].Literal.IsNull() {
					return true
				}
			}
		}
	}
	return slices.ContainsFunc(s.Parts, func(p *expression.Shape) bool { return testsNull(p, name) })
}

// lossy returns the lossy lines among some lines.
func (r *rowReader) lossy(lines []*Line) []lossyLine {
	var list []lossyLine
	for _, l := range lines {
		if l.Mode == syntax.PlainLine && l.If == nil && !presenceStated(lines, l) {
			list = append(list, r.lossyLines(l)...)
		}
	}
	return list
}

// lossyLines returns the ways in which a line is lossy.
func (r *rowReader) lossyLines(l *Line) []lossyLine {
	var list []lossyLine
	absent := func(v *Var, name string, a *Arg) {
		list = append(list, lossyLine{line: l, values: []*Var{v}, reason: "“" + name + "” may be absent", mark: afterName(a)})
	}
	switch b := l.Body.(type) {
	case *FieldLine:
		if b.Field.Optional && !b.Has && !b.SubjectBinds && b.ObjectBinds && b.Object.Var != nil {
			list = append(list, lossyLine{line: l, values: []*Var{b.Object.Var}, reason: "“" + b.Field.Name + "” is optional"})
		}
	case *MemberLine:
		for _, f := range b.Fields {
			if f.Binds && !f.Optional && f.Field.Optional && f.Field.Many == syntax.One && f.Term.Var != nil {
				absent(f.Term.Var, f.Name, f.Arg)
			}
		}
	case *QueryLine:
		for _, a := range b.Out {
			if a.Binds && !a.Optional && a.Param != nil && a.Param.Optional {
				absent(a.Term.Var, a.Name, a)
			}
		}
		if b.Query.Rows == syntax.OptionalRow && onlyBinds(b.Out) {
			list = append(list, lossyLine{line: l, values: variablesOf(b.Out), member: asksMember(b), reason: "“" + b.Query.Name + "” may give no row"})
		}
	case *ViewLine:
		if !onlyBinds(b.Out) {
			break
		}
		for _, inner := range r.inView(b.View) {
			x := lossyLine{line: l, reason: inner.reason, member: inner.member, among: inner.among, tested: inner.tested, inside: &inner}
			if len(b.View.Where) > 1 {
				x = inner
				x.values, x.uses = nil, append(slices.Clone(inner.uses), l)
			}
			for _, a := range b.Out {
				if a.Term.Var != nil && slices.ContainsFunc(b.View.Out, func(p *ViewParam) bool { return p.Name == a.Name && slices.Contains(inner.values, p.Var) }) {
					x.values = append(x.values, a.Term.Var)
				}
			}
			list = append(list, x)
		}
		for _, a := range b.Out {
			i := slices.IndexFunc(b.View.Out, func(p *ViewParam) bool { return p.Name == a.Name })
			if i >= 0 && a.Binds && !a.Optional && !b.View.Out[i].Always {
				absent(a.Term.Var, a.Name, a)
			}
		}
	case *IsLine, *FilterLine, *FoldLine, *BlockLine, *HasLine:
	default:
		panic("check: unknown line")
	}
	return list
}

// inView returns the lossy lines of a view whose values are only outputs.
func (r *rowReader) inView(v *View) []lossyLine {
	if list, ok := r.views[v]; ok {
		return list
	}
	r.views[v] = nil
	decides := deciding(v.Where)
	exprs := expressionsOf(nil, v.Where)
	var list []lossyLine
	for _, x := range r.lossy(v.Where) {
		x.tested = x.tested || slices.ContainsFunc(x.values, func(v *Var) bool { return nullTested(exprs, v) })
		if x.tested || !slices.ContainsFunc(x.values, func(v *Var) bool { return decides[v] }) {
			list = append(list, x.derived(v.Where))
		}
	}
	r.views[v] = list
	return list
}

// derived adds the variables that lines compute from the values of a lossy line.
func (x lossyLine) derived(lines []*Line) lossyLine {
	x.values = slices.Clone(x.values)
	for _, l := range lines {
		b, ok := l.Body.(*IsLine)
		if !ok || !b.Binds {
			continue
		}
		in := b.Expr.Variables()
		mine := func(v *Var) bool { return slices.Contains(x.values, v) }
		if slices.ContainsFunc(in, mine) {
			x.among = x.among || slices.ContainsFunc(in, func(v *Var) bool { return !mine(v) })
			x.values = append(x.values, b.Var)
		}
	}
	return x
}

// neverNull reports “?” after an output of a view that is never null. If a line of the
// view drops the frame where the value is absent, that line may be the cause.
func neverNull(v *View, p *ViewParam, a *Arg) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.MisplacedOptional, Span: a.Tree.Span, Notes: []string{alwaysGiven},
		Message: "the output “" + p.Name + "” of the view “" + v.Name + "” is never null"}
	r := &rowReader{views: map[*View][]lossyLine{}}
	for _, x := range r.lossy(v.Where) {
		if slices.Contains(x.values, p.Var) {
			for x.inside != nil {
				x = *x.inside
			}
			d.Related = []diag.Related{{Span: d.Span, Message: "“?” here expects null"}}
			d.Span = x.line.Tree.Span
			d.Message += ": this line drops the frame instead, since " + x.reason
			d.Notes = []string{"write “maybe” before this line, or leave out “?” where the view is used"}
		}
	}
	return d
}

// asksMember reports whether a query asks about a member of a set of its own concept: it
// gives a row if the member exists.
func asksMember(b *QueryLine) bool {
	return slices.ContainsFunc(b.In, func(a *Arg) bool {
		return a.Param != nil && a.Param.Type.Kind == Identity && slices.ContainsFunc(b.Instance.Concept.Sets, func(s *Set) bool {
			return s.Name == a.Param.Type.Name && !slices.Contains(b.Instance.Concept.Params, s.Name)
		})
	})
}

// presenceStated reports whether another line states that the value exists that a line
// reads.
func presenceStated(lines []*Line, l *Line) bool {
	b, ok := l.Body.(*FieldLine)
	return ok && slices.ContainsFunc(lines, func(x *Line) bool {
		o, ok := x.Body.(*FieldLine)
		return ok && x != l && o.Instance == b.Instance && o.Field == b.Field && o.Subject.Var == b.Subject.Var &&
			(x.Mode == syntax.SomeLine || x.Mode == syntax.PlainLine && !o.ObjectBinds)
	})
}

func onlyBinds(out []*Arg) bool {
	return len(out) > 0 && !slices.ContainsFunc(out, func(a *Arg) bool { return !a.Binds })
}

// deciding returns the variables that decide which frames there are.
func deciding(lines []*Line) map[*Var]bool {
	set := map[*Var]bool{}
	add := func(list []*Var) {
		for _, v := range list {
			set[v] = true
		}
	}
	for again := true; again; {
		before := len(set)
		for _, l := range lines {
			add(l.If.Variables())
			in, out, reads := readOf(l)
			if !reads || slices.ContainsFunc(out, func(v *Var) bool { return set[v] }) {
				add(in)
			}
		}
		again = len(set) > before
	}
	return set
}

// readOf returns what a line needs and binds, and reports whether it only reads: then
// it gives at most one frame, and compares nothing.
func readOf(l *Line) (in, out []*Var, reads bool) {
	if l.isTest() {
		return l.Variables(), nil, false
	}
	switch b := l.Body.(type) {
	case *FieldLine:
		in, out = b.Subject.Variables(), b.Object.Variables()
		reads = !b.Has && !b.SubjectBinds && b.ObjectBinds
		if !reads && !b.ObjectBinds {
			in = append(in, out...)
		}
	case *MemberLine:
		in = b.Subject.Variables()
		reads = true
		for _, f := range b.Fields {
			if f.Binds {
				out = append(out, f.Term.Variables()...)
			} else {
				in = append(in, f.Term.Variables()...)
			}
		}
	case *QueryLine:
		in, reads = variablesOf(b.In), b.Query.Rows != syntax.ManyRows
		for _, a := range b.Out {
			if a.Binds {
				out = append(out, a.Term.Variables()...)
			} else {
				in = append(in, a.Term.Variables()...)
			}
		}
	case *ViewLine:
		in, out, reads = variablesOf(b.In), variablesOf(b.Out), onlyBinds(b.Out)
	case *IsLine:
		in, out, reads = b.Expr.Variables(), []*Var{b.Var}, b.Binds
		if !reads {
			in = append(in, b.Var)
		}
	case *FoldLine:
		in, out, reads = l.Variables(), []*Var{b.Var}, b.Binds
	case *FilterLine, *BlockLine, *HasLine:
		in = l.Variables()
	default:
		panic("check: unknown line")
	}
	return in, out, reads
}

// report reports a line that leaves out rows of a fold.
func (r *rowReader) report(b *FoldLine, x lossyLine) {
	span := x.line.Tree.Span
	if r.reported[x.line] || slices.ContainsFunc(r.c.diags, func(d diag.Diagnostic) bool { return d.Span == span }) {
		return
	}
	r.reported[x.line] = true
	d := diag.Diagnostic{Code: diag.LostRows, Severity: diag.Warning, Span: span,
		Message: "“" + b.Var.Name + "” lacks the rows for which this line gives nothing: " + x.reason}
	for _, l := range x.uses {
		d.Related = append(d.Related, diag.Related{Span: l.Tree.Span, Message: "the view is used here"})
	}
	d.Related = append(d.Related, diag.Related{Span: b.Var.Span, Message: "the result is made here"})
	at := x.mark
	write, text := "“?” after the name", "?"
	if !at.Known() {
		at, write, text = source.Span{File: span.File, Start: span.Start, End: span.Start}, "“maybe” before the line", "maybe "
	}
	if x.inside != nil {
		d.Related = append(d.Related, diag.Related{Span: x.inside.line.Tree.Span, Message: "this line of the view gives nothing then"})
	}
	d.Notes = []string{"write " + write + ", so that the row has null; if these rows are to be left out, say so in a line of its own, such as “some …”"}
	if len(x.uses) > 0 {
		d.Notes = append(d.Notes, "the uses of the view then take the value with “?” after its name")
	} else if !slices.ContainsFunc(x.values, func(v *Var) bool { return strictly(b, v) }) {
		d.Fix = &diag.Fix{Title: "write " + strings.TrimSpace(text), Edits: []diag.Edit{{Span: at, Text: text}}}
	}
	r.c.add(d)
}

// strictly reports whether the fold computes something with a variable for which it
// must have a value.
func strictly(b *FoldLine, v *Var) bool {
	return slices.ContainsFunc(expressionsOf(b.Expr, b.Lines), func(e *Expr) bool {
		return e != nil && slices.Contains(e.Vars, v) && needsValue(e.Node.Shape(), v.Name)
	})
}

func needsValue(s *expression.Shape, name string) bool {
	if testsNull(s, name) {
		return false
	}
	for _, p := range s.Parts {
		if p.Form == expression.VariableForm && p.Name == name && s.Form != expression.RecordForm && s.Form != expression.ListForm {
			return true
		}
		if needsValue(p, name) {
			return true
		}
	}
	return false
}

// afterName returns the place after the name of an argument.
func afterName(a *Arg) source.Span {
	span := a.Tree.Name.Span
	span.Start = span.End
	return span
}
