package legible

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"unique"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/value"
)

// A Secret is a text that must not be shown: a password, a token. Printing,
// logging or marshalling it writes a mark instead, even when it is in an
// unexported field.
type Secret struct{ text unique.Handle[string] }

// NewSecret makes a secret of 256 random bits: 43 characters that are valid in
// a URL, a header and a cookie.
func NewSecret() Secret {
	var b [32]byte
	rand.Read(b[:]) // never fails: it ends the process if there is no randomness
	return SecretOf(base64.RawURLEncoding.EncodeToString(b[:]))
}

// SecretOf makes a secret of a text.
func SecretOf(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal gives the text.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.text.Value()
}

// Digest returns what state keeps of a secret: enough to find it again, but no
// help in guessing a secret of NewSecret. A password needs a slow hash instead.
func (s Secret) Digest() Digest {
	return Digest(engine.Digest(s.Reveal()))
}

func (s Secret) String() string               { return value.Hidden }
func (s Secret) GoString() string             { return value.Hidden }
func (s Secret) MarshalText() ([]byte, error) { return []byte(value.Hidden), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(value.Hidden) }

// A Digest is the SHA-256 of a secret, in hexadecimal digits.
type Digest string
