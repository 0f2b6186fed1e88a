package profile

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/turns"
)

// Options say how much work the hash of a new password takes. Existing hashes
// are checked with their own parameters. The zero value works; tests use less
// work.
type Options struct {
	Memory  uint32 // of one hash, in KiB; 65,536 (64 MiB) for 0
	Time    uint32 // passes over the memory; 1 for 0
	Threads uint8  // lanes; 1 for 0
	// AtOnce is how many hashes of strangers are made at a time; 0 means the number
	// of processors. One more is for known users, so hashing takes at most Memory
	// AtOnce + 1 times.
	AtOnce int
	// Waiting is how many more may wait for a turn; 0 means four for each of
	// AtOnce, a negative number means none. Wait is how long; 0 means 5 seconds.
	// Others are refused as BUSY.
	Waiting int
	Wait    time.Duration
	// RefuseCommon refuses new passwords that are among the most common, or the
	// user's name, as COMMON_PASSWORD.
	RefuseCommon bool
}

const (
	saltSize = 16 // bytes
	keySize  = 32 // bytes
)

// A hasher makes and checks a bounded number of hashes at once.
type hasher struct {
	work  work
	turns *turns.Turns
	known *turns.Turns // for known users, one at a time
	// refuseCommon refuses common passwords.
	refuseCommon bool
}

func newHasher(o Options) *hasher {
	w := work{o.Memory, o.Time, o.Threads}
	if w.memory == 0 {
		w.memory = 64 << 10
	}
	if w.time == 0 {
		w.time = 1
	}
	if w.threads == 0 {
		w.threads = 1
	}
	return &hasher{w, turns.New(turns.Options{AtOnce: o.AtOnce, Waiting: o.Waiting, Wait: o.Wait}),
		turns.New(turns.Options{AtOnce: 1, Waiting: o.Waiting, Wait: o.Wait}), o.RefuseCommon}
}

// forKnown is the hasher for known users.
func (h *hasher) forKnown() *hasher {
	known := *h
	known.turns = h.known
	return &known
}

// A work is the parameters of argon2id.
type work struct {
	memory, time uint32
	threads      uint8
}

// errBusy is ErrBusy with the delay before a retry.
var errBusy = &legible.Refusal{Code: ErrBusy.Code, After: time.Second}

// key derives a key from a password in its turn.
func (h *hasher) key(ctx context.Context, w work, salt []byte, size int, password legible.Secret) ([]byte, error) {
	done, err := h.turns.Take(ctx)
	switch {
	case errors.Is(err, turns.ErrBusy):
		return nil, errBusy
	case err != nil:
		return nil, fmt.Errorf("waiting to hash a password: %w", err)
	}
	defer done()
	return argon2.IDKey([]byte(password.Reveal()), salt, w.time, w.memory, w.threads, uint32(size)), nil
}

// hash returns the stored form of a password:
// "$argon2id$v=19$m=65536,t=1,p=1$SALT$KEY".
func (h *hasher) hash(ctx context.Context, password legible.Secret) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails: it ends the process if there is no randomness
	key, err := h.key(ctx, h.work, salt, keySize, password)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.work.memory, h.work.time, h.work.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// matches reports whether a hash is of a password. The empty hash, that of an
// unknown user, costs as much as one of the hasher's own and matches nothing.
func (h *hasher) matches(ctx context.Context, hash string, password legible.Secret) (bool, error) {
	w, salt, want := h.work, make([]byte, saltSize), make([]byte, keySize)
	if hash != "" {
		var err error
		if w, salt, want, err = parseHash(hash); err != nil {
			return false, err
		}
	}
	got, err := h.key(ctx, w, salt, len(want), password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && hash != "", nil
}

// errHash gives no details: the stored text must not be logged.
var errHash = errors.New("what is kept of the password is no argon2id hash")

// maxMemory bounds the memory of a stored hash, in KiB: 4 GiB.
const maxMemory = 4 << 20

func parseHash(hash string) (w work, salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return work{}, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &w.memory, &w.time, &w.threads); err != nil {
		return work{}, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(key) < 16 || len(key) > 64 ||
		w.memory == 0 || w.memory > maxMemory || w.time == 0 || w.threads == 0 {
		return work{}, nil, nil, errHash
	}
	return w, salt, key, nil
}
