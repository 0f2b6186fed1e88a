// Package cli implements the legible command.
//
// Its three main types are the [Streams] that a command reads and writes; the
// workspace, which knows which texts below a folder are one program; and the
// findings type, an error that stands for messages already printed. There is
// one file for each command. It promises that results go to stdout and talk to
// stderr, that it exits with 0 when all is well (warnings are), 1 when there
// are findings, and 2 for misuse or trouble, that programs can read what it
// prints where --json is offered, and that it writes no colour without a
// terminal or with NO_COLOR. It refuses to hold any rule of the language: it
// reads files, calls the packages that know, and prints what they say.
package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/words"
)

// The exit codes.
const (
	exitFine     = 0
	exitFindings = 1
	exitTrouble  = 2
)

// errFindings ends a command that has printed findings which are errors.
var errFindings = errors.New("there are findings")

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Run runs the command line, without the program's name, and gives the exit
// code.
func Run(args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot(Streams{in, out, errOut})
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	switch err := root.Execute(); {
	case err == nil:
		return exitFine
	case errors.Is(err, errFindings):
		return exitFindings
	default:
		fmt.Fprintf(errOut, "legible: %v\n", err)
		return exitTrouble
	}
}

func newRoot(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "legible",
		Short: "Check, format, test and explain programs made of concepts and synchronizations",
		Long: `Legible reads .app, .sync, .concept and .scenario files. A concept specifies one
part of a program. A synchronization says which actions of one concept lead to
actions of another.

A PATH is a file or a folder; a folder includes everything below it. The default
is the current folder.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(s.Err)
			if err := cmd.Help(); err != nil {
				return err
			}
			return errors.New("no command given")
		},
	}
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = false
	root.AddCommand(newMigrate(s), newBackup(s), newJournal(s))
	root.AddCommand(newCheck(s), newFormat(s), newGen(s), newPlan(s), newTest(s), newVersion(s), newNew(s))
	root.AddCommand(newWhy(s), newWhyNot(s), newTrace(s), newFlow(s), newReplay(s))
	root.AddCommand(newRoutes(s), newGraph(s), newExplain(s), newOpenAPI(s), newClient(s))
	tellArguments(root)
	return root
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if near, ok := diag.Nearest(name, names); ok {
		return fmt.Errorf("there is no command %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("there is no command %q; the commands are %s", name, strings.Join(names, ", "))
}

// flagError says what is wrong with a flag: of one that nobody knows, which may
// be meant, and of a value, what the flag takes.
func flagError(cmd *cobra.Command, err error) error {
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("%s: --%s takes %s, not %q", cmd.CommandPath(), wrong.GetFlag().Name, taken(wrong.GetFlag()), wrong.GetValue())
	}
	if without, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("%s: --%s takes %s, and there is nothing after it", cmd.CommandPath(), without.GetFlag().Name, taken(without.GetFlag()))
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return fmt.Errorf("%s: %w; see %s --help", cmd.CommandPath(), err, cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name := unknown.GetSpecifiedName()
	message := fmt.Sprintf("%q has no flag --%s", cmd.CommandPath(), name)
	if near, ok := diag.Nearest(name, names); ok {
		return fmt.Errorf("%s; did you mean --%s?", message, near)
	}
	return fmt.Errorf("%s; see %s --help", message, cmd.CommandPath())
}

// taken says what values a flag has.
func taken(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64", "uint":
		return "a whole number"
	case "bool":
		return "true or false"
	}
	return "a value (" + f.Usage + ")"
}

// colorful tells whether colours may be written to w.
func colorful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// A findingsFormat says how findings are printed.
type findingsFormat struct{ json, sarif, github bool }

func (f *findingsFormat) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print findings as JSON, one object per line")
	cmd.Flags().BoolVar(&f.sarif, "sarif", false, "print findings as SARIF 2.1.0, for code scanners")
	cmd.Flags().BoolVar(&f.github, "github", false, "print findings as annotations of a GitHub workflow")
	cmd.MarkFlagsMutuallyExclusive("json", "sarif", "github")
}

func (f *findingsFormat) print(w io.Writer, findings []diag.Diagnostic) error {
	switch {
	case f.json:
		return diag.WriteJSON(w, findings)
	case f.sarif:
		return diag.WriteSARIF(w, findings)
	case f.github:
		return diag.WriteGitHub(w, findings)
	}
	return diag.WriteText(w, findings, diag.TextOptions{Color: colorful(w)})
}

// tally says how many findings there are of which severity: "2 errors and 1
// warning", "no findings".
func tally(findings []diag.Diagnostic) string {
	count := map[diag.Severity]int{}
	for _, d := range findings {
		count[d.Severity]++
	}
	var parts []string
	for _, s := range []diag.Severity{diag.Error, diag.Warning, diag.Suggestion} {
		if count[s] > 0 {
			parts = append(parts, words.Counted(count[s], s.String()))
		}
	}
	return cmp.Or(words.Enumerate(parts, "and"), "no findings")
}
