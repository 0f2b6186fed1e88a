package inspect

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/value"
)

// turnedKept is how many requests that were turned away the inspector keeps.
const turnedKept = 256

// A turnedRing is the requests that were turned away last.
type turnedRing struct {
	mu   sync.Mutex
	list []history.TurnedAway // oldest first
	all  int64                // since the inspector failed while made
}

// TurnedAway tells the inspector of a request that opened no flow. It keeps the last
// ones in memory, and nowhere else.
func (in *Inspector) TurnedAway(t history.TurnedAway) {
	r := &in.turned
	r.mu.Lock()
	r.all++
	if len(r.list) == turnedKept {
		copy(r.list, r.list[1:])
		r.list = r.list[:turnedKept-1]
	}
	r.list = append(r.list, t)
	r.mu.Unlock()
	in.recent.n.Add(1)
	in.tails.tell(news{turned: &t})
}

// last gives the requests that were turned away, newest first, and how many
// there have been.
func (r *turnedRing) last() ([]history.TurnedAway, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.list)
	slices.Reverse(list)
	return list, r.all
}

func (r *turnedRing) get(id value.ID) (history.TurnedAway, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.list, func(t history.TurnedAway) bool { return t.Trace == id })
	if i < 0 {
		return history.TurnedAway{}, false
	}
	return r.list[i], true
}

// row makes the row of a request that was turned away, and tells whether it is
// one that is looked for.
func (v *flowsView) turnedRow(t *history.TurnedAway) (flowRow, bool) {
	row := flowRow{
		ID: t.Trace.String(), Link: "/turned/" + t.Trace.String(), Clock: clock(t.Moment), Moment: t.Moment.Format(time.RFC3339Nano),
		Title: cut(t.Request(), 120), Class: away, Mark: strconv.Itoa(t.Status), Words: "turned away", Text: cut(t.Reason, 120),
	}
	result := history.Result{Status: t.Status}
	if v.Sync != "" || v.Outcome != "" && v.Outcome != string(away) && !(history.IsStatus(v.Outcome) && result.Is(v.Outcome)) {
		return row, false
	}
	for _, text := range []string{row.Title, t.Reason, row.Mark, row.Words} {
		text = strings.ToLower(text)
		if strings.Contains(text, strings.ToLower(v.Query)) || v.Path != "" && strings.Contains(text, strings.ToLower(v.Path)) {
			return row, true
		}
	}
	return row, v.Query != "" && strings.HasPrefix(row.ID, strings.ToLower(v.Query))
}

// turnedPage shows one request that was turned away.
func (in *Inspector) turnedPage(w http.ResponseWriter, r *http.Request) {
	id, err := value.ParseID(r.PathValue("id"))
	t, ok := in.turned.get(id)
	if err != nil || !ok {
		in.missing(w, r, fmt.Sprintf("No request with the trace id %s is among the last %d that were turned away. They are kept in memory only; the app's log has a line for each.", cut(r.PathValue("id"), 60), turnedKept))
		return
	}
	in.render(w, r, http.StatusOK, "turned", cut(t.Request(), 120), struct {
		ID, Title, Reason, Clock, Moment, Day, Why string
		Status                                     int
	}{t.Trace.String(), cut(t.Request(), 120), t.Reason, clock(t.Moment), t.Moment.Format(time.RFC3339Nano), t.Moment.Format(time.DateOnly), advice(t.Status), t.Status})
}

// advice explains to the sender of a request what the status of its answer
// means.
func advice(status int) string {
	switch {
	case status == http.StatusNotFound:
		return "The syncs define the routes, and no sync has this path. Correct the path of the client, or add a sync."
	case status == http.StatusMethodNotAllowed:
		return "Syncs have this path with another method."
	case status == http.StatusUnauthorized:
		return "Every sync of this route needs a credential, but the request had none."
	case status == http.StatusRequestEntityTooLarge:
		return "An option of the app's HTTP front sets the limit."
	case status == http.StatusServiceUnavailable:
		return "The app has reached its limits. The client can send the request again later."
	case status >= http.StatusInternalServerError:
		return "A fault occurred before a flow began. See the app's log."
	}
	return "The syncs of this route define its fields, and this request could not match any of them."
}

// ended reports whether a flow that ran on after its answer has a record by now.
func (in *Inspector) ended(r *reader, t *history.TurnedAway) bool {
	if !t.Overdue {
		return false
	}
	_, err := r.load(t.Trace)
	return err == nil
}
