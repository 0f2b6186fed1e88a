package value

import (
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// An ID names a flow. It has the layout of a UUID of version 7: 48 bits of
// milliseconds, then random bits, so that ids sort by the time at which they
// were made.
type ID [16]byte

// Zero is no id.
var Zero ID

// String prints the id in the usual form of a UUID.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// Time is the moment at which the id was made, in milliseconds.
func (id ID) Time() time.Time {
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

// MarshalText returns the form of String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the form of String.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// ParseID reads what String prints, hyphens or not.
func ParseID(s string) (ID, error) {
	var id ID
	h := strings.ReplaceAll(s, "-", "")
	if len(h) != 32 {
		return Zero, fmt.Errorf("%q is not an id: an id has 32 hexadecimal digits", s)
	}
	if _, err := hex.Decode(id[:], []byte(h)); err != nil {
		return Zero, fmt.Errorf("%q is not an id: an id has 32 hexadecimal digits", s)
	}
	return id, nil
}

// DerivedID makes an id of a moment and a hash: the same for the same. It has
// the layout of a UUID of version 8.
func DerivedID(at time.Time, hash [32]byte) ID {
	var id ID
	copy(id[:], hash[:])
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = 0x80 | id[6]&0x0f
	id[8] = 0x80 | id[8]&0x3f
	return id
}

// Derived reports whether the id was made by DerivedID and may be made again.
func (id ID) Derived() bool { return id[6]>>4 == 8 }

// FirstID is the least id that may be made at a moment.
func FirstID(at time.Time) ID {
	var id ID
	ms := max(at.UnixMilli(), 0)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}

// IDs makes ids that nobody can guess and that ascend in one process. It is
// safe for use by several goroutines.
type IDs struct {
	mu     sync.Mutex
	random *rand.ChaCha8
	lastMS int64
	last   uint64
}

// NewIDs makes a source of ids from the system's own randomness.
func NewIDs() *IDs {
	var seed [32]byte
	crand.Read(seed[:]) // never fails: it ends the process where there is no randomness
	return SeededIDs(seed)
}

// SeededIDs makes a source whose ids depend on the seed and the times alone.
func SeededIDs(seed [32]byte) *IDs { return &IDs{random: rand.NewChaCha8(seed)} }

// At makes an id for a moment.
func (s *IDs) At(t time.Time) ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := t.UnixMilli()
	high := s.random.Uint64()
	if ms <= s.lastMS {
		// The same millisecond: count on from the last id, by a random step.
		ms, high = s.lastMS, s.last+1+high>>44
	} else {
		high >>= 2 // room to count on
	}
	s.lastMS, s.last = ms, high
	low := s.random.Uint64()
	var id ID
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	// 12 bits beside the version, then 52 bits of the counter's rest.
	id[6] = 0x70 | byte(high>>60)
	id[7] = byte(high >> 52)
	id[8] = 0x80 | byte(high>>46)&0x3f
	for i := range 5 {
		id[9+i] = byte(high >> (38 - 8*i))
	}
	id[14], id[15] = byte(high<<2)|byte(low)&3, byte(low>>8)
	return id
}
