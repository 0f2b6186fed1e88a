package inspect

import (
	"net/http"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A routeRow is one route with its fields.
type routeRow struct {
	Method, Path string
	Fields       []routeField
	Syncs        []link
	Flows        string // a link to its requests
}

type routeField struct {
	Name, Type string
	Notes      string
}

// routesPage lists the routes that the patterns of the syncs define.
func (in *Inspector) routesPage(w http.ResponseWriter, r *http.Request) {
	var v struct {
		Routes      []routeRow
		Credentials []string
	}
	if in.plan.Routes != nil {
		for _, c := range in.plan.Routes.Credentials {
			v.Credentials = append(v.Credentials, credential(c))
		}
		for _, x := range in.plan.Routes.All {
			row := routeRow{Method: x.Method, Path: x.Path, Flows: "/?q=" + queryText(x.Path)}
			if row.Method == "" {
				row.Method = "any"
			}
			for _, f := range x.Fields {
				field := routeField{Name: f.Name, Type: typeText(f.Type, syntax.One)}
				var notes []string
				for _, n := range []struct {
					is   bool
					word string
				}{{f.Credential != nil, "credential"}, {f.Secret && f.Credential == nil && !isSecret(f.Type), "secret"}, {f.Param, "in the path"}, {f.Optional && !f.Param, "optional"}} {
					if n.is {
						notes = append(notes, n.word)
					}
				}
				field.Notes = strings.Join(notes, ", ")
				row.Fields = append(row.Fields, field)
			}
			seen := map[string]bool{}
			for _, ref := range x.Patterns {
				if name := ref.Sync.Name; !seen[name] {
					seen[name] = true
					row.Syncs = append(row.Syncs, link{Text: name, To: "/program?" + bySync + "=" + name + "#detail"})
				}
			}
			v.Routes = append(v.Routes, row)
		}
	}
	in.render(w, r, http.StatusOK, "routes", "Routes", v)
}

// queryText returns the part of a path to search for: up to its first
// parameter.
func queryText(path string) string {
	path, _, _ = strings.Cut(path, "{")
	return path
}

// routeAt returns the path of a searched route. The search text can have the
// prefix of the routes or be a whole address. It returns "" if the text does
// not end in a route.
func (in *Inspector) routeAt(text string) string {
	if in.plan.Routes == nil {
		return ""
	}
	text, _, _ = strings.Cut(text, "?")
	for i := range text {
		if text[i] != '/' {
			continue
		}
		for _, x := range in.plan.Routes.All {
			if leads(x.Path, text[i:]) {
				return text[i:]
			}
		}
	}
	return ""
}

// leads reports whether a path belongs to a route.
func leads(route, path string) bool {
	a, b := strings.Split(route, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !strings.EqualFold(a[i], b[i]) && (!strings.HasPrefix(a[i], "{") || b[i] == "") {
			return false
		}
	}
	return true
}

// credential says where requests may carry a credential.
func credential(c *check.Credential) string {
	var from []string
	if c.Body {
		from = append(from, "the body")
	}
	if c.Bearer {
		from = append(from, "a bearer header")
	}
	for _, name := range c.Schemes {
		from = append(from, "the header Authorization as "+name)
	}
	for _, name := range c.Cookies {
		from = append(from, "the cookie "+name)
	}
	for _, name := range c.Headers {
		from = append(from, "the header "+name)
	}
	return c.Field + " from " + strings.Join(from, ", ")
}
