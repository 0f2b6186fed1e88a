package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// used notes that a use agrees with a declaration. The scenarios of a concept do not
// count: they change together with its declarations.
func (r *resolver) used(name syntax.Name) {
	if r.self == nil {
		r.c.program.uses[name.Span]++
	}
}

// agree notes that two types are the same in one use.
func (c *checker) agree(a, b Type) {
	if a.From != nil && b.From != nil && a.From.Span == b.From.Span {
		return
	}
	for _, t := range []Type{a, b} {
		for o := t.From; o != nil; o = o.Also {
			c.program.uses[o.Span]++
		}
	}
}

// origins returns the declarations that two types come from. The type of a field or of a
// parameter is the cause only if all its uses need the same other type.
func origins(a, b Type) []diag.Origin {
	var list []diag.Origin
	for _, t := range [][2]Type{{a, b}, {b, a}} {
		for from := t[0].From; from != nil; from = from.Also {
			o := *from
			if o.Least > 0 {
				o.Word = Describe(t[1])
			}
			list = append(list, o)
		}
	}
	return list
}

// declared returns a type with the declaration that it comes from, unless it has one
// already, such as a binding of the app.
func declared(t Type, kind, name string, span source.Span) Type {
	if t.From == nil && t.Kind != Unknown && span.Known() {
		t.From = &diag.Origin{Span: span, Least: 3, Message: "the type of the " + kind + " “" + name + "” contradicts %s"}
	}
	return t
}

// declared returns the type of a field with the place of its declaration.
func (f *Field) declared(t Type) Type {
	return declared(t, "field", f.Name, f.Tree.Span)
}

// declared returns the type of an input or output with the place of its declaration.
func (p *Param) declared(what string, t Type) Type {
	if p.Tree == nil {
		return t
	}
	return declared(t, strings.TrimPrefix(what, "the "), p.Name, p.Tree.Span)
}

// fromView returns the type of a view's parameter with the place in the view that
// determines it.
func fromView(v *View, p *ViewParam) Type {
	t := p.Var.Type
	if p.From.Known() {
		t.From = &diag.Origin{Span: p.From, Least: 3, Message: "the type of “" + p.Name + "” in the view “" + v.Name + "” contradicts %s", Also: t.From}
		if t.From.Also != nil {
			first, mine := *t.From.Also, *t.From
			mine.Also, first.Also = first.Also, &mine
			t.From = &first
		}
	}
	return t
}

// A declaration is a name that a concept declares.
type declaration struct {
	kind string // "action"
	name syntax.Name
}

// declaredActions returns the actions that have the inputs and outputs of a use.
func (s *spec) declaredActions(in, out []*syntax.Arg) []declaration {
	var list []declaration
	for _, a := range s.concept.Actions {
		if a.Open || namesAll(a.Inputs, in) && (namesAll(a.Outputs, out) || refusalPattern(a, out)) {
			list = append(list, declaration{"action", a.Tree.Name})
		}
	}
	return list
}

// declaredQueries returns the queries that have the inputs and outputs of a use.
func (s *spec) declaredQueries(in, out []*syntax.Arg) []declaration {
	var list []declaration
	for _, q := range s.concept.Queries {
		if namesAll(q.Inputs, in) && namesAll(q.Outputs, out) {
			list = append(list, declaration{"query", q.Tree.Name})
		}
	}
	return list
}

// namesAll reports whether arguments name parameters only.
func namesAll(params []*Param, args []*syntax.Arg) bool {
	return !slices.ContainsFunc(args, func(a *syntax.Arg) bool { return param(params, a.Name.Text) == nil })
}

// declaredTypes returns the types that a concept declares.
func (s *spec) declaredTypes() []declaration {
	var list []declaration
	for _, decl := range s.types {
		list = append(list, declaration{"type", syntax.Name{Text: decl.written, Span: decl.span}})
	}
	return list
}

func (s *spec) declaredSets() []declaration {
	var list []declaration
	for _, set := range s.concept.Sets {
		list = append(list, declaration{"set", set.Tree.Name})
	}
	return list
}

func (s *spec) declaredFields() []declaration {
	var list []declaration
	for _, set := range s.concept.Sets {
		list = append(list, set.declaredFields()...)
	}
	return list
}

func (s *Set) declaredFields() []declaration {
	var list []declaration
	for set := s; set != nil; set = set.Of {
		for _, f := range set.Fields {
			list = append(list, f.declaration())
		}
	}
	return list
}

func (f *Field) declaration() declaration {
	at := f.Tree.Name.Span
	if f.Tree.Name.Text == "" {
		at = f.Tree.Type.Span
	}
	return declaration{"field", syntax.Name{Text: f.Name, Span: at}}
}

func (a *Action) declaredRefusals() []declaration {
	var list []declaration
	for _, r := range a.Refusals {
		if r.Tree != nil {
			list = append(list, declaration{"refusal", r.Tree.Code})
		}
	}
	return list
}

func declaredParams(kind string, params []*Param) []declaration {
	var list []declaration
	for _, p := range params {
		if p.Tree != nil {
			list = append(list, declaration{kind, p.Tree.Name})
		}
	}
	return list
}

// unknownOf is unknown for a name that a concept could declare. If several uses have the
// name and none has the declared one, the declaration is the cause.
func (c *checker) unknownOf(s *spec, code diag.Code, name syntax.Name, message string, known []string, declared []declaration, notes ...string) {
	c.unknown(code, name, message, known, notes...)
	d := &c.diags[len(c.diags)-1]
	var names []string
	for _, x := range declared {
		names = append(names, x.name.Text)
	}
	near, isNear := diag.Nearest(name.Text, names)
	for _, x := range declared {
		if !isNear || x.name.Text == near {
			d.Origins = append(d.Origins, diag.Origin{Span: x.name.Span, Word: name.Text, Unused: !isNear,
				Message: "the " + x.kind + " “" + x.name.Text + "” has another name in %s"})
		}
	}
	if !isNear && s != nil {
		d.Origins = append(d.Origins, diag.Origin{Span: s.concept.Tree.Name.Span, Word: name.Text, Last: true,
			Message: "the concept “" + s.concept.Name + "” declares no “" + name.Text + "”, which stands in %s"})
	}
}

// related is how many places a finding at a declaration lists.
const related = 5

// AtOrigins replaces findings that have one cause, a declaration, by one finding at the
// declaration. The cause of several findings is a declaration that all of them depend
// on, and that agrees with fewer uses.
func (p *Program) AtOrigins(found []diag.Diagnostic) []diag.Diagnostic {
	type key struct {
		span source.Span
		word string
	}
	own := func(s source.Span) bool {
		return slices.ContainsFunc(p.files, func(f *syntax.File) bool { return f.Source == s.File })
	}
	for {
		places := map[key][]int{}
		origin := map[key]diag.Origin{}
		var keys []key
		for i, d := range found {
			for _, o := range p.candidates(d.Origins) {
				k := key{o.Span, o.Word}
				if !own(o.Span) || o.Span == d.Span || slices.ContainsFunc(places[k], func(j int) bool { return found[j].Span == d.Span }) {
					continue
				}
				if places[k] == nil {
					keys = append(keys, k)
					origin[k] = o
				}
				places[k] = append(places[k], i)
			}
		}
		var best *key
		for i, k := range keys {
			n := len(places[k])
			if n < max(2, origin[k].Least) || n <= p.uses[k.span] {
				continue
			}
			if best == nil || less(origin[*best].Last, len(places[*best]), p.uses[best.span], origin[k].Last, n, p.uses[k.span]) {
				best = &keys[i]
			}
		}
		if best == nil {
			return found
		}
		head := p.grouped(origin[*best], found, places[*best])
		found = append(without(found, best.span, best.word), head)
		if best.word != "" {
			found = append(without(found[:len(found)-1], best.span, ""), head) // that it is missing
		}
	}
}

// less reports whether an origin is less likely the cause than another one: it is a last
// resort, has fewer findings, or more uses that agree.
func less(last bool, n, uses int, otherLast bool, otherN, otherUses int) bool {
	switch {
	case last != otherLast:
		return last
	case n != otherN:
		return n < otherN
	}
	return uses > otherUses
}

// candidates returns the origins that can be the cause of a finding: of several that only
// an unused declaration can be, none.
func (p *Program) candidates(list []diag.Origin) []diag.Origin {
	unused := 0
	for _, o := range list {
		if o.Unused && p.uses[o.Span] == 0 {
			unused++
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(o diag.Origin) bool { return o.Unused && (unused != 1 || p.uses[o.Span] > 0) })
}

// grouped returns the finding about an origin that stands for others.
func (p *Program) grouped(o diag.Origin, found []diag.Diagnostic, places []int) diag.Diagnostic {
	first := found[places[0]]
	head := diag.Diagnostic{Code: first.Code, Severity: first.Severity, Span: o.Span,
		Message: fmt.Sprintf(o.Message, words.Counted(len(places), "use")) + ", such as: " + first.Message}
	for n, i := range places {
		d := found[i]
		if d.Severity < head.Severity {
			head.Severity, head.Code = d.Severity, d.Code
		}
		if n < related {
			head.Related = append(head.Related, diag.Related{Span: d.Span, Message: d.Message})
		}
	}
	if more := len(places) - related; more > 0 {
		head.Notes = append(head.Notes, "and "+words.Counted(more, "further use"))
	}
	for _, other := range first.Origins { // it may be one of these, if it is none in particular
		if o.Last && other.Unused && p.uses[other.Span] == 0 && len(head.Related) < 2*related {
			head.Related = append(head.Related, diag.Related{Span: other.Span, Message: "declared here, and not used"})
		}
	}
	head.Notes = append(head.Notes, "correct the declaration, or, if it is right, each of the uses")
	return head
}

// without returns the findings that do not depend on a declaration.
func without(found []diag.Diagnostic, span source.Span, word string) []diag.Diagnostic {
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool {
		return slices.ContainsFunc(d.Origins, func(o diag.Origin) bool { return o.Span == span && o.Word == word })
	})
}
