// Package telemetry exports metrics for Prometheus and traces for OpenTelemetry.
//
// Its three main types are [Meter], which counts the entries of the journal; [Tracer],
// which makes a trace of each flow; and [Gauges], the metrics of a store. It promises
// that the trace id of a flow's spans is the flow's id, which the client gets, unless the
// client has begun a trace; that it exports names and outcomes and never values; and that
// disabled parts cost nothing. It defines no alerts.
package telemetry

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/value"
)

// A Meter counts flows and what happens in them. It is safe for concurrent use.
type Meter struct {
	registry *prometheus.Registry
	flows    prometheus.Counter
	actions  *prometheus.CounterVec
	firings  *prometheus.CounterVec
	drops    *prometheus.CounterVec
	faults   prometheus.Counter
	seconds  *prometheus.HistogramVec
	rewinds  *prometheus.CounterVec
	ran      *prometheus.HistogramVec

	// The vectors' results by name: asking them again takes several times as long
	// as counting.
	ended    known[[outcomes]prometheus.Counter] // by action, for each outcome
	fired    known[prometheus.Counter]           // by sync
	tookRun  known[prometheus.Observer]          // by action
	tookFlow known[prometheus.Observer]          // by opening
}

// outcomes is the number of outcomes of an action.
const outcomes = int(journal.Undone) + 1

// A known caches values by name.
type known[T any] struct {
	mu     sync.RWMutex
	byName map[string]T
}

// find returns the cached value of a name, and keeps no name.
func (k *known[T]) find(name []byte) (T, bool) {
	k.mu.RLock()
	t, ok := k.byName[string(name)]
	k.mu.RUnlock()
	return t, ok
}

// named is find for a string.
func (k *known[T]) named(name string) (T, bool) {
	k.mu.RLock()
	t, ok := k.byName[name]
	k.mu.RUnlock()
	return t, ok
}

func (k *known[T]) keep(name string, t T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byName == nil {
		k.byName = map[string]T{}
	}
	k.byName[name] = t
}

// buckets are latency bounds, seconds.
var buckets = []float64{.0001, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30}

// NewMeter makes a meter with its own registry.
func NewMeter() *Meter {
	m := &Meter{
		registry: prometheus.NewRegistry(),
		flows:    prometheus.NewCounter(prometheus.CounterOpts{Name: "legible_flows_total", Help: "Flows that came to rest."}),
		actions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "legible_actions_total", Help: "Actions that completed, by outcome."}, []string{"action", "outcome"}),
		firings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "legible_firings_total", Help: "Matches of a sync that fired."}, []string{"sync"}),
		drops: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "legible_drops_total", Help: "Frames that a line of where without an else dropped, in matches that were dropped."}, []string{"sync", "line"}),
		faults: prometheus.NewCounter(prometheus.CounterOpts{Name: "legible_flow_faults_total", Help: "Faults outside of actions: limits, deadlines, expressions."}),
		rewinds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "legible_flow_rewinds_total", Help: "Returns of a flow to its last commit because another flow changed what it had read."}, []string{"opening"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "legible_flow_seconds", Help: "Time from the start of a flow until it is at rest and durable.",
			Buckets: buckets}, []string{"opening"}),
		ran: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "legible_action_seconds", Help: "Duration of an action itself, without the actions that it triggers.",
			Buckets: buckets}, []string{"action"}),
	}
	m.registry.MustRegister(m.flows, m.actions, m.firings, m.drops, m.faults, m.rewinds, m.seconds, m.ran,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Record counts journal entries. It is an engine's Recorder.
func (m *Meter) Record(_ value.ID, entries []byte, rested bool) {
	dropped := false
	journal.Skim(entries, func(x journal.Mark) {
		switch x.Kind {
		case journal.Completed:
			m.completed(x.Name, x.Outcome)
		case journal.Fired:
			counter, ok := m.fired.find(x.Name)
			if !ok {
				counter = m.firings.WithLabelValues(string(x.Name))
				m.fired.keep(string(x.Name), counter)
			}
			counter.Inc()
		case journal.Faulted:
			m.faults.Inc()
		case journal.Dropped:
			dropped = true
		}
	})
	if dropped {
		m.recordDrops(entries)
	}
	if rested {
		m.flows.Inc()
	}
}

// completed counts an action that ended. Outcomes that never occurred are not
// shown, so each counter is made when needed.
func (m *Meter) completed(name []byte, o journal.Outcome) {
	counters, _ := m.ended.find(name)
	counter := counters[o]
	if counter == nil {
		counter = m.actions.WithLabelValues(string(name), o.String())
		counters[o] = counter
		m.ended.keep(string(name), counters) // if a race loses an outcome, it is asked again
	}
	counter.Inc()
}

func (m *Meter) recordDrops(entries []byte) {
	list, err := journal.Read(entries)
	if err != nil {
		return // just-written entries are readable; counting must not report errors
	}
	for _, e := range list {
		if e.Kind != journal.Dropped {
			continue
		}
		for _, f := range e.Frames {
			m.drops.WithLabelValues(e.Sync, f.DroppedAt).Inc()
		}
	}
}

// Observe records the duration of a flow. It is an engine's Observer. The
// opening of a request is the path of its route, so that routes bound the
// number of openings.
func (m *Meter) Observe(t engine.Times) {
	observer(&m.tookFlow, m.seconds, t.Opening).Observe(t.End.Sub(t.Start).Seconds())
	if t.Rewinds > 0 {
		m.rewinds.WithLabelValues(t.Opening).Add(float64(t.Rewinds))
	}
	for i := range t.Actions {
		observer(&m.tookRun, m.ran, t.Actions[i].Name).Observe(t.Actions[i].Ran.Seconds())
	}
}

// observer is the vector's observer for a name.
func observer(k *known[prometheus.Observer], of *prometheus.HistogramVec, name string) prometheus.Observer {
	o, ok := k.named(name)
	if !ok {
		o = of.WithLabelValues(name)
		k.keep(name, o)
	}
	return o
}

// Gauges are what a store reports of itself. Each is read at each scrape.
type Gauges interface {
	// Commits is how many groups were made durable, and how many flows came to rest
	// in them.
	Commits() (groups, flows uint64)
	// Waiting is how many flows wait for a commit now.
	Waiting() int
}

// Watch shows a store's gauges.
func (m *Meter) Watch(g Gauges) {
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "legible_commits_total", Help: "Commits; each makes a group of flows durable."},
			func() float64 { groups, _ := g.Commits(); return float64(groups) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "legible_committed_flows_total", Help: "Flows that came to rest in a commit; divided by legible_commits_total it is the mean size of a group."},
			func() float64 { _, flows := g.Commits(); return float64(flows) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "legible_commit_queue", Help: "Flows that are waiting for a commit."},
			func() float64 { return float64(g.Waiting()) }),
	)
}

// WatchWaiting exports how many flows wait for a retry of an effect action, and
// how many are parked until a decision.
func (m *Meter) WatchWaiting(count func() (waiting, parked int)) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "legible_flows_waiting", Help: "Flows that are waiting for another try of an effect action."},
			func() float64 { waiting, _ := count(); return float64(waiting) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "legible_flows_parked", Help: "Flows with a parked effect action; legible flow list --parked lists them."},
			func() float64 { _, parked := count(); return float64(parked) }),
	)
}

// WatchRescued exports the number of unfinished flows that Rescue has resumed.
func (m *Meter) WatchRescued(count func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "legible_flows_rescued_total", Help: "Unfinished flows that neither ran nor waited and were resumed. Expect a few after the store was unreachable; the log names them."},
		func() float64 { return float64(count()) }))
}

// Handler serves the metrics to Prometheus.
func (m *Meter) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// label formats an action id as an attribute.
func label(id journal.ActionID) string { return id.String() }

// milliseconds prints a duration as an attribute.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 3, 64)
}
