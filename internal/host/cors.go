package host

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

// allow lets pages of the allowed origins read an answer.
func (f *Front) allow(x *exchange, h http.Header) {
	if len(f.origins) == 0 {
		return
	}
	h.Add("Vary", "Origin")
	origin := x.request.Header.Get("Origin")
	if !f.origins[origin] {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Link, Retry-After, X-Trace-Id")
}

// preflight answers the preflight of a browser for a page of another origin;
// nil if the request is none, or the origin is not allowed. Any method and path
// may follow: their errors are reported to the request itself, where the page
// can read them.
func (x *exchange) preflight() *reply {
	r, f := x.request, x.front
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || !f.origins[r.Header.Get("Origin")] || !isToken(method) {
		return nil
	}
	headers := []string{"Authorization", "Content-Type"}
	for _, c := range f.routes.Credentials {
		for _, h := range c.Headers {
			headers = append(headers, http.CanonicalHeaderKey(h))
		}
	}
	slices.Sort(headers)
	p := &reply{status: http.StatusNoContent}
	p.set("Access-Control-Allow-Methods", method)
	p.set("Access-Control-Allow-Headers", strings.Join(slices.Compact(headers), ", "))
	p.set("Access-Control-Max-Age", "600")
	return p
}

// foreign refuses a request that may change state, or has a body, and that a page
// of another origin can make a browser send without a preflight. The browser adds
// the server's cookies to it, and stores those of the answer.
func (x *exchange) foreign(k *knownRoute) *reply {
	r := x.request
	harmless := !k.Changes && (r.ContentLength == 0 || r.Method == http.MethodGet || r.Method == http.MethodHead)
	if harmless || preflighted(r) || x.ownPage() {
		return nil
	}
	return problem(http.StatusForbidden, "a page of another origin sent this request: "+
		"only pages of this server's origin and of the origins in AllowOrigins may")
}

// preflighted reports whether a browser sends a request for a page of another
// origin only after a preflight: for its method, or a Content-Type that is not a
// form's or a text's. A missing, repeated or unreadable type has not been
// preflighted by any browser.
func preflighted(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	case http.MethodOptions:
		return false // it may be a preflight
	default:
		return true
	}
	kinds := r.Header["Content-Type"]
	if len(kinds) != 1 {
		return false
	}
	media, _, err := mime.ParseMediaType(kinds[0])
	switch {
	case err != nil, !strings.Contains(media, "/"):
		return false
	case media == "text/plain", media == "application/x-www-form-urlencoded", media == "multipart/form-data":
		return false
	}
	return true
}

// ownPage reports whether a request comes from a page of this server or of an
// allowed origin, or from a program that is not a browser and sends neither
// Sec-Fetch-Site nor Origin. Another port or subdomain is another origin. Cookies
// of other requests do not count, since a browser adds them unasked.
func (x *exchange) ownPage() bool {
	r := x.request
	if r.Header["Sec-Fetch-Site"] == nil && r.Header["Origin"] == nil {
		return true
	}
	if !x.route.Changes && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return true
	}
	// The library considers GET harmless; the route knows better.
	return x.front.sameSite.Check(&http.Request{Method: http.MethodPost, Host: r.Host, Header: r.Header, URL: r.URL}) == nil
}
