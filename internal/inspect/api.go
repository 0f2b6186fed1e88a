package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/inspect/api"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func (in *Inspector) apiRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/app", in.apiApp)
	mux.HandleFunc("GET /api/v1/flows", in.apiFlows)
	mux.HandleFunc("GET /api/v1/flows/{id}", in.apiFlow)
	mux.HandleFunc("GET /api/v1/unfinished", in.apiUnfinished)
	mux.HandleFunc("GET /api/v1/turned", in.apiTurnedAway)
	mux.HandleFunc("GET /api/v1/live", in.apiLive)
	mux.HandleFunc("GET /api/", func(w http.ResponseWriter, r *http.Request) {
		in.apiAnswer(w, http.StatusNotFound, api.Problem{
			Error:    fmt.Sprintf("there is nothing at %s; this app speaks version %d of the interface", cut(r.URL.Path, 80), api.Version),
			Versions: []int{api.Version},
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
	in.apiAnswer(w, status, api.Problem{Error: sentence})
}

func (in *Inspector) apiApp(w http.ResponseWriter, r *http.Request) {
	a := api.App{API: api.Version, App: in.plan.Name, Legible: moduleVersion(), Began: in.opened}
	for _, name := range in.sources.names {
		a.Texts = append(a.Texts, api.Text{Name: name, Text: in.sources.files[name].Text})
	}
	in.apiAnswer(w, http.StatusOK, a)
}

// module is the path of the module that this package is part of.
const module = "github.com/legible-lang/legible"

// moduleVersion is the version of the module that the app was built with.
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
	in.apiAnswer(w, http.StatusOK, api.Flows{Flows: append([]value.ID{}, ids[:min(len(ids), limit)]...)})
}

func (in *Inspector) apiFlow(w http.ResponseWriter, r *http.Request) {
	id, err := value.ParseID(r.PathValue("id"))
	if err != nil {
		in.apiProblem(w, http.StatusBadRequest, "this is not the id of a flow: "+cut(r.PathValue("id"), 60))
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
	a := api.Flow{Flow: id, Rested: s.Rested}
	if a.Record, err = journal.Rewrite(s.raw, in.clean); err != nil {
		in.failed(w, r, "reading a flow", err)
		return
	}
	if r.URL.Query().Get("only") != "record" {
		summary := explain.Summarize(in.plan, s.entries, s.Rested)
		a.Summary, a.Tree, a.Answer = &summary, explain.Flow(in.plan, s.entries, s.Rested), explain.WhyAnswer(in.plan, s.entries, s.Rested)
	}
	in.apiAnswer(w, http.StatusOK, a)
}

func (in *Inspector) apiUnfinished(w http.ResponseWriter, r *http.Request) {
	ids, err := in.store.Unfinished(r.Context())
	if err != nil {
		in.failed(w, r, "looking for flows that are running", store.OrLost(err))
		return
	}
	in.apiAnswer(w, http.StatusOK, api.Flows{Flows: append([]value.ID{}, ids...)})
}

func (in *Inspector) apiTurnedAway(w http.ResponseWriter, r *http.Request) {
	last, all := in.turned.last()
	in.apiAnswer(w, http.StatusOK, api.Turned{Turned: append([]history.TurnedAway{}, last...), All: all})
}
