package inspect

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/store"
)

//go:embed page
var pageFiles embed.FS

// A layout is the data that surrounds the content of every page.
type layout struct {
	App     string
	Title   string
	Part    string // which entry of the navigation is the present one
	Style   string // addresses that change when what they lead to changes
	Script  string
	Metrics bool
	Bare    bool // without a way on: for those who may not look
	Page    any
}

// parts maps pages to entries of the navigation.
var parts = map[string]string{
	"flows": "flows", "flow": "flows", "turned": "flows", "program": "program", "source": "program",
	"concepts": "concepts", "concept": "concepts", "set": "concepts", "routes": "routes",
}

// parsePages parses the templates. They are part of the program, so an error
// is a bug.
func parsePages() map[string]*template.Template {
	base := template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"count": count,
		"times": func(n int64) string { return times(int(n)) },
		"add":   func(a, b int) int { return a + b },
	}).ParseFS(pageFiles, "page/layout.html", "page/parts.html"))
	pages := map[string]*template.Template{}
	for _, name := range []string{"flows", "flow", "turned", "program", "concepts", "concept", "set", "routes", "source", "problem"} {
		pages[name] = template.Must(template.Must(base.Clone()).ParseFS(pageFiles, "page/"+name+".html"))
	}
	return pages
}

// render writes a page, or an error if it cannot be rendered completely.
func (in *Inspector) render(w http.ResponseWriter, r *http.Request, status int, name, title string, page any) {
	app := in.plan.Name
	if app == "" {
		app = "app"
	}
	var b bytes.Buffer
	err := in.pages[name].Execute(&b, layout{
		App: app, Title: title, Part: parts[name], Page: page, Metrics: in.options.Metrics != nil,
		Bare:  status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusMisdirectedRequest,
		Style: in.assets["style.css"].link, Script: in.assets["script.js"].link,
	})
	if err != nil {
		in.options.Log.Error("writing an inspector page", "page", name, "error", err)
		http.Error(w, "This page could not be written; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // whoever has gone needs no answer
	}
}

// problem writes an error page.
func (in *Inspector) problem(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	if isAPI(r) {
		in.apiProblem(w, status, title+" "+text)
		return
	}
	in.render(w, r, status, "problem", title, struct{ Title, Text string }{title, text})
}

func (in *Inspector) missing(w http.ResponseWriter, r *http.Request, text string) {
	in.problem(w, r, http.StatusNotFound, "Page not found", text)
}

// failed reports a failed read. If the store is not reachable or closed, it
// asks to try again.
func (in *Inspector) failed(w http.ResponseWriter, r *http.Request, doing string, err error) {
	in.options.Log.Error("the inspector failed while "+doing, "error", err)
	if store.Temporary(err) {
		w.Header().Set("Retry-After", "1")
		in.problem(w, r, http.StatusServiceUnavailable, "The store cannot be read now",
			"The inspector failed while "+doing+". The app is stopping, or its database or disk does not answer; the app's log says why. Try again in a moment.")
		return
	}
	in.problem(w, r, http.StatusInternalServerError, "The page could not be loaded", words.Sentence(doing+": "+err.Error()))
}

// An asset is a file that pages refer to.
type asset struct {
	kind, link string
	text       []byte
}

func readAssets() map[string]asset {
	assets := map[string]asset{}
	for name, kind := range map[string]string{
		"style.css": "text/css; charset=utf-8", "script.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		text, err := fs.ReadFile(pageFiles, path.Join("page", name))
		if err != nil {
			panic(err) // it is part of the program
		}
		sum := sha256.Sum256(text)
		assets[name] = asset{kind, "/page/" + name + "?" + hex.EncodeToString(sum[:4]), text}
	}
	return assets
}

// asset serves the style, the script and the icon.
func (in *Inspector) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := in.assets[r.PathValue("name")]
	if !ok {
		in.missing(w, r, "There is no file "+cut(r.PathValue("name"), 60)+".")
		return
	}
	w.Header().Set("Content-Type", a.kind)
	if strings.HasSuffix(a.link, "?"+r.URL.RawQuery) {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	_, _ = w.Write(a.text) // whoever has gone needs no answer
}
