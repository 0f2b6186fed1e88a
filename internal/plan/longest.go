package plan

import "github.com/legible-lang/legible/internal/check"

// MaxText is the default limit for the characters of a text in a request.
const MaxText = 64 << 10

const (
	longToken = 4 << 10 // characters of an identity, a secret or a constant
	longPlain = 64      // characters of a number, a flag, a date or a moment
)

// Longest returns how many characters a value of a type may have in a request in which
// a text may have most characters. It returns false if the type sets no limit: for
// lists, records, binary data and values of any type.
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

// Longest returns the limit of the field's type. A credential may be as long as a
// secret, independently of its type.
func (f *Field) Longest(most int) (int, bool) {
	if f.Credential != nil {
		return min(longToken, most), true
	}
	return Longest(f.Type, most)
}
