package journal

// Held returns the entry that says why a flow stands still, of kind Tried or
// Parked: its effect action has failed and has not ended since, and nobody has
// decided about it. It is nil for a flow that is not held up.
func Held(entries []Entry) *Entry {
	var held *Entry
	for i := range entries {
		switch e := &entries[i]; e.Kind {
		case Tried, Parked:
			held = e
		case Decided, Completed:
			if held != nil && held.ID == e.ID {
				held = nil
			}
		}
	}
	return held
}
