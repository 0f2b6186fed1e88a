package cli_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/legible-lang/legible/internal/cli"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
)

var update = flag.Bool("update", false, "rewrite the output that the scripts hold")

func TestMain(m *testing.M) {
	testscript.Main(serving{m}, map[string]func(){
		"legible":  func() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"requests": serveRequests,
	})
}

// A serving ends the database server, if a test has started it.
type serving struct{ *testing.M }

func (s serving) Run() int {
	defer pgtest.Stop()
	return s.M.Run()
}

// TestScripts runs the scripts of testdata. In each, "! exec legible" wants an
// exit code other than 0; "code N" tells which.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		Setup:               beginScript,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":     wantCode,
			"traces":   traceIDs,
			"follow":   followed,
			"fill":     filled,
			"rows":     shownRows,
			"hold":     held,
			"release":  released,
			"run":      runApp,
			"stop":     stopApp,
			"ask":      askApp,
			"tail":     tailApp,
			"other":    otherServer,
			"record":   recorded,
			"scribble": scribbled,
			"cut":      cutOff,
		},
	})
}

// wantCode is the script command "code N COMMAND...": the command must exit
// with N.
func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = exitCode(err)
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func exitCode(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return strconv.Itoa(exit.ExitCode())
	}
	return err.Error()
}
