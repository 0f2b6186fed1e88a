package inspect

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const (
	flowsShown = 50   // on one page
	flowsRead  = 2000 // for one page of a search
	searchTime = 2 * time.Second
)

// A flowsView is the data of the page that lists flows.
type flowsView struct {
	Query, Outcome, Sync string
	Path                 string // of the route that the query names with more before it
	Syncs                []string
	Rows                 []flowRow
	Read                 int    // number of flows read
	Older                string // a link, if there may be more
	Newest               string // a link to the start of the list
	Searching            bool
	Count                flowCount
	Outcomes             []outcome
	Opened               time.Time
	Before               bool // earlier flows exist
}

// A flowRow is one flow in the list.
type flowRow struct {
	ID             string
	Link           string
	Clock, Moment  string
	Title          string
	Class          class
	Mark, Words    string
	Text           string
	Took           string
	Actions, Fires int
}

// A flowCount counts flows since the inspector failed while made.
type flowCount struct{ Flows, Refused, Faulted, Turned int }

// An outcome is a filter, with its word in the address.
type outcome struct{ Word, Text string }

var outcomes = []outcome{
	{"", "any outcome"}, {string(history.Answered), "answered by a sync"}, {"4xx", "status 4xx"}, {"5xx", "status 5xx"},
	{string(history.Refused), "refused, without a sync for it"}, {string(history.Faulted), "faulted"},
	{string(history.Unanswered), "unanswered"}, {string(history.Returned), "returned, not a request"},
	{string(history.Running), "running"}, {string(history.Waiting), "waiting to try again"}, {string(history.Parked), "parked"},
	{string(away), "turned away, no flow"},
}

// flowsPage lists flows, newest first.
func (in *Inspector) flowsPage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := flowsView{
		Query: strings.TrimSpace(query.Get("q")), Outcome: query.Get("outcome"), Sync: query.Get("sync"),
		Outcomes: outcomes, Opened: in.opened,
	}
	v.Path = in.routeAt(v.Query)
	c := in.counted()
	_, turned := in.turned.last()
	v.Count = flowCount{int(c.flows), int(c.refused), int(c.faulted), int(turned)}
	for _, s := range in.plan.Syncs {
		v.Syncs = append(v.Syncs, s.Name)
	}
	v.Searching = v.Query != "" || v.Outcome != "" || v.Sync != ""
	if id, err := value.ParseID(v.Query); err == nil {
		if t, ok := in.turned.get(id); ok && !in.ended(in.reader(r.Context()), &t) {
			http.Redirect(w, r, "/turned/"+id.String(), http.StatusSeeOther)
			return
		}
		if _, err := in.reader(r.Context()).load(id); err == nil {
			http.Redirect(w, r, "/flows/"+id.String(), http.StatusSeeOther)
			return
		}
	}
	before, _ := value.ParseID(query.Get("before"))
	if err := in.list(r, &v, before); err != nil {
		in.failed(w, r, "reading the list of flows", err)
		return
	}
	in.render(w, r, http.StatusOK, "flows", "Flows", v)
}

// list fills the rows. It reads until the page is full, no flows are left, or
// the limit is reached.
func (in *Inspector) list(r *http.Request, v *flowsView, before value.ID) error {
	reader := in.reader(r.Context())
	deadline := time.Now().Add(searchTime)
	if before != value.Zero {
		v.Newest = "/?" + v.keep(nil).Encode()
	}
	away := map[value.ID]*history.TurnedAway{}
	last, _ := in.turned.last()
	for i := range last {
		away[last[i].Trace] = &last[i]
	}
	for {
		ids, err := in.store.Flows(r.Context(), before, flowsShown+1)
		if err != nil {
			return store.OrLost(err)
		}
		ids = newestFirst(append(ids, in.recent.before(before)...))
		for id := range away {
			if before == value.Zero || bytes.Compare(id[:], before[:]) < 0 {
				ids = append(ids, id)
			}
		}
		ids = newestFirst(ids)
		if len(ids) == 0 {
			return nil
		}
		ids = ids[:min(len(ids), flowsShown)]
		for _, id := range ids {
			if len(v.Rows) == flowsShown || v.Read >= flowsRead || v.Read%64 == 63 && time.Now().After(deadline) {
				v.Older = "/?" + v.keep(url.Values{"before": {before.String()}}).Encode()
				return nil
			}
			before = id
			v.Read++
			if t := away[id]; t != nil && !in.ended(reader, t) {
				if row, ok := v.turnedRow(t); ok {
					v.Rows = append(v.Rows, row)
				}
				continue
			}
			s, err := reader.load(id)
			if err != nil && !errors.Is(err, errUnknown) {
				return err
			}
			if err != nil {
				continue // forgotten since the list was made
			}
			if row, ok := v.row(s); ok {
				v.Rows = append(v.Rows, row)
			}
		}
	}
}

// keep returns the address's query with the current search.
func (v *flowsView) keep(more url.Values) url.Values {
	q := url.Values{}
	for name, text := range map[string]string{"q": v.Query, "outcome": v.Outcome, "sync": v.Sync} {
		if text != "" {
			q.Set(name, text)
		}
	}
	for name, list := range more {
		q[name] = list
	}
	return q
}

// row makes the row of a flow, and reports whether it matches the search.
func (v *flowsView) row(s *story) (flowRow, bool) {
	e := s.ending()
	row := flowRow{
		ID: s.id.String(), Link: "/flows/" + s.id.String(), Clock: clock(s.Begun), Moment: s.Begun.Format(time.RFC3339Nano),
		Title: s.title(), Class: e.class, Mark: e.mark, Words: e.words, Text: cut(e.text, 120), Took: s.took(), Actions: len(s.Actions),
	}
	v.Before = v.Before || s.Begun.Before(v.Opened)
	if row.Words == row.Mark {
		row.Words = ""
	}
	for _, m := range s.Matches {
		if m.Fired() {
			row.Fires++
		}
	}
	if v.Outcome != "" && !e.result.Is(v.Outcome) {
		return row, false
	}
	if v.Sync != "" && !slices.ContainsFunc(s.Matches, func(m *match) bool { return m.Sync == v.Sync }) {
		return row, false
	}
	return row, v.Query == "" || e.mark == v.Query || s.has(v.Query) || v.Path != "" && s.has(v.Path)
}

// took is the flow's duration, if it is known.
func (s *story) took() string {
	if s.ended.IsZero() {
		return ""
	}
	return lasted(s.ended.Sub(s.Begun))
}

var identities = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// has reports whether a text occurs in the flow: in its id, its path, an
// action's name, a value, a refusal. It ignores case.
func (s *story) has(text string) bool {
	text = strings.ToLower(text)
	found := func(s string) bool {
		s = strings.ToLower(s)
		if !strings.Contains(s, text) {
			return false
		}
		// A few digits occur in many identities by chance: only the start and end of an
		// identity count, and only if the text is longer than a status.
		for _, id := range identities.FindAllString(s, -1) {
			if len(text) >= 6 && (strings.HasPrefix(id, text) || strings.HasSuffix(id, text)) {
				return true
			}
		}
		return len(text) >= 36 || strings.Contains(identities.ReplaceAllString(s, " "), text)
	}
	if strings.HasPrefix(s.id.String(), text) || found(s.title()) {
		return true
	}
	in := func(list []value.Field) bool {
		return slices.ContainsFunc(list, func(f value.Field) bool {
			// A secret is a mark here too, and cannot be found.
			return found(string(value.AppendJSON(nil, f.Value)))
		})
	}
	for _, e := range s.entries {
		if found(e.Action) || found(e.Sync) || found(e.Code) || found(e.Text) || in(e.In) || in(e.Out) {
			return true
		}
		if e.Frames != nil {
			for _, f := range e.Frames {
				for _, b := range f.Bindings {
					if found(string(value.AppendJSON(nil, b.Value))) {
						return true
					}
				}
			}
		}
	}
	return false
}
