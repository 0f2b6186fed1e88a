package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	langcheck "github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// faultLevel is the log level of a fault: debug if the client gets it and nothing
// is wrong here.
func faultLevel(err error) slog.Level {
	if _, sent := errors.AsType[*FieldError](err); sent || errors.Is(err, ErrNoMemory) {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// blameInput attributes an error of an expression to the client's input, if the
// expression reads a request.
func blameInput(e *plan.Expr, err error) error {
	if len(e.Fields) == 0 || errors.Is(err, errGone) {
		return err
	}
	reason := err.Error()
	reason = strings.TrimPrefix(reason, e.Text+": ")
	return &FieldError{Field: e.Fields[0], Err: errors.New("does not fit what is made of it: " + firstLine(reason)), In: err}
}

// A inputType checks the type of an input before Go sees it.
type inputType struct {
	kinds    [value.Kinds]bool // by value.Kind
	wanted   string
	optional bool
	any      bool
	item     *inputType // of a list
	// constants are the texts of an enumeration; nil if every text fits.
	constants []string
}

func inputTypes(params []*langcheck.Param) []inputType {
	var list []inputType
	for _, p := range params {
		f := inputTypeOf(p.Type)
		if p.Many != syntax.One {
			f = listOf(f)
		}
		f.optional = p.Optional
		list = append(list, f)
	}
	return list
}

func listOf(item inputType) inputType {
	f := inputType{wanted: "a list", item: &item}
	f.kinds[value.ListKind] = true
	return f
}

func inputTypeOf(t langcheck.Type) inputType {
	f := inputType{}
	set := func(wanted string, kinds ...value.Kind) {
		f.wanted = wanted
		for _, k := range kinds {
			f.kinds[k] = true
		}
	}
	switch t.Kind {
	case langcheck.List:
		if t.Elem == nil {
			return listOf(inputType{any: true, optional: true})
		}
		return listOf(inputTypeOf(*t.Elem))
	case langcheck.Number:
		set("a number", value.NumberKind)
	case langcheck.Flag:
		set("true or false", value.FlagKind)
	case langcheck.DateTime:
		set("a moment", value.TimeKind)
	case langcheck.Binary:
		set("binary data", value.BlobKind)
	case langcheck.Json, langcheck.Record, langcheck.Unknown:
		f.any = true
	case langcheck.Enum:
		f.constants = t.Constants
		set(words.Enumerate(t.Constants, "or"), value.StringKind)
	default:
		set("a text", value.StringKind)
	}
	return f
}

// A typeError is a place in a value that has the wrong type.
type typeError struct{ path, wanted, given string }

func (m *typeError) reason() error { return fmt.Errorf("must be %s, not %s", m.wanted, m.given) }

// check returns the first place in v that does not fit, nil if all of it does.
func (f *inputType) check(v value.Value) *typeError {
	switch {
	case v.IsNull():
		if f.optional {
			return nil
		}
		return &typeError{wanted: f.needed(), given: "nothing"}
	case f.any:
		return nil
	}
	shown := !v.HoldsSecret()
	v = v.Reveal()
	if !f.kinds[v.Kind()] {
		return &typeError{wanted: f.wanted, given: kindOf(v)}
	}
	if text, isText := v.Text(); isText && f.constants != nil && !slices.Contains(f.constants, text) {
		given := "another text"
		if shown {
			given = "“" + value.Shorten(text, brief) + "”"
		}
		return &typeError{wanted: f.wanted, given: given}
	}
	if f.item != nil {
		for i, x := range v.Items() {
			if m := f.item.check(x); m != nil {
				m.path = "[" + strconv.Itoa(i) + "]" + m.path
				if m.given == "nothing" {
					m.given = "null"
				}
				return m
			}
		}
	}
	return nil
}

// kindOf names the kind of v in the words of the language.
func kindOf(v value.Value) string {
	if v.Kind() == value.StringKind {
		return "a text"
	}
	return v.Kind().String()
}

func (f *inputType) needed() string {
	if f.any {
		return "something"
	}
	return f.wanted
}

// checkInputs checks the types of inputs. The error names the first place that does
// not fit. For an input's column, place returns where a client sent it.
func checkInputs(fits []inputType, inputs []string, in []value.Value, place func(column int) string) error {
	for i := range fits {
		m := fits[i].check(in[i])
		if m == nil {
			continue
		}
		err := fmt.Errorf("needs %s%s to be %s, but was given %s", inputs[i], m.path, m.wanted, m.given)
		if field := place(i); field != "" {
			return &FieldError{Field: field + m.path, Err: m.reason(), In: err}
		}
		return err
	}
	return nil
}

// constantOutputs are the types of the outputs that are constants, which the types of
// Go do not hold apart; nil if there are none.
func constantOutputs(params []*langcheck.Param) []inputType {
	if !slices.ContainsFunc(params, func(p *langcheck.Param) bool { return p.Type.Kind == langcheck.Enum }) {
		return nil
	}
	types := inputTypes(params)
	for i, p := range params {
		if p.Type.Kind != langcheck.Enum {
			types[i] = inputType{any: true, optional: true}
		}
	}
	return types
}

// checkConstants checks the outputs of an action or query that are constants.
func checkConstants(types []inputType, by string, outputs []string, out []value.Value) error {
	for i := range types {
		if m := types[i].check(out[i]); m != nil {
			return fmt.Errorf("%s gave %s%s that is %s: it must be %s", by, outputs[i], m.path, m.given, m.wanted)
		}
	}
	return nil
}

// askedPlace returns the place in the request that an input of an asked line
// comes from.
func askedPlace(line *plan.Ask, column int) string {
	for i := range line.In {
		if line.In[i].Column == column {
			return line.In[i].Term.Field
		}
	}
	return ""
}
