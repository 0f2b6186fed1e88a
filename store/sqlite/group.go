package sqlite

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/legible-lang/legible/store"
)

// A group is what becomes durable together: the changes in the open
// transaction, and the entries of the flows. It lands in the log by one commit,
// and one flush makes it durable, with all that have landed (see log.go).
type group struct {
	dirty   bool    // state was written; under the turn
	flows   []*flow // with entries; under mu
	waiting int     // flows that wait for it; under mu
	rests   int     // flows that come to rest in it; set as it lands
	done    chan struct{}
	err     error // why it was lost; set before done, and read after it
}

func newGroup() *group { return &group{done: make(chan struct{})} }

// A chunk is what one flow adds to the journal in a group.
type chunk struct {
	f       *flow
	entries []byte
	rested  bool
}

func join(parts []string, by string) string { return strings.Join(parts, by) }

// Rest waits for the group that the flow rests on.
func (f *flow) Rest(entries []byte) error {
	if f.inTurn {
		if err := f.Keep(entries); err != nil {
			f.Leave()
			return err
		}
		entries = nil
	}
	s := f.s
	s.mu.Lock()
	if s.closed {
		f.end()
		s.mu.Unlock()
		return store.ErrClosed
	}
	if err := f.lost(); err != nil {
		f.end()
		s.mu.Unlock()
		return err
	}
	if s.options.ReadOnly {
		f.end()
		s.mu.Unlock()
		if len(entries) > 0 {
			return errReadOnly
		}
		return nil
	}
	f.rested = true
	if len(entries) > 0 || f.kept {
		f.queue(entries)
	}
	f.end()
	g := f.rests
	if f.wrote && len(entries) > 0 {
		g = s.group
	}
	if g == nil || s.options.Durability != store.Full || g != s.group && isDone(g) {
		s.mu.Unlock()
		return nil
	}
	lead := false
	f.waits = g
	if g == s.group {
		g.waiting++
		if !s.leading {
			s.leading, lead = true, true
		}
	}
	s.mu.Unlock()
	if lead {
		s.lead(g)
	}
	store.AwaitGroup(&s.Gauges, g.done)
	err := g.err
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		err = f.before()
	}
	if err != nil {
		f.orphan()
	}
	return err
}

// before tells whether a group was lost that the flow had a part in, or has read
// from, before the one that it waited for: it may have been landing just then. It
// must be called with mu.
func (f *flow) before() error {
	if g := f.rests; g != nil && isDone(g) && g.err != nil {
		return g.err
	}
	return f.dead
}

// Sync waits for the group that is open, and with it for all before.
func (f *flow) Sync(entries []byte) error {
	if f.inTurn {
		return store.ErrInTurn
	}
	s := f.s
	s.mu.Lock()
	err := f.lost()
	switch {
	case s.closed:
		err = store.ErrClosed
	case err == nil && s.options.ReadOnly:
		err = errReadOnly
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	f.queue(entries)
	g, lead := s.group, !s.leading
	g.waiting++
	s.leading = true
	s.mu.Unlock()
	if lead {
		s.lead(g)
	}
	store.AwaitGroup(&s.Gauges, g.done)
	if g.err != nil {
		return g.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return f.lost()
}

func isDone(g *group) bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// end counts the flow out. One that was given up because something was lost
// waits for its disk. It must be called with mu.
func (f *flow) end() {
	if f.ended {
		return
	}
	f.ended = true
	f.s.running--
	if f.lost() != nil {
		f.orphan()
	}
}

// Leave gives the flow up.
func (f *flow) Leave() {
	f.Undo()
	f.s.mu.Lock()
	f.end()
	f.s.mu.Unlock()
}

// lead makes the group durable for all that wait for it. It waits until the
// disk is free: whoever comes to rest meanwhile is spared a flush. For the same
// sake it then lets others run that can; it does not wait for flows that are
// busy elsewhere. While the disk is at work for the group, the next one comes
// together.
func (s *Store) lead(g *group) {
	s.disk.Lock()
	defer s.disk.Unlock()
	for last, idle := 0, 0; idle < patience; {
		s.mu.Lock()
		n, alone := g.waiting, s.running == 0
		s.mu.Unlock()
		if alone && n > 1 {
			break
		}
		if n == last {
			idle++
		} else {
			last, idle = n, 0
		}
		runtime.Gosched()
	}
	s.turn.Lock()
	if s.group == g {
		_ = s.land() // whoever waits is told
	}
	s.turn.Unlock()
	_ = s.flush()
}

// patience is how often a leader looks for others without seeing any.
const patience = 2

// arm makes sure that the group is committed before long. It must be called
// with the turn.
func (s *Store) arm() {
	s.mu.Lock()
	if !s.armed {
		s.armed = true
		s.timer.Reset(flushEvery)
	}
	s.mu.Unlock()
}

// flushLate makes durable what nobody has waited for.
func (s *Store) flushLate() {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.turn.Lock()
	s.mu.Lock()
	s.armed = false
	waited := s.group.waiting > 0
	s.mu.Unlock()
	if s.closed {
		s.turn.Unlock()
		return
	}
	err := s.land()
	s.turn.Unlock()
	if err == nil {
		err = s.flush()
	}
	if err != nil && !waited && s.options.Lost != nil {
		s.options.Lost(err)
	}
}

// land commits the group, so that everyone sees it, or loses it. It must be
// called with the turn.
func (s *Store) land() error {
	if s.closed {
		return store.ErrClosed
	}
	s.mu.Lock()
	g := s.group
	if !g.dirty && len(g.flows) == 0 && g.waiting == 0 {
		s.mu.Unlock()
		if !s.begun {
			return nil
		}
		s.begun = false
		return s.fixed.rollback.run() // nothing but reads
	}
	s.swap(g)
	s.mu.Unlock()

	if x := s.failure.Load(); x != nil {
		return s.drop(g, x.cause)
	}
	err := s.write()
	if err == nil {
		err = s.fixed.commit.run()
	}
	if err != nil {
		return s.drop(g, err)
	}
	s.begun = false
	if g.dirty {
		s.wet = g
	}
	s.mu.Lock()
	s.landed = append(s.landed, g)
	for i, c := range s.batch {
		switch {
		case c.f.dead != nil:
		case c.rested:
			g.rests++
			delete(s.marked, c.f.id)
		default:
			s.marked[c.f.id] = true
		}
		s.reuse(c.entries)
		s.batch[i] = chunk{}
	}
	s.mu.Unlock()
	s.batch = s.batch[:0]
	return nil
}

// swap takes the entries of a group and begins the next one. It must be called
// with the turn and mu.
func (s *Store) swap(g *group) {
	s.group = newGroup()
	s.leading = false
	for _, f := range g.flows {
		s.batch = append(s.batch, chunk{f, f.entries, f.rested})
		f.entries, f.queued = nil, false
	}
}

// write puts the entries of the batch into the transaction. A flow that begins
// and comes to rest within one group is never marked as unfinished.
func (s *Store) write() error {
	if !s.begun {
		if err := s.fixed.begin.run(); err != nil {
			return err
		}
		s.begun = true
	}
	s.part++
	for _, c := range s.batch {
		if c.f.dead != nil {
			continue
		}
		if len(c.entries) > 0 {
			q := s.fixed.journal
			q.bindBlob(c.f.id[:])
			q.bindInt(s.part)
			q.bindBlob(c.entries)
			if err := q.run(); err != nil {
				return err
			}
		}
		q := s.fixed.mark
		if s.marked[c.f.id] == !c.rested {
			continue
		}
		if c.rested {
			q = s.fixed.unmark
		}
		q.bindBlob(c.f.id[:])
		if err := q.run(); err != nil {
			return err
		}
	}
	return nil
}

// lose gives up the open group: the transaction is gone. It must be called with
// the turn.
func (s *Store) lose(cause error) error {
	s.mu.Lock()
	g := s.group
	s.swap(g)
	s.mu.Unlock()
	return s.drop(g, cause)
}

// drop undoes a group that could not be made durable and tells everyone who had
// a part in it. The entries of flows at rest that did not write are told with
// the next group, since their answers have been given.
func (s *Store) drop(g *group, cause error) error {
	if s.begun && !s.conn.broken() {
		s.fixed.rollback.run()
	}
	s.begun = false
	s.leased = s.order // the raise may be gone
	err := fmt.Errorf("%w: %w", store.ErrLost, explain(cause))
	if e := s.failed(); e != nil {
		err = e
	}
	s.mu.Lock()
	g.err = err
	room := keepPending
	for i, c := range s.batch {
		switch f := c.f; {
		case c.rested && f.rests != g && f.waits != g && room > len(c.entries):
			room -= len(c.entries)
			f.queue(nil)
			f.entries = c.entries
		case !c.rested && f.dead == nil:
			f.dead, f.entries = err, nil
		case c.rested && f.waits != g:
			f.orphan() // nobody else hears of it
		}
		s.batch[i] = chunk{}
	}
	s.mu.Unlock()
	s.batch = s.batch[:0]
	close(g.done)
	return err
}

// keepPending bounds the entries that are tried again after a lost group.
const keepPending = 16 << 20

// roomFor gives room for entries; reuse takes it back. Both with mu.
func (s *Store) roomFor() []byte {
	if n := len(s.rooms); n > 0 {
		room := s.rooms[n-1]
		s.rooms = s.rooms[:n-1]
		return room
	}
	return make([]byte, 0, 512)
}

func (s *Store) reuse(room []byte) {
	if cap(room) > 0 && cap(room) <= 64<<10 && len(s.rooms) < 1024 {
		s.rooms = append(s.rooms, room[:0])
	}
}
