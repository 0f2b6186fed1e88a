package storetest

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

var update = flag.Bool("update", false, "write what the steps give into their files")

// Steps runs a file of steps. A step is a line with a command, lines of input, a line
// "----", and the lines of the output; a blank line ends it.
// Lines before a command that begin with # are comments.
func Steps(t *testing.T, path string, do func(command, input string) string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var after strings.Builder
	for i, block := range strings.Split(strings.TrimRight(string(before), "\n"), "\n\n") {
		if i > 0 {
			after.WriteString("\n\n")
		}
		block = strings.Trim(block, "\n")
		var comment strings.Builder
		for strings.HasPrefix(block, "#") {
			line, rest, _ := strings.Cut(block, "\n")
			comment.WriteString(line + "\n")
			block = rest
		}
		after.WriteString(comment.String())
		if block == "" {
			continue
		}
		asked, want, _ := strings.Cut(block+"\n", "----\n")
		command, input, _ := strings.Cut(strings.TrimRight(asked, "\n"), "\n")
		got := strings.TrimRight(do(command, input), "\n")
		if want = strings.TrimRight(want, "\n"); got != want && !*update {
			t.Errorf("%s: %s gives\n%s\nwant\n%s", path, command, got, want)
		}
		after.WriteString(strings.TrimRight(asked, "\n") + "\n----\n" + got)
	}
	if *update {
		text := strings.ReplaceAll(after.String(), "----\n\n\n", "----\n\n") + "\n"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// ParseSchema reads tables as tests write them:
//
//	Profile.User
//	  name text
//	  email optional text
//	  tags set text
//	  unique name, email
//	  index tags
//	Profile.Admin of Profile.User
//	  shade text RED GREEN
//	  since text date
//	Profile.Settings element
//	Archive.Book was Store.Volume
//	  title text was name
//	  size number initially 0
//	  label text initially title
//
// A syntax error ends the test. t may be nil if there is none.
func ParseSchema(t testing.TB, text string) *store.Schema {
	if t != nil {
		t.Helper()
	}
	s := &store.Schema{}
	byName := map[string]*store.Table{}
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(strings.ReplaceAll(line, ",", " "))
		if len(words) == 0 {
			continue
		}
		if !strings.HasPrefix(line, " ") {
			instance, set, _ := strings.Cut(words[0], ".")
			table := &store.Table{Instance: instance, Set: set, Index: len(s.Tables)}
			if n := len(words); n > 2 && words[n-2] == "was" {
				was, setWas, _ := strings.Cut(words[n-1], ".")
				if was != instance {
					table.InstanceWas = was
				}
				if setWas != set {
					table.SetWas = []string{setWas}
				}
				words = words[:n-2]
			}
			if len(words) == 2 && words[1] == "element" {
				table.One = true
			}
			if len(words) == 3 {
				if table.Of = byName[words[2]]; table.Of == nil {
					t.Fatalf("%q: there is no such table before", line)
				}
			}
			byName[words[0]] = table
			s.Tables = append(s.Tables, table)
			continue
		}
		table := s.Tables[len(s.Tables)-1]
		if words[0] == "unique" || words[0] == "index" {
			var columns []int
			for _, name := range words[1:] {
				c := table.Column(name)
				if c < 0 {
					t.Fatalf("%q: there is no column %s", line, name)
				}
				columns = append(columns, c)
			}
			if words[0] == "unique" {
				table.Unique = append(table.Unique, columns)
			} else {
				table.Indexes = append(table.Indexes, columns)
			}
			continue
		}
		column := store.Column{Name: words[0], Type: -1}
		for n := len(words); n > 2; n = len(words) {
			if words[n-2] == "was" {
				column.Was = words[n-1]
			} else if words[n-2] == "initially" {
				column.Initial = initial(table, words[n-1])
			} else {
				break
			}
			words = words[:n-2]
		}
		var constants []string
		for _, word := range words[1:] {
			switch word {
			case "optional":
				column.Optional = true
			case "set":
				column.Many = store.Set
			case "seq":
				column.Many = store.Seq
			case "date", "secret":
				column.Domain = store.Domain(word)
			default:
				if word == strings.ToUpper(word) {
					constants = append(constants, word)
				}
				for typ := store.Text; typ <= store.Json; typ++ {
					if typ.String() == word {
						column.Type = typ
					}
				}
			}
		}
		if constants != nil {
			column.Domain = store.Constants(constants)
		}
		if column.Type < 0 {
			t.Fatalf("%q: no type", line)
		}
		table.Columns = append(table.Columns, column)
	}
	return s
}

// initial is an initial value: that of another column, or a number or a text.
func initial(t *store.Table, word string) func(store.Row) (value.Value, error) {
	if c := t.Column(word); c >= 0 {
		return func(row store.Row) (value.Value, error) { return row[c], nil }
	}
	if n, err := strconv.ParseFloat(word, 64); err == nil {
		return func(store.Row) (value.Value, error) { return value.Number(n), nil }
	}
	return func(store.Row) (value.Value, error) { return value.String(word), nil }
}
