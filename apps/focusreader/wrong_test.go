package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/private"
)

// TestWrongValuesEverywhere sends values of other types, at every depth, to every
// field of every route. None causes a fault: the answer to a value of the wrong type
// is 400 and names the field.
func TestWrongValuesEverywhere(t *testing.T) {
	wrong := []string{`null`, `true`, `-1e300`, `""`, `"\u0000"`, `"\u0000a"`, `"x"`, `[]`, `{}`, `{"a": [null]}`}
	if testing.Short() {
		wrong = []string{`null`, `-1e300`, `"\u0000"`, `{"a": [null]}`}
	}
	var all []string
	for _, x := range wrong {
		all = append(all, x, "["+x+"]", `["x", `+x+"]")
	}
	all = append(all, "[["+wrong[0]+"]]", strings.Repeat("[", 60)+strings.Repeat("]", 60))
	h := newHouse(t, "ann", "bob")
	handler := handler(h.app)
	for _, route := range h.routes(t) {
		if doors[route].last > 0 {
			continue // it would end what the others need
		}
		method, path, _ := strings.Cut(route, " ")
		body := doors[route].with(h.ann)
		names := []string{"unheard", "session"}
		for name := range body {
			names = append(names, name)
		}
		for _, r := range h.app.Engine(private.Access{}).Plan().Routes.All {
			if r.Method == method && r.Path == path {
				for _, f := range r.Fields {
					names = append(names, f.Name)
				}
			}
		}
		for _, name := range names {
			for _, x := range all {
				sent := set(body, name, json.RawMessage(x))
				target := prefix + path
				query := url.Values{}
				for field, v := range sent {
					text, err := json.Marshal(v)
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(target, "{"+field+"}") {
						target = strings.ReplaceAll(target, "{"+field+"}", url.PathEscape(strings.Trim(string(text), `"`)))
					} else if method == http.MethodGet {
						query.Add(field, strings.Trim(string(text), `"`))
					}
				}
				text, err := json.Marshal(sent)
				if err != nil {
					t.Fatal(err)
				}
				if method == http.MethodGet {
					text, target = nil, target+"?"+query.Encode()
				}
				r := httptest.NewRequest(method, target, strings.NewReader(string(text)))
				if name != "session" {
					r.Header.Set("Authorization", "Bearer "+h.ann.session)
				}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code >= 500 {
					t.Errorf("%s: %s: %d %s", route, text, w.Code, w.Body)
				}
				if w.Code == 400 && strings.Contains(w.Body.String(), `"field"`) && !strings.Contains(w.Body.String(), name) {
					t.Errorf("%s: %s: the answer does not name %s: %s", route, text, name, w.Body)
				}
			}
		}
	}
	w := h.post(prefix+"/Annotation/createAnnotation", string(mustJSON(t, set(set(doors["POST /Annotation/createAnnotation"].with(h.ann), "tags", []any{nil}), "session", h.ann.session))))
	if w.status != 400 || w.raw != `{"error":"the field tags[0] must be there, and is null","field":"tags"}` {
		t.Errorf("a tag that is null was answered %d %s", w.status, w.raw)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
