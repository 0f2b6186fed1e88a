package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A keeper renews the node's lease, on a connection of its own so that it never
// waits for flows, and takes over flows of other nodes.
type keeper struct {
	cancel  context.CancelFunc
	done    sync.WaitGroup
	renewed time.Time // when the lease was last known valid; the loop's own
}

// A waitContext is a context that ends for all waiters at once.
type waitContext struct {
	context.Context
	end context.CancelFunc
}

func newWaitContext() *waitContext {
	ctx, end := context.WithCancel(context.Background())
	return &waitContext{ctx, end}
}

func (k *keeper) start(s *Store) {
	ctx, cancel := context.WithCancel(context.Background())
	k.cancel = cancel
	k.renewed = time.Now()
	k.done.Add(1)
	go func() {
		defer k.done.Done()
		k.run(ctx, s)
	}()
}

// stop may be called under the transaction lock, which the keeper only tries to take.
func (k *keeper) stop() {
	if k.cancel != nil {
		k.cancel()
		k.done.Wait()
	}
}

func (k *keeper) run(ctx context.Context, s *Store) {
	tick := time.NewTicker(s.options.Lease / 5)
	defer tick.Stop()
	var c *pgx.Conn
	defer func() {
		if c != nil {
			c.Close(context.Background())
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		once, cancel := context.WithTimeout(ctx, s.options.Lease/2)
		err := k.round(once, s, &c)
		cancel()
		if err != nil && c != nil {
			c.Close(context.Background())
			c = nil
		}
		if time.Since(k.renewed) > s.options.Lease {
			// The database does not answer. Its waiters are released, so that
			// flows get the error.
			if line := s.wire.Load(); line != nil {
				line.PgConn().Conn().Close()
			}
			s.waitContext.Swap(newWaitContext()).end()
		}
	}
}

// round renews the lease and checks the other nodes.
func (k *keeper) round(ctx context.Context, s *Store, c **pgx.Conn) (err error) {
	if *c == nil {
		if *c, err = pgx.ConnectConfig(ctx, s.config.Copy()); err != nil {
			*c = nil
			return err
		}
	}
	s.queue.Lock()
	node := s.node
	s.queue.Unlock()
	if node == 0 {
		return s.rejoin(ctx)
	}
	tag, err := (*c).Exec(ctx, "UPDATE _node SET until = clock_timestamp() + $2 * INTERVAL '1 millisecond' WHERE node = $1", node, s.options.Lease.Milliseconds())
	if err != nil {
		return err
	}
	k.renewed = time.Now()
	if tag.RowsAffected() == 0 {
		return s.rejoin(ctx)
	}
	if !s.prepared.Load() {
		return nil // Unfinished returns them
	}
	if err := s.takeOver(ctx, *c, true); err != nil {
		return err
	}
	return s.adopt(ctx, *c)
}

// joinTxLocked makes this process a node with a new number. Before the store is used, it
// needs no lock.
func (s *Store) joinTxLocked(ctx context.Context) error {
	var node int64
	if err := s.conn.QueryRow(ctx, "UPDATE _turn SET nodes = nodes + 1 WHERE one = 1 RETURNING nodes").Scan(&node); err != nil {
		return err
	}
	_, err := s.conn.Exec(ctx, "INSERT INTO _node (node, name, until, last) VALUES ($1, $2, clock_timestamp() + $3 * INTERVAL '1 millisecond', 0)",
		node, s.options.Name, s.options.Lease.Milliseconds())
	if err != nil {
		return err
	}
	s.queue.Lock()
	s.node = node
	s.queue.Unlock()
	return nil
}

// rejoin makes a process that was declared dead a node again. A busy store is
// skipped: it finds out itself, or in the next round.
func (s *Store) rejoin(ctx context.Context) error {
	if !s.tx.TryLock() {
		return nil
	}
	defer s.tx.Unlock()
	if s.queue.Closed || s.outdated {
		return nil
	}
	s.queue.Lock()
	node := s.node
	s.queue.Unlock()
	if node != 0 {
		// It may have joined again since then. If not, the group is lost.
		if s.begun {
			return nil
		}
		err := s.beginGroupTxLocked(ctx)
		if err == nil {
			return s.commitTxLocked()
		}
		s.loseTxLocked(err)
		return nil
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	return s.joinTxLocked(ctx)
}

// errDead is why the group of a node declared dead is lost.
var errDead = errors.New("this process did not renew its lease, so another one has taken its flows")

// dieTxLocked notes that another node has the flows.
func (s *Store) dieTxLocked() {
	s.queue.Lock()
	s.node = 0
	s.queue.Unfinished = map[value.ID]bool{}
	s.queue.Orphans = map[value.ID]bool{}
	s.taken = nil
	s.queue.Unlock()
	if s.options.Lost != nil {
		s.options.Lost(fmt.Errorf("%w: %w", store.ErrLost, errDead))
	}
}

// takeOver takes the flows of nodes whose lease has expired, and of those that have left.
func (s *Store) takeOver(ctx context.Context, c *pgx.Conn, tell bool) error {
	const look = `SELECT node FROM _node WHERE until < clock_timestamp() AND node <> $1
		UNION SELECT node FROM _unfinished WHERE node NOT IN (SELECT node FROM _node)`
	s.queue.Lock()
	me := s.node
	s.queue.Unlock()
	gone, err := numbers(ctx, c, look, me)
	if err != nil || len(gone) == 0 || me == 0 {
		return err
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	// A suspended node may hold the write lock: do not wait for it here.
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", max(s.options.Lease.Milliseconds()/5, 1))); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SELECT one FROM _turn WHERE one = 1 FOR UPDATE"); err != nil {
		if code(err) == lockNotAvailable {
			return nil // retry later
		}
		return err
	}
	if gone, err = numbers(ctx, tx, look, me); err != nil {
		return err
	}
	alive, err := numbers(ctx, tx, "SELECT node FROM _node WHERE node = $1", me)
	if err != nil || len(alive) == 0 || len(gone) == 0 {
		return err
	}
	rows, err := tx.Query(ctx, "UPDATE _unfinished SET node = $1 WHERE node = ANY($2) RETURNING flow", me, gone)
	if err != nil {
		return err
	}
	var ids []value.ID
	for rows.Next() {
		ids = append(ids, value.ID(rows.RawValues()[0]))
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM _node WHERE node = ANY($1)", gone); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	s.queue.Lock()
	defer s.queue.Unlock()
	if s.node != me {
		return nil // they are taken from this node in turn
	}
	for _, id := range ids {
		s.queue.Unfinished[id] = true
	}
	if tell {
		s.addTakenLocked(ids)
	}
	return nil
}

type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func numbers(ctx context.Context, c queryer, query string, args ...any) ([]int64, error) {
	rows, err := c.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// adopt offers the orphans of this node again.
func (s *Store) adopt(ctx context.Context, c *pgx.Conn) error {
	s.queue.Lock()
	me := s.node
	var ids [][]byte
	for id := range s.queue.Orphans {
		ids = append(ids, slices.Clone(id[:]))
	}
	s.queue.Unlock()
	if len(ids) == 0 {
		return nil
	}
	rows, err := c.Query(ctx, "SELECT flow FROM _unfinished WHERE node = $1 AND flow = ANY($2) ORDER BY flow", me, ids)
	if err != nil {
		return err
	}
	var found []value.ID
	for rows.Next() {
		found = append(found, value.ID(rows.RawValues()[0]))
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	s.queue.Lock()
	defer s.queue.Unlock()
	for _, id := range ids {
		delete(s.queue.Orphans, value.ID(id))
	}
	if s.node == me {
		for _, id := range found {
			s.queue.Unfinished[id] = true
		}
		s.addTakenLocked(found)
	}
	return nil
}

// addTakenLocked adds flows for TakenOver.
func (s *Store) addTakenLocked(ids []value.ID) {
	if len(ids) == 0 {
		return
	}
	s.taken = append(s.taken, ids...)
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// TakenOver waits for flows to continue here.
func (s *Store) TakenOver(ctx context.Context) ([]value.ID, error) {
	for {
		s.queue.Lock()
		ids, closed := s.taken, s.queue.Closed
		s.taken = nil
		s.queue.Unlock()
		if closed {
			return nil, store.ErrClosed
		}
		if len(ids) > 0 {
			slices.SortFunc(ids, func(a, b value.ID) int { return slices.Compare(a[:], b[:]) })
			return ids, nil
		}
		// Closing is polled: it sends no news.
		wait := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil, ctx.Err()
		case <-s.news:
		case <-wait.C:
		}
		wait.Stop()
	}
}
