package mutation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/scenario"
)

// A Program is a program to mutate. It does not change after Open.
type Program struct {
	Name     string
	files    []*source.File
	trees    map[*source.File]*syntax.File
	specs    map[string]*syntax.File // of the concepts, by name
	concepts []func() legible.Concept
	plan     string
	titles   []string                   // of the scenarios, as they are played
	played   map[string][]outcome       // by title
	reached  map[string]map[string]bool // by title: the syncs that fired or dropped frames
}

// Load reads, checks and plays a program. It must have no findings, and its scenarios
// must pass.
func Load(name string, files []*source.File, concepts ...func() legible.Concept) (*Program, error) {
	p := &Program{Name: name, files: files, trees: map[*source.File]*syntax.File{}, specs: map[string]*syntax.File{},
		concepts: concepts, played: map[string][]outcome{}, reached: map[string]map[string]bool{}}
	for _, newConcept := range concepts {
		c := newConcept()
		tree, found := syntax.Parse(source.NewFile(c.File, c.Spec))
		if len(found) > 0 {
			return nil, fmt.Errorf("%s: %s", c.File, found[0].Message)
		}
		for _, spec := range tree.Concepts {
			p.specs[spec.Name.Text] = tree
		}
	}
	for _, f := range files {
		p.trees[f], _ = syntax.Parse(f)
	}
	analysis, found := p.check(files)
	if len(found) > 0 {
		return nil, fmt.Errorf("%s: the program to mutate has findings: %s: %s", name, found[0].Span, found[0].Message)
	}
	p.plan = printed(analysis.Program)
	seen := map[string]bool{}
	for _, s := range analysis.Scenarios {
		if seen[s.Title] {
			return nil, fmt.Errorf("%s: two scenarios have the title %q", name, s.Title)
		}
		seen[s.Title] = true
		p.titles = append(p.titles, s.Title)
	}
	return p, p.playAll()
}

// playAll plays the scenarios of the original program.
func (p *Program) playAll() error {
	program := p.program(p.files)
	for _, title := range p.titles {
		outcomes, err := play(program, title)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", p.Name, title, err)
		}
		reached := map[string]bool{}
		for _, o := range outcomes {
			if o.Failure != nil {
				return fmt.Errorf("%s: the program to mutate fails: %s", p.Name, o.Failure)
			}
			for sync := range o.syncs {
				reached[sync] = true
			}
		}
		p.played[title], p.reached[title] = outcomes, reached
	}
	return nil
}

// check checks the program with some of its texts changed.
func (p *Program) check(files []*source.File) (*flows.Analysis, []diag.Diagnostic) {
	var trees []*syntax.File
	var found []diag.Diagnostic
	for _, f := range files {
		tree := p.trees[f]
		if tree == nil {
			var ds []diag.Diagnostic
			tree, ds = syntax.Parse(f)
			found = append(found, ds...)
		}
		trees = append(trees, tree)
	}
	analysis, more := flows.Check(trees, check.Options{Concept: func(name string) *syntax.File { return p.specs[name] }})
	return analysis, diag.Sort(append(found, more...))
}

// program returns the program as it runs, with some of its texts changed.
func (p *Program) program(files []*source.File) *legible.Program {
	texts := fstest.MapFS{}
	for _, f := range files {
		texts[f.Name] = &fstest.MapFile{Data: []byte(f.Text)}
	}
	return legible.New(texts, p.concepts...)
}

// printed is what two programs that do the same have in common.
func printed(p *check.Program) string {
	var b strings.Builder
	for _, x := range p.Exposed {
		fmt.Fprintln(&b, "expose", x.Tree.Span.Text())
	}
	if err := plan.Build(p).Print(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

// play plays the scenario with a title.
func play(program *legible.Program, title string) (outcomes []outcome, err error) {
	found := false
	choose := func(p *check.Program) *syntax.Scenario {
		for _, s := range p.Scenarios {
			if s.Title == title {
				found = true
				return s
			}
		}
		return &syntax.Scenario{}
	}
	err = scenario.Play(context.Background(), private.Access{}, program, legible.Options{}, choose, func(p scenario.Played) {
		outcomes = append(outcomes, newOutcome(p))
	})
	if err == nil && !found {
		err = errors.New("there is no such scenario")
	}
	return outcomes, err
}
