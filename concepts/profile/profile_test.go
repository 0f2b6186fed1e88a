package profile

import (
	"errors"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/trial"
	"github.com/legible-lang/legible/value"
)

// quick is the least work for argon2id.
func quick() Options { return Options{Memory: 8, Time: 1, Threads: 1} }

// open opens an app with the concept and gives its Go.
func open(t *testing.T) (*trial.App, *Concept) {
	t.Helper()
	var c *Concept
	app := trial.Open(t, func() legible.Concept {
		return Define(func(s *State) Actions {
			c = &Concept{s, newHasher(quick())}
			return c
		})
	})
	return app, c
}

func create(t *testing.T, app *trial.App, c *Concept, name, password string) (user User, err error) {
	t.Helper()
	err = app.Do(func(ctx legible.Context) error {
		out, err := c.CreateAccount(ctx, CreateAccountIn{Username: name, Password: legible.SecretOf(password)})
		user = out.User
		return err
	})
	return user, err
}

func authenticate(t *testing.T, app *trial.App, c *Concept, name, password string) (user User, err error) {
	t.Helper()
	err = app.Do(func(ctx legible.Context) error {
		out, err := c.Authenticate(ctx, AuthenticateIn{Username: name, Password: legible.SecretOf(password)})
		user = out.User
		return err
	})
	return user, err
}

func TestWhatANameAndAPasswordAre(t *testing.T) {
	app, c := open(t)
	for _, x := range []struct {
		name, password string
		want           error
	}{
		{"ann", "12345678", nil},
		{"Ann", "12345678", nil}, // capitals make another name
		{"ann", "12345678", ErrUsernameTaken},
		{"a", "12345678", nil},
		{"", "12345678", ErrBadUsername},
		{strings.Repeat("ä", 64), "12345678", nil},
		{strings.Repeat("a", 65), "12345678", ErrBadUsername},
		{"ann ", "12345678", ErrBadUsername},
		{"\u00a0ann", "12345678", ErrBadUsername},
		{"ann lee", "12345678", nil},
		{"an\nn", "12345678", ErrBadUsername},
		{"an\u200bn", "12345678", ErrBadUsername}, // a zero-width space
		{"an\u202en", "12345678", ErrBadUsername}, // reverses the rest
		{"an\xffn", "12345678", ErrBadUsername},
		{"bob", "1234567", ErrPasswordTooShort},
		{"bob", "äöüäöüä", ErrPasswordTooShort}, // 14 bytes, 7 characters
		{"bob", strings.Repeat("a", 1025), ErrPasswordTooLong},
		{"bob", strings.Repeat("a", 1024), nil},
	} {
		if _, err := create(t, app, c, x.name, x.password); !errors.Is(err, x.want) {
			t.Errorf("createAccount %q with a password of %d bytes: %v, want %v", x.name, len(x.password), err, x.want)
		}
	}
}

func TestOnlyTheRightPassword(t *testing.T) {
	app, c := open(t)
	ann, err := create(t, app, c, "ann", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := create(t, app, c, "bob", "battery staple"); err != nil {
		t.Fatal(err)
	}
	if got, err := authenticate(t, app, c, "ann", "correct horse"); got != ann || err != nil {
		t.Errorf("the right password gives %q, %v, want %q", got, err, ann)
	}
	for _, x := range [][2]string{
		{"ann", "correct horsf"}, {"ann", ""}, {"ann", "battery staple"}, {"Ann", "correct horse"},
		{"carl", "correct horse"}, {"", ""}, {"ann", strings.Repeat("a", 100_000)},
	} {
		if got, err := authenticate(t, app, c, x[0], x[1]); got != "" || !errors.Is(err, ErrInvalidCredentials) {
			t.Errorf("%q with a wrong password gives %q, %v, want INVALID_CREDENTIALS", x[0], got, err)
		}
	}
}

// An unknown name must cost a hash: the only turn is taken, so a hash has to
// wait for it and meets the end of its context.
func TestAnUnknownNameIsHashedToo(t *testing.T) {
	h := newHasher(Options{Memory: 8, AtOnce: 1})
	if _, err := h.turns.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		ctx := canceled{t.Context()}
		if _, err := h.matches(ctx, hash, legible.SecretOf("x")); !errors.Is(err, errCanceled) {
			t.Errorf("with the hash %q nothing was hashed: %v", hash, err)
		}
	}
}

func TestChangePassword(t *testing.T) {
	app, c := open(t)
	ann, err := create(t, app, c, "ann", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		user     User
		old, new string
		want     error
	}{
		{"nobody", "correct horse", "battery staple", ErrUnknownUser},
		{ann, "wrong horse", "battery staple", ErrWrongPassword},
		{ann, "wrong horse", "short", ErrWrongPassword}, // a wrong old password reveals nothing else
		{ann, "correct horse", "correct horse", ErrSamePassword},
		{ann, "correct horse", "short", ErrPasswordTooShort},
		{ann, "correct horse", strings.Repeat("a", 1025), ErrPasswordTooLong},
		{ann, "correct horse", "battery staple", nil},
		{ann, "correct horse", "another one", ErrWrongPassword},
		{ann, "battery staple", "correct horse", nil},
	} {
		err := app.Do(func(ctx legible.Context) error {
			_, err := c.ChangePassword(ctx, ChangePasswordIn{User: x.user,
				OldPassword: legible.SecretOf(x.old), NewPassword: legible.SecretOf(x.new)})
			return err
		})
		if !errors.Is(err, x.want) {
			t.Errorf("from %q to a password of %d bytes: %v, want %v", x.old, len(x.new), err, x.want)
		}
	}
	if got, err := authenticate(t, app, c, "ann", "correct horse"); got != ann || err != nil {
		t.Errorf("the last password gives %q, %v", got, err)
	}
}

func TestDeleteAccountAndQueries(t *testing.T) {
	app, c := open(t)
	ann, err := create(t, app, c, "ann", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := create(t, app, c, "bob", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	remove := func(ctx legible.Context) error { return c.DeleteAccount(ctx, DeleteAccountIn{ann}) }
	if err := app.Do(remove); err != nil {
		t.Fatal(err)
	}
	if err := app.Do(remove); !errors.Is(err, ErrUnknownUser) {
		t.Errorf("deleting again: %v, want UNKNOWN_USER", err)
	}
	err = app.Do(func(ctx legible.Context) error {
		if out, found, _ := c.GetUserDetails(ctx, GetUserDetailsIn{ann}); found {
			t.Errorf("a deleted user still has the details %v", out)
		}
		if out, found, _ := c.GetUserDetails(ctx, GetUserDetailsIn{bob}); !found || out.Username != "bob" {
			t.Errorf("bob's details are %v, %v", out, found)
		}
		all, err := c.GetAllUsers(ctx, GetAllUsersIn{})
		if len(all) != 1 || all[0] != (GetAllUsersOut{bob, "bob"}) {
			t.Errorf("all users are %v, want bob alone", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := create(t, app, c, "ann", "correct horse"); err != nil {
		t.Errorf("the name of a deleted user is not free: %v", err)
	}
}

// The contract as the engine sees it: places, sentences, kinds.
func TestContract(t *testing.T) {
	app := trial.Open(t, With(quick()))
	ask := func(action string, in ...legible.Field) legible.Outcome {
		t.Helper()
		out, err := app.Ask(t.Context(), "Profile."+action, in...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	name := legible.Field{Name: "username", Value: value.String("ann")}
	password := legible.Field{Name: "password", Value: value.String("correct horse")}
	out := ask("createAccount", name, password)
	if len(out.Out) != 1 || out.Out[0].Name != "user" {
		t.Fatalf("createAccount gives %v (%v, %v), want a user", out.Out, out.Refused, out.Fault)
	}
	user := out.Out[0].Value
	if out := ask("authenticate", name, password); len(out.Out) != 1 || !value.Equal(out.Out[0].Value, user) {
		t.Errorf("authenticate gives %v (%v, %v), want %v", out.Out, out.Refused, out.Fault, user)
	}
	if out := ask("createAccount", name, password); out.Refused == nil ||
		out.Refused.Sentence != "Username 'ann' already exists." || out.Refused.Kind != "conflict" {
		t.Errorf("creating ann again is refused with %+v (%v)", out.Refused, out.Fault)
	}
	password.Value = value.String("wrong horse")
	if out := ask("authenticate", name, password); out.Refused == nil ||
		out.Refused.Sentence != "Invalid username or password." || out.Refused.Kind != "unauthenticated" {
		t.Errorf("a wrong password is refused with %+v (%v)", out.Refused, out.Fault)
	}
}
