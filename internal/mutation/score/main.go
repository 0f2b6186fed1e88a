// Command score prints how well Legible names the places of mutations: for the table,
// or for mutations that a seed chooses.
//
// With -v it shows each mutation that is not named right, with the change and with what
// was said. It holds no rules; package mutation does.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/legible-lang/legible/internal/mutation"
	"github.com/legible-lang/legible/internal/workspace"
)

func main() {
	seed := flag.Uint64("seed", 0, "choose mutations with this seed instead of the table; only those that are not right are shown")
	count := flag.Int("count", 200, "how many mutations to choose with -seed")
	verbose := flag.Bool("v", false, "show the mutations that are not right")
	match := flag.String("run", "", "only mutations whose ID matches this regular expression; all are shown")
	write := flag.Bool("update", false, "write the list of what is not right yet")
	flag.Parse()
	if err := run(*seed, *count, *verbose, *match, *write); err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

func run(seed uint64, count int, verbose bool, match string, write bool) error {
	chosen, err := regexp.Compile(match)
	if err != nil {
		return err
	}
	root := workspace.Full(workspace.Module("."))
	if err := os.Chdir(root); err != nil {
		return err
	}
	data := filepath.Join(root, "internal", "mutation", "testdata")
	programs, err := mutation.Programs(root)
	if err != nil {
		return err
	}
	reasons, err := mutation.Reasons(data)
	if err != nil {
		return err
	}
	list, err := mutation.Table(programs, data)
	if seed != 0 {
		list, verbose = mutation.Draw(programs, seed, count), true
	}
	if err != nil {
		return err
	}
	var wanted []*mutation.Mutation
	for _, m := range list {
		if chosen.MatchString(m.ID) {
			wanted = append(wanted, m)
		}
	}
	results := mutation.Judge(wanted, reasons)
	for _, r := range results {
		if verbose && r.Verdict != mutation.Right && r.Verdict < mutation.Equivalent || match != "" {
			mutation.Show(os.Stdout, r)
		}
	}
	mutation.Print(os.Stdout, results)
	if write {
		return mutation.WriteNotYet(data, results)
	}
	return nil
}
