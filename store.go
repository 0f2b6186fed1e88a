package legible

import (
	"context"
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
)

// OpenStore opens a store by name: "memory:", "sqlite:PATH", or the URL of a
// PostgreSQL database, "postgres://…", which several processes may share.
func OpenStore(ctx context.Context, name string, d store.Durability) (store.Store, error) {
	kind, rest, named := strings.Cut(name, ":")
	switch kind {
	case "", "memory":
		return memory.New(memory.Options{}), nil
	case "sqlite":
		if rest == "" {
			return nil, fmt.Errorf("the store %q names no file: write sqlite:PATH", name)
		}
		return sqlite.Open(rest, sqlite.Options{Durability: d})
	}
	if kind == "postgres" || kind == "postgresql" {
		return postgres.Open(ctx, name, postgres.Options{Durability: d})
	}
	if !named {
		return nil, fmt.Errorf("the store %q has no kind: write sqlite:%[1]s for a file of this name", name)
	}
	// An invalid name may hold a password: only its start is shown.
	return nil, fmt.Errorf("there is no store %q: write memory:, sqlite:PATH or postgres://…", kind+":")
}
