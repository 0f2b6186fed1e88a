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

// key is equal for two syncs that do the same.
func (w *work) key() string {
	parts := []string{w.trigger, w.conds, w.elses}
	for _, a := range w.asks {
		parts = append(parts, a.text)
	}
	return strings.Join(parts, "\n")
}

// within reports whether all conditions of one line are also conditions of another, by
// their ordered numbers.
func within(a, b []int) bool {
	for len(a) > 0 && len(b) >= len(a) {
		if a[0] == b[0] {
			a = a[1:]
		} else if a[0] < b[0] {
			return false
		}
		b = b[1:]
	}
	return len(a) == 0
}

// conditionNumbers numbers the conditions of lines, so that they can be compared fast.
type conditionNumbers map[string]int

func (n conditionNumbers) of(conds map[string]bool) []int {
	list := make([]int, 0, len(conds))
	for c := range conds {
		if _, known := n[c]; !known {
			n[c] = len(n)
		}
		list = append(list, n[c])
	}
	slices.Sort(list)
	return list
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
	firsts := map[string]*check.Sync{} // by what a sync does
	for _, w := range all {
		r.askedTwice(w)
		key := w.key()
		o := firsts[key]
		if o == nil {
			firsts[key] = w.sync
			continue
		}
		r.copies[w.sync], r.copies[o] = true, true
		r.an.add(diag.Diagnostic{Code: diag.SameSync, Severity: diag.Warning, Span: w.sync.Tree.Name.Span,
			Message: "“" + w.sync.Name + "” does the same as “" + o.Name + "”, so everything is asked twice",
			Related: []diag.Related{{Span: o.Tree.Name.Span, Message: "the other sync"}},
			Notes:   []string{"remove one of the two, or change what differs"}})
	}
	type asked struct {
		of    *work
		at    int // of the work
		line  *askedWork
		conds []int
	}
	numbers := conditionNumbers{}
	same := map[[2]string][]asked{} // by the trigger and what is asked
	var keys [][2]string            // in the order of the texts
	for i, w := range all {
		if r.copies[w.sync] {
			continue
		}
		for n := range w.asks {
			if a := &w.asks[n]; !answers(a.ask) {
				key := [2]string{w.trigger, a.text}
				if same[key] == nil {
					keys = append(keys, key)
				}
				same[key] = append(same[key], asked{w, i, a, numbers.of(a.conds)})
			}
		}
	}
	for _, key := range keys {
		list := same[key]
		for _, b := range list {
			// The first line that is asked whenever this one is asked. If that holds for both,
			// the later one is reported.
			k := slices.IndexFunc(list, func(a asked) bool {
				return a.at != b.at && within(a.conds, b.conds) && (a.at < b.at || !within(b.conds, a.conds))
			})
			if k < 0 {
				continue
			}
			a := list[k]
			r.an.add(diag.Diagnostic{Code: diag.SameAsk, Severity: diag.Warning, Span: b.line.ask.Tree.Span,
				Message: "“" + a.of.sync.Name + "” asks “" + b.line.ask.Instance.Name + "." + b.line.ask.Action.Name + "” with the same inputs for the same trigger",
				Related: []diag.Related{{Span: a.line.ask.Tree.Span, Message: "asked here, whenever “" + b.of.sync.Name + "” asks it"}},
				Notes:   []string{"the action runs twice; remove one of the two lines, or its sync"}})
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
