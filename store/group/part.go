package group

import (
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Flow is a store's, which embeds its Part.
type Flow interface {
	// Holds tells whether the flow is in a turn, or looks.
	Holds() bool
	// Keep and Undo end that.
	Keep(entries []byte) error
	Undo()
	// Barred says why the store takes nothing more of the flow, whatever became
	// of groups; nil when it does. It is called with the turn or the mutex.
	Barred() error
	// Begun tells whether the database has the flow's beginning, or will have
	// it, so that this process can take it up again. It is called with the mutex.
	Begun() bool
}

// A Part is one flow's part in the groups of a line.
type Part struct {
	ID   value.ID
	flow Flow
	line *Line

	// Rests is the group with the last writes of the flow or of others that it
	// has read, nil before there are any. Set with the turn.
	Rests *Group
	Wrote bool  // some turn has written and was kept; under the turn
	Dead  error // why the flow cannot go on, and nothing more of it is taken; set with the turn and the mutex
	Kept  bool  // the journal has entries of it, or will; under the mutex

	// Under the mutex.
	given    error  // why the flow cannot go on, although what it has kept stays
	stays    bool   // the database has entries of it, or may have
	at       int    // how many groups have entries of it and are neither committed nor lost
	waits    *Group // that Rest waits for
	entries  []byte // that are to go with the open group
	queued   bool   // the flow is in the open group
	rested   bool
	ended    bool
	orphaned bool // it was given up, and is to be taken up again
	replaces bool // its entries take the place of those that the database has

	condensed []byte // that Rest puts in the place of all before; nil for none
}

// Join is the beginning of a flow. It must be called with the mutex.
func (p *Part) Join(l *Line, id value.ID, flow Flow) {
	p.line, p.ID, p.flow = l, id, flow
	p.Kept = l.Marked[id]
	l.running++
}

// Flow gives the flow whose part it is.
func (p *Part) Flow() Flow { return p.flow }

// Lost tells whether something that the flow had a part in was lost, or the
// store takes nothing more of it. It must be called with the turn or the mutex.
func (p *Part) Lost() error {
	if err := p.flow.Barred(); err != nil {
		return err
	}
	return p.before()
}

// before tells whether a group was lost that the flow had a part in, or has read
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

// GiveUp notes that the flow cannot go on from where it is, since the store could
// not do what it asked. What it has kept stays. When the flow is left, it is taken
// up again. The error is the one to tell the flow.
func (p *Part) GiveUp(cause error) error {
	p.line.Lock()
	defer p.line.Unlock()
	if p.given == nil {
		p.given = store.Lost(cause)
	}
	return p.given
}

// Undone tells whether no group has taken, or may take, entries of the flow.
func (p *Part) Undone() bool {
	p.line.Lock()
	defer p.line.Unlock()
	return !p.stays && p.at == 0
}

// Doubt notes that nobody knows whether a group was committed with entries of the
// flow. It must be called with the mutex.
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

// Condense notes what Rest puts in the place of the entries before it.
func (p *Part) Condense(entries []byte) { p.condensed = append([]byte{}, entries...) }

// Rest ends the flow, and waits for the group that it rests on.
func (p *Part) Rest(entries []byte) error {
	if p.flow.Holds() {
		p.condensed = nil // what is kept with the turn is not in it
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
		l.queue(p, nil) // what the database has of it says that it is unfinished
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
		err = p.before() // in a group that was landing when this one was begun
	}
	if err != nil {
		p.orphan()
	}
	return err
}

// Sync waits for the open group, and with it for all before.
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

// join makes one more wait for the open group, and tells whether it is the one
// to lead. It must be called with the mutex.
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

// Leave gives the flow up.
func (p *Part) Leave() {
	p.flow.Undo()
	p.line.Lock()
	defer p.line.Unlock()
	p.end()
}

// end counts the flow out. One that was given up because something was lost is
// taken up again. It must be called with the mutex.
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

// orphan notes a flow that was given up, now or once a group with its beginning
// is committed. It must be called with the mutex.
func (p *Part) orphan() {
	p.orphaned = true
	if p.flow.Begun() {
		p.line.Orphans[p.ID] = true
	}
}
