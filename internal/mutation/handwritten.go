package mutation

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// Handwritten reads the mutations in the .txt files of a folder. A file has mutations of
// one class of faults, each in this form:
//
//	mutation anybody can take back an entry
//	in guestbook book.sync
//	-     in Signing: writer of entry is user
//	-         else Requesting.respond (request, status: 403, error: "This is not your entry.")
//	at     Requesting.request (path: "/entries/{entry}/take-back", session, entry) : (request)
//	by check
//
// Lines with "- " are replaced by those with "+ ": each run of them is one change, and
// must be found exactly once in the file. A change that only adds has one "- " line that
// comes again as "+ ". A line "at" has a line of the changed file that must be named; the
// default are the lines with "+ ", or those around the gap. If the file
// has it several times, those in the changed sync or view count. There may be several such
// lines, and one of them must be named; "at FILE: LINE" is in another file. "by" says what must name it:
// check, start, answer, scenario, why or whynot; the default is any of them. "by nothing"
// marks a change that is no mistake, so that nothing may be said. Steps of a
// scenario follow "steps", indented by four spaces; the original program passes them.
// Lines that begin with # are comments.
func Handwritten(programs []*Program, folder string) ([]*Mutation, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []*Mutation
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r := &reader{programs: programs, name: name, class: strings.TrimSuffix(filepath.Base(name), ".txt")}
		for line := range strings.Lines(string(text)) {
			r.line++
			if err := r.read(strings.TrimRight(line, "\n")); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, r.line, err)
			}
		}
		if err := r.end(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, r.line, err)
		}
		all = append(all, r.list...)
	}
	return all, nil
}

// A path in a text.
var paths = regexp.MustCompile(`"/[^"]+"`)

// A reader reads one file of handwritten mutations.
type reader struct {
	programs []*Program
	name     string
	class    string
	line     int
	list     []*Mutation

	m        *Mutation
	file     *source.File
	old, new []string
	at       []string
	steps    bool
}

func (r *reader) read(line string) error {
	if r.steps && (strings.HasPrefix(line, "    ") || line == "") {
		r.m.Steps += line + "\n"
		return nil
	}
	r.steps = false
	key, rest, _ := strings.Cut(line, " ")
	if strings.HasPrefix(line, "#") || line == "" {
		return nil
	}
	if key == "mutation" {
		if err := r.end(); err != nil {
			return err
		}
		r.m = &Mutation{ID: r.class + ": " + rest, Class: r.class}
		return nil
	}
	if r.m == nil {
		return fmt.Errorf("a mutation begins with the line “mutation TITLE”")
	}
	switch key {
	case "in":
		return r.in(rest)
	case "-":
		if len(r.new) > 0 {
			if err := r.change(); err != nil {
				return err
			}
		}
		r.old = append(r.old, rest)
	case "+":
		r.new = append(r.new, rest)
	case "at":
		r.at = append(r.at, rest)
	case "by":
		r.m.By = rest
	case "steps":
		r.steps = true
	default:
		return fmt.Errorf("%q is not a line of a mutation", line)
	}
	return nil
}

// in reads "PROGRAM FILE".
func (r *reader) in(text string) error {
	if err := r.change(); err != nil {
		return err
	}
	program, file, _ := strings.Cut(text, " ")
	at := slices.IndexFunc(r.programs, func(p *Program) bool { return p.Name == program })
	if at < 0 {
		return fmt.Errorf("there is no program %s", program)
	}
	r.m.Program = r.programs[at]
	i := slices.IndexFunc(r.m.Program.files, func(f *source.File) bool { return path.Base(f.Name) == file })
	if i < 0 {
		return fmt.Errorf("%s has no file %s", program, file)
	}
	r.file = r.m.Program.files[i]
	return nil
}

// change ends a run of lines with - and +.
func (r *reader) change() error {
	if len(r.old) == 0 {
		if len(r.new) > 0 {
			return fmt.Errorf("a change begins with a line “- ” of the text")
		}
		return nil
	}
	if r.file == nil {
		return fmt.Errorf("a change needs a line “in PROGRAM FILE” before it")
	}
	old := strings.Join(r.old, "\n") + "\n"
	start := strings.Index("\n"+r.file.Text, "\n"+old)
	if start < 0 || strings.Count("\n"+r.file.Text, "\n"+old) != 1 {
		return fmt.Errorf("%s must have these lines exactly once:\n%s", r.file.Name, old)
	}
	text := ""
	if len(r.new) > 0 {
		text = strings.Join(r.new, "\n") + "\n"
	}
	r.m.Edits = append(r.m.Edits, diag.Edit{Span: r.file.Span(start, start+len(old)), Text: text})
	r.old, r.new = nil, nil
	return nil
}

// end ends a mutation.
func (r *reader) end() error {
	if r.m == nil {
		return nil
	}
	if err := r.change(); err != nil {
		return err
	}
	if len(r.m.Edits) == 0 {
		return fmt.Errorf("the mutation %q changes nothing", r.m.ID)
	}
	r.m.placed()
	for _, e := range r.m.Edits {
		for _, path := range paths.FindAllString(e.Text, -1) {
			if !strings.Contains(e.Span.Text(), path) {
				r.m.Named = append(r.m.Named, strings.Trim(path, `"`)) // answers name a path
			}
		}
	}
	files, err := r.m.texts()
	if err != nil {
		return err
	}
	changed := r.m.Places
	if len(r.at) > 0 {
		r.m.Places = nil
	}
	for _, at := range r.at {
		name := r.file.Name
		if file, rest, ok := strings.Cut(at, ": "); ok && strings.Contains(file, ".") && !strings.Contains(file, " ") {
			name, at = file, rest
		}
		places := placesOf(files, name, at)
		if len(places) == 0 {
			return fmt.Errorf("%s, as changed, has no line %q", name, at)
		}
		near := slices.DeleteFunc(slices.Clone(places), func(p Place) bool { return !slices.ContainsFunc(changed, p.sameItem(files)) })
		if len(near) > 0 {
			places = near
		}
		r.m.Places = append(r.m.Places, places...)
	}
	r.list = append(r.list, r.m)
	r.m, r.at, r.file = nil, nil, nil
	return nil
}

// placesOf returns where a line is in a file of some texts.
func placesOf(files []*source.File, name, line string) (places []Place) {
	for _, f := range files {
		for n := 1; n <= f.Lines(); n++ {
			if (f.Name == name || path.Base(f.Name) == name) && f.Line(n) == line {
				places = append(places, Place{f.Name, n, n})
			}
		}
	}
	return places
}

// sameItem returns a function that reports whether a place is in the item of p.
func (p Place) sameItem(files []*source.File) func(Place) bool {
	return func(other Place) bool {
		for _, f := range files {
			if f.Name == p.File && other.File == p.File {
				first, last := itemLines(f, p.First)
				return first <= other.First && other.First <= last
			}
		}
		return false
	}
}
