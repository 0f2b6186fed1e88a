package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/workspace"
)

func newNew(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Create an app, a concept or a sync",
		Long: `New creates the first files of an app, a concept or a sync. They pass the checker
and their test, and are a start for your own code. New prints the names of the files
and the next steps. It does not overwrite files.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(*cobra.Command, []string) error {
			return errors.New("legible new needs one of its commands: app, concept or sync; see legible new --help")
		},
	}
	cmd.AddCommand(newNewApp(s), newNewConcept(s), newNewSync(s))
	return cmd
}

// oneName wants one argument, the name of what is to be made.
func oneName(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s takes one name, such as %s %s; it got %d", cmd.CommandPath(), cmd.CommandPath(), example, len(args))
		}
		return nil
	}
}

func newNewApp(s Streams) *cobra.Command {
	var in string
	cmd := &cobra.Command{
		Use:     "app NAME",
		Short:   "Create an app: its text, a sync, a scenario, and the program that serves it",
		Example: "  legible new app Guestbook\n  legible new app Guestbook --in .",
		Args:    oneName("app", "Guestbook"),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := readName(args[0], "Guestbook")
			if err != nil {
				return err
			}
			if in == "" {
				in = name.Lower
				if err := folderFits(name); err != nil {
					return err
				}
			}
			made, err := draft(s, in, name, []sheet{
				{name.Lower + ".app", "app.app"},
				{"hello.sync", "hello.sync"},
				{name.Lower + ".scenario", "app.scenario"},
				{"main.go", "main.go"},
				{"scenario_test.go", "app_test.go"},
				{".gitignore", "gitignore"},
			})
			if err != nil {
				return err
			}
			return made.next(s.Err, made.appSteps(name))
		},
	}
	cmd.Flags().StringVar(&in, "in", "", "the folder to create it in; the default is named after the app")
	return cmd
}

func newNewConcept(s Streams) *cobra.Command {
	var in string
	cmd := &cobra.Command{
		Use:     "concept NAME",
		Short:   "Create a concept: its specification with a scenario, and its Go code",
		Example: "  legible new concept Signing\n  legible new concept Signing --in concepts/signing",
		Args:    oneName("concept", "Signing"),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := readName(args[0], "Signing")
			if err != nil {
				return err
			}
			if err := conceptFits(name); err != nil {
				return err
			}
			if in == "" {
				in = name.Lower
			}
			made, err := draft(s, in, name, []sheet{
				{name.Lower + ".concept", "concept.concept"},
				{name.Lower + ".go", "concept.go"},
				{"scenario_test.go", "concept_test.go"},
			})
			if err != nil {
				return err
			}
			return made.next(s.Err, made.conceptSteps(name))
		},
	}
	cmd.Flags().StringVar(&in, "in", "", "the folder to create it in; the default is named after the concept")
	return cmd
}

func newNewSync(s Streams) *cobra.Command {
	var in string
	cmd := &cobra.Command{
		Use:     "sync NAME",
		Short:   "Create a sync: a route that answers",
		Example: "  legible new sync ListEntries",
		Args:    oneName("sync", "ListEntries"),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := readName(args[0], "ListEntries")
			if err != nil {
				return err
			}
			if _, err := workspace.Stat(in); err != nil {
				return err
			}
			if _, ok := workspace.App(in); !ok {
				return errors.New("there is no .app here or above, and a sync belongs to an app: go to its folder, or create one with legible new app NAME")
			}
			made, err := draft(s, in, name, []sheet{{name.Lower + ".sync", "sync.sync"}})
			if err != nil {
				return err
			}
			return made.next(s.Err, made.syncSteps(name))
		},
	}
	cmd.Flags().StringVar(&in, "in", ".", "the folder to create it in")
	return cmd
}

// A step is what to do next and what it is good for.
type step struct{ do, why string }

// next says what to do next.
func (d *drafted) next(w io.Writer, steps []step) error {
	width := 0
	for _, x := range steps {
		if x.why != "" {
			width = max(width, len(x.do))
		}
	}
	var b strings.Builder
	b.WriteString("next:\n")
	for _, x := range steps {
		b.WriteString(strings.TrimRight(fmt.Sprintf("    %-*s  %s", width, x.do, x.why), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *drafted) appSteps(name naming) []step {
	var steps []step
	if dir := slash(filepath.Clean(d.dir)); dir != "." {
		steps = append(steps, step{"cd " + dir, ""})
	}
	steps = append(steps, d.moduleSteps(name)...)
	return append(steps,
		step{"go test", "runs " + name.Lower + ".scenario"},
		step{"go run .", "serves it on http://127.0.0.1:8000 and stores everything in " + name.Lower + ".db"},
		step{"legible new concept NAME", "creates a concept of your own"},
		step{"legible new sync NAME", "creates another route"},
	)
}

// moduleSteps say what Go must be told before it finds legible.
func (d *drafted) moduleSteps(name naming) []step {
	var steps []step
	if d.module == "" {
		steps = append(steps, step{"go mod init example.org/" + name.Lower, "creates a Go module, under any name"})
	}
	if !d.legible {
		why := "adds legible to the module"
		if dir := checkout(); dir != "" {
			steps = append(steps, step{"go mod edit -replace github.com/legible-lang/legible=" + shellWord(slash(dir)), ""})
			why += ", which is the source that this command was built from"
		}
		steps = append(steps, step{"go mod tidy", why})
	}
	return steps
}

// checkout is the folder with the source that this command was built from, when
// that is no published version; "" else.
func checkout() string {
	_, file, _, ok := runtime.Caller(0)
	dir := workspace.Module(filepath.Dir(filepath.FromSlash(file)))
	if !ok || !filepath.IsAbs(dir) || strings.Contains(dir, "@") || moduleName(dir) != "github.com/legible-lang/legible" {
		return ""
	}
	return dir
}

// shellWord writes a path so that a shell reads it as one word.
func shellWord(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool { return !isPlain(r) && !strings.ContainsRune("/._-+:,", r) }) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

func (d *drafted) conceptSteps(name naming) []step {
	dir, app := slash(filepath.Clean(d.dir)), "the .app"
	if root, ok := workspace.App(d.dir); ok {
		if apps, err := filepath.Glob(filepath.Join(root, "*.app")); err == nil && len(apps) > 0 {
			app = slash(apps[0])
		}
	}
	path := d.path()
	if path == "" {
		path = "example.org/…/" + filepath.Base(dir)
	}
	return append(d.moduleSteps(name),
		step{"legible test " + dir, "runs its scenario"},
		step{"legible gen " + dir, "writes its Go anew, once you have changed " + name.Lower + ".concept"},
		step{"in " + app, "add: use " + name.Upper + ", with [User = Profile.User] if you use Profile"},
		step{"in main.go", "import \"" + path + "\" and pass " + name.Lower + ".New to legible.New"},
	)
}

func (d *drafted) syncSteps(name naming) []step {
	return append(d.embedSteps(), []step{
		{"legible check", "says what is wrong, while you change " + slash(filepath.Join(d.dir, name.Lower+".sync"))},
		{"legible test", "runs the scenarios; one for it may be:"},
		{"", ""},
		{"    scenario " + name.Words, ""},
		{"        GET " + name.Path, ""},
		{"            => 200 {\"message\": _}", ""},
	}...)
}

// embedSteps say what a program must carry that has its texts inside of it, and
// would be without those in this folder.
func (d *drafted) embedSteps() []step {
	root, _ := workspace.App(d.dir)
	rel, err := filepath.Rel(workspace.Full(root), workspace.Full(d.dir))
	if err != nil || rel == "." {
		return nil
	}
	first, _, _ := strings.Cut(slash(rel), "/")
	programs, _ := filepath.Glob(filepath.Join(root, "*.go"))
	for _, file := range programs {
		text, _ := os.ReadFile(file) // one that cannot be read says nothing
		for line := range strings.Lines(string(text)) {
			patterns, embeds := strings.CutPrefix(line, "//go:embed ")
			if !embeds || !strings.Contains(patterns, ".sync") {
				continue
			}
			if slices.ContainsFunc(strings.Fields(patterns), func(p string) bool {
				p = strings.Trim(strings.TrimPrefix(p, "all:"), "\"`")
				return p == first || strings.HasPrefix(p, first+"/") || strings.HasPrefix(p, "*/")
			}) {
				return nil
			}
			return []step{{"in " + slash(file), "add " + slash(rel) + "/*.sync to the line //go:embed, else the program is without it"}}
		}
	}
	return nil
}
