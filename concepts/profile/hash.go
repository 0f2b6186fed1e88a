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

// Options say how much work the hash of a new password is. A password that was
// hashed otherwise is checked with its own parameters. The zero value is right;
// tests take less.
type Options struct {
	Memory  uint32 // of one hash, in KiB; 65,536 (64 MiB) for 0
	Time    uint32 // passes over the memory; 1 for 0
	Threads uint8  // lanes; 1 for 0
	// AtOnce is how many hashes of strangers are made at one time, for 0 as many
	// as there are processors. One more is for those who are known, so that hashing
	// takes Memory AtOnce + 1 times at most.
	AtOnce int
	// Waiting is how many more may wait for a turn, four for each of AtOnce for
	// 0, none for a negative number; Wait is how long, 5 seconds for 0. What comes
	// above or takes longer is refused as BUSY.
	Waiting int
	Wait    time.Duration
	// RefuseCommon refuses new passwords that are among the most common ones, or
	// the user's own name, as COMMON_PASSWORD.
	RefuseCommon bool
}

const (
	saltSize = 16 // bytes
	keySize  = 32 // bytes
)

// A hasher makes hashes and checks them, no more than some at once.
type hasher struct {
	work  work
	turns *turns.Turns
	known *turns.Turns // for those who are no strangers, one at a time
	// refuseCommon tells that common passwords are not to be hashed.
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

// forKnown is the hasher for those who are no strangers.
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

// errBusy is ErrBusy with the time after which a client may try again.
var errBusy = &legible.Refusal{Code: ErrBusy.Code, After: time.Second}

// key derives a key of a password when it is its turn.
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

// hash makes the text that is kept of a password:
// "$argon2id$v=19$m=65536,t=1,p=1$SALT$KEY".
func (h *hasher) hash(ctx context.Context, password legible.Secret) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails: it ends the process where there is no randomness
	key, err := h.key(ctx, h.work, salt, keySize, password)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.work.memory, h.work.time, h.work.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// matches tells whether a hash was made of a password. The empty hash, that of
// a user whom nobody knows, costs what one of the hasher's own costs and
// matches nothing.
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

// errHash says no more than this: what was kept must not come into a log.
var errHash = errors.New("what is kept of the password is no argon2id hash")

// maxMemory bounds what a kept hash may ask for, in KiB: 4 GiB.
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
