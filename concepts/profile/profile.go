// Package profile implements the concept Profile: users with a name and a
// password.
//
// Its three main types are [Concept], the actions; [Options], the cost of
// hashing a password; and the generated [State]. It promises that a password
// exists only in the request that carries it, that the stored form is argon2id
// in the usual PHC form with its parameters, and that an unknown name takes a
// client as long as a wrong password. It refuses to hash more passwords at once
// than memory allows: a few others wait briefly, the rest are refused.
package profile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// The bounds of the specification.
const (
	maxUsername = 64   // characters
	minPassword = 8    // characters
	maxPassword = 1024 // bytes
)

// New makes the concept, to be passed to legible.New.
func New() legible.Concept { return With(Options{})() }

// With returns a New that hashes with the options.
func With(options Options) func() legible.Concept {
	return func() legible.Concept {
		h := newHasher(options)
		return Define(func(s *State) Actions { return &Concept{s, h} })
	}
}

// A Concept is the Go code of one instance of Profile.
type Concept struct {
	*State
	hasher *hasher
}

// CreateAccount hashes before it writes: the first write takes the store's turn,
// which must not wait for a hash. If the name is no longer free at the
// insertion, the engine runs the action again.
func (c *Concept) CreateAccount(ctx legible.Context, in CreateAccountIn) (CreateAccountOut, error) {
	if !isUsername(in.Username) {
		return CreateAccountOut{}, ErrBadUsername
	}
	if err := c.hasher.fit(in.Password, in.Username); err != nil {
		return CreateAccountOut{}, err
	}
	if _, _, taken := c.Users.ByUsername(ctx, in.Username); taken {
		return CreateAccountOut{}, ErrUsernameTaken
	}
	hash, err := c.hasher.hash(ctx, in.Password)
	if err != nil {
		return CreateAccountOut{}, err
	}
	user, err := c.Users.Insert(ctx, UserRow{Username: in.Username, PasswordHash: hash})
	return CreateAccountOut{User: user}, err
}

// Authenticate does the same work whether the name is known or not.
func (c *Concept) Authenticate(ctx legible.Context, in AuthenticateIn) (AuthenticateOut, error) {
	user, row, known := c.Users.ByUsername(ctx, in.Username)
	h := c.hasher
	if in.Known != nil && *in.Known {
		h = h.forKnown()
	}
	right, err := h.matches(ctx, row.PasswordHash, in.Password)
	if err != nil {
		return AuthenticateOut{}, err
	}
	if !known || !right {
		return AuthenticateOut{}, ErrInvalidCredentials
	}
	return AuthenticateOut{User: user}, nil
}

func (c *Concept) ChangePassword(ctx legible.Context, in ChangePasswordIn) (ChangePasswordOut, error) {
	row, known := c.Users.Get(ctx, in.User)
	if !known {
		return ChangePasswordOut{}, ErrUnknownUser
	}
	h := c.hasher.forKnown() // the user is logged in
	right, err := h.matches(ctx, row.PasswordHash, in.OldPassword)
	if err != nil {
		return ChangePasswordOut{}, err
	}
	if !right {
		return ChangePasswordOut{}, ErrWrongPassword
	}
	if in.NewPassword == in.OldPassword {
		return ChangePasswordOut{}, ErrSamePassword
	}
	if err := c.hasher.fit(in.NewPassword, row.Username); err != nil {
		return ChangePasswordOut{}, err
	}
	hash, err := h.hash(ctx, in.NewPassword)
	if err != nil {
		return ChangePasswordOut{}, err
	}
	row.PasswordHash = hash
	return ChangePasswordOut{User: in.User}, c.Users.Update(ctx, in.User, row)
}

func (c *Concept) DeleteAccount(ctx legible.Context, in DeleteAccountIn) error {
	err := c.Users.Delete(ctx, in.User)
	if legible.IsMissing(err) {
		return ErrUnknownUser
	}
	return err
}

func (c *Concept) GetUserDetails(ctx legible.Context, in GetUserDetailsIn) (GetUserDetailsOut, bool, error) {
	row, known := c.Users.Get(ctx, in.User)
	return GetUserDetailsOut{Username: row.Username}, known, nil
}

func (c *Concept) GetAllUsers(ctx legible.Context, _ GetAllUsersIn) ([]GetAllUsersOut, error) {
	var all []GetAllUsersOut
	for user, row := range c.Users.All(ctx) {
		all = append(all, GetAllUsersOut{User: user, Username: row.Username})
	}
	return all, nil
}

// isUsername checks a name against the specification. Invisible characters
// would let one name look like another.
func isUsername(name string) bool {
	if !utf8.ValidString(name) || strings.TrimSpace(name) != name {
		return false
	}
	n := 0
	for _, r := range name {
		if !unicode.IsGraphic(r) {
			return false
		}
		n++
	}
	return n >= 1 && n <= maxUsername
}

// fit checks a user's new password against the bounds.
func (h *hasher) fit(password legible.Secret, username string) error {
	text := password.Reveal()
	switch {
	case utf8.RuneCountInString(text) < minPassword:
		return ErrPasswordTooShort
	case len(text) > maxPassword:
		return ErrPasswordTooLong
	case h.refuseCommon && isCommon(password, username):
		return ErrCommonPassword
	}
	return nil
}
