package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/graph"
	"github.com/legible-lang/legible/internal/plan"
)

func newGraph(s Streams) *cobra.Command {
	var dot, svg, mermaid bool
	var route string
	cmd := &cobra.Command{
		Use:   "graph [PATH]",
		Short: "Draw the routes, syncs and concepts of a program",
		Long: `Graph draws the routes, the syncs, and the concepts with their actions: which sync
asks which action, which it waits for, and whose state it reads. With --route it
draws one route: the request, the syncs that follow, the actions they ask, the
answers and the refusals, in order. The output is a Mermaid flowchart; --dot writes
Graphviz and --svg a picture.`,
		Example: "  legible graph apps/focusreader --svg > focusreader.svg\n" +
			"  legible graph apps/focusreader --route 'POST /auth/login'",
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			program, err := analyzed(s, paths, "a graph shows one")
			if err != nil {
				return err
			}
			p := plan.Build(program.Program)
			g := graph.Of(p, program.EntryPoints)
			draw := g.SVG
			if route != "" {
				d, err := endpointNamed(p.Endpoints(program.EntryPoints), route)
				if err != nil {
					return err
				}
				story := graph.Tell(p, d)
				g, draw = story.Graph(), story.SVG
			}
			switch {
			case svg:
				return draw(s.Out)
			case dot:
				return g.Dot(s.Out)
			}
			return g.Mermaid(s.Out)
		},
	}
	cmd.Flags().BoolVar(&mermaid, "mermaid", false, "write a Mermaid flowchart, the default")
	cmd.Flags().BoolVar(&dot, "dot", false, "write Graphviz")
	cmd.Flags().BoolVar(&svg, "svg", false, "write a picture for light and dark backgrounds")
	cmd.Flags().StringVar(&route, "route", "", "draw only this route, such as 'POST /auth/login'")
	cmd.MarkFlagsMutuallyExclusive("mermaid", "dot", "svg")
	return cmd
}

// endpointNamed finds a way in by its method and path; where only one has the path,
// the method may be left out.
func endpointNamed(endpoints []*plan.Endpoint, name string) (*plan.Endpoint, error) {
	var found []*plan.Endpoint
	var names []string
	method, path, both := strings.Cut(strings.TrimSpace(name), " ")
	if !both {
		method, path = "", method
	}
	for _, d := range endpoints {
		names = append(names, cmp.Or(d.Method, "any")+" "+d.Path)
		if d.Path == strings.TrimSpace(path) && (method == "" || strings.EqualFold(method, cmp.Or(d.Method, "any"))) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		message := fmt.Sprintf("there is no route %s", name)
		if near, ok := nearestRoute(name, names); ok {
			return nil, fmt.Errorf("%s; did you mean %s?", message, near)
		}
		return nil, fmt.Errorf("%s; legible routes lists them", message)
	}
	names = nil
	for _, d := range found {
		names = append(names, d.String())
	}
	return nil, fmt.Errorf("%s both match: name the method too", strings.Join(names, " and "))
}

// nearestRoute looks among whole names, then among paths alone.
func nearestRoute(name string, names []string) (string, bool) {
	if near, ok := diag.Nearest(name, names); ok {
		return near, true
	}
	var paths []string
	for _, n := range names {
		_, path, _ := strings.Cut(n, " ")
		paths = append(paths, path)
	}
	_, path, both := strings.Cut(name, " ")
	if !both {
		path = name
	}
	for i, p := range paths {
		if p == path { // another method
			return names[i], true
		}
	}
	near, ok := diag.Nearest(path, paths)
	for i, p := range paths {
		if ok && p == near {
			return names[i], true
		}
	}
	return "", false
}
