package host

import (
	"strings"
	"time"
)

// A Turned is a request that was turned away before a flow: no sync knows its
// path or method, it lacks a field, its body cannot be read or is too large, or
// there is no room for it now. It holds no field of the request and nothing of
// its query string, and of a path that may hold a secret only the form.
type Turned struct {
	Trace  string    // that the answer has in X-Trace-Id
	Moment time.Time // when the request came
	Method string
	Path   string
	Status int
	Reason string // the sentence of the answer
}

// turnedAway gives what is to be told of a request that was turned away, and
// false for one that was not.
func (x *exchange) turnedAway(start time.Time) (Turned, bool) {
	if x.flow || x.reply.sentence == "" {
		return Turned{}, false
	}
	r, shown := x.request, x.shownPath()
	reason := x.reply.sentence
	// What the client wrote stands in some sentences, and may be a secret.
	for _, written := range []string{x.written, r.URL.EscapedPath(), r.URL.Path} {
		written = clip(strings.ToValidUTF8(written, "?"), 200)
		if len(written) > 1 && strings.Contains(reason, written) {
			reason = strings.ReplaceAll(reason, written, shown)
			break // what is shown may hold what was written
		}
	}
	return Turned{x.reply.trace, start, clip(r.Method, 20), clip(shown, 300), x.reply.status, clip(reason, 500)}, true
}

// shownPath is what log and inspector show of a request's path.
func (x *exchange) shownPath() string {
	path := x.written
	if path == "" {
		path = strings.ToValidUTF8(x.request.URL.Path, "?")
	}
	switch {
	case x.route == nil:
		path = x.front.unknownForm(path)
	case x.route.secretParams:
		path = x.front.options.Prefix + x.route.Path
	}
	return path
}
