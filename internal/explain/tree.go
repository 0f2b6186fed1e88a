package explain

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/value"
)

// A Tree is an explanation: what is so, and below it why. Terminal and browser
// draw the same tree. The zero value of a field means that there is nothing to
// say, and is left out of the JSON.
type Tree struct {
	// Kind says what the node is about.
	Kind Kind `json:"kind"`
	// Title is a phrase for a person, lower case where a name does not begin it.
	Title string `json:"title"`
	// Sentence is the whole explanation in one sentence without a full stop.
	// Only the root of an explanation of what did not happen has one.
	Sentence string `json:"sentence,omitempty"`
	// Place is where the node stands in the text, "file:line:col", and Text is
	// what stands there.
	Place string `json:"place,omitempty"`
	Text  string `json:"text,omitempty"`
	// Sync and Action name what the node is about: a sync, and an action by its
	// id in the flow ("0", "1.0.2").
	Sync   string `json:"sync,omitempty"`
	Action string `json:"action,omitempty"`
	// Name and Outcome are an action's full name and how it ended, and In and
	// Out are what it was given and what it gave. The title says them too.
	Name    string   `json:"name,omitempty"`
	Outcome string   `json:"outcome,omitempty"`
	In      []Detail `json:"in,omitempty"`
	Out     []Detail `json:"out,omitempty"`
	// Cause marks the one place at which what was asked about came to its end.
	Cause bool `json:"cause,omitempty"`
	// Values are the variables that matter here.
	Values   []Detail `json:"values,omitempty"`
	Children []*Tree  `json:"children,omitempty"`
}

// A Detail is a named value. Value is JSON as a person is shown it: long texts
// are cut, secrets are a mark. From says in words how it came to be and Place
// where that stands in the text, when that is known.
type Detail struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
	Place string `json:"place,omitempty"`
}

// A Kind says what a node of a Tree is about.
type Kind int

const (
	// FlowNode is a whole flow: what happened in it.
	FlowNode Kind = iota + 1
	// ActionNode is an action of the flow.
	ActionNode
	// FiringNode is a sync that fired, or the line of it that asked an action.
	FiringNode
	// WhenNode is a line of when and what it matched, or that nothing fits it.
	WhenNode
	// WhereNode is a line of where: what it gave, or what it dropped.
	WhereNode
	// ThenNode is a line of then or else and how what it asked ended.
	ThenNode
	// SyncNode is a sync that did not do what was asked about.
	SyncNode
	// CandidateNode is an action that came near to fitting a line of when.
	CandidateNode
	// DifferenceNode is one thing in which a candidate is not what a line wants.
	DifferenceNode
	// SourceNode is where a value comes from.
	SourceNode
	// AnswerNode is how a request was answered.
	AnswerNode
	// FaultNode is something that broke.
	FaultNode
	// NoteNode is a remark.
	NoteNode
)

var kindNames = [...]string{"", "flow", "action", "firing", "when", "where", "then", "sync",
	"candidate", "difference", "source", "answer", "fault", "note"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no kind of explanation", text)
}

// Culprit gives the node that is marked as the cause, and nil when none is.
func (t *Tree) Culprit() *Tree {
	var found *Tree
	t.walk(func(n *Tree) bool {
		if n.Cause {
			found = n
		}
		return found == nil
	})
	return found
}

// single leaves one cause of several: the first.
func (t *Tree) single() *Tree {
	first := t.Culprit()
	t.walk(func(n *Tree) bool { n.Cause = n == first; return true })
	return t
}

// acquit takes the mark of a cause away.
func (t *Tree) acquit() {
	t.walk(func(n *Tree) bool { n.Cause = false; return true })
}

// Places gives every place that the tree names, each once, in its order.
func (t *Tree) Places() []string {
	var list []string
	seen := map[string]bool{"": true}
	add := func(place string) {
		if !seen[place] {
			seen[place] = true
			list = append(list, place)
		}
	}
	t.walk(func(n *Tree) bool {
		add(n.Place)
		for _, v := range n.Values {
			add(v.Place)
		}
		return true
	})
	return list
}

// walk shows every node, a parent before its children, until it is told to stop.
func (t *Tree) walk(visit func(*Tree) bool) bool {
	if !visit(t) {
		return false
	}
	for _, c := range t.Children {
		if !c.walk(visit) {
			return false
		}
	}
	return true
}

func (t *Tree) add(children ...*Tree) {
	for _, c := range children {
		if c != nil {
			t.Children = append(t.Children, c)
		}
	}
}

// at gives the node its place in the text.
func (t *Tree) at(s source.Span, text string) *Tree {
	if s.Known() {
		t.Place, t.Text = s.String(), text
	}
	return t
}

// JSON gives the tree as indented JSON with a line end.
func (t *Tree) JSON() ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(t); err != nil {
		return nil, fmt.Errorf("writing an explanation: %w", err)
	}
	return []byte(b.String()), nil
}

// complete adds to an explanation that the record lacks values, and how to have
// them in the next one.
func (r *record) complete(t *Tree) *Tree {
	if r.Omits && t != nil {
		t.add(note("values of more than 512 bytes that nothing rests on are not kept; legible.Options.FullRecord keeps them"))
	}
	return t
}

func note(text string) *Tree { return &Tree{Kind: NoteNode, Title: text} }

// show writes a value for a person. What was secret is a mark.
func show(v value.Value, t check.Type) string {
	if v.IsSecret() || t.Kind == check.Secret && !v.IsNull() {
		return value.Hidden
	}
	if v.Omitted() != nil {
		return v.String() // it is short, and says so at its end
	}
	return clip(v.String())
}

const shown = 100

// clip cuts a text to what fits into a sentence.
func clip(s string) string {
	if len(s) <= shown {
		return s
	}
	return strings.ToValidUTF8(s[:shown], "") + "…"
}

// enumerate joins words: "a", "a and b", "a, b and c".
func enumerate(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// times says how often: "once", "twice", "5 times".
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
