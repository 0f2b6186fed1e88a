package journal

import "encoding/binary"

// A Mark is what Skim reads of an entry. Name is the action or the sync; it refers to the
// journal's bytes and must not be kept.
type Mark struct {
	Kind    Kind
	Name    []byte
	Outcome Outcome // of Completed
}

// Skim reads the entries of a flow without their values, for counting. It allocates
// nothing. Invalid bytes end it.
func Skim(b []byte, each func(Mark)) {
	for len(b) >= 5 {
		kind, size := Kind(b[0]), binary.LittleEndian.Uint32(b[1:])
		if uint64(size) > uint64(len(b)-5) {
			return
		}
		m := Mark{Kind: kind}
		if !m.skim(b[5 : 5+size]) {
			return
		}
		each(m)
		b = b[5+size:]
	}
}

// skim reads an entry and reports whether it is valid.
func (m *Mark) skim(b []byte) bool {
	numbers := 0
	switch m.Kind {
	case Begun, Faulted, Lost:
		return true
	case Asked, Completed, Tried, Parked, Decided:
		numbers = 3 // the id
	case Fired, Dropped, Entered:
		numbers = 1
	default:
		return false
	}
	if numbers == 3 && len(b) > 4 && b[0]|b[1]|b[2]|b[3] < 1<<7 && int(b[3]) <= len(b)-4 {
		// Nearly every action: small numbers and a short name.
		end := 4 + int(b[3])
		m.Name, b = b[4:end], b[end:]
		return m.outcome(b)
	}
	for range numbers {
		_, n := binary.Uvarint(b)
		if n <= 0 {
			return false
		}
		b = b[n:]
	}
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return false
	}
	m.Name, b = b[n:n+int(length)], b[n+int(length):]
	return m.outcome(b)
}

// outcome reads the fields after the name.
func (m *Mark) outcome(b []byte) bool {
	if m.Kind == Completed {
		if len(b) == 0 {
			return false
		}
		m.Outcome = Outcome(b[0])
	}
	return true
}
