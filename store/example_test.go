package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A schema has one table for each set of the state. legible.OpenStore opens a store.
var notes = &store.Schema{Tables: []*store.Table{{
	Instance: "Remembering",
	Set:      "Note",
	Columns:  []store.Column{{Name: "text", Type: store.Text}},
	Unique:   [][]int{{0}},
}}}

// A session is the access of one flow. Its writes and the journal entries that describe
// them are committed together; Finish returns when they are durable.
func ExampleSession() {
	ctx := context.Background()
	st, err := legible.OpenStore(ctx, "memory:", store.Full)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
	if err := st.Prepare(ctx, notes); err != nil {
		fmt.Println(err)
		return
	}
	ids := value.NewIDs()
	session := st.NewSession(ids.At(time.Now()))
	session.Begin()
	note := notes.Tables[0]
	for _, text := range []string{"Read Emma", "Read Emma"} {
		if err := session.Insert(note, ids.At(time.Now()).String(), store.Row{value.String(text)}); err != nil {
			fmt.Println(err)
		}
	}
	if err := session.Finish([]byte("noted")); err != nil {
		fmt.Println(err)
		return
	}
	flows, err := st.Flows(ctx, value.Zero, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	entries, err := st.Journal(ctx, flows[0])
	fmt.Printf("%d flow: %s, %v\n", len(flows), entries, err)

	reading := st.NewSession(ids.At(time.Now()))
	defer reading.Abandon()
	members, err := reading.Find(note, []int{0}, []value.Value{value.String("Read Emma")}, store.Page{})
	fmt.Println(len(members), members[0].Row[0], err)
	// Output:
	// Remembering.Note has a member with this text already
	// 1 flow: noted, <nil>
	// 1 "Read Emma" <nil>
}

// Diff lists the changes from one schema to another. Harmless reports those that lose
// nothing, whatever the store contains.
func ExampleDiff() {
	changed := &store.Schema{Tables: []*store.Table{{
		Instance: "Remembering",
		Set:      "Note",
		Columns:  []store.Column{{Name: "title", Type: store.Text}, {Name: "color", Type: store.Text, Optional: true}},
	}}}
	for _, change := range store.Diff(notes, changed) {
		fmt.Println(change, change.Harmless())
	}
	// Output:
	// make text no longer unique in Remembering.Note true
	// drop the column Remembering.Note.text false
	// add the column Remembering.Note.title false
	// add the column Remembering.Note.color true
}
