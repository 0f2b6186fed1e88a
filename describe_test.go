package legible_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
)

// TestDescription asks an app that has a route on /docs itself, with and
// without a prefix, and one that is not to be described.
func TestDescription(t *testing.T) {
	const own = "sync Docs\nwhen\n    Requesting.request (method: \"GET\", path: \"/docs\") : (request)\nthen\n    Requesting.respond (request, own: true)\n"
	for _, x := range []struct {
		path, prefix string
		none         bool
		status       int
		holds        string
	}{
		{"/docs", "", false, 200, `{"own":true}`},
		{"/openapi.json", "", false, 200, `"openapi": "3.1.0"`},
		{"/api/docs", "/api", false, 200, `{"own":true}`},
		{"/docs", "/api", false, 200, "<!doctype html>"},
		{"/api/openapi.json", "/api", false, 200, `"url": "/api"`},
		{"/other/openapi.json", "/api", false, 404, `"error"`},
		{"/openapi.json", "", true, 404, `"error"`},
		{"/docs", "/api", true, 404, `"error"`},
	} {
		program := legible.New(fstest.MapFS{"a.app": {Data: []byte("app Own\n\nuse Requesting\n")}, "own.sync": {Data: []byte(own)}}, requesting.New)
		o := legible.Options{Log: slog.New(slog.DiscardHandler), NoDocs: x.none}
		o.HTTP.Prefix = x.prefix
		app, err := program.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		app.Handler().ServeHTTP(w, httptest.NewRequest("GET", x.path, nil))
		if w.Code != x.status || !strings.Contains(w.Body.String(), x.holds) {
			t.Errorf("GET %s below %q, described %v: %d %.200s, want %d with %s", x.path, x.prefix, !x.none, w.Code, w.Body, x.status, x.holds)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}
}
