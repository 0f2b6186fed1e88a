// Package openapitest compares the requests and answers of a server with its
// OpenAPI document.
//
// Its main type is [Witness], an http.Handler that stands before a program's
// own and looks at each request and each answer: an answer that the document
// does not allow fails the test, and so does a success for a request that the
// document does not allow. [Contract] is the
// document as the witness reads it. The others are of the library that judges, which
// is not ours: the document as it reads it, and its router's Route. It promises
// to be stricter than clients must be: an answer has no field that the document
// does not name. It refuses to judge a fault of the program, status 500: that
// is for the test to find.
package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/openapi"
	"github.com/legible-lang/legible/internal/plan"
)

// Load reads a document with a library that knows the standard, and fails the
// test where it is none.
func Load(t testing.TB, document []byte) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(document)
	if err != nil {
		t.Fatalf("the document cannot be read: %v", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Fatalf("the document is not OpenAPI %s: %v", doc.OpenAPI, err)
	}
	return doc
}

// A Witness checks the requests and answers between clients and a program.
type Witness struct {
	*Contract
	t    testing.TB
	next http.Handler

	mu   sync.Mutex
	seen map[string]int // "POST /auth/login 200"
}

// A Contract is what the document of a program promises. Many witnesses may share
// it.
type Contract struct {
	doc    *openapi3.T
	routes *plan.Routes
	prefix string
}

// Read reads the contract of a program that is served with the options.
func Read(t testing.TB, p *flows.Analysis, opt openapi.Options) *Contract {
	t.Helper()
	text := openapi.Of(p, opt).Document()
	Load(t, text)
	return &Contract{Load(t, closed(t, text)), plan.Build(p.Program).Routes, opt.Prefix}
}

// New makes a witness before next, which serves the program of the contract.
func New(t testing.TB, c *Contract, next http.Handler) *Witness {
	return &Witness{t: t, Contract: c, next: next, seen: map[string]int{}}
}

// closed returns the document with answers that have no further fields, and
// without schemas for what may be anything, which the library would decode.
func closed(t testing.TB, text []byte) []byte {
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(v any, answer bool)
	walk = func(v any, answer bool) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x, answer)
			}
		case map[string]any:
			if any, ok := v["*/*"].(map[string]any); ok {
				delete(any, "schema")
			}
			if answer && v["type"] == "object" {
				v["additionalProperties"] = false
			}
			for name, x := range v {
				walk(x, answer || name == "responses" || name == "schemas")
			}
		}
	}
	walk(doc, false)
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Seen tells how often an operation was answered with a status, by
// "POST /auth/login 200".
func (w *Witness) Seen() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]int{}
	for k, n := range w.seen {
		all[k] = n
	}
	return all
}

func (w *Witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // the client is gone
		w.next.ServeHTTP(out, r)
		return
	}
	asked := r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	w.next.ServeHTTP(answer, r)
	w.judge(asked, body, answer)
	for name, values := range answer.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(answer.Code)
	out.Write(answer.Body.Bytes())
}

// judge compares one request and its answer with the document.
func (w *Witness) judge(r *http.Request, body []byte, answer *httptest.ResponseRecorder) {
	path, below := strings.CutPrefix(r.URL.Path, w.prefix)
	if !below {
		return
	}
	route, params, _ := w.routes.Find(r.Method, path)
	if route == nil {
		return
	}
	says := fmt.Sprintf("%s %s answered %d", r.Method, r.URL.Path, answer.Code)
	item := w.doc.Paths.Value(route.Path)
	if item == nil || item.GetOperation(r.Method) == nil {
		w.t.Errorf("%s, and the document has no such operation", says)
		return
	}
	w.mu.Lock()
	w.seen[fmt.Sprintf("%s %s %d", r.Method, route.Path, answer.Code)]++
	w.mu.Unlock()
	if answer.Code == http.StatusInternalServerError {
		return
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: map[string]string{},
		Route:   &routers.Route{Spec: w.doc, Path: route.Path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)},
		Options: &openapi3filter.Options{IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	for _, p := range params {
		in.PathParams[p.Name], _ = p.Value.Text()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	if r.Header.Get("Content-Type") == "" && len(body) > 0 {
		r.Header.Set("Content-Type", "application/json") // as the front takes it
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil && answer.Code < 300 {
		w.t.Errorf("%s to a request that the document does not allow: %v\n%.500s", says, err, body)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: answer.Code, Header: answer.Header(), Options: in.Options}
	out.SetBodyBytes(answer.Body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		w.t.Errorf("%s, which the document does not allow: %v\n%.500s", says, err, answer.Body)
	}
}
