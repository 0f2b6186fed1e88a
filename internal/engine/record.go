package engine

import (
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func (f *flow) recordBegun() {
	if f.past == nil {
		f.entries.Begun(f.now)
	}
}

func (f *flow) recordAsked(n int32, further []value.Field) {
	if f.recorded(n) {
		return
	}
	o := &f.occs[n]
	f.entries.Asked(o.id, o.action.FullName(), o.action.Inputs, o.in, namesOnly(further))
}

func (f *flow) recordReturned(n int32) {
	o := &f.occs[n]
	f.entries.Returned(o.id, o.action.FullName(), o.action.Outputs, o.out)
}

func (f *flow) recordRefused(n int32) {
	o := &f.occs[n]
	sentence, _ := o.out[plan.RefusedError].Text()
	code, _ := o.out[plan.RefusedCode].Text()
	f.entries.Refused(o.id, o.action.FullName(), code, sentence)
}

func (f *flow) recordFailed(n int32, text string) {
	o := &f.occs[n]
	f.entries.Failed(o.id, o.action.FullName(), o.outcome, text)
}

func (f *flow) recordDecided(n int32, d *store.Decision) {
	o := &f.occs[n]
	f.entries.Decided(o.id, o.action.FullName(), d.Code, f.engine.now(), d.Reason, d.Name)
}

// recordFault records a fault outside an action. at says what part of a sync faulted, so
// that it does not run again when the flow resumes.
func (f *flow) recordFault(err error, at journal.Entry) {
	at.Text = firstLine(err.Error())
	f.entries.Faulted(at)
	f.engine.options.Log.Log(f.ctx, faultLevel(err), "flow faulted", "flow", f.idText, "error", err.Error())
}

func (f *flow) recordMatch(k journal.Kind, s *plan.Sync, at int, number uint32) {
	f.entries.Match(k, number, s.Name, len(s.When))
	for _, n := range f.tuples[at : at+len(s.When)] {
		f.entries.Matched(f.occs[n].id)
	}
}

// recordFrames ends an entry that began at start. It returns an error where the frames
// are more than a record may hold.
func (f *flow) recordFrames(s *plan.Sync, number uint32, start, keptFrom int) error {
	f.entries.Frames(len(f.kept) - keptFrom)
	for i := keptFrom; i < len(f.kept); i++ {
		if err := f.checkRecordSize(f.writer.MemorySize()); err != nil {
			f.writer.Cut(start)
			return err
		}
		k := &f.kept[i]
		if k.line == nil {
			f.entries.Frame(-1, "", s.Slots, k.slots)
			continue
		}
		f.entries.Frame(k.line.Place, k.line.Span.String(), s.Slots, k.slots)
	}
	f.entries.End()
	for i, k := range f.kept[keptFrom:] {
		f.recordLost(s, journal.FrameID{Firing: number, Frame: uint32(i)}, k.lost)
	}
	return nil
}

func (f *flow) recordDropped(s *plan.Sync, at int, lostFrom int) {
	f.recordMatch(journal.Dropped, s, at, 0)
	f.entries.Frames(len(f.dropped) - lostFrom)
	for i := lostFrom; i < len(f.dropped); i++ {
		l := &f.dropped[i]
		f.entries.Frame(l.line.Place, l.line.Span.String(), s.Slots, l.slots)
	}
	f.entries.End()
	for i, l := range f.dropped[lostFrom:] {
		f.recordLost(s, journal.FrameID{Frame: uint32(i)}, l.lost)
	}
}

// record shows the recorder what is about to be handed to the store.
func (f *flow) record(rested bool) {
	if r := f.engine.options.Recorder; r != nil {
		r(f.id, f.writer.Bytes[f.stored:], rested)
	}
}

// recorded reports whether the record has the asking of an action already.
func (f *flow) recorded(n int32) bool {
	return f.past != nil && f.past.asked[f.occs[n].id] != nil
}
