package plan

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// Print writes the plan so that a person can compare it with the text: the concepts
// with their columns and tables, the routes with their fields, how an action finds its
// patterns, and for each sync the slots, the joins and what its lines do. Variables
// are written $name, with a prime for each variable of the same name. The output is
// deterministic.
func (p *Plan) Print(w io.Writer) error {
	out := &printer{}
	out.line(0, "plan %s", cmp.Or(p.Name, "without an app"))
	out.instances(p)
	out.routes(p.Routes)
	out.candidates(p)
	for _, s := range p.Syncs {
		out.sync(s)
	}
	if _, err := io.WriteString(w, out.text.String()); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	return nil
}

// A printer collects the lines of a plan.
type printer struct {
	text  strings.Builder
	slots []string // of the sync that is being printed, as they are shown
}

func (o *printer) line(level int, format string, args ...any) {
	o.text.WriteString(strings.Repeat("    ", level))
	fmt.Fprintf(&o.text, format, args...)
	o.text.WriteByte('\n')
}

func (o *printer) instances(p *Plan) {
	for _, in := range p.Instances {
		title := "concept " + in.Name
		if in.Concept.Name != in.Name {
			title += " (" + in.Concept.Name + ")"
		}
		o.text.WriteByte('\n')
		o.line(0, "%s", title)
		for _, t := range in.Tables {
			o.table(t)
		}
		for _, a := range in.Actions {
			inputs := append(params(a.Spec.Inputs), a.Inputs[a.Declared:]...)
			kind := "action"
			if s := a.Spec.Kind.String(); s != "" {
				kind = s + " action"
			}
			o.line(1, "%s %s (%s) : (%s)", kind, a.Name, strings.Join(inputs, ", "), strings.Join(params(a.Spec.Outputs), ", "))
			for _, r := range a.Spec.Refusals {
				o.line(2, "refuses %s as %s", r.Code, r.Kind)
			}
		}
		for _, q := range in.Queries {
			o.line(1, "query %s (%s) : %s (%s)", q.Name, strings.Join(params(q.Spec.Inputs), ", "),
				q.Spec.Rows, strings.Join(params(q.Spec.Outputs), ", "))
		}
	}
}

func params(list []*check.Param) []string {
	var out []string
	for _, p := range list {
		mark := ""
		if p.Optional {
			mark = "?"
		}
		t := p.Type
		if p.Many != syntax.One {
			t = check.Type{Kind: check.List, Elem: &p.Type}
		}
		out = append(out, p.Name+mark+": "+typeText(t))
	}
	return out
}

func (o *printer) table(t *Table) {
	var columns []string
	for _, f := range t.Set.Fields {
		words := []string{f.Name}
		if f.Optional {
			words[0] += "?"
		}
		if f.Many != syntax.One {
			words = append(words, f.Many.String(), "of")
		}
		columns = append(columns, strings.Join(append(words, typeText(f.Type)), " "))
	}
	of := ""
	if t.Of != nil {
		of = " of " + t.Of.Set.Name
	}
	o.line(1, "table %s%s (%s)", t.Set.Name, of, strings.Join(columns, ", "))
	names := func(places []int) string {
		var list []string
		for _, i := range places {
			list = append(list, t.Set.Fields[i].Name)
		}
		return strings.Join(list, ", ")
	}
	for _, u := range t.Unique {
		o.line(2, "unique (%s)", names(u))
	}
	for _, x := range t.Indexes {
		o.line(2, "index (%s)", names(x))
	}
}

// typeText describes a type in one or two words.
func typeText(t check.Type) string {
	switch t.Kind {
	case check.Unknown:
		return "any"
	case check.Identity:
		return t.Name
	case check.Enum:
		return strings.Join(t.Constants, " or ")
	case check.List:
		if t.Elem == nil {
			return "list"
		}
		return "list of " + typeText(*t.Elem)
	case check.Record:
		if len(t.Fields) == 0 {
			return "record"
		}
		var fields []string
		for _, f := range t.Fields {
			mark := ""
			if f.Type.Null {
				mark = "?"
			}
			fields = append(fields, f.Name+mark+": "+typeText(f.Type))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return [...]string{"String", "Number", "Flag", "Date", "DateTime", "Secret", "Binary", "Json"}[t.Kind-check.String]
}

func (o *printer) routes(r *Routes) {
	if r == nil || len(r.All) == 0 {
		return
	}
	o.text.WriteString("\nroutes\n")
	for _, c := range r.Credentials {
		o.line(1, "credential %s from %s", c.Field, strings.Join(CredentialPlaces(c), ", "))
	}
	for _, route := range r.All {
		o.line(1, "%s %s", route.Method, route.Path)
		for _, f := range route.Fields {
			o.line(2, "%s", fieldText(f))
		}
		for _, e := range route.Starters {
			var needs []string
			for _, f := range e.Needs {
				needs = append(needs, f.Name)
			}
			needing := ""
			if len(needs) > 0 {
				needing = " with " + strings.Join(needs, ", ")
			}
			o.line(2, "starts %s%s", e.Sync.Name, needing)
		}
		for _, ref := range route.Patterns {
			if len(ref.Sync.When) > 1 {
				o.line(2, "joins %s, line %d", ref.Sync.Name, ref.Pattern+1)
			}
		}
	}
}

func fieldText(f *Field) string {
	words := []string{f.Name + ":", typeText(f.Type)}
	for _, w := range []struct {
		is   bool
		word string
	}{{f.Optional, "optional"}, {f.Secret, "secret"}, {f.Credential != nil, "credential"}, {f.Param, "in the path"}} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, " ")
}

// candidates shows how a completed action finds the patterns that it may match.
func (o *printer) candidates(p *Plan) {
	o.text.WriteString("\nfound by\n")
	for _, a := range p.Actions {
		for _, refused := range []bool{false, true} {
			c := a.candidates(refused)
			if len(c.always) == 0 && len(c.tables) == 0 {
				continue
			}
			o.line(1, "%s %s", a.FullName(), outcomeWord(refused))
			if len(c.always) > 0 {
				o.line(2, "always: %s", refsText(c.always))
			}
			for _, t := range c.tables {
				for _, text := range slices.Sorted(maps.Keys(t.refs)) {
					o.line(2, "%s %q: %s", columnText(a, refused, t.column), text, refsText(t.refs[text]))
				}
			}
		}
	}
}

func outcomeWord(refused bool) string {
	if refused {
		return "refused"
	}
	return "returned"
}

func columnText(a *Action, refused bool, c Column) string {
	switch {
	case !c.Out:
		return a.Inputs[c.Index]
	case refused && c.Index == RefusedCode:
		return "refusal"
	case refused:
		return "error"
	}
	return a.Outputs[c.Index]
}

func refsText(refs []Ref) string {
	var list []string
	for _, r := range refs {
		s := r.Sync.Name
		if len(r.Sync.When) > 1 {
			s += fmt.Sprintf(" line %d", r.Pattern+1)
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

func (o *printer) sync(s *Sync) {
	o.text.WriteByte('\n')
	o.line(0, "sync %s  %s", s.Name, s.Span)
	o.slots = nil
	seen := map[string]int{}
	for i, name := range s.Slots {
		if name == "" {
			name = fmt.Sprintf("view%d", i)
		}
		o.slots = append(o.slots, "$"+name+strings.Repeat("'", seen[name]))
		seen[name]++
	}
	if len(o.slots) > 0 {
		o.line(1, "slots")
		for i, name := range o.slots {
			o.line(2, "%d %s: %s", i, name, typeText(s.Types[i]))
		}
	}
	o.line(1, "when")
	for i, pattern := range s.When {
		o.pattern(i, pattern)
	}
	if len(s.When) > 1 {
		o.line(1, "joins")
		for arrival, order := range s.Joins {
			o.joins(arrival, order)
		}
	}
	for _, stage := range s.Stages {
		if len(stage.Where) > 0 {
			o.line(1, "where")
			o.lines(2, stage.Where)
		}
		then := "then"
		if stage.Together {
			then = "then together"
		}
		o.line(1, "%s", then)
		o.asks(2, stage.Then)
	}
}

func (o *printer) pattern(i int, p *Pattern) {
	o.line(2, "%d %s %s  %s", i+1, p.Action.FullName(), outcomeWord(p.Refused), p.Span)
	for _, t := range p.Tests {
		name := columnText(p.Action, p.Refused, t.Column)
		switch {
		case t.Any:
			o.line(3, "%s is there", name)
		case t.Literal.IsNull():
			o.line(3, "%s is absent", name)
		default:
			o.line(3, "%s = %s", name, t.Literal)
		}
	}
	for _, v := range p.Vars {
		o.line(3, "%s %s %s", columnText(p.Action, p.Refused, v.Column), gives(v.Optional), o.slots[v.Slot])
	}
}

// gives returns the arrow from a column to its slot.
func gives(optional bool) string {
	if optional {
		return "->?"
	}
	return "->"
}

func (o *printer) joins(arrival int, order []Join) {
	var steps []string
	for _, j := range order[1:] {
		step := fmt.Sprintf("%d", j.Pattern+1)
		var on []string
		for _, v := range j.Equals {
			on = append(on, o.slots[v.Slot])
		}
		if len(on) > 0 {
			step += " on " + strings.Join(on, ", ")
		}
		steps = append(steps, step)
	}
	o.line(2, "%d, then %s", arrival+1, strings.Join(steps, ", then "))
}

func (o *printer) lines(level int, lines []*Line) {
	for i, l := range lines {
		o.whereLine(level, i, l)
	}
}

func (o *printer) whereLine(level, i int, l *Line) {
	head := func(format string, args ...any) {
		o.line(level, "%d %s%s  %s", i+1, modeWord(l.Mode), fmt.Sprintf(format, args...), l.Span)
	}
	switch {
	case l.Query != nil:
		head("ask %s (%s) : (%s)", l.Query.Query.FullName(), o.inputs(l.Query.In), o.outputs(l.Query.Out))
	case l.Read != nil:
		word := "is"
		if l.Read.Has {
			word = "has"
		}
		subject := o.place(l.Read.Subject, l.Read.SubjectBinds)
		head("read %s.%s of %s %s %s", l.Read.Table.Name(), l.Read.Table.Set.Fields[l.Read.Column].Name,
			subject, word, o.place(l.Read.Object, l.Read.ObjectBinds))
	case l.Member != nil:
		o.member(level, head, l.Member)
	case l.View != nil:
		head("view %s (%s) : (%s)", l.View.Name, o.passes(l.View.In, true), o.passes(l.View.Out, false))
		o.lines(level+1, l.View.Lines)
	case l.Is != nil:
		head("%s is %s", o.binding(l.Is.Slot, l.Is.Binds), oneLineText(l.Is.Expr.Text))
	case l.Filter != nil:
		head("keep when %s", oneLineText(l.Filter.Text))
	case l.Fold != nil:
		o.fold(level, head, l.Fold)
	case l.Has != nil:
		head("%s has %s", oneLineText(l.Has.List.Text), o.place(l.Has.Item, l.Has.Binds))
	case l.Block != nil:
		head("block")
		o.lines(level+1, l.Block)
	default:
		panic("plan: unknown line")
	}
	if l.If != nil {
		o.line(level+1, "if %s", oneLineText(l.If.Text))
	}
	if len(l.Binds) > 0 && l.Mode == syntax.MaybeLine {
		var names []string
		for _, s := range l.Binds {
			names = append(names, o.slots[s])
		}
		o.line(level+1, "or null: %s", strings.Join(names, ", "))
	}
	if len(l.Else) > 0 {
		o.line(level+1, "else")
		o.asks(level+2, l.Else)
	}
}

func (o *printer) member(level int, head func(string, ...any), m *MemberOp) {
	subject := o.place(m.Subject, m.Binds)
	if len(m.Fields) == 0 {
		head("member %s of %s", subject, m.Table.Name())
		return
	}
	var fields []string
	for _, f := range m.Fields {
		fields = append(fields, f.Name+" "+relation(f.Binds, f.Optional)+" "+o.term(f.Term))
	}
	head("member %s of %s (%s)", subject, m.Table.Name(), strings.Join(fields, ", "))
	if len(m.Lookup) > 0 {
		var names []string
		for _, c := range m.Lookup {
			names = append(names, m.From.Set.Fields[c].Name)
		}
		o.line(level+1, "found in %s by %s", m.From.Name(), strings.Join(names, ", "))
	}
}

func (o *printer) fold(level int, head func(string, ...any), f *FoldOp) {
	of := ""
	if f.Expr != nil {
		of = " " + oneLineText(f.Expr.Text)
	}
	head("%s is %s%s", o.binding(f.Slot, f.Binds), f.Fold, of)
	o.lines(level+1, f.Lines)
	if len(f.Order) > 0 {
		o.line(level+1, "order by %s", strings.Join(f.orderText(), ", "))
	}
	if f.Limit != nil {
		o.line(level+1, "limit %s", oneLineText(f.Limit.Text))
	}
	if f.Offset != nil {
		o.line(level+1, "offset %s", oneLineText(f.Offset.Text))
	}
	if f.Distinct {
		o.line(level+1, "distinct")
	}
	if p := f.Page; p != nil {
		var in, ties []string
		if p.Limit != nil {
			in = append(in, "limit = "+o.term(*p.Limit))
		}
		if p.Cursor != nil {
			in = append(in, "cursor = "+o.term(*p.Cursor))
		}
		for _, slot := range p.Ties {
			ties = append(ties, o.slots[slot])
		}
		next := ""
		if p.Next >= 0 {
			next = " : (next = " + o.binding(p.Next, true) + ")"
		}
		o.line(level+1, "page (%s)%s", strings.Join(in, ", "), next)
		if len(ties) > 0 {
			o.line(level+2, "then by %s", strings.Join(ties, ", "))
		}
	}
}

func (o *printer) asks(level int, asks []*Ask) {
	for _, a := range asks {
		awaited := ""
		if a.Awaited {
			awaited = ", awaited : (" + o.outputs(a.Out) + ")"
		}
		o.line(level, "%d ask %s (%s)%s  %s", a.Line, a.Action.FullName(), o.inputs(a.In), awaited, a.Span)
		if a.Where != nil {
			o.line(level+1, "where")
			o.lines(level+2, a.Where)
		}
		for _, h := range a.Handlers {
			o.line(level+1, "%s  %s", strings.TrimSuffix("else refused "+h.Code, " refused "), h.Span)
			o.asks(level+2, h.Asks)
		}
	}
}

func (o *printer) inputs(list []Input) string {
	var out []string
	for _, in := range list {
		out = append(out, in.Name+" = "+o.term(in.Term))
	}
	return strings.Join(out, ", ")
}

func (o *printer) outputs(list []Output) string {
	var out []string
	for _, x := range list {
		out = append(out, x.Name+" "+relation(x.Binds, x.Optional)+" "+o.term(x.Term))
	}
	return strings.Join(out, ", ")
}

// passes shows what goes into a view and what comes out of it.
func (o *printer) passes(list []Pass, in bool) string {
	var out []string
	for _, p := range list {
		if in {
			out = append(out, o.slots[p.Inner]+" = "+o.term(p.Term))
		} else {
			out = append(out, o.slots[p.Inner]+" "+relation(p.Binds, p.Optional)+" "+o.term(p.Term))
		}
	}
	return strings.Join(out, ", ")
}

// relation says whether a column sets a slot or is compared with it.
func relation(binds, optional bool) string {
	if binds {
		return gives(optional)
	}
	return "="
}

// place writes a side of a relation, with an arrow if it gets its value there.
func (o *printer) place(t Term, binds bool) string {
	if binds {
		return "->" + o.term(t)
	}
	return o.term(t)
}

func (o *printer) binding(slot int, binds bool) string {
	if binds {
		return "->" + o.slots[slot]
	}
	return o.slots[slot]
}

func (o *printer) term(t Term) string {
	switch {
	case t.Any:
		return "_"
	case t.Expr != nil:
		return "(" + oneLineText(t.Expr.Text) + ")"
	case t.Slot >= 0:
		return o.slots[t.Slot]
	case t.Literal.Kind() == value.Unset:
		return "null"
	}
	return t.Literal.String()
}

func oneLineText(s string) string { return strings.Join(strings.Fields(s), " ") }
