package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// commitGroup commits a group for the flows that wait for it.
func (s *Store) commitGroup(g *group.Group) {
	s.queue.Gather(g)
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Open == g {
		s.commitTxLocked()
	}
}

// commitIdle commits the open group if no flow waits for it.
func (s *Store) commitIdle() {
	s.tx.Lock()
	defer s.tx.Unlock()
	waited := s.queue.DisarmTxLocked()
	if s.queue.Closed {
		return
	}
	if err := s.commitTxLocked(); err != nil && !waited && s.options.Lost != nil && !errors.Is(err, errDead) {
		s.options.Lost(err)
	}
}

// beginGroupTxLocked opens the transaction, waits for the cluster's write lock and checks
// that the node still exists.
func (s *Store) beginGroupTxLocked(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.queue.Lock()
	node := s.node
	s.queue.Unlock()
	if s.outdated {
		return errOutdated
	}
	if node == 0 {
		if err := s.joinTxLocked(ctx); err != nil {
			return err
		}
		s.queue.Lock()
		node = s.node
		s.queue.Unlock()
	}
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	b.Queue("SELECT version, ord, shape, sweep FROM _turn WHERE one = 1 FOR UPDATE")
	// A separate statement, so that it sees the group before.
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
		s.dieTxLocked()
		return errDead
	case s.prepared.Load() && shape != s.shape:
		s.rollback()
		s.outdated = true
		// Nodes with the new tables take the flows.
		s.conn.Exec(ctx, "DELETE FROM _node WHERE node = $1", node)
		s.dieTxLocked()
		return errOutdated
	}
	if version != s.committed {
		s.versions.CommitElsewhere()
		s.committed = version
	}
	s.begun, s.version, s.order, s.sweeping = true, version+1, order, sweep != 0
	s.before = nil
	s.queue.Lock()
	s.queue.ArmWithinLocked(maxHold)
	s.queue.Unlock()
	return nil
}

var errOutdated = errors.New("another program has changed the tables since this one began: restart this one")

// rollback ends the transaction. If that fails, it closes the connection.
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

// commitTxLocked makes the open group durable, or fails it.
func (s *Store) commitTxLocked() error {
	if s.queue.Closed {
		return store.ErrClosed
	}
	s.open.Store(true) // readers wait for the commit
	g, batch := s.queue.SealTxLocked(nil)
	if g == nil {
		s.open.Store(false)
		if s.begun {
			s.rollback() // it has only read
		}
		return nil
	}
	ctx := context.Background()
	if !s.begun {
		if err := s.beginGroupTxLocked(ctx); err != nil {
			return s.failGroup(g, batch, err, true)
		}
	}
	batch, err := s.disown(ctx, batch)
	if err == nil {
		err = s.write(ctx, batch)
	}
	if err != nil {
		sure := true
		if code(err) == "" || s.conn == nil || s.conn.IsClosed() { // it may have committed
			var done bool
			if done, sure = s.resolve(); done {
				err = nil
			}
		}
		if err != nil {
			return s.failGroup(g, batch, err, sure)
		}
	}
	s.begun, s.before, s.committed = false, nil, s.version
	s.open.Store(false)
	s.queue.Lock()
	for _, c := range batch {
		if f := c.Session().(*session); c.Failed == nil && !c.Finished {
			f.durable, f.node = true, s.node
		}
	}
	s.queue.CommittedLocked(g, batch)
	s.queue.Unlock()
	s.queue.Resolve(nil, g)
	return nil
}

// disown removes the flows of other nodes from a batch: those taken from this node when
// it was declared dead, and those with derived ids that another node has run. Flows that
// write have checked the latter before.
func (s *Store) disown(ctx context.Context, batch []group.Chunk) ([]group.Chunk, error) {
	var ask [][]byte
	s.queue.Lock()
	batch = slices.DeleteFunc(batch, func(c group.Chunk) bool {
		err := c.Session().Unusable()
		if err != nil {
			c.Failed = err
		}
		return err != nil
	})
	s.queue.Unlock()
	for _, c := range batch {
		if c.ID.Derived() && c.Failed == nil && c.Session().(*session).claimed == nil && !s.isMarkedTxLocked(c.ID) {
			ask = append(ask, c.ID[:])
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
	s.queue.Lock()
	defer s.queue.Unlock()
	for _, c := range batch {
		if known[c.ID] && c.Session().(*session).claimed == nil && !s.queue.Unfinished[c.ID] {
			c.Failed = store.ErrElsewhere
			continue
		}
		kept = append(kept, c)
	}
	return kept, nil
}

func (s *Store) isMarkedTxLocked(id value.ID) bool {
	s.queue.Lock()
	defer s.queue.Unlock()
	return s.queue.Unfinished[id]
}

// known returns which flows the database has, in the open transaction.
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

// write writes the entries of a batch in the transaction and commits it, in one round
// trip. A flow that begins and finishes within one group is never marked as unfinished.
func (s *Store) write(ctx context.Context, batch []group.Chunk) error {
	var flows, entries, replaced, mark, unmark [][]byte
	s.queue.Lock()
	node := s.node
	for i := range batch {
		c := &batch[i]
		if c.Failed != nil {
			continue
		}
		if c.Replaces {
			replaced = append(replaced, c.ID[:])
		}
		if len(c.Entries) > 0 {
			flows, entries = append(flows, c.ID[:]), append(entries, c.Entries)
		}
		if s.queue.Unfinished[c.ID] == !c.Finished {
			continue
		}
		if c.Finished {
			unmark = append(unmark, c.ID[:])
		} else {
			mark = append(mark, c.ID[:])
		}
	}
	s.queue.Unlock()
	b := &pgx.Batch{}
	s.queueBefore(b)
	if len(replaced) > 0 {
		b.Queue("DELETE FROM _journal WHERE flow = ANY($1)", replaced)
	}
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
			err = errors.New("the database has rolled back the changes instead of committing them")
		}
		if err != nil {
			r.Close()
			return err
		}
	}
	return r.Close()
}

// resolve finds out whether a group was committed whose connection broke. It waits until
// the old transaction ends, which has the cluster's write lock.
func (s *Store) resolve() (committed, sure bool) {
	version := s.version
	s.disconnect()
	ctx, cancel := context.WithTimeout(context.Background(), 2*s.options.Lease)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		last, known, err := s.last(ctx)
		if err == nil {
			return known && last == version, known
		}
		s.disconnect()
		select {
		case <-ctx.Done():
			return false, false
		case <-time.After(wait):
		}
	}
}

// last returns the node's last group, and reloads which flows are unfinished.
// It is unknown for a node that was declared dead.
func (s *Store) last(ctx context.Context) (last int64, known bool, err error) {
	if err := s.connect(ctx); err != nil {
		return 0, false, err
	}
	s.queue.Lock()
	node := s.node
	s.queue.Unlock()
	tx, err := s.conn.Begin(ctx)
	if err != nil {
		return 0, false, err
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, "SELECT one FROM _turn WHERE one = 1 FOR UPDATE"); err != nil {
		return 0, false, err
	}
	found, err := numbers(ctx, tx, "SELECT last FROM _node WHERE node = $1", node)
	if err != nil {
		return 0, false, err
	}
	if len(found) == 0 {
		return 0, false, nil // the new owner decides
	}
	rows, err := tx.Query(ctx, "SELECT flow FROM _unfinished WHERE node = $1", node)
	if err != nil {
		return 0, false, err
	}
	marked := map[value.ID]bool{}
	for rows.Next() {
		marked[value.ID(rows.RawValues()[0])] = true
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return 0, false, err
	}
	s.queue.Lock()
	s.queue.Unfinished = marked
	s.queue.Unlock()
	return found[0], true, nil
}

// loseTxLocked fails the open group.
func (s *Store) loseTxLocked(cause error) error {
	g, batch := s.queue.SealAnyTxLocked(nil)
	return s.failGroup(g, batch, cause, true)
}

// failGroup rolls back a group that could not be made durable and reports it to its
// flows. If the group may have been committed, its flows are looked up and no entries are
// queued again; neither are those of flows of another node.
func (s *Store) failGroup(g *group.Group, batch []group.Chunk, cause error, sure bool) error {
	s.rollback()
	err := fmt.Errorf("%w: %w", store.ErrLost, explain(cause))
	if errors.Is(cause, store.ErrLost) {
		err = cause
	}
	if !sure {
		s.queue.Lock()
		for _, c := range batch {
			s.queue.Orphans[c.ID] = true
			c.MarkUncertainLocked()
		}
		s.queue.Unlock()
	}
	s.queue.FailTxLocked(g, batch, err, func(p *group.Ticket) bool { return sure && p.Session().Unusable() == nil })
	return err
}
