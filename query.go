package legible

import (
	"context"
	"errors"
	"fmt"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/value"
)

// Query asks a query, such as "Sessioning._getUser", outside of any flow and
// returns its rows: the outputs in the order of the specification. It reads one
// snapshot and records nothing.
func (a *App) Query(ctx context.Context, query string, in ...Field) ([][]Field, error) {
	e := a.Engine()
	if e == nil {
		return nil, errors.New("the app is not open")
	}
	var names []string
	for _, q := range e.Plan().Queries {
		if q.FullName() != query {
			names = append(names, q.FullName())
			continue
		}
		columns := make([]value.Value, len(q.Inputs))
		for _, f := range in {
			i := indexOf(q.Inputs, f.Name)
			if i < 0 {
				near := ""
				if n, ok := diag.Nearest(f.Name, q.Inputs); ok {
					near = ": do you mean " + n + "?"
				}
				return nil, fmt.Errorf("%s has no input %s%s", query, f.Name, near)
			}
			columns[i] = f.Value
		}
		found, err := e.Query(ctx, q, columns)
		if err != nil {
			return nil, fmt.Errorf("asking %s: %w", query, err)
		}
		rows := make([][]Field, len(found))
		for n, row := range found {
			for i, v := range row {
				rows[n] = append(rows[n], Field{Name: q.Outputs[i], Value: v})
			}
		}
		return rows, nil
	}
	if near, ok := diag.Nearest(query, names); ok {
		return nil, fmt.Errorf("there is no query %s: do you mean %s?", query, near)
	}
	return nil, fmt.Errorf("there is no query %s", query)
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// Engine returns the app's engine, nil when not open.
func (a *App) Engine() *engine.Engine {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.engine
}
