package suggest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// An item is a sync or a view whose lines may be guards.
type item struct {
	span  source.Span
	where []*syntax.Line
	names map[string]bool
	nulls map[string]bool // the variables that may be null
	view  *syntax.View    // nil for a sync
}

// A guard is one or more lines with an else, one below the other.
type guard struct {
	*item
	span   source.Span // with the last else
	lines  int
	key    string   // the text with numbers for the variables
	vars   []string // by these numbers
	inputs []bool   // which of them have a value before
	used   []bool   // which of them are used after
}

func (f *finder) items() []*item {
	var list []*item
	add := func(span source.Span, where []*syntax.Line, vars []*check.Var, view *syntax.View) {
		x := &item{span: span, where: where, names: map[string]bool{}, nulls: map[string]bool{}, view: view}
		for _, v := range vars {
			x.names[v.Name] = true
			x.nulls[v.Name] = x.nulls[v.Name] || v.Type.Null
		}
		list = append(list, x)
	}
	for _, s := range f.analysis.Syncs {
		add(s.Tree.Span, s.Tree.Stages[0].Where, s.Vars, nil)
	}
	for _, name := range slices.Sorted(maps.Keys(f.analysis.Views)) {
		v := f.analysis.Views[name]
		add(v.Tree.Span, v.Tree.Where, v.Vars, v.Tree)
	}
	return list
}

// guards suggests one view for the longest lines that are guards at several places.
// Others may be found when it exists.
func (f *finder) guards() {
	groups := map[string][]*guard{}
	for _, x := range f.items() {
		for i := range x.where {
			for n := i; n < len(x.where) && isGuard(x.where[n]); n++ {
				if g := x.guard(i, n+1); g != nil {
					groups[g.key] = append(groups[g.key], g)
				}
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		x, y := groups[a], groups[b]
		if x[0].lines != y[0].lines {
			return y[0].lines - x[0].lines
		}
		if len(x) != len(y) {
			return len(y) - len(x)
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		inSyncs := 0
		for _, g := range groups[key] {
			if g.view == nil {
				inSyncs++
			}
		}
		if len(groups[key]) > 1 && inSyncs > 0 && f.guard(groups[key]) {
			return
		}
	}
}

func isGuard(l *syntax.Line) bool { return len(l.Else) > 0 && l.Mode != syntax.SurelyLine }

// guard returns the lines from one to before another.
func (x *item) guard(from, to int) *guard {
	last := x.where[to-1]
	g := &guard{item: x, lines: to - from, span: x.where[from].Span.To(last.Else[len(last.Else)-1].Span)}
	if g.span.Position().Column != 5 {
		return nil
	}
	text := g.span.File.Text
	before, after := text[x.span.Start:g.span.Start], text[g.span.End:x.span.End]
	if x.view != nil {
		before, after = "", after+"\n"
		for _, a := range x.view.In {
			before += " ( " + variableOf(a) + " )"
		}
		if from > 0 {
			before += "\n" + text[x.where[0].Span.Start:g.span.Start]
		}
		for _, a := range x.view.Out {
			after += " ( " + variableOf(a) + " )"
		}
	}
	g.vars = variablesIn(g.span.Text(), x.names)
	known, needed := variablesIn(before, x.names), variablesIn(after, x.names)
	var key strings.Builder
	words := wordsOf(g.span.Text(), x.names)
	for i, w := range words {
		n := slices.Index(g.vars, w.text)
		switch {
		case w.short && words[i+1].text == "?":
			fmt.Fprintf(&key, "%s=%d ", w.text, n)
		case w.short: // “name” is “name: name”
			fmt.Fprintf(&key, "%s : =%d ", w.text, n)
		case w.variable:
			fmt.Fprintf(&key, "=%d ", n)
		default:
			key.WriteString(w.text + " ")
		}
	}
	for _, v := range g.vars {
		g.inputs, g.used = append(g.inputs, slices.Contains(known, v)), append(g.used, slices.Contains(needed, v))
		fmt.Fprintf(&key, "%v ", slices.Contains(known, v))
	}
	g.key = key.String()
	return g
}

func variableOf(a *syntax.Arg) string {
	if a.Value != nil && a.Value.Kind == syntax.VariableTerm {
		return a.Value.Name.Text
	}
	return a.Name.Text
}

// guard suggests a view for guards of one text, and reports whether it did.
func (f *finder) guard(list []*guard) bool {
	slices.SortStableFunc(list, func(a, b *guard) int {
		if a.span.File != b.span.File {
			return strings.Compare(a.span.File.Name, b.span.File.Name)
		}
		return a.span.Start - b.span.Start
	})
	for _, g := range list {
		if g.isView() {
			return f.useView(g, list)
		}
	}
	inSyncs := slices.DeleteFunc(slices.Clone(list), func(g *guard) bool { return g.view != nil })
	return len(inSyncs) > 1 && f.newView(list)
}

// isView reports whether the guard is all that a view does.
func (g *guard) isView() bool {
	if g.view == nil || g.lines != len(g.where) {
		return false
	}
	for _, a := range slices.Concat(g.view.In, g.view.Out) {
		if a.Value != nil || !slices.Contains(g.vars, a.Name.Text) {
			return false
		}
	}
	return true
}

// useView suggests to use an existing view, in each file.
func (f *finder) useView(of *guard, list []*guard) bool {
	files := map[*source.File][]diag.Edit{}
	for _, g := range list {
		if g == of || strings.Contains(g.span.Text(), "#") {
			continue
		}
		var in, out []string
		fits := true
		for i, v := range of.vars {
			has := func(args []*syntax.Arg) bool {
				return slices.ContainsFunc(args, func(a *syntax.Arg) bool { return a.Name.Text == v })
			}
			switch {
			case has(of.view.In):
				in = append(in, pass(v, g.vars[i], ""))
				fits = fits && g.inputs[i] && (!g.nulls[g.vars[i]] || isOptional(of.view.In, v))
			case g.used[i] && has(of.view.Out):
				out = append(out, pass(v, g.vars[i], nullMark(g.nulls[g.vars[i]])))
			case g.used[i] || g.inputs[i]:
				fits = false
			}
		}
		if fits {
			edit := diag.Edit{Span: g.span, Text: use(of.view.Name.Text, in, out)}
			files[g.span.File] = append(files[g.span.File], edit)
		}
	}
	offered := false
	for _, file := range slices.SortedFunc(maps.Keys(files), func(a, b *source.File) int { return strings.Compare(a.Name, b.Name) }) {
		edits := files[file]
		if !f.keepsMeaning(edits) {
			continue
		}
		offered = true
		name := of.view.Name.Text
		f.add(diag.ViewForGuard, edits[0].Span, "these lines are those of the view “"+name+"”", "use "+name,
			[]diag.Related{{Span: of.view.Name.Span, Message: "the view"}}, edits)
	}
	return offered
}

func isOptional(args []*syntax.Arg, name string) bool {
	return slices.ContainsFunc(args, func(a *syntax.Arg) bool { return a.Name.Text == name && a.Optional })
}

func nullMark(null bool) string {
	if null {
		return "?"
	}
	return ""
}

// pass writes an argument.
func pass(param, variable, mark string) string {
	if param == variable {
		return param + mark
	}
	return param + mark + ": " + variable
}

func use(view string, in, out []string) string {
	text := view + " (" + strings.Join(in, ", ") + ")"
	if len(out) > 0 {
		text += " : (" + strings.Join(out, ", ") + ")"
	}
	return text
}

// newView suggests a view that answers, above the first sync that has the lines.
func (f *finder) newView(list []*guard) bool {
	first := list[0]
	var in, out []string
	for i, v := range first.vars {
		null := slices.ContainsFunc(list, func(g *guard) bool { return g.nulls[g.vars[i]] })
		switch {
		case first.inputs[i]:
			in = append(in, v+nullMark(null))
		case slices.ContainsFunc(list, func(g *guard) bool { return g.used[i] }):
			out = append(out, v)
		}
	}
	name := f.freeName(first)
	view := "view " + use(name, in, out) + "\nwhere\n    " + first.span.Text() + "\n\n"
	at := startOf(first.item)
	edits := []diag.Edit{{Span: at, Text: view}}
	var related []diag.Related
	for i, g := range list {
		if i > 0 && len(related) < 3 {
			related = append(related, diag.Related{Span: g.span, Message: "and here"})
		}
		if g.span.File != first.span.File || i > 0 && strings.Contains(g.span.Text(), "#") {
			continue
		}
		var in, out []string
		for n, v := range first.vars {
			switch {
			case first.inputs[n]:
				in = append(in, pass(v, g.vars[n], ""))
			case g.used[n]:
				out = append(out, pass(v, g.vars[n], nullMark(g.nulls[g.vars[n]])))
			}
		}
		edits = append(edits, diag.Edit{Span: g.span, Text: use(name, in, out)})
	}
	if !f.keepsMeaning(edits) {
		return false
	}
	f.add(diag.SharedGuard, first.span, fmt.Sprintf("the same guard stands at %d places; a view can share it with its answer", len(list)),
		"write the view "+name, related, edits)
	return true
}

// startOf returns the place above an item and the comment that belongs to it.
func startOf(x *item) source.Span {
	file := x.span.File
	line := x.span.Position().Line
	for line > 1 && strings.HasPrefix(file.Line(line-1), "#") {
		line--
	}
	at := file.LineStart(line)
	return file.Span(at, at)
}

// freeName returns a name for a view that no item has.
func (f *finder) freeName(g *guard) string {
	last := g.where[slices.IndexFunc(g.where, func(l *syntax.Line) bool { return l.Span.Start >= g.span.Start })+g.lines-1]
	about := "Guard"
	switch b := last.Body.(type) {
	case *syntax.ViewLine:
		about = b.View.Text
	case *syntax.QueryLine:
		about = strings.TrimPrefix(b.Query.Text, "_get")
	case *syntax.FieldLine:
		about = b.Field.Text
	case *syntax.MemberLine:
		about = b.Set.Text
	case *syntax.FilterLine:
		if vars := variablesIn(b.Expr.Text, g.names); len(vars) > 0 {
			about = vars[0]
		}
	}
	about = strings.TrimPrefix(about, "_")
	about = "Require" + strings.ToUpper(about[:1]) + about[1:]
	name := about
	for n := 2; f.taken(name); n++ {
		name = fmt.Sprintf("%s%d", about, n)
	}
	return name
}

func (f *finder) taken(name string) bool {
	if f.analysis.Views[name] != nil || f.analysis.Instances[name] != nil {
		return true
	}
	return slices.ContainsFunc(f.analysis.Syncs, func(s *check.Sync) bool { return s.Name == name })
}
