package inspect_test

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
)

// TestOddAddresses asks every page and every part of the interface for programs
// with odd values in all that an address can hold: none of them breaks anything.
func TestOddAddresses(t *testing.T) {
	for name, store := range map[string]func(t *testing.T) string{
		"memory":   func(*testing.T) string { return "memory:" },
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "odd.db") },
		"postgres": func(t *testing.T) string { return pgtest.Start(t, "-c", "fsync=off").URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			if name != "memory" && testing.Short() {
				t.Skip("takes too long for a short run")
			}
			w := openAs(t, legible.Options{Inspect: &legible.Inspect{Development: true}, Store: store(t)}, nil)
			status, trace, answer := w.ask("/Profile/createAccount", `{"username": "a\u0000b", "password": "correct horse"}`)
			if status >= 500 {
				t.Errorf("a name with a zero byte: %d %s", status, answer)
			}
			odd := []string{"%00", "a%00b", "%FF%FE", "%ED%A0%80", "-1", "0", "1e9", "9223372036854775807", "9223372036854775808",
				"-9223372036854775808", strings.Repeat("9", 400), "%2e%2e%2f", "null", "'%22;--", trace, "1.2.3", "%F0%9F%98%80", "+"}
			if testing.Short() {
				odd = []string{"%00", "%FF%FE", "9223372036854775808", trace}
			}
			names := []string{"after", "id", "before", "limit", "q", "outcome", "sync", "at", "match", "file", "line", "only", "follow", "token"}
			pages := []string{"/", "/flows/" + trace, "/program", "/concepts", "/concepts/Profile", "/concepts/Profile/User", "/concepts/Profile/Users",
				"/routes", "/source/reader.app", "/api/v1/app", "/api/v1/flows", "/api/v1/flows/" + trace, "/api/v1/unfinished", "/api/v1/turned"}
			ask := func(address string) int {
				t.Helper()
				if _, err := url.ParseRequestURI(address); err != nil {
					t.Fatal(err)
				}
				r := w.get(address)
				if r.StatusCode >= 500 {
					t.Errorf("%s is answered %d", address, r.StatusCode)
				}
				return r.StatusCode
			}
			for _, page := range pages {
				for _, x := range odd {
					for _, name := range names {
						ask(page + "?" + name + "=" + x)
					}
					ask(page + "?" + x + "=" + x)
					ask(page + "/" + x)
				}
			}
			for _, x := range odd {
				for _, page := range []string{"/flows/", "/turned/", "/concepts/", "/concepts/Profile/", "/source/", "/page/", "/api/", "/api/v1/flows/"} {
					ask(page + x)
				}
			}
			if got := ask("/concepts/Profile/User?after=%00"); got != 400 {
				t.Errorf("a place in a set that is none is answered %d", got)
			}
			if got := ask("/concepts/Profile/User?id=%00"); got != 200 {
				t.Errorf("the id of no member is answered %d", got)
			}
		})
	}
}
