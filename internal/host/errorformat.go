package host

import (
	"log/slog"

	"github.com/legible-lang/legible/value"
)

// formatted returns a reply with an error in the app's format. If the format fails,
// the reply stays as it is, and the log says why.
func (x *exchange) formatted(p *reply, trace string) (value.Value, bool) {
	parts := p.parts
	parts.Status, parts.Trace = p.status, trace
	v, err := x.front.plan.Errors.Format(parts)
	if err != nil {
		x.front.options.Log.LogAttrs(x.request.Context(), slog.LevelError, "the app's format of errors failed",
			slog.String("trace", trace), slog.String("reason", err.Error()))
	}
	return v, err == nil
}
