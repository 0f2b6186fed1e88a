package flows

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
)

// A reporter collects the results of the walks and reports findings.
type reporter struct {
	an               *analyzer
	asks             map[*check.Ask]bool      // lines that are asked on some path
	fired            map[*syncInfo]bool       // syncs that fire on some path
	secondAnswers    map[*check.Ask]bool      // lines reported as a second answer
	answeredPairs    map[syncPair]int         // indexes of the findings about second answers
	unanswered       map[*check.Line]bool     // lines reported as leaving a request unanswered
	lateDrops        map[*check.Line]bool     // lines of later stages that were reported
	triggers         map[trigger]bool         // true if no condition on a value is involved
	answers          map[*check.Ask]*Answer   // of all entry points
	unguarded        map[*EntryPoint]*askInfo // the first change that is asked before a credential is looked at
	chosen           map[*check.Ask]bool      // lines reported because the client chooses what they change
	clientFlows      []*clientFlow            // of the routes
	unansweredRoutes []unansweredRoute
	unansweredLines  []*unansweredLine
	falseSuccess     map[*check.Ask]diag.Diagnostic // by the line that can be refused
	awaited          map[*check.Ask]bool            // lines that a finding suggests to await
	// anyPath are the syncs without a path that were reported as a first or second
	// answer.
	anyPath map[*syncInfo]bool
	copies  map[*check.Sync]bool // that do the same as another
}

// A trigger is a line of a sync that makes another sync fire.
type trigger struct {
	list *askList
	ask  *askInfo
	to   *syncInfo
}

// explore explores all entry points and reports what can go wrong.
func (an *analyzer) explore() {
	m := an.buildModel()
	r := &reporter{an: an, asks: map[*check.Ask]bool{}, fired: map[*syncInfo]bool{}, secondAnswers: map[*check.Ask]bool{}, answeredPairs: map[syncPair]int{}, anyPath: map[*syncInfo]bool{}, unanswered: map[*check.Line]bool{}, lateDrops: map[*check.Line]bool{},
		triggers: map[trigger]bool{}, answers: map[*check.Ask]*Answer{}, unguarded: map[*EntryPoint]*askInfo{},
		falseSuccess: map[*check.Ask]diag.Diagnostic{}, awaited: map[*check.Ask]bool{}, chosen: map[*check.Ask]bool{}, copies: map[*check.Sync]bool{}}
	r.duplicates()
	r.idleRows()
	ws := &workers{model: m, an: an}
	truncated := false
	add := func(x *walk) {
		r.collect(x)
		r.unansweredBy(x)
		if x.entry.Truncated {
			truncated = true
			r.truncated(x)
		}
	}
	ws.run(add)
	for !truncated && r.addUnreachedEntryPoint(m) {
		add(ws.exploreNow(len(an.entries) - 1))
	}
	r.unansweredByLines()
	r.lateErrors(m)
	r.falseSuccesses(m)
	r.cycles(m)
	if !truncated {
		r.unreachable(m)
	}
	r.neverAnswered(m, truncated)
	r.shadowed()
	r.clientChoices(m)
	r.exposedChanges(m)
	r.unguardedRoutes()
}

// addUnreachedEntryPoint adds an entry point for a cycle of syncs that no entry
// point reaches, because Go code may ask one of its actions. It reports whether it
// has added one.
func (r *reporter) addUnreachedEntryPoint(m *model) bool {
	for _, s := range m.syncs {
		if r.fired[s] || !s.cyclic || len(s.when) != 1 || s.when[0].action.request {
			continue
		}
		a := s.when[0].action
		known := slices.ContainsFunc(r.an.entries, func(e *EntryPoint) bool {
			return e.Kind != Route && e.Instance == a.instance && e.Action == a.spec
		})
		if known || slices.ContainsFunc(r.asksOf(m, a), func(x *check.Ask) bool { return r.asks[x] }) {
			continue
		}
		r.an.entries = append(r.an.entries,
			&EntryPoint{Kind: FromGo, Instance: a.instance, Action: a.spec, Patterns: []*check.Pattern{s.when[0].pattern}})
		return true
	}
	return false
}

// collect takes the results of a walk.
func (r *reporter) collect(w *walk) {
	e := w.entry
	for _, s := range w.syncs {
		if w.fired[s] {
			e.Syncs = append(e.Syncs, s.sync)
			r.fired[s] = true
		}
	}
	for a := range w.observed.asks {
		r.asks[a] = true
	}
	for k, free := range w.observed.triggers {
		r.triggers[k] = r.triggers[k] || free
	}
	if w.observed.unguarded != nil {
		r.unguarded[e] = w.observed.unguarded
	}
	for _, x := range w.observed.answers {
		a := x.ask.ask
		if r.answers[a] == nil {
			r.answers[a] = answerOf(x.list.sync.sync, a)
		}
		e.Answers = append(e.Answers, r.answers[a])
	}
	for _, l := range w.observed.lateDrops {
		r.lateDrop(w.model, l)
	}
	r.collectUses(w)
	for _, x := range w.observed.secondAnswers {
		r.answeredTwice(w, x.events, x.ask, x.list)
	}
	for _, x := range w.observed.falseSuccess {
		if _, known := r.falseSuccess[x.refused.ask.ask]; !known {
			r.falseSuccess[x.refused.ask.ask] = x.finding(w)
		}
	}
}

// truncated reports that not all states of an entry point were explored.
func (r *reporter) truncated(w *walk) {
	r.an.add(diag.Diagnostic{Code: diag.NotWalked, Severity: diag.Warning, Span: w.entry.span(),
		Message: "flows of " + w.entry.String() + " have too many possible states to explore all of them",
		Notes: []string{"after " + strconv.Itoa(len(w.nodes)) + " different states the check stopped; findings about this entry point may be missing",
			"awaiting more lines, or matching one action with fewer syncs, reduces the number"}})
}

// noteAsk notes that a line is asked.
func (w *walk) noteAsk(st *state, a *askInfo) {
	w.observed.asks[a.ask] = true
	if w.entry.Kind == Route && !st.checkedCredential && a.action.changesState() && w.observed.unguarded == nil {
		w.observed.unguarded = a
	}
}

// noteAnswer notes that a line can answer the request.
func (w *walk) noteAnswer(by *askList, a *askInfo) {
	if !slices.ContainsFunc(w.observed.answers, func(x answerLine) bool { return x.ask.ask == a.ask }) {
		w.observed.answers = append(w.observed.answers, answerLine{by, a})
	}
}

// noteSecondAnswer notes that a line answers a request that is answered already.
func (w *walk) noteSecondAnswer(at int, by *askList, a *askInfo) {
	if !slices.ContainsFunc(w.observed.secondAnswers, func(x secondAnswer) bool { return x.ask.ask == a.ask }) {
		w.observed.secondAnswers = append(w.observed.secondAnswers, secondAnswer{answerLine{by, a}, w.eventsTo(at)})
	}
}

// noteTrigger notes that a completed action makes a sync fire.
func (w *walk) noteTrigger(d *completion, to *syncInfo, free bool) {
	if d.list == nil || d.list.sync.index < 0 {
		return
	}
	e := trigger{d.list, d.ask, to}
	w.observed.triggers[e] = w.observed.triggers[e] || free
}
