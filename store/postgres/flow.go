package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A flow is one flow's hand in the store.
type flow struct {
	s      *Store
	id     value.ID
	inTurn bool          // it has the turn
	saved  bool          // this turn has a savepoint, since it has written
	wrote  bool          // some turn has written and was kept
	view   bool          // it has a turn for looking only
	look   *pgxpool.Conn // with the snapshot of that one, when there are no kept changes

	// The group with the last writes of the flow or of others that it has read,
	// nil before there are any. Set with the turn.
	rests   *group
	claimed *group // in which it was made sure that no other node runs the flow
	dead    error  // why the flow cannot go on; set with the turn and mu

	// Under the store's mu.
	waits   *group // that Rest waits for
	entries []byte // that are to go with the store's group
	queued  bool   // the flow is in the store's group
	kept    bool   // the journal has entries of it, or will
	durable bool   // the database has entries of it, and says whose it is:
	node    int64  // this node's
	rested  bool
	ended   bool
}

func (f *flow) Hold() {
	if f.s.options.ReadOnly {
		f.View()
	} else if !f.inTurn && !f.view {
		f.s.turn.Lock()
		f.inTurn = true
	}
}

func (f *flow) View() {
	if !f.inTurn {
		f.view = true
	}
}

// lost tells whether something that the flow had a part in was lost. It must be
// called with the turn or mu.
func (f *flow) lost() error {
	if f.rests != nil && f.rests.err != nil {
		return f.rests.err
	}
	return f.dead
}

// check tells whether the flow can go on, and finds the table.
func (f *flow) check(def *store.Table) (*table, error) {
	s := f.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	if err := f.lost(); err != nil {
		return nil, err
	}
	if f.durable && f.node != s.node {
		f.dead = fmt.Errorf("%w: %w", store.ErrLost, errDead)
		return nil, f.dead
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
			err = s.beginGroup(context.Background()) // what others have taken is not this one's
		}
		if err != nil {
			err = fmt.Errorf("%w: %w", store.ErrLost, explain(err))
			s.mu.Lock()
			f.dead = err
			s.mu.Unlock()
			return err
		}
	}
	if s.group.dirty {
		f.rests = s.group
	}
	return nil
}

// read asks a question where the flow must ask it: in its turn, in its snapshot,
// among changes that are kept and not yet durable, or of the database as it is.
func (f *flow) read(t *table, query string, args []any, each func(pgx.Rows) error) error {
	s := f.s
	ctx := context.Background()
	switch {
	case f.inTurn:
		if err := f.begin(); err != nil {
			return err
		}
		return f.failed("reading", t, s.ask(ctx, query, args, each))
	case f.look != nil:
		return f.said("reading", t, ask(ctx, f.look.Conn(), nil, query, args, each))
	}
	if s.open.Load() {
		s.turn.Lock()
		if s.begun && s.group.dirty {
			f.rests = s.group
			err := f.lost()
			if err == nil {
				err = f.failed("reading", t, s.ask(ctx, query, args, each))
			}
			if f.view {
				f.inTurn = true // what was begun here goes on here
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

// ask asks on the connection for writing. It must be called with the turn.
func (s *Store) ask(ctx context.Context, query string, args []any, each func(pgx.Rows) error) error {
	before := s.before
	s.before = nil
	return ask(ctx, s.conn, before, query, args, each)
}

// ask sends statements that give nothing and a question, in one go.
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
			return err
		}
	}
	return rows.Err()
}

// queueBefore puts what is still to be sent in front of a batch.
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

// said says more about an error in a question.
func (f *flow) said(doing string, t *table, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s %s: %w", doing, t.def.Name(), explain(err))
	if code(errors.Unwrap(err)) == "" && unreachable(err) {
		return fmt.Errorf("%w: %w", store.ErrLost, err)
	}
	return err
}

// failed says more about an error in the open transaction. When it has taken the
// whole transaction with it, all that was in it is lost.
func (f *flow) failed(doing string, t *table, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s %s: %w", doing, t.def.Name(), explain(err))
	s := f.s
	if s.conn != nil && !s.conn.IsClosed() && (s.conn.PgConn().TxStatus() == 'T' || f.saved) {
		return err
	}
	err = s.lose(err)
	s.mu.Lock()
	f.dead, f.saved = err, false
	s.mu.Unlock()
	return err
}

// write makes ready for writing. It gives the statements that are to go before.
func (f *flow) write(def *store.Table) (*table, *pgx.Batch, int, error) {
	s := f.s
	if s.options.ReadOnly {
		return nil, nil, 0, errReadOnly
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
	return t, b, n, nil
}

// claim makes sure that no other node runs a flow with a derived id, before it
// writes. The fleet's turn keeps it so until the group is committed.
func (f *flow) claim() error {
	s := f.s
	if !f.id.Derived() || f.durable || f.claimed != nil && f.claimed.err == nil {
		return nil
	}
	known, err := s.known(context.Background(), [][]byte{f.id[:]})
	if err != nil {
		return f.failed("looking for the flow before writing to", &table{def: &store.Table{}}, err)
	}
	if known[f.id] {
		s.mu.Lock()
		f.dead = store.ErrElsewhere
		s.mu.Unlock()
		return store.ErrElsewhere
	}
	f.claimed = s.group
	return nil
}

// send sends a batch of which the first statements give nothing, and gives what
// the others have done.
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
	err := f.append(entries)
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
		// The savepoint is given up when there is something else to say.
		s.before = append(s.before, "RELEASE SAVEPOINT turn")
		f.saved, f.wrote = false, true
		s.group.dirty, f.rests = true, s.group
		s.open.Store(true)
	}
	f.endTurn()
	return nil
}

// append adds entries to the group.
func (f *flow) append(entries []byte) error {
	s := f.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	if err := f.lost(); err != nil {
		return err
	}
	if f.durable && f.node != s.node {
		f.dead = fmt.Errorf("%w: %w", store.ErrLost, errDead)
		return f.dead
	}
	if len(entries) > 0 {
		if s.options.ReadOnly {
			return errReadOnly
		}
		f.queue(entries)
	}
	return nil
}

// queue puts the flow in the group. It must be called with mu.
func (f *flow) queue(entries []byte) {
	s := f.s
	if !f.queued {
		f.queued = true
		s.group.flows = append(s.group.flows, f)
		if !s.armed {
			s.armed = true
			s.timer.Reset(flushEvery)
		}
	}
	f.entries = append(f.entries, entries...)
	f.kept = true
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
	f.inTurn, f.view = false, false
	f.s.turn.Unlock()
}

// endView lets go of the snapshot, without waiting for the server to say so.
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
