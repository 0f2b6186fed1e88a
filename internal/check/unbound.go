package check

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A site is a place that would bind a name.
type site struct {
	span  source.Span
	kind  siteKind
	where string // what it is inside of, for messages: "the fold “n”"
}

type siteKind int

const (
	lineSite  siteKind = iota // a line of where
	thenSite                  // an output in then
	localSite                 // inside a fold, a "no" line or an else, not visible outside
)

// insideTest and insideFold name the places whose variables are local.
func insideTest(t *syntax.Line) string {
	_, block := t.Body.(*syntax.BlockLine)
	switch {
	case block:
		return "the lines of this “" + t.Mode.String() + "”"
	case t.Mode == syntax.PlainLine:
		return "the line with “if”"
	}
	return "the “" + t.Mode.String() + "” line"
}

// insideEach names a line of then with a where below it.
const insideEach = "a line of then with a where of its own"

func insideFold(name string) string { return "the lines of “" + name + "”" }

// collectSites collects where names are bound, so that a finding about an unbound
// name can name the cause.
func (r *resolver) collectSites(stages ...*syntax.Stage) {
	r.subjects = map[string][]string{}
	for _, s := range stages {
		r.collectLines(s.Where, lineSite, "")
		for _, a := range s.Then {
			if a.Where == nil {
				r.collectArgs(a.Out, thenSite, "")
			} else {
				r.collectLines(a.Where, localSite, insideEach)
				r.collectArgs(a.Out, localSite, insideEach)
			}
			for _, h := range a.Handlers {
				for _, name := range []string{"error", "refusal"} {
					r.collectName(syntax.Name{Text: name, Span: h.Span}, localSite, "an else below a line of then")
				}
				for _, inner := range h.Asks {
					r.collectArgs(inner.Out, localSite, "this else")
				}
			}
		}
	}
}

func (r *resolver) collectLines(lines []*syntax.Line, kind siteKind, where string) {
	for _, l := range lines {
		kind, where := kind, where
		if isTest(l.Mode) || l.If != nil {
			kind, where = localSite, insideTest(l)
		}
		switch b := l.Body.(type) {
		case *syntax.QueryLine:
			r.collectArgs(b.Out, kind, where)
		case *syntax.ViewLine:
			r.collectArgs(b.Out, kind, where)
		case *syntax.FieldLine:
			r.collectTerm(b.Subject, kind, where)
			r.collectTerm(b.Object, kind, where)
			if b.Subject != nil && b.Subject.Kind == syntax.VariableTerm {
				key := b.Concept.Text + " " + b.Subject.Name.Text
				r.subjects[key] = append(r.subjects[key], b.Field.Text)
			}
		case *syntax.MemberLine:
			r.collectTerm(b.Subject, kind, where)
			r.collectArgs(b.Fields, kind, where)
		case *syntax.IsLine:
			r.collectName(b.Var, kind, where)
		case *syntax.FoldLine:
			r.collectName(b.Var, kind, where)
			if b.Page != nil {
				r.collectArgs(b.Page.Out, kind, where)
			}
			r.collectLines(b.Lines, localSite, insideFold(b.Var.Text))
		case *syntax.HasLine:
			r.collectTerm(b.Item, kind, where)
		case *syntax.BlockLine:
			r.collectLines(b.Lines, kind, where)
		}
		for _, a := range l.Else {
			r.collectArgs(a.Out, localSite, "this else")
		}
	}
}

func (r *resolver) collectArgs(args []*syntax.Arg, kind siteKind, where string) {
	for _, a := range args {
		if a.Value == nil {
			r.collectName(a.Name, kind, where)
		} else {
			r.collectTerm(a.Value, kind, where)
		}
	}
}

func (r *resolver) collectTerm(t *syntax.Term, kind siteKind, where string) {
	switch {
	case t == nil:
	case t.Kind == syntax.VariableTerm:
		r.collectName(t.Name, kind, where)
	case t.Kind == syntax.RecordTerm:
		r.collectArgs(t.Record, kind, where)
	}
}

func (r *resolver) collectName(n syntax.Name, kind siteKind, where string) {
	if n.Text != "" {
		r.sites[n.Text] = append(r.sites[n.Text], site{n.Span, kind, where})
	}
}

// unbound reports a variable that has no value where it is used, and why.
func (r *resolver) unbound(name syntax.Name) {
	r.ok = false
	r.unboundNames = append(r.unboundNames, name.Text)
	if r.lenient {
		return
	}
	said := "“" + name.Text + "”"
	for _, want := range []siteKind{lineSite, thenSite, localSite} {
		for _, s := range r.sites[name.Text] {
			if s.kind != want || s.span == name.Span {
				continue
			}
			d := diag.Diagnostic{Code: diag.BoundLater, Span: name.Span, Related: []diag.Related{{Span: s.span}}}
			later := s.span.Start > name.Span.Start
			switch {
			case want == localSite && (s.where != r.inside || !later):
				if near, ok := diag.Nearest(name.Text, r.visible()); ok && r.idle() == near {
					r.misspeltInput(name, near)
					return
				}
				if r.alsoOutOfScope(name, s) {
					return
				}
				d.Code = diag.OutOfScope
				d.Message = said + " is bound only inside " + s.where
				d.Related[0].Message = "bound here"
			case want == thenSite && later:
				d.Message = said + " is not bound yet: it is an output of a later line of then"
				d.Related[0].Message = "bound here"
				d.Notes = []string{"the lines of when, where and then run in order"}
			case later:
				d.Message = said + " is not bound yet: a later line binds it"
				d.Related[0].Message = "bound here"
				d.Notes = []string{"lines run in order; move that line up"}
			case r.elseWhen != "":
				d.Message = said + " is not bound in this else, which runs when the line above " + r.elseWhen
				d.Related[0].Message = "bound here"
				d.Notes = []string{"an else sees the variables bound before its line"}
			default:
				d.Message = said + " is not bound yet: this line binds it"
				d.Related[0].Message = "bound here"
			}
			r.c.add(d)
			return
		}
	}
	if u, ok := r.unnamed[name.Text]; ok && u.misspelt {
		return // reported at the output
	} else if ok {
		d := diag.Diagnostic{Code: diag.OutputNotNamed, Span: name.Span,
			Message: said + " is not bound: it is an output of “" + u.by + "” that the line does not name",
			Related: []diag.Related{{Span: u.span, Message: "this line has the output “" + name.Text + "”"}}}
		if idle := r.idle(); idle != "" {
			d.Notes = []string{"name it, as in “: (" + u.pattern + ")”; but nothing uses “" + idle + "”, so a line that binds “" + name.Text + "” may be missing"}
		} else if !u.hasOut && len(u.out) == 0 {
			d.Fix = &diag.Fix{Title: "name the output", Edits: []diag.Edit{{
				Span: source.Span{File: u.span.File, Start: u.span.End, End: u.span.End}, Text: " : (" + u.pattern + ")"}}}
		} else {
			// The line may be right without this output, and another variable may be
			// meant where the name is used.
			d.Notes = []string{"name it: “: (" + u.pattern + ")”"}
		}
		r.c.add(d)
		return
	}
	var notes []string
	if r.request {
		notes = []string{"if it is a field of the request, name it in the request's pattern in when"}
	}
	names := r.visible()
	if _, ok := diag.Nearest(name.Text, names); !ok {
		if word, ok := diag.Nearest(name.Text, literalWords); ok {
			names = append(names, word)
		}
	}
	many := plural(name.Text)
	list := r.lookup(many) != nil
	if list {
		notes = append([]string{"“" + many + " has " + name.Text + "” in where gives a frame for each item of “" + many + "”"}, notes...)
	}
	r.c.unknown(diag.Unbound, name, said+" is not bound", names, notes...)
	if d := &r.c.diags[len(r.c.diags)-1]; list {
		d.Fix = nil // there are two remedies
	} else if d.Fix != nil && r.declared {
		d.Fix = r.respell(name, d.Fix.Edits[0].Text)
	}
}

// misspeltInput reports a name without a value, while a visible one that is like it is
// used nowhere: the two were meant to be the same.
func (r *resolver) misspeltInput(name syntax.Name, near string) {
	d := diag.Diagnostic{Code: diag.Unbound, Span: name.Span, Message: "“" + name.Text + "” is not bound; did you mean “" + near + "”?"}
	if v := r.lookup(near); v != nil {
		d.Related = []diag.Related{{Span: v.Span, Message: "nothing uses “" + near + "”, which is bound here"}}
	}
	r.c.add(d)
}

// alsoOutOfScope adds a name to the finding about another one that the same line binds,
// if there is one: the line is the cause of both.
func (r *resolver) alsoOutOfScope(name syntax.Name, s site) bool {
	line := s.where + " " + strconv.Itoa(s.span.Position().Line)
	if i, ok := r.outOfScope[line]; ok {
		d := &r.c.diags[i]
		if !slices.ContainsFunc(d.Related, func(x diag.Related) bool { return x.Span == name.Span }) {
			d.Related = append(d.Related, diag.Related{Span: name.Span, Message: "so is “" + name.Text + "”"})
		}
		return true
	}
	if r.outOfScope == nil {
		r.outOfScope = map[string]int{}
	}
	r.outOfScope[line] = len(r.c.diags)
	return false
}

// idle returns a visible variable that its text names only once, "" if there is none.
func (r *resolver) idle() string {
	count := map[string]int{}
	for _, word := range wordOrComment.FindAllString(r.text.Text(), -1) {
		count[word]++
	}
	for _, name := range r.visible() {
		if count[name] == 1 && name != "request" {
			return name
		}
	}
	return ""
}

// literalWords can stand where a variable can.
var literalWords = []string{"true", "false", "null"}

// respell returns the fix for a name that is also that of a declared input. Then
// the field of the request with the similar name is probably misspelt. It returns
// nil if another line binds that name.
func (r *resolver) respell(name syntax.Name, near string) *diag.Fix {
	v := r.lookup(near)
	if v == nil || !r.fields[v] {
		return nil
	}
	return &diag.Fix{Title: "write " + name.Text + " for “" + near + "” in when",
		Edits: []diag.Edit{{Span: v.Span, Text: name.Text}}}
}

// noteUnnamed notes the outputs that a line does not name.
func (r *resolver) noteUnnamed(span source.Span, by string, hasOut bool, params []*Param, out []*syntax.Arg) {
	names := paramNames(params)
	for _, p := range params {
		if slices.ContainsFunc(out, func(a *syntax.Arg) bool { return a.Name.Text == p.Name }) {
			continue
		}
		misspelt := slices.ContainsFunc(out, func(a *syntax.Arg) bool {
			near, ok := diag.Nearest(a.Name.Text, names)
			return ok && near == p.Name && !slices.Contains(names, a.Name.Text)
		})
		u := unnamedOutput{span: span, by: by, hasOut: hasOut, names: names, out: out, misspelt: misspelt, pattern: p.Name}
		if p.Optional {
			u.pattern += "?"
		}
		r.unnamed[p.Name] = u
	}
}
