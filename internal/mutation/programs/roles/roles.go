// Package roles implements the concept Roles: some do more than others.
//
// Its main types are [Concept], the actions, and the generated [State]. It promises what
// the specification says; it does not limit how much it stores, because only the program
// that is mutated uses it, in memory.
package roles

import (
	"github.com/legible-lang/legible"
)

// New returns the concept, for legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is one instance of Roles.
type Concept struct{ *State }

func (c *Concept) Assign(ctx legible.Context, in AssignIn) error {
	grant, row, found := c.Grants.ByMember(ctx, in.Member)
	if found && row.Role == GrantRoleKeeper && in.Role != GrantRoleKeeper && c.keepers(ctx) == 1 {
		return ErrLastKeeper
	}
	row.Member, row.Role = in.Member, in.Role
	if found {
		return c.Grants.Update(ctx, grant, row)
	}
	_, err := c.Grants.Insert(ctx, row)
	return err
}

func (c *Concept) keepers(ctx legible.Context) int {
	n := 0
	for range c.Grants.ByRole(ctx, GrantRoleKeeper) {
		n++
	}
	return n
}

func (c *Concept) Dismiss(ctx legible.Context, in DismissIn) error {
	grant, _, found := c.Grants.ByMember(ctx, in.Member)
	if !found {
		return nil
	}
	return c.Grants.Delete(ctx, grant)
}

func (c *Concept) GetRole(ctx legible.Context, in GetRoleIn) (GetRoleOut, bool, error) {
	_, row, found := c.Grants.ByMember(ctx, in.Member)
	return GetRoleOut{Role: row.Role}, found, nil
}
