package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
)

// A session is a store.Session.
type session struct {
	group.Ticket
	s        *Store
	inTx     bool          // it has the transaction
	saved    bool          // this transaction has a savepoint, since it has written
	readOnly bool          // it has a read-only transaction
	snapshot *pgxpool.Conn // with the snapshot of a read-only transaction, if no committed changes are in the open
	// group

	// changed are the tables that this transaction has changed, as
	// store.TableVersions lists them; versions are those of all tables at BeginReadOnly.
	changed  []int
	versions []uint64

	claimed *group.Group // the group that made sure that no other node runs it

	// Under the queue's mutex.
	durable bool  // the database has entries of the flow, and its node:
	node    int64 // this node's
}

func (f *session) InTx() bool { return f.inTx || f.readOnly }

// Unusable returns an error if another node has taken the flow.
func (f *session) Unusable() error {
	if f.durable && f.node != f.s.node {
		return fmt.Errorf("%w: %w", store.ErrLost, errDead)
	}
	return nil
}

// Recoverable reports whether the database has the beginning of the flow, as one of this
// node.
func (f *session) Recoverable() bool { return f.durable && f.node == f.s.node }

func (f *session) Begin() {
	if f.s.options.ReadOnly {
		f.BeginReadOnly()
	} else if !f.inTx && !f.readOnly {
		f.s.tx.Lock()
		f.inTx = true
	}
}

func (f *session) BeginReadOnly() {
	if !f.inTx && !f.readOnly {
		f.readOnly = true
		f.versions = f.s.versions.Snapshot(f.versions[:0])
	}
}

// Version opens the transaction of the group in a write transaction, which shows whether
// other nodes have written.
func (f *session) Version(def *store.Table) (uint64, error) {
	if f.readOnly {
		return f.s.versions.In(f.versions, def), nil
	}
	if f.inTx {
		if _, err := f.check(def); err != nil {
			return 0, err
		}
		if err := f.beginTxLocked(); err != nil {
			return 0, err
		}
	}
	return f.s.versions.Of(def), nil
}

// check returns the table, or an error if the flow cannot continue.
func (f *session) check(def *store.Table) (*table, error) {
	s := f.s
	s.queue.Lock()
	defer s.queue.Unlock()
	if s.queue.Closed {
		return nil, store.ErrClosed
	}
	if err := f.LostLocked(); err != nil {
		return nil, err
	}
	if !s.prepared.Load() {
		return nil, errors.New("the store has not been prepared")
	}
	if def.Index < len(s.tables) && s.tables[def.Index].def == def {
		return s.tables[def.Index], nil
	}
	if t := s.byName[def.Name()]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("the store has no table %s", def.Name())
}

// beginTxLocked makes sure that the transaction is open.
func (f *session) beginTxLocked() error {
	s := f.s
	if !s.begun {
		err := s.beginGroupTxLocked(context.Background())
		if errors.Is(err, errDead) && !f.durable {
			err = s.beginGroupTxLocked(context.Background()) // others have taken flows of this node
		}
		if err != nil {
			return f.GiveUp(explain(err))
		}
	}
	if s.queue.Open.Dirty {
		f.DependsOn = s.queue.Open
	}
	return nil
}

// read runs a query in the transaction of the flow, in its snapshot, in the open group if
// it has committed changes, or on another connection.
func (f *session) read(t *table, query string, args []any, each func(pgx.Rows) error) error {
	s := f.s
	var ctx context.Context = s.waitContext.Load()
	switch {
	case f.inTx:
		if err := f.beginTxLocked(); err != nil {
			return err
		}
		return f.failed("reading", t, s.askTxLocked(context.Background(), query, args, each))
	case f.snapshot != nil:
		return f.wrap("reading", t, ask(ctx, f.snapshot.Conn(), nil, query, args, each))
	}
	if s.open.Load() {
		s.tx.Lock()
		if s.begun && s.queue.Open.Dirty {
			f.DependsOn = s.queue.Open
			err := f.LostLocked()
			if err == nil {
				err = f.failed("reading", t, s.askTxLocked(context.Background(), query, args, each))
			}
			if f.readOnly {
				f.inTx = true // what was begun here continues
			} else {
				s.tx.Unlock()
			}
			return err
		}
		s.tx.Unlock()
	}
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return f.wrap("reading", t, err)
	}
	if !f.readOnly {
		defer c.Release()
		return f.wrap("reading", t, ask(ctx, c.Conn(), nil, query, args, each))
	}
	f.snapshot = c
	return f.wrap("reading", t, ask(ctx, c.Conn(), []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}, query, args, each))
}

// askTxLocked queries the connection for writing.
func (s *Store) askTxLocked(ctx context.Context, query string, args []any, each func(pgx.Rows) error) error {
	before := s.before
	s.before = nil
	return ask(ctx, s.conn, before, query, args, each)
}

// ask sends statements without results and a query, in one batch.
func ask(ctx context.Context, c *pgx.Conn, before []string, query string, args []any, each func(pgx.Rows) error) error {
	if len(before) == 0 {
		rows, err := c.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		return walk(rows, each)
	}
	b := &pgx.Batch{}
	for _, x := range before {
		b.Queue(x)
	}
	b.Queue(query, args...)
	r := c.SendBatch(ctx, b)
	for range before {
		if _, err := r.Exec(); err != nil {
			r.Close()
			return err
		}
	}
	rows, err := r.Query()
	if err == nil {
		err = walk(rows, each)
	}
	return errors.Join(err, r.Close())
}

func walk(rows pgx.Rows, each func(pgx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return &store.Fault{Err: err} // the rows arrived, but cannot be decoded
		}
	}
	return rows.Err()
}

// queueBefore adds the pending statements to the start of a batch.
func (s *Store) queueBefore(b *pgx.Batch) int {
	for _, x := range s.before {
		b.Queue(x)
	}
	n := len(s.before)
	s.before = nil
	return n
}

func (s *Store) flushBefore(ctx context.Context) error {
	for _, x := range s.before {
		if _, err := s.conn.Exec(ctx, x); err != nil {
			return err
		}
	}
	s.before = nil
	return nil
}

// wrap adds context to an error of a query. After a temporary error the flow cannot
// continue.
func (f *session) wrap(doing string, t *table, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s %s: %w", doing, t.def.Name(), classed(err))
	if store.Permanent(err) {
		return err
	}
	return f.GiveUp(err)
}

// failed adds context to an error of the open transaction. If the error ended
// the whole transaction, the group is lost.
func (f *session) failed(doing string, t *table, err error) error {
	if err == nil {
		return nil
	}
	s := f.s
	if s.conn != nil && !s.conn.IsClosed() {
		if status := s.conn.PgConn().TxStatus(); status == 'T' || status == 'E' && f.saved {
			return f.wrap(doing, t, err)
		}
	}
	err = s.loseTxLocked(fmt.Errorf("%s %s: %w", doing, t.def.Name(), explain(err)))
	s.queue.Lock()
	f.Failed, f.saved = err, false
	s.queue.Unlock()
	return err
}

// write prepares a write. It returns the statements that go first.
func (f *session) write(def *store.Table, deletes bool) (*table, *pgx.Batch, int, error) {
	s := f.s
	if s.options.ReadOnly {
		return nil, nil, 0, store.ErrReadOnly
	}
	if f.readOnly {
		return nil, nil, 0, store.ErrReadOnlyTx
	}
	f.Begin()
	t, err := f.check(def)
	if err == nil {
		err = f.beginTxLocked()
	}
	if err == nil {
		err = f.claim()
	}
	if err != nil {
		return nil, nil, 0, err
	}
	b := &pgx.Batch{}
	n := s.queueBefore(b)
	if !f.saved {
		b.Queue("SAVEPOINT turn")
		n++
	}
	f.changed = s.versions.Note(f.changed, def, deletes)
	return t, b, n, nil
}

// claim makes sure that no other node runs a flow with a derived id before it
// writes. The cluster's write lock ensures it until the group commits.
func (f *session) claim() error {
	s := f.s
	if !f.ID.Derived() || f.durable || f.claimed != nil && f.claimed.Err() == nil {
		return nil
	}
	known, err := s.known(context.Background(), [][]byte{f.ID[:]})
	if err != nil {
		return f.failed("looking for the flow before writing to", &table{def: &store.Table{}}, err)
	}
	if known[f.ID] {
		s.queue.Lock()
		f.Failed = store.ErrElsewhere
		s.queue.Unlock()
		return store.ErrElsewhere
	}
	f.claimed = s.queue.Open
	return nil
}

// send sends a batch whose first statements return nothing, and returns the row
// counts of the others.
func (f *session) send(doing string, t *table, b *pgx.Batch, before int) ([]int64, error) {
	r := f.s.conn.SendBatch(context.Background(), b)
	var counts []int64
	var err error
	for i := 0; i < b.Len() && err == nil; i++ {
		tag, e := r.Exec()
		if err = e; err != nil {
			break
		}
		switch {
		case i >= before:
			counts = append(counts, tag.RowsAffected())
		case i == before-1:
			f.saved = true
		}
	}
	if e := r.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, f.failed(doing, t, err)
	}
	return counts, nil
}

func (f *session) Commit(entries []byte) error {
	s := f.s
	if f.saved && s.conn != nil && s.conn.PgConn().TxStatus() == 'E' {
		f.Rollback()
		return errors.New("committing the writes of an action: one of them failed")
	}
	err := f.Append(entries)
	if f.readOnly && !f.inTx {
		f.endView()
		return err
	}
	if !f.inTx {
		return err
	}
	if err != nil {
		f.Rollback()
		return err
	}
	if f.saved {
		// The savepoint is released with the next statements.
		s.before = append(s.before, "RELEASE SAVEPOINT turn")
		f.saved, f.Wrote = false, true
		f.DependsOn = s.queue.Open
		f.DependsOn.Dirty = true
		s.open.Store(true) // from now on no flow reads the earlier state
		s.versions.Commit(f.changed)
	}
	f.endTx()
	return nil
}

func (f *session) Rollback() {
	if f.readOnly && !f.inTx {
		f.endView()
		return
	}
	if !f.inTx {
		return
	}
	if f.saved {
		f.saved = false
		if f.s.begun && f.s.conn != nil {
			f.s.before = append(f.s.before, "ROLLBACK TO SAVEPOINT turn", "RELEASE SAVEPOINT turn")
		}
	}
	f.endTx()
}

func (f *session) endTx() {
	f.inTx, f.readOnly, f.changed = false, false, f.changed[:0]
	f.s.tx.Unlock()
}

// endView releases the snapshot without waiting for the server.
func (f *session) endView() {
	f.readOnly = false
	if c := f.snapshot; c != nil {
		f.snapshot = nil
		go func() {
			c.Exec(context.Background(), "ROLLBACK")
			c.Release()
		}()
	}
}
