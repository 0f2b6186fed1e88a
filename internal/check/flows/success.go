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

// An answer of success claims that what the request asks for is done. It is false if
// an action that the request asks for is refused and the answer does not depend on it.
// There are three forms:
//
//   - A line before the answer is refused, and nothing awaits it.
//   - A line after the answer is refused. Lines that are not awaited may stand after an
//     answer if an action has returned before it, or if they are effect actions, such as
//     a mail: the answer is then about something else. So may lines whose refusal is
//     handled, and all lines after an answer with status 202.
//   - One sync asks an action and another one only acknowledges the request: it waits for
//     no action and its answer contains nothing that it has read.
//
// A sync that reacts to an action, and not to the request alone, is a consequence of
// that action. Whether it succeeds does not concern the answer.

// A standing says how a frame, or an action that it has asked, relates to refusals and
// answers.
type standing uint8

const (
	aware   standing = 1 << iota // a refusal is the reason for it
	follows                      // a refusal that nobody awaits came before it
	told                         // the request was answered with success while the frame ran
)

// answerTraits describe an answer.
type answerTraits uint8

const (
	success      answerTraits = 1 << iota
	first                     // no action had returned before
	acknowledges              // it depends on no action and contains nothing that was read
)

// A refusedAsk is a line whose action was refused.
type refusedAsk struct {
	list *askList
	ask  *askInfo
}

// A falseSuccess is an answer of success that does not depend on a line that can be
// refused.
type falseSuccess struct {
	refused refusedAsk
	answer  answerLine
	early   bool // the answer comes before the line
}

// relevantStanding returns the standings that can still matter.
func (st *state) relevantStanding() standing {
	if st.answered == 0 {
		return aware | follows
	}
	return told
}

// standingOf returns the standing of the frames of a match.
func (st *state) standingOf(x match) standing {
	var all standing
	for _, i := range x.completions {
		d := &st.completed[i]
		all |= d.standing & (aware | follows)
		if d.refusal != nil {
			all |= aware
		}
	}
	return all
}

// ignore notes that a line is refused, if an answer may not know of it.
func (w *walk) ignore(st *state, by *askList, a *askInfo, r *check.Refusal) {
	t := st.top()
	if w.entry.Kind != Route || st.answered > 0 || st.ignored != nil || t.standing&aware != 0 || a.action.respond ||
		!by.sync.matchesRequest() || a.handler(r.Code) != nil {
		return
	}
	st.ignored = &refusedAsk{by, a}
	if !a.ask.Awaited && !by.joint {
		t.standing |= follows
	}
}

// answerFirst notes the first answer of a path.
func (w *walk) answerFirst(st *state, by *askList, a *askInfo) {
	before, ignored := !st.returned, st.ignored
	st.returned, st.ignored, st.answer = false, nil, 0
	if w.entry.Kind != Route || !succeeds(by, a) {
		return
	}
	st.answer = success
	if before {
		st.answer |= first
	}
	if w.acknowledges(by, a) {
		st.answer |= acknowledges
	}
	here := st.top().standing
	if ignored != nil && here&aware == 0 {
		other := st.answer&acknowledges != 0 && ignored.list.sync != by.sync && !ignored.list.sync.matchesAnyPath()
		if here&follows != 0 || other {
			w.noteFalseSuccess(falseSuccess{*ignored, answerLine{by, a}, false})
		}
	}
	for i := range st.stack {
		if t := &st.stack[i]; t.list != nil && t.next > 0 {
			t.standing |= told
		}
	}
}

// afterAnswer notes a refusal after an answer of success.
func (w *walk) afterAnswer(at int, st *state, d *completion) {
	if d.refusal == nil || d.matched || d.action.joined[1] || d.action.respond || st.answer&success == 0 || d.list.joint {
		return
	}
	other := st.answer&acknowledges != 0 && d.list.sync.onlyRequest() && !d.list.sync.matchesAnyPath()
	if d.standing&told == 0 && !other {
		return
	}
	if !d.ask.ask.Awaited && (st.answer&first == 0 || d.action.spec.Kind == syntax.Effect) {
		return
	}
	if !w.notedFalseSuccess(d.ask) {
		w.noteFalseSuccess(falseSuccess{refusedAsk{d.list, d.ask}, w.firstAnswer(at), true})
	}
}

// firstAnswer returns the first line that answers on the path to a node.
func (w *walk) firstAnswer(at int) (first answerLine) {
	find := func(events []event) {
		if i := slices.IndexFunc(events, func(e event) bool { return e.kind == answersEvent }); i >= 0 {
			first = answerLine{events[i].list, events[i].ask}
		}
	}
	for {
		find(w.nodes[at].events)
		edge := w.nodes[at].edge
		if edge < 0 {
			return first
		}
		find(w.edges[edge].events)
		at = w.edges[edge].from
	}
}

func (w *walk) notedFalseSuccess(a *askInfo) bool {
	return slices.ContainsFunc(w.observed.falseSuccess, func(x falseSuccess) bool { return x.refused.ask == a })
}

func (w *walk) noteFalseSuccess(x falseSuccess) {
	if !w.notedFalseSuccess(x.refused.ask) {
		w.observed.falseSuccess = append(w.observed.falseSuccess, x)
	}
}

// succeeds reports whether a line answers that the request has succeeded. Status 202
// promises nothing, and a computed status may be an error.
func succeeds(by *askList, a *askInfo) bool {
	x := answerOf(by.sync.sync, a.ask)
	if slices.ContainsFunc(x.Fields, func(f check.RecordField) bool { return f.Name == "error" }) {
		return false
	}
	return x.Status >= 200 && x.Status < 400 && x.Status != 202
}

// acknowledges reports whether an answer waits for no action and contains nothing that
// was read.
func (w *walk) acknowledges(by *askList, a *askInfo) bool {
	if by.line != nil || by.handler != nil || !by.sync.onlyRequest() || w.entry.Method == "GET" {
		return false
	}
	for _, stage := range by.sync.stages {
		for _, x := range stage.then.asks {
			if x == a {
				return !slices.ContainsFunc(variablesOf(a.ask.In), func(v *check.Var) bool { return !by.sync.whenVars[v.Index] })
			}
			if x.ask.Awaited || stage.then.joint {
				return false
			}
		}
	}
	return false
}

// matchesRequest reports whether a pattern of the sync matches the request.
func (s *syncInfo) matchesRequest() bool {
	return slices.ContainsFunc(s.when, func(p *patternInfo) bool { return p.action.request })
}

// onlyRequest reports whether the request alone starts the sync.
func (s *syncInfo) onlyRequest() bool { return len(s.when) == 1 && s.when[0].action.request }

// falseSuccesses reports the lines whose refusal an answer of success hides.
func (r *reporter) falseSuccesses(m *model) {
	for _, s := range m.syncs {
		for _, list := range s.lists {
			for _, a := range list.asks {
				if d, ok := r.falseSuccess[a.ask]; ok && !r.awaited[a.ask] {
					r.an.add(d)
				}
			}
		}
	}
}

// finding returns the finding about an answer of success.
func (x falseSuccess) finding(w *walk) diag.Diagnostic {
	action := "“" + x.refused.ask.action.name() + "”"
	here, there := x.refused.ask.ask.Tree.Span, x.answer.ask.ask.Tree.Span
	answering := x.answer.list.sync.sync.Name
	canBe := action + " can be refused: " + refusalCodes(x.refused.ask.action.spec)
	d := diag.Diagnostic{Code: diag.IgnoredRefusal, Severity: diag.Warning, Span: there, Related: []diag.Related{{Span: here, Message: canBe}}}
	const later = "if the client need not know of it, ask it after the answer, without an output pattern"
	switch same := x.refused.list.sync == x.answer.list.sync; {
	case x.early:
		d.Code = diag.EarlyAnswer
		d.Message = answering + " answers with success before " + action + ", which can be refused"
		d.Notes = []string{"answer after it: then a refusal is the answer"}
		if x.refused.ask.ask.Awaited {
			d.Notes = append(d.Notes, "if the client need not know of it, handle its refusal in an else below it, or answer with status 202")
		} else {
			d.Notes = append(d.Notes, "if the client need not know of it, handle its refusal in a sync, or answer with status 202")
		}
		if x.refused.list == x.answer.list {
			d.Fix = moveAnswer(x.answer, x.refused)
		}
	case same || !x.refused.ask.ask.Awaited && !x.refused.list.joint && !x.answer.list.sync.onlyRequest():
		d.Span, d.Related = here, []diag.Related{{Span: there, Message: answering + " answers with success, also after a refusal"}}
		d.Message = "this line does not await " + action + ", which can be refused: the answer is a success in any case"
		d.Notes = []string{canBe, "write “: ()” after it to await it: then a refusal is the answer, and the lines below do not run", later}
		if x.refused.list.maybeTogether() {
			d.Notes = append(d.Notes, "if the lines are to take effect together or not at all, write “then together” above them")
		} else {
			d.Fix = x.refused.ask.await()
		}
	default:
		d.Message = answering + " answers with success, whether " + action + " returns or is refused"
		d.Notes = []string{"match the action in when of " + answering + ", as in “" + x.refused.ask.action.name() + " () : ()”: then a refusal is the answer"}
	}
	return d
}

func refusalCodes(a *check.Action) string {
	var codes []string
	for _, r := range a.Refusals {
		codes = append(codes, r.Code)
	}
	return words.Enumerate(codes, "or")
}

// await returns the fix that awaits a line.
func (a *askInfo) await() *diag.Fix {
	end := a.ask.Tree.Span
	end.Start = end.End
	return &diag.Fix{Title: "await " + a.action.name(), Edits: []diag.Edit{{Span: end, Text: " : ()"}}}
}

// maybeTogether reports whether a then may have been meant as one transaction: none of
// its lines is awaited but an answer, and it asks several actions.
func (a *askList) maybeTogether() bool {
	several := false
	var first *askInfo
	for _, x := range a.asks {
		switch {
		case x.action.respond:
			continue
		case x.ask.Awaited:
			return false
		}
		several = several || first != nil || x.where != nil
		first = x
	}
	return several
}

// moveAnswer returns the fix that moves an answer below the last line of its block that
// can be refused, nil if there are comments in the way.
func moveAnswer(answer answerLine, refused refusedAsk) *diag.Fix {
	asks := answer.list.asks
	from, last := slices.Index(asks, answer.ask), refused.ask
	for _, a := range asks[from+1:] {
		if a.ask.Awaited && len(a.action.spec.Refusals) > 0 && !a.action.respond {
			last = a
		}
	}
	span := answer.ask.ask.Tree.Span
	text := span.File.Text
	start := strings.LastIndex(text[:span.Start], "\n") + 1
	rest, _, _ := strings.Cut(text[span.End:], "\n")
	if strings.TrimSpace(rest+text[start:span.Start]) != "" || answer.ask.where != nil || len(answer.ask.handlers) > 0 {
		return nil
	}
	line := source.Span{File: span.File, Start: start, End: min(len(text), span.End+len(rest)+1)}
	f := &diag.Fix{Title: "answer after " + refused.ask.action.name(),
		Edits: []diag.Edit{{Span: line}, {Span: endOfLine(lastSpan(last.ask)), Text: "\n" + text[start:span.End]}}}
	if !refused.ask.ask.Awaited {
		f.Edits = append(f.Edits, refused.ask.await().Edits...)
	}
	return f
}

// endOfLine returns the place after the last word of the line in which a span ends.
func endOfLine(span source.Span) source.Span {
	rest, _, _ := strings.Cut(span.File.Text[span.End:], "\n")
	span.End += len(strings.TrimRight(rest, " \t\r"))
	span.Start = span.End
	return span
}

// lastSpan returns the end of a line with the lines below it.
func lastSpan(a *check.Ask) source.Span {
	end := a.Tree.Span
	for _, l := range a.Where {
		if l.Tree.Span.End > end.End {
			end = l.Tree.Span
		}
	}
	for _, h := range a.Handlers {
		for _, x := range h.Asks {
			if s := lastSpan(x); s.End > end.End {
				end = s
			}
		}
	}
	return end
}
