package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSwitchesOverLines: a switch over the bodies of lines of where names all kinds, or
// panics for the others, so that a new kind is not skipped silently.
func TestSwitchesOverLines(t *testing.T) {
	root := "../.."
	files := token.NewFileSet()
	kinds := lineKinds(t, files, root)
	checked := 0
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		tree, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			s, ok := n.(*ast.TypeSwitchStmt)
			if !ok {
				return true
			}
			named, panics := casesOf(s, tree.Name.Name, kinds)
			if len(named) == 0 {
				return true
			}
			checked++
			var missing []string
			for _, k := range kinds {
				if !slices.Contains(named, k) {
					missing = append(missing, k)
				}
			}
			if len(missing) > 0 && !panics {
				t.Errorf("%s: the switch does not name %s, and does not panic for them", files.Position(s.Pos()), strings.Join(missing, ", "))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 10 {
		t.Errorf("only %d switches were found", checked)
	}
}

// lineKinds are the types with a method lineBody.
func lineKinds(t *testing.T, files *token.FileSet, root string) []string {
	t.Helper()
	tree, err := parser.ParseFile(files, filepath.Join(root, "internal/check/program.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "lineBody" {
			kinds = append(kinds, f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name)
		}
	}
	if len(kinds) == 0 {
		t.Fatal("there are no kinds of lines")
	}
	return kinds
}

// casesOf returns the kinds that a switch names, and whether it panics for others.
func casesOf(s *ast.TypeSwitchStmt, pkg string, kinds []string) (named []string, panics bool) {
	for _, c := range s.Body.List {
		clause := c.(*ast.CaseClause)
		if clause.List == nil {
			for _, x := range clause.Body {
				call, ok := x.(*ast.ExprStmt)
				panics = panics || ok && isPanic(call.X)
			}
		}
		for _, x := range clause.List {
			star, ok := x.(*ast.StarExpr)
			if !ok {
				continue
			}
			name := ""
			switch x := star.X.(type) {
			case *ast.Ident:
				if pkg == "check" {
					name = x.Name
				}
			case *ast.SelectorExpr:
				if of, ok := x.X.(*ast.Ident); ok && of.Name == "check" {
					name = x.Sel.Name
				}
			}
			if slices.Contains(kinds, name) {
				named = append(named, name)
			}
		}
	}
	return named, panics
}

func isPanic(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	name, ok := call.Fun.(*ast.Ident)
	return ok && name.Name == "panic"
}
