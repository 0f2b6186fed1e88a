package journal

import "fmt"

// Check holds the entries of a flow against each other, and returns what cannot
// be, a sentence each. It knows no program: what holds for every one is that a
// flow begins with one action, that what is asked was asked by a firing, that
// what ended had been asked and ended once, that firings are numbered without a
// hole, and that a flow at rest waits for nothing. Of a flow that is not at
// rest the last may be missing.
func Check(entries []Entry, rested bool) []string {
	c := &checking{outcomes: map[ActionID]Outcome{}, names: map[ActionID]string{}}
	for i := range entries {
		c.entry(i, &entries[i])
	}
	if len(entries) > 0 && len(c.order) == 0 {
		c.say("nothing was asked in it")
	}
	if rested && !c.faulted {
		for _, id := range c.order {
			if c.outcomes[id] == Pending {
				c.say("it is at rest, but the action %s (%s) has no outcome", id, c.names[id])
			}
		}
	}
	return c.found
}

// A checking is what is known after some of a flow's entries.
type checking struct {
	found    []string
	outcomes map[ActionID]Outcome
	names    map[ActionID]string
	order    []ActionID // as they were asked
	firings  uint32
	frames   map[uint32]int // of each firing
	faulted  bool
}

func (c *checking) say(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *checking) entry(i int, e *Entry) {
	if (i == 0) != (e.Kind == Begun) {
		c.say("its entry %d is %q, but a flow has that it was begun at first, and once", i+1, e.Kind)
	}
	switch e.Kind {
	case Asked:
		c.asked(e)
	case Completed:
		c.completed(e)
	case Fired, Dropped:
		c.matched(e)
	case Faulted:
		c.faulted = true
	case Tried, Parked, Decided:
		if o, asked := c.outcomes[e.ID]; !asked || o != Pending || c.names[e.ID] != e.Action {
			c.say("the action %s (%s) was %s, but it was not waited for then", e.ID, e.Action, e.Kind)
		}
	}
}

func (c *checking) asked(e *Entry) {
	root := e.ID == ActionID{}
	_, again := c.outcomes[e.ID]
	switch {
	case again:
		c.say("the action %s (%s) was asked twice", e.ID, e.Action)
		return
	case root != (len(c.order) == 0):
		c.say("it does not begin with the one action that nobody asked: the action %s (%s) came in its place", e.ID, e.Action)
	case !root && e.ID.Firing > c.firings:
		c.say("the action %s (%s) was asked by a firing that is not there", e.ID, e.Action)
	case !root && int(e.ID.Frame) >= c.frames[e.ID.Firing]:
		c.say("the action %s (%s) was asked for a frame that its firing does not have", e.ID, e.Action)
	}
	c.outcomes[e.ID], c.names[e.ID] = Pending, e.Action
	c.order = append(c.order, e.ID)
}

func (c *checking) completed(e *Entry) {
	before, asked := c.outcomes[e.ID]
	switch {
	case !asked:
		c.say("the action %s (%s) %s, but was never asked", e.ID, e.Action, e.Outcome)
		return
	case c.names[e.ID] != e.Action:
		c.say("the action %s was asked as %s and ended as %s", e.ID, c.names[e.ID], e.Action)
	case before == Returned && e.Outcome == Undone, before == Fault: // a decision that was not kept; another try
	case before != Pending:
		c.say("the action %s (%s) %s and then %s", e.ID, e.Action, before, e.Outcome)
	}
	c.outcomes[e.ID] = e.Outcome
}

func (c *checking) matched(e *Entry) {
	for _, id := range e.Matched {
		if o, asked := c.outcomes[id]; !asked || o == Pending {
			c.say("the sync %s matched the action %s, which had not ended", e.Sync, id)
		}
	}
	if e.Kind == Dropped {
		return
	}
	if e.Number != c.firings+1 {
		c.say("the firing %d of %s comes after firing %d: what is between is missing", e.Number, e.Sync, c.firings)
	}
	if c.frames == nil {
		c.frames = map[uint32]int{}
	}
	c.firings = max(c.firings, e.Number)
	c.frames[e.Number] = len(e.Frames)
}
