package engine

import (
	"slices"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A lostRows says that a line inside a view, a block, a fold or the where of a line of
// then dropped rows. The record keeps it for explanations.
type lostRows struct {
	line *plan.Line
	null string // the output whose absence dropped the rows, or ""
	// rows and kept count the rows that the line dropped and those that its fold has
	// left. Both are 0 outside of folds.
	rows, kept int
	samples    [][]value.Value // the slots of the first rows
}

const (
	// lostLines is how many lines that dropped rows the record keeps for a frame.
	lostLines = 8
	// lostSamples is how many rows of each it keeps.
	lostSamples = 2
)

// lose notes that a line inside of another line has dropped a row. A nonempty null is
// the output that the row did not have. In a fold it counts the rows of each line.
// Elsewhere it keeps the last line in the order of the text, at which the row came
// furthest.
func (w *search) lose(line *plan.Line, null string) {
	if w.muted > 0 {
		return
	}
	w.losses++
	if !w.folding {
		if at := end(line); w.furthest.line == nil || at > end(w.furthest.line) {
			w.furthest = lostRows{line: line, null: null, samples: [][]value.Value{w.copySlots()}}
		}
		return
	}
	for i := range w.lost {
		if l := &w.lost[i]; l.line == line && l.null == null {
			if l.rows++; len(l.samples) < lostSamples {
				l.samples = append(l.samples, w.copySlots())
			}
			return
		}
	}
	if len(w.lost) < lostLines {
		w.lost = append(w.lost, lostRows{line: line, null: null, rows: 1, samples: [][]value.Value{w.copySlots()}})
	}
}

// lostSoFar returns what the current frame lost. For a dropped frame this includes the
// line inside of the dropping one that is the reason.
func (w *search) lostSoFar(dropped bool) []lostRows {
	if w.stage == nil || w.kept+w.dropped > droppedLimit {
		return nil
	}
	lost := slices.Clone(w.lost)
	if dropped && w.furthest.line != nil {
		lost = append(lost, w.furthest)
	}
	return lost
}

// end is the place of the last line inside of a view, or of any other line itself. A row
// that a view's use dropped has passed all lines of the view.
func end(line *plan.Line) int {
	if line.View == nil || len(line.View.Lines) == 0 {
		return line.Seq
	}
	lines := line.View.Lines
	return max(line.Seq, end(lines[len(lines)-1]))
}

// copySlots copies the slots as they are now.
func (w *search) copySlots() []value.Value {
	slots := w.flow.values.take(len(w.slots))
	copy(slots, w.slots)
	return slots
}

// rows runs the lines of a fold and calls row for each frame.
func (w *search) rows(lines []*plan.Line, row func()) {
	before, folding, losses := w.inner, w.folding, w.losses
	from, kept := len(w.lost), 0
	w.inner++
	w.folding = true
	w.lines(lines, 0, func() { kept++; row() })
	w.inner, w.folding, w.losses = before, folding, losses
	for i := from; i < len(w.lost); i++ {
		w.lost[i].kept += kept
	}
}

// mute runs a search for which it does not matter where it drops a row.
func (w *search) mute(run func()) {
	w.muted++
	run()
	w.muted--
}

// recordLost records what the frame of a firing or stage lost.
func (f *flow) recordLost(s *plan.Sync, of journal.FrameID, lost []lostRows) {
	for i := range lost {
		l := &lost[i]
		f.entries.Lost(s.Name, of, l.line.Span.String(), uint32(l.rows), uint32(l.kept), l.null)
		f.entries.Frames(len(l.samples))
		reads := l.line.Reads()
		if l.line.View != nil {
			for _, out := range l.line.View.Out {
				reads = append(reads, out.Inner)
			}
		}
		for _, slots := range l.samples {
			f.entries.Row(reads, s.Names, slots)
		}
		f.entries.End()
	}
}
