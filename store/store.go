// Package store defines how the state of a program and the journal of its flows
// are stored together.
//
// Its three main types are [Store], the database; [Session], one flow's access to
// it; and [Schema], the tables that the state needs. It promises that the state
// changes of an action and the journal entries that describe them become
// durable together or not at all, that what a flow reads in one transaction is one
// snapshot, and that Finish returns only when everything that the flow depends on
// is durable. It refuses to interpret an entry: journal entries are bytes here.
//
// The stores are in internal/store: memory, sqlite and postgres. One suite, package
// storetest, tests them all.
package store

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/legible-lang/legible/value"
)

// A Store is a place for state and journal. Its methods may be called by
// several goroutines.
type Store interface {
	// Prepare brings the tables up to the schema. Additions are made, in one
	// transaction; a change that would lose data is refused with a
	// *SchemaError and nothing is changed. It is called once, before NewSession.
	Prepare(ctx context.Context, s *Schema) error

	// NewSession opens a session for a flow. A flow that is already in the journal
	// is continued.
	NewSession(id value.ID) Session

	// Unfinished lists the flows in the journal that are not at rest, oldest
	// first.
	Unfinished(ctx context.Context) ([]value.ID, error)

	// Journal returns all durable entries of a flow in the order in which they
	// were appended, and nil for an unknown flow.
	Journal(ctx context.Context, id value.ID) ([]byte, error)

	// Flows lists at most limit flows older than before (the zero id: all
	// flows), newest first.
	Flows(ctx context.Context, before value.ID, limit int) ([]value.ID, error)

	// Forget removes flows at rest from the journal and returns their number.
	// It works in steps, so that other flows can run in between. A flow with a
	// derived id, which could be asked to run again, stays known: its journal
	// is empty and not nil.
	Forget(ctx context.Context, r Retention) (int, error)

	// PutBlob stores the bytes of a reader under their hash and returns the
	// reference once it is durable. Bytes that are already stored are not
	// stored again. It runs outside of any transaction. A blob that is never referred
	// to is swept later.
	PutBlob(ctx context.Context, r io.Reader, mediaType string) (*value.Blob, error)

	// OpenBlob opens a blob for reading. It returns an error that wraps
	// fs.ErrNotExist if the store does not have it.
	OpenBlob(ctx context.Context, hash [32]byte) (BlobReader, error)

	// SweepBlobs removes the blobs that are older than age and that no row and
	// no unfinished flow's journal refers to. It returns their number.
	SweepBlobs(ctx context.Context, age time.Duration) (int, error)

	Decisions

	// Close makes everything durable and closes the store. Sessions still open get
	// ErrClosed.
	Close() error
}

// A Session is one flow's access to the store, from its first action until it is
// at rest. It spans a series of transactions, one at a time, as a session of a
// database does. One goroutine uses it at a time.
//
// A transaction begins with Begin, BeginReadOnly or the first write, and ends with
// Commit or Rollback. Outside of a transaction each read is independent; in one all
// reads see one snapshot and the session's own writes. While a session that has
// written is in a transaction, no other session writes.
type Session interface {
	// Begin begins a transaction, so that what is read before a write still holds
	// when the write happens. No other session writes during the transaction. In a
	// transaction it does nothing.
	Begin()

	// BeginReadOnly begins a transaction in which writing fails with ErrReadOnlyTx.
	// It costs other sessions less than Begin does.
	BeginReadOnly()

	// Version returns a number that changes with each transaction that may have
	// changed members of the table. What was read after Version returned n still
	// holds in a transaction of Begin in which Version returns n again. In a
	// read-only transaction it is the version in the snapshot. It fails as Get does.
	Version(t *Table) (uint64, error)

	// Get returns the member's row, which must not be changed, or nil if there
	// is none.
	Get(t *Table, id string) (Row, error)

	// Find returns the members whose columns equal the key (values, one for
	// each column) in the order of insertion; with no columns, all members. A
	// column of a collection (Many) matches if it contains the value. Find uses
	// an index if there is one. Page bounds the result.
	Find(t *Table, columns []int, key []value.Value, page Page) ([]Member, error)

	// Insert adds a member. It fails with *UniqueError, *MemberError. The store
	// owns the row from then on.
	Insert(t *Table, id string, row Row) error

	// Update replaces a member's row. It fails with *UniqueError, *MemberError.
	Update(t *Table, id string, row Row) error

	// Delete removes a member, also from the subsets of this table. It fails
	// with *MemberError.
	Delete(t *Table, id string) error

	// Commit ends the transaction and keeps its writes. They become durable together
	// with the entries, which it appends to the journal. Commit copies the bytes and
	// does not wait. Without a transaction it only appends.
	Commit(entries []byte) error

	// Flush appends entries and waits until they are durable, with everything that
	// the flow wrote, read and appended before, so that the next step may act
	// outside of the store. The flow is then listed as unfinished. With the
	// durability Memory, Flush does not wait. It fails in a transaction, and with
	// ErrLost if another process has the flow now.
	Flush(entries []byte) error

	// Rollback ends the transaction and discards its writes. Without a transaction
	// it does nothing.
	Rollback()

	// Condense sets the entries with which Finish replaces all earlier ones, if a
	// flow at rest needs fewer. Until the flow is at rest, and if Finish fails, the
	// journal keeps the earlier ones. It copies the bytes.
	Condense(entries []byte)

	// Finish commits the transaction, if there is one, appends the last entries,
	// marks the flow as at rest, and waits until everything that the flow wrote or
	// read is durable, and its entries if it wrote. The session must not be used
	// afterwards, except for Undone if Finish fails.
	Finish(entries []byte) error

	// Abandon closes the session before the flow is at rest, as a stopping process
	// does: the flow stays unfinished. The session must not be used afterwards.
	Abandon()

	// Undone reports whether the store certainly has nothing of the flow and never
	// will, so that no process resumes it. It is called before Abandon, or after
	// Finish has failed.
	Undone() bool
}

// A Retention selects the flows at rest to forget: those that either field
// selects. The zero Retention forgets none.
type Retention struct {
	Before time.Time // those that began before; zero means none
	Keep   int       // all but so many of the newest; 0 means none
}

// A Copier is a store that can be copied while in use.
type Copier interface {
	// Backup copies everything that is durable at one moment to a path that does
	// not exist yet. The path appears only with a complete store: until then, or
	// on failure, there is nothing.
	Backup(ctx context.Context, path string) error
}

// A Shared is a store that processes share, each with its own flows.
type Shared interface {
	// TakenOver waits until there are flows that this process has to continue: those
	// of a process that is gone, and its own that failed with ErrLost. It returns
	// each once. Unfinished is called first, at start, for the flows known then.
	// TakenOver returns the context's error, or ErrClosed.
	TakenOver(ctx context.Context) ([]value.ID, error)
}

// A BlobReader reads one blob. Its reads may come in any order.
type BlobReader interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// A Row holds a value for each column of its table: value.Null for an empty
// optional column, a list for a collection.
type Row []value.Value

// A Member is a row with its id. Order ascends in the order of insertion.
type Member struct {
	ID    string
	Row   Row
	Order int64
}

// A Page bounds a Find. The zero Page is everything.
type Page struct {
	After int64 // only members whose Order is greater
	Limit int   // at most so many; 0 means all
	Due   *Due  // only members that are due; nil means all
}

// A Due selects the members whose moment in a column is set and not after
// Until, which is a moment too.
type Due struct {
	Column int
	Until  value.Value
}

// Has reports whether a row's moment is reached; always if d is nil.
func (d *Due) Has(row Row) bool {
	if d == nil {
		return true
	}
	at, there := row[d.Column].Moment()
	until, bounded := d.Until.Moment()
	return there && bounded && !at.After(until)
}

// A Schema is all tables of a program.
type Schema struct {
	Tables []*Table

	// plain marks a schema recorded before stores kept domains and elements.
	plain bool
}

// A Table is one set of one concept's state.
type Table struct {
	Instance string // the concept's name in the app: "Profile"
	Set      string // the set's name: "User"
	Index    int    // its place in the schema
	Of       *Table // the set that this one is a subset of, earlier in the schema
	One      bool   // an element, which has one member at most
	Columns  []Column
	Unique   [][]int // columns whose values together are unique; rows with a null in them are exempt
	Indexes  [][]int // columns that are looked up together
	// InstanceWas is the name that the instance had in an earlier schema; empty if it
	// has none. SetWas are the forms of the name that the set had, first the written
	// one. A store does not remember them.
	InstanceWas string
	SetWas      []string
}

// Name is "Instance.Set".
func (t *Table) Name() string { return t.Instance + "." + t.Set }

// Column returns a column's index by name, or -1 if there is none.
func (t *Table) Column(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// A Column is one field of a set.
type Column struct {
	Name     string
	Type     Type
	Optional bool
	Many     Many
	Domain   Domain // of a Text, which texts it holds
	// Was is the name that the column had in an earlier schema; empty if it has none.
	// Initial computes the value that members without one get when the column becomes
	// required, from their other values; nil if it has none. A store remembers neither.
	Was     string
	Initial func(Row) (value.Value, error)
}

// A Type is how a column is stored.
type Type int

const (
	// Text is a string, an identity, a date, a constant, or the digest of a secret.
	Text Type = iota
	// Number is a 64-bit floating point number.
	Number
	// Flag is a truth value.
	Flag
	// Moment is a time in milliseconds.
	Moment
	// Blob is a reference to a large value.
	Blob
	// Json is any value.
	Json
)

func (t Type) String() string {
	return [...]string{"text", "number", "flag", "moment", "blob", "json"}[t]
}

// Many says whether a column holds one value or a collection.
type Many int

const (
	// One value.
	One Many = iota
	// Set is a list without repetition; its order does not matter.
	Set
	// Seq is a list.
	Seq
)

// Durability says when Session.Finish and Session.Flush return.
type Durability int

const (
	// Full: everything is flushed to disk first.
	Full Durability = iota
	// Relaxed: a flush follows within 100 ms; a crash may lose the last flows,
	// never the order or the consistency.
	Relaxed
	// Memory: nothing is flushed.
	Memory
)

// ParseDurability reads full, relaxed or memory.
func ParseDurability(s string) (Durability, error) {
	switch s {
	case "full", "":
		return Full, nil
	case "relaxed":
		return Relaxed, nil
	case "memory":
		return Memory, nil
	}
	return Full, fmt.Errorf("durability is full, relaxed or memory, not %q", s)
}

func (d Durability) String() string { return [...]string{"full", "relaxed", "memory"}[d] }
