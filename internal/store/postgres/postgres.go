// Package postgres stores state and journal in a PostgreSQL database that
// several processes may share.
//
// Its three main types are [Store], the access of one process, called a node; session,
// one flow's access; and table, the members of a set. One commit makes the work of many
// flows of a node durable, through the commit queue of package group. It promises what
// package store requires, for all nodes together: what one node has answered the others
// see; while a flow is in a write transaction, no flow of any node writes; and no flow
// runs on two nodes. A node that has lost its lease suspends its flows, and another node
// resumes them.
//
// How several nodes write. One row, _turn, is the cluster's write lock. A node's group is
// one transaction that begins by locking this row and ends within milliseconds, so the
// groups of all nodes run one after the other. Therefore the isolation level READ
// COMMITTED suffices, which every compatible database has: after the row is locked,
// nothing changes during the transaction. There are no serialization failures and no
// deadlocks. The cost is that nodes do not write concurrently; they read, hash, wait for
// other services and serve HTTP concurrently, and groups are large under load.
//
// How a node proves that it is alive. A node has a number, which is never reused, and a
// lease, which it renews. When a lease has expired, another node locks _turn, removes
// the row of the dead node from _node, and takes its unfinished flows. Every group checks,
// after it has locked _turn, that its node's row still exists. So a node that was only
// suspended finds out before it changes anything, independently of its clock; it suspends
// its flows, and continues under a new number. If it was suspended inside a transaction,
// the server ends the transaction after half a lease.
//
// The package uses only SQL that PostgreSQL-compatible distributed databases document: no
// advisory locks, LISTEN, sequences, SKIP LOCKED or own types. It requires SELECT … FOR
// UPDATE of one row with waiting; ON CONFLICT DO NOTHING; unnest and = ANY of arrays; and
// idle_in_transaction_session_timeout, without which a node that is suspended inside a
// transaction blocks the others until its connection ends. It is tested with PostgreSQL
// 15 only, not with CockroachDB, YugabyteDB, or the PostgreSQL interfaces of Spanner and
// AlloyDB. Aurora DSQL does not wait for row locks, so it cannot be used. A change of the
// schema is one transaction here, which not every database supports.
//
// The tables are ordinary ones: the set User of the concept Profile is the table
// "Profile.User", a field is a column with its name. These names belong to the store:
//
//	_order     a member's position in the order of insertion
//	_id        a member's identity
//	_unique…   the SHA-256 of the values that are unique together
//	"Profile.User.tags"  (member, item, value): who has which item in a collection
//	_journal             (flow, part, data): the entries of flows
//	_unfinished          (flow, node): the flows that are not at rest, with their nodes
//	_forgotten           (flow): flows that must not run again
//	_decision            (flow, name, code, reason): operators' decisions about flows
//	_node                (node, name, until, last): the nodes, their leases, their last groups
//	_turn                (one, version, ord, nodes, shape, sweep): the cluster's write lock
//	_meta                (name, value): the schema of the tables
//	_blob, _chunk, _spared  large values
package postgres

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Options configure a store.
type Options struct {
	// Durability says when Finish and Flush return; zero is store.Full. Relaxed and Memory
	// are the same here: the server flushes by itself within a second.
	Durability store.Durability
	// Lease is how long a node may be silent before another takes its flows;
	// zero is 5 seconds. All nodes should have the same. A transaction that sends
	// nothing to the database for half of it is lost.
	Lease time.Duration
	// Name is shown in the table of nodes; empty is the machine's name.
	Name string
	// Lost is called when changes that no flow waits for could not be made
	// durable, and when the node is declared dead. It may be nil.
	Lost func(error)
	// ReadOnly opens a database without becoming a node: nothing can be
	// written, and Prepare accepts only the existing schema.
	ReadOnly bool
}

const (
	// flushEvery bounds how long entries without a waiter stay undurable.
	flushEvery = 100 * time.Millisecond
	// maxHold bounds how long a node holds the cluster's write lock while it waits for
	// more, so that other nodes get theirs.
	maxHold = 5 * time.Millisecond
)

// A Store is a node.
type Store struct {
	options Options
	config  *pgx.ConnConfig
	pool    *pgxpool.Pool
	label   string // host and database, for messages
	group.Gauges
	queue *group.Queue

	// The transaction lock guards the connection for writing and all below it.
	tx      sync.Mutex
	conn    *pgx.Conn // nil when it must be reopened
	begun   bool      // a transaction is open and has the cluster's write lock
	version int64     // the number of the open group, ascending over all nodes
	// committed is the last group of the cluster that this node knows: its own, or
	// the one found when it began a group.
	committed int64
	order     int64    // the Order of the last insertion
	sweeping  bool     // another node sweeps: writes are reported to it
	before    []string // statements to send before the next one
	outdated  bool     // the tables are not those of this program
	tables    []*table
	byName    map[string]*table
	versions  *store.TableVersions
	schema    *store.Schema // the database's schema
	shape     int64         // how often the schema has changed

	// open reports that committed changes of flows are in the open transaction. It is
	// set under the transaction lock.
	open     atomic.Bool
	prepared atomic.Bool // set under the transaction lock
	// wire is the connection for writing, for the keeper to cut.
	wire atomic.Pointer[pgx.Conn]
	// waitContext is the context of queries beside the open transaction. The keeper
	// ends it when the database does not answer.
	waitContext atomic.Pointer[waitContext]

	// Under the queue's mutex.
	node   int64         // this node's number, 0 if none; changed only under the transaction lock, too
	taken  []value.ID    // flows to continue here
	listed bool          // Unfinished was called
	news   chan struct{} // has an item when taken grew

	keeper
}

var _ store.Store = (*Store)(nil)
var _ store.Shared = (*Store)(nil)

// Open connects to a database by its URL, postgres://user@host/database, and
// joins as a node. The search_path says where tables are created.
func Open(ctx context.Context, url string, options Options) (*Store, error) {
	if options.Lease <= 0 {
		options.Lease = 5 * time.Second
	}
	if options.Name == "" {
		options.Name, _ = os.Hostname()
	}
	s := &Store{
		options: options, news: make(chan struct{}, 1), byName: map[string]*table{},
	}
	s.waitContext.Store(newWaitContext())
	s.queue = group.NewQueue(group.Options{
		Durability: options.Durability, ReadOnly: options.ReadOnly, Every: flushEvery, Commit: s.commitGroup, CommitIdle: s.commitIdle,
	}, &s.Gauges)
	if err := s.dial(ctx, url); err != nil {
		if s.pool != nil {
			s.pool.Close()
		}
		if s.conn != nil {
			s.conn.Close(ctx)
		}
		return nil, fmt.Errorf("opening the store %s: %w", s.label, explain(err))
	}
	if !options.ReadOnly {
		s.keeper.start(s)
	}
	return s, nil
}

func (s *Store) dial(ctx context.Context, url string) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		s.label = "(the URL cannot be read)"
		return err
	}
	s.config = config.ConnConfig
	s.label = fmt.Sprintf("%s on %s:%d", s.config.Database, s.config.Host, s.config.Port)
	if s.config.RuntimeParams["application_name"] == "" {
		s.config.RuntimeParams["application_name"] = "legible"
	}
	config.MaxConns = max(config.MaxConns, 8)
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	if err := s.pool.Ping(ctx); err != nil {
		return err
	}
	if s.options.ReadOnly {
		return s.readMeta(ctx, s.pool)
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := s.makeFixed(ctx); err != nil {
		return err
	}
	if err := s.readMeta(ctx, s.conn); err != nil {
		return err
	}
	return s.joinTxLocked(ctx)
}

// connect opens the connection for writing.
func (s *Store) connect(ctx context.Context) error {
	if s.conn != nil && s.conn.IsClosed() {
		s.disconnect()
	}
	if s.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, max(s.options.Lease, 10*time.Second))
	defer cancel()
	c, err := pgx.ConnectConfig(ctx, s.config.Copy())
	if err != nil {
		return err
	}
	// A node asleep inside a transaction must not block the others.
	_, err = c.Exec(ctx, fmt.Sprintf("SET idle_in_transaction_session_timeout = %d", s.options.Lease.Milliseconds()/2))
	if err == nil && s.options.Durability != store.Full {
		_, err = c.Exec(ctx, "SET synchronous_commit = off")
	}
	if err != nil {
		c.Close(ctx)
		return err
	}
	s.conn, s.before = c, nil
	s.wire.Store(c)
	return nil
}

// disconnect drops a broken connection.
func (s *Store) disconnect() {
	if s.conn != nil {
		s.wire.Store(nil)
		done, cancel := context.WithTimeout(context.Background(), time.Second)
		s.conn.Close(done)
		cancel()
		s.conn = nil
	}
	s.begun, s.before = false, nil
	s.open.Store(false)
}

// NewSession opens a session for a flow.
func (s *Store) NewSession(id value.ID) store.Session {
	f := &session{s: s}
	s.queue.Lock()
	defer s.queue.Unlock()
	f.JoinLocked(s.queue, id, f)
	f.durable, f.node = f.Journaled, s.node
	return f
}

// Close commits the rest and leaves the cluster: other nodes, or this one when
// restarted, take its unfinished flows.
func (s *Store) Close() error {
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return nil
	}
	err := s.commitTxLocked()
	s.queue.CloseTxLocked()
	node := s.node
	s.keeper.stop()
	if !s.options.ReadOnly && s.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), s.options.Lease)
		defer cancel()
		if _, e := s.conn.Exec(ctx, "DELETE FROM _node WHERE node = $1", node); err == nil {
			err = e
		}
	}
	s.disconnect()
	s.pool.Close()
	if err != nil {
		return fmt.Errorf("closing the store %s: %w", s.label, explain(err))
	}
	return nil
}

// Unfinished lists the flows of this node that are not at rest, oldest first. TakenOver
// does not return those in the first list.
func (s *Store) Unfinished(ctx context.Context) ([]value.ID, error) {
	if err := s.flush("listing the unfinished flows"); err != nil {
		return nil, err
	}
	s.queue.Lock()
	node := s.node
	if !s.listed {
		s.listed, s.taken = true, nil
	}
	s.queue.Unlock()
	if s.options.ReadOnly {
		return s.ids(ctx, "listing the unfinished flows", "SELECT flow FROM _unfinished ORDER BY flow")
	}
	return s.ids(ctx, "listing the unfinished flows", "SELECT flow FROM _unfinished WHERE node = $1 ORDER BY flow", node)
}

// Journal returns a flow's entries, of any node.
func (s *Store) Journal(ctx context.Context, id value.ID) ([]byte, error) {
	if err := s.flush("reading the journal"); err != nil {
		return nil, err
	}
	var entries []byte
	rows, err := s.pool.Query(ctx, "SELECT data FROM _journal WHERE flow = $1 ORDER BY part", id[:])
	if err == nil {
		for rows.Next() {
			entries = append(entries, rows.RawValues()[0]...)
		}
		rows.Close()
		err = rows.Err()
	}
	if err == nil && entries == nil && id.Derived() {
		var known bool
		err = s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM _forgotten WHERE flow = $1)", id[:]).Scan(&known)
		if known {
			entries = []byte{}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", classed(err))
	}
	return entries, nil
}

// Flows lists flows of all nodes, newest first.
func (s *Store) Flows(ctx context.Context, before value.ID, limit int) ([]value.ID, error) {
	if err := s.flush("listing the flows"); err != nil {
		return nil, err
	}
	if before == value.Zero {
		for i := range before {
			before[i] = 0xff
		}
	}
	most := int64(1<<62 - 1)
	if limit > 0 {
		most = int64(limit)
	}
	return s.ids(ctx, "listing the flows", "SELECT DISTINCT flow FROM _journal WHERE flow < $1 ORDER BY flow DESC LIMIT $2", before[:], most)
}

func (s *Store) ids(ctx context.Context, doing, query string, args ...any) ([]value.ID, error) {
	rows, err := s.pool.Query(ctx, query, args...)
	if err == nil {
		var ids []value.ID
		for rows.Next() {
			ids = append(ids, value.ID(rows.RawValues()[0]))
		}
		rows.Close()
		if err = rows.Err(); err == nil {
			return ids, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", doing, classed(err))
}

// flush commits pending entries, so that a flow that has just ended can be
// read.
func (s *Store) flush(doing string) error {
	s.queue.Lock()
	closed, pending := s.queue.Closed, s.queue.PendingLocked()
	s.queue.Unlock()
	if closed {
		return store.ErrClosed
	}
	if !pending && !s.open.Load() {
		return nil
	}
	s.tx.Lock()
	defer s.tx.Unlock()
	if err := s.commitTxLocked(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
