package legible

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/workspace"
)

// A Program is a backend that can run: texts, and the Go code of the concepts that
// they use. It does not change; its methods are safe for concurrent use.
type Program struct {
	texts    []fs.FS // of files with the same name, the last counts
	concepts []func() Concept

	opening  sync.Mutex
	compiled *compiled // by the first Open
}

// A compiled is a program that passed the checker. Its apps share it.
type compiled struct {
	plan  *plan.Plan
	names [][]string // of the concepts in each specification of Program.concepts
}

// New makes a program from the .app, .sync, .concept and .scenario files in files and
// the concepts that it uses. Hidden files and folders, folders named testdata or
// node_modules, and folders of other programs and modules below an .app file are
// skipped. New reads nothing before Check, Open or ListenAndServe. A program that
// has opened once does not read its texts again.
func New(files fs.FS, concepts ...func() Concept) *Program {
	return &Program{texts: []fs.FS{files}, concepts: concepts}
}

// With returns a program that also has the texts in files. A file replaces one of
// the program that has the same name.
func (p *Program) With(files fs.FS) *Program {
	return &Program{texts: append(slices.Clone(p.texts), files), concepts: p.concepts}
}

// WithOnly returns a program that has the texts in files instead of its own, such as
// those of another version.
func (p *Program) WithOnly(files fs.FS) *Program { return New(files, p.concepts...) }

// Check reads and checks the texts, and returns what the checker found: errors,
// with which the program does not open, and warnings. The error says why a text
// could not be read.
func (p *Program) Check() ([]Finding, error) {
	_, found, err := p.Checked(private.Access{})
	return findings(found), err
}

// Checked is for packages of this module. It returns the checked program, with all
// possible paths of its flows.
func (p *Program) Checked(private.Access) (*flows.Analysis, []diag.Diagnostic, error) {
	s, err := p.read()
	if err != nil {
		return nil, nil, err
	}
	program, found := flows.Check(s.trees, check.Options{Concept: s.spec})
	return program, diag.Sort(append(s.found, found...)), nil
}

// Open starts the program as an app: it checks the texts, opens the store, brings
// its tables up to the specifications, and resumes the flows that an earlier process
// left unfinished. The app runs until Close, not until ctx ends. The error is a
// *[CheckError] if the program does not pass the checker.
func (p *Program) Open(ctx context.Context, o Options) (*App, error) {
	c, err := p.compile()
	if err != nil {
		return nil, err
	}
	return p.open(ctx, c, o)
}

// compile compiles the texts, if no Open has done so.
func (p *Program) compile() (*compiled, error) {
	p.opening.Lock()
	defer p.opening.Unlock()
	if p.compiled != nil {
		return p.compiled, nil
	}
	s, err := p.read()
	if err != nil {
		return nil, err
	}
	analysis, found := flows.Check(s.trees, check.Options{Concept: s.spec})
	if found = diag.Sort(append(s.found, found...)); diag.HasErrors(found) {
		return nil, &CheckError{findings(found)}
	}
	if err := s.stale(analysis.Program); err != nil {
		return nil, err
	}
	p.compiled = &compiled{plan.Build(analysis.Program), s.names}
	return p.compiled, nil
}

// ListenAndServe opens the program, serves its routes on Options.Addr until ctx
// ends, lets requests in flight finish, and closes the app.
func (p *Program) ListenAndServe(ctx context.Context, o Options) (err error) {
	a, err := p.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	addr := o.Addr
	if addr == "" {
		addr = "127.0.0.1:8000"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	a.log.Info("listening on http://" + l.Addr().String())
	return a.Serve(ctx, l, a.Handler())
}

// A sources is a program as it has been read.
type sources struct {
	trees []*syntax.File
	specs map[string]*syntax.File // of the concepts, by name
	names [][]string              // of the concepts, as in compiled
	made  map[string]Concept      // with generated code, by the names of their concepts
	found []diag.Diagnostic       // while parsing
}

// stale returns an error if Go code was generated from another specification than that of
// the program.
func (s *sources) stale(p *check.Program) error {
	var all error
	for _, name := range slices.Sorted(maps.Keys(p.Concepts)) {
		c := p.Concepts[name]
		if made, ok := s.made[c.Name]; ok && made.Digest != c.Digest() {
			all = errors.Join(all, fmt.Errorf("the generated Go code of %s does not belong to its specification (%s), which has changed since: run legible gen on it, and build the app again", c.Name, made.File))
		}
	}
	return all
}

func (s *sources) spec(concept string) *syntax.File { return s.specs[concept] }

// read reads and parses the texts.
func (p *Program) read() (*sources, error) {
	s := &sources{specs: map[string]*syntax.File{}, names: make([][]string, len(p.concepts)), made: map[string]Concept{}}
	texts, err := workspace.Read(p.texts[0], p.texts[1:]...)
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		tree, ds := syntax.Parse(text)
		s.trees, s.found = append(s.trees, tree), append(s.found, ds...)
	}
	for i, newConcept := range p.concepts {
		c := newConcept()
		tree, ds := syntax.Parse(source.NewFile(c.File, c.Spec))
		s.found = append(s.found, ds...)
		for _, spec := range tree.Concepts {
			s.specs[spec.Name.Text], s.names[i] = tree, append(s.names[i], spec.Name.Text)
			if c.Digest != "" {
				s.made[spec.Name.Text] = c
			}
		}
	}
	return s, nil
}
