package flows

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// An Access says why a caller may choose a field that decides whose data a route
// changes or reads.
type Access struct {
	Field string
	Kind  AccessKind
	// Span is the line that says so; it is not known for Chosen and Mentioned.
	Span source.Span
}

// An AccessKind is a reason why a caller may choose a field.
type AccessKind int

const (
	// Chosen means that there is none: nothing relates the field to the caller.
	Chosen AccessKind = iota
	// Related means that a line relates the field to the caller.
	Related
	// ByRole means that a line tests the caller alone.
	ByRole
	// Declared means that the app says so.
	Declared
	// Mentioned means that the field names an object for an action that acts on
	// behalf of the caller.
	Mentioned
)

// String returns the kind in one word.
func (k AccessKind) String() string {
	return [...]string{"chosen", "related", "role", "declared", "mentioned"}[k]
}

// A choice is something that the client of a route decides on, with its uses.
type choice struct {
	*clientFlow
	use
	others  []use
	given   []*check.View // the views that get the choice and the caller, and relate nothing
	callers []*check.View // those that only get the caller
}

// collectUses takes what the client decides on in a walk.
func (r *reporter) collectUses(w *walk) {
	if w.fieldNames == nil {
		return
	}
	flow := w.clientFlow
	flow.decides = slices.DeleteFunc(w.observed.uses, func(u use) bool {
		return u.verifies && w.establishes // the secret says who the caller is, who then gets a credential
	})
	flow.decides = withoutAttributes(flow.decides)
	r.clientFlows = append(r.clientFlows, &flow)
}

// withoutAttributes removes the optional identities and lists of an action that also gets
// another identity which the client chooses. They need nothing if that one is related.
func withoutAttributes(uses []use) []use {
	attribute := func(u use) bool {
		return u.arg.Param != nil && (u.arg.Param.Optional || u.arg.Param.Many != syntax.One)
	}
	return slices.DeleteFunc(slices.Clone(uses), func(u use) bool {
		return u.kind == changes && attribute(u) && slices.ContainsFunc(uses, func(x use) bool {
			return x.kind == changes && x.ask == u.ask && !attribute(x)
		})
	})
}

// clientChoices reports what the clients of all routes decide on.
func (r *reporter) clientChoices(m *model) {
	owned := m.ownedTypes(r.clientFlows)
	var choices []*choice
	for _, flow := range r.clientFlows {
		flow.dropUnowned(owned)
		flow.entry.Access = flow.access()
		slices.SortStableFunc(flow.decides, func(a, b use) int { return int(a.kind - b.kind) })
		var reported origins
		for _, u := range flow.decides {
			if u.group&reported != 0 {
				continue
			}
			reported |= u.group
			choices = append(choices, &choice{clientFlow: flow, use: u, others: flow.decides})
			if u.kind == changes || u.kind == setsSecret {
				r.chosen[u.ask] = true
			}
		}
	}
	for _, c := range r.viewsToBlame(m, choices) {
		r.reportChoice(c)
	}
}

// access returns why a caller may choose each field that decides on something.
func (w *clientFlow) access() []*Access {
	all := w.used
	var chosen origins
	for _, u := range w.decides {
		if u.kind != unknownIdentity {
			chosen |= u.group
		}
	}
	var list []*Access
	for i, name := range w.fieldNames {
		o := firstField << min(i, lastOrigin-3)
		if (all|chosen)&o == 0 || slices.ContainsFunc(list, func(a *Access) bool { return a.Field == name }) {
			continue
		}
		a := &Access{Field: name}
		switch line, ask := w.evidence[o], w.evidenceAsk[o]; {
		case chosen&o != 0:
		case w.public&o != 0:
			a.Kind, a.Span = Declared, w.entry.Opened.Span
		case line != nil:
			a.Kind, a.Span = Related, line.Tree.Span
		case ask != nil:
			a.Kind, a.Span = Related, ask.Tree.Span
		case w.role != nil:
			a.Kind, a.Span = ByRole, w.role.Tree.Span
		default:
			a.Kind = Mentioned
		}
		list = append(list, a)
	}
	return list
}

// reportChoice reports that the client decides on something.
func (r *reporter) reportChoice(w *choice) {
	e, u := w.entry, w.use
	names := w.namesOf(u.origin | u.group&w.identities)
	slices.SortStableFunc(names, func(a, b string) int { return boolIndex(w.namesCaller(b)) - boolIndex(w.namesCaller(a)) })
	d := diag.Diagnostic{Severity: diag.Warning, Span: w.placeOf(u, names[0])}
	listed := words.Enumerate(quoted(names), "and")
	it, chooses := "it", "the client chooses "+listed
	if len(names) > 1 {
		it = "them"
	}
	what := "“" + u.ask.Instance.Name + "." + u.ask.Action.Name + "”"
	declare := "open " + e.declaration() + " (" + strings.Join(names, ", ") + ") \"…\""
	switch u.kind {
	case changes:
		d.Code = diag.ClientChanges
		d.Message = e.String() + ": " + chooses + ", and no line relates " + it + " to the caller before " + what + " is asked"
		d.Notes = []string{"use what the credential yields, or relate " + listed + " to it by a line above, with an else that answers 403",
			"if any caller may choose " + it + ", say why in the app: " + declare}
	case reads:
		d.Code = diag.ClientReads
		d.Message = e.String() + ": " + chooses + ", and no line relates " + it + " to the caller, but " + it + " decides what “" + u.arg.Name + "” of the answer shows"
		if len(names) > 1 {
			d.Message = e.String() + ": " + chooses + ", which decide what “" + u.arg.Name + "” of the answer shows, and no line relates them to the caller"
		}
		d.Notes = []string{"use what the credential yields, or relate " + listed + " to it by a line above, with an else that answers 403",
			"if anyone may read this, say why in the app: open " + e.declaration() + " \"…\"; for callers only: " + declare}
	case unknownIdentity:
		d.Code = diag.UnknownIdentity
		d.Message = e.String() + ": no line shows that “" + names[0] + "” exists before " + what + " is asked"
		d.Notes = []string{"the client may send any text, and the action takes it: look it up in a line above, with an else that answers 404",
			"if that is intended, say why in the app: " + declare}
	case setsSecret:
		d.Code = diag.ClientChanges
		d.Message = e.String() + ": the client sends the secret “" + names[0] + "” for " + what + ", and no input of that says whose it is"
		d.Notes = []string{"give the action something that the credential yields",
			"if anyone may do this, say why in the app: open " + e.declaration() + " \"…\""}
	}
	if d.Span != u.ask.Tree.Span {
		said := "asked here"
		if u.kind == reads {
			said = "answered here"
		}
		d.Related = append(d.Related, diag.Related{Span: u.ask.Tree.Span, Message: said})
	}
	if u.kind == changes || u.kind == reads {
		d.Related = append(d.Related, w.near(u.origin)...)
		for _, v := range w.given {
			d.Related = append(d.Related, diag.Related{Span: v.Tree.Name.Span, Message: "the view “" + v.Name + "” is given both, and does not relate them"})
		}
		for _, v := range w.callers {
			d.Related = append(d.Related, diag.Related{Span: v.Tree.Name.Span, Message: "the view “" + v.Name + "” says no more of the caller than the views that it uses"})
		}
	}
	for _, other := range w.others {
		if other.ask != u.ask && other.group&u.group != 0 && len(d.Related) < maxPlaces {
			d.Related = append(d.Related, diag.Related{Span: other.ask.Tree.Span, Message: "and here"})
		}
	}
	if a := r.unguarded[e]; a != nil && a.ask == u.ask && u.kind == changes {
		d.Notes = append([]string{"no credential is looked at before that, so there is no caller"}, d.Notes...)
	}
	r.an.add(d)
}

func quoted(names []string) []string {
	var list []string
	for _, name := range names {
		list = append(list, "“"+name+"”")
	}
	return list
}

// near returns the lines that come near to relating an origin to the caller.
func (w *clientFlow) near(set origins) []diag.Related {
	var list []diag.Related
	add := func(l *check.Line, message string) {
		if l != nil && !slices.ContainsFunc(list, func(r diag.Related) bool { return r.Span == l.Tree.Span }) {
			list = append(list, diag.Related{Span: l.Tree.Span, Message: message})
		}
	}
	set.each(func(o origins) {
		name := "“" + strings.Join(w.namesOf(o), "”, “") + "”"
		if l := w.weak[o]; l != nil && l.Mode != syntax.NoLine && (l.If != nil || l.Mode == syntax.MaybeLine) {
			add(l, "this line may be skipped, and so requires nothing of "+name)
		} else {
			add(l, "this line requires the opposite")
		}
		add(w.weakRole, "this line does not require that the caller may do it")
		add(w.lookedUp[o], "this line shows that "+name+" exists, but not whose it is")
	})
	return list
}

// namesCaller reports whether a field has the type of what a credential yields.
func (w *clientFlow) namesCaller(field string) bool {
	return w.callerType != "" && slices.ContainsFunc(w.entry.Fields, func(f *RequestField) bool {
		return check.WireName(f.Name) == field && f.Type.Name == w.callerType
	})
}

// placeOf returns where the sync of a use names a field of the request, or else where
// another sync of the route does.
func (w *clientFlow) placeOf(u use, field string) source.Span {
	for _, patterns := range [][]*check.Pattern{u.list.sync.sync.When, w.entry.Patterns} {
		for _, p := range patterns {
			for _, a := range p.In {
				if p.IsRequest() && check.WireName(a.Name) == field {
					return a.Tree.Span
				}
			}
		}
	}
	return u.ask.Tree.Span
}

// exposedChanges reports exposed actions that change something and get an identity
// from anyone.
func (r *reporter) exposedChanges(m *model) {
	request := r.an.requesting()
	if request == nil {
		return
	}
	for _, e := range r.an.entries {
		if e.Kind != Open || !m.action(e.Instance, e.Action).acts() {
			continue
		}
		var names []string
		for _, p := range e.Action.Inputs {
			declared := e.Opened != nil && slices.ContainsFunc(e.Opened.Fields, func(n syntax.Name) bool { return n.Text == p.Name })
			credential := slices.ContainsFunc(request.Credentials, func(k *check.Credential) bool { return k.Field == p.Name })
			if p.Type.Kind == check.Identity && !declared && !credential {
				names = append(names, p.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		r.an.add(diag.Diagnostic{Code: diag.ClientChanges, Severity: diag.Warning, Span: r.an.exposedAt(e),
			Message: "“" + e.String() + "” is exposed, so anyone chooses " + words.Enumerate(quoted(names), "and") + " for it",
			Notes: []string{"answer the request by a sync that takes the identity from what the credential yields",
				"if that is intended, say why in the app: open " + e.declaration() + " (" + strings.Join(names, ", ") + ") \"…\""}})
	}
}

// requesting returns the instance that gets the requests, nil if there is none.
func (an *analyzer) requesting() *check.Instance {
	for _, i := range an.program.Instances {
		if i.Concept.Name == check.RequestingConcept && len(i.Credentials) > 0 {
			return i
		}
	}
	return nil
}

// exposedAt returns where the app exposes an action.
func (an *analyzer) exposedAt(e *EntryPoint) source.Span {
	for _, x := range an.program.Exposed {
		if x.Instance == e.Instance && x.Action == e.Action && x.Tree != nil {
			return x.Tree.Span
		}
	}
	return e.span()
}
