package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/store"
)

func newMigrate(s Streams) *cobra.Command {
	var f recordsFlags
	var plan, apply bool
	cmd := &cobra.Command{
		Use:   "migrate [APP]",
		Short: "Migrate an app's store to its specifications",
		Long: `Migrate compares a store with the app's specifications and prints what it would add,
change and delete, what data is lost, and what blocks the migration. With --apply it
makes all changes in one transaction. If something blocks the migration, it changes
nothing.

An app makes changes that lose no data when it starts, and does not start if data
would be lost: then use this command. Stop the app first.

Migrate exits with 0 when no data is lost, or after --apply, and with 1 when data
would be lost or the migration is blocked.`,
		Example: "  legible migrate\n  legible migrate apps/focusreader --store sqlite:focusreader.db --apply",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.app = "."; len(args) > 0 {
				f.app = args[0]
			}
			return f.migrate(s, apply)
		},
	}
	cmd.Flags().BoolVar(&plan, "plan", true, "print the changes without making them")
	cmd.Flags().BoolVar(&apply, "apply", false, "make the changes")
	cmd.Flags().StringVar(&f.store, "store", "", storeUsage)
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("plan", "apply")
	return cmd
}

// A migration is what a store lacks, has too much, and is kept from, as JSON
// has it.
type migration struct {
	Store    string   `json:"store"`
	Changes  []string `json:"changes"`
	Losses   []string `json:"losses"`
	Blocked  []string `json:"blocked"`
	Unneeded []string `json:"unneeded"`
	Applied  bool     `json:"applied"`
}

func (f *recordsFlags) migrate(s Streams, apply bool) (err error) {
	p, err := onePlan(s, f.app, "a store", "")
	if err != nil {
		return err
	}
	if p.Program.App == nil {
		return fmt.Errorf("there is no .app in %s: name the folder of the app", slash(f.app))
	}
	name, err := f.storeName()
	if err != nil {
		return err
	}
	ctx := context.Background()
	st, err := legible.OpenStore(ctx, name, store.Full)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	migrator, ok := st.(store.Migrator)
	if !ok {
		return fmt.Errorf("the store %s cannot be migrated", store.Redacted(name))
	}
	schema := engine.Schema(p)
	need, err := migrator.Plan(ctx, schema)
	if err != nil {
		return err
	}
	m := migration{store.Redacted(name), need.Changes, need.Losses, need.Blocked, need.Unneeded, apply && len(need.Blocked) == 0}
	if m.Applied && len(m.Changes) > 0 {
		if err := migrator.Apply(ctx, schema); err != nil {
			return err
		}
	}
	if err := m.print(s.Out, f.json); err != nil {
		return err
	}
	fmt.Fprintln(s.Err, m.outcome())
	if len(m.Blocked) > 0 || len(m.Losses) > 0 && !m.Applied {
		return errFindings
	}
	return nil
}

func (m *migration) print(w io.Writer, asJSON bool) error {
	if asJSON {
		for _, list := range []*[]string{&m.Changes, &m.Losses, &m.Blocked, &m.Unneeded} {
			if *list == nil {
				*list = []string{} // a program reads a list
			}
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(m)
	}
	var b strings.Builder
	for _, part := range []struct {
		title string
		lines []string
	}{
		{"changes:", m.Changes},
		{"data that is lost or left empty:", m.Losses},
		{"conflicts:", m.Blocked},
		{"clauses that this store does not need:", m.Unneeded},
	} {
		if len(part.lines) > 0 {
			b.WriteString(part.title + "\n    " + strings.Join(part.lines, "\n    ") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// outcome says what was done, or what a person does next.
func (m *migration) outcome() string {
	switch {
	case len(m.Changes) == 0:
		return m.Store + " matches the specifications: there is nothing to do"
	case len(m.Blocked) > 0:
		return m.Store + " was not changed: resolve the conflicts first"
	case m.Applied:
		return fmt.Sprintf("%s has been migrated: %s", m.Store, words.Counted(len(m.Changes), "change"))
	case len(m.Losses) > 0:
		return fmt.Sprintf("nothing was changed: legible migrate --apply makes the changes; make a copy first with legible backup --store %s PATH", m.Store)
	}
	return "nothing was done: the app does it when it starts, or legible migrate --apply now"
}
