package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/event"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/internal/workspace"
)

// runner is the import path of the package that plays scenarios.
const runner = "github.com/legible-lang/legible/scenario"

// A goFolder is what the command needs to know of the Go in a folder.
type goFolder struct {
	name  string              // of the package
	tests map[string][]string // names of the Go tests that play scenarios, by "app" and "concept"
	makes map[string]string   // a function that makes what is to be played
}

// findTests gives the Go tests that play the scenarios in the texts, by their
// folders, and says where there is none.
func findTests(texts []string) (map[string][]string, []happened, error) {
	folders := map[string]*goFolder{}
	tests, untested := map[string][]string{}, []happened{}
	seen := map[string]bool{}
	for _, name := range texts {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		tree, _ := syntax.Parse(source.NewFile(name, string(text)))
		for _, of := range scenarioKinds(tree) {
			dir := filepath.Dir(name)
			if seen[of+" "+dir] {
				continue
			}
			seen[of+" "+dir] = true
			at, err := nearestTest(folders, dir, of)
			if err != nil {
				return nil, nil, err
			}
			if at == "" {
				untested = append(untested, noTest(folders, dir, of))
				continue
			}
			for _, test := range folders[at].tests[of] {
				if !slices.Contains(tests[at], test) {
					tests[at] = append(tests[at], test)
				}
			}
		}
	}
	return tests, untested, nil
}

// scenarioKinds tells whether a text holds scenarios of an app, of a concept,
// or both.
func scenarioKinds(tree *syntax.File) []string {
	var kinds []string
	if len(tree.Scenarios) > 0 {
		kinds = append(kinds, "app")
	}
	if slices.ContainsFunc(tree.Concepts, func(c *syntax.Concept) bool { return len(c.Scenarios) > 0 }) {
		kinds = append(kinds, "concept")
	}
	return kinds
}

// nearestTest gives the folder with a test for scenarios in dir: dir itself or
// the nearest above it in the module; "" when there is none.
func nearestTest(folders map[string]*goFolder, dir, of string) (string, error) {
	for at := dir; ; {
		if folders[at] == nil {
			f, err := readGo(at)
			if err != nil {
				return "", err
			}
			folders[at] = f
		}
		if len(folders[at].tests[of]) > 0 {
			return at, nil
		}
		up, ok := workspace.Parent(at)
		if !ok || workspace.IsModule(at) {
			return "", nil
		}
		at = up
	}
}

// readGo reads the Go files of a folder, those that can be read.
func readGo(dir string) (*goFolder, error) {
	f := &goFolder{tests: map[string][]string{}, makes: map[string]string{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("looking for Go tests: %w", err)
	}
	for _, name := range names {
		// What cannot be read is left to the Go compiler to complain about.
		file, _ := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if file == nil {
			continue
		}
		if strings.HasSuffix(name, "_test.go") {
			f.readTests(file)
			continue
		}
		f.name = file.Name.Name
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				f.readMaker(fn)
			}
		}
	}
	return f, nil
}

// readTests finds the tests in a file that call the runner.
func (f *goFolder) readTests(file *ast.File) {
	called := ""
	for _, imp := range file.Imports {
		if imp.Path.Value == `"`+runner+`"` {
			called = "scenario"
			if imp.Name != nil {
				called = imp.Name.Name
			}
		}
	}
	if called == "" {
		return
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") {
			continue
		}
		for kind, what := range map[string]string{"App": "app", "Suite": "app", "Concept": "concept"} {
			uses := false
			ast.Inspect(fn, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == kind {
					x, ok := s.X.(*ast.Ident)
					uses = uses || ok && x.Name == called
				}
				return true
			})
			if uses && !slices.Contains(f.tests[what], fn.Name.Name) {
				f.tests[what] = append(f.tests[what], fn.Name.Name)
			}
		}
	}
}

// readMaker notes a function without parameters that gives an app or a concept.
func (f *goFolder) readMaker(fn *ast.FuncDecl) {
	if len(fn.Type.Params.List) > 0 || fn.Type.Results == nil || len(fn.Type.Results.List) != 1 {
		return
	}
	result, of := fn.Type.Results.List[0].Type, "concept"
	made := "Concept"
	if star, ok := result.(*ast.StarExpr); ok {
		result, of, made = star.X, "app", "Program"
	}
	s, ok := result.(*ast.SelectorExpr)
	if !ok {
		return
	}
	x, ok := s.X.(*ast.Ident)
	if ok && x.Name == "legible" && s.Sel.Name == made && (f.makes[of] == "" || fn.Name.Name == "New") {
		f.makes[of] = fn.Name.Name
	}
}

// noTest says which test is missing.
func noTest(folders map[string]*goFolder, dir, of string) happened {
	f := folders[dir]
	name, maker, note := f.name, f.makes[of], ""
	if name == "" {
		name = regexp.MustCompile(`[^a-z0-9_]`).ReplaceAllString(strings.ToLower(filepath.Base(workspace.Full(dir))), "")
	}
	call, result := "App", "*legible.Program"
	if of == "concept" {
		call, result = "Concept", "legible.Concept"
	}
	if maker == "" {
		maker, note = "New", fmt.Sprintf(" // New returns the %s: func() %s", of, result)
	}
	return happened{event.Event{Event: event.Untested, Folder: dir, Of: of,
		Failure: fmt.Sprintf("its scenarios of %s are played by no Go test; write %s:", words.Article(of), slash(filepath.Join(dir, "scenario_test.go"))),
		Details: []string{
			"",
			"    package " + name,
			"",
			"    import (",
			"        \"testing\"",
			"",
			"        \"" + runner + "\"",
			"    )",
			"",
			fmt.Sprintf("    func TestScenarios(t *testing.T) { scenario.%s(t, %s) }%s", call, maker, note),
			"",
		}}}
}

// playTests runs the Go tests and gives what they told, and the output of
// packages that failed without telling why.
func playTests(tests map[string][]string, only string) (told []happened, trouble []string, err error) {
	modules := map[string][]string{}
	for dir := range tests {
		module := workspace.Module(dir)
		modules[module] = append(modules[module], dir)
	}
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		dirs := modules[module]
		slices.Sort(dirs)
		events, bad, err := playModule(module, dirs, tests, only)
		if err != nil {
			return nil, nil, err
		}
		told, trouble = append(told, events...), append(trouble, bad...)
	}
	return told, trouble, nil
}

func playModule(module string, dirs []string, tests map[string][]string, only string) (told []happened, trouble []string, err error) {
	folder, err := os.MkdirTemp("", "legible-test-")
	if err != nil {
		return nil, nil, fmt.Errorf("running go test: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	var names, packages []string
	for _, dir := range dirs {
		names = append(names, tests[dir]...)
		rel, err := filepath.Rel(workspace.Full(module), workspace.Full(dir))
		if err != nil {
			return nil, nil, fmt.Errorf("running go test: %w", err)
		}
		packages = append(packages, "./"+slash(rel))
	}
	slices.Sort(names)
	// Only the variables of this run reach the tests: a run inside of a test
	// must not tell that one's command.
	cmd := exec.Command("go", append([]string{"test", "-json", "-count=1", "-run", "^(" + strings.Join(slices.Compact(names), "|") + ")$"}, packages...)...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), event.Folder+"="+folder, event.Only+"="+only)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	runErr := cmd.Run()
	var exit *exec.ExitError
	if errors.Is(runErr, exec.ErrNotFound) {
		return nil, nil, errors.New("running scenarios needs the go command, which is not in the PATH: install Go from https://go.dev, or add its folder to the PATH")
	}
	if runErr != nil && !errors.As(runErr, &exit) {
		return nil, nil, fmt.Errorf("running go test: %w", runErr)
	}
	events, err := event.Read(folder)
	if err != nil {
		return nil, nil, err
	}
	explained := map[string]bool{}
	for _, e := range events {
		if e.Event == event.Scenario && !e.Passed || e.Event == event.Broken || e.Demanded && len(e.Unreached) > 0 {
			explained[e.Folder] = true
		}
		e.Folder = workspace.Relative(e.Folder)
		told = append(told, happened{e})
	}
	if runErr == nil {
		return told, nil, nil
	}
	trouble = unexplained(out.Bytes(), func(pkg string) bool {
		for dir := range explained {
			rel, err := filepath.Rel(real(module), real(dir))
			if err == nil && (rel == "." && pkg == moduleName(module) || pkg == moduleName(module)+"/"+slash(rel)) {
				return true
			}
		}
		return false
	})
	if text := strings.TrimSpace(errOut.String()); text != "" {
		trouble = append(trouble, text)
	}
	if len(trouble) == 0 && len(explained) == 0 {
		trouble = append(trouble, "go test failed and did not say why")
	}
	return told, trouble, nil
}

// real is a path without symbolic links, as a test process sees it.
func real(path string) string {
	if p, err := filepath.EvalSymlinks(workspace.Full(path)); err == nil {
		return p
	}
	return workspace.Full(path)
}

// moduleName reads the name of a module from its go.mod.
func moduleName(module string) string {
	text, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return ""
}

// unexplained gives the output of the packages that failed and are not known
// to have failed by a scenario.
func unexplained(out []byte, known func(pkg string) bool) []string {
	outputs, failed := map[string]*strings.Builder{}, []string{}
	add := func(key, text string) {
		if outputs[key] == nil {
			outputs[key] = &strings.Builder{}
		}
		outputs[key].WriteString(text)
	}
	var builds []string
	for raw := range bytes.Lines(out) {
		var l struct{ Action, Package, Test, ImportPath, Output, FailedBuild string }
		if err := json.Unmarshal(raw, &l); err != nil {
			add("", string(raw)) // go itself speaks
			continue
		}
		switch {
		case l.Action == "output":
			add(l.Package, l.Output)
		case l.Action == "build-output":
			add(l.ImportPath, l.Output)
		case l.Action == "build-fail":
			builds = append(builds, l.ImportPath)
		case l.Action == "fail" && l.Test == "" && !known(l.Package):
			if l.FailedBuild == "" {
				failed = append(failed, l.Package)
			}
		}
	}
	var list []string
	for _, key := range append(append([]string{""}, builds...), failed...) {
		if b := outputs[key]; b != nil {
			list = append(list, b.String())
		}
	}
	return list
}
