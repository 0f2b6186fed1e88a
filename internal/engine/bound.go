package engine

import (
	"fmt"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// The record makes a flow durable, so that it can resume after a crash: Commit and
// Flush pass every value to the store in full. A flow never resumes from the entries
// that remain for Finish. In them, a large value only shows people that it was there
// and whether it equals another value, so a stand-in replaces it. A flow that changes
// nothing has only such entries.

// brief is the limit in bytes of a value in a record that is not kept in full.
const brief = 512

// checkRecordSize returns an error if the flow's record is, or would be, too long.
func (f *flow) checkRecordSize(size int64) error {
	limit := f.engine.options.Limits.Journal
	if int64(f.storedBefore)+size <= int64(limit) {
		return nil
	}
	return fmt.Errorf("the record of the flow takes more than %s, which is the limit (Limits.Journal): %s", bytesOf(limit), f.cycle())
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
	f.noteFault(err)
	f.recordFault(err, journal.Entry{})
}

// answeredLate reports whether the answer came after the caller was told to wait: it is
// then in the record.
func (f *flow) answeredLate() bool {
	return f.answer != nil && f.caller != nil && (f.detached || f.caller.answered.Load())
}

// condenseRecord makes the store keep less of a flow that turned its request down, once
// it is at rest. An earlier change, such as a count of tries, has stored the
// request in full; rejected clients must not fill the disk with that.
func (f *flow) condenseRecord() {
	if f.stored < 4*brief || f.recovered != nil || f.engine.options.FullRecord || f.answeredLate() || !f.declined() {
		return
	}
	b, err := journal.Condense(f.writer.Bytes[:f.stored], brief)
	if err == nil && len(b) < f.stored/2 {
		f.session.Condense(b)
	}
}

// declined reports whether an action was refused, or the answer has an error
// status.
func (f *flow) declined() bool {
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
	// furtherNames is how many names of unread fields a record keeps, and
	// furtherName how many bytes of each.
	furtherNames = 32
	furtherName  = 64
)

// namesOnly returns the fields that no sync names as the record has them. They
// may be anything, even a mistyped password: only names stay.
func namesOnly(further []value.Field) []value.Field {
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
