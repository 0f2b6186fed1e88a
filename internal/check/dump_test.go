package check_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// dump formats a resolved program: "+x" binds x, "x" uses or compares it, "#n" is its
// index.
func dump(p *check.Program) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p.Concepts)) {
		if name != "Requesting" {
			dumpConcept(&b, p.Concepts[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Instances)) {
		i := p.Instances[name]
		fmt.Fprintf(&b, "instance %s of %s", name, i.Concept.Name)
		for _, param := range i.Concept.Params {
			fmt.Fprintf(&b, " [%s = %s]", param, typeString(i.Bindings[param]))
		}
		for _, c := range i.Credentials {
			fmt.Fprintf(&b, " %+v", *c)
		}
		b.WriteString("\n")
	}
	for _, e := range p.Exposed {
		fmt.Fprintf(&b, "exposed %s %v %v\n", e.Instance.Name, e.Action != nil, e.Query != nil)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Views)) {
		v := p.Views[name]
		fmt.Fprintf(&b, "view %s%s\n", name, vars(v.Vars))
		for _, x := range v.In {
			fmt.Fprintf(&b, "    in %s: %s optional=%v\n", x.Name, variable(x.Var), x.Optional)
		}
		for _, x := range v.Out {
			fmt.Fprintf(&b, "    out %s: %s\n", x.Name, variable(x.Var))
		}
		dumpLines(&b, v.Where, "    ")
	}
	for _, s := range p.Syncs {
		fmt.Fprintf(&b, "sync %s together=%v%s\n", s.Name, s.Stages[0].Together, vars(s.Vars))
		for _, w := range s.When {
			fmt.Fprintf(&b, "    when %s.%s (%s)", w.Instance.Name, w.Action.Name, args(w.In))
			if w.Refused {
				fmt.Fprintf(&b, " refused %s", w.Code)
			}
			fmt.Fprintf(&b, " : (%s)\n", args(w.Out))
		}
		dumpLines(&b, s.Lines(), "    ")
		dumpAsks(&b, s.Then(), "    then ")
	}
	return b.String()
}

func dumpConcept(b *strings.Builder, c *check.Concept) {
	fmt.Fprintf(b, "concept %s %v\n", c.Name, c.Params)
	for _, s := range c.Sets {
		fmt.Fprintf(b, "    %s %s members %s uniques %v", s.Kind, s.Name, typeString(s.Member), s.Uniques)
		if s.Of != nil {
			fmt.Fprintf(b, " of %s", s.Of.Name)
		}
		b.WriteString("\n")
		for _, f := range s.Fields {
			fmt.Fprintf(b, "        %s %s %s optional=%v\n", f.Name, f.Many, typeString(f.Type), f.Optional)
		}
	}
	for _, a := range c.Actions {
		fmt.Fprintf(b, "    %s %s (%s) : (%s)", a.Kind, a.Name, params(a.Inputs), params(a.Outputs))
		for _, r := range a.Refusals {
			fmt.Fprintf(b, " refuses %s as %s", r.Code, r.Kind)
		}
		if a.AtField != nil {
			fmt.Fprintf(b, " at %s.%s", a.AtSet.Name, a.AtField.Name)
		}
		fmt.Fprintf(b, " %s\n", a.Every)
	}
	for _, q := range c.Queries {
		fmt.Fprintf(b, "    %s (%s) : %s (%s)\n", q.Name, params(q.Inputs), q.Rows, params(q.Outputs))
	}
}

func params(list []*check.Param) string {
	var out []string
	for _, p := range list {
		s := p.Name
		if p.Optional {
			s += "?"
		}
		if p.Many != syntax.One {
			s += " " + p.Many.String()
		}
		out = append(out, s+" "+typeString(p.Type))
	}
	return strings.Join(out, ", ")
}

func typeString(t check.Type) string {
	if t.Null {
		t.Null = false
		return typeString(t) + "?"
	}
	switch t.Kind {
	case check.Unknown:
		return "?"
	case check.Identity:
		return t.Name
	case check.Enum:
		return strings.Join(t.Constants, "|")
	case check.List:
		return "[" + typeString(*t.Elem) + "]"
	case check.Record:
		var fields []string
		for _, f := range t.Fields {
			fields = append(fields, f.Name+": "+typeString(f.Type))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return [...]string{"String", "Number", "Flag", "Date", "DateTime", "Secret", "Binary", "Json"}[t.Kind-check.String]
}

func vars(list []*check.Var) string {
	var b strings.Builder
	for i, v := range list {
		if v.Index != i {
			fmt.Fprintf(&b, " BAD INDEX %d", v.Index)
		}
		fmt.Fprintf(&b, " %s:%s", variable(v), typeString(v.Type))
	}
	return b.String()
}

func variable(v *check.Var) string {
	if v == nil {
		return "nil"
	}
	return fmt.Sprintf("%s#%d", v.Name, v.Index)
}

func term(t check.Term, binds bool) string {
	plus := ""
	if binds {
		plus = "+"
	}
	switch {
	case t.Any:
		return "_"
	case t.Var != nil:
		return plus + variable(t.Var)
	case t.Expr != nil:
		return expr(t.Expr)
	case t.Literal.Kind() == value.Unset:
		return "UNSET"
	}
	return fmt.Sprint(t.Literal)
}

func expr(e *check.Expr) string {
	if e == nil {
		return "none"
	}
	var names []string
	for i, v := range e.Vars {
		if v == nil {
			names = append(names, e.Node.Variables()[i])
			continue
		}
		names = append(names, variable(v))
	}
	return "<" + e.Tree.Text + "|" + strings.Join(names, " ") + ">"
}

func args(list []*check.Arg) string {
	var out []string
	for _, a := range list {
		s := a.Name
		if a.Optional {
			s += "?"
		}
		if a.Param == nil {
			s += "!"
		}
		out = append(out, s+": "+term(a.Term, a.Binds))
	}
	return strings.Join(out, ", ")
}

func dumpAsks(b *strings.Builder, list []*check.Ask, indent string) {
	for _, a := range list {
		fmt.Fprintf(b, "%s%s.%s (%s)", indent, a.Instance.Name, a.Action.Name, args(a.In))
		if a.Awaited {
			fmt.Fprintf(b, " : (%s)", args(a.Out))
		}
		b.WriteString("\n")
	}
}

func dumpLines(b *strings.Builder, list []*check.Line, indent string) {
	for _, l := range list {
		b.WriteString(indent + strings.TrimLeft(l.Mode.String()+" ", " "))
		switch x := l.Body.(type) {
		case *check.QueryLine:
			fmt.Fprintf(b, "%s.%s (%s) : (%s)", x.Instance.Name, x.Query.Name, args(x.In), args(x.Out))
		case *check.FieldLine:
			fmt.Fprintf(b, "%s.%s.%s of %s has=%v %s", x.Instance.Name, x.Set.Name, x.Field.Name,
				term(x.Subject, x.SubjectBinds), x.Has, term(x.Object, x.ObjectBinds))
		case *check.MemberLine:
			fmt.Fprintf(b, "%s is a %s.%s", term(x.Subject, x.Binds), x.Instance.Name, x.Set.Name)
			for _, f := range x.Fields {
				fmt.Fprintf(b, " %s.%s=%s", f.Set.Name, args([]*check.Arg{f.Arg}), term(f.Term, f.Binds))
			}
		case *check.ViewLine:
			fmt.Fprintf(b, "%s (%s) : (%s)", x.View.Name, args(x.In), args(x.Out))
		case *check.IsLine:
			fmt.Fprintf(b, "%s is %s", term(check.Term{Var: x.Var}, x.Binds), expr(x.Expr))
		case *check.FilterLine:
			b.WriteString(expr(x.Expr))
		case *check.BlockLine:
			b.WriteString("block")
		case *check.HasLine:
			fmt.Fprintf(b, "%s has %s", expr(x.List), term(x.Item, x.Binds))
		case *check.FoldLine:
			fmt.Fprintf(b, "%s is %s %s", term(check.Term{Var: x.Var}, x.Binds), x.Fold, expr(x.Expr))
			if x.Limit != nil || x.Offset != nil || x.Distinct {
				fmt.Fprintf(b, " limit %s offset %s distinct %v", expr(x.Limit), expr(x.Offset), x.Distinct)
			}
			if x.Page != nil {
				fmt.Fprintf(b, " page (%s)", args(x.Page.In))
				if x.Page.Next != nil {
					b.WriteString(" : (" + variable(x.Page.Next) + ")")
				}
			}
			for _, k := range x.Order {
				fmt.Fprintf(b, " order %s desc=%v", expr(k.Expr), k.Desc)
			}
		}
		if l.If != nil {
			b.WriteString(" if " + expr(l.If))
		}
		if len(l.Nulls) > 0 {
			b.WriteString(" nulls")
			for _, v := range l.Nulls {
				b.WriteString(" " + variable(v))
			}
		}
		b.WriteString("\n")
		dumpLines(b, l.Inner(), indent+"    ")
		dumpAsks(b, l.Else, indent+"    else ")
	}
}
