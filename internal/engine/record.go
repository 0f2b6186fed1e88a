package engine

import (
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func (f *flow) recordBegun() {
	if f.past == nil && !f.engine.options.NoJournal {
		f.writer.Begun(f.now)
	}
}

func (f *flow) recordAsked(n int32, further []value.Field) {
	if f.silent(n) {
		return
	}
	o := &f.occs[n]
	f.writer.Asked(o.id, o.action.FullName(), o.action.Inputs, o.in, namesAlone(further))
}

func (f *flow) recordReturned(n int32) {
	if o := &f.occs[n]; !f.engine.options.NoJournal {
		f.writer.Returned(o.id, o.action.FullName(), o.action.Outputs, o.out)
	}
}

func (f *flow) recordRefused(n int32) {
	if o := &f.occs[n]; !f.engine.options.NoJournal {
		sentence, _ := o.out[plan.RefusedError].Text()
		code, _ := o.out[plan.RefusedCode].Text()
		f.writer.Refused(o.id, o.action.FullName(), code, sentence)
	}
}

func (f *flow) recordFailed(n int32, text string) {
	if o := &f.occs[n]; !f.engine.options.NoJournal {
		outcome := o.outcome
		f.writer.Failed(o.id, o.action.FullName(), outcome, text)
	}
}

func (f *flow) recordDecided(n int32, d *store.Decision) {
	if o := &f.occs[n]; !f.engine.options.NoJournal {
		f.writer.Decided(o.id, o.action.FullName(), d.Code, f.engine.now(), d.Reason, d.Name)
	}
}

func (f *flow) recordFault(err error) {
	if !f.engine.options.NoJournal {
		f.writer.Faulted(firstLine(err.Error()))
	}
	f.engine.options.Log.Log(f.ctx, faultLevel(err), "flow faulted", "flow", f.idText, "error", err.Error())
}

func (f *flow) recordMatch(k journal.Kind, s *plan.Sync, at int, number uint32) {
	f.writer.Match(k, number, s.Name, len(s.When))
	for _, n := range f.tuples[at : at+len(s.When)] {
		f.writer.Matched(f.occs[n].id)
	}
}

// recordFired gives the error where the frames are more than a record may hold.
func (f *flow) recordFired(s *plan.Sync, at int, number uint32, keptFrom int) error {
	if f.engine.options.NoJournal {
		return nil
	}
	start := len(f.writer.Bytes)
	f.recordMatch(journal.Fired, s, at, number)
	f.writer.Frames(len(f.kept) - keptFrom)
	for i := keptFrom; i < len(f.kept); i++ {
		if err := f.overlong(f.writer.Held()); err != nil {
			f.writer.Cut(start)
			return err
		}
		k := &f.kept[i]
		if k.line == nil {
			f.writer.Frame(-1, "", s.Slots, k.slots)
			continue
		}
		f.writer.Frame(lineOf(s, k.line), k.line.Span.String(), s.Slots, k.slots)
	}
	f.writer.End()
	return nil
}

func (f *flow) recordDropped(s *plan.Sync, at int, lostFrom int) {
	if f.engine.options.NoJournal {
		return
	}
	f.recordMatch(journal.Dropped, s, at, 0)
	f.writer.Frames(len(f.lost) - lostFrom)
	for i := lostFrom; i < len(f.lost); i++ {
		l := &f.lost[i]
		f.writer.Frame(l.place, l.line.Span.String(), s.Slots, l.slots)
	}
	f.writer.End()
}

func lineOf(s *plan.Sync, line *plan.Line) int {
	for i, l := range s.Where {
		if l == line {
			return i
		}
	}
	return -1
}

// record shows the recorder what is about to be handed to the store.
func (f *flow) record(rested bool) {
	if r := f.engine.options.Recorder; r != nil {
		r(f.id, f.writer.Bytes[f.handed:], rested)
	}
}

// silent tells whether the record has the asking of an action already.
func (f *flow) silent(n int32) bool {
	if f.engine.options.NoJournal {
		return true
	}
	return f.past != nil && f.past.asked[f.occs[n].id] != nil
}
