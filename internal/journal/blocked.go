package journal

// BlockedBy returns the entry, Tried or Parked, that says why a flow waits: its effect
// action has failed and has neither ended since, nor has an operator decided about it.
// It returns nil for a flow that does not wait.
func BlockedBy(entries []Entry) *Entry {
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
