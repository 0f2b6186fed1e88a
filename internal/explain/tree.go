package explain

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// A Tree is an explanation: a node states a fact, and the nodes below it state
// the reasons. The terminal and the browser show the same tree. Fields with a
// zero value do not apply and are omitted from the JSON.
type Tree struct {
	// Kind says what the node is about.
	Kind Kind `json:"kind"`
	// Title is a phrase for people. It begins in lower case or with a name.
	Title string `json:"title"`
	// Sentence is the whole explanation in one sentence without a full stop.
	// Only the root of an explanation has one.
	Sentence string `json:"sentence,omitempty"`
	// Place is the source position of the node, "file:line:col", and Text is
	// the source text there.
	Place string `json:"place,omitempty"`
	Text  string `json:"text,omitempty"`
	// Sync and Action name what the node is about: a sync, and an action by its
	// id in the flow ("0", "1.0.2").
	Sync   string `json:"sync,omitempty"`
	Action string `json:"action,omitempty"`
	// Name, Outcome, In and Out are the full name, the outcome, the inputs and
	// the outputs of an action. The title contains them too.
	Name    string   `json:"name,omitempty"`
	Outcome string   `json:"outcome,omitempty"`
	In      []Detail `json:"in,omitempty"`
	Out     []Detail `json:"out,omitempty"`
	// Cause marks the node that is the cause of the explained result.
	Cause bool `json:"cause,omitempty"`
	// Values are the variables that this node depends on.
	Values   []Detail `json:"values,omitempty"`
	Children []*Tree  `json:"children,omitempty"`
}

// A Detail is a named value. Value is JSON for people: long texts are cut and
// secrets are replaced by a mark. From describes the origin of the value and
// Place is its source position, if known.
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
	// WhenNode is a line of when and the action that matched it, if any.
	WhenNode
	// WhereNode is a line of where: what it bound, or why it dropped a frame.
	WhereNode
	// LostNode is a line inside of a fold that dropped rows.
	LostNode
	// ThenNode is a line of then or else and the outcome of its action.
	ThenNode
	// SyncNode is a sync that did not do what the explanation is about.
	SyncNode
	// CandidateNode is an action that nearly matches a line of when.
	CandidateNode
	// DifferenceNode is a reason why a candidate does not match a line.
	DifferenceNode
	// SourceNode is the origin of a value.
	SourceNode
	// AnswerNode is how a request was answered.
	AnswerNode
	// FaultNode is a fault.
	FaultNode
	// NoteNode is a remark.
	NoteNode
)

var kindNames = [...]string{"", "flow", "action", "firing", "when", "where", "lost", "then", "sync",
	"candidate", "difference", "source", "answer", "fault", "note"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// MarshalText returns the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("unknown kind of explanation %q", text)
}

// CauseNode returns the node that is marked as the cause, or nil.
func (t *Tree) CauseNode() *Tree {
	var found *Tree
	t.walk(func(n *Tree) bool {
		if n.Cause {
			found = n
		}
		return found == nil
	})
	return found
}

// single keeps only the first of several causes.
func (t *Tree) single() *Tree {
	first := t.CauseNode()
	t.walk(func(n *Tree) bool { n.Cause = n == first; return true })
	return t
}

// clearCauses removes the marks of all causes.
func (t *Tree) clearCauses() {
	t.walk(func(n *Tree) bool { n.Cause = false; return true })
}

// Places returns every place in the tree, each once, in order.
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

// walk calls a function for every node, parents first, until it returns false.
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

// at sets the place and the text of the node.
func (t *Tree) at(s source.Span, text string) *Tree {
	if s.Known() {
		t.Place, t.Text = s.String(), text
	}
	return t
}

// JSON returns the tree as indented JSON with a final newline.
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

// complete adds a note if values are omitted from the record, with the remedy.
func (r *record) complete(t *Tree) *Tree {
	if r.Omits && t != nil {
		t.add(note("the record omits values of more than 512 bytes that nothing depends on; legible.Options.FullRecord keeps them"))
	}
	return t
}

func note(text string) *Tree { return &Tree{Kind: NoteNode, Title: text} }

// show formats a value for people. A secret is replaced by a mark.
func show(v value.Value, t check.Type) string {
	if v.IsSecret() || t.Kind == check.Secret && !v.IsNull() {
		return value.Hidden
	}
	if v.IsUnset() {
		return "nothing"
	}
	if v.Omitted() != nil {
		return v.String() // it is short, and says so at its end
	}
	return words.Clip(v.String(), shown)
}

const shown = 100

// times formats a count: "once", "twice", "5 times".
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
