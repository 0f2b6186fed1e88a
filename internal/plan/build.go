package plan

import (
	"cmp"
	"fmt"
	"maps"

	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// RequestingConcept is the name of the concept that stands for HTTP.
const RequestingConcept = check.RequestingConcept

// Build returns the plan of a program that was checked without errors.
func Build(p *check.Program) *Plan {
	b := &builder{
		plan:      &Plan{Name: p.Name, Program: p},
		instances: map[*check.Instance]*Instance{},
	}
	for _, name := range slices.Sorted(maps.Keys(p.Instances)) {
		b.instance(p.Instances[name])
	}
	for _, in := range b.plan.Instances {
		if in.Use.Errors != nil {
			b.plan.Errors = &ErrorFormat{in.Use.Errors}
		}
	}
	b.open(p)
	for _, s := range p.Syncs {
		b.sync(s)
	}
	slices.SortFunc(b.plan.Syncs, func(a, b *Sync) int { return cmp.Compare(a.Name, b.Name) })
	for i, s := range b.plan.Syncs {
		s.Index = i
		s.Joins = joins(s.When)
		for n, pattern := range s.When {
			pattern.Action.candidates(pattern.Refused).add(pattern, Ref{s, n})
		}
	}
	b.plan.Routes = routes(b.plan, p)
	return b.plan
}

type builder struct {
	plan      *Plan
	instances map[*check.Instance]*Instance
}

func (b *builder) instance(use *check.Instance) {
	in := &Instance{Name: use.Name, Concept: use.Concept, Use: use}
	b.instances[use] = in
	b.plan.Instances = append(b.plan.Instances, in)
	for _, spec := range use.Concept.Actions {
		a := &Action{Index: len(b.plan.Actions), Instance: in, Name: spec.Name, full: in.Name + "." + spec.Name, Spec: spec, Declared: len(spec.Inputs)}
		for _, p := range spec.Inputs {
			a.Inputs = append(a.Inputs, p.Name)
			a.Secret = append(a.Secret, b.secret(use, spec, p, false))
		}
		for _, p := range spec.Outputs {
			a.Outputs = append(a.Outputs, p.Name)
			a.SecretOut = append(a.SecretOut, b.secret(use, spec, p, true))
		}
		if use.Concept.Name == RequestingConcept {
			switch spec.Name {
			case "request":
				a.Role = Request
			case "respond":
				a.Role = Respond
			}
		}
		in.Actions = append(in.Actions, a)
		b.plan.Actions = append(b.plan.Actions, a)
	}
	for _, spec := range use.Concept.Queries {
		q := &Query{Index: len(b.plan.Queries), Instance: in, Name: spec.Name, Spec: spec}
		for _, p := range spec.Inputs {
			q.Inputs = append(q.Inputs, p.Name)
		}
		for _, p := range spec.Outputs {
			q.Outputs = append(q.Outputs, p.Name)
		}
		in.Queries = append(in.Queries, q)
		b.plan.Queries = append(b.plan.Queries, q)
	}
	tables := map[*check.Set]*Table{}
	for _, set := range use.Concept.Sets {
		t := &Table{Instance: in, Set: set}
		t.Unique = slices.Clone(set.Uniques)
		for i, f := range set.Fields {
			// Concepts look members up by what they belong to.
			if f.Type.Kind == check.Identity {
				t.lookedUp(i)
			}
		}
		tables[set] = t
		in.Tables = append(in.Tables, t)
	}
	for _, spec := range use.Concept.Actions {
		// The runtime looks up which moments have come.
		if t := tables[spec.AtSet]; t != nil {
			t.lookedUp(slices.Index(spec.AtSet.Fields, spec.AtField))
		}
	}
	// A subset comes after its set, in any order of the text.
	var place func(t *Table)
	placed := map[*Table]bool{}
	place = func(t *Table) {
		if placed[t] {
			return
		}
		placed[t] = true
		if t.Set.Of != nil {
			t.Of = tables[t.Set.Of]
			place(t.Of)
		}
		t.Index = len(b.plan.Tables)
		b.plan.Tables = append(b.plan.Tables, t)
	}
	for _, t := range in.Tables {
		place(t)
	}
}

// secret reports whether an input or output is declared Secret, or flows into one that
// is.
func (b *builder) secret(use *check.Instance, spec *check.Action, p *check.Param, out bool) bool {
	return p.Type.Kind == check.Secret || b.plan.Program.Secret[check.Column{Instance: use, Action: spec, Name: p.Name, Out: out}]
}

// open adds to each open action a column for every further name in the program.
func (b *builder) open(p *check.Program) {
	add := func(use *check.Instance, spec *check.Action, args []*check.Arg) {
		if !spec.Open {
			return
		}
		a := b.action(use, spec)
		for _, arg := range args {
			if arg.Param == nil && a.Input(arg.Name) < 0 {
				a.Inputs = append(a.Inputs, arg.Name)
				a.Secret = append(a.Secret, b.plan.Program.Secret[check.Column{Instance: use, Action: spec, Name: arg.Name}])
			}
		}
	}
	for _, s := range p.Syncs {
		for _, w := range s.When {
			add(w.Instance, w.Action, w.In)
		}
		for _, x := range s.Asks() {
			add(x.Instance, x.Action, x.In)
		}
	}
}

func (b *builder) action(use *check.Instance, spec *check.Action) *Action {
	for _, a := range b.instances[use].Actions {
		if a.Spec == spec {
			return a
		}
	}
	panic("plan: an action outside its concept")
}

func (b *builder) query(use *check.Instance, spec *check.Query) *Query {
	for _, q := range b.instances[use].Queries {
		if q.Spec == spec {
			return q
		}
	}
	panic("plan: a query outside its concept")
}

func (b *builder) table(use *check.Instance, set *check.Set) *Table {
	for _, t := range b.instances[use].Tables {
		if t.Set == set {
			return t
		}
	}
	panic("plan: a set outside its concept")
}

func (b *builder) sync(s *check.Sync) {
	out := &Sync{Name: s.Name}
	if s.Tree != nil {
		out.Span = s.Tree.Span
	}
	l := &lowering{builder: b, sync: out, slots: map[*check.Var]int{}, from: map[int]string{}}
	for _, v := range s.Vars {
		l.slot(v)
	}
	for _, w := range s.When {
		out.When = append(out.When, l.pattern(w))
	}
	for _, x := range s.Stages {
		stage := &Stage{Index: len(out.Stages), Where: l.lines(x.Where), Together: x.Together}
		for _, line := range stage.Where {
			line.Place = len(out.Lines)
			out.Lines = append(out.Lines, line)
		}
		stage.Then = l.asks(x.Then)
		out.Stages = append(out.Stages, stage)
	}
	b.plan.Syncs = append(b.plan.Syncs, out)
}

// A lowering replaces the variables of one sync, or of one use of a view in it, by
// slots.
type lowering struct {
	*builder
	sync  *Sync
	slots map[*check.Var]int
	view  bool
	// from has the places in the request from which slots get their values.
	from map[int]string
}

func (l *lowering) slot(v *check.Var) int {
	if i, ok := l.slots[v]; ok {
		return i
	}
	i := len(l.sync.Slots)
	name := v.Name
	if l.view || v.Internal {
		name = ""
	}
	l.sync.Slots = append(l.sync.Slots, name)
	l.sync.Names = append(l.sync.Names, v.Name)
	l.sync.Types = append(l.sync.Types, v.Type)
	l.sync.Secret = append(l.sync.Secret, isSecret(v))
	l.sync.Parts = append(l.sync.Parts, v.Parts)
	absence := NotAbsent
	switch {
	case v.Nullable:
		absence = AbsentIsUnset
	case v.Absent:
		absence = AbsentIsNull
	}
	l.sync.Absence = append(l.sync.Absence, absence)
	l.slots[v] = i
	return i
}

func isSecret(v *check.Var) bool { return v != nil && (v.Secret || v.Type.Kind == check.Secret) }

func (l *lowering) pattern(w *check.Pattern) *Pattern {
	a := l.action(w.Instance, w.Action)
	p := &Pattern{Action: a, Refused: w.Refused}
	if w.Tree != nil {
		p.Span, p.Text = w.Tree.Span, oneLine(w.Tree.Span)
	}
	if w.Refused && w.Code != "" {
		p.Tests = append(p.Tests, Test{Column: Column{true, RefusedCode}, Name: "refusal", Literal: value.String(w.Code)})
	}
	arg := func(x *check.Arg, c Column) {
		switch {
		case x.Term.Any:
			p.Tests = append(p.Tests, Test{Column: c, Name: x.Name, Any: true})
		case x.Term.Var != nil:
			slot := l.slot(x.Term.Var)
			p.Vars = append(p.Vars, Var{Column: c, Name: x.Name, Slot: slot, Optional: x.Optional,
				Nullable: x.Nullable(), Unset: l.sync.Absence[slot] == AbsentIsUnset})
			if a.Role == Request && !c.Out {
				l.from[slot] = x.Name
			}
		default:
			p.Tests = append(p.Tests, Test{Column: c, Name: x.Name, Literal: x.Term.Literal})
		}
	}
	for _, x := range w.In {
		arg(x, Column{false, a.Input(x.Name)})
	}
	for _, x := range w.Out {
		switch {
		case !w.Refused:
			arg(x, Column{true, a.Output(x.Name)})
		case x.Name == "error":
			arg(x, Column{true, RefusedError})
		default:
			arg(x, Column{true, RefusedCode})
		}
	}
	if a.Role == Request && !slices.ContainsFunc(p.Tests, func(t Test) bool { return t.Name == "method" }) &&
		!slices.ContainsFunc(p.Vars, func(v Var) bool { return v.Name == "method" }) && l.path(p) != "" {
		p.Tests = append(p.Tests, Test{Column: Column{false, a.Input("method")}, Name: "method", Literal: value.String("POST")})
	}
	return p
}

// path returns the path that a pattern of requests names, or "".
func (l *lowering) path(p *Pattern) string {
	for _, t := range p.Tests {
		if t.Name == "path" {
			s, _ := t.Literal.Text()
			return s
		}
	}
	return ""
}

// oneLine returns the text of a span with each run of white space as one space.
func oneLine(s source.Span) string { return strings.Join(strings.Fields(s.Text()), " ") }

func (l *lowering) asks(list []*check.Ask) []*Ask {
	var out []*Ask
	for _, x := range list {
		a := l.action(x.Instance, x.Action)
		ask := &Ask{Line: len(l.sync.Asks), Action: a, Awaited: x.Awaited}
		if x.Tree != nil {
			ask.Span, ask.Text = x.Tree.Span, oneLine(x.Tree.Span)
		}
		ask.Where = l.lines(x.Where)
		for _, in := range x.In {
			input := Input{Column: a.Input(in.Name), Name: in.Name, Term: l.term(in.Term), Part: in.Part}
			input.Absent = input.Term.Slot >= 0 && in.Nullable() && l.sync.Absence[input.Term.Slot] == AbsentIsNull
			if input.Secret = a.Secret[input.Column]; input.Secret {
				input.Term.Literal = value.Secret(input.Term.Literal)
			}
			ask.In = append(ask.In, input)
		}
		for _, o := range x.Out {
			ask.Out = append(ask.Out, Output{Column: a.Output(o.Name), Name: o.Name, Term: l.term(o.Term), Binds: o.Binds, Optional: o.Optional, Secret: isSecret(o.Term.Var)})
		}
		l.sync.Asks = append(l.sync.Asks, ask)
		for _, h := range x.Handlers {
			ask.Handlers = append(ask.Handlers, &Handler{Span: h.Tree.Span, Code: h.Code,
				Error: l.slot(h.Error), Refusal: l.slot(h.Refusal), Asks: l.asks(h.Asks)})
		}
		out = append(out, ask)
	}
	return out
}

func (l *lowering) term(t check.Term) Term {
	switch {
	case t.Any:
		return Term{Slot: -1, Any: true}
	case t.Var != nil:
		slot := l.slot(t.Var)
		return Term{Slot: slot, Field: l.from[slot]}
	case t.Expr != nil:
		e := l.expr(t.Expr)
		return Term{Slot: -1, Expr: e, Field: l.only(e)}
	}
	return Term{Slot: -1, Literal: t.Literal}
}

func (l *lowering) expr(e *check.Expr) *Expr {
	if e == nil {
		return nil
	}
	out := &Expr{Text: e.Node.Text, Node: e.Node}
	for i, name := range e.Node.Variables() {
		switch v := e.Vars[i]; {
		case v != nil:
			out.Slots = append(out.Slots, l.slot(v))
		case name == "new":
			out.Slots = append(out.Slots, NewSlot)
		default:
			out.Slots = append(out.Slots, NowSlot)
		}
	}
	if e.Node.Shape().AsksGiven() {
		for _, slot := range out.Slots {
			out.Absent = append(out.Absent, slot >= 0 && l.sync.Absence[slot] == AbsentIsNull)
		}
	}
	for i, slot := range out.Slots {
		if field := l.from[slot]; field != "" {
			out.Fields = append(out.Fields, field+partOf(e.Node.Shape(), e.Node.Variables()[i]))
		}
	}
	return out
}

// partOf returns the part of a variable's value that an expression selects, such as
// ".tags[0]", or "" if it selects several, or the whole.
func partOf(s *expression.Shape, name string) string {
	part, found, several := "", false, false
	var look func(s *expression.Shape, path string)
	look = func(s *expression.Shape, path string) {
		switch {
		case s.Form == expression.VariableForm && s.Name == name:
			several = several || found && part != path
			part, found = path, true
		case s.Form == expression.FieldForm:
			look(s.Parts[0], "."+s.Name+path)
		case s.Form == expression.ItemForm:
			if index, ok := s.Parts[1].Literal.Num(); ok && s.Parts[1].Form == expression.LiteralForm {
				look(s.Parts[0], fmt.Sprintf("[%v]%s", index, path))
				break
			}
			look(s.Parts[0], "")
			look(s.Parts[1], "")
		default:
			for _, p := range s.Parts {
				look(p, "")
			}
		}
	}
	look(s, "")
	if several {
		return ""
	}
	return part
}

// only returns the one place in the request from which an expression is computed, or
// "" if it reads anything else.
func (l *lowering) only(e *Expr) string {
	if len(e.Fields) == 0 || len(e.Fields) < len(e.Slots) {
		return ""
	}
	return e.Fields[0]
}

func (l *lowering) lines(list []*check.Line) []*Line {
	var out []*Line
	for _, x := range list {
		out = append(out, l.line(x))
	}
	return out
}

func (l *lowering) line(x *check.Line) *Line {
	line := &Line{Mode: x.Mode, Place: -1, Seq: l.sync.lines}
	l.sync.lines++
	if x.Tree != nil {
		line.Span, line.Text = x.Tree.Span, oneLine(x.Tree.Span)
	}
	for _, v := range x.Nulls {
		line.Binds = append(line.Binds, l.slot(v))
	}
	if x.Mode == syntax.SomeLine {
		for _, v := range x.Local {
			line.Binds = append(line.Binds, l.slot(v))
		}
	}
	line.If = l.expr(x.If)
	for u := x.Use; u != nil; u = u.Line.Use {
		if line.Use != "" {
			line.Use += ", in "
		}
		line.Use += "view " + u.View + ", used at " + u.Line.Tree.Span.String()
	}
	switch body := x.Body.(type) {
	case *check.QueryLine:
		q := l.query(body.Instance, body.Query)
		op := &QueryOp{Query: q}
		for _, in := range body.In {
			input := Input{Column: index(q.Inputs, in.Name), Name: in.Name, Term: l.term(in.Term)}
			input.Absent = input.Term.Slot >= 0 && in.Nullable() && l.sync.Absence[input.Term.Slot] == AbsentIsNull
			op.In = append(op.In, input)
		}
		for _, o := range body.Out {
			op.Out = append(op.Out, Output{Column: index(q.Outputs, o.Name), Name: o.Name, Term: l.term(o.Term), Binds: o.Binds, Optional: o.Optional, Secret: isSecret(o.Term.Var)})
		}
		line.Query = op
	case *check.FieldLine:
		line.Read = &ReadOp{
			Table: l.table(body.Instance, body.Set), Column: slices.Index(body.Set.Fields, body.Field), Has: body.Has,
			Subject: l.term(body.Subject), Object: l.term(body.Object),
			SubjectBinds: body.SubjectBinds, ObjectBinds: body.ObjectBinds, Secret: isSecret(body.Object.Var),
		}
		if (body.SubjectBinds || body.Subject.Any) && !body.ObjectBinds && !body.Object.Any {
			line.Read.Table.lookedUp(line.Read.Column)
		}
	case *check.MemberLine:
		line.Member = l.member(x, body)
	case *check.ViewLine:
		line.View = l.useView(body)
	case *check.IsLine:
		line.Is = &IsOp{Slot: l.slot(body.Var), Binds: body.Binds, Secret: isSecret(body.Var), Expr: l.expr(body.Expr)}
		if field := l.only(line.Is.Expr); field != "" && body.Binds {
			l.from[line.Is.Slot] = field
		}
	case *check.FilterLine:
		line.Filter = l.expr(body.Expr)
	case *check.FoldLine:
		op := &FoldOp{Slot: l.slot(body.Var), Binds: body.Binds, Secret: isSecret(body.Var), Fold: body.Fold, Lines: l.lines(body.Lines),
			Expr: l.expr(body.Expr), Limit: l.expr(body.Limit), Offset: l.expr(body.Offset), Distinct: body.Distinct}
		for _, k := range body.Order {
			op.Order = append(op.Order, OrderKey{l.expr(k.Expr), k.Desc})
		}
		if body.Page != nil {
			op.Page = l.page(body, op)
		}
		line.Fold = op
	case *check.HasLine:
		line.Has = &HasOp{List: l.expr(body.List), Item: l.term(body.Item), Binds: body.Binds, Secret: isSecret(body.Item.Var)}
		if field := l.only(line.Has.List); field != "" && body.Binds {
			l.from[line.Has.Item.Slot] = field + "[…]"
		}
	case *check.BlockLine:
		line.Block = l.lines(body.Lines)
	default:
		panic("plan: unknown line")
	}
	line.Else = l.asks(x.Else)
	return line
}

// lookedUp notes that members are looked up by a column.
func (t *Table) lookedUp(column int) {
	one := []int{column}
	has := func(list [][]int) bool {
		return slices.ContainsFunc(list, func(x []int) bool { return slices.Equal(x, one) })
	}
	if !has(t.Unique) && !has(t.Indexes) {
		t.Indexes = append(t.Indexes, one)
	}
}

// useView inlines the lines of a view, with slots of their own for this use.
func (l *lowering) useView(use *check.ViewLine) *ViewOp {
	inner := &lowering{builder: l.builder, sync: l.sync, slots: map[*check.Var]int{}, view: true, from: l.from}
	op := &ViewOp{Name: use.View.Name}
	pass := func(params []*check.ViewParam, x *check.Arg, out bool) Pass {
		for _, p := range params {
			if p.Name == x.Name {
				secret := isSecret(p.Var)
				if out {
					secret = isSecret(x.Term.Var)
				}
				return Pass{Name: p.Name, Inner: inner.slot(p.Var), Term: l.term(x.Term), Binds: x.Binds, Optional: x.Optional || p.Optional, Secret: secret}
			}
		}
		panic("plan: a view without this parameter")
	}
	for _, x := range use.In {
		in := pass(use.View.In, x, false)
		if in.Term.Field != "" {
			l.from[in.Inner] = in.Term.Field
		}
		if in.Optional && in.Term.Slot >= 0 {
			l.sync.Absence[in.Inner] = l.sync.Absence[in.Term.Slot]
			in.Unset = l.sync.Absence[in.Inner] == AbsentIsUnset
		}
		op.In = append(op.In, in)
	}
	for _, p := range use.View.In {
		if !slices.ContainsFunc(use.In, func(x *check.Arg) bool { return x.Name == p.Name }) { // optional and not given
			in := Pass{Name: p.Name, Inner: inner.slot(p.Var), Term: Term{Slot: -1, Literal: value.Null}, Optional: true}
			l.sync.Absence[in.Inner] = AbsentIsNull
			op.In = append(op.In, in)
		}
	}
	op.Lines = inner.lines(use.View.Where)
	for _, x := range use.Out {
		op.Out = append(op.Out, pass(use.View.Out, x, true))
	}
	return op
}

// modeWord returns the keyword before a line, with a space.
func modeWord(m syntax.Mode) string {
	if s := m.String(); s != "" {
		return s + " "
	}
	return ""
}
