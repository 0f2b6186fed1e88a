package profile

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/trial"
)

var errCanceled = errors.New("the flow is over")

// canceled is a canceled context.
type canceled struct{ context.Context }

func (canceled) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}
func (canceled) Err() error { return errCanceled }

// A hash of the reference program, echo -n password | argon2 somesalt -id -t 2
// -k 256 -p 1 -e, is accepted.
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

// No more hashes run at once than there are turns.
func TestHashesAtOnce(t *testing.T) {
	h := newHasher(Options{Memory: 64, AtOnce: 2, Waiting: 20, Wait: time.Minute})
	var most atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := h.hash(t.Context(), legible.SecretOf("correct horse")); err != nil {
				t.Error(err)
			}
			if n, _ := h.turns.Taken(); int64(n) > most.Load() {
				most.Store(int64(n))
			}
		})
	}
	wg.Wait()
	if left, _ := h.turns.Taken(); most.Load() > 2 || left != 0 {
		t.Errorf("%d hashed at once, %d turns are still taken", most.Load(), left)
	}
}

// Every action that hashes is refused as BUSY and changes nothing.
func TestBusyActions(t *testing.T) {
	app, c := open(t)
	ann, err := create(t, app, c, "ann", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	c.hasher = newHasher(Options{Memory: 8, AtOnce: 1, Waiting: -1})
	done, err := c.hasher.turns.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Strangers do not lock out known users.
	if got, err := c.authenticateKnown(app, "ann"); got != ann || err != nil {
		t.Errorf("from where ann is known she is %q, %v", got, err)
	}
	doneKnown, err := c.hasher.known.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ann", "nobody"} {
		if _, err := c.authenticateKnown(app, name); !errors.Is(err, ErrBusy) {
			t.Errorf("authenticate %s, known: %v, want BUSY", name, err)
		}
	}
	if _, err := create(t, app, c, "bob", "correct horse"); !errors.Is(err, ErrBusy) {
		t.Errorf("createAccount: %v, want BUSY", err)
	}
	for _, name := range []string{"ann", "nobody"} {
		if _, err := authenticate(t, app, c, name, "correct horse"); !errors.Is(err, ErrBusy) {
			t.Errorf("authenticate %s: %v, want BUSY", name, err)
		} else if r := new(legible.Refusal); !errors.As(err, &r) || r.After <= 0 {
			t.Errorf("authenticate %s: BUSY does not say when to try again", name)
		}
	}
	change := func(ctx legible.Context) error {
		_, err := c.ChangePassword(ctx, ChangePasswordIn{ann, legible.SecretOf("correct horse"), legible.SecretOf("battery staple")})
		return err
	}
	if err := app.Do(change); !errors.Is(err, ErrBusy) {
		t.Errorf("changePassword: %v, want BUSY", err)
	}
	done()
	doneKnown()
	if got, err := authenticate(t, app, c, "ann", "correct horse"); got != ann || err != nil {
		t.Errorf("afterwards ann is %q, %v", got, err)
	}
	if _, err := create(t, app, c, "bob", "correct horse"); err != nil {
		t.Errorf("afterwards bob has no account: %v", err)
	}
}

// Common passwords and the user's own name are refused if configured, in any
// case.
func TestCommonPasswords(t *testing.T) {
	if n := len(commonWords()); n < 1000 {
		t.Errorf("%d passwords are known as common, want 1000 at least", n)
	}
	for _, word := range commonWords() {
		if len(word) < minPassword || strings.ToLower(word) != word {
			t.Errorf("%q is refused as too short, or never found", word)
		}
	}
	app, c := open(t)
	if _, err := create(t, app, c, "old", "password"); err != nil {
		t.Errorf("where it is not wanted: %v", err)
	}
	c.hasher = newHasher(Options{Memory: 8, RefuseCommon: true})
	for password, want := range map[string]error{
		"password": ErrCommonPassword, "PassWord": ErrCommonPassword, "12345678": ErrCommonPassword, "Elizabeth B": ErrCommonPassword,
		"passwor": ErrPasswordTooShort, "correct horse": nil,
	} {
		if _, err := create(t, app, c, "elizabeth b", password); !errors.Is(err, want) {
			t.Errorf("an account with the password %q: %v, want %v", password, err, want)
		}
	}
	ann, err := create(t, app, c, "ann has a long name", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]error{"Sunshine": ErrCommonPassword, "ANN has a long name": ErrCommonPassword} {
		err := app.Do(func(ctx legible.Context) error {
			_, err := c.ChangePassword(ctx, ChangePasswordIn{ann, legible.SecretOf("correct horse"), legible.SecretOf(password)})
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("changing the password to %q: %v, want %v", password, err, want)
		}
	}
	// Existing users can log in and change it.
	if _, err := authenticate(t, app, c, "old", "password"); err != nil {
		t.Errorf("a common password of before: %v", err)
	}
}

func (c *Concept) authenticateKnown(app *trial.App, name string) (user User, err error) {
	err = app.Do(func(ctx legible.Context) error {
		out, err := c.Authenticate(ctx, AuthenticateIn{Username: name, Password: legible.SecretOf("correct horse"), Known: new(true)})
		user = out.User
		return err
	})
	return user, err
}
