package flows

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// unansweredBy reports the paths on which an entry point gets no answer.
func (r *reporter) unansweredBy(w *walk) {
	e := w.entry
	paths := w.unanswered
	if len(paths) > 0 && len(e.Answers) == 0 && len(e.Refusals) == 0 {
		d := diag.Diagnostic{Code: diag.Unanswered, Severity: diag.Warning, Span: e.span(),
			Message: "no sync answers " + e.String(), Related: w.describe(paths[0].events), Notes: unansweredNotes()}
		r.unansweredRoutes = append(r.unansweredRoutes, unansweredRoute{e, d})
		return
	}
	for _, x := range paths {
		if len(x.drops) != 1 {
			r.an.add(diag.Diagnostic{Code: diag.Unanswered, Severity: diag.Warning, Span: e.span(),
				Message: e.String() + " can remain unanswered", Related: w.describe(x.events), Notes: unansweredNotes()})
			continue
		}
		last := x.drops[0]
		if r.unanswered[last.line] {
			continue
		}
		r.unanswered[last.line] = true
		if i := slices.IndexFunc(r.unansweredLines, func(x *unansweredLine) bool { return x.tree == last.line.Tree }); i >= 0 {
			r.unansweredLines[i].add(e, last.line)
			continue
		}
		d := diag.Diagnostic{Code: diag.Unanswered, Severity: diag.Warning, Span: last.line.Tree.Span,
			Message: e.String() + " remains unanswered if " + dropReason(last.line), Notes: unansweredNotes()}
		var before []event
		for _, y := range x.events {
			if y.kind != dropsEvent || y.line != last {
				before = append(before, y)
			}
		}
		d.Related = w.describe(before)
		if use := last.line.Use; use != nil {
			d.Related = append(d.Related, diag.Related{Span: use.Line.Tree.Span, Message: "the view “" + use.View + "” is used here"})
		}
		d.Related = append(d.Related, w.droppedInside(last.line)...)
		r.suggestElse(w, &d, last)
		r.unansweredLines = append(r.unansweredLines, &unansweredLine{tree: last.line.Tree, reason: dropReason(last.line), first: e, finding: d})
	}
}

// An unansweredLine is the finding about a line that leaves requests unanswered. A line of
// a view has one finding, though syncs of several routes use the view.
type unansweredLine struct {
	tree    *syntax.Line
	reason  string // “this line gives no frame”
	first   *EntryPoint
	others  []*EntryPoint
	finding diag.Diagnostic
}

// mostOthers is how many further routes a finding lists.
const mostOthers = 5

func (x *unansweredLine) add(e *EntryPoint, l *check.Line) {
	if e == x.first || slices.Contains(x.others, e) {
		return
	}
	x.others = append(x.others, e)
	if len(x.others) > mostOthers {
		return
	}
	at := e.span()
	if l.Use != nil {
		at = l.Use.Line.Tree.Span
	}
	x.finding.Related = append(x.finding.Related, diag.Related{Span: at, Message: e.String() + " remains unanswered too"})
}

// unansweredByLines reports the lines that leave requests unanswered.
func (r *reporter) unansweredByLines() {
	for _, x := range r.unansweredLines {
		d := x.finding
		if n := len(x.others); n > 0 {
			d.Message = x.first.String() + " and " + words.Counted(n, "other route") + " remain unanswered if " + x.reason
			if n > mostOthers {
				d.Notes = append(d.Notes, "and "+words.Counted(n-mostOthers, "further route"))
			}
		}
		r.an.add(d)
	}
}

func unansweredNotes() []string {
	return []string{"the client gets status 500, “No sync answered this request.”"}
}

// suggestElse suggests an else for a line.
func (r *reporter) suggestElse(w *walk, d *diag.Diagnostic, l *lineInfo) {
	_, use := l.line.Tree.Body.(*syntax.ViewLine)
	_, filter := l.line.Body.(*check.FilterLine)
	switch {
	case use && filter:
		d.Notes = append(d.Notes, "an output of the view may be null: with “?” after its name the line accepts that, and a line below it can test it")
		return
	case l.line.Use != nil:
		d.Notes = append(d.Notes, "an else below this line of the view would answer")
		return
	case l.line.If != nil:
		d.Notes = append(d.Notes, "a line with “if” has no else: write the line and its condition in a view of its own, whose use has one")
		return
	case len(l.line.Inner()) > 0:
		d.Notes = append(d.Notes, "an else below the last of its lines, in the same column, would answer")
		return
	}
	var sync *check.Sync
	several := false
	for _, s := range w.syncs {
		for _, x := range s.stages {
			if i := slices.Index(x.where, l); i >= 0 {
				sync, several = s.sync, x.severalFrames[i+1] && !x.severalFrames[i]
			}
		}
	}
	if v := createdIn(sync, l.line); v != nil {
		d.Notes = append(d.Notes, "“"+v.Name+"” has just been created: “surely” before the line states that it gives a frame, and the flow faults if it does not")
		return
	}
	if several && l.line.Mode == syntax.PlainLine {
		d.Notes = append(d.Notes, "the line gives a frame for each of many, or none: “xs is each …” with this line below it collects them in one list, which may be empty")
		return
	}
	request, instance := "", ""
	for _, p := range sync.When {
		for _, a := range p.Out {
			if p.IsRequest() && a.Name == "request" && a.Term.Var != nil {
				request, instance = a.Term.Var.Name, p.Instance.Name
			}
		}
	}
	if request == "" {
		d.Notes = append(d.Notes, "name the output of the request in when, and answer in an else below this line")
		return
	}
	if request != "request" {
		request = "request: " + request
	}
	status, sentence := "404", "There is none."
	switch l.line.Body.(type) {
	case *check.FilterLine, *check.IsLine, *check.FoldLine:
		status, sentence = "422", "This cannot be done."
	case *check.QueryLine, *check.FieldLine, *check.MemberLine, *check.ViewLine, *check.BlockLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
	if l.line.Mode == syntax.NoLine {
		status, sentence = "409", "This is there already."
	}
	if slices.Contains(w.entry.Lookups, l.line) {
		status, sentence = "401", "Please log in."
	}
	text := "else " + instance + ".respond (" + request + ", status: " + status + ", error: " + strconv.Quote(sentence) + ")"
	d.Notes = append(d.Notes, "an else below this line would answer, such as “"+text+"”")
}

// droppedInside returns the lines of a view, and of the views in it, that may drop the
// frame of a use.
func (m *model) droppedInside(use *check.Line) []diag.Related {
	b, ok := use.Body.(*check.ViewLine)
	if !ok || use.Mode != syntax.PlainLine {
		return nil
	}
	var list []diag.Related
	for _, l := range b.View.Where {
		if inner := m.droppedInside(l); len(inner) > 0 {
			list = append(list, inner...)
		} else if m.mayDrop(l) {
			list = append(list, diag.Related{Span: l.Tree.Span, Message: "in the view “" + b.View.Name + "”, this line may drop the frame"})
		}
	}
	return list
}

// createdIn returns the variable of something that an action in when has created and
// about which the line asks that concept; nil if there is none.
func createdIn(s *check.Sync, l *check.Line) *check.Var {
	if l.Mode != syntax.PlainLine {
		return nil
	}
	reads := lineReads(l, nil)
	for _, p := range s.When {
		for _, a := range p.Out {
			if p.IsRequest() || p.Refused || a.Param == nil || p.Action.Input(a.Name) != nil || setOfType(p.Instance, a.Param.Type) == nil {
				continue
			}
			if slices.Contains(reads, p.Instance) && a.Term.Var != nil && slices.Contains(l.Variables(), a.Term.Var) {
				return a.Term.Var
			}
		}
	}
	return nil
}

// An unansweredRoute is a route that is answered on no path.
type unansweredRoute struct {
	entry   *EntryPoint
	finding diag.Diagnostic
}

// neverAnswered reports the routes that are answered on no path, except for routes
// of which all syncs never fire: those syncs are reported instead.
func (r *reporter) neverAnswered(m *model, truncated bool) {
	for _, x := range r.unansweredRoutes {
		idle := !truncated
		for _, s := range m.syncs {
			if r.fired[s] && slices.ContainsFunc(s.sync.When, func(p *check.Pattern) bool { return slices.Contains(x.entry.Patterns, p) }) {
				idle = false
			}
		}
		if !idle {
			r.an.add(x.finding)
		}
	}
}
