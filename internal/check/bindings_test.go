package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A verifier executes a program without values: it tracks which variables are bound,
// and reports a use of an unbound variable and a second binding.
type verifier struct {
	t     testing.TB
	of    string
	vars  []*check.Var
	bound map[*check.Var]bool
}

func verify(t testing.TB, p *check.Program) {
	t.Helper()
	for _, v := range p.Views {
		h := &verifier{t, "view " + v.Name, v.Vars, map[*check.Var]bool{}}
		h.indexes()
		for _, x := range v.In {
			h.bound[x.Var] = true
		}
		h.lines(v.Where)
		for _, x := range v.Out {
			h.use(x.Var)
		}
	}
	for _, s := range p.Syncs {
		h := &verifier{t, "sync " + s.Name, s.Vars, map[*check.Var]bool{}}
		h.indexes()
		for _, w := range s.When {
			for _, a := range append(append([]*check.Arg(nil), w.In...), w.Out...) {
				if a.Binds {
					h.t.Errorf("%s: %s of when says that it binds", h.of, a.Name)
				}
				if a.Term.Var != nil {
					h.bound[a.Term.Var] = true
				}
				h.one(a.Term)
			}
		}
		h.lines(s.Lines())
		h.asks(s.Then())
	}
}

func (h *verifier) indexes() {
	for i, v := range h.vars {
		if v.Index != i || v.Name == "" {
			h.t.Errorf("%s: variable %d is %q with index %d", h.of, i, v.Name, v.Index)
		}
	}
}

// one verifies that a term has exactly one form.
func (h *verifier) one(t check.Term) {
	n := 0
	for _, is := range []bool{t.Any, t.Var != nil, t.Expr != nil, !t.Literal.IsUnset()} {
		if is {
			n++
		}
	}
	if n != 1 {
		h.t.Errorf("%s: the term %q says %d things", h.of, t.Span.Text(), n)
	}
}

func (h *verifier) use(v *check.Var) {
	if v != nil && (!h.bound[v] || h.vars[v.Index] != v) {
		h.t.Errorf("%s: %s#%d is used and has no value", h.of, v.Name, v.Index)
	}
}

func (h *verifier) bind(v *check.Var, binds bool) {
	if v == nil {
		return
	}
	if binds && h.bound[v] {
		h.t.Errorf("%s: %s#%d gets a second value", h.of, v.Name, v.Index)
	}
	if !binds {
		h.use(v)
	}
	h.bound[v] = true
}

func (h *verifier) term(t check.Term, binds bool) {
	h.one(t)
	h.bind(t.Var, binds)
	h.expr(t.Expr)
}

func (h *verifier) expr(e *check.Expr) {
	if e == nil {
		return
	}
	if len(e.Vars) != len(e.Node.Variables()) {
		h.t.Errorf("%s: the expression %q has %d variables of %d", h.of, e.Tree.Text, len(e.Vars), len(e.Node.Variables()))
	}
	for i, v := range e.Vars {
		if name := e.Node.Variables()[i]; v == nil && name != "now" && name != "new" {
			h.t.Errorf("%s: %s of %q is nil", h.of, name, e.Tree.Text)
		}
		h.use(v)
	}
}

func (h *verifier) args(in, out []*check.Arg) {
	for _, a := range in {
		h.term(a.Term, false)
	}
	for _, a := range out {
		h.term(a.Term, a.Binds)
	}
}

// inside calls run and discards its bindings.
func (h *verifier) inside(run func()) {
	outer := h.bound
	h.bound = map[*check.Var]bool{}
	for v := range outer {
		h.bound[v] = true
	}
	run()
	h.bound = outer
}

func (h *verifier) asks(list []*check.Ask) {
	for _, a := range list {
		if a.Action == nil || a.Instance == nil {
			h.t.Fatalf("%s: what is asked has no action", h.of)
		}
		h.args(a.In, a.Out)
	}
}

func (h *verifier) lines(list []*check.Line) {
	for _, l := range list {
		h.inside(func() { h.asks(l.Else) })
		before := len(h.bound)
		h.expr(l.If)
		if l.Mode == syntax.NoLine || l.Mode == syntax.SomeLine {
			h.inside(func() { h.body(l) })
		} else {
			h.body(l)
		}
		if len(h.bound)-before != len(l.Nulls) {
			h.t.Errorf("%s: a line binds %d variables and names %d", h.of, len(h.bound)-before, len(l.Nulls))
		}
		for _, v := range l.Nulls {
			h.use(v)
		}
	}
}

func (h *verifier) body(l *check.Line) {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		h.args(b.In, b.Out)
	case *check.ViewLine:
		h.args(b.In, b.Out)
	case *check.FieldLine:
		if b.Set.Fields == nil || b.Field == nil {
			h.t.Fatalf("%s: a line of a field without it", h.of)
		}
		h.term(b.Subject, b.SubjectBinds)
		h.term(b.Object, b.ObjectBinds)
	case *check.MemberLine:
		h.term(b.Subject, b.Binds)
		for _, f := range b.Fields {
			if f.Field == nil || f.Set == nil {
				h.t.Fatalf("%s: a line of a member with a field that is not there", h.of)
			}
			h.term(f.Term, f.Binds)
		}
	case *check.IsLine:
		h.expr(b.Expr)
		h.bind(b.Var, b.Binds)
	case *check.FilterLine:
		h.expr(b.Expr)
	case *check.FoldLine:
		h.expr(b.Limit)
		h.expr(b.Offset)
		if b.Page != nil {
			h.args(b.Page.In, nil)
		}
		h.inside(func() {
			h.lines(b.Lines)
			h.expr(b.Expr)
			for _, k := range b.Order {
				h.expr(k.Expr)
			}
		})
		h.bind(b.Var, b.Binds)
		if b.Page != nil && b.Page.Next != nil {
			h.bind(b.Page.Next, true)
		}
	case *check.BlockLine:
		h.lines(b.Lines)
	case *check.HasLine:
		h.expr(b.List)
		h.term(b.Item, b.Binds)
	default:
		h.t.Fatalf("%s: a line without body", h.of)
	}
}

// archives returns the programs of the other tests.
func archives(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	var names []string
	for _, pattern := range []string{"testdata/*/*.txtar", "flows/testdata/*/*.txtar"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no test files are %s: %v", pattern, err)
		}
		names = append(names, found...)
	}
	all := map[string]*txtar.Archive{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		a := txtar.Parse(data)
		addRequesting(a)
		all[name] = a
	}
	return all
}

// If any line is removed or duplicated, the check returns a program in which every
// variable that is used is bound.
func TestMutatedPrograms(t *testing.T) {
	for name, a := range archives(t) {
		files, opt, _ := read(t, a)
		for i, f := range files {
			lines := strings.SplitAfter(f.Source.Text, "\n")
			for n := range lines {
				if testing.Short() && n%15 != 0 {
					continue
				}
				for _, text := range []string{
					strings.Join(lines[:n], "") + strings.Join(lines[n+1:], ""),
					strings.Join(lines[:n+1], "") + strings.Join(lines[n:], ""),
				} {
					changed := append([]*syntax.File(nil), files...)
					changed[i], _ = syntax.Parse(source.NewFile(f.Source.Name, text))
					p, _ := flows.Check(changed, opt)
					verify(t, p.Program)
					if t.Failed() {
						t.Fatalf("%s: with line %d of %s changed", name, n+1, f.Source.Name)
					}
				}
			}
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, a := range archives(f) {
		var all strings.Builder
		for _, file := range a.Files {
			all.Write(file.Data)
			f.Add(string(file.Data))
		}
		f.Add(all.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, _ := syntax.Parse(source.NewFile("fuzz", text))
		p, ds := flows.Check([]*syntax.File{file}, check.Options{})
		verify(t, p.Program)
		for _, d := range ds {
			if d.Message == "" || d.Code == "" || d.Span.Known() && d.Span.Start > d.Span.End {
				t.Errorf("a finding without words or place: %+v", d)
			}
		}
	})
}
