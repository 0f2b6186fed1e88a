package flows

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
)

// A work is what a sync does, in texts that can be compared with those of others.
type work struct {
	sync    *check.Sync
	trigger string
	conds   string // of all stages
	elses   string
	asks    []askedWork
}

// askedWork is a line of then with the conditions under which it is asked.
type askedWork struct {
	stage int
	ask   *check.Ask
	text  string
	conds map[string]bool
}

func workOf(s *check.Sync) *work {
	x, w := newMeaning(s), &work{sync: s}
	var keys []string
	for _, p := range s.When {
		keys = append(keys, x.pattern(p))
	}
	slices.Sort(keys)
	w.trigger = strings.Join(keys, ", ")
	var elses []string
	for n, stage := range s.Stages {
		for _, l := range stage.Where {
			for _, a := range l.Else {
				elses = append(elses, x.text()+": "+x.ask(a))
			}
			x.line(l)
		}
		for _, a := range stage.Then {
			text := x.ask(a)
			conds := map[string]bool{}
			for c := range x.conds {
				conds[c] = true
			}
			w.asks = append(w.asks, askedWork{n, a, text, conds})
			for _, h := range a.Handlers {
				for _, inner := range h.Asks {
					elses = append(elses, h.Code+" of "+text+": "+x.ask(inner))
				}
			}
			x.asked(a, text)
		}
	}
	w.conds, w.elses = x.text(), strings.Join(elses, "; ")
	return w
}

// Meaning returns what a sync does, as a text in which the names of variables do not
// matter and views are expanded. Two syncs with equal texts do the same.
func Meaning(s *check.Sync) string {
	w := workOf(s)
	parts := []string{w.trigger, w.conds, w.elses}
	for _, a := range w.asks {
		parts = append(parts, strconv.Itoa(a.stage)+" "+a.text)
	}
	return strings.Join(parts, "\n")
}

// same reports whether two syncs do the same.
func (w *work) same(o *work) bool {
	return w.trigger == o.trigger && w.conds == o.conds && w.elses == o.elses &&
		slices.EqualFunc(w.asks, o.asks, func(a, b askedWork) bool { return a.text == b.text })
}

// within reports whether all conditions of one line are also conditions of another.
func (a askedWork) within(b askedWork) bool {
	for c := range a.conds {
		if !b.conds[c] {
			return false
		}
	}
	return true
}

// duplicates reports syncs that do what others do, and lines that ask what another
// line asks for the same trigger. Answers are reported elsewhere.
func (r *reporter) duplicates() {
	var all []*work
	for _, s := range r.an.program.Syncs {
		all = append(all, workOf(s))
	}
	slices.SortStableFunc(all, func(a, b *work) int {
		x, y := a.sync.Tree.Span, b.sync.Tree.Span
		return cmp.Or(cmp.Compare(x.File.Name, y.File.Name), cmp.Compare(x.Start, y.Start))
	})
	for i, w := range all {
		r.askedTwice(w)
		if first := slices.IndexFunc(all[:i], w.same); first >= 0 {
			o := all[first].sync
			r.copies[w.sync], r.copies[o] = true, true
			r.an.add(diag.Diagnostic{Code: diag.SameSync, Severity: diag.Warning, Span: w.sync.Tree.Name.Span,
				Message: "“" + w.sync.Name + "” does the same as “" + o.Name + "”, so everything is asked twice",
				Related: []diag.Related{{Span: o.Tree.Name.Span, Message: "the other sync"}},
				Notes:   []string{"remove one of the two, or change what differs"}})
		}
	}
	for i, w := range all {
		for j, o := range all {
			if i != j && w.trigger == o.trigger && !r.copies[w.sync] && !r.copies[o.sync] {
				r.askedByBoth(w, o, i > j)
			}
		}
	}
}

// askedByBoth reports the lines of a sync that ask what another sync asks whenever
// they are asked. If that holds for both, it is reported for the later one.
func (r *reporter) askedByBoth(w, o *work, later bool) {
	for _, b := range w.asks {
		if answers(b.ask) {
			continue
		}
		for _, a := range o.asks {
			if a.text != b.text || !a.within(b) || !later && b.within(a) {
				continue
			}
			name := b.ask.Instance.Name + "." + b.ask.Action.Name
			r.an.add(diag.Diagnostic{Code: diag.SameAsk, Severity: diag.Warning, Span: b.ask.Tree.Span,
				Message: "“" + o.sync.Name + "” asks “" + name + "” with the same inputs for the same trigger",
				Related: []diag.Related{{Span: a.ask.Tree.Span, Message: "asked here, whenever “" + w.sync.Name + "” asks it"}},
				Notes:   []string{"the action runs twice; remove one of the two lines, or its sync"}})
			break
		}
	}
}

// askedTwice reports a line of then that repeats the line above it.
func (r *reporter) askedTwice(w *work) {
	for i := 1; i < len(w.asks); i++ {
		a, b := w.asks[i-1], w.asks[i]
		if a.text != b.text || a.stage != b.stage || answers(b.ask) || len(a.ask.Out) > 0 || len(b.ask.Out) > 0 {
			continue
		}
		name := b.ask.Instance.Name + "." + b.ask.Action.Name
		r.an.add(diag.Diagnostic{Code: diag.SameAsk, Severity: diag.Warning, Span: b.ask.Tree.Span,
			Message: "this line asks “" + name + "” again with the same inputs",
			Related: []diag.Related{{Span: a.ask.Tree.Span, Message: "the same line"}},
			Notes:   []string{"remove one of the two lines"}})
	}
}
