package engine

import (
	"errors"
	"fmt"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// fire runs one match of a sync: the actions in f.tuples that begin at index at.
func (f *flow) fire(s *plan.Sync, at int) {
	width := len(s.When)
	depth := int32(0)
	for _, n := range f.tuples[at : at+width] {
		depth = max(depth, f.occs[n].depth)
	}
	depth++
	keptFrom, lostFrom, held := len(f.kept), len(f.dropped), f.frameBytes
	defer func() { f.frameBytes = held }()
	number, known := f.recallFiring(s, at)
	if !known && f.matchedGone(s, at) {
		err := fmt.Errorf("%s: sync %s: %w", s.Span, s.Name, errGone)
		f.noteFault(err)
		f.recordFault(err, f.matchOf(s, at))
		return
	}
	if !known {
		slots := f.values.take(len(s.Slots))
		f.bindMatch(s, at, slots)
		if !f.where(s, s.Stages[0], slots, func() journal.Entry { return f.matchOf(s, at) }) {
			f.take(f.tuples[at : at+width]) // the fault is the end of the flow, not a refusal that the sync was to handle
			f.popFrames(keptFrom, lostFrom)
			return
		}
		if len(f.kept) == keptFrom {
			f.recordDropped(s, at, lostFrom)
			f.popFrames(keptFrom, lostFrom)
			return
		}
		start := len(f.writer.Bytes)
		f.recordMatch(journal.Fired, s, at, f.firings+1)
		if err := f.recordFrames(s, f.firings+1, start, keptFrom); err != nil {
			f.stop(err)
			f.popFrames(keptFrom, lostFrom)
			return
		}
		f.firings++
		number = f.firings
	} else if number == 0 {
		return // the journal has it as dropped, or as faulted
	}
	f.take(f.tuples[at : at+width])
	f.runStage(s, s.Stages[0], number, keptFrom, depth)
	f.popFrames(keptFrom, lostFrom)
}

// take notes that a sync has matched actions.
func (f *flow) take(matched []int32) {
	for _, n := range matched {
		f.occs[n].taken = true
	}
}

// matchOf names a match in a fault.
func (f *flow) matchOf(s *plan.Sync, at int) journal.Entry {
	e := journal.Entry{Sync: s.Name}
	for _, n := range f.tuples[at : at+len(s.When)] {
		e.Matched = append(e.Matched, f.occs[n].id)
	}
	return e
}

// where runs the where of a stage with the bindings in slots and reports whether it
// did not fail. at names the stage in a fault.
func (f *flow) where(s *plan.Sync, stage *plan.Stage, slots []value.Value, at func() journal.Entry) bool {
	if len(stage.Where) == 0 {
		f.kept = append(f.kept, keptFrame{slots: slots})
		return true
	}
	err := f.frames(s, stage, slots)
	if err != nil && !f.suspended() { // otherwise the where runs again when the flow resumes
		f.noteFault(err)
		f.recordFault(err, at())
	}
	return err == nil
}

// runStage asks the actions of the frames from index keptFrom on. Each frame runs all
// later stages before the next frame begins.
func (f *flow) runStage(s *plan.Sync, stage *plan.Stage, number uint32, keptFrom int, depth int32) {
	end := len(f.kept)
	for i := keptFrom; i < end && f.dead == nil; i++ {
		frame := f.kept[i]
		id := journal.ActionID{Firing: number, Frame: uint32(i - keptFrom)}
		ended := false
		switch {
		case frame.line != nil:
			f.askAll(s, stage, frame.line.Else, frame.slots, id, depth)
			ended = true
		case stage.Together:
			ended = !f.askTogether(s, stage, stage.Then, frame.slots, id, depth)
		default:
			ended = !f.askAll(s, stage, stage.Then, frame.slots, id, depth)
		}
		if next := stage.Index + 1; !ended && f.dead == nil && next < len(s.Stages) {
			f.enterStage(s, s.Stages[next], journal.FrameID{Firing: number, Frame: id.Frame}, frame.slots, depth)
		}
	}
}

// enterStage runs a later stage for a frame.
func (f *flow) enterStage(s *plan.Sync, stage *plan.Stage, of journal.FrameID, slots []value.Value, depth int32) {
	keptFrom, lostFrom, held := len(f.kept), len(f.dropped), f.frameBytes
	defer func() {
		f.popFrames(keptFrom, lostFrom)
		f.frameBytes = held
	}()
	number, known := f.recallStage(s, stage, of, 0)
	if !known {
		if !f.where(s, stage, slots, func() journal.Entry { return journal.Entry{Sync: s.Name, Stage: stage.Index, Of: of} }) {
			return
		}
		start := len(f.writer.Bytes)
		f.entries.Entered(f.firings+1, s.Name, stage.Index, of, 0)
		if err := f.recordFrames(s, f.firings+1, start, keptFrom); err != nil {
			f.stop(err)
			return
		}
		f.firings++
		number = f.firings
	} else if number == 0 {
		return // the journal has it as faulted
	}
	f.runStage(s, stage, number, keptFrom, depth)
}

// popFrames removes the frames of a firing from the stacks.
func (f *flow) popFrames(kept, lost int) {
	clear(f.kept[kept:])
	f.kept = f.kept[:kept]
	clear(f.dropped[lost:])
	f.dropped = f.dropped[:lost]
}

// bindMatch sets the slots of the variables of when.
func (f *flow) bindMatch(s *plan.Sync, at int, slots []value.Value) {
	for i, p := range s.When {
		n := f.tuples[at+i]
		for i := range p.Vars {
			v := &p.Vars[i]
			if !slots[v.Slot].IsNull() {
				continue
			}
			if x := f.column(n, v.Column); !x.IsNull() {
				slots[v.Slot] = x
			} else if slots[v.Slot].IsUnset() {
				slots[v.Slot] = v.Missing(x)
			}
		}
	}
}

// askAll asks the lines of one frame in order. An awaited line must return and match
// before the next one is asked. It reports whether all lines were asked.
func (f *flow) askAll(s *plan.Sync, stage *plan.Stage, lines []*plan.Ask, slots []value.Value, id journal.ActionID, depth int32) bool {
	for _, line := range lines {
		if f.dead != nil {
			return false
		}
		if !f.askFrames(s, stage, line, slots, id, depth, false) {
			return false
		}
	}
	return true
}

// askFrames asks a line once, or for each frame of its where. It reports whether the
// lines below it are asked: if all must return, or the line is awaited, each asked action
// must return and match.
func (f *flow) askFrames(s *plan.Sync, stage *plan.Stage, line *plan.Ask, slots []value.Value, id journal.ActionID, depth int32, all bool) bool {
	ask := func(frame []value.Value, id journal.ActionID) bool {
		n, ok := f.askLine(s, line, frame, id, depth)
		if f.dead != nil {
			return false
		}
		if !line.Awaited && !all || ok && f.accepted(line, n, frame) {
			return true
		}
		if ok && !all {
			f.handle(s, stage, line, n, slots, id, depth)
		}
		return false
	}
	if line.Where == nil {
		return ask(slots, id)
	}
	keptFrom, lostFrom, held := len(f.kept), len(f.dropped), f.frameBytes
	defer func() {
		f.popFrames(keptFrom, lostFrom)
		f.frameBytes = held
	}()
	of := journal.FrameID{Firing: id.Firing, Frame: id.Frame}
	number, known := f.recallStage(s, stage, of, line.Line+1)
	if !known {
		working := f.values.take(len(slots))
		copy(working, slots)
		lost, err := f.framesOf(s, line, working)
		if err != nil {
			if !f.suspended() { // otherwise the where runs again when the flow resumes
				f.noteFault(err)
				f.recordFault(err, journal.Entry{Sync: s.Name, Stage: stage.Index, Of: of, Line: line.Line + 1})
			}
			return false
		}
		start := len(f.writer.Bytes)
		f.entries.Entered(f.firings+1, s.Name, stage.Index, of, line.Line+1)
		if err := f.recordFrames(s, f.firings+1, start, keptFrom); err != nil {
			f.stop(err)
			return false
		}
		f.recordLost(s, journal.FrameID{Firing: f.firings + 1}, lost)
		f.firings++
		number = f.firings
	} else if number == 0 {
		return false // the journal has it as faulted
	}
	for i, end := keptFrom, len(f.kept); i < end; i++ {
		if !ask(f.kept[i].slots, journal.ActionID{Firing: number, Frame: uint32(i - keptFrom)}) {
			return false
		}
	}
	return true
}

// handle asks the else of a line whose action was refused. The refusal then counts as
// matched.
func (f *flow) handle(s *plan.Sync, stage *plan.Stage, line *plan.Ask, n int32, slots []value.Value, id journal.ActionID, depth int32) {
	if f.occs[n].outcome != journal.Refused {
		return
	}
	code, _ := f.occs[n].out[plan.RefusedCode].Text()
	if h := line.Handler(code); h != nil {
		f.occs[n].taken = true
		slots[h.Error], slots[h.Refusal] = f.occs[n].out[plan.RefusedError], f.occs[n].out[plan.RefusedCode]
		f.askAll(s, stage, h.Asks, slots, id, depth)
	}
}

// askLine asks one line and reports whether it could be asked.
func (f *flow) askLine(s *plan.Sync, line *plan.Ask, slots []value.Value, id journal.ActionID, depth int32) (int32, bool) {
	id.Line = uint32(line.Line)
	if f.past != nil && f.past.faulted[id] {
		return -1, false
	}
	in := f.values.take(len(line.Action.Inputs))
	for i := range line.In {
		input := &line.In[i]
		switch {
		case input.Term.Expr != nil:
			v, err := f.eval(input.Term.Expr, slots)
			if errors.Is(err, errGone) {
				v, err = value.Lost, nil // the record may have the outcome; otherwise the action faults
			}
			if err != nil {
				err = faultAt(line, input.Term.Expr.Text, blameInput(input.Term.Expr, err))
				f.noteFault(err)
				f.recordFault(err, journal.Entry{Sync: s.Name, ID: id})
				return -1, false
			}
			in[input.Column] = v
		case input.Term.Slot >= 0:
			if v := slots[input.Term.Slot]; !input.Absent || !v.IsNull() {
				in[input.Column] = v
			}
		default:
			in[input.Column] = input.Term.Literal
		}
		switch {
		case input.Secret:
			in[input.Column] = value.Secret(in[input.Column])
		case input.Part && input.Name == "status" && line.Action.Role == plan.Respond:
			in[input.Column] = in[input.Column].RevealAll() // it is in the log of requests anyway
		}
	}
	f.asking = line
	return f.ask(line.Action, in, nil, id, s, depth), true
}

// accepted reports whether an awaited action returned what its line requires, and binds
// its outputs.
func (f *flow) accepted(line *plan.Ask, n int32, slots []value.Value) bool {
	if f.occs[n].outcome != journal.Returned {
		return false
	}
	for i := range line.Out {
		o := &line.Out[i]
		if !accepts(o, f.occs[n].out[o.Column], slots) {
			return false
		}
	}
	return true
}

// askTogether asks the lines as one decision: all return and commit together, or none
// does. Their consequences follow after that. It reports whether they have committed.
func (f *flow) askTogether(s *plan.Sync, stage *plan.Stage, lines []*plan.Ask, slots []value.Value, id journal.ActionID, depth int32) bool {
	from := int32(len(f.occs))
	f.togetherDepth++
	f.call.together = true
	done := true
	for _, line := range lines {
		if !f.askFrames(s, stage, line, slots, id, depth, true) {
			done = false
			break
		}
	}
	f.togetherDepth--
	f.call.together = false
	if done {
		if err := f.checkRecordSize(f.writer.Size()); err != nil {
			f.rollback()
			for n := from; n < int32(len(f.occs)); n++ {
				f.markUndone(n)
			}
			f.stop(err)
			return false
		}
	}
	if done && f.commit() {
		end := int32(len(f.occs))
		for n := from; n < end; n++ {
			f.addCompleted(n)
		}
		for n := from; n < end && f.dead == nil; n++ {
			f.consider(n)
		}
		return true
	}
	f.rollback()
	last := int32(len(f.occs)) - 1
	for n := from; n < last; n++ {
		f.markUndone(n)
	}
	if last < from || f.dead != nil {
		return false
	}
	if f.occs[last].outcome == journal.Returned {
		f.markUndone(last) // it returned something else than its line requires
		return false
	}
	f.addCompleted(last)
	f.consider(last)
	return false
}

// markUndone notes that a completed action counts as not asked.
func (f *flow) markUndone(n int32) {
	if f.occs[n].outcome == journal.Returned {
		f.occs[n].outcome = journal.Undone
		if f.occs[n].action.Role == plan.Respond {
			f.answer = nil
		}
		if f.past == nil || !f.past.undone[f.occs[n].id] {
			f.recordFailed(n, "undone: another action of the same decision did not return")
		}
	}
}
