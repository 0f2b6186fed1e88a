package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/value"
)

// A Result is one way in which the program answers.
type Result struct {
	Status int // 0 where it is computed
	// Fields are those of the JSON object, in the order of the text; Literals
	// are the values of those that are written out.
	Fields   []check.RecordField
	Literals map[string]value.Value
	// Body is sent in place of the object: a text, binary data, or any
	// other value as JSON; nil when the object is the answer. Where its type may
	// be null the object is sent then.
	Body *check.Type
	// Media is the media type of a text or of binary data where the text writes
	// it out.
	Media string
	// Cookies tells that the answer sets some.
	Cookies bool
	// Refusals are the refusals that no sync answers; such an answer is
	// {error, refusal}.
	Refusals []Refusal
	// Pages is set if the body is one page of a list; a Link leads to the next one.
	Pages bool
	// By is the sync that answers, and At is its line.
	By, At string
}

// A Refusal is a refusal of an action in the form for clients.
type Refusal struct {
	Code, Sentence string
	By             string // the action's full name
	At             string
}

// Fails reports whether the result is an error.
func (r *Result) Fails() bool { return r.Status >= 400 || len(r.Refusals) > 0 }

// failsSoftly reports whether an answer has the field that older clients take for
// a refusal.
func (r *Result) failsSoftly() bool {
	return len(r.Refusals) > 0 || r.Body == nil && slices.ContainsFunc(r.Fields, func(f check.RecordField) bool { return f.Name == "error" })
}

func (g *gathering) answer(a *flows.Answer) *Result {
	r := &Result{Status: a.Status, Fields: a.Fields, Body: a.Body, Cookies: a.Cookies, Literals: map[string]value.Value{}}
	r.Pages = a.Body != nil && a.Body.Kind == check.List && slices.ContainsFunc(a.Ask.In, func(in *check.Arg) bool { return in.Name == "next" })
	if a.Sync != nil {
		r.By = a.Sync.Name
	}
	if a.Ask.Tree != nil {
		r.At = g.places.of(a.Ask.Tree.Span)
	}
	for _, arg := range a.Ask.In {
		switch {
		case arg.Name == "headers" && arg.Term.Expr != nil && arg.Term.Expr.Node != nil:
			r.Media = mediaIn(arg.Term.Expr.Node.Shape())
		case arg.Param == nil && arg.Term.Var == nil && arg.Term.Expr == nil && !arg.Term.Any:
			r.Literals[check.WireName(arg.Name)] = arg.Term.Literal
		case arg.Param == nil && arg.Term.Var != nil:
			if code := handledCode(a.Sync, arg.Term.Var); code != "" {
				r.Literals[check.WireName(arg.Name)] = value.String(code)
			}
		}
	}
	return r
}

// handledCode returns the code that a variable has in an “else refused CODE”, and
// "" if the variable is not that of such a refusal.
func handledCode(s *check.Sync, v *check.Var) string {
	if s == nil {
		return ""
	}
	for _, line := range s.Then() {
		for _, h := range line.Handlers {
			if h.Refusal == v {
				return h.Code
			}
		}
	}
	return ""
}

// mediaIn finds the Content-Type in a record of headers.
func mediaIn(s *expression.Shape) string {
	if s.Form != expression.RecordForm {
		return ""
	}
	for i, name := range s.Names {
		if strings.EqualFold(name, "Content-Type") && s.Parts[i].Form == expression.LiteralForm {
			text, _ := s.Parts[i].Literal.Text()
			return text
		}
	}
	return ""
}

func (g *gathering) refusal(in *check.Instance, a *check.Action, r *check.Refusal) Refusal {
	x := Refusal{Code: r.Code, Sentence: r.Sentence, By: in.Name + "." + a.Name}
	if r.Tree != nil {
		x.At = g.places.of(r.Tree.Span)
	}
	return x
}

// refusal adds a refusal to the result of its status.
func (o *Operation) refusal(x Refusal, status int) {
	for _, r := range o.Results {
		if len(r.Refusals) == 0 || r.Status != status {
			continue
		}
		if !slices.Contains(r.Refusals, x) {
			r.Refusals = append(r.Refusals, x)
		}
		return
	}
	o.Results = append(o.Results, &Result{Status: status, Refusals: []Refusal{x}})
}

// settle sorts the results.
func (o *Operation) settle(opt Options) {
	for _, r := range o.Results {
		slices.SortFunc(r.Refusals, func(a, b Refusal) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.By, b.By)) })
		if opt.Refusals200 && r.Status >= 400 && r.failsSoftly() {
			r.Status = 200
		}
	}
	slices.SortStableFunc(o.Results, func(a, b *Result) int {
		return cmp.Or(a.Status-b.Status, len(a.Refusals)-len(b.Refusals), cmp.Compare(a.By, b.By))
	})
}

// Codes are the codes of the refusals, each once.
func (r *Result) Codes() []string {
	var codes []string
	for _, x := range r.Refusals {
		if !slices.Contains(codes, x.Code) {
			codes = append(codes, x.Code)
		}
	}
	return codes
}
