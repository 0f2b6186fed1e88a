package store

import (
	"net/url"
	"strings"
)

// Redacted returns the name of a store as a person may read it in a message or a log:
// that of a database without its password.
func Redacted(name string) string {
	kind, _, _ := strings.Cut(name, ":")
	if kind != "postgres" && kind != "postgresql" {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		return kind + "://…" // nobody knows where the password is
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}
