package gen

import (
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// goName is the exported Go name of a word: "newName", "new_name" and
// "_newName" are NewName.
func goName(word string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(word, "_") {
		r, n := utf8.DecodeRuneInString(part)
		if n > 0 {
			b.WriteRune(unicode.ToUpper(r))
			b.WriteString(part[n:])
		}
	}
	name := b.String()
	if r, _ := utf8.DecodeRuneInString(name); !unicode.IsUpper(r) {
		return "X" + name // a script without capitals, or a digit
	}
	return name
}

// title is the Go name of a word in capitals: "IN_PROGRESS" is InProgress. A
// word that is written otherwise keeps its letters.
func title(word string) string {
	if strings.ToUpper(word) == word {
		word = strings.ToLower(word)
	}
	return goName(word)
}

func refusalName(code string) string { return "Err" + title(code) }

func enumName(set *check.Set, f *check.Field) string { return goName(set.Name) + goName(f.Name) }

func constantName(enum, constant string) string { return enum + title(constant) }

func rowName(set *check.Set) string { return goName(set.Name) + "Row" }

// collection is the name of a set's Go type: the plural if the specification
// writes one.
func (m *maker) collection(set *check.Set) string {
	written, name := goName(set.Tree.Name.Text), goName(set.Name)
	switch {
	case set.Kind == syntax.ElementDecl:
		return name + "Element"
	case written != name:
		return written
	case set.Tree.Of.Text != "", strings.HasSuffix(name, "s"):
		return name + "Set" // "a Starred set of Forms", "a set of FocusStats"
	case len(name) > 1 && strings.HasSuffix(name, "y") && !vowel(name[len(name)-2]):
		return strings.TrimSuffix(name, "y") + "ies"
	case strings.HasSuffix(name, "x"), strings.HasSuffix(name, "z"), strings.HasSuffix(name, "ch"), strings.HasSuffix(name, "sh"):
		return name + "es"
	}
	return name + "s"
}

func vowel(b byte) bool { return strings.IndexByte("aeiou", b) >= 0 }

// stateField is the name of a set in State, as the specification writes it: a
// word that tells the set's type from its member's is not needed there.
func (m *maker) stateField(set *check.Set) string {
	name := m.collection(set)
	if set.Kind == syntax.ElementDecl || name == goName(set.Name)+"Set" {
		return goName(set.Name)
	}
	return name
}

// beginning returns a name with its article, as a sentence begins.
func beginning(name string) string { return "A" + words.Article(name)[1:] }

// local is a name for a parameter in Go.
func local(word string) string {
	name := goName(word)
	r, n := utf8.DecodeRuneInString(name)
	name = string(unicode.ToLower(r)) + name[n:]
	reserved := []string{"ctx", "s", "string", "bool", "float64", "int"}
	if _, isPackage := imports()[name]; isPackage || token.IsKeyword(name) || slices.Contains(reserved, name) {
		return name + "Value"
	}
	return name
}

// names holds what each Go name stands for in one scope.
type names struct {
	taken   map[string]claim
	clashes []diag.Diagnostic
}

type claim struct {
	what string
	span source.Span
}

func newNames() *names { return &names{taken: map[string]claim{}} }

// take claims a name for something. It says so when it is taken.
func (n *names) take(name, what string, span source.Span) {
	first, taken := n.taken[name]
	if !taken {
		n.taken[name] = claim{what, span}
		return
	}
	d := diag.Diagnostic{Code: diag.GoNameClash, Span: span,
		Message: what + " and " + first.what + " would both be “" + name + "” in Go",
		Notes:   []string{"one of them needs another name"}}
	if first.span.Known() {
		d.Related = []diag.Related{{Span: first.span, Message: "the other one"}}
	} else {
		d.Message = what + " would be “" + name + "” in Go, which is " + first.what
		d.Notes = []string{"it needs another name"}
	}
	n.clashes = append(n.clashes, d)
}

// claimAll claims every name that the file declares, and those inside each
// struct.
func (m *maker) claimAll() {
	for _, own := range [][2]string{
		{"State", "the whole of a concept's state"},
		{"Actions", "the interface of a concept's actions"},
		{"Define", "the function that makes a concept"},
	} {
		m.names.take(own[0], own[1], source.Span{})
	}
	for _, p := range m.concept.Tree.Params {
		m.names.take(goName(p.Text), "the type parameter “"+p.Text+"”", p.Span)
	}
	state := newNames()
	for _, set := range m.concept.Sets {
		m.claimSet(set)
		state.take(m.stateField(set), "the set “"+set.Name+"”", set.Tree.Name.Span)
	}
	for _, r := range m.codes() {
		m.names.take(refusalName(r.Code), "the refusal “"+r.Code+"”", r.Tree.Code.Span)
	}
	methods := newNames()
	for _, a := range m.concept.Actions {
		span := a.Tree.Name.Span
		methods.take(goName(a.Name), "the action “"+a.Name+"”", span)
		m.claimParams(goName(a.Name)+"In", "the inputs of “"+a.Name+"”", span, a.Inputs)
		if len(a.Outputs) > 0 {
			m.claimParams(goName(a.Name)+"Out", "the outputs of “"+a.Name+"”", span, a.Outputs)
		}
	}
	for _, q := range m.concept.Queries {
		span := q.Tree.Name.Span
		methods.take(goName(q.Name), "the query “"+q.Name+"”", span)
		if _, taken := m.names.taken[goName(q.Name)+"In"]; taken {
			continue // said already: an action has the name
		}
		m.claimParams(goName(q.Name)+"In", "the inputs of “"+q.Name+"”", span, q.Inputs)
		m.claimParams(goName(q.Name)+"Out", "the outputs of “"+q.Name+"”", span, q.Outputs)
	}
	m.names.clashes = append(m.names.clashes, state.clashes...)
	m.names.clashes = append(m.names.clashes, methods.clashes...)
}

func (m *maker) claimSet(set *check.Set) {
	span := set.Tree.Name.Span
	if !m.isParam(set.Name) {
		m.names.take(goName(set.Name), "the type “"+set.Name+"”", span)
	}
	m.names.take(rowName(set), "a row of “"+set.Name+"”", span)
	m.names.take(m.collection(set), "the set of “"+set.Name+"”", span)
	if m.isOwnElement(set) {
		m.names.take(theName(set), "the one “"+set.Name+"”", span)
	}
	fields := newNames()
	finders := newNames()
	for _, f := range set.Fields {
		fields.take(goName(f.Name), "the field “"+f.Name+"”", f.Tree.Span)
		if findable(f) {
			finders.take("By"+goName(f.Name), "finding by “"+f.Name+"”", f.Tree.Span)
		}
		if f.Type.Kind == check.Enum {
			name := enumName(set, f)
			m.names.take(name, "the constants of “"+f.Name+"”", f.Tree.Span)
			for i, c := range f.Type.Constants {
				m.names.take(constantName(name, c), "the constant “"+c+"”", f.Tree.Constants[i].Span)
			}
		}
	}
	for _, u := range set.Uniques {
		if len(u) > 1 && findableTogether(set, u) {
			finders.take(finderName(set, u), "finding by the fields of a “unique” line", span)
		}
	}
	m.names.clashes = append(m.names.clashes, fields.clashes...)
	if len(fields.clashes) == 0 {
		m.names.clashes = append(m.names.clashes, finders.clashes...)
	}
}

func (m *maker) claimParams(name, what string, span source.Span, params []*check.Param) {
	m.names.take(name, what, span)
	fields := newNames()
	for _, p := range params {
		fields.take(goName(p.Name), "“"+p.Name+"”", p.Tree.Span)
		if p.Type.Kind != check.Enum {
			continue
		}
		if enum, own := m.paramEnum(name, p); own {
			m.names.take(enum, "the constants of “"+p.Name+"”", p.Tree.Span)
			for i, c := range p.Type.Constants {
				m.names.take(constantName(enum, c), "the constant “"+c+"”", p.Tree.Type.Constants[i].Span)
			}
		}
	}
	m.names.clashes = append(m.names.clashes, fields.clashes...)
}
