package inspect

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// A flowView is the data of the page of one flow.
type flowView struct {
	ID           string
	Title        string
	Class        class
	Mark, Words  string
	Text, Why    string
	Look         []link // where to look first
	Asked        bool   // by a request
	Clock, Day   string
	Moment, Took string
	Actions      int
	Damage       string
	Faults       []string
	Picture      *picture
	Items        []*item
	Hidden       int    // actions that have no room in the list
	Near         []link // syncs that came near
	Others       []link // and those that did not
	OthersHidden int
	Detail       *detail
	Record       []string
	RecordHidden int
}

// An item is a line of the flow as a list: an action, or a sync with the
// actions that it asked.
type item struct {
	Text, Note string
	Link       string
	Class      class
	Sync       bool
	Selected   bool
	End        string // the answer, where this action is the last
	EndClass   class
	Items      []*item
}

const (
	itemsShown  = 400
	itemsDepth  = 30
	recordShown = 300
	syncsShown  = 400
	syncsNear   = 40
)

// flowPage shows one flow.
func (in *Inspector) flowPage(w http.ResponseWriter, r *http.Request) {
	id, err := value.ParseID(r.PathValue("id"))
	if err != nil {
		in.missing(w, r, "This is not the id of a flow: "+cut(r.PathValue("id"), 60)+".")
		return
	}
	s, err := in.reader(r.Context()).load(id)
	switch {
	case errors.Is(err, errUnknown):
		in.missing(w, r, "There is no flow "+id.String()+". It may have been deleted: the store keeps a limited number of flows.")
		return
	case err != nil:
		in.failed(w, r, "reading a flow", err)
		return
	}
	e := s.ending()
	var look []link
	at := in.selected(s, e, r)
	if e.unanswered {
		nearest := in.nearest(s)
		if r.URL.RawQuery == "" && nearest != nil {
			at = selection{sync: nearest}
		}
		if nearest != nil {
			look = append(look, link{Text: "sync " + nearest.Name, To: "?" + bySync + "=" + nearest.Name + "#detail"})
		}
	}
	v := flowView{
		ID: id.String(), Title: s.title(), Class: e.class, Mark: e.mark, Words: e.words, Text: cut(e.text, longValue), Why: words.Sentence(explain.Cause(s.Plan, s.entries, s.Rested)),
		Clock: clock(s.Begun), Day: s.Begun.Format(time.DateOnly), Moment: s.Begun.Format(time.RFC3339Nano), Took: s.took(),
		Actions: len(s.Actions), Faults: s.Faults, Picture: s.draw(e, at), Detail: in.detail(s, e, at),
	}
	if v.Words == v.Mark {
		v.Words = ""
	}
	if s.damage != nil {
		v.Damage = s.damage.Error()
	}
	if x := e.step; x != nil {
		look = append(look, link{Text: x.Name, To: linkTo(x)})
		if x.By != nil && x.Line != nil {
			look = append(look, link{Text: place(x.Line.Span), To: sourceLink(x.Line.Span.File.Name, x.Line.Span.Position().Line)})
		}
	}
	v.Look = look
	v.Asked = s.Root() != nil && s.Root().Is(plan.Request)
	v.list(s, e, at)
	v.syncs(in, s)
	for i, x := range s.entries {
		if i == recordShown {
			v.RecordHidden = len(s.entries) - i
			break
		}
		v.Record = append(v.Record, cut(x.String(), 400))
	}
	in.render(w, r, http.StatusOK, "flow", s.title(), v)
}

// list returns the flow as an indented list.
func (v *flowView) list(s *story, e ending, at selection) {
	left := itemsShown
	var add func(x *step, depth int) *item
	add = func(x *step, depth int) *item {
		left--
		it := &item{Text: x.Name, Note: outcomeWords(x), Link: linkTo(x), Class: classOf(x), Selected: at.step == x}
		if x.Outcome == journal.Returned && len(x.Gave) > 0 {
			it.Note = "returned " + arguments(x.Gave)
		}
		if x == s.Root() && x.Is(plan.Request) {
			it.Note = s.title()
		}
		if x.Is(plan.Respond) && x.Outcome == journal.Returned {
			it.Note = "answered " + arguments(withoutRequest(inOrder(x)))
		}
		if x == e.last && e.class != running {
			it.End, it.EndClass = e.mark, e.class
		}
		for _, m := range x.Completed {
			if left--; left <= 0 {
				v.Hidden += len(m.Asked)
				continue
			}
			line := &item{Text: m.Sync, Note: "fired", Link: linkToMatch(m), Class: fine, Sync: true, Selected: at.match == m}
			if n := len(m.Frames); n > 1 {
				line.Note = fmt.Sprintf("fired, with %d frames", n)
			}
			if !m.Fired() {
				line.Note, line.Class = "matched, but dropped in where", refused
			}
			it.Items = append(it.Items, line)
			for i, y := range m.Asked {
				if left <= 0 || depth == itemsDepth {
					v.Hidden += len(m.Asked) - i
					break
				}
				line.Items = append(line.Items, add(y, depth+1))
			}
		}
		return it
	}
	if root := s.Root(); root != nil {
		v.Items = []*item{add(root, 0)}
	}
}

func withoutRequest(list []value.Field) []value.Field {
	return slices.DeleteFunc(slices.Clone(list), func(f value.Field) bool { return f.Name == "request" || f.Value.IsNull() })
}

// arguments formats named values as short arguments of the language.
func arguments(list []value.Field) string {
	var parts []string
	for _, f := range list {
		v := show(f.Value, 40)
		if _, err := value.ParseID(v.Text); err == nil && v.Kind == "text" {
			v.Text = "…" + v.Text[len(v.Text)-8:] // ids differ at their end
		} else if v.Kind == "text" {
			v.Text = `"` + v.Text + `"`
		}
		parts = append(parts, f.Name+": "+v.Text)
	}
	return cut("("+strings.Join(parts, ", ")+")", 160)
}

// syncs returns the syncs that did not fire: first those that came near,
// because a where dropped them or some of their lines matched an action, then
// the others.
func (v *flowView) syncs(in *Inspector, s *story) {
	for _, sync := range in.plan.Syncs {
		fired, dropped := s.of(sync.Name)
		to := "?" + bySync + "=" + sync.Name + "#detail"
		switch {
		case len(fired) > 0:
		case len(dropped) > 0:
			v.Near = append(v.Near, link{Text: sync.Name, To: to, Note: "matched, but " + lostAt(dropped[0]), Class: refused})
		case len(v.Near) < syncsNear && s.near(sync) > 0:
			n := s.near(sync)
			v.Near = append(v.Near, link{Text: sync.Name, To: to,
				Note: fmt.Sprintf("%d of its %d lines of when matched", n, len(sync.When))})
		case len(v.Others) < syncsShown:
			v.Others = append(v.Others, link{Text: sync.Name, To: to})
		default:
			v.OthersHidden++
		}
	}
}

// lostAt says which line of where dropped a match.
func lostAt(m *match) string {
	for _, f := range m.Frames {
		if l := m.Spec.Line(f.Line); l != nil {
			return "“" + cut(l.Text, 80) + "” " + explain.Outcome(l)
		}
	}
	return "its where dropped every frame"
}

// near returns how many lines of a sync's when match an action on their own.
func (s *story) near(sync *plan.Sync) int {
	n := 0
	for _, p := range sync.When {
		if slices.ContainsFunc(s.Actions, func(x *step) bool { return x.Fits(p) }) {
			n++
		}
	}
	return n
}
