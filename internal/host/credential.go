package host

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// credential returns the value of a credential, from the first of its places that
// has one: the body, a bearer token, a cookie, a header. It is never read from the
// query string, which appears in logs and browser histories. A cookie that a page
// of another origin sent is ignored; foreign reports that.
func (x *exchange) credential(c *check.Credential, body value.Value) (v value.Value, fromText, foreign bool) {
	if c.Body {
		if v := body.Get(c.Field); !v.IsNull() {
			return v, false, false
		}
	}
	h := x.request.Header
	if scheme, token, ok := authorization(h.Get("Authorization")); ok {
		is := func(s string) bool { return strings.EqualFold(s, scheme) }
		if c.Bearer && is("Bearer") || slices.ContainsFunc(c.Schemes, is) {
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

// authorization reads a header "Authorization: SCHEME TOKEN".
func authorization(s string) (scheme, token string, ok bool) {
	scheme, token, _ = strings.Cut(s, " ")
	token = strings.TrimSpace(token)
	return scheme, strings.ToValidUTF8(token, "?"), token != ""
}

// challenge is the header Www-Authenticate of an answer 401: the schemes that the
// app takes a credential from.
func challenge(credentials []*check.Credential) []string {
	var list []string
	for _, c := range credentials {
		if c.Bearer {
			list = append(list, "Bearer")
		}
		list = append(list, c.Schemes...)
	}
	if len(list) == 0 {
		return bearer
	}
	slices.Sort(list)
	return []string{strings.Join(slices.Compact(list), ", ")}
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
	for _, name := range c.Schemes {
		list = append(list, "in the header Authorization as "+name+" TOKEN")
	}
	for _, name := range c.Cookies {
		list = append(list, "in the cookie "+name)
	}
	for _, name := range c.Headers {
		list = append(list, "in the header "+name)
	}
	return words.Enumerate(list, "or")
}
