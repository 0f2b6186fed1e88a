package store

import (
	"net/url"
	"strings"
)

// Redacted returns the name of a store for messages and logs: the URL of a database
// without its password.
func Redacted(name string) string {
	kind, _, _ := strings.Cut(name, ":")
	if kind != "postgres" && kind != "postgresql" {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		return kind + "://…" // the position of the password is unknown
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}
