// Package check resolves the names and types of a program, and reports errors and
// likely mistakes in them.
//
// [Check] returns a [Program], in which every name has a meaning and every [Var] a
// type as far as it is known. Parts with errors are left out of the program. An
// error is reported once, at its cause, and its consequences are not reported.
// Package check/flows analyzes what the flows of a program can do; its function
// Check does both.
//
// The work is a table of passes. A pass reads what earlier passes promise.
//
// Names: concept.go and typedecl.go resolve the types of a concept, contract.go its
// actions and queries, app.go and binding.go the instances of the app, scope.go,
// syncs.go, where.go, field.go, view.go and arguments.go the variables of syncs and
// views, scenario.go those of scenarios. unbound.go and unused.go report variables
// without a value and without a use.
//
// Types: types.go infers the types of the variables of a sync or view from all
// their uses, until nothing changes. infer.go, operator.go, operand.go,
// functions.go and assign.go do so for expressions; nullness.go finds what may be null, and join.go
// joins two types.
//
// Secrets: a variable is secret if a part of its value flows into something
// declared Secret. backward.go finds these variables with a data flow analysis
// against the direction of the flow. forward.go follows secrets in the direction of
// the flow, and reports where they reach something that is not declared Secret.
// Both track parts of values with access paths (accesspath.go).
//
// The package does not open files and does not run anything: Options.Concept gives
// the concepts that the texts do not hold.
package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// Options configure a check. The zero value is right for texts that declare all
// concepts that they use.
type Options struct {
	// Concept returns the parsed text of a concept that the texts do not declare,
	// nil if there is none. It may be nil.
	Concept func(name string) *syntax.File
	// Known are the names of the concepts that Concept knows, to suggest one for a
	// misspelt name.
	Known []string
}

// Check resolves the texts of one program. The program is never nil. The findings
// are sorted by position.
func Check(files []*syntax.File, opt Options) (*Program, []diag.Diagnostic) {
	c := run(files, opt)
	c.program.KeepCertain(c.diags)
	return c.program, diag.Sort(c.program.AtOrigins(c.diags))
}

// run runs the passes.
func run(files []*syntax.File, opt Options) *checker {
	c := &checker{
		opt:   opt,
		files: files,
		program: &Program{
			Concepts:  map[string]*Concept{},
			Instances: map[string]*Instance{},
			Views:     map[string]*View{},
			Questions: map[*syntax.Line]*Line{},
			files:     files,
			uses:      map[source.Span]int{},
		},
		specs:       map[string]*spec{},
		views:       map[string]*viewState{},
		missing:     map[string]bool{},
		expressions: map[string]*expression.Expression{},
		typings:     typings(),
	}
	for _, p := range passes() {
		p.run(c)
	}
	c.program.Broken = c.broken()
	return c
}

// A pass is a step of the check.
type pass struct {
	name     string
	run      func(*checker)
	needs    []string // what earlier passes promise
	promises string
}

func passes() []pass {
	return []pass{
		{"concepts", (*checker).concepts, nil, "contracts"},
		{"app", (*checker).app, []string{"contracts"}, "instances"},
		{"views", (*checker).resolveViews, []string{"instances"}, "views"},
		{"syncs", (*checker).syncs, []string{"instances", "views"}, "syncs"},
		{"routes", (*checker).routes, []string{"instances", "syncs"}, "no path without requests"},
		{"scenarios", (*checker).scenarios, []string{"instances", "syncs"}, "scenarios"},
		{"types", (*checker).types, []string{"views", "syncs"}, "types of variables"},
		{"answers", (*checker).answers, []string{"types of variables"}, "no answer that says something else than it means"},
		{"unused", (*checker).unused, []string{"views", "syncs"}, "no idle variables"},
		{"sound", (*checker).keepSound, []string{"types of variables"}, "a program without broken parts"},
		{"rows", (*checker).lostRows, []string{"a program without broken parts"}, "no row that is missing by accident"},
		{"secrets", (*checker).secrets, []string{"a program without broken parts"}, "no secret told"},
		{"expand", (*checker).expandViews, []string{"a program without broken parts", "no secret told"}, "no use of a view that answers"},
	}
}

// A checker is one run of Check.
type checker struct {
	opt     Options
	files   []*syntax.File
	program *Program
	diags   []diag.Diagnostic

	specs       map[string]*spec // by the names of the concepts
	appBroken   bool             // part of the app could not be resolved
	hasApp      bool
	missing     map[string]bool // the unknown concepts that were reported, by name and file
	views       map[string]*viewState
	viewOrder   []*viewState                      // a view comes after those that it uses
	secretUses  secretUses                        // what flows into something secret
	expressions map[string]*expression.Expression // by text
	typings     map[string]typing                 // of the functions of expressions
	words       *vocabulary                       // of the texts; nil before its first use
	cookies     []syntax.Name                     // that answers set
	errorStatus bool                              // some answer with an error has a status of an error
	noStatus    []diag.Diagnostic                 // about answers with an error and no status
	syncOrder   []*syncState
}

// A viewState is a view during the passes.
type viewState struct {
	tree  *syntax.View
	view  *View
	state int // 0 not begun, 1 being resolved, 2 done
	ok    bool
	// unbound are the names in its lines that have no value.
	unbound []string
}

// A syncState is a sync during the passes.
type syncState struct {
	sync *Sync
	ok   bool
}

// keepSound adds the syncs and views without errors to the program.
func (c *checker) keepSound() {
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

// reported reports whether there is a finding of this kind at this place.
func (c *checker) reported(d diag.Diagnostic) bool {
	return slices.ContainsFunc(c.diags, func(x diag.Diagnostic) bool { return x.Code == d.Code && x.Span == d.Span })
}

// errorAt reports an error.
func (c *checker) errorAt(code diag.Code, span source.Span, message string, notes ...string) {
	c.add(diag.Diagnostic{Code: code, Span: span, Message: message, Notes: notes})
}

// declaredTwice reports a second declaration.
func (c *checker) declaredTwice(span, first source.Span, message string) {
	c.add(diag.Diagnostic{Code: diag.DeclaredTwice, Span: span, Message: message,
		Related: []diag.Related{{Span: first, Message: "first declared here"}}})
}

// unknown reports an unknown name. It suggests the nearest known name, or lists the
// known names if they are few. The message is a sentence without a full stop:
// "Profile has no action “foo”".
func (c *checker) unknown(code diag.Code, name syntax.Name, message string, known []string, notes ...string) {
	d := diag.Diagnostic{Code: code, Span: name.Span, Message: message, Notes: notes}
	if near, ok := diag.Nearest(name.Text, known); ok {
		d.Message += "; did you mean “" + near + "”?"
		if diag.IsOnlyNearest(name.Text, near, known) {
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: name.Span, Text: near}}}
		}
	} else if n := len(known); n > 0 && n <= 12 {
		d.Notes = append(d.Notes, "known names: "+words.Enumerate(known, "and"))
	}
	c.add(d)
}
