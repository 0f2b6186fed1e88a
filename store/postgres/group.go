package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A group is what becomes durable by one commit: the changes in the open
// transaction, and the entries of the flows.
type group struct {
	dirty   bool    // state was written; under the turn
	flows   []*flow // with entries; under mu
	waiting int     // flows that wait for it; under mu
	done    chan struct{}
	err     error // why it was lost; set with the turn and mu, before done
}

func newGroup() *group { return &group{done: make(chan struct{})} }

// A chunk is what one flow adds to the journal in a group.
type chunk struct {
	f       *flow
	entries []byte
	rested  bool
}

// Rest waits for the group that the flow rests on.
func (f *flow) Rest(entries []byte) error {
	if f.inTurn || f.view {
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
	g := f.rests
	if f.wrote && len(entries) > 0 {
		g = s.group
	}
	if g == nil || s.options.Durability != store.Full || g != s.group && isDone(g) {
		f.end()
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
	f.ended = true // not an orphan: it waits for the answer
	s.running--
	s.mu.Unlock()
	if lead {
		s.lead(g)
	}
	store.AwaitGroup(&s.Gauges, g.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	err := g.err
	if err == nil {
		err = f.lost() // in a group before it
	}
	if err != nil {
		f.orphan()
	}
	return err
}

// Sync waits for the group that is open. Its commit shows that this node still
// has the flow.
func (f *flow) Sync(entries []byte) error {
	if f.inTurn || f.view {
		return store.ErrInTurn
	}
	if err := f.append(nil); err != nil {
		return err
	}
	s := f.s
	s.mu.Lock()
	if s.closed || s.options.ReadOnly {
		closed := s.closed
		s.mu.Unlock()
		if closed {
			return store.ErrClosed
		}
		return errReadOnly
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.err != nil {
		f.dead = g.err
	}
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

// end counts the flow out. A flow that was given up because something was lost
// is done by someone. It must be called with mu.
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

// orphan notes a flow of which the database has the beginning. It must be called
// with mu.
func (f *flow) orphan() {
	if f.durable && f.node == f.s.node {
		f.s.orphans[f.id] = true
	}
}

// Leave gives the flow up.
func (f *flow) Leave() {
	f.Undo()
	f.s.mu.Lock()
	f.end()
	f.s.mu.Unlock()
}

// lead commits the group for all that wait for it. Before it does, it lets
// others run that can, since every flow that comes to rest meanwhile is spared
// a flush; it does not wait for flows that are busy elsewhere.
func (s *Store) lead(g *group) {
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
	defer s.turn.Unlock()
	if s.group == g {
		s.commit()
	}
}

// patience is how often a leader looks for others without seeing any.
const patience = 2

// flushLate commits what nobody has waited for.
func (s *Store) flushLate() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	s.armed = false
	waited := s.group.waiting > 0
	s.mu.Unlock()
	if s.closed {
		return
	}
	if err := s.commit(); err != nil && !waited && s.options.Lost != nil && !errors.Is(err, errDead) {
		s.options.Lost(err)
	}
}

// beginGroup opens the transaction, waits for the fleet's turn and looks whether
// the node is still one. It must be called with the turn.
func (s *Store) beginGroup(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	node := s.node
	s.mu.Unlock()
	if s.outdated {
		return errOutdated
	}
	if node == 0 {
		if err := s.join(ctx); err != nil {
			return err
		}
		s.mu.Lock()
		node = s.node
		s.mu.Unlock()
	}
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	b.Queue("SELECT version, ord, shape, sweep FROM _turn WHERE one = 1 FOR UPDATE")
	// A statement of its own, so that it sees what was done before the turn came.
	b.Queue("SELECT count(*) FROM _node WHERE node = $1", node)
	r := s.conn.SendBatch(ctx, b)
	var version, order, shape, sweep, alive int64
	_, err := r.Exec()
	if err == nil {
		err = r.QueryRow().Scan(&version, &order, &shape, &sweep)
	}
	if err == nil {
		err = r.QueryRow().Scan(&alive)
	}
	if e := r.Close(); err == nil {
		err = e
	}
	switch {
	case err != nil:
		s.rollback()
		return err
	case alive == 0:
		s.rollback()
		s.die()
		return errDead
	case s.prepared.Load() && shape != s.shape:
		s.rollback()
		s.outdated = true
		// Those that know the new tables are to have the flows.
		s.conn.Exec(ctx, "DELETE FROM _node WHERE node = $1", node)
		s.die()
		return errOutdated
	}
	s.begun, s.version, s.order, s.sweeping = true, version+1, order, sweep != 0
	s.before = nil
	s.mu.Lock()
	s.armed = true
	s.timer.Reset(holdFor)
	s.mu.Unlock()
	return nil
}

var errOutdated = errors.New("another program has changed the tables since this one began: stop this one, and start it anew")

// rollback ends the transaction, or the connection when that fails.
func (s *Store) rollback() {
	s.begun, s.before = false, nil
	s.open.Store(false)
	if s.conn == nil {
		return
	}
	if !s.conn.IsClosed() && s.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.options.Lease)
	defer cancel()
	if _, err := s.conn.Exec(ctx, "ROLLBACK"); err != nil {
		s.disconnect()
	}
}

// commit makes the group durable, or loses it. It must be called with the turn.
func (s *Store) commit() error {
	if s.closed {
		return store.ErrClosed
	}
	s.mu.Lock()
	g := s.group
	if !g.dirty && len(g.flows) == 0 && g.waiting == 0 {
		s.mu.Unlock()
		if s.begun {
			s.rollback() // nothing but reads
		}
		return nil
	}
	s.open.Store(true) // who reads waits until it is there
	batch := s.swap(g)
	s.mu.Unlock()

	ctx := context.Background()
	if !s.begun {
		if err := s.beginGroup(ctx); err != nil {
			return s.drop(g, batch, err, true)
		}
	}
	batch, err := s.disown(ctx, batch)
	if err == nil {
		err = s.write(ctx, batch)
	}
	if err != nil {
		sure := true
		if code(err) == "" || s.conn == nil || s.conn.IsClosed() { // perhaps after the commit
			var done bool
			if done, sure = s.resolve(); done {
				err = nil
			}
		}
		if err != nil {
			return s.drop(g, batch, err, sure)
		}
	}
	s.begun, s.before = false, nil
	s.open.Store(false)
	rests := 0
	s.mu.Lock()
	for _, c := range batch {
		switch {
		case c.f.dead != nil:
		case c.rested:
			rests++
			delete(s.marked, c.f.id)
		default:
			s.marked[c.f.id] = true
			c.f.durable, c.f.node = true, s.node
		}
	}
	s.mu.Unlock()
	store.CountGroup(&s.Gauges, rests)
	close(g.done)
	return nil
}

// swap takes the entries of a group and begins the next one. It must be called
// with the turn and mu.
func (s *Store) swap(g *group) []chunk {
	s.group = newGroup()
	s.leading = false
	batch := make([]chunk, 0, len(g.flows))
	for _, f := range g.flows {
		batch = append(batch, chunk{f, f.entries, f.rested})
		f.entries, f.queued = nil, false
	}
	return batch
}

// disown takes out of a batch the flows that another node has: those that were
// taken from this one since it was taken for dead, and those with derived ids
// that another node has run. Of the latter those that write have asked before.
func (s *Store) disown(ctx context.Context, batch []chunk) ([]chunk, error) {
	var ask [][]byte
	s.mu.Lock()
	batch = slices.DeleteFunc(batch, func(c chunk) bool {
		gone := c.f.durable && c.f.node != s.node
		if gone {
			c.f.dead = fmt.Errorf("%w: %w", store.ErrLost, errDead)
		}
		return gone
	})
	s.mu.Unlock()
	for _, c := range batch {
		if c.f.id.Derived() && c.f.dead == nil && c.f.claimed == nil && !s.isMarked(c.f.id) {
			ask = append(ask, c.f.id[:])
		}
	}
	if len(ask) == 0 {
		return batch, nil
	}
	known, err := s.known(ctx, ask)
	if err != nil {
		return batch, err
	}
	kept := batch[:0]
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range batch {
		if known[c.f.id] && c.f.claimed == nil && !s.marked[c.f.id] {
			c.f.dead = store.ErrElsewhere
			continue
		}
		kept = append(kept, c)
	}
	return kept, nil
}

func (s *Store) isMarked(id value.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marked[id]
}

// known tells which flows the database knows, in the open transaction.
func (s *Store) known(ctx context.Context, ids [][]byte) (map[value.ID]bool, error) {
	if err := s.flushBefore(ctx); err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(ctx, "SELECT flow FROM _journal WHERE flow = ANY($1) UNION SELECT flow FROM _forgotten WHERE flow = ANY($1)", ids)
	if err != nil {
		return nil, err
	}
	known := map[value.ID]bool{}
	for rows.Next() {
		known[value.ID(rows.RawValues()[0])] = true
	}
	rows.Close()
	return known, rows.Err()
}

// write puts the entries of a batch into the transaction and commits it, in one
// go. A flow that begins and comes to rest within one group is never marked as
// unfinished.
func (s *Store) write(ctx context.Context, batch []chunk) error {
	var flows, entries, mark, unmark [][]byte
	s.mu.Lock()
	node := s.node
	for i := range batch {
		c := &batch[i]
		if c.f.dead != nil {
			continue
		}
		if len(c.entries) > 0 {
			flows, entries = append(flows, c.f.id[:]), append(entries, c.entries)
		}
		if s.marked[c.f.id] == !c.rested {
			continue
		}
		if c.rested {
			unmark = append(unmark, c.f.id[:])
		} else {
			mark = append(mark, c.f.id[:])
		}
	}
	s.mu.Unlock()
	b := &pgx.Batch{}
	s.queueBefore(b)
	if len(flows) > 0 {
		b.Queue("INSERT INTO _journal (flow, part, data) SELECT x.flow, $1, x.data FROM unnest($2::bytea[], $3::bytea[]) AS x(flow, data)", s.version, flows, entries)
	}
	if len(mark) > 0 {
		b.Queue("INSERT INTO _unfinished (flow, node) SELECT x.flow, $1 FROM unnest($2::bytea[]) AS x(flow) ON CONFLICT DO NOTHING", node, mark)
	}
	if len(unmark) > 0 {
		b.Queue("DELETE FROM _unfinished WHERE flow = ANY($1)", unmark)
	}
	b.Queue("UPDATE _turn SET version = $1, ord = $2 WHERE one = 1", s.version, s.order)
	b.Queue("UPDATE _node SET last = $2, until = clock_timestamp() + $3 * INTERVAL '1 millisecond' WHERE node = $1", node, s.version, s.options.Lease.Milliseconds())
	b.Queue("COMMIT")
	r := s.conn.SendBatch(ctx, b)
	n := b.Len()
	for i := range n {
		tag, err := r.Exec()
		if err == nil && i == n-1 && tag.String() != "COMMIT" {
			err = errors.New("the database has undone the changes instead of keeping them")
		}
		if err != nil {
			r.Close()
			return err
		}
	}
	return r.Close()
}

// resolve finds out whether a group was committed whose connection broke. It
// waits for the end of the old transaction, which has the fleet's turn.
func (s *Store) resolve() (committed, sure bool) {
	version := s.version
	s.disconnect()
	ctx, cancel := context.WithTimeout(context.Background(), 2*s.options.Lease)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		last, err := s.last(ctx)
		if err == nil {
			return last == version, true
		}
		s.disconnect()
		select {
		case <-ctx.Done():
			return false, false
		case <-time.After(wait):
		}
	}
}

// last gives the node's last group, and reads anew which flows are unfinished.
func (s *Store) last(ctx context.Context) (last int64, err error) {
	if err := s.connect(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	node := s.node
	s.mu.Unlock()
	tx, err := s.conn.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, "SELECT one FROM _turn WHERE one = 1 FOR UPDATE"); err != nil {
		return 0, err
	}
	found, err := numbers(ctx, tx, "SELECT last FROM _node WHERE node = $1", node)
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, nil // dead: whoever has the flows now knows more
	}
	rows, err := tx.Query(ctx, "SELECT flow FROM _unfinished WHERE node = $1", node)
	if err != nil {
		return 0, err
	}
	marked := map[value.ID]bool{}
	for rows.Next() {
		marked[value.ID(rows.RawValues()[0])] = true
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.marked = marked
	s.mu.Unlock()
	return found[0], nil
}

// lose gives up the open group. It must be called with the turn.
func (s *Store) lose(cause error) error {
	s.mu.Lock()
	g := s.group
	batch := s.swap(g)
	s.mu.Unlock()
	return s.drop(g, batch, cause, true)
}

// drop undoes a group that could not be made durable and tells everyone who had
// a part in it. The entries of flows at rest that did not write are told with
// the next group, since their answers have been given; but not when they may be
// there already, or when another node has the flow.
func (s *Store) drop(g *group, batch []chunk, cause error, sure bool) error {
	s.rollback()
	err := fmt.Errorf("%w: %w", store.ErrLost, explain(cause))
	if errors.Is(cause, store.ErrLost) {
		err = cause
	}
	s.mu.Lock()
	g.err = err
	room := keepPending
	for _, c := range batch {
		f := c.f
		if !sure {
			s.orphans[f.id] = true // if it is there
		}
		switch {
		case c.rested && f.rests != g && f.waits != g && sure && !(f.durable && f.node != s.node) && room > len(c.entries):
			room -= len(c.entries)
			f.queue(nil)
			f.entries = c.entries
		case !c.rested && f.dead == nil:
			f.dead, f.entries = err, nil
		}
	}
	s.mu.Unlock()
	close(g.done)
	return err
}

// keepPending bounds the entries that are tried again after a lost group.
const keepPending = 16 << 20
