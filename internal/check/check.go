// Package check resolves the names and types of a program and reports what is
// wrong with it before anything runs.
//
// Its three main types are [Program], what the texts mean; [Var], a variable of
// a sync or view with what is known of it; and [Entry], a way into the program
// with what can become of it. It promises that [Check] always
// returns a Program, in which everything is sound: what is broken is left out
// of it and reported once, at its cause. It refuses to run anything, and to
// open files: concepts that the texts do not hold come through [Options].
//
// The work is a table of passes. Each pass is one story in one file (types.go,
// unused.go and so on), and reads what earlier ones have promised. Within the
// first of them the order is: types of a concept (typenames.go, state.go), its actions and
// queries (contract.go), the app (app.go, binding.go), then the variables of views and
// syncs (scope.go, where.go, view.go, sync.go). What values are is types.go, with join.go
// and, for expressions, infer.go, operator.go, call.go, flow.go and present.go (what may be null);
// reply.go looks at what no answer can be.
//
// secrecy.go works out what is secret because it flows into something secret, and
// secret.go where a secret flows that is not declared so; places.go says which
// parts of a value an expression is made of.
package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Options are what a check may need beside the texts. The zero value is right
// for texts that hold everything.
type Options struct {
	// Concept gives a text with a concept that the texts do not hold, from a
	// catalogue, or nil. It may itself be nil.
	Concept func(name string) *syntax.File
	// Known are names that Concept has, for those who mistype one.
	Known []string
	// Running leaves out the findings about secrets: an app that starts needs to
	// know that its program is sound, not what it should do otherwise.
	Running bool
}

// Check resolves the texts of one app. The program is never nil; the findings
// come sorted by place.
func Check(files []*syntax.File, opt Options) (*Program, []diag.Diagnostic) {
	c := &checker{
		opt:   opt,
		files: files,
		program: &Program{
			Concepts:  map[string]*Concept{},
			Instances: map[string]*Instance{},
			Views:     map[string]*View{},
			Questions: map[*syntax.Line]*Line{},
		},
		specs:       map[string]*spec{},
		views:       map[string]*viewState{},
		missing:     map[string]bool{},
		expressions: map[string]*expression.Expression{},
	}
	for _, p := range passes() {
		p.run(c)
	}
	c.program.Broken = c.broken()
	return c.program, diag.Sort(c.diags)
}

// A pass is one step of the check.
type pass struct {
	name     string
	run      func(*checker)
	needs    []string // what earlier passes have promised
	promises string
}

func passes() []pass {
	return []pass{
		{"pending", (*checker).pending, nil, "no form that is not implemented"},
		{"concepts", (*checker).concepts, nil, "contracts"},
		{"app", (*checker).app, []string{"contracts"}, "instances"},
		{"views", (*checker).resolveViews, []string{"instances"}, "views"},
		{"syncs", (*checker).syncs, []string{"instances", "views"}, "syncs"},
		{"scenarios", (*checker).scenarios, []string{"instances", "syncs"}, "scenarios"},
		{"types", (*checker).types, []string{"views", "syncs"}, "types of variables"},
		{"unused", (*checker).unused, []string{"views", "syncs"}, "no idle variables"},
		{"sound", (*checker).sound, []string{"types of variables"}, "a program without broken parts"},
		{"secrets", (*checker).secrets, []string{"a program without broken parts"}, "no secret told"},
	}
}

// A checker is one run of Check.
type checker struct {
	opt     Options
	files   []*syntax.File
	program *Program
	diags   []diag.Diagnostic

	specs       map[string]*spec // by the concept's name
	appBroken   bool             // some of the app could not be read
	hasApp      bool
	missing     map[string]bool // concepts that were reported as missing, with their files
	views       map[string]*viewState
	viewOrder   []*viewState                      // a view stands behind those that it uses
	needs       needs                             // what is given to something secret
	expressions map[string]*expression.Expression // by text
	syncOrder   []*syncState
}

// A viewState is a view on its way through the passes.
type viewState struct {
	tree  *syntax.View
	view  *View
	state int // 0 not begun, 1 being resolved, 2 done
	ok    bool
	// lacking are the names that its lines use and nothing gives a value.
	lacking []string
}

// A syncState is a sync on its way through the passes.
type syncState struct {
	sync *Sync
	ok   bool
}

// sound leaves out of the program what was found broken.
func (c *checker) sound() {
	for _, s := range c.syncOrder {
		if s.ok {
			c.program.Syncs = append(c.program.Syncs, s.sync)
		} else {
			c.program.Incomplete = true
		}
	}
	for _, v := range c.viewOrder {
		if v.ok {
			c.program.Views[v.tree.Name.Text] = v.view
		}
	}
}

// broken reports whether an error was found or part of a text could not be parsed.
func (c *checker) broken() bool {
	if diag.HasErrors(c.diags) {
		return true
	}
	for _, f := range c.files {
		for _, a := range f.Apps {
			if a.Broken {
				return true
			}
		}
		for _, s := range f.Syncs {
			if s.Broken {
				return true
			}
		}
		for _, v := range f.Views {
			if v.Broken {
				return true
			}
		}
	}
	for _, s := range c.specs {
		if s.broken() {
			return true
		}
	}
	return false
}

func (c *checker) add(d diag.Diagnostic) { c.diags = append(c.diags, d) }

// fault reports an error at a place.
func (c *checker) fault(code diag.Code, span source.Span, message string, notes ...string) {
	c.add(diag.Diagnostic{Code: code, Span: span, Message: message, Notes: notes})
}

// twice reports that something is declared again.
func (c *checker) twice(span, first source.Span, message string) {
	c.add(diag.Diagnostic{Code: diag.DeclaredTwice, Span: span, Message: message,
		Related: []diag.Related{{Span: first, Message: "first declared here"}}})
}

// unknown reports a name that nothing has, with the nearest that something
// has, and the list of those there are when it is short. The message is a
// sentence without its end, such as "Profile has no action “foo”".
func (c *checker) unknown(code diag.Code, name syntax.Name, message string, known []string, notes ...string) {
	d := diag.Diagnostic{Code: code, Span: name.Span, Message: message, Notes: notes}
	if near, ok := diag.Nearest(name.Text, known); ok {
		d.Message += "; did you mean “" + near + "”?"
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: name.Span, Text: near}}}
	} else if n := len(known); n > 0 && n <= 12 {
		d.Notes = append(d.Notes, "known here: "+enumerate(known, "and"))
	}
	c.add(d)
}
