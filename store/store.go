// Package store defines how the state of a program and the journal of its flows
// are stored together.
//
// Its three main types are [Store], the place; [Flow], one flow's hand in it;
// and [Schema], the tables that the state needs. It promises that the state
// changes of an action and the journal entries that tell of them become
// durable together or not at all, that what a flow reads in one turn is one
// snapshot, and that Rest returns only when everything that the flow rests on
// is durable. It refuses to know what an entry says: journal entries are bytes
// here.
//
// The stores are in the folders below: memory, sqlite, postgres. One suite,
// storetest, holds them all to this page.
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
	// *SchemaError and nothing is changed. It is called once, before Begin.
	Prepare(ctx context.Context, s *Schema) error

	// Begin opens a flow's hand. A flow that exists in the journal already
	// (recovery) is gone on with.
	Begin(id value.ID) Flow

	// Unfinished lists the flows with entries in the journal that have not come
	// to rest, oldest first.
	Unfinished(ctx context.Context) ([]value.ID, error)

	// Journal gives all durable entries of a flow in the order in which they
	// were appended, and nil for a flow that it does not know.
	Journal(ctx context.Context, id value.ID) ([]byte, error)

	// Flows lists flows, newest first, that are older than before (or all, for
	// the zero id), at most limit of them.
	Flows(ctx context.Context, before value.ID, limit int) ([]value.ID, error)

	// Forget removes flows at rest from the journal, in steps between which
	// other flows go on, and gives their number. Of a flow with a derived id,
	// which could be asked to run again, it stays known that it has run: its
	// journal is empty and not nil.
	Forget(ctx context.Context, r Retention) (int, error)

	// PutBlob keeps what a reader gives, under the hash of its bytes, and gives
	// the reference once it is durable. Bytes that are there already are not
	// kept again. It is done outside of any turn, and a blob that nothing
	// comes to refer to is swept away later.
	PutBlob(ctx context.Context, r io.Reader, mediaType string) (*value.Blob, error)

	// OpenBlob opens a blob for reading. It fails with an error that wraps
	// fs.ErrNotExist when the store does not have it.
	OpenBlob(ctx context.Context, hash [32]byte) (BlobReader, error)

	// SweepBlobs removes the blobs that no row and no unfinished flow's journal
	// refers to and that were put longer ago than age; it gives their number.
	SweepBlobs(ctx context.Context, age time.Duration) (int, error)

	Desk

	// Close makes everything durable and ends the store. Flows that are still
	// open get ErrClosed.
	Close() error
}

// A Flow is one flow's hand in the store. It is used by one goroutine at a
// time. It has at most one turn: the turn begins with Hold, View or the first
// write and ends with Keep or Undo. Outside a turn each read stands for itself; in a
// turn all reads see one snapshot and the flow's own writes. While a flow that
// has written holds its turn, no other flow writes.
type Flow interface {
	// Hold begins a turn, so that what is read before a write still holds then.
	// While it is held no other flow writes.
	Hold()

	// View begins a turn in which nothing is written: writing fails with
	// ErrView. It costs others less than Hold does.
	View()

	// Stamp returns a number that is another one after each transaction that may
	// have changed members of the table. What was read after Stamp returned n
	// still holds in a turn of Hold in which Stamp returns n again. In a turn of
	// View it is the stamp of the turn's snapshot. It fails as Get does.
	Stamp(t *Table) (uint64, error)

	// Get gives the member's row, not to be changed, and nil when there is
	// no such member.
	Get(t *Table, id string) (Row, error)

	// Find gives the members whose columns equal the key (values, one for
	// each column), in the order in which they were inserted; with no columns,
	// all members. A column of a collection (Many) matches when it holds the
	// value. Find uses an index where there is one. Page bounds what is given.
	Find(t *Table, columns []int, key []value.Value, page Page) ([]Member, error)

	// Insert adds a member. It fails with *UniqueError, *MemberError.
	// The row belongs to the store from then on.
	Insert(t *Table, id string, row Row) error

	// Update replaces a member's row. It fails with *UniqueError, *MemberError.
	Update(t *Table, id string, row Row) error

	// Delete removes a member, also from the tables that are subsets of this
	// one. It fails with *MemberError.
	Delete(t *Table, id string) error

	// Keep ends the turn: what was written stays, and becomes durable together
	// with the entries, which are appended to the flow's journal. Keep does not
	// wait for that. The bytes are copied. Without a turn it only appends.
	Keep(entries []byte) error

	// Sync appends entries and waits until they are durable, with everything
	// that the flow wrote, read and appended before, so that what is done next
	// may reach outside of the store. The flow is among the unfinished then. Only
	// with the durability Memory it does not wait. It fails in a turn, and with
	// ErrLost when the flow is another process's by now.
	Sync(entries []byte) error

	// Undo ends the turn: what was written in it is gone. Without a turn it
	// does nothing.
	Undo()

	// Condense says what Rest is to put in the place of the entries that were
	// appended before, which are more than a flow at rest needs. Until the flow is at
	// rest, and if Rest fails, the journal has the former. The bytes are copied.
	Condense(entries []byte)

	// Rest appends the last entries, says that the flow is at rest, and waits
	// until everything that the flow wrote or read, and its entries if it
	// wrote, is durable. The Flow must not be used afterwards.
	Rest(entries []byte) error

	// Leave gives the flow up without rest, as a stopping process does: it
	// stays among the unfinished. The Flow must not be used afterwards.
	Leave()
}

// A Teller is a Flow that can tell what has become of it. Who meets one that
// cannot must assume that something of it is kept.
type Teller interface {
	// Undone tells whether it is certain that the store has nothing of the flow
	// and never will, so that nobody goes on with it. It is asked before Leave,
	// or when Rest has failed.
	Undone() bool
}

// A Retention says which flows at rest are to be forgotten: those of which one
// of the two says so. The zero Retention forgets none.
type Retention struct {
	Before time.Time // those that began before; zero means none
	Keep   int       // all but so many of the newest; 0 means none
}

// A Copier is a store that can be copied while it works.
type Copier interface {
	// Backup copies everything that is durable, as of one moment, to a path that
	// is not there. What is at the path afterwards is a whole store, and while
	// something is missing or if it fails there is none.
	Backup(ctx context.Context, path string) error
}

// A Fleet is a store that several processes share, each with flows of its own.
type Fleet interface {
	// Taken waits until there are flows that this process is to go on with: those
	// of a process that is gone, and its own that were given up with ErrLost.
	// It gives each once. Unfinished comes first, at start, and gives what there
	// is then. It ends with the context's error, or ErrClosed.
	Taken(ctx context.Context) ([]value.ID, error)
}

// A BlobReader reads one blob. Its reads may come in any order.
type BlobReader interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// A Row holds a value for each column of its table: value.Null where an
// optional column is empty, a list for a collection.
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
	Due   *Due  // only members whose moment has come; nil means all
}

// A Due picks the members whose moment in a column is there and not after
// Until, which is a moment too.
type Due struct {
	Column int
	Until  value.Value
}

// Has tells whether the moment of a row has come. For nil it has for every row.
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

	// plain tells of a schema that was written down when stores did not yet
	// remember domains and elements.
	plain bool
}

// A Table is one set of one concept's state.
type Table struct {
	Instance string // the concept's name in the app: "Profile"
	Set      string // the set's name: "User"
	Index    int    // its place in the schema
	Of       *Table // the set that this one is a subset of, earlier in the schema
	One      bool   // an element, of which there is one member at most
	Columns  []Column
	Unique   [][]int // columns whose values together no two members share; rows with a null in them are exempt
	Indexes  [][]int // columns that are looked up together
}

// Name is "Instance.Set".
func (t *Table) Name() string { return t.Instance + "." + t.Set }

// Column gives the place of a column by name, and -1 when there is none.
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

// Durability says when Rest returns.
type Durability int

const (
	// Full: everything is flushed to disk before.
	Full Durability = iota
	// Relaxed: a flush follows within 100 ms; a crash may lose the last of
	// them, never the order or the consistency.
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
