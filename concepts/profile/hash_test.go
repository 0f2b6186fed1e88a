package profile

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/legible-lang/legible"
)

var errCanceled = errors.New("the flow is over")

// canceled is a context that is over.
type canceled struct{ context.Context }

func (canceled) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}
func (canceled) Err() error { return errCanceled }

// A hash of the reference program, echo -n password | argon2 somesalt -id -t 2
// -k 256 -p 1 -e, is checked as one of ours.
func TestReferenceHash(t *testing.T) {
	const hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for password, want := range map[string]bool{"password": true, "differentpassword": false} {
		if got, err := newHasher(quick()).matches(t.Context(), hash, legible.SecretOf(password)); got != want || err != nil {
			t.Errorf("%q matches: %v, %v, want %v", password, got, err, want)
		}
	}
}

func TestHashesSayHowTheyWereMade(t *testing.T) {
	h := newHasher(quick())
	hash, err := h.hash(t.Context(), legible.SecretOf("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("the hash %q does not say how it was made", hash)
	}
	again, err := h.hash(t.Context(), legible.SecretOf("correct horse"))
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are the same: %q, %v", hash, err)
	}
	// Another hasher checks it: the parameters are in the hash.
	other := newHasher(Options{Memory: 16, Time: 2, Threads: 2})
	for password, want := range map[string]bool{"correct horse": true, "correct hors": false, "": false} {
		if got, err := other.matches(t.Context(), hash, legible.SecretOf(password)); got != want || err != nil {
			t.Errorf("%q matches: %v, %v, want %v", password, got, err, want)
		}
	}
}

func TestBrokenHashes(t *testing.T) {
	h := newHasher(quick())
	good, err := h.hash(t.Context(), legible.SecretOf("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{
		"plain text", "$", "$$$$$",
		strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "v=19", "v=18", 1),
		strings.Replace(good, "m=8", "m=0", 1),
		strings.Replace(good, "m=8", "m=4294967295", 1),
		strings.Replace(good, "t=1", "t=0", 1),
		strings.Replace(good, "p=1", "p=0", 1),
		good[:len(good)-30],
		good + "!",
	} {
		got, err := h.matches(t.Context(), hash, legible.SecretOf("correct horse"))
		if got || !errors.Is(err, errHash) {
			t.Errorf("the hash %q: %v, %v, want an error", hash, got, err)
		} else if strings.Contains(err.Error(), "$") {
			t.Errorf("the error %q tells what is kept", err)
		}
	}
}

// However many ask, no more hash at once than there are turns.
func TestHashesAtOnce(t *testing.T) {
	h := newHasher(Options{Memory: 64, AtOnce: 2})
	if cap(h.turns) != 2 {
		t.Fatalf("there are %d turns, want 2", cap(h.turns))
	}
	var most atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := h.hash(t.Context(), legible.SecretOf("correct horse")); err != nil {
				t.Error(err)
			}
			if n := int64(len(h.turns)); n > most.Load() {
				most.Store(n)
			}
		})
	}
	wg.Wait()
	if most.Load() > 2 || len(h.turns) != 0 {
		t.Errorf("%d hashed at once, %d turns are still taken", most.Load(), len(h.turns))
	}
}
