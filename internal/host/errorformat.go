package host

import (
	"context"
	"log/slog"
	"time"

	"github.com/legible-lang/legible/value"
)

// formatted returns a reply with an error in the app's format. If the format fails,
// the reply stays as it is, and the log says why.
func (f *Front) formatted(ctx context.Context, p *reply, trace string) (value.Value, bool) {
	parts := p.parts
	parts.Status, parts.Trace = p.status, trace
	v, err := f.plan.Errors.Format(parts)
	if err != nil {
		f.options.Log.LogAttrs(ctx, slog.LevelError, "the app's format of errors failed",
			slog.String("trace", trace), slog.String("reason", err.Error()))
	}
	return v, err == nil
}

// format puts a problem into the app's format of errors, if it has one.
func (f *Front) format(ctx context.Context, p *reply) {
	if p.sentence == "" || f.plan.Errors == nil {
		return
	}
	p.parts.Error = value.String(p.sentence)
	if v, ok := f.formatted(ctx, p, p.trace); ok {
		p.body = value.AppendJSON(nil, v)
	}
}

// Busy returns the body of the answer to a connection for which there is no room.
func (f *Front) Busy() []byte {
	p := tooMany()
	p.trace = f.ids.At(time.Now()).String()
	f.format(context.Background(), p)
	return p.body
}
