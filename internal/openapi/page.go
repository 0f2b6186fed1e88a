package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// PagePolicy is the content security policy of the page: its own style, and
// nothing else.
func PagePolicy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// Page writes the API as a page that a person reads, without scripts. Base is
// where the routes stand, as the reader's browser knows it, and document the
// path of the OpenAPI document.
func (a *API) Page(base, document string) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	p := pageOf{Name: a.Name, About: a.About, Base: base, Document: document, Style: template.CSS(pageStyle)}
	for _, tag := range a.Tags() {
		g := groupOf{Name: tag, Purpose: a.Purposes[tag]}
		for _, o := range a.Operations {
			if o.Tag == tag {
				g.Operations = append(g.Operations, shown(o, base))
			}
		}
		p.Groups = append(p.Groups, g)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// What the page shows.
type (
	pageOf struct {
		Name, About, Base, Document string
		Style                       template.CSS
		Groups                      []groupOf
	}
	groupOf struct {
		Name, Purpose string
		Operations    []operationOf
	}
	operationOf struct {
		ID, Method, Path, Summary, At, Curl string
		About                               []string
		Fields                              []takenOf
		Session                             string
		Results                             []resultOf
		Runtime                             []resultOf
	}
	takenOf struct {
		Name, Type string
		Optional   bool
	}
	resultOf struct {
		Status, Says string
		Refusals     []Refusal
	}
)

func shown(o *Operation, base string) operationOf {
	x := operationOf{ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, At: o.At, Curl: o.Curl(base)}
	for _, p := range strings.Split(o.About, "\n") {
		if p != "" {
			x.About = append(x.About, strings.TrimPrefix(p, "- ")) // an effect stands in a list of them
		}
	}
	for _, f := range append(append([]*Field(nil), o.Params...), o.Fields...) {
		t := wordOf(f.Type)
		if len(f.Only) > 0 {
			var only []string
			for _, v := range f.Only {
				only = append(only, string(value.AppendJSON(nil, v)))
			}
			t = strings.Join(only, " or ")
		}
		x.Fields = append(x.Fields, takenOf{f.Name, t, f.Optional})
	}
	for _, f := range o.Credentials {
		x.Session += strings.ReplaceAll("Needs "+f.Name+": "+whereShown(f.Credential)+". ", "`", "")
	}
	for _, r := range o.Results {
		s := resultOf{Status: statusText(r.Status), Refusals: r.Refusals}
		switch {
		case len(r.Refusals) > 0:
		case r.Body != nil:
			s.Says = wordOf(*r.Body)
		default:
			if text, ok := r.Literals["error"].Text(); ok {
				s.Says = text
			} else {
				s.Says = wordOf(check.Type{Kind: check.Record, Fields: r.Fields})
			}
		}
		x.Results = append(x.Results, s)
	}
	for _, p := range o.Problems() {
		x.Runtime = append(x.Runtime, resultOf{Status: strconv.Itoa(p.Status), Says: strings.ReplaceAll(p.About, "`", "")})
	}
	return x
}

func statusText(n int) string {
	if n == 0 {
		return "any"
	}
	return strings.TrimSpace(strconv.Itoa(n) + " " + http.StatusText(n))
}

func whereShown(c *check.Credential) string {
	var list []string
	if c.Body {
		list = append(list, "in the body")
	}
	if c.Bearer {
		list = append(list, "as Authorization: Bearer TOKEN")
	}
	for _, name := range c.Schemes {
		list = append(list, "as Authorization: "+name+" TOKEN")
	}
	for _, name := range c.Cookies {
		list = append(list, "in the cookie "+name)
	}
	for _, name := range c.Headers {
		list = append(list, "in the header "+name)
	}
	return strings.Join(list, ", or ")
}

// wordOf writes a type for people.
func wordOf(t check.Type) string {
	s := ""
	switch t.Kind {
	case check.Identity:
		s = t.Name
	case check.String, check.Secret:
		s = "text"
		if t.Kind == check.Secret {
			s = "secret text"
		}
	case check.Number:
		s = "number"
	case check.Flag:
		s = "true or false"
	case check.Date:
		s = "date"
	case check.DateTime:
		s = "moment"
	case check.Binary:
		s = "binary data"
	case check.Enum:
		s = strings.Join(t.Constants, " or ")
	case check.List:
		s = "[" + wordOf(*t.Elem) + ", …]"
	case check.Record:
		var parts []string
		for _, f := range t.Fields {
			parts = append(parts, f.Name+": "+wordOf(f.Type))
		}
		s = "{" + strings.Join(parts, ", ") + "}"
	default:
		return "anything"
	}
	if t.Null {
		s += " or null"
	}
	return s
}
