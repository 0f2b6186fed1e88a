package concepts_test

import (
	"errors"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/concepts/trial"
	"github.com/legible-lang/legible/value"
)

type sessioningFixture struct {
	*trial.App
	c *sessioning.Concept
	t *testing.T
}

func openSessioning(t *testing.T, options sessioning.Options) *sessioningFixture {
	t.Helper()
	f := &sessioningFixture{t: t}
	f.App = trial.Open(t, func() legible.Concept {
		return sessioning.Define(func(s *sessioning.State) sessioning.Actions {
			f.c = sessioning.NewConcept(s, options)
			return f.c
		})
	})
	return f
}

func (f *sessioningFixture) create(user sessioning.User) (token legible.Secret) {
	f.t.Helper()
	err := f.Do(func(ctx legible.Context) error {
		out, err := f.c.Create(ctx, sessioning.CreateIn{User: user})
		token = out.Session
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return token
}

// userOf returns the user of a token, "" for none.
func (f *sessioningFixture) userOf(token legible.Secret) (user sessioning.User) {
	f.t.Helper()
	err := f.Do(func(ctx legible.Context) error {
		out, found, err := f.c.GetUser(ctx, sessioning.GetUserIn{Session: token})
		if found {
			user = out.User
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return user
}

func (f *sessioningFixture) count() (n int) {
	f.t.Helper()
	if err := f.Do(func(ctx legible.Context) error {
		for range f.c.Sessions.All(ctx) {
			n++
		}
		return nil
	}); err != nil {
		f.t.Fatal(err)
	}
	return n
}

// Repeated logins leave a bounded number of sessions, the latest, and end no
// other user's.
func TestSessionsOfAUserAreBounded(t *testing.T) {
	f := openSessioning(t, sessioning.Options{Most: 3})
	bob := f.create("bob")
	var tokens []legible.Secret
	for range 5 {
		tokens = append(tokens, f.create("ann"))
	}
	for i, want := range []sessioning.User{"", "", "ann", "ann", "ann"} {
		if got := f.userOf(tokens[i]); got != want {
			t.Errorf("session %d is of %q, want %q", i+1, got, want)
		}
	}
	if f.userOf(bob) != "bob" || f.count() != 4 {
		t.Errorf("bob's session is of %q, and there are %d", f.userOf(bob), f.count())
	}
}

func TestASessionStandsForItsUser(t *testing.T) {
	f := openSessioning(t, sessioning.Options{Lifetime: time.Hour})
	ann, bob := f.create("ann"), f.create("bob")
	if f.userOf(ann) != "ann" || f.userOf(bob) != "bob" || f.userOf(legible.NewSecret()) != "" || f.userOf(legible.SecretOf("")) != "" {
		t.Errorf("the tokens give %q, %q", f.userOf(ann), f.userOf(bob))
	}
	remove := func(ctx legible.Context) error { return f.c.Delete(ctx, sessioning.DeleteIn{Session: ann}) }
	if err := f.Do(remove); err != nil {
		t.Fatal(err)
	}
	if err := f.Do(remove); !errors.Is(err, sessioning.ErrUnknownSession) {
		t.Errorf("deleting again: %v, want UNKNOWN_SESSION", err)
	}
	if f.userOf(ann) != "" || f.userOf(bob) != "bob" {
		t.Errorf("after the end of one session the tokens give %q, %q", f.userOf(ann), f.userOf(bob))
	}
}

func TestTheTokenIsNotKept(t *testing.T) {
	f := openSessioning(t, sessioning.Options{Lifetime: time.Hour})
	token := f.create("ann")
	if len(token.Reveal()) != 43 {
		t.Errorf("the token has %d characters, want 43 for 256 bits", len(token.Reveal()))
	}
	err := f.Do(func(ctx legible.Context) error {
		for id, row := range f.c.Sessions.All(ctx) {
			if row.Token != token.Digest() || string(id) == token.Reveal() {
				t.Errorf("of the token is kept %q, as %q", row.Token, id)
			}
			// The digest lets nobody in.
			if _, found, _ := f.c.GetUser(ctx, sessioning.GetUserIn{Session: legible.SecretOf(string(row.Token))}); found {
				t.Error("the digest is taken for the token")
			}
			if _, found, _ := f.c.GetUser(ctx, sessioning.GetUserIn{Session: legible.SecretOf(string(id))}); found {
				t.Error("the identity is taken for the token")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestASessionEndsWithItsTime(t *testing.T) {
	f := openSessioning(t, sessioning.Options{Lifetime: time.Hour})
	token := f.create("ann")
	var member sessioning.Session
	if err := f.Do(func(ctx legible.Context) error {
		member, _, _ = f.c.Sessions.ByToken(ctx, token)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	expire := func(ctx legible.Context) error { return f.c.Expire(ctx, sessioning.ExpireIn{Member: member}) }

	f.Now = f.Now.Add(time.Hour - time.Millisecond)
	if err := f.Do(expire); err != nil || f.userOf(token) != "ann" {
		t.Errorf("a millisecond before its end the session is %q's, %v", f.userOf(token), err)
	}
	f.Now = f.Now.Add(time.Millisecond)
	if got := f.userOf(token); got != "" {
		t.Errorf("at its end the session is still %q's", got)
	}
	if err := f.Do(func(ctx legible.Context) error { return f.c.Delete(ctx, sessioning.DeleteIn{Session: token}) }); !errors.Is(err, sessioning.ErrUnknownSession) {
		t.Errorf("deleting a session whose time is over: %v, want UNKNOWN_SESSION", err)
	}
	if f.count() != 1 {
		t.Fatalf("there are %d sessions before expire", f.count())
	}
	for range 2 { // the second time it is gone
		if err := f.Do(expire); err != nil || f.count() != 0 {
			t.Errorf("after expire there are %d sessions, %v", f.count(), err)
		}
	}
}

// A session made by a clock that was ahead is invalid when the clock is back,
// and gone before that time comes. Nodes' clocks differ a little.
func TestAClockThatWasAhead(t *testing.T) {
	f := openSessioning(t, sessioning.Options{Lifetime: 30 * 24 * time.Hour})
	now := f.Now
	f.Now = now.Add(365 * 24 * time.Hour)
	far := f.create("ann")
	if got := f.userOf(far); got != "ann" {
		t.Errorf("by the clock that is ahead the session is %q's", got)
	}
	f.Now = now.Add(time.Minute)
	near := f.create("bob")
	f.Now = now
	if got := f.userOf(far); got != "" {
		t.Errorf("when the clock is back the session is still %q's", got)
	}
	if got := f.userOf(near); got != "bob" {
		t.Errorf("with a clock that is a minute behind the session is %q's, want bob's", got)
	}
	if err := f.Do(func(ctx legible.Context) error { return f.c.Delete(ctx, sessioning.DeleteIn{Session: far}) }); !errors.Is(err, sessioning.ErrUnknownSession) {
		t.Errorf("deleting it: %v, want UNKNOWN_SESSION", err)
	}
	if err := f.Do(func(ctx legible.Context) error { return f.c.Sweep(ctx, sessioning.SweepIn{}) }); err != nil || f.count() != 1 {
		t.Errorf("after sweep there are %d sessions, want bob's alone: %v", f.count(), err)
	}
	f.Now = now.Add(366 * 24 * time.Hour)
	if got := f.userOf(far); got != "" {
		t.Errorf("when the moment has come the session is %q's", got)
	}
}

func TestDeleteAll(t *testing.T) {
	f := openSessioning(t, sessioning.Options{Lifetime: time.Hour})
	other := f.create("bob")
	for range 600 { // more than one page
		f.create("ann")
	}
	for range 2 {
		if err := f.Do(func(ctx legible.Context) error { return f.c.DeleteAll(ctx, sessioning.DeleteAllIn{User: "ann"}) }); err != nil {
			t.Fatal(err)
		}
		if f.count() != 1 || f.userOf(other) != "bob" {
			t.Errorf("%d sessions are left, the other's is %q's", f.count(), f.userOf(other))
		}
	}
}

// The contract as the engine sees it: the token comes out as a secret, and an
// outside text is accepted as one.
func TestContract(t *testing.T) {
	app := trial.Open(t, sessioning.New)
	out, err := app.Ask(t.Context(), "Sessioning.create", legible.Field{Name: "user", Value: value.String("ann")})
	if err != nil || len(out.Out) != 1 || !out.Out[0].Value.IsSecret() {
		t.Fatalf("create gives %v (%v, %v, %v), want a secret", out.Out, out.Refused, out.Fault, err)
	}
	token, _ := out.Out[0].Value.Text()
	for _, want := range []string{"", "UNKNOWN_SESSION"} {
		out, err := app.Ask(t.Context(), "Sessioning.delete", legible.Field{Name: "session", Value: value.String(token)})
		code := ""
		if out.Refused != nil {
			code = out.Refused.Code
		}
		if code != want || err != nil || out.Fault != nil {
			t.Errorf("delete is refused with %q (%v, %v), want %q", code, out.Fault, err, want)
		}
	}
}
