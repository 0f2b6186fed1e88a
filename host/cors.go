package host

import (
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
	h.Set("Access-Control-Expose-Headers", "X-Trace-Id")
}

// preflight answers what a browser asks before it lets a page of another origin
// send a request; nil when it is none, or the origin is not allowed. Any method
// and path may follow: what is wrong with them is said to the request itself,
// where the page can read it.
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

// ownPage tells whether the cookies of a request count: not where a page of
// another origin sent a request that may change something, since a browser
// adds them without asking anybody.
func (x *exchange) ownPage() bool { return x.front.sameSite.Check(x.request) == nil }
