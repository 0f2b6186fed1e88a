package host

import (
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// credential gives a field that says who is asking, from the first of its
// places that has it: the body, a bearer token, a cookie, a header. It never
// comes from the query string, which is written into logs and histories. A
// cookie that another origin's page sent along does not count, and foreign
// tells of it.
func (x *exchange) credential(c *check.Credential, body value.Value) (v value.Value, fromText, foreign bool) {
	if c.Body {
		if v := body.Get(c.Field); !v.IsNull() {
			return v, false, false
		}
	}
	h := x.request.Header
	if c.Bearer {
		if token, ok := bearerToken(h.Get("Authorization")); ok {
			return value.String(token), true, false
		}
	}
	for _, name := range c.Cookies {
		cookie, err := x.request.Cookie(name)
		if err != nil || cookie.Value == "" {
			continue
		}
		if !x.ownPage() {
			foreign = true
			continue
		}
		return value.String(strings.ToValidUTF8(cookie.Value, "?")), true, false
	}
	for _, name := range c.Headers {
		if s := h.Get(name); s != "" {
			return value.String(strings.ToValidUTF8(s, "?")), true, false
		}
	}
	return value.Value{}, false, foreign
}

// bearerToken reads the header "Authorization: Bearer TOKEN".
func bearerToken(s string) (string, bool) {
	scheme, token, _ := strings.Cut(s, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return "", false
	}
	return strings.ToValidUTF8(token, "?"), true
}

// places says in words where a credential may stand.
func places(c *check.Credential) string {
	var list []string
	if c.Body {
		list = append(list, "as the field "+c.Field+" of the body")
	}
	if c.Bearer {
		list = append(list, "in the header Authorization as Bearer TOKEN")
	}
	for _, name := range c.Cookies {
		list = append(list, "in the cookie "+name)
	}
	for _, name := range c.Headers {
		list = append(list, "in the header "+name)
	}
	return words.Enumerate(list, "or")
}
