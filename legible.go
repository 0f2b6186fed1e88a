// Package legible runs backends made of concepts and synchronizations: text says
// what happens, Go says how.
//
// Its three main types are [App], a program with its concepts; [Concept], a
// specification with its Go code; and [Context], the argument of an action. It
// promises that the program does what the text says, that every request is
// answered, and that the record of what happened explains why. It refuses to
// guess: a program that does not pass the checker does not start.
//
//	app := legible.New(files, requesting.New, profile.New, sessioning.New)
//	err := app.ListenAndServe(ctx, legible.Options{Store: "sqlite:app.db"})
package legible

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"unique"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Context is what an action or query receives: a context.Context that ends
// with the flow's deadline, the flow's one instant, fresh identities, and the
// concept's state.
type Context = engine.Context

// A Method is an action as the engine calls it. Generated code makes it.
type Method = engine.Method

// A QueryMethod is a query as the engine calls it. Generated code makes it.
type QueryMethod = engine.QueryMethod

// Rows are the rows of a query; generated code sets them.
type Rows = engine.Rows

// Methods are the Go side of one instance of a concept.
type Methods = engine.Methods

// A Refusal is the error with which an action declines. Generated code has one
// for each code of the specification.
type Refusal = engine.Refusal

// A Value is a value of the language, where a concept takes any: Json.
type Value = value.Value

// A Blob refers to a large value. Context opens it.
type Blob = value.Blob

// A Concept is a specification and its Go code. The New function of a concept's
// package returns one.
type Concept struct {
	// File is the name of the specification in messages: "profile.concept".
	File string
	// Spec is its text.
	Spec string
	// Build makes the Go side of one instance. It is called once for each
	// "use" in the app, when the app is opened.
	Build func(*Instance) Methods
}

// An Instance is one use of a concept in an app.
type Instance struct {
	Name   string
	Log    *slog.Logger
	tables map[string]*store.Table
}

// Table returns the table of a set by the set's name, upper-case, singular.
// Generated code asks only for the sets of its own specification.
func (in *Instance) Table(set string) *store.Table {
	t := in.tables[set]
	if t == nil {
		panic(fmt.Sprintf("%s has no set %s: run legible gen again", in.Name, set))
	}
	return t
}

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
	sum := sha256.Sum256([]byte(s.Reveal()))
	return Digest(hex.EncodeToString(sum[:]))
}

func (s Secret) String() string               { return value.Hidden }
func (s Secret) GoString() string             { return value.Hidden }
func (s Secret) MarshalText() ([]byte, error) { return []byte(value.Hidden), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(value.Hidden) }

// A Digest is the SHA-256 of a secret, in hexadecimal digits.
type Digest string

// IsTaken reports whether an error of Insert or Update says that another member
// has the same value in the named field, or in any unique field for "".
func IsTaken(err error, field string) bool {
	var u *store.UniqueError
	if !errors.As(err, &u) {
		return false
	}
	for _, c := range u.Columns {
		if field == "" || u.Table.Columns[c].Name == field {
			return true
		}
	}
	return false
}

// IsMissing reports whether an Update or Delete error means that the member is
// missing.
func IsMissing(err error) bool {
	var m *store.MemberError
	return errors.As(err, &m) && !m.Exists
}
