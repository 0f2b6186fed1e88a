package main

import (
	"bytes"
	"cmp"
	"html"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/internal/openapi"
	"github.com/legible-lang/legible/internal/openapi/openapitest"
	"github.com/legible-lang/legible/internal/private"
)

// witnessed is the handler of an app with a middleware that compares all requests
// and answers of these tests with the app's document.
func witnessed(t *testing.T, program *legible.Program, app *legible.App, options legible.Options) http.Handler {
	t.Helper()
	return openapitest.New(t, contractOf(t, program, options), handler(app))
}

// contracts caches the documents: most tests serve the same program.
var contracts = struct {
	mu sync.Mutex
	of map[contractKey]*openapitest.Contract
}{of: map[contractKey]*openapitest.Contract{}}

type contractKey struct {
	program *legible.Program
	options openapi.Options
}

func contractOf(t *testing.T, program *legible.Program, options legible.Options) *openapitest.Contract {
	t.Helper()
	opt := openapi.Options{Prefix: options.HTTP.Prefix, Refusals200: options.HTTP.Refusals200}
	contracts.mu.Lock()
	defer contracts.mu.Unlock()
	key := contractKey{program, opt}
	if contracts.of[key] == nil {
		checked, _, err := program.Checked(private.Access{})
		if err != nil {
			t.Fatal(err)
		}
		contracts.of[key] = openapitest.Read(t, checked, opt)
	}
	return contracts.of[key]
}

// TestDocument uses the app as a reader does, including all errors. The witness
// compares requests and answers with the document; this test checks that no part of
// the document was left out.
func TestDocument(t *testing.T) {
	program := testProgram()
	options := legible.Options{Log: slog.New(slog.DiscardHandler)}
	options.HTTP.Prefix, options.HTTP.MaxBody = prefix, 1<<20
	app, err := program.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	witness := witnessed(t, program, app, options).(*openapitest.Witness)
	server := httptest.NewServer(witness)
	t.Cleanup(func() {
		server.Close()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{app: app, client: client{t, server.URL}}
	h.ann, h.bob = h.moveIn("ann"), h.moveIn("bob")

	bearer := []string{"Authorization", "Bearer " + h.ann.session}
	book := epubtest.Make("The Sea", "Ann Lee", epubtest.Cover(), []string{"<p>Waves.</p>"})
	upload := func(path, media string, body []byte, status int) {
		t.Helper()
		r, err := http.NewRequest("POST", h.base+prefix+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", bearer[1])
		r.Header.Set("Content-Type", media)
		if a := h.send(r); a.status != status {
			t.Errorf("POST %s as %s answered %d, want %d: %s", path, media, a.status, status, a.raw)
		}
	}
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	for name, text := range map[string]string{"name": "in parts", "library": h.ann.things["library"]} {
		if err := parts.WriteField(name, text); err != nil {
			t.Fatal(err)
		}
	}
	file, err := parts.CreateFormFile("epubContent", "sea.epub")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(book); err != nil {
		t.Fatal(err)
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	upload("/Library/createDocument", parts.FormDataContentType(), form.Bytes(), 200)
	upload("/Library/createDocument?name=raw&library="+h.ann.things["library"], "application/epub+zip", book, 200)
	upload("/Library/createDocument?name=raw&library="+h.ann.things["library"], "application/epub+zip", book, 409)
	upload("/Library/createDocument?name=text&library="+h.ann.things["library"], "application/epub+zip", []byte("no book"), 422)
	upload("/Library/createDocument?name=text", "application/epub+zip", book, 400)
	upload("/Profile/changePassword", "application/xml", []byte("<a/>"), 415)
	upload("/Profile/changePassword", "application/json", make([]byte, 2<<20), 413)
	upload("/Profile/changePassword", "application/json", []byte("{"), 400)
	h.want(prefix+"/Profile/changePassword", `{"oldPassword": 7}`, 400, nil, bearer...)
	h.want(prefix+"/Profile/_getUserDetails", `{}`, 401, nil)
	h.want(prefix+"/Profile/_getUserDetails", `{}`, 403, nil, "Content-Type", "text/plain", "Sec-Fetch-Site", "cross-site", "Authorization", bearer[1])

	content := prefix + "/documents/" + h.ann.things["document"] + "/content"
	tag := ""
	for _, x := range []struct {
		header, value string
		status        int
	}{{"Range", "bytes=0-9", 206}, {"Range", "bytes=99999999-", 416}, {"If-None-Match", "", 304}} {
		r, err := http.NewRequest("GET", h.base+content, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", bearer[1])
		r.Header.Set(x.header, cmp.Or(x.value, tag))
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		tag = cmp.Or(w.Header.Get("Etag"), tag)
		if w.StatusCode != x.status {
			t.Errorf("GET %s with %s %s answered %d, want %d", content, x.header, x.value, w.StatusCode, x.status)
		}
	}
	for _, route := range h.routes(t) {
		session := h.ann.session
		if route == "POST /auth/logout" {
			session = h.ann.spare
		}
		if a := h.ask(route, doors[route].with(h.ann), session); a.status != 200 {
			t.Errorf("%s answered %d: %s", route, a.status, a.raw)
		}
	}
	seen := witness.Seen()
	checked, _, err := program.Checked(private.Access{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range openapi.Of(checked, openapi.Options{}).Operations {
		if seen[o.Method+" "+o.Path+" 200"] == 0 {
			t.Errorf("%s %s was never answered 200", o.Method, o.Path)
		}
	}
}

// TestDocs requests the description of the app, and runs the commands on its page.
func TestDocs(t *testing.T) {
	h := newHouse(t, "ann")
	for _, path := range []string{"/openapi.json", prefix + "/openapi.json"} {
		a := h.get(path)
		if a.status != 200 {
			t.Fatalf("GET %s answered %d: %s", path, a.status, a.raw)
		}
		openapitest.Load(t, []byte(a.raw))
	}
	page := h.get("/docs")
	if page.status != 200 || page.raw != h.get(prefix+"/docs").raw {
		t.Fatalf("GET /docs answered %d, or another page than below the prefix", page.status)
	}
	if strings.Contains(page.raw, "<script") || regexp.MustCompile(`(src|href)="https?:`).MatchString(page.raw) {
		t.Error("the page has a script, or loads something from elsewhere")
	}
	if h.post("/docs", "{}").status != 404 {
		t.Error("the page answers POST")
	}
	if testing.Short() {
		t.Skip("plays each example of the page with curl: go test without -short does")
	}
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s", tool)
		}
	}
	book := filepath.Join(t.TempDir(), "book.epub")
	if err := os.WriteFile(book, epubtest.Make("", "", epubtest.Cover(), []string{"<p>Text.</p>"}), 0o666); err != nil {
		t.Fatal(err)
	}
	fill := []string{"@FILE", "@" + book}
	for _, name := range []string{"USER", "LIBRARY", "DOCUMENT", "TAG", "ANNOTATION", "FOCUSSESSION", "SETTINGS"} {
		for thing, id := range h.ann.things {
			if strings.EqualFold(thing, name) {
				fill = append(fill, `"`+name+`"`, `"`+id+`"`, "="+name+"'", "="+id+"'", "/"+name+"/", "/"+id+"/")
			}
		}
	}
	typed := regexp.MustCompile(`(?s)<pre class="curl" tabindex="0">(.*?)</pre>`).FindAllStringSubmatch(page.raw, -1)
	if len(typed) != len(doors) {
		t.Errorf("the page says how to ask %d routes, want %d", len(typed), len(doors))
	}
	last := regexp.MustCompile(`delete|remove|logout|changePassword`)
	slices.SortStableFunc(typed, func(a, b []string) int {
		rank := func(s string) int {
			if last.MatchString(s) {
				return 1 + strings.Count(s, "deleteAccount")
			}
			return 0
		}
		return rank(a[1]) - rank(b[1])
	})
	good := 0
	for _, m := range typed {
		line := strings.NewReplacer(fill...).Replace(html.UnescapeString(m[1]))
		session := h.ann.session
		if strings.Contains(line, "logout") {
			session = h.ann.spare
		}
		answer := filepath.Join(t.TempDir(), "answer")
		cmd := exec.Command("sh", "-c", line+" -sS -o "+answer+" -w '%{http_code}'")
		cmd.Env = append(os.Environ(), "SESSION="+session)
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s\n%s (%v)", line, said, err)
			continue
		}
		if string(said) == "200" {
			good++
			continue
		}
		// An example may be an invalid color or password. A refusal of a concept shows
		// that the request was understood.
		if text, err := os.ReadFile(answer); err != nil || !strings.Contains(string(text), `"refusal":`) {
			t.Errorf("%s\nanswered %s: %s (%v)", line, said, text, err)
		}
	}
	if good < len(doors)-5 {
		t.Errorf("only %d of the page's examples were answered 200", good)
	}
}
