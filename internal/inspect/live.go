package inspect

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	liveStreams = 16                     // at a time
	liveEvery   = 500 * time.Millisecond // how often a stream says that there is news
	liveBreath  = 15 * time.Second       // how often it says that it is there
)

// A streams is the set of open live streams.
type streams struct {
	mu    sync.Mutex
	open  int
	once  sync.Once
	ended chan struct{}
}

func (s *streams) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == liveStreams {
		return false
	}
	s.open++
	return true
}

func (s *streams) leave() {
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
}

func (s *streams) end() { s.once.Do(func() { close(s.ended) }) }

// live sends server-sent events that announce new or ended flows. The page
// then fetches the list, so that there is one implementation of listing and
// searching.
func (in *Inspector) live(w http.ResponseWriter, r *http.Request) {
	if !in.streams.begin() {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "Too many pages follow the flows.", http.StatusServiceUnavailable)
		return
	}
	defer in.streams.leave()
	control := http.NewResponseController(w)
	send := func(text string) bool {
		// Each event has its own deadline: a stream lasts longer than a page.
		if err := control.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return false
		}
		if _, err := fmt.Fprint(w, text); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	last := in.recent.n.Load()
	flows := in.counted().flows
	if !send("retry: 2000\n: here\n\n") {
		return
	}
	look, breathe := time.NewTicker(liveEvery), time.NewTicker(liveBreath)
	defer look.Stop()
	defer breathe.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-in.streams.ended:
			return
		case <-breathe.C:
			if !send(": here\n\n") {
				return
			}
		case <-look.C:
			n := in.recent.n.Load()
			if n == last {
				continue
			}
			last = n
			now := in.counted().flows
			if !send(fmt.Sprintf("event: flows\ndata: %d\n\n", now-flows)) {
				return
			}
			flows = now
		}
	}
}
