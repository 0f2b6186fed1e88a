package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/legible-lang/legible/value"
)

// A Form is what an expression, or a part of one, is.
type Form int

const (
	// OtherForm is a part of which only the parts are known.
	OtherForm Form = iota
	// VariableForm is a variable with its Name.
	VariableForm
	// LiteralForm is a value that is written out: Literal.
	LiteralForm
	// ListForm is a list; the parts are its items.
	ListForm
	// RecordForm is a record; the parts are its fields, called Names.
	RecordForm
	// UnaryForm has one part: Name is "not", "!", "-" or "+".
	UnaryForm
	// BinaryForm has two parts: Name is the operator.
	BinaryForm
	// ConditionalForm has a condition and the two values.
	ConditionalForm
	// FieldForm takes the field Name of its part.
	FieldForm
	// ItemForm takes an item of its first part; the second says which.
	ItemForm
	// SliceForm takes some items of its first part.
	SliceForm
	// CallForm calls the function Name.
	CallForm
	// PredicateForm is what a function does to each item: its part.
	PredicateForm
	// PointerForm is the item of a predicate: Name is "" for the item itself.
	PointerForm
	// SpreadForm stands in a record for the fields of its part, a record.
	SpreadForm
	// ComputedForm is a field of a record: the first part is its name, the
	// second its value.
	ComputedForm
)

// A Shape is the form of an expression for those who reason about it without
// computing it. It must not be changed.
type Shape struct {
	Form    Form
	Name    string
	Literal value.Value
	Parts   []*Shape
	Names   []string // of a record's fields, one for each part; "" for SpreadForm and ComputedForm
	Offset  int      // in bytes, where it stands in the text
	Safe    bool     // of a FieldForm: “?.”, which is null if there is no record
}

// Shape returns the form of the expression.
func (e *Expression) Shape() *Shape { return e.shape }

// IsNot reports whether the part negates its operand.
func (s *Shape) IsNot() bool { return s.Form == UnaryForm && (s.Name == "not" || s.Name == "!") }

// IsAnd reports whether the part is a conjunction.
func (s *Shape) IsAnd() bool { return s.Form == BinaryForm && (s.Name == "and" || s.Name == "&&") }

// IsOr reports whether the part is a disjunction.
func (s *Shape) IsOr() bool { return s.Form == BinaryForm && (s.Name == "or" || s.Name == "||") }

// IsGiven reports whether the part asks whether a variable has been given a value.
func (s *Shape) IsGiven() bool { return s.Form == CallForm && s.Name == "given" && len(s.Parts) == 1 }

// AsksGiven reports whether the part, or one in it, asks that.
func (s *Shape) AsksGiven() bool {
	return s.IsGiven() || slices.ContainsFunc(s.Parts, (*Shape).AsksGiven)
}

func (e *Expression) shapeOf(n ast.Node) *Shape {
	s := &Shape{Offset: e.source.origin(n.Location().From)}
	parts := func(list ...ast.Node) {
		for _, x := range list {
			if x != nil {
				s.Parts = append(s.Parts, e.shapeOf(x))
			}
		}
	}
	literal := func(v value.Value) { s.Form, s.Literal = LiteralForm, v }
	switch n := n.(type) {
	case *ast.NilNode:
		literal(value.Null)
	case *ast.BoolNode:
		literal(value.Flag(n.Value))
	case *ast.IntegerNode:
		literal(value.Number(float64(n.Value)))
	case *ast.FloatNode:
		literal(value.Number(n.Value))
	case *ast.StringNode:
		literal(value.String(n.Value))
	case *ast.IdentifierNode:
		if n.Value == null {
			literal(value.Null)
			break
		}
		s.Form, s.Name = VariableForm, n.Value
	case *ast.ArrayNode:
		s.Form = ListForm
		parts(n.Nodes...)
	case *ast.MapNode:
		s.Form = RecordForm
		for _, p := range n.Pairs {
			pair := p.(*ast.PairNode)
			key, named := pair.Key.(*ast.StringNode)
			field := e.shapeOf(pair.Value)
			name := ""
			switch {
			case !named:
				field = &Shape{Form: ComputedForm, Parts: []*Shape{e.shapeOf(pair.Key), field}, Offset: e.source.origin(pair.Key.Location().From)}
			case key.Value == spreadKey:
				field = &Shape{Form: SpreadForm, Parts: []*Shape{field}, Offset: field.Offset}
			default:
				name = key.Value
			}
			s.Names = append(s.Names, name)
			s.Parts = append(s.Parts, field)
		}
	case *ast.UnaryNode:
		s.Form, s.Name = UnaryForm, n.Operator
		parts(n.Node)
	case *ast.BinaryNode:
		s.Form, s.Name = BinaryForm, n.Operator
		parts(n.Left, n.Right)
	case *ast.ConditionalNode:
		s.Form = ConditionalForm
		parts(n.Cond, n.Exp1, n.Exp2)
	case *ast.ChainNode:
		return e.shapeOf(n.Node)
	case *ast.MemberNode:
		if name, ok := n.Property.(*ast.StringNode); ok {
			s.Form, s.Name, s.Safe = FieldForm, name.Value, n.Optional
			parts(n.Node)
			break
		}
		s.Form = ItemForm
		parts(n.Node, n.Property)
	case *ast.SliceNode:
		s.Form = SliceForm
		parts(n.Node, n.From, n.To)
	case *ast.BuiltinNode:
		s.Form, s.Name = CallForm, n.Name
		parts(n.Arguments...)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			s.Form, s.Name = CallForm, callee.Value
		}
		parts(n.Arguments...)
	case *ast.PredicateNode:
		s.Form = PredicateForm
		parts(n.Node)
	case *ast.PointerNode:
		s.Form, s.Name = PointerForm, n.Name
	case *ast.SequenceNode:
		parts(n.Nodes...)
	}
	return s
}
