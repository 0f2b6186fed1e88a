package host

import (
	"fmt"
	"math"
	"net/http"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/value"
)

// cookies reads the record of cookies. Each is its text, null to delete it, or
// a record {value, maxAge, path} with maxAge in seconds. No script can read
// them (HttpOnly), other sites' forms do not send them (SameSite=Lax), and
// under TLS they travel under TLS only.
func (x *exchange) cookies(p *reply, v value.Value) error {
	if v.IsNull() {
		return nil
	}
	if v.Reveal().Kind() != value.RecordKind {
		return fmt.Errorf("Requesting.respond was given %s as cookies, which are a record", kindOf(v))
	}
	for _, f := range v.Fields() {
		c := &http.Cookie{
			Name: f.Name, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
			Secure: x.front.options.BehindTLS || x.request.TLS != nil,
		}
		if err := cookieOf(c, f.Value); err != nil {
			return &unfitError{fmt.Errorf("Requesting.respond was given the cookie %q: %w", f.Name, err), unfitPart(f), unfitCookie}
		}
		if err := c.Valid(); err != nil || !isToken(c.Name) {
			// The library's error quotes the value, which may be a secret.
			return &unfitError{fmt.Errorf("Requesting.respond was given the cookie %q, whose name, value or path has a character that cookies cannot contain", f.Name), unfitPart(f), unfitCookie}
		}
		p.set("Set-Cookie", c.String())
	}
	return nil
}

func cookieOf(c *http.Cookie, v value.Value) error {
	if v.Reveal().Kind() != value.RecordKind {
		return cookieValue(c, v)
	}
	for _, f := range v.Fields() {
		switch f.Name {
		case "value":
			if err := cookieValue(c, f.Value); err != nil {
				return err
			}
		case "maxAge":
			if f.Value.IsNull() {
				continue
			}
			n, ok := f.Value.Num()
			if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<31 {
				return fmt.Errorf("its maxAge must be a whole number of seconds")
			}
			if c.MaxAge = int(n); n <= 0 {
				c.MaxAge = -1
			}
		case "path":
			path, ok := f.Value.Text()
			if !ok {
				return fmt.Errorf("its path must be a text")
			}
			c.Path = path
		default:
			near := ""
			if n, ok := diag.Nearest(f.Name, []string{"value", "maxAge", "path"}); ok {
				near = "; do you mean " + n + "?"
			}
			return fmt.Errorf("it has value, maxAge and path, but no %s%s", f.Name, near)
		}
	}
	return nil
}

// unfitPart gives what cannot be part of a cookie: one of its fields, its value or its
// name.
func unfitPart(cookie value.Field) value.Value {
	parts := []value.Field{{Name: "value", Value: cookie.Value}}
	if v := cookie.Value.Reveal(); v.Kind() == value.RecordKind {
		parts = v.Fields()
	}
	for _, part := range parts {
		c := &http.Cookie{Name: "a"}
		if cookieOf(c, value.Record([]value.Field{part})) != nil || c.Valid() != nil {
			return part.Value
		}
	}
	return value.String(cookie.Name)
}

// unfitCookie tells whether a value cannot be that of a cookie.
func unfitCookie(v value.Value) bool {
	c := &http.Cookie{Name: "a"}
	return cookieValue(c, v) != nil || c.Valid() != nil
}

func cookieValue(c *http.Cookie, v value.Value) error {
	if v.IsNull() {
		c.MaxAge = -1
		return nil
	}
	text, ok := v.Text()
	if !ok {
		return fmt.Errorf("its value must be a text or null, not %s", kindOf(v))
	}
	c.Value = text
	return nil
}
