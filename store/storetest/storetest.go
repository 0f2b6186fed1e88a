// Package storetest tests that a store does what package store promises.
//
// Its main types are [Kit], which opens a store, and model, a store of under a hundred
// lines with which random operations are compared. It promises that two stores that pass
// are interchangeable. It does not measure speed.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Kit opens the store under test.
type Kit struct {
	// Open returns a store that is empty and not prepared. It is closed at the
	// end of the test.
	Open func(t testing.TB) store.Store
	// Reopen closes the store and opens it again at the same place. It is nil
	// for a store that does not outlive the process.
	Reopen func(t testing.TB, s store.Store) store.Store
}

// Run runs all tests.
func Run(t *testing.T, k Kit) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *place)
	}{
		{"Members", testMembers},
		{"Transactions", testTransactions},
		{"ReadOnlyTx", testReadOnlyTx},
		{"Versions", testVersions},
		{"Rollback", testRollback},
		{"Uniques", testUniques},
		{"UniqueCollections", testUniqueCollections},
		{"Subsets", testSubsets},
		{"Collections", testCollections},
		{"Find", testFind},
		{"Paging", testPaging},
		{"Due", testDue},
		{"Strings", testStrings},
		{"Values", testValues},
		{"Check", testCheck},
		{"Journal", testJournal},
		{"Abandon", testAbandon},
		{"Undone", testUndone},
		{"Condense", testCondense},
		{"Flush", testFlush},
		{"FlushMany", testFlushMany},
		{"Decisions", testDecisions},
		{"Flows", testFlows},
		{"Forget", testForget},
		{"ForgetConcurrent", testForgetConcurrent},
		{"Closed", testClosed},
		{"Concurrent", testConcurrent},
		{"WaitsForTx", testWaitsForTx},
		{"Random", testRandom},
		{"Blobs", testBlobs},
		{"Sweep", testSweep},
		{"BlobsConcurrent", testBlobsConcurrent},
		{"Reopen", testReopen},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := k.Open(t)
			p := &place{T: t, s: s, kit: k, ids: value.SeededIDs([32]byte{1})}
			p.schema()
			if err := s.Prepare(context.Background(), p.all); err != nil {
				t.Fatalf("preparing: %v", err)
			}
			test.run(t, p)
		})
	}
}

// A place is a prepared store with its tables.
type place struct {
	*testing.T
	s   store.Store
	kit Kit
	ids *value.IDs

	all                       *store.Schema
	user, admin, owner, thing *store.Table
	pair, bag                 *store.Table
}

// Columns of Profile.User.
const (
	userName = iota
	userEmail
	userCity
	userAge
	userTags
)

// Columns of Things.Thing.
const (
	thingFlag = iota
	thingAt
	thingData
	thingFile
	thingTimes
	thingFiles
	thingNumbers
	thingAny
	thingSeq
)

func (p *place) schema() {
	p.user = &store.Table{Instance: "Profile", Set: "User", Index: 0,
		Columns: []store.Column{
			userName:  {Name: "name"},
			userEmail: {Name: "email", Optional: true},
			userCity:  {Name: "city", Optional: true},
			userAge:   {Name: "age", Type: store.Number, Optional: true},
			userTags:  {Name: "tags", Many: store.Set},
		},
		Unique:  [][]int{{userName}, {userEmail, userCity}},
		Indexes: [][]int{{userCity}, {userAge, userCity}, {userTags}, {userCity, userTags}},
	}
	p.admin = &store.Table{Instance: "Profile", Set: "Admin", Index: 1, Of: p.user,
		Columns: []store.Column{{Name: "level", Type: store.Number}, {Name: "rights", Many: store.Seq}},
	}
	p.owner = &store.Table{Instance: "Profile", Set: "Owner", Index: 2, Of: p.admin}
	p.thing = &store.Table{Instance: "Things", Set: "Thing", Index: 3,
		Columns: []store.Column{
			thingFlag:    {Name: "flag", Type: store.Flag, Optional: true},
			thingAt:      {Name: "at", Type: store.Moment, Optional: true},
			thingData:    {Name: "data", Type: store.Json, Optional: true},
			thingFile:    {Name: "file", Type: store.Blob, Optional: true},
			thingTimes:   {Name: "times", Type: store.Moment, Many: store.Seq},
			thingFiles:   {Name: "files", Type: store.Blob, Many: store.Set},
			thingNumbers: {Name: "numbers", Type: store.Number, Many: store.Set},
			thingAny:     {Name: "any", Type: store.Json, Many: store.Seq},
			thingSeq:     {Name: "select", Many: store.Seq}, // a word of SQL
		},
		Indexes: [][]int{{thingAt}, {thingData}, {thingFile}, {thingTimes}, {thingFlag, thingData}},
	}
	p.pair = &store.Table{Instance: "Pairs", Set: "Pair", Index: 4,
		Columns: []store.Column{{Name: "left"}, {Name: "right", Optional: true}},
		Unique:  [][]int{{0, 1}},
		Indexes: [][]int{{0}, {1}},
	}
	p.bag = &store.Table{Instance: "Bags", Set: "Bag", Index: 5,
		Columns: []store.Column{{Name: "items", Many: store.Set}, {Name: "list", Many: store.Seq}, {Name: "any", Type: store.Json, Optional: true}},
		Unique:  [][]int{{0}, {1, 2}},
	}
	p.all = &store.Schema{Tables: []*store.Table{p.user, p.admin, p.owner, p.thing, p.pair, p.bag}}
}

func text(s string) value.Value { return value.String(s) }

func texts(items ...string) value.Value {
	out := make([]value.Value, len(items))
	for i, s := range items {
		out[i] = text(s)
	}
	return value.List(out)
}

// named returns a user with only a name.
func named(name string) store.Row {
	return store.Row{text(name), value.Null, value.Null, value.Null, texts()}
}

// begin opens a session for a new flow.
func (p *place) begin() store.Session { return p.s.NewSession(p.ids.At(time.UnixMilli(1e12))) }

// do runs steps in a new flow, commits and finishes it.
func (p *place) do(steps ...func(store.Session) error) {
	p.Helper()
	f := p.begin()
	for _, step := range steps {
		if err := step(f); err != nil {
			f.Abandon()
			p.Fatal(err)
		}
	}
	if err := f.Commit(nil); err != nil {
		p.Fatal(err)
	}
	if err := f.Finish(nil); err != nil {
		p.Fatal(err)
	}
}

func insert(t *store.Table, id string, row store.Row) func(store.Session) error {
	return func(f store.Session) error { return f.Insert(t, id, row) }
}

// found returns the identities that a search finds.
func (p *place) found(t *store.Table, columns []int, key []value.Value, page store.Page) []string {
	p.Helper()
	f := p.begin()
	defer f.Abandon()
	members, err := f.Find(t, columns, key, page)
	if err != nil {
		p.Fatalf("finding in %s: %v", t.Name(), err)
	}
	return names(members)
}

func names(members []store.Member) []string {
	out := []string{}
	for _, m := range members {
		out = append(out, m.ID)
	}
	return out
}

func (p *place) get(t *store.Table, id string) store.Row {
	p.Helper()
	f := p.begin()
	defer f.Abandon()
	row, err := f.Get(t, id)
	if err != nil {
		p.Fatalf("getting %s of %s: %v", id, t.Name(), err)
	}
	return row
}

func sameRow(a, b store.Row) bool {
	if len(a) != len(b) || (a == nil) != (b == nil) {
		return false
	}
	for i := range a {
		if !value.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
