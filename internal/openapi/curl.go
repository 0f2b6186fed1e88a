package openapi

import (
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// Curl returns a curl command for the operation. Base is the address of the
// routes: "http://127.0.0.1:8000/api". A value that only the program knows is
// written in capitals, such as DOCUMENT, and a credential is a variable of the
// shell.
func (o *Operation) Curl(base string) string {
	path := o.Path
	for _, f := range o.Params {
		path = strings.ReplaceAll(path, "{"+f.Name+"}", pathText(example(f)))
	}
	var query []string
	if !o.Bodied() {
		for _, f := range o.Fields {
			if !f.Optional {
				query = append(query, f.Name+"="+pathText(example(f)))
			}
		}
	}
	url := base + path
	if len(query) > 0 {
		url += "?" + strings.Join(query, "&")
	}
	lines := []string{"curl " + quote(url)}
	if o.Method != "GET" && o.Method != "POST" {
		lines[0] = "curl -X " + o.Method + " " + quote(url)
	}
	body := object{}
	for _, f := range o.Credentials {
		name := "$" + strings.ToUpper(componentName(f.Name))
		c := f.Credential
		switch {
		case f.Optional:
		case c.Bearer:
			lines = append(lines, `-H "Authorization: Bearer `+name+`"`)
		case len(c.Schemes) > 0:
			lines = append(lines, `-H "Authorization: `+c.Schemes[0]+` `+name+`"`)
		case len(c.Headers) > 0:
			lines = append(lines, `-H "`+c.Headers[0]+`: `+name+`"`)
		case len(c.Cookies) > 0:
			lines = append(lines, `-b "`+c.Cookies[0]+`=`+name+`"`)
		default:
			body.set(f.Name, str(strings.TrimPrefix(name, "$")))
		}
	}
	if !o.Bodied() {
		return strings.Join(lines, " \\\n    ")
	}
	form := o.File != nil && !o.File.Optional
	for _, f := range o.Fields {
		switch {
		case f.Optional:
		case form && f == o.File:
			lines = append(lines, "-F "+quote(f.Name+"=@FILE"))
		case form:
			text, isText := example(f).Text()
			if !isText {
				text = string(value.AppendJSON(nil, example(f)))
			}
			lines = append(lines, "-F "+quote(f.Name+"="+text))
		default:
			body.set(f.Name, example(f))
		}
	}
	if !form {
		lines = append(lines, "-H 'Content-Type: application/json'", "-d "+quote(string(value.AppendJSON(nil, body.value()))))
	}
	return strings.Join(lines, " \\\n    ")
}

// example is a value that a field may have.
func example(f *Field) value.Value {
	if len(f.Only) > 0 {
		return f.Only[0]
	}
	return exampleOf(f.Type)
}

func exampleOf(t check.Type) value.Value {
	switch t.Kind {
	case check.Identity:
		_, name, _ := strings.Cut(t.Name, ".")
		return str(strings.ToUpper(name))
	case check.Number:
		return value.Number(16)
	case check.Flag:
		return value.Flag(true)
	case check.Date:
		return str("2030-01-31")
	case check.DateTime:
		return str("2030-01-31T12:00:00Z")
	case check.Secret:
		return str("a long secret")
	case check.Binary:
		return str("YQ==")
	case check.Enum:
		return str(t.Constants[0])
	case check.List:
		return value.List([]value.Value{exampleOf(*t.Elem)})
	case check.Record:
		fields := object{}
		for _, f := range t.Fields {
			if !f.Type.Null {
				fields.set(f.Name, exampleOf(f.Type))
			}
		}
		return fields.value()
	}
	return str("text")
}

// pathText is a value as a piece of a URL.
func pathText(v value.Value) string {
	text, ok := v.Text()
	if !ok {
		text = string(value.AppendJSON(nil, v))
	}
	return strings.NewReplacer("%", "%25", " ", "%20", "&", "%26", "?", "%3F", "#", "%23", "/", "%2F", `"`, "%22", "[", "%5B", "]", "%5D").Replace(text)
}

// quote makes one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
