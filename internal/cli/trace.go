package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

func newTrace(s Streams) *cobra.Command {
	var f recordsFlags
	var filter filterFlags
	var count int
	var follow bool
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Show the latest flows as trees, and follow new ones",
		Long: `Trace prints the latest flows, oldest first, each as a tree: below an action the
syncs that it triggered, below a sync the actions that it asked. With -f it also
prints each new flow when it comes to rest, until it is interrupted.
` + whereRecords,
		Example: "  legible trace -f --path '/auth/*'\n  legible trace -n 1 --outcome unanswered\n  legible trace -f --json | jq .tree.title",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			r, err := f.open(s)
			if err != nil {
				return err
			}
			defer r.close()
			wants, err := filter.compile(r)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			t := &tracer{records: r, wants: wants, out: s.Out, json: f.json, seen: map[value.ID]bool{}}
			if !follow {
				return t.last(count, false)
			}
			if r.app != nil {
				return t.followApp(ctx, s, count)
			}
			// What comes while the last ones are drawn must not be missed.
			if _, err := t.poll(); err != nil {
				return err
			}
			if count > 0 {
				if err := t.last(count, true); err != nil {
					return err
				}
			}
			return t.follow(ctx)
		},
	}
	f.add(cmd)
	filter.add(cmd)
	cmd.Flags().IntVarP(&count, "count", "n", 10, "the maximum number of latest flows; 0 is none with -f, and all without")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "follow new flows as they come to rest")
	return cmd
}

// A tracer draws flows as they come to rest.
type tracer struct {
	*records
	wants func(*explain.Summary) bool
	out   io.Writer
	json  bool

	// What follows is of a store that is followed.
	floor   time.Time         // what began before has been dealt with, or is in waiting
	seen    map[value.ID]bool // that began since, and have been dealt with
	waiting map[value.ID]bool // that have not come to rest
}

const (
	// pollEvery is how often a followed store is looked at.
	pollEvery = 200 * time.Millisecond
	// slack is how much later than a younger flow an older one may come: flows
	// become durable in groups, and machines differ in their clocks.
	slack = time.Minute
)

// last draws the last flows, oldest first.
func (t *tracer) last(count int, following bool) error {
	list, err := t.records.last(count, t.wants)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, x := range list {
		if following && !x.rested {
			continue // its turn comes
		}
		if err := t.draw(x); err != nil {
			return err
		}
		t.seen[x.id] = true
	}
	return nil
}

// follow draws each flow that comes to rest until ctx ends.
func (t *tracer) follow(ctx context.Context) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		fresh, err := t.poll()
		if err != nil {
			return err
		}
		for _, id := range fresh {
			x, err := t.listed(id)
			if err != nil {
				return err
			}
			if !t.wants(&x.Summary) {
				continue
			}
			if err := t.draw(x); err != nil {
				return err
			}
		}
	}
}

// followApp draws what a running app tells of, after the last ones, until ctx
// ends or the app does.
func (t *tracer) followApp(ctx context.Context, s Streams, count int) error {
	events, err := t.app.Follow(ctx)
	if err != nil {
		return err
	}
	if count > 0 {
		if err := t.last(count, true); err != nil {
			return err
		}
	}
	for e := range events {
		var x listed
		switch {
		case e.Lost > 0:
			fmt.Fprintf(s.Err, "legible: omitted %s that came too fast\n", words.Counted(e.Lost, "flow"))
			continue
		case e.TurnedAway != nil:
			x = turnedListed(e.TurnedAway)
		default:
			if x, err = t.listed(e.Flow); err != nil {
				return err
			}
		}
		if t.seen[x.id] || !t.wants(&x.Summary) {
			delete(t.seen, x.id) // it comes once
			continue
		}
		if err := t.draw(x); err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		fmt.Fprintf(s.Err, "legible: the app at %s has ended\n", t.app.Address)
	}
	return nil
}

// poll gives the flows that have come to rest since it was called before,
// oldest first; the first time, those of the last minute.
func (t *tracer) poll() ([]value.ID, error) {
	// The flows come first: one that begins between the two readings is not
	// taken for one at rest.
	var young []value.ID
	newest := t.floor.Add(slack)
	err := t.each(func(id value.ID) (bool, error) {
		if at := id.Time(); at.After(newest) {
			newest = at
		}
		if id.Time().Before(t.floor) || t.floor.IsZero() && newest.Sub(id.Time()) > slack {
			return false, nil
		}
		young = append(young, id)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	open, err := t.store.Unfinished(context.Background())
	if err != nil {
		return nil, err
	}
	running := map[value.ID]bool{}
	for _, id := range open {
		running[id] = true
	}
	var fresh []value.ID
	for id := range t.waiting {
		if !running[id] && !t.seen[id] {
			fresh = append(fresh, id)
			t.seen[id] = true
		}
	}
	for _, id := range young {
		if !running[id] && !t.seen[id] {
			fresh = append(fresh, id)
			t.seen[id] = true
		}
	}
	t.waiting = running
	if floor := newest.Add(-slack); len(young) > 0 && floor.After(t.floor) {
		t.floor = floor
		for id := range t.seen {
			if id.Time().Before(floor) {
				delete(t.seen, id)
			}
		}
	}
	slices.SortFunc(fresh, func(a, b value.ID) int { return bytes.Compare(a[:], b[:]) })
	return fresh, nil
}

// A traced is a flow as JSON has it.
type traced struct {
	listed
	Tree *explain.Tree `json:"tree"`
}

func (t *tracer) draw(x listed) error {
	tree := x.tree(t.plan)
	if t.json {
		e := json.NewEncoder(t.out)
		e.SetEscapeHTML(false)
		return e.Encode(traced{x, tree})
	}
	if _, err := fmt.Fprintf(t.out, "%s  %s\n", x.Begun.Format(moment), x.Flow); err != nil {
		return err
	}
	if err := tree.Print(t.out, styleOf(t.out)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out)
	return err
}
