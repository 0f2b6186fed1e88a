package engine

import (
	"fmt"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// What a flow has done becomes durable with its record, so that it can be gone
// on with after a crash: what Keep and Sync hand to the store has every value in
// full. What is left at the end is never gone on from. A large value stands there
// only for people, who need to know that it was there and whether it was the same
// as another one: so a stand-in takes its place. A flow that changes nothing has
// only that.

// brief is how many bytes a value may take in a record that need not be kept in full.
const brief = 512

// overlong tells that the record of the flow takes, or would take, too many bytes.
func (f *flow) overlong(size int64) error {
	limit := f.engine.options.Limits.Journal
	if int64(f.earlier)+size <= int64(limit) {
		return nil
	}
	return fmt.Errorf("the record of the flow takes more than %s, which is the limit (Limits.Journal): %s", bytesOf(limit), f.circle())
}

// bytesOf writes a number of bytes for people.
func bytesOf(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// stop ends the flow at a limit.
func (f *flow) stop(err error) {
	f.dead = err
	f.failed(err)
	f.recordFault(err)
}

// late tells whether the answer came after who asked had been told to wait: the
// record is where it can be found.
func (f *flow) late() bool {
	return f.answer != nil && f.handoff != nil && (f.alone || f.handoff.taken.Load())
}

// condense has the store keep less of a flow that turned its request down, once
// it is at rest. What it changed before, such as a count of tries, had the request
// kept in full: whoever is turned down shall not fill the disk with that.
func (f *flow) condense() {
	if f.handed < 4*brief || f.recovered != nil || f.engine.options.FullRecord || f.late() || !f.turnedDown() {
		return
	}
	b, err := journal.Condense(f.writer.Bytes[:f.handed], brief)
	if err == nil && len(b) < f.handed/2 {
		f.hand.Condense(b)
	}
}

// turnedDown tells whether an action was refused, or the answer says that what was
// asked for is not done.
func (f *flow) turnedDown() bool {
	if f.answer != nil {
		for _, x := range f.answer.Fields {
			if x.Name == "status" {
				status, _ := x.Value.Num()
				return status >= 400
			}
		}
	}
	for i := range f.occs {
		if o := &f.occs[i]; o.outcome == journal.Refused && o.action.Role != plan.Respond {
			return true
		}
	}
	return false
}

const (
	// furtherNames is how many names of fields that nobody reads a record keeps,
	// and furtherName how many bytes of each.
	furtherNames = 32
	furtherName  = 64
)

// namesAlone gives the fields that no sync names as the record has them. They may
// be anything, a misspelt password too: it keeps the names.
func namesAlone(further []value.Field) []value.Field {
	if len(further) == 0 {
		return nil
	}
	hidden := value.Secret(value.Flag(true))
	list := make([]value.Field, 0, min(len(further), furtherNames+1))
	for i, x := range further {
		if i == furtherNames {
			return append(list, value.Field{Name: fmt.Sprintf("… and %d more", len(further)-i), Value: hidden})
		}
		list = append(list, value.Field{Name: value.Shorten(x.Name, furtherName), Value: hidden})
	}
	return list
}
