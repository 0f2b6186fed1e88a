package openapi

import (
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// A scheme is one place in which a credential may be sent.
type scheme struct {
	name string
	as   object
}

// schemesOf are the places of a credential that OpenAPI has a word for. A body
// is none of them.
func schemesOf(c *check.Credential) []scheme {
	var list []scheme
	at := func(where string, n int) string {
		name := componentName(c.Field) + "." + where
		if n > 0 {
			name += strconv.Itoa(n + 1)
		}
		return name
	}
	key := func(in, name string) object {
		return object{{Name: "type", Value: str("apiKey")}, {Name: "in", Value: str(in)}, {Name: "name", Value: str(name)}}
	}
	if c.Bearer {
		list = append(list, scheme{at("bearer", 0), object{{Name: "type", Value: str("http")}, {Name: "scheme", Value: str("bearer")}}})
	}
	for i, name := range c.Schemes {
		s := key("header", "Authorization")
		s.set("description", str("`"+name+" TOKEN`"))
		list = append(list, scheme{at("authorization", i), s})
	}
	for i, name := range c.Cookies {
		list = append(list, scheme{at("cookie", i), key("cookie", name)})
	}
	for i, name := range c.Headers {
		list = append(list, scheme{at("header", i), key("header", name)})
	}
	return list
}

func (w *writing) schemes() object {
	var out object
	for _, c := range w.api.Credentials {
		for _, s := range schemesOf(c) {
			out.set(s.name, s.as.value())
		}
	}
	return out
}

// security writes the ways in which a request may identify its caller: each
// credential in one of its places. The empty one stands for a credential in the body,
// and for a request without one. It writes nothing if there is no other way.
func (w *writing) security(o *Operation) []value.Value {
	ways := []object{{}}
	for _, f := range o.Credentials {
		var longer []object
		for _, way := range ways {
			for _, s := range schemesOf(f.Credential) {
				more := append(object(nil), way...)
				more.set(s.name, value.List([]value.Value{}))
				longer = append(longer, more)
			}
			if f.Optional || f.Credential.Body && o.Bodied() {
				longer = append(longer, append(object(nil), way...))
			}
		}
		ways = longer
	}
	items := make([]value.Value, len(ways))
	said := false
	for i, way := range ways {
		items[i] = way.value()
		said = said || len(way) > 0
	}
	if !said {
		return nil
	}
	return items
}

// whereElse returns the places of a credential other than the body.
func whereElse(c *check.Credential) string {
	var list []string
	if c.Bearer {
		list = append(list, "in the header `Authorization` as `Bearer TOKEN`")
	}
	for _, name := range c.Schemes {
		list = append(list, "in the header `Authorization` as `"+name+" TOKEN`")
	}
	for _, name := range c.Cookies {
		list = append(list, "in the cookie `"+name+"`")
	}
	for _, name := range c.Headers {
		list = append(list, "in the header `"+name+"`")
	}
	if len(list) == 0 {
		return "A credential."
	}
	return "A credential. It may also be sent " + strings.Join(list, " or ") + "."
}
