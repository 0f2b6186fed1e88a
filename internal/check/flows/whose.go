package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A walk of a route follows each value that the client sends to the actions and
// answers that it decides on. This file has what it begins with and what it notes;
// relate.go derives what the lines relate to the caller.

// A clientFlow is what a walk knows of the values that the client sends.
type clientFlow struct {
	entry       *EntryPoint
	fieldNames  []string // by origin; nil if nothing is followed
	identities  origins  // the fields and items that are identities
	public      origins  // the fields that the app declares open
	items       map[*check.HasLine]origins
	evidence    map[origins]*check.Line // the first line that relates an origin to the caller
	lookedUp    map[origins]*check.Line // the first line that shows that it exists
	weak        map[origins]*check.Line // the first line that would relate it, but is denied or skipped
	weakRole    *check.Line             // the same for a test of the caller alone
	evidenceAsk map[origins]*check.Ask  // the same for actions
	role        *check.Line             // the first line that tests the caller alone
	used        origins                 // that decide on something
	establishes bool                    // an action gives a credential
	callerType  string                  // the identity type of what a credential yields
	decides     []use                   // set when the walk is collected
}

// A use is a place at which the client decides whose data is changed or read.
type use struct {
	kind   useKind
	ask    *check.Ask
	list   *askList
	arg    *check.Arg
	origin origins // of which the use is about
	// group is origin with all that is related to it, but not to the caller.
	group    origins
	verifies bool // the action gets a secret of the client too
}

type useKind int8

const (
	changes useKind = iota // an action changes what the client chose
	reads                  // an answer has what the client chose
	unknownIdentity
	setsSecret // an action gets a secret of the client, and nothing that says whose
)

// followClient prepares the walk to follow what the client sends. Without credentials
// there is no caller, and without patterns no field.
func (w *walk) followClient(st *state, a *actionInfo, values []sym) {
	if len(w.entry.Instance.Credentials) == 0 {
		return
	}
	w.fieldNames, w.clientFlow.entry = []string{}, w.entry
	w.evidence, w.evidenceAsk = map[origins]*check.Line{}, map[origins]*check.Ask{}
	w.lookedUp, w.weak = map[origins]*check.Line{}, map[origins]*check.Line{}
	for i, c := range a.columns {
		s := values[i]
		if s == 0 || c.kind != inputColumn || c.name == "path" || c.name == "method" {
			continue
		}
		if steps := check.FieldSteps(c.name); len(steps) > 0 && steps[0] == check.HTTPField {
			continue
		}
		if slices.ContainsFunc(w.entry.Instance.Credentials, func(k *check.Credential) bool { return k.Field == c.name }) {
			st.value(s).origins = fromCredential
			continue
		}
		o := w.newOrigin(check.WireName(c.name))
		st.value(s).origins = o
		for _, f := range w.entry.Fields {
			if f.Name == c.name && isIdentity(f.Type) {
				w.identities |= o
			}
		}
		if w.entry.Opened != nil && slices.ContainsFunc(w.entry.Opened.Fields, func(n syntax.Name) bool { return n.Text == check.WireName(c.name) }) {
			w.public |= o
		}
	}
}

// newOrigin returns the next origin of the walk.
func (w *walk) newOrigin(name string) origins {
	n := min(len(w.fieldNames), lastOrigin-3)
	w.fieldNames = append(w.fieldNames[:n:n], name)
	return firstField << n
}

// itemOrigin returns the origin of the items that a line takes from a list of the
// client.
func (w *walk) itemOrigin(b *check.HasLine, list origins) origins {
	if o := w.items[b]; o != 0 {
		return o
	}
	o := w.newOrigin(w.namesOf(list)[0])
	if w.items == nil {
		w.items = map[*check.HasLine]origins{}
	}
	w.items[b] = o
	if b.Item.Var != nil && isIdentity(b.Item.Var.Type) {
		w.identities |= o
	}
	if list&^w.public == 0 {
		w.public |= o
	}
	return o
}

// namesOf returns the names of the fields in a set, each once.
func (w *clientFlow) namesOf(set origins) []string {
	var names []string
	for i, name := range w.fieldNames {
		if set&(firstField<<i) != 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func isIdentity(t check.Type) bool {
	return t.Kind == check.Identity || t.Kind == check.List && t.Elem != nil && t.Elem.Kind == check.Identity
}

// noteEvidence notes the line that has related an origin to the caller, and the one
// that has tested the caller.
func (w *walk) noteEvidence(before, after *relation, l *check.Line) {
	noteFirst(w.evidence, after.tied()&^before.tied(), l)
	if after.authorized && !before.authorized && w.role == nil {
		w.role = l
	}
}

// relatedInFold notes origins that the lines of a fold relate to the caller, so that the
// fold reads only what they permit.
func (w *walk) relatedInFold(l *check.Line, inside origins) {
	w.used |= inside & w.identities
	noteFirst(w.evidence, inside, l)
}

// noteUse notes what the client decides on when an action is asked.
func (w *walk) noteUse(st *state, list *askList, a *askInfo) {
	if w.fieldNames == nil || list == w.opening {
		return
	}
	w.establishes = w.establishes || a.action.givesCredential(w.entry)
	if !a.action.acts() {
		return
	}
	var args []*check.Arg // with identities, in the order of the specification
	var secret *check.Arg
	whose := false
	verifies := false
	env := st.top().env
	for _, p := range a.action.spec.Inputs {
		for _, arg := range a.ask.In {
			if arg.Param != p {
				continue
			}
			x := originOf(st, w.term(st, env, arg.Term))
			if p.Type.Kind == check.Secret && x.direct && x.origins&fromClient != 0 {
				secret, verifies = arg, true
			}
			if p.Type.Kind != check.Secret && x.origins != 0 && st.relation.untied(x.origins) == 0 {
				whose = true
			}
			if p.Type.Kind == check.Identity || p.Type.Kind != check.String && isIdentity(arg.Term.ValueType()) {
				args = append(args, arg)
			}
		}
	}
	for i, arg := range args {
		w.noteIdentity(st, list, a, args, i, verifies)
		x := originOf(st, w.term(st, env, arg.Term))
		w.used |= x.origins & fromClient
	}
	if secret != nil && !whose && len(args) == 0 && !st.relation.authorized && w.entry.Opened == nil && st.checkedCredential {
		x := originOf(st, w.term(st, env, secret.Term))
		w.note(use{kind: setsSecret, ask: a.ask, list: list, arg: secret, origin: x.origins & fromClient, group: x.origins & fromClient, verifies: true})
	}
}

// noteIdentity notes an identity that the client has chosen for an action. What an
// action on behalf of the caller has got may go on to other concepts, such as the author
// of what the caller likes, who is told.
func (w *walk) noteIdentity(st *state, list *askList, a *askInfo, args []*check.Arg, i int, verifies bool) {
	env := st.top().env
	arg := args[i]
	x := originOf(st, w.term(st, env, arg.Term))
	untied := st.relation.untied(x.origins) &^ w.public
	if untied == 0 {
		return
	}
	u := use{ask: a.ask, list: list, arg: arg, origin: untied, group: st.relation.group(untied) & fromClient &^ w.public, verifies: verifies}
	follows := untied&^st.relation.mentioned == 0 && arg.Param != nil && !a.action.owns(arg.Param)
	if !st.relation.authorized && !follows && !w.mayMention(st, a, args, i) {
		u.kind = changes
		w.note(u)
		return
	}
	st.relation.mentioned |= untied
	if x.direct && untied&^st.relation.known != 0 && !a.action.refusesUnknown(arg.Param) && !w.checkedTogether(st, list, arg) && w.isMember(a, arg.Param) {
		u.kind = unknownIdentity
		w.note(u)
	}
}

// mayMention reports whether an action may get an identity that is not related to the
// caller, because another input says on whose behalf it acts.
//
// An object of the action's own concept must be related, unless it only stands in a
// list or is optional: then the concept itself relates its own objects, and refuses
// unknown ones. A user besides the caller, and an object of another concept, may be
// mentioned.
func (w *walk) mayMention(st *state, a *askInfo, args []*check.Arg, i int) bool {
	p := args[i].Param
	for j, other := range args {
		if j == i || other.Param == nil || p == nil {
			continue
		}
		x := originOf(st, w.term(st, st.top().env, other.Term))
		if x.origins == 0 || st.relation.untied(x.origins) != 0 {
			continue
		}
		same := other.Param.Type.Name == p.Type.Name || sameType(other, args[i])
		switch {
		case same && j < i && x.origins&fromCaller != 0:
			return true
		case same:
		case !a.action.owns(p):
			return true
		case (p.Optional || p.Many != syntax.One) && a.action.refusesUnknown(p):
			return true
		}
	}
	return false
}

func sameType(a, b *check.Arg) bool {
	x, y := a.Term.ValueType(), b.Term.ValueType()
	return x.Kind == check.Identity && y.Kind == check.Identity && x.Name == y.Name
}

// owns reports whether the concept of an action has a set of the members that an input
// identifies.
func (a *actionInfo) owns(p *check.Param) bool {
	return slices.ContainsFunc(a.instance.Concept.Sets, func(s *check.Set) bool { return s.Name == p.Type.Name })
}

// refusesUnknown reports whether an action refuses identities of an input that do not
// exist. What it refuses as missing is of its own concept, or, if it gets nothing of its
// own concept, what it keeps about the identity.
func (a *actionInfo) refusesUnknown(p *check.Param) bool {
	if p == nil || !a.owns(p) && (slices.ContainsFunc(a.spec.Inputs, a.owns) ||
		!slices.ContainsFunc(a.spec.Refusals, func(r *check.Refusal) bool { return r.Kind == "missing" })) {
		return false
	}
	return slices.ContainsFunc(a.spec.Refusals, func(r *check.Refusal) bool { return r.Kind == "missing" || r.Kind == "forbidden" })
}

// isMember reports whether an input identifies a member of some concept's set.
func (w *walk) isMember(a *askInfo, p *check.Param) bool {
	if p == nil {
		return false
	}
	return a.action.owns(p) || a.action.instance.Bindings[p.Type.Name].Kind == check.Identity
}

// checkedTogether reports whether another action of the same transaction refuses an
// unknown identity.
func (w *walk) checkedTogether(st *state, list *askList, arg *check.Arg) bool {
	if !list.joint || arg.Term.Var == nil {
		return false
	}
	for _, a := range list.asks {
		for _, other := range a.ask.In {
			if other.Term.Var == arg.Term.Var && a.action.refusesUnknown(other.Param) {
				return true
			}
		}
	}
	return false
}

// acts reports whether an action does something besides verifying what it is given.
func (a *actionInfo) acts() bool {
	if a.changesState() {
		return true
	}
	return !a.request && !a.respond && !a.verifies() &&
		!slices.ContainsFunc(a.spec.Inputs, func(p *check.Param) bool { return p.Type.Kind == check.Secret })
}

// verifies reports whether an action refuses those who may not do something.
func (a *actionInfo) verifies() bool {
	return slices.ContainsFunc(a.spec.Refusals, func(r *check.Refusal) bool { return r.Kind == "forbidden" || r.Kind == "unauthenticated" })
}

// givesCredential reports whether an action makes a credential: it returns a secret, or
// something that has the name of one.
func (a *actionInfo) givesCredential(e *EntryPoint) bool {
	return !a.request && slices.ContainsFunc(a.spec.Outputs, func(p *check.Param) bool {
		return p.Type.Kind == check.Secret || a.spec.Input(p.Name) == nil &&
			slices.ContainsFunc(e.Instance.Credentials, func(k *check.Credential) bool { return k.Field == p.Name })
	})
}

// noteRead notes what the client decides to be read for an answer.
func (w *walk) noteRead(st *state, list *askList, a *askInfo) {
	if w.fieldNames == nil || w.entry.Opened != nil || answerOf(list.sync.sync, a.ask).Status >= 400 {
		return
	}
	for _, arg := range a.ask.In {
		x := originOf(st, w.term(st, st.top().env, arg.Term))
		if arg.Name == "request" || x.direct {
			continue
		}
		chosen := x.origins & w.identities
		w.used |= chosen
		if untied := st.relation.untied(chosen); untied != 0 && !st.relation.authorized {
			w.note(use{kind: reads, ask: a.ask, list: list, arg: arg, origin: untied, group: st.relation.group(untied) & fromClient &^ w.public})
		}
	}
}

func (w *walk) note(u use) {
	if !slices.ContainsFunc(w.observed.uses, func(x use) bool { return x.kind == u.kind && x.ask == u.ask && x.arg == u.arg }) {
		w.observed.uses = append(w.observed.uses, u)
	}
}

// relateOutcome adds what follows when an action has returned, and says who decided on
// its outputs.
func (w *walk) relateOutcome(st *state, a *askInfo, env []sym) (outputs origins) {
	if w.fieldNames == nil || a.action.request || a.action.respond {
		return 0
	}
	var given, secret origins
	for _, arg := range a.ask.In {
		x := originOf(st, w.term(st, env, arg.Term))
		switch {
		case arg.Param != nil && arg.Param.Type.Kind == check.Secret && x.direct:
			secret |= x.origins
		default:
			given |= x.origins
		}
		if a.action.refusesUnknown(arg.Param) {
			st.relation.known |= x.origins & fromClient
		}
	}
	before := st.relation
	proved := secret != 0 && (len(a.action.spec.Refusals) > 0 || a.action.changesState())
	if proved {
		given |= fromCaller
	}
	if proved || a.action.verifies() {
		st.relation.connect(given)
	}
	(st.relation.tied() &^ before.tied()).each(func(o origins) {
		if w.evidenceAsk[o] == nil {
			w.evidenceAsk[o] = a.ask
		}
	})
	switch {
	case proved:
		return fromCaller
	case a.action.changesState():
		return 0
	}
	return given &^ fromCredential
}
