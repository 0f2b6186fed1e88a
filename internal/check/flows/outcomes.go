package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// findings are what the walks of a program have shown.
type findings struct {
	an      *analyzer
	asks    map[*check.Ask]bool    // that are asked on some way
	fired   map[*wiredSync]bool    // that fire on some way
	seconds map[*check.Ask]bool    // reported as a second answer
	lost    map[*check.Line]bool   // reported as a line that leaves a request unanswered
	edges   map[edge]bool          // who leads to whom; true when nothing but outcomes decides
	answers map[*check.Ask]*Answer // of all entries
	open    map[*Entry]*wiredAsk   // the first change that is asked without a look at a credential
	silent  []silentRoute
	// everywhere are the syncs without a path of which was said that they answer
	// what another answers.
	everywhere map[*wiredSync]bool
}

// An edge is a line of a sync that leads to another sync.
type edge struct {
	asking *asking
	ask    *wiredAsk
	to     *wiredSync
}

// outcomes walks every entry, and reports what can go wrong on its ways.
func (an *analyzer) outcomes() {
	w := an.wire()
	f := &findings{an: an, asks: map[*check.Ask]bool{}, fired: map[*wiredSync]bool{}, seconds: map[*check.Ask]bool{}, everywhere: map[*wiredSync]bool{}, lost: map[*check.Line]bool{},
		edges: map[edge]bool{}, answers: map[*check.Ask]*Answer{}, open: map[*Entry]*wiredAsk{}}
	t := &touring{wired: w, an: an}
	cut := false
	add := func(x *walk) {
		f.gather(x)
		f.unansweredOf(x)
		if x.entry.Cut {
			cut = true
			f.cut(x)
		}
	}
	t.all(add)
	for !cut && f.unstarted(w) {
		add(t.one(len(an.entries) - 1))
	}
	f.circles(w)
	if !cut {
		f.never(w)
	}
	f.silentRoutes(w, cut)
	f.shadowed()
	f.unguarded()
}

// unstarted adds an entry for a circle of syncs into which no other way leads:
// Go may ask one of its actions. It tells whether there was one.
func (f *findings) unstarted(w *wired) bool {
	for _, s := range w.syncs {
		if f.fired[s] || !s.circular || len(s.when) != 1 || s.when[0].act.request {
			continue
		}
		a := s.when[0].act
		known := slices.ContainsFunc(f.an.entries, func(e *Entry) bool {
			return e.Kind != Route && e.Instance == a.instance && e.Action == a.action
		})
		if known || slices.ContainsFunc(f.asksOf(w, a), func(x *check.Ask) bool { return f.asks[x] }) {
			continue
		}
		f.an.entries = append(f.an.entries,
			&Entry{Kind: FromGo, Instance: a.instance, Action: a.action, Patterns: []*check.Pattern{s.when[0].pattern}})
		return true
	}
	return false
}

// gather takes what one walk has to tell, in the order in which it was met.
func (f *findings) gather(w *walk) {
	e := w.entry
	for _, s := range w.syncs {
		if w.fired[s] {
			e.Syncs = append(e.Syncs, s.sync)
			f.fired[s] = true
		}
	}
	for a := range w.shown.asks {
		f.asks[a] = true
	}
	for k, free := range w.shown.edges {
		f.edges[k] = f.edges[k] || free
	}
	if w.shown.open != nil {
		f.open[e] = w.shown.open
	}
	for _, x := range w.shown.answers {
		a := x.ask.ask
		if f.answers[a] == nil {
			f.answers[a] = answerOf(x.by.sync.sync, a)
		}
		e.Answers = append(e.Answers, f.answers[a])
	}
	for _, x := range w.shown.seconds {
		f.twice(w, x.trail, x.ask, x.by)
	}
}

// asked notes that a line is asked.
func (w *walk) asked(m *moment, a *wiredAsk) {
	w.shown.asks[a.ask] = true
	if w.entry.Kind == Route && !m.looked && a.act.isChange() && w.shown.open == nil {
		w.shown.open = a
	}
}

// answered notes a line that can be the answer of an entry.
func (w *walk) answered(by *asking, a *wiredAsk) {
	if !slices.ContainsFunc(w.shown.answers, func(x answering) bool { return x.ask.ask == a.ask }) {
		w.shown.answers = append(w.shown.answers, answering{by, a})
	}
}

// twice notes a line that answers what was answered before.
func (w *walk) twice(at int, by *asking, a *wiredAsk) {
	if !slices.ContainsFunc(w.shown.seconds, func(x second) bool { return x.ask.ask == a.ask }) {
		w.shown.seconds = append(w.shown.seconds, second{answering{by, a}, w.trail(at)})
	}
}

// leads notes that a completed action led to a sync.
func (w *walk) leads(d *done, to *wiredSync, free bool) {
	if d.by == nil || d.by.sync.index < 0 {
		return
	}
	e := edge{d.by, d.ask, to}
	w.shown.edges[e] = w.shown.edges[e] || free
}

// cut says that not all ways of an entry were followed.
func (f *findings) cut(w *walk) {
	f.an.add(diag.Diagnostic{Code: diag.NotWalked, Severity: diag.Warning, Span: w.entry.place(),
		Message: w.entry.String() + " can go in too many ways to follow all of them",
		Notes: []string{"after " + strconv.Itoa(len(w.nodes)) + " different states the check stopped; what is said of other ways is true, but there may be more to say",
			"fewer lines that nobody awaits, or fewer syncs on one action, make fewer ways"}})
}

// place is where an entry stands first.
func (e *Entry) place() source.Span {
	if len(e.Patterns) > 0 && e.Patterns[0].Tree != nil {
		return e.Patterns[0].Tree.Span
	}
	return e.Action.Tree.Name.Span
}

// twice reports a line that answers what was answered before.
func (f *findings) twice(w *walk, trail []event, a *wiredAsk, by *asking) {
	if f.seconds[a.ask] {
		return
	}
	f.seconds[a.ask] = true
	first := slices.IndexFunc(trail, func(e event) bool { return e.kind == answersEvent })
	var note string
	for _, s := range []*wiredSync{by.sync, trail[first].asking.sync} {
		if s.everyPath() {
			if f.everywhere[s] {
				return // it does so on every route: that was said
			}
			f.everywhere[s] = true
			note = "“" + s.sync.Name + "” names no path, so it answers the requests of every route"
		}
	}
	name := by.sync.sync.Name
	d := diag.Diagnostic{Code: diag.AnsweredTwice, Severity: diag.Warning, Span: a.ask.Tree.Span,
		Related: w.story(trail)}
	switch before := trail[first]; {
	case before.ask == a && before.asking == by:
		d.Message = w.entry.String() + " can be answered twice: " + name + " answers once for each frame that where gives"
		if l := w.multiplies(by.sync); l != nil {
			d.Notes = append(d.Notes, manyNote(l))
			d.Related = slices.Insert(d.Related, 0, diag.Related{Span: l.Tree.Span, Message: "this line can give several frames"})
		}
	default:
		other := before.asking.sync.sync.Name
		if other == name {
			other = "this sync"
		}
		d.Message = w.entry.String() + " can be answered twice: here " + name + " answers what " + other + " has answered"
	}
	d.Notes = append(d.Notes, "the first answer is sent; the second is refused as ALREADY_ANSWERED")
	if note != "" {
		d.Notes = append(d.Notes, note)
	}
	f.await(&d, trail, by)
	f.an.add(d)
}

// everyPath tells whether a sync waits for a request and names no path.
func (s *wiredSync) everyPath() bool {
	return slices.ContainsFunc(s.when, func(p *wiredPattern) bool { return p.act.request && p.path == "" })
}

// await offers to await the line that was refused on the way, where that would
// have kept the sync from going on to its answer.
func (f *findings) await(d *diag.Diagnostic, trail []event, by *asking) {
	for _, e := range trail {
		if e.kind != refusedEvent || e.asking != by || e.ask.ask.Awaited || by.joint {
			continue
		}
		end := e.ask.ask.Tree.Span
		end.Start = end.End
		d.Notes = append(d.Notes, "“: ()” behind “"+e.ask.act.name()+" (…)” awaits it: then the lines below are asked only when it returns")
		d.Fix = &diag.Fix{Title: "await " + e.ask.act.name(), Edits: []diag.Edit{{Span: end, Text: " : ()"}}}
		return
	}
}

// multiplies is the first line of a sync that gives several frames.
func (w *walk) multiplies(s *wiredSync) *check.Line {
	for i, l := range s.where {
		if s.many[i+1] {
			return l.line
		}
	}
	return nil
}

// manyNote says why a line gives several frames, and the way out.
func manyNote(l *check.Line) string {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		return "“" + b.Instance.Name + "." + b.Query.Name + "” gives any number of rows; if it gives at most one, its concept should say “optional”"
	case *check.FieldLine:
		return "several members can have this value; “xs is each …” makes one list of them"
	}
	return "“" + oneLineOf(l) + "” can give several frames; “xs is each …” makes one list of them"
}

func oneLineOf(l *check.Line) string { return strings.Join(strings.Fields(l.Tree.Span.Text()), " ") }
