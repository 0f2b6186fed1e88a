package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/legible-lang/legible/gen"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/workspace"
)

//go:embed scaffold/*.tmpl
var scaffolds embed.FS

// A sheet is a file of a scaffold and the template that it is made of.
type sheet struct{ file, template string }

// A drafted is what was made, and what is around it.
type drafted struct {
	dir     string
	module  string // the name of the Go module around; "" when there is none
	from    string // the path from the module's folder to dir, with slashes
	legible bool   // the module knows of legible
	files   []string
	folders []string // that were made, inner ones last
}

// draft makes the files of a scaffold in a folder, prints their names, and
// leaves nothing behind when it fails.
func draft(s Streams, dir string, name naming, sheets []sheet) (*drafted, error) {
	d := &drafted{dir: filepath.Clean(dir)}
	if err := d.look(sheets); err != nil {
		return nil, err
	}
	if err := d.make(s, name, sheets); err != nil {
		d.remove()
		return nil, err
	}
	for _, file := range d.files {
		fmt.Fprintln(s.Out, slash(file))
	}
	return d, nil
}

func (d *drafted) make(s Streams, name naming, sheets []sheet) error {
	if err := d.mkdir(d.dir); err != nil {
		return err
	}
	texts, err := template.ParseFS(scaffolds, "scaffold/*.tmpl")
	if err != nil {
		return fmt.Errorf("reading the scaffold: %w", err)
	}
	for _, x := range sheets {
		var b strings.Builder
		if err := texts.ExecuteTemplate(&b, x.template+".tmpl", name); err != nil {
			return fmt.Errorf("creating %s: %w", x.file, err)
		}
		if err := d.write(filepath.Join(d.dir, x.file), b.String()); err != nil {
			return err
		}
	}
	return d.complete(s)
}

// look finds out what is there already.
func (d *drafted) look(sheets []sheet) error {
	if info, err := os.Stat(d.dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s already exists and is not a folder; it is not overwritten", slash(d.dir))
	}
	for _, x := range sheets {
		file := filepath.Join(d.dir, x.file)
		if exists(file) && x.file != ".gitignore" {
			return fmt.Errorf("%s already exists and is not overwritten: choose another name, or another folder with --in", slash(file))
		}
		if filepath.Ext(file) != ".go" {
			continue
		}
		// A folder is one Go package, and another one is there.
		others, err := filepath.Glob(filepath.Join(d.dir, "*.go"))
		if err == nil && len(others) > 0 {
			return fmt.Errorf("%s contains Go code already (%s): choose another folder with --in", slash(d.dir), filepath.Base(others[0]))
		}
	}
	module := workspace.Module(d.dir)
	d.module = moduleName(module)
	if rel, err := filepath.Rel(workspace.Full(module), workspace.Full(d.dir)); err == nil && rel != "." {
		d.from = slash(rel)
	}
	text, err := os.ReadFile(filepath.Join(module, "go.mod"))
	d.legible = err == nil && strings.Contains(string(text), "github.com/legible-lang/legible")
	return nil
}

// path is the import path of the folder, "" when there is no module.
func (d *drafted) path() string {
	if d.module == "" || d.from == "" {
		return d.module
	}
	return d.module + "/" + d.from
}

func (d *drafted) mkdir(dir string) error {
	if exists(dir) {
		return nil
	}
	if up := filepath.Dir(dir); up != dir {
		if err := d.mkdir(up); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("creating the folder: %w", err)
	}
	d.folders = append(d.folders, dir)
	return nil
}

func (d *drafted) write(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) && filepath.Base(name) == ".gitignore" {
		return nil // whoever wrote it knows what to ignore
	}
	if err != nil {
		return fmt.Errorf("creating a file: %w", err)
	}
	d.files = append(d.files, name)
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("creating a file: %w", err)
	}
	return nil
}

// complete writes the Go of a specification and checks what was made, in the
// program around it.
func (d *drafted) complete(s Streams) error {
	var texts []string
	for _, file := range d.files {
		if workspace.IsText(file) {
			texts = append(texts, file)
		}
		if filepath.Ext(file) != ".concept" {
			continue
		}
		names, findings, err := gen.Folder(d.dir)
		d.files = append(d.files, names...)
		if err := errors.Join(err, broken(s.Err, findings)); err != nil {
			return err
		}
	}
	w, err := open(texts)
	if err != nil {
		return err
	}
	for _, p := range w.Programs {
		p.Parts = nil // what is found elsewhere may point here
		findings, err := w.Check(p)
		if err != nil {
			return err
		}
		ours := func(at source.Span) bool {
			return at.Known() && slices.ContainsFunc(texts, func(text string) bool {
				return workspace.Full(text) == workspace.Full(filepath.FromSlash(at.File.Name)) // the program's folder may be above
			})
		}
		findings = slices.DeleteFunc(findings, func(f diag.Diagnostic) bool {
			return !ours(f.Span) && !slices.ContainsFunc(f.Related, func(r diag.Related) bool { return ours(r.Span) })
		})
		if err := broken(s.Err, diag.Sort(findings)); err != nil {
			fmt.Fprintf(s.Err, "this conflicts with the program here: nothing was created\n")
			return err
		}
	}
	return nil
}

// remove takes away what was made.
func (d *drafted) remove() {
	for _, file := range d.files {
		os.Remove(file)
	}
	for _, dir := range slices.Backward(d.folders) {
		os.Remove(dir) // one that somebody has put something into stays
	}
}
