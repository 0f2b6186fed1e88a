package host

import (
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// turnedAway gives what is to be told of a request that was turned away, and
// false for one that was not.
func (x *exchange) turnedAway(start time.Time) (history.TurnedAway, bool) {
	trace, err := value.ParseID(x.reply.trace)
	if err != nil || x.flow && x.overdue == "" || x.reply.sentence == "" {
		return history.TurnedAway{}, false
	}
	r, shown := x.request, x.shownPath()
	reason := x.reply.sentence
	// What the client wrote stands in some sentences, and may be a secret.
	for _, written := range []string{x.written, r.URL.EscapedPath(), r.URL.Path} {
		written = words.Clip(strings.ToValidUTF8(written, "?"), 200)
		if len(written) > 1 && strings.Contains(reason, written) {
			reason = strings.ReplaceAll(reason, written, shown)
			break // what is shown may hold what was written
		}
	}
	if x.overdue != "" {
		reason = x.overdue
	}
	return history.TurnedAway{Overdue: x.overdue != "", Trace: trace, Moment: start, Method: words.Clip(r.Method, 20), Path: words.Clip(shown, 300), Status: x.reply.status, Reason: words.Clip(reason, 500)}, true
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
