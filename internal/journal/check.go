package journal

import "fmt"

// Check checks that the entries of a flow are consistent, and returns a sentence for
// each fault. It knows no program. In every program a flow begins with one action, a
// firing asks every other action, an action ends once and only after it was asked,
// firings have consecutive numbers, and a flow at rest waits for nothing. The last
// entries of a flow that is not at rest may be missing.
func Check(entries []Entry, rested bool) []string {
	c := &checker{outcomes: map[ActionID]Outcome{}, names: map[ActionID]string{}}
	for i := range entries {
		c.entry(i, &entries[i])
	}
	if len(entries) > 0 && len(c.order) == 0 {
		c.report("it has no first action")
	}
	if rested && !c.faulted {
		for _, id := range c.order {
			if c.outcomes[id] == Pending {
				c.report("it is at rest, but the action %s (%s) has no outcome", id, c.names[id])
			}
		}
	}
	return c.found
}

// A checker has the state after some entries of a flow.
type checker struct {
	found    []string
	outcomes map[ActionID]Outcome
	names    map[ActionID]string
	order    []ActionID // as they were asked
	firings  uint32
	frames   map[uint32]int // of each firing
	faulted  bool
	last     *Entry // the match or stage before, if only entries Lost follow it
}

func (c *checker) report(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *checker) entry(i int, e *Entry) {
	if (i == 0) != (e.Kind == Begun) {
		c.report("its entry %d is %q, but a flow has exactly one entry begun, which is the first", i+1, e.Kind)
	}
	before := c.last
	c.last = nil
	switch e.Kind {
	case Asked:
		c.asked(e)
	case Completed:
		c.completed(e)
	case Fired, Dropped, Entered:
		c.matched(e)
		c.last = e
	case Lost:
		if before == nil || before.Sync != e.Sync || before.Number != e.Of.Firing || int(e.Of.Frame) >= max(len(before.Frames), 1) {
			c.report("rows of the sync %s were lost at %s in a frame that does not exist", e.Sync, e.Place)
		}
		c.last = before
	case Faulted:
		c.faulted = true
	case Tried, Parked, Decided:
		if o, asked := c.outcomes[e.ID]; !asked || o != Pending || c.names[e.ID] != e.Action {
			c.report("the action %s (%s) was %s, but the flow did not wait for it then", e.ID, e.Action, e.Kind)
		}
	}
}

func (c *checker) asked(e *Entry) {
	root := e.ID == ActionID{}
	_, again := c.outcomes[e.ID]
	switch {
	case again:
		c.report("the action %s (%s) was asked twice", e.ID, e.Action)
		return
	case root != (len(c.order) == 0):
		c.report("its first action is %s (%s), which a firing asked", e.ID, e.Action)
	case !root && e.ID.Firing > c.firings:
		c.report("the action %s (%s) was asked by a firing that does not exist", e.ID, e.Action)
	case !root && int(e.ID.Frame) >= c.frames[e.ID.Firing]:
		c.report("the action %s (%s) was asked for a frame that its firing does not have", e.ID, e.Action)
	}
	c.outcomes[e.ID], c.names[e.ID] = Pending, e.Action
	c.order = append(c.order, e.ID)
}

func (c *checker) completed(e *Entry) {
	before, asked := c.outcomes[e.ID]
	switch {
	case !asked:
		c.report("the action %s (%s) %s, but was never asked", e.ID, e.Action, e.Outcome)
		return
	case c.names[e.ID] != e.Action:
		c.report("the action %s was asked as %s and ended as %s", e.ID, c.names[e.ID], e.Action)
	case before == Returned && e.Outcome == Undone, before == Fault: // a joint decision that did not commit; another try
	case before != Pending:
		c.report("the action %s (%s) %s and then %s", e.ID, e.Action, before, e.Outcome)
	}
	c.outcomes[e.ID] = e.Outcome
}

func (c *checker) matched(e *Entry) {
	for _, id := range e.Matched {
		if o, asked := c.outcomes[id]; !asked || o == Pending {
			c.report("the sync %s matched the action %s, which had not ended", e.Sync, id)
		}
	}
	switch {
	case e.Kind == Dropped:
		return
	case e.Kind == Entered && (e.Stage < 1 && e.Line < 1 || int(e.Of.Frame) >= c.frames[e.Of.Firing]):
		c.report("the sync %s entered its stage %d for a frame that does not exist", e.Sync, e.Stage+1)
	}
	if e.Number != c.firings+1 {
		c.report("the firing %d of %s comes after firing %d: the firings between are missing", e.Number, e.Sync, c.firings)
	}
	if c.frames == nil {
		c.frames = map[uint32]int{}
	}
	c.firings = max(c.firings, e.Number)
	c.frames[e.Number] = len(e.Frames)
}
