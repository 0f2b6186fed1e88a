package group

import (
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Flow is a store's. It embeds its Part.
type Flow interface {
	// Holds reports whether the flow is in a turn.
	Holds() bool
	// Keep and Undo end it.
	Keep(entries []byte) error
	Undo()
	// Barred returns why the store bars the flow, whatever became of groups;
	// nil if it does not. It is called with the turn or the mutex.
	Barred() error
	// Begun reports whether the database has the flow's beginning, or will, so
	// that this process can resume it. It is called with the mutex.
	Begun() bool
}

// A Part is one flow's part in the groups of a line.
type Part struct {
	ID   value.ID
	flow Flow
	line *Line

	// Rests is the group with the last writes of the flow or of others that it
	// has read, nil if there are none. Set with the turn.
	Rests *Group
	Wrote bool  // some turn has written and was kept; under the turn
	Dead  error // why the flow cannot continue and is barred; set with the turn and the mutex
	Kept  bool  // the journal has its entries, or will; under the mutex

	// Under the mutex.
	given    error  // why the flow cannot continue, though kept writes stay
	stays    bool   // the database has its entries, or may
	at       int    // number of groups with its entries that are neither committed nor lost
	waits    *Group // Rest waits for it
	entries  []byte // entries for the open group
	queued   bool   // the flow is in the open group
	rested   bool
	ended    bool
	orphaned bool // it was given up and is to be resumed
	replaces bool // its entries replace those that the database has

	condensed []byte // replaces all earlier entries in Rest; nil for none
}

// Join begins a flow. It must be called with the mutex.
func (p *Part) Join(l *Line, id value.ID, flow Flow) {
	p.line, p.ID, p.flow = l, id, flow
	p.Kept = l.Marked[id]
	l.running++
}

// Flow returns the flow of the part.
func (p *Part) Flow() Flow { return p.flow }

// Lost reports whether a group of the flow was lost, or the store takes nothing
// more of it. It must be called with the turn or the mutex.
func (p *Part) Lost() error {
	if err := p.flow.Barred(); err != nil {
		return err
	}
	return p.before()
}

// before returns why a group was lost that the flow had a part in or has read
// from. It must be called with the turn or the mutex.
func (p *Part) before() error {
	if g := p.Rests; g != nil && g.Err() != nil {
		return g.Err()
	}
	if p.Dead != nil {
		return p.Dead
	}
	return p.given
}

// GiveUp notes that the flow cannot continue, since the store could not do what it
// asked. Its kept writes stay. When the flow is left, it is resumed. The returned
// error is the one to report to the flow.
func (p *Part) GiveUp(cause error) error {
	p.line.Lock()
	defer p.line.Unlock()
	if p.given == nil {
		p.given = store.Lost(cause)
	}
	return p.given
}

// Undone reports whether no group has, or may get, entries of the flow.
func (p *Part) Undone() bool {
	p.line.Lock()
	defer p.line.Unlock()
	return !p.stays && p.at == 0
}

// Doubt notes that a group with entries of the flow may or may not be committed.
// It must be called with the mutex.
func (p *Part) Doubt() { p.stays = true }

// Append adds entries to the open group.
func (p *Part) Append(entries []byte) error {
	l := p.line
	l.Lock()
	defer l.Unlock()
	return p.append(entries)
}

func (p *Part) append(entries []byte) error {
	l := p.line
	if l.Closed {
		return store.ErrClosed
	}
	if err := p.Lost(); err != nil {
		return err
	}
	if len(entries) > 0 {
		if l.options.ReadOnly {
			return store.ErrReadOnly
		}
		l.queue(p, entries)
	}
	return nil
}

// Condense sets what replaces all entries before when Rest runs.
func (p *Part) Condense(entries []byte) { p.condensed = append([]byte{}, entries...) }

// Rest ends the flow and waits for the group that it rests on.
func (p *Part) Rest(entries []byte) error {
	if p.flow.Holds() {
		p.condensed = nil // it lacks the turn's entries
		if err := p.flow.Keep(entries); err != nil {
			p.Leave()
			return err
		}
		entries = nil
	}
	l := p.line
	l.Lock()
	if p.condensed != nil && p.Lost() == nil && !l.options.ReadOnly {
		p.replaces = true
		p.entries = p.entries[:0]
		entries = append(p.condensed, entries...)
	}
	if err := p.append(entries); err != nil || l.options.ReadOnly {
		p.end()
		l.Unlock()
		return err
	}
	p.rested = true
	if p.Kept {
		l.queue(p, nil) // the database still has it as unfinished
	}
	p.end()
	g := p.Rests
	if p.Wrote && len(entries) > 0 {
		g = l.Open
	}
	if g == nil || l.options.Durability != store.Full || g != l.Open && g.Done() {
		l.Unlock()
		return nil
	}
	lead := false
	p.waits = g
	if g == l.Open {
		lead = l.join(g)
	}
	l.Unlock()
	err := l.await(g, lead)
	l.Lock()
	defer l.Unlock()
	if err == nil {
		err = p.before() // in a group that was landing when this one began
	}
	if err != nil {
		p.orphan()
	}
	return err
}

// Sync waits for the open group and all earlier ones.
func (p *Part) Sync(entries []byte) error {
	if p.flow.Holds() {
		return store.ErrInTurn
	}
	l := p.line
	l.Lock()
	err := p.append(entries)
	if err == nil && l.options.ReadOnly {
		err = store.ErrReadOnly
	}
	if err != nil {
		l.Unlock()
		return err
	}
	l.queue(p, nil)
	g := l.Open
	lead := l.join(g)
	l.Unlock()
	err = l.await(g, lead)
	l.Lock()
	defer l.Unlock()
	if err == nil {
		err = p.Lost()
	}
	return err
}

// join adds a waiter to the open group, and reports whether it has to lead. It
// must be called with the mutex.
func (l *Line) join(g *Group) (lead bool) {
	g.waiting++
	lead = !l.leading
	l.leading = true
	return lead
}

// await waits for a group.
func (l *Line) await(g *Group, lead bool) error {
	l.gauges.waiting.Add(1)
	defer l.gauges.waiting.Add(-1)
	if lead {
		l.options.Lead(g)
	}
	<-g.done
	return g.err
}

// Leave gives up the flow.
func (p *Part) Leave() {
	p.flow.Undo()
	p.line.Lock()
	defer p.line.Unlock()
	p.end()
}

// end counts the flow as ended. A flow that was given up because of a loss is
// resumed. It must be called with the mutex.
func (p *Part) end() {
	if p.ended {
		return
	}
	p.ended = true
	p.line.running--
	if p.Lost() != nil {
		p.orphan()
	}
}

// orphan notes a given-up flow, now or once a group with its beginning is
// committed. It must be called with the mutex.
func (p *Part) orphan() {
	p.orphaned = true
	if p.flow.Begun() {
		p.line.Orphans[p.ID] = true
	}
}
