package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func newJournalVerify(s Streams) *cobra.Command {
	f := recordsFlags{app: "."}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check a store for damage",
		Long: `Verify reads a whole store: the file, its large values, the members of every set,
and the record of every flow. A record must be readable and complete, and in a flow
at rest every action must have an outcome. The app may run meanwhile. Verify changes
nothing and does not need the app's texts.

Verify exits with 0 when it finds no damage and with 1 otherwise.`,
		Example: "  legible journal verify --store sqlite:focusreader.db",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			st, err := f.openStore()
			if err != nil {
				return err
			}
			defer st.Close() // it was only read: nothing can be lost
			ctx, stop := untilInterrupted()
			defer stop()
			v := &verification{ctx: ctx, store: st, Findings: []damage{}}
			if err := v.all(); err != nil {
				return err
			}
			return v.print(s, f.json)
		},
	}
	cmd.Flags().StringVar(&f.store, "store", "", storeUsage)
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// A damage is one thing that is wrong, as JSON has it: with a flow, with a set
// of members, or with the file when both are empty.
type damage struct {
	Flow    string `json:"flow,omitempty"`
	Set     string `json:"set,omitempty"`
	Message string `json:"message"`
}

func (d *damage) String() string {
	switch {
	case d.Flow != "":
		return "flow " + d.Flow + ": " + d.Message
	case d.Set != "":
		return "set " + d.Set + ": " + d.Message
	}
	return "store: " + d.Message
}

// A verification goes through a store.
type verification struct {
	ctx      context.Context
	store    store.Store
	Flows    int      `json:"flows"`
	Open     int      `json:"open"` // of these, that are under way
	Members  int      `json:"members"`
	Findings []damage `json:"findings"`
}

func (v *verification) found(d damage) { v.Findings = append(v.Findings, d) }

// all looks at everything. Its error is that it could not be looked at, not
// what is wrong.
func (v *verification) all() error {
	if x, ok := v.store.(store.IntegrityChecker); ok {
		list, err := x.CheckIntegrity(v.ctx)
		for _, text := range list {
			v.found(damage{Message: text})
		}
		if err != nil && v.ctx.Err() == nil {
			v.found(damage{Message: err.Error()})
		}
	}
	if err := v.state(); err != nil {
		return err
	}
	if err := v.journal(); err != nil {
		return err
	}
	return v.ctx.Err()
}

// state reads every member of every set.
func (v *verification) state() error {
	if err := prepareAsIs(v.ctx, v.store); err != nil {
		return err
	}
	hand := v.store.NewSession(value.NewIDs().At(time.Now()))
	defer hand.Abandon()
	for _, t := range v.store.(store.Described).Schema().Tables {
		p := store.Page{Limit: page}
		for v.ctx.Err() == nil {
			members, err := hand.Find(t, nil, nil, p)
			if err != nil {
				v.found(damage{Set: t.Name(), Message: err.Error()})
				break
			}
			v.Members += len(members)
			for _, m := range members {
				if err := t.Check(m.Row); err != nil {
					v.found(damage{Set: t.Name(), Message: fmt.Sprintf("the member %s: %v", m.ID, err)})
				}
			}
			if len(members) < page {
				break
			}
			p.After = members[len(members)-1].Order
		}
	}
	return nil
}

// journal reads the record of every flow.
func (v *verification) journal() error {
	before := value.Zero
	var last []value.ID // under way when they were last listed
	for v.ctx.Err() == nil {
		ids, err := v.store.Flows(v.ctx, before, page)
		if err == nil {
			// After the flows were listed: what is not under way now has all of its
			// record.
			last, err = v.store.Unfinished(v.ctx)
		}
		if err != nil {
			v.found(damage{Message: err.Error()})
			return nil
		}
		if before == value.Zero {
			v.Open = len(last)
		}
		for _, id := range ids {
			v.Flows++
			v.flow(id, !slices.Contains(last, id))
		}
		if len(ids) < page {
			break
		}
		before = ids[len(ids)-1]
	}
	for _, id := range last {
		if b, err := v.store.Journal(v.ctx, id); err == nil && len(b) == 0 {
			v.found(damage{Flow: id.String(), Message: "it is said to be under way, but nothing is recorded of it"})
		}
	}
	return nil
}

func (v *verification) flow(id value.ID, rested bool) {
	b, err := v.store.Journal(v.ctx, id)
	if err == nil && len(b) == 0 {
		return // forgotten meanwhile
	}
	var entries []journal.Entry
	if err == nil {
		entries, err = journal.Read(b)
	}
	if err != nil {
		v.found(damage{Flow: id.String(), Message: err.Error()})
		return
	}
	for _, text := range journal.Check(entries, rested) {
		v.found(damage{Flow: id.String(), Message: text})
	}
}

// print writes what was found, and on the way out what can be done about it.
func (v *verification) print(s Streams, asJSON bool) error {
	if asJSON {
		if err := printJSON(s.Out, v); err != nil {
			return err
		}
	} else {
		var b strings.Builder
		for _, d := range v.Findings {
			fmt.Fprintln(&b, &d)
		}
		if _, err := io.WriteString(s.Out, b.String()); err != nil {
			return err
		}
	}
	said := fmt.Sprintf("%s (%d under way) and %s: ", words.Counted(v.Flows, "flow"), v.Open, words.Counted(v.Members, "member"))
	if len(v.Findings) == 0 {
		fmt.Fprintln(s.Err, said+"all is well")
		return nil
	}
	fmt.Fprintln(s.Err, said+words.Counted(len(v.Findings), "thing")+" found that should not be")
	fmt.Fprintln(s.Err, v.advice())
	return errors.Join(errFindings)
}

func (v *verification) advice() string {
	for _, d := range v.Findings {
		if d.Flow == "" {
			return "keep a copy of what is there as it is; then stop the app, and put the last good backup back (docs/howto/backup.md)"
		}
	}
	return "state and the other flows are not touched by this: see such a flow with legible flow show ID --entries; " +
		"it is forgotten with its age, or put the last good backup back (docs/howto/backup.md)"
}
