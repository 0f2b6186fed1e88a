package mutation

import (
	"bufio"
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// each is how many mutations of one operator the table has of one program.
const each = 6

// Table returns the mutations of the table: some of each operator, and the handwritten
// ones. Which ones an operator contributes depends on their IDs alone, so that a change
// of a program exchanges few of them.
func Table(programs []*Program, folder string) ([]*Mutation, error) {
	var table []*Mutation
	for _, p := range programs {
		byClass := map[string][]*Mutation{}
		for _, m := range Operate(p) {
			byClass[m.Class] = append(byClass[m.Class], m)
		}
		for _, o := range operators() {
			list := byClass[o.name]
			slices.SortFunc(list, func(a, b *Mutation) int { return cmp.Compare(lot(a.ID), lot(b.ID)) })
			table = append(table, list[:min(each, len(list))]...)
		}
	}
	written, err := Handwritten(programs, filepath.Join(folder, "handwritten"))
	return append(table, written...), err
}

// lot orders IDs in a way that does not depend on their text.
func lot(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}

// Draw returns mutations of the operators that a seed chooses.
func Draw(programs []*Program, seed uint64, count int) []*Mutation {
	var all []*Mutation
	for _, p := range programs {
		all = append(all, Operate(p)...)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(count, len(all))]
}

// Judge judges mutations, several at a time, and returns the results in their order.
func Judge(list []*Mutation, reasons ReasonList) []Result {
	results := make([]Result, len(list))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				results[i] = list[i].Judge()
				if r, ok := reasons.of(list[i].ID); ok && results[i].Verdict != Right && (r.Pattern == nil || results[i].Verdict == Silent) {
					results[i].Verdict, results[i].By = r.Verdict, r.Why
				}
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

// A Reason says why mutations need not be named: the program does the same, or nobody can
// know that it is a mistake.
type Reason struct {
	ID      string         // of one mutation
	Pattern *regexp.Regexp // of the IDs of several; nil for one
	Verdict Verdict
	Why     string
}

// A ReasonList is all reasons.
type ReasonList []Reason

func (list ReasonList) of(id string) (Reason, bool) {
	if i := slices.IndexFunc(list, func(r Reason) bool { return r.Pattern == nil && r.ID == id }); i >= 0 {
		return list[i], true
	}
	if i := slices.IndexFunc(list, func(r Reason) bool { return r.Pattern != nil && r.Pattern.MatchString(id) }); i >= 0 {
		return list[i], true
	}
	return Reason{}, false
}

// Reasons reads the mutations that need not be named from equivalent.txt and
// unknowable.txt in a folder. An indented line with the reason follows one or several
// IDs. A line "~ REGEXP" stands for all IDs that it matches of which nothing is said.
func Reasons(folder string) (ReasonList, error) {
	var all ReasonList
	for _, file := range []struct {
		name    string
		verdict Verdict
	}{{"equivalent.txt", Equivalent}, {"unknowable.txt", Unknowable}} {
		lines, err := readLines(filepath.Join(folder, file.name))
		if err != nil {
			return nil, err
		}
		without := len(all) // those from here on have no reason yet
		for _, line := range lines {
			if why, ok := strings.CutPrefix(line, "    "); ok {
				for ; without < len(all); without++ {
					all[without].Why = why
				}
				continue
			}
			r := Reason{ID: line, Verdict: file.verdict}
			if pattern, ok := strings.CutPrefix(line, "~ "); ok {
				if r.Pattern, err = regexp.Compile(pattern); err != nil {
					return nil, fmt.Errorf("%s: %w", file.name, err)
				}
			}
			all = append(all, r)
		}
		if without < len(all) {
			return nil, fmt.Errorf("%s: %s needs a reason", file.name, all[without].ID)
		}
	}
	return all, nil
}

// NotYet reads the IDs of the mutations that are known to be named wrongly, with their
// verdicts.
func NotYet(folder string) (map[string]string, error) {
	lines, err := readLines(filepath.Join(folder, "notyet.txt"))
	list := map[string]string{}
	for _, line := range lines {
		verdict, id, _ := strings.Cut(line, " ")
		list[id] = verdict
	}
	return list, err
}

// readLines reads the lines of a file that are neither empty nor comments.
func readLines(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if line := strings.TrimRight(s.Text(), " "); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list, s.Err()
}

// WriteNotYet writes the list that [NotYet] reads.
func WriteNotYet(folder string, results []Result) error {
	var lines []string
	for _, r := range results {
		if r.Verdict == Noise || r.Verdict == Wrong || r.Verdict == Silent {
			lines = append(lines, r.Verdict.String()+" "+r.ID+"\n")
		}
	}
	slices.Sort(lines)
	const head = "# The mutations of the table that are not named right yet. The test of the table compares\n" +
		"# this list exactly; go run ./internal/mutation/score -update writes it.\n"
	return os.WriteFile(filepath.Join(folder, "notyet.txt"), []byte(head+strings.Join(lines, "")), 0o644)
}
