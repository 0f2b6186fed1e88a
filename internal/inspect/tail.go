package inspect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/inspect/api"
	"github.com/legible-lang/legible/value"
)

// A tails is the set of clients that follow the events.
type tails struct {
	n    atomic.Int64 // how many there are: nobody is told where there are none
	mu   sync.Mutex
	open map[*tail]bool
}

// A tail is one client that follows the events.
type tail struct {
	news chan news
	lost atomic.Int64 // events that did not fit
}

// A news is one event: a flow came to rest, or a request was turned away.
type news struct {
	flow   value.ID
	turned *history.TurnedAway
}

// tailRoom is how many events can wait for a slow client.
const tailRoom = 1024

// tell sends the event to all clients. It never blocks.
func (t *tails) tell(n news) {
	if t.n.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for x := range t.open {
		select {
		case x.news <- n:
		default:
			x.lost.Add(1)
		}
	}
}

func (t *tails) begin() *tail {
	x := &tail{news: make(chan news, tailRoom)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[*tail]bool{}
	}
	t.open[x] = true
	t.n.Add(1)
	return x
}

func (t *tails) end(x *tail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, x)
	t.n.Add(-1)
}

// apiLive sends each flow that comes to rest, each request that is turned away, and how
// many of both were left out for a client that reads too slowly.
func (in *Inspector) apiLive(w http.ResponseWriter, r *http.Request) {
	if !in.streams.begin() {
		w.Header().Set("Retry-After", "10")
		in.apiProblem(w, http.StatusServiceUnavailable, "too many clients follow the flows")
		return
	}
	defer in.streams.leave()
	x := in.tails.begin()
	defer in.tails.end(x)
	control := http.NewResponseController(w)
	send := func(event string, data any) bool {
		if err := control.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return false
		}
		if event == "" {
			fmt.Fprint(w, ": here\n\n") // a failure shows at Flush
			return control.Flush() == nil
		}
		b, err := json.Marshal(data)
		if err != nil {
			return false
		}
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b)
		return control.Flush() == nil
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if !send("", nil) {
		return
	}
	breathe := time.NewTicker(liveBreath)
	defer breathe.Stop()
	for {
		on := true
		select {
		case <-r.Context().Done():
			return
		case <-in.streams.ended:
			return
		case <-breathe.C:
			on = send("", nil)
		case n := <-x.news:
			if n.turned != nil {
				on = send(api.TurnedAwayEvent, n.turned)
			} else {
				on = send(api.FlowEvent, api.FlowAtRest{Flow: n.flow})
			}
		}
		if lost := x.lost.Swap(0); on && lost > 0 {
			on = send(api.LostEvent, api.Lost{Count: lost})
		}
		if !on {
			return
		}
	}
}
