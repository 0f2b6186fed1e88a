package inspect

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A story is one flow for the pages.
type story struct {
	*history.Flow
	id      value.ID
	entries []journal.Entry // without secrets
	ended   time.Time       // zero if not known
	raw     []byte          // entries as stored
	damage  error           // why the rest is unreadable
}

type (
	step  = history.Action
	match = history.Match
)

// errUnknown means that neither memory nor store has a flow.
var errUnknown = errors.New("no flow has this id")

// A reader reads flows for one request.
type reader struct {
	*Inspector
	ctx  context.Context
	open map[value.ID]bool // flows of the store not at rest; nil before it is read
}

func (in *Inspector) reader(ctx context.Context) *reader { return &reader{Inspector: in, ctx: ctx} }

// load reads a flow from the recent journal or from the store.
func (r *reader) load(id value.ID) (*story, error) {
	t, known := r.recent.get(id)
	b := t.entries
	if !known || !t.whole {
		var err error
		if b, err = r.store.Journal(r.ctx, id); err != nil {
			return nil, store.OrLost(err)
		}
	}
	if len(b) == 0 {
		return nil, errUnknown
	}
	entries, err := journal.Read(b)
	rested := t.rested
	if !known {
		open, lost := r.unfinished(id)
		if lost != nil {
			return nil, lost
		}
		rested = !open
	}
	s := r.tell(id, entries, rested)
	s.raw, s.damage, s.ended = b, err, t.ended
	return s, nil
}

// unfinished reports whether a flow of the store is not at rest.
func (r *reader) unfinished(id value.ID) (bool, error) {
	if r.open == nil {
		ids, err := r.store.Unfinished(r.ctx)
		if err != nil {
			return false, store.OrLost(err)
		}
		r.open = map[value.ID]bool{}
		for _, id := range ids {
			r.open[id] = true
		}
	}
	return r.open[id], nil
}

// tell makes a story from entries.
func (in *Inspector) tell(id value.ID, entries []journal.Entry, rested bool) *story {
	for i := range entries {
		in.clean(&entries[i])
	}
	s := &story{Flow: history.Read(in.plan, entries, rested), id: id, entries: entries}
	if s.Begun.IsZero() {
		s.Begun = id.Time()
	}
	return s
}

// title describes what opened the flow: "POST /auth/login".
func (s *story) title() string { return cut(cmp.Or(s.Opening(), "nothing was asked"), 120) }

// of returns a sync's matches in the flow.
func (s *story) of(sync string) (fired, dropped []*match) {
	for _, m := range s.Matches {
		switch {
		case m.Sync != sync:
		case m.Fired():
			fired = append(fired, m)
		default:
			dropped = append(dropped, m)
		}
	}
	return fired, dropped
}
