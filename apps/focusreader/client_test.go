package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"testing"
)

// A client sends requests to the API and checks the answers.
type client struct {
	t    *testing.T
	base string // such as "http://127.0.0.1:8000"
}

// An answer is an answer of the server.
type answer struct {
	status int
	fields map[string]any // of an object
	list   []any          // of a list
	cookie *http.Cookie   // the session cookie, if one was set
	raw    string
	header http.Header
}

// post sends a JSON object. Headers are pairs of a name and a value.
func (c client) post(path, body string, headers ...string) answer {
	c.t.Helper()
	r, err := http.NewRequest("POST", c.base+path, bytes.NewBufferString(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.send(r)
}

func (c client) send(r *http.Request) answer {
	c.t.Helper()
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	a := answer{status: w.StatusCode, raw: string(text), header: w.Header}
	if w.Header.Get("Content-Type") == "application/json" {
		var said any
		if err := json.Unmarshal(text, &said); err != nil {
			c.t.Fatalf("%s %s answered %d with what is no JSON: %s", r.Method, r.URL.Path, w.StatusCode, text)
		}
		a.fields, _ = said.(map[string]any)
		a.list, _ = said.([]any)
	}
	for _, cookie := range w.Cookies() {
		if cookie.Name == "session" {
			a.cookie = cookie
		}
	}
	return a
}

// want sends a JSON object and checks the status and the fields of the answer. A
// field whose expected value is nil must contain a text.
func (c client) want(path, body string, status int, fields map[string]any, headers ...string) answer {
	c.t.Helper()
	a := c.post(path, body, headers...)
	if a.status != status {
		c.t.Fatalf("POST %s %s answered %d, want %d: %s", path, body, a.status, status, a.raw)
	}
	for name, want := range fields {
		got := a.fields[name]
		text, _ := got.(string)
		if want == nil && text == "" || want != nil && !reflect.DeepEqual(got, want) {
			c.t.Fatalf("POST %s %s answered %q for %s, want %v: %s", path, body, got, name, want, a.raw)
		}
	}
	return a
}

// get requests a page. Headers are pairs of a name and a value.
func (c client) get(path string, headers ...string) answer {
	c.t.Helper()
	r, err := http.NewRequest("GET", c.base+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.send(r)
}

// object returns the body of a request. Arguments are pairs of a name and a value.
func object(pairs ...any) string {
	fields := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i].(string)] = pairs[i+1]
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// text returns a field of the answer.
func (a answer) text(name string) string {
	s, _ := a.fields[name].(string)
	return s
}
