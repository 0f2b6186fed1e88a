// Package gen generates the Go code that a concept's specification implies.
//
// Its three main types are [Options], the names in Go; the maker inside [Go],
// which writes one section after another; and [FindingsError], the parts of a
// specification that cannot become Go. The same specification gives the same
// formatted bytes, and the generated code compiles and accesses the inputs and
// outputs of actions directly, without reflection. The actions themselves are
// not generated: they are the methods of an interface, Actions.
//
// Optional values are pointers, nil if absent. Binary data and Json have their
// own absent value (nil, and the unset value). A collection is a slice, nil if
// it is optional and absent.
package gen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// module is the import path of this module, as generated code writes it.
const module = "github.com/legible-lang/legible"

// Options are the names in the generated Go. The zero value works.
type Options struct {
	// Package is the name of the Go package; empty means the concept's name
	// in lower case.
	Package string
	// File is the name of the specification beside the Go file; empty means
	// the base name of the file that the concept was read from.
	File string
}

// A FindingsError lists what cannot become Go: two declarations with one Go
// name, or open inputs.
type FindingsError struct{ Findings []diag.Diagnostic }

func (e *FindingsError) Error() string {
	d := e.Findings[0]
	return fmt.Sprintf("%s: %s", d.Span, d.Message)
}

// Go generates the Go code of a concept that has been checked without errors.
// The error is a *FindingsError if a part cannot become Go.
func Go(concept *check.Concept, opt Options) ([]byte, error) {
	if opt.Package == "" {
		opt.Package = strings.ToLower(concept.Name)
	}
	if opt.File == "" {
		opt.File = path.Base(concept.Tree.Name.Span.File.Name)
	}
	m := &maker{concept: concept, opt: opt, names: newNames()}
	m.claimAll()
	findings := m.names.clashes
	for _, a := range concept.Actions {
		if a.Open {
			findings = append(findings, diag.Diagnostic{Code: diag.OpenGo, Span: a.Tree.Name.Span,
				Message: "“" + a.Name + "” takes any further inputs, which Go cannot name"})
		}
	}
	if len(findings) > 0 {
		return nil, &FindingsError{diag.Sort(findings)}
	}
	m.specification()
	m.identities()
	m.enumerations()
	m.refusals()
	m.contract()
	m.actions()
	m.state()
	m.define()
	return m.file()
}

// A maker writes one file.
type maker struct {
	concept *check.Concept
	opt     Options
	names   *names
	body    bytes.Buffer
}

// p writes a line.
func (m *maker) p(layout string, args ...any) {
	fmt.Fprintf(&m.body, layout, args...)
	m.body.WriteByte('\n')
}

func (m *maker) specification() {
	m.p("//go:embed %s", m.opt.File)
	m.p("var specText string")
	m.p("")
}

// note writes prose as a comment.
func (m *maker) note(lines []string) {
	for _, l := range lines {
		m.p("// %s", l)
	}
}

// identities writes a type for each kind of thing that the concept knows. The
// members of a subset are members of the set above it, so theirs is an alias.
func (m *maker) identities() {
	for _, set := range m.concept.Sets {
		switch {
		case m.isParam(set.Name):
		case set.Member.Name == set.Name:
			m.p("// %s identifies one member of the %s %s.", m.typeNoun(set.Name), set.Kind, set.Tree.Name.Text)
			m.p("type %s string", goName(set.Name))
		default:
			m.p("// %s identifies one of the %s %s of %s.", m.typeNoun(set.Name), set.Tree.Name.Text, set.Kind, set.Tree.Of.Text)
			m.p("type %s = %s", goName(set.Name), goName(set.Member.Name))
		}
		m.p("")
	}
	for _, p := range m.concept.Params {
		m.p("// %s identifies one of another concept's things.", m.typeNoun(p))
		m.p("type %s string", goName(p))
		m.p("")
	}
}

func (m *maker) isParam(name string) bool {
	for _, p := range m.concept.Params {
		if p == name {
			return true
		}
	}
	return false
}

// typeNoun is the word with which a type's comment begins.
func (m *maker) typeNoun(name string) string { return beginning(goName(name)) }

// enumerations writes the types of fields and parameters with constants.
func (m *maker) enumerations() {
	for _, set := range m.concept.Sets {
		for _, f := range set.Fields {
			if f.Type.Kind == check.Enum {
				m.enumeration(enumName(set, f), "“"+f.Name+"” of "+words.Article(set.Name), f.Type.Constants)
			}
		}
	}
	m.eachParams(func(name, of string, params []*check.Param) {
		for _, p := range params {
			if p.Type.Kind != check.Enum {
				continue
			}
			if enum, own := m.paramEnum(name, p); own {
				m.enumeration(enum, "“"+p.Name+"” among "+of, p.Type.Constants)
			}
		}
	})
}

func (m *maker) enumeration(name, of string, constants []string) {
	m.p("// %s is what %s may be.", beginning(name), of)
	m.p("type %s string", name)
	m.p("")
	m.p("// The constants of %s.", name)
	m.p("const (")
	var all []string
	for _, c := range constants {
		all = append(all, constantName(name, c))
		m.p("%s %s = %q", constantName(name, c), name, c)
	}
	m.p(")")
	m.p("")
	m.p("// Known tells whether it is one of the constants.")
	m.p("func (x %s) Known() bool {", name)
	m.p("switch x {")
	m.p("case %s:", strings.Join(all, ", "))
	m.p("return true")
	m.p("}")
	m.p("return false")
	m.p("}")
	m.p("")
}

// eachParams visits the inputs and outputs of actions and queries, with the names of
// their structs.
func (m *maker) eachParams(visit func(name, of string, params []*check.Param)) {
	for _, a := range m.concept.Actions {
		visit(goName(a.Name)+"In", "the inputs of “"+a.Name+"”", a.Inputs)
		if len(a.Outputs) > 0 {
			visit(goName(a.Name)+"Out", "the outputs of “"+a.Name+"”", a.Outputs)
		}
	}
	for _, q := range m.concept.Queries {
		visit(goName(q.Name)+"In", "the inputs of “"+q.Name+"”", q.Inputs)
		visit(goName(q.Name)+"Out", "the outputs of “"+q.Name+"”", q.Outputs)
	}
}

func (m *maker) refusals() {
	list := m.codes()
	if len(list) == 0 {
		return
	}
	var fixed, spoken, reasoned []*check.Refusal
	for _, r := range list {
		switch {
		case isSpoken(r):
			spoken = append(spoken, r)
		case m.isReasoned(r):
			reasoned = append(reasoned, r)
		default:
			fixed = append(fixed, r)
		}
	}
	if len(fixed) > 0 {
		m.p("// The ways in which actions of %s decline.", m.concept.Name)
		m.p("var (")
		for _, r := range fixed {
			m.p("// %s: %s", refusalName(r.Code), r.Sentence)
			m.p("%s = &legible.Refusal{Code: %q}", refusalName(r.Code), r.Code)
		}
		m.p(")")
		m.p("")
	}
	for _, r := range spoken {
		m.p("// %s declines with a sentence of the action's own.", refusalName(r.Code))
		m.p("func %s(sentence string) error {", refusalName(r.Code))
		m.p("return &legible.Refusal{Code: %q, With: map[string]string{%q: sentence}}", r.Code, "error")
		m.p("}")
		m.p("")
	}
	for _, r := range reasoned {
		m.p("// %s: %s", refusalName(r.Code), r.Sentence)
		m.p("func %s(%s string) error {", refusalName(r.Code), check.ReasonName)
		m.p("return &legible.Refusal{Code: %q, With: map[string]string{%q: %s}}", r.Code, check.ReasonName, check.ReasonName)
		m.p("}")
		m.p("")
	}
}

// isReasoned tells of a refusal whose sentence only Go can complete, in one of
// the actions that have it.
func (m *maker) isReasoned(r *check.Refusal) bool {
	return slices.ContainsFunc(m.concept.Actions, func(a *check.Action) bool {
		same := a.Refusal(r.Code)
		return same != nil && same.GivesReason(a)
	})
}

// isSpoken tells of the older form of a refusal, whose sentence only Go knows.
func isSpoken(r *check.Refusal) bool {
	return r.Code == "ERROR" && (r.Sentence == "" || r.Sentence == "{error}")
}

// codes are the refusals of the concept, each code once.
func (m *maker) codes() []*check.Refusal {
	seen := map[string]bool{}
	var list []*check.Refusal
	for _, a := range m.concept.Actions {
		for _, r := range a.Refusals {
			if !seen[r.Code] {
				seen[r.Code] = true
				list = append(list, r)
			}
		}
	}
	return list
}

// imports lists the packages that generated code may use, by their names.
func imports() map[string]string {
	return map[string]string{
		"iter": "iter", "time": "time", "legible": module, "slot": module + "/gen/slot",
		"store": module + "/store", "value": module + "/value",
	}
}

// file puts the head before the body and formats the whole.
func (m *maker) file() ([]byte, error) {
	used := map[string]bool{}
	tree, err := parser.ParseFile(token.NewFileSet(), "", "package x\n"+m.body.String(), parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("writing the Go of %s: %w", m.concept.Name, err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	var head bytes.Buffer
	fmt.Fprintf(&head, "// Code generated by legible gen; DO NOT EDIT.\n\npackage %s\n\nimport (\n\t_ \"embed\"\n", m.opt.Package)
	group := func(names ...string) {
		for _, n := range names {
			if used[n] {
				fmt.Fprintf(&head, "\t%q\n", imports()[n])
			}
		}
	}
	group("iter", "time")
	head.WriteString("\n")
	group("legible", "slot", "store", "value")
	head.WriteString(")\n\n")
	head.Write(m.body.Bytes())
	out, err := format.Source(head.Bytes())
	if err != nil {
		return nil, fmt.Errorf("writing the Go of %s: %w", m.concept.Name, err)
	}
	return out, nil
}

// prose returns the lines of a text, none for nil.
func prose(p *syntax.Prose) []string {
	if p == nil {
		return nil
	}
	return p.Lines
}
