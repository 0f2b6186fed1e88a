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

// A flow is a flow of the store.
type flow struct {
	group.Part
	s      *Store
	inTurn bool          // it has the turn
	saved  bool          // this turn has a savepoint, since it has written
	view   bool          // it has a turn of View
	look   *pgxpool.Conn // with the snapshot of View, if no kept changes are open

	// changed are the tables that this turn has changed, as store.Stamps lists
	// them; stamps are those of all tables when View began.
	changed []int
	stamps  []uint64

	claimed *group.Group // the group that made sure that no other node runs it

	// Under the line's mutex.
	durable bool  // the database has entries of it, and its owner:
	node    int64 // this node's
}

func (f *flow) Holds() bool { return f.inTurn || f.view }

// Barred reports a flow that another node has taken.
func (f *flow) Barred() error {
	if f.durable && f.node != f.s.node {
		return fmt.Errorf("%w: %w", store.ErrLost, errDead)
	}
	return nil
}

// Begun reports whether the database has the flow's start as this node's.
func (f *flow) Begun() bool { return f.durable && f.node == f.s.node }

func (f *flow) Hold() {
	if f.s.options.ReadOnly {
		f.View()
	} else if !f.inTurn && !f.view {
		f.s.turn.Lock()
		f.inTurn = true
	}
}

func (f *flow) View() {
	if !f.inTurn && !f.view {
		f.view = true
		f.stamps = f.s.stamps.Snapshot(f.stamps[:0])
	}
}

// Stamp opens the group's transaction in a turn of Hold, which shows whether
// other nodes have written.
func (f *flow) Stamp(def *store.Table) (uint64, error) {
	if f.view {
		return f.s.stamps.In(f.stamps, def), nil
	}
	if f.inTurn {
		if _, err := f.check(def); err != nil {
			return 0, err
		}
		if err := f.begin(); err != nil {
			return 0, err
		}
	}
	return f.s.stamps.Of(def), nil
}

// check fails if the flow cannot go on, and finds the table.
func (f *flow) check(def *store.Table) (*table, error) {
	s := f.s
	s.line.Lock()
	defer s.line.Unlock()
	if s.line.Closed {
		return nil, store.ErrClosed
	}
	if err := f.Lost(); err != nil {
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

// begin makes sure that the transaction is open. It must be called with the
// turn.
func (f *flow) begin() error {
	s := f.s
	if !s.begun {
		err := s.beginGroup(context.Background())
		if errors.Is(err, errDead) && !f.durable {
			err = s.beginGroup(context.Background()) // others have taken flows of this node
		}
		if err != nil {
			return f.GiveUp(explain(err))
		}
	}
	if s.line.Open.Dirty {
		f.Rests = s.line.Open
	}
	return nil
}

// read runs a query where the flow must run it: in its turn, in its snapshot,
// among kept changes not yet durable, or on the database as it is.
func (f *flow) read(t *table, query string, args []any, each func(pgx.Rows) error) error {
	s := f.s
	var ctx context.Context = s.patience.Load()
	switch {
	case f.inTurn:
		if err := f.begin(); err != nil {
			return err
		}
		return f.failed("reading", t, s.ask(context.Background(), query, args, each))
	case f.look != nil:
		return f.said("reading", t, ask(ctx, f.look.Conn(), nil, query, args, each))
	}
	if s.open.Load() {
		s.turn.Lock()
		if s.begun && s.line.Open.Dirty {
			f.Rests = s.line.Open
			err := f.Lost()
			if err == nil {
				err = f.failed("reading", t, s.ask(context.Background(), query, args, each))
			}
			if f.view {
				f.inTurn = true // what was begun here continues
			} else {
				s.turn.Unlock()
			}
			return err
		}
		s.turn.Unlock()
	}
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return f.said("reading", t, err)
	}
	if !f.view {
		defer c.Release()
		return f.said("reading", t, ask(ctx, c.Conn(), nil, query, args, each))
	}
	f.look = c
	return f.said("reading", t, ask(ctx, c.Conn(), []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}, query, args, each))
}

// ask queries the connection for writing. It must be called with the turn.
func (s *Store) ask(ctx context.Context, query string, args []any, each func(pgx.Rows) error) error {
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
			return &store.Fault{Err: err} // it came, but is unreadable
		}
	}
	return rows.Err()
}

// queueBefore puts pending statements at a batch's start.
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

// said adds context to an error of a query, and gives the flow up if the error
// is not about the query.
func (f *flow) said(doing string, t *table, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s %s: %w", doing, t.def.Name(), classed(err))
	if store.Lasting(err) {
		return err
	}
	return f.GiveUp(err)
}

// failed adds context to an error of the open transaction. If the error ended
// the whole transaction, the group is lost.
func (f *flow) failed(doing string, t *table, err error) error {
	if err == nil {
		return nil
	}
	s := f.s
	if s.conn != nil && !s.conn.IsClosed() {
		if status := s.conn.PgConn().TxStatus(); status == 'T' || status == 'E' && f.saved {
			return f.said(doing, t, err)
		}
	}
	err = s.lose(fmt.Errorf("%s %s: %w", doing, t.def.Name(), explain(err)))
	s.line.Lock()
	f.Dead, f.saved = err, false
	s.line.Unlock()
	return err
}

// write prepares writing. It returns the statements that go first.
func (f *flow) write(def *store.Table, deletes bool) (*table, *pgx.Batch, int, error) {
	s := f.s
	if s.options.ReadOnly {
		return nil, nil, 0, store.ErrReadOnly
	}
	if f.view {
		return nil, nil, 0, store.ErrView
	}
	f.Hold()
	t, err := f.check(def)
	if err == nil {
		err = f.begin()
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
	f.changed = s.stamps.Note(f.changed, def, deletes)
	return t, b, n, nil
}

// claim makes sure that no other node runs a flow with a derived id before it
// writes. The fleet's turn ensures it until the group commits.
func (f *flow) claim() error {
	s := f.s
	if !f.ID.Derived() || f.durable || f.claimed != nil && f.claimed.Err() == nil {
		return nil
	}
	known, err := s.known(context.Background(), [][]byte{f.ID[:]})
	if err != nil {
		return f.failed("looking for the flow before writing to", &table{def: &store.Table{}}, err)
	}
	if known[f.ID] {
		s.line.Lock()
		f.Dead = store.ErrElsewhere
		s.line.Unlock()
		return store.ErrElsewhere
	}
	f.claimed = s.line.Open
	return nil
}

// send sends a batch whose first statements return nothing, and returns the row
// counts of the others.
func (f *flow) send(doing string, t *table, b *pgx.Batch, before int) ([]int64, error) {
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

func (f *flow) Keep(entries []byte) error {
	s := f.s
	if f.saved && s.conn != nil && s.conn.PgConn().TxStatus() == 'E' {
		f.Undo()
		return errors.New("keeping what an action wrote: one of its writes failed")
	}
	err := f.Append(entries)
	if f.view && !f.inTurn {
		f.endView()
		return err
	}
	if !f.inTurn {
		return err
	}
	if err != nil {
		f.Undo()
		return err
	}
	if f.saved {
		// The savepoint is released with the next statements.
		s.before = append(s.before, "RELEASE SAVEPOINT turn")
		f.saved, f.Wrote = false, true
		f.Rests = s.line.Open
		f.Rests.Dirty = true
		s.open.Store(true) // from now on no flow reads the earlier state
		s.stamps.Commit(f.changed)
	}
	f.endTurn()
	return nil
}

func (f *flow) Undo() {
	if f.view && !f.inTurn {
		f.endView()
		return
	}
	if !f.inTurn {
		return
	}
	if f.saved {
		f.saved = false
		if f.s.begun && f.s.conn != nil {
			f.s.before = append(f.s.before, "ROLLBACK TO SAVEPOINT turn", "RELEASE SAVEPOINT turn")
		}
	}
	f.endTurn()
}

func (f *flow) endTurn() {
	f.inTurn, f.view, f.changed = false, false, f.changed[:0]
	f.s.turn.Unlock()
}

// endView releases the snapshot without waiting for the server.
func (f *flow) endView() {
	f.view = false
	if c := f.look; c != nil {
		f.look = nil
		go func() {
			c.Exec(context.Background(), "ROLLBACK")
			c.Release()
		}()
	}
}
