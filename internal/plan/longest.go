package plan

import "github.com/legible-lang/legible/internal/check"

// MaxText is how many characters a text in a request has at most, unless the
// program is told otherwise.
const MaxText = 64 << 10

const (
	longToken = 4 << 10 // characters of an identity, a secret or a constant
	longPlain = 64      // characters of a number, a flag, a date or a moment
)

// Longest gives how many characters a value of a type may have in a request where
// texts have most, and false where the type says nothing about that: lists,
// records, binary data and what may be anything.
func Longest(t check.Type, most int) (int, bool) {
	switch t.Kind {
	case check.String:
		return most, true
	case check.Identity, check.Secret, check.Enum:
		return min(longToken, most), true
	case check.Number, check.Flag, check.Date, check.DateTime:
		return min(longPlain, most), true
	}
	return 0, false
}

// Longest is that of the field's type. What says who is asking is as long as a
// secret, whatever its type.
func (f *Field) Longest(most int) (int, bool) {
	if f.Credential != nil {
		return min(longToken, most), true
	}
	return Longest(f.Type, most)
}
