package check

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

func refusalKinds() []string {
	return []string{"invalid", "unauthenticated", "forbidden", "missing", "conflict", "limited"}
}

// contract resolves the actions and queries of a concept.
func (c *checker) contract(s *spec) {
	for _, t := range s.concept.Tree.Actions {
		a := &Action{Tree: t, Name: t.Name.Text, Kind: t.Kind, Open: t.Open}
		a.Inputs = c.params(s, t.Inputs, "an input", a.Name)
		a.Outputs = c.params(s, t.Outputs, "an output", a.Name)
		c.refusals(a, s)
		c.schedule(s, a)
		if first := s.action(a.Name); first != nil {
			c.declaredTwice(t.Name.Span, first.Tree.Name.Span, "the action “"+a.Name+"” is declared twice")
			continue
		}
		if a.Name != "" {
			s.concept.Actions = append(s.concept.Actions, a)
		}
	}
	for _, t := range s.concept.Tree.Queries {
		q := &Query{Tree: t, Name: t.Name.Text, Rows: t.Rows}
		q.Inputs = c.params(s, t.Inputs, "an input", q.Name)
		q.Outputs = c.params(s, t.Outputs, "an output", q.Name)
		if first := s.query(q.Name); first != nil {
			c.declaredTwice(t.Name.Span, first.Tree.Name.Span, "the query “"+q.Name+"” is declared twice")
			continue
		}
		if q.Name != "" {
			s.concept.Queries = append(s.concept.Queries, q)
		}
	}
}

func (c *checker) params(s *spec, trees []*syntax.Param, what, of string) []*Param {
	var list []*Param
	for _, t := range trees {
		p := &Param{Tree: t, Name: t.Name.Text, Optional: t.Optional, Many: t.Type.Many, Type: c.itemType(s, t.Type)}
		p.Null = t.Type.Null && c.nullFits(t, what)
		if first := param(list, p.Name); first != nil {
			c.declaredTwice(t.Name.Span, first.Tree.Name.Span, "“"+of+"” has "+what+" “"+p.Name+"” twice")
			continue
		}
		if p.Name != "" {
			list = append(list, p)
		}
	}
	return list
}

func param(list []*Param, name string) *Param {
	if i := slices.IndexFunc(list, func(p *Param) bool { return p.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

func paramNames(list []*Param) []string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}

var placeholder = regexp.MustCompile(`\{([\pL_][\pL\pN_]*)\}`)

func (c *checker) refusals(a *Action, s *spec) {
	for _, t := range a.Tree.Refusals {
		r := &Refusal{Tree: t, Code: t.Code.Text, About: t.About.Text, Kind: t.Kind.Text, Sentence: t.Sentence}
		if r.Code == "" {
			continue
		}
		if first := a.Refusal(r.Code); first != nil {
			c.declaredTwice(t.Code.Span, first.Tree.Span, "“"+a.Name+"” refuses “"+r.Code+"” twice")
			continue
		}
		if !isRefusalCode(r.Code) {
			c.errorAt(diag.RefusalCode, t.Code.Span,
				"the code “"+r.Code+"” of the refusal must be in capitals, as in “UNKNOWN_USER”")
		}
		if r.Kind == "" {
			r.Kind = "invalid"
		} else if !slices.Contains(refusalKinds(), r.Kind) {
			c.unknown(diag.RefusalKind, t.Kind, "“"+r.Kind+"” is not a kind of refusal", refusalKinds())
		}
		for _, m := range placeholder.FindAllStringSubmatch(r.Sentence, -1) {
			if m[1] != ReasonName && param(a.Inputs, m[1]) == nil && !s.broken() {
				c.unknown(diag.UnknownPlaceholder, syntax.Name{Text: m[1], Span: placeholderSpan(t.SentenceSpan, m[1])},
					"the sentence names an input “"+m[1]+"” that “"+a.Name+"” does not have", paramNames(a.Inputs))
			}
		}
		a.Refusals = append(a.Refusals, r)
	}
	if form := a.Tree.ErrorForm; form != nil && a.Refusal("ERROR") == nil {
		name := syntax.Name{Text: "ERROR", Span: *form}
		a.Refusals = append(a.Refusals, &Refusal{
			Tree: &syntax.Refusal{Span: *form, Code: name}, Code: "ERROR", Kind: "invalid", Sentence: "{error}"})
	}
}

// ReasonName is the only placeholder in a refusal's sentence that need not be an
// input of the action: the concept's Go code gives its text.
const ReasonName = "reason"

// GivesReason reports whether the concept's Go code completes the sentence with a
// reason.
func (r *Refusal) GivesReason(a *Action) bool {
	return strings.Contains(r.Sentence, "{"+ReasonName+"}") && param(a.Inputs, ReasonName) == nil
}

// placeholderSpan is the span of a name in braces inside a span; the whole span if
// it is not found.
func placeholderSpan(span source.Span, name string) source.Span {
	loc := regexp.MustCompile(`\{` + regexp.QuoteMeta(name) + `\}`).FindStringIndex(span.Text())
	if loc == nil {
		return span
	}
	return source.Span{File: span.File, Start: span.Start + loc[0] + 1, End: span.Start + loc[1] - 1}
}

// Refusal returns the refusal with a code, nil if there is none.
func (a *Action) Refusal(code string) *Refusal {
	if i := slices.IndexFunc(a.Refusals, func(r *Refusal) bool { return r.Code == code }); i >= 0 {
		return a.Refusals[i]
	}
	return nil
}

// Input returns the input with a name, nil if there is none.
func (a *Action) Input(name string) *Param { return param(a.Inputs, name) }

// Output returns the output with a name, nil if there is none.
func (a *Action) Output(name string) *Param { return param(a.Outputs, name) }

func (a *Action) codes() []string {
	var codes []string
	for _, r := range a.Refusals {
		codes = append(codes, r.Code)
	}
	return codes
}

// schedule resolves the schedule of a system action, and reports inputs that the
// runtime cannot give.
func (c *checker) schedule(s *spec, a *Action) {
	t := a.Tree.Schedule
	if t == nil {
		if a.Kind == syntax.System && !s.broken() {
			c.add(diag.Diagnostic{Code: diag.NoSchedule, Severity: diag.Warning, Span: a.Tree.Name.Span,
				Message: "the system action “" + a.Name + "” has no schedule",
				Notes:   []string{"write “at FIELD of x” or “every \"1h\"” below it"}})
		}
		return
	}
	if a.Kind != syntax.System {
		c.errorAt(diag.BadSchedule, t.Span, "“"+a.Name+"” is not a system action and cannot have a schedule",
			"write “system "+a.Name+"”")
		return
	}
	given := ""
	if t.Field.Text != "" {
		given = t.Of.Text
		c.atField(s, a, t)
	} else if t.At != nil || t.Every == "day" {
		a.Daily = c.daily(t)
	} else {
		d, err := time.ParseDuration(t.Every)
		if err != nil || d <= 0 {
			c.errorAt(diag.BadSchedule, t.Span, "“"+t.Every+"” is not a duration",
				"durations are written \"90s\", \"15m\" or \"24h\"")
		}
		a.Every = t.Every
	}
	for _, p := range a.Inputs {
		if p.Name != given && !p.Optional {
			c.errorAt(diag.BadSchedule, p.Tree.Span, "the runtime starts “"+a.Name+"” and cannot give it the input “"+p.Name+"”")
		}
	}
}

// daily resolves a schedule by time of day; nil if it is wrong.
func (c *checker) daily(t *syntax.Schedule) *Daily {
	const example = "it is written as in every \"day\" at \"08:00\" in \"Europe/Berlin\""
	switch {
	case t.At == nil:
		c.errorAt(diag.BadSchedule, t.Span, "“every \"day\"” needs a time of day and a time zone", example,
			"every \"24h\" is every 24 hours, in no time zone")
		return nil
	case t.Every != "day":
		c.errorAt(diag.BadSchedule, t.Span, "“every \""+t.Every+"\"” has no time of day", example)
		return nil
	}
	at, err := time.Parse("15:04", t.At.Text)
	if err != nil || len(t.At.Text) != len("15:04") {
		c.errorAt(diag.BadSchedule, t.At.Span, "“"+t.At.Text+"” is not a time of day",
			"a time of day is written from \"00:00\" to \"23:59\"")
		return nil
	}
	if t.Zone == nil {
		return nil // the parser has reported it
	}
	if _, err := expression.Zone(t.Zone.Text); err != nil {
		c.errorAt(diag.BadSchedule, t.Zone.Span, "“"+t.Zone.Text+"” is not a time zone",
			"a time zone is written as in \"UTC\" or \"Europe/Berlin\"")
		return nil
	}
	return &Daily{Hour: at.Hour(), Minute: at.Minute(), Zone: t.Zone.Text}
}

func (c *checker) atField(s *spec, a *Action, t *syntax.Schedule) {
	p := param(a.Inputs, t.Of.Text)
	if p == nil {
		c.unknown(diag.UnknownInput, t.Of, "“"+a.Name+"” has no input “"+t.Of.Text+"”", paramNames(a.Inputs))
		return
	}
	if p.Type.Kind == Unknown {
		return
	}
	set := s.set(p.Tree.Type.Name.Text)
	if p.Type.Kind != Identity || set == nil || p.Many != syntax.One {
		c.errorAt(diag.BadSchedule, t.Of.Span, "“"+p.Name+"” is not a member of a set of the state")
		return
	}
	owner, f := set.Find(t.Field.Text)
	switch {
	case f == nil && !s.broken():
		c.unknown(diag.UnknownField, t.Field, "the set “"+set.Name+"” has no field “"+t.Field.Text+"”", set.memberFieldNames())
	case f == nil:
	case f.Type.Kind != DateTime && f.Type.Kind != Unknown || f.Many != syntax.One:
		c.errorAt(diag.BadSchedule, t.Field.Span, "“"+f.Name+"” is "+Describe(f.Type)+", not a DateTime")
	default:
		a.AtSet, a.AtField = owner, f
	}
}

// memberFieldNames returns the fields of a member, including those of the sets
// above.
func (s *Set) memberFieldNames() []string {
	var names []string
	for set := s; set != nil; set = set.Of {
		names = append(names, set.fieldNames()...)
	}
	return names
}

func (s *spec) action(name string) *Action {
	for _, a := range s.concept.Actions {
		if a.Name == name {
			return a
		}
	}
	return nil
}

func (s *spec) actionNames() []string {
	var names []string
	for _, a := range s.concept.Actions {
		names = append(names, a.Name)
	}
	return names
}

func (s *spec) query(name string) *Query {
	for _, q := range s.concept.Queries {
		if q.Name == name {
			return q
		}
	}
	return nil
}

func (s *spec) queryNames() []string {
	var names []string
	for _, q := range s.concept.Queries {
		names = append(names, q.Name)
	}
	return names
}
