package inspect

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Besides its pages the inspector has a small interface for programs, such as
// the legible command, below /api/v1 and behind the same guard. All of it is
// read with GET and answers with JSON; what goes wrong is {"error": SENTENCE}.
//
//	/api/v1/app         what runs here, with the texts of its program
//	/api/v1/flows       ids of flows, newest first; ?before=ID, ?limit=N (to 1000)
//	/api/v1/flows/ID    a flow: in a line, as a tree, why it was answered so, and
//	                    its record; ?only=record leaves the rest out
//	/api/v1/unfinished  ids of the flows that are not at rest
//	/api/v1/turned      requests that were turned away before a flow, newest first
//	/api/v1/live        what comes, as server-sent events: see apiLive
//
// A field that is not known is to be passed over; what would break a program
// that reads this gets another number.
const apiVersion = 1

// An AppAnswer is what /api/v1/app says.
type appAnswer struct {
	API     int       `json:"api"`
	App     string    `json:"app"`
	Legible string    `json:"legible"` // the version of this module
	Began   time.Time `json:"began"`
	Texts   []apiText `json:"texts"`
}

type apiText struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// A flowAnswer is what /api/v1/flows/ID says.
type flowAnswer struct {
	Flow   string           `json:"flow"`
	Rested bool             `json:"rested"`
	Flowed *explain.Summary `json:"summary,omitempty"`
	Answer *explain.Tree    `json:"answer,omitempty"`
	Tree   *explain.Tree    `json:"tree,omitempty"`
	Record []byte           `json:"record"` // entries as package journal writes them, without what was made of secrets
}

// A turnedAnswer is a request that was turned away, as JSON has it.
type turnedAnswer struct {
	Trace  string    `json:"trace"`
	Moment time.Time `json:"moment"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Reason string    `json:"reason"`
}

func apiTurned(t Turned) turnedAnswer { return turnedAnswer(t) }

func (in *Inspector) apiRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/app", in.apiApp)
	mux.HandleFunc("GET /api/v1/flows", in.apiFlows)
	mux.HandleFunc("GET /api/v1/flows/{id}", in.apiFlow)
	mux.HandleFunc("GET /api/v1/unfinished", in.apiUnfinished)
	mux.HandleFunc("GET /api/v1/turned", in.apiTurnedAway)
	mux.HandleFunc("GET /api/v1/live", in.apiLive)
	mux.HandleFunc("GET /api/", func(w http.ResponseWriter, r *http.Request) {
		in.apiAnswer(w, http.StatusNotFound, map[string]any{
			"error":    "there is nothing at " + cut(r.URL.Path, 80) + "; this app speaks version " + strconv.Itoa(apiVersion) + " of the interface",
			"versions": []int{apiVersion},
		})
	})
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

func (in *Inspector) apiAnswer(w http.ResponseWriter, status int, answer any) {
	b, err := json.Marshal(answer)
	if err != nil {
		in.options.Log.Error("writing an inspector answer", "error", err)
		status, b = http.StatusInternalServerError, []byte(`{"error":"this answer could not be written; the app's log says why"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // whoever has gone needs no answer
}

func (in *Inspector) apiProblem(w http.ResponseWriter, status int, sentence string) {
	in.apiAnswer(w, status, map[string]string{"error": sentence})
}

func (in *Inspector) apiApp(w http.ResponseWriter, r *http.Request) {
	a := appAnswer{API: apiVersion, App: in.plan.Name, Legible: moduleVersion(), Began: in.opened}
	for _, name := range in.sources.names {
		a.Texts = append(a.Texts, apiText{name, in.sources.files[name].Text})
	}
	in.apiAnswer(w, http.StatusOK, a)
}

// module is the path of the module that this package is part of.
const module = "github.com/legible-lang/legible"

// moduleVersion is the version of it that the app was built with.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return ""
}

const apiFlowsMost = 1000

func (in *Inspector) apiFlows(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	before, limit := value.Zero, apiFlowsMost
	if text := query.Get("before"); text != "" {
		id, err := value.ParseID(text)
		if err != nil {
			in.apiProblem(w, http.StatusBadRequest, "before must be the id of a flow")
			return
		}
		before = id
	}
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			in.apiProblem(w, http.StatusBadRequest, "limit must be a number from 1 to "+strconv.Itoa(apiFlowsMost))
			return
		}
		limit = min(n, apiFlowsMost)
	}
	ids, err := in.store.Flows(r.Context(), before, limit)
	if err != nil {
		in.failed(w, r, "reading the list of flows", store.OrLost(err))
		return
	}
	ids = newestFirst(append(ids, in.recent.before(before)...))
	in.apiAnswer(w, http.StatusOK, map[string][]string{"flows": texts(ids[:min(len(ids), limit)])})
}

func texts(ids []value.ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = id.String()
	}
	return list
}

func (in *Inspector) apiFlow(w http.ResponseWriter, r *http.Request) {
	id, err := value.ParseID(r.PathValue("id"))
	if err != nil {
		in.apiProblem(w, http.StatusBadRequest, "this is no flow's id: "+cut(r.PathValue("id"), 60))
		return
	}
	s, err := in.reader(r.Context()).load(id)
	switch {
	case errors.Is(err, errUnknown):
		in.apiProblem(w, http.StatusNotFound, "there is no flow "+id.String())
		return
	case err != nil:
		in.failed(w, r, "reading a flow", err)
		return
	case s.damage != nil:
		in.failed(w, r, "reading a flow", s.damage)
		return
	}
	a := flowAnswer{Flow: id.String(), Rested: s.Rested}
	if a.Record, err = journal.Rewrite(s.raw, in.clean); err != nil {
		in.failed(w, r, "reading a flow", err)
		return
	}
	if r.URL.Query().Get("only") != "record" {
		summary := explain.Summarize(in.plan, s.entries, s.Rested)
		a.Flowed, a.Tree, a.Answer = &summary, explain.Flow(in.plan, s.entries, s.Rested), explain.WhyAnswer(in.plan, s.entries)
	}
	in.apiAnswer(w, http.StatusOK, a)
}

func (in *Inspector) apiUnfinished(w http.ResponseWriter, r *http.Request) {
	ids, err := in.store.Unfinished(r.Context())
	if err != nil {
		in.failed(w, r, "looking for flows that are running", store.OrLost(err))
		return
	}
	in.apiAnswer(w, http.StatusOK, map[string][]string{"flows": texts(ids)})
}

func (in *Inspector) apiTurnedAway(w http.ResponseWriter, r *http.Request) {
	last, all := in.turned.last()
	list := make([]turnedAnswer, len(last))
	for i, t := range last {
		list[i] = apiTurned(t.Turned)
	}
	in.apiAnswer(w, http.StatusOK, map[string]any{"turned": list, "all": all})
}
