package scenario

import (
	"slices"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

const clearing = `concept Thing

purpose
    keep things

state
    a set of Items with
        a name String
        a group String

actions
    clear (group: String) : ()
    drop (item: Item) : ()

sync Clear
when
    Thing.clear (group)
then
    Thing.drop (item)
        where
            in Thing: group of item is group
            in Thing: name of item is "a"
`

// The lines of the where below a line of then count: the first when the where runs, and all
// when it gives a frame.
func TestCoverageBelowThen(t *testing.T) {
	tree, found := syntax.Parse(source.NewFile("a.sync", clearing))
	program, more := check.Check([]*syntax.File{tree}, check.Options{})
	if all := append(found, more...); diag.HasErrors(all) {
		t.Fatal(all)
	}
	p := plan.Build(program)
	entries := []journal.Entry{
		{Kind: journal.Begun, Version: journal.Version},
		{Kind: journal.Asked, Action: "Thing.clear", In: []value.Field{{Name: "group", Value: value.String("g")}}},
		{Kind: journal.Completed, Action: "Thing.clear", Outcome: journal.Returned},
		{Kind: journal.Fired, Number: 1, Sync: "Clear", Matched: []journal.ActionID{{}}, Frames: []journal.Frame{{Line: -1}}},
		{Kind: journal.Entered, Number: 2, Sync: "Clear", Of: journal.FrameID{Firing: 1}, Line: 1},
	}
	places := func(c *Coverage) (list []string) {
		for _, x := range c.unreached() {
			list = append(list, x.Part+" "+x.Place)
		}
		return list
	}
	c := newCoverage(p)
	if got, want := places(c), []string{"when a.sync:17:5", "then a.sync:19:5", "where a.sync:21:13", "where a.sync:22:13"}; !slices.Equal(got, want) {
		t.Errorf("the lines are %q, want %q", got, want)
	}
	c.add(entries)
	if got, want := places(c), []string{"then a.sync:19:5", "where a.sync:22:13"}; !slices.Equal(got, want) {
		t.Errorf("without a frame, the lines that are not reached are %q, want %q", got, want)
	}
	entries[4].Frames = []journal.Frame{{Line: -1}}
	c.add(append(entries, journal.Entry{Kind: journal.Asked, Action: "Thing.drop", ID: journal.ActionID{Firing: 2}}))
	if got := places(c); len(got) > 0 {
		t.Errorf("with a frame, the lines that are not reached are %q", got)
	}
}
