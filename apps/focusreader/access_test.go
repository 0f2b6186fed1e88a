package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A door describes a request of a route, and which of its fields name whose data. A
// field names an object of a reader, such as "document".
type door struct {
	open   bool              // it needs no session
	fields fields            // further fields that the route needs
	ids    map[string]string // fields that contain ids, with their objects
	claim  string            // the field in which a body names the user
	// missing are fields that identify something that does not exist for other users:
	// the answer is then 404, whether it exists or not.
	missing []string
	// unknown is the status for a made-up session: 401 if 0.
	unknown int
	// last is above 0 for routes that end something; routes with greater numbers come
	// later.
	last int
}

// doors has every route. The test fails if one is missing.
var doors = map[string]door{
	"POST /Profile/createAccount": {open: true, fields: fields{"username": "carl", "password": "correct horse"}},
	"POST /Profile/authenticate":  {open: true, fields: fields{"username": "ann", "password": "correct horse"}},
	"POST /auth/login":            {open: true, fields: fields{"username": "ann", "password": "correct horse"}},
	// The session is the object of this route, not its credential.
	"POST /auth/logout": {unknown: 404},

	"POST /Profile/_getUserDetails": {claim: "user"},
	"POST /Profile/changePassword": {claim: "user", last: 1,
		fields: fields{"oldPassword": "correct horse", "newPassword": "battery staple"}},
	"POST /Profile/deleteAccount": {claim: "user", last: 2},

	"POST /Library/createDocument": {claim: "user", ids: map[string]string{"library": "library"},
		fields: fields{"name": "another", "size": 1000, "epubContent": base64.StdEncoding.EncodeToString(epubtest.Make("", "", nil, []string{"<p>Text.</p>"}))}},
	"POST /Library/renameDocument":         {claim: "user", ids: map[string]string{"document": "document"}, fields: fields{"newName": "renamed"}},
	"POST /Library/removeDocument":         {claim: "user", ids: map[string]string{"document": "document"}, last: 1},
	"POST /Library/openDocument":           {claim: "user", ids: map[string]string{"document": "document"}},
	"POST /Library/closeDocument":          {claim: "user", ids: map[string]string{"document": "document"}},
	"POST /Library/_getLibraryByUser":      {claim: "user", fields: fields{"limit": 100, "cursor": nil}},
	"POST /Library/_getDocumentsInLibrary": {claim: "user", ids: map[string]string{"library": "library"}, fields: fields{"content": true, "limit": 100, "cursor": nil}},
	"POST /Library/_getDocumentDetails":    {claim: "user", ids: map[string]string{"document": "document"}, fields: fields{"content": true}},
	"GET /documents/{document}/content":    {ids: map[string]string{"document": "document"}},
	"GET /documents/{document}/cover":      {ids: map[string]string{"document": "document"}},

	"POST /Annotation/createAnnotation": {claim: "creator", ids: map[string]string{"document": "document", "tags": "tag"}, missing: []string{"tags"},
		fields: fields{"location": "epubcfi(/6/4!/4/2)", "color": "yellow", "content": "mine"}},
	"POST /Annotation/updateAnnotation": {claim: "user", ids: map[string]string{"annotation": "annotation", "newTags": "tag"}, missing: []string{"newTags"},
		fields: fields{"newContent": "changed", "newColor": "red", "newLocation": "epubcfi(/6/4!/4/4)"}},
	"POST /Annotation/deleteAnnotation": {claim: "user", ids: map[string]string{"annotation": "annotation"}, last: 1},
	"POST /Annotation/search":           {claim: "user", ids: map[string]string{"document": "document"}, fields: fields{"criteria": "", "limit": 100, "cursor": nil}},
	"POST /Annotation/createTag":        {claim: "creator", fields: fields{"title": "another"}},
	"POST /Annotation/_getTags":         {claim: "user", fields: fields{"limit": 100, "cursor": nil}},

	"POST /FocusStats/_viewStats":    {claim: "user"},
	"POST /FocusStats/_getSessions":  {claim: "user", fields: fields{"limit": 100, "cursor": nil}},
	"POST /FocusStats/removeSession": {claim: "user", ids: map[string]string{"focusSession": "focusSession"}, last: 1},

	"POST /TextSettings/editSettings": {claim: "user", ids: map[string]string{"textSettings": "settings"},
		fields: fields{"font": "Georgia", "fontSize": 20, "lineHeight": 30}},
	"POST /TextSettings/_getUserDefaultSettings":     {claim: "user"},
	"POST /TextSettings/_getDocumentCurrentSettings": {claim: "user", ids: map[string]string{"document": "document"}},
}

// TestAccess sends requests without a session, with another session and with other
// ids to every route. Each must be refused, reveal nothing and change nothing.
func TestAccess(t *testing.T) {
	h := newHouse(t, "ann", "bob")
	for _, route := range h.routes(t) {
		d := doors[route]
		if d.open {
			continue
		}
		t.Run(strings.ReplaceAll(route, "/", " "), func(t *testing.T) {
			a := &attempt{t: t, house: h, route: route, door: d, before: h.dump(t)}
			// Without a login.
			hers := d.with(h.ann)
			a.refused("without a session", hers, "", 401)
			a.refused("with a session that is made up", hers, "made up", a.or(d.unknown, 401))
			h.later.Store(int64(31 * 24 * time.Hour)) // her session has expired and still exists
			a.refused("with her session, which has expired", hers, h.ann.session, a.or(d.unknown, 401))
			h.later.Store(0)
			// Another reader, who knows all ids.
			if d.claim != "" {
				a.refused("by another who claims to be her", set(d.with(h.bob), d.claim, h.ann.things["user"]), h.bob.session, 403)
				a.refused("by another who claims to be nobody", set(d.with(h.bob), d.claim, "nobody"), h.bob.session, 403)
				a.refused("by another with all that is hers", set(hers, d.claim, h.ann.things["user"]), h.bob.session, 403)
				a.refused("by her who claims to be another", set(hers, d.claim, h.bob.things["user"]), h.ann.session, 403)
			}
			for field := range d.ids {
				status := 403
				if slices.Contains(d.missing, field) {
					status = 404
				}
				what := "by another with her " + field
				held := a.refused(what, set(d.with(h.bob), field, hers[field]), h.bob.session, status)
				made := a.refused("by another with a made-up "+field, set(d.with(h.bob), field, madeUp(hers[field])), h.bob.session, status)
				if held != made {
					a.t.Errorf("it tells whether there is such a %s: %s of hers, %s of nobody's", field, held, made)
				}
			}
			for thing, id := range h.ann.things {
				// Ids of the wrong kind.
				for field := range d.ids {
					if d.ids[field] != thing && !(d.ids[field] == "settings" && thing == "current") && !slices.Contains(d.missing, field) {
						a.refused("by another with her "+thing+" as the "+field, set(d.with(h.bob), field, id), h.bob.session, 403)
					}
				}
			}
		})
	}
	// The requests are valid: the reader herself is not refused.
	for _, route := range h.routes(t) {
		session := h.ann.session
		if route == "POST /auth/logout" {
			session = h.ann.spare
		}
		if a := h.ask(route, doors[route].with(h.ann), session); a.status >= 400 {
			t.Errorf("%s by her whose things they are answered %d: %s", route, a.status, a.raw)
		}
	}
}

// A reader has one object of each kind.
type reader struct {
	name    string
	session string
	spare   string            // another session, which is ended
	things  map[string]string // ids
}

// A house is the app with two readers.
type house struct {
	client
	app      *legible.App
	ann, bob reader
	later    atomic.Int64 // how far the clock is ahead
}

func newHouse(t *testing.T, names ...string) *house {
	t.Helper()
	h := &house{}
	start := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	options := legible.Options{Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return start.Add(time.Duration(h.later.Load())) }}
	options.HTTP.Prefix = prefix
	h.client, h.app = serveProgram(t, testProgram(), options)
	for _, name := range names {
		switch name {
		case "ann":
			h.ann = h.moveIn(name)
		case "bob":
			h.bob = h.moveIn(name)
		}
	}
	return h
}

// moveIn creates a reader. All texts of the reader contain the reader's name in a
// unique form.
func (h *house) moveIn(name string) reader {
	h.t.Helper()
	mark := name + "-8461"
	who := object("username", name, "password", "correct horse")
	made := h.want("/api/Profile/createAccount", who, 200, nil)
	r := reader{name: name, session: h.want("/api/auth/login", who, 200, nil).text("session"),
		spare: h.want("/api/auth/login", who, 200, nil).text("session"), things: map[string]string{
			"user": made.text("user"), "library": made.text("library"), "settings": made.text("settings")}}
	do := func(path string, pairs ...any) answer {
		h.t.Helper()
		return h.want("/api"+path, object(append(pairs, "session", r.session)...), 200, nil)
	}
	book := epubtest.Make(mark, mark, epubtest.Cover(), []string{"<p>" + mark + "</p>"})
	document := do("/Library/createDocument", "name", mark, "library", r.things["library"],
		"epubContent", base64.StdEncoding.EncodeToString(book)).text("document")
	tag := do("/Annotation/createTag", "title", mark).text("tag")
	r.things["document"], r.things["tag"] = document, tag
	r.things["annotation"] = do("/Annotation/createAnnotation", "document", document, "location", "epubcfi(/6/4!/4/2)",
		"content", mark, "tags", []string{tag}).text("annotation")
	do("/Library/openDocument", "document", document)
	sessions := do("/FocusStats/_getSessions").fields["sessions"].([]any)
	r.things["focusSession"] = sessions[0].(map[string]any)["_id"].(string)
	current := do("/TextSettings/_getDocumentCurrentSettings", "document", document).list
	r.things["current"] = current[0].(map[string]any)["settings"].(map[string]any)["_id"].(string)
	return r
}

// routes returns all routes, those that end something last, and compares them with
// the doors.
func (h *house) routes(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, r := range h.app.Engine(private.Access{}).Plan().Routes.All {
		name := r.Method + " " + r.Path
		d, known := doors[name]
		if !known {
			t.Errorf("the route %s has no door: say in the table how it is asked, and which fields carry whose ids", name)
			continue
		}
		all = append(all, name)
		for _, f := range r.Fields {
			_, isID := d.ids[f.Name]
			_, isField := d.fields[f.Name]
			switch {
			case f.Credential != nil:
			case isIdentity(f.Type) && !isID:
				t.Errorf("%s: the field %s carries ids: say of what", name, f.Name)
			case !isID && !isField && f.Name != d.claim:
				t.Errorf("%s: the table does not say what stands in the field %s", name, f.Name)
			}
		}
		if !d.open && !slices.ContainsFunc(r.Fields, func(f *plan.Field) bool { return f.Credential != nil && !f.Optional }) {
			t.Errorf("%s can be asked without a session", name)
		}
		if _, claimed := d.fields[d.claim]; claimed {
			t.Errorf("%s: %s is both a claim and a field", name, d.claim)
		}
	}
	for name := range doors {
		if !slices.Contains(all, name) {
			t.Errorf("there is no route %s any more", name)
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return doors[a].last - doors[b].last })
	return all
}

func isIdentity(t check.Type) bool {
	return t.Kind == check.Identity || t.Kind == check.List && t.Elem != nil && isIdentity(*t.Elem)
}

// with returns the body of a reader's request about the reader's own data.
func (d door) with(r reader) fields {
	body := fields{}
	maps.Copy(body, d.fields)
	for field, thing := range d.ids {
		body[field] = r.things[thing]
		if thing == "tag" {
			body[field] = []string{r.things[thing]}
		}
	}
	return body
}

// set returns a body with another value in a field.
func set(body fields, name string, v any) fields {
	body = maps.Clone(body)
	body[name] = v
	return body
}

// madeUp returns an id of the same form that does not exist.
func madeUp(id any) any {
	if _, list := id.([]string); list {
		return []string{value.NewIDs().At(time.Now()).String()}
	}
	return value.NewIDs().At(time.Now()).String()
}

// ask sends a request. Parameters of the path are taken from the body.
func (h *house) ask(route string, body fields, session string) answer {
	h.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	if method != http.MethodGet {
		body = maps.Clone(body)
		if session != "" {
			body["session"] = session
		}
		text, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		return h.post(prefix+path, string(text))
	}
	for name, v := range body {
		path = strings.ReplaceAll(path, "{"+name+"}", fmt.Sprint(v))
	}
	if session == "" {
		return h.get(prefix + path)
	}
	return h.get(prefix+path, "Authorization", "Bearer "+session)
}

// dump returns all state.
func (h *house) dump(t *testing.T) []string {
	t.Helper()
	return dump(t, h.app)
}

// dump returns the state of an app, one member per line.
func dump(t *testing.T, app *legible.App) []string {
	t.Helper()
	e := app.Engine(private.Access{})
	flow := e.Store().NewSession(value.NewIDs().At(time.Now()))
	defer flow.Abandon()
	var lines []string
	for _, table := range engine.Schema(e.Plan()).Tables {
		members, err := flow.Find(table, nil, nil, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			line := table.Name() + " " + m.ID
			for i, c := range table.Columns {
				line += fmt.Sprintf(" %s=%s", c.Name, value.AppendJSON(nil, m.Row[i]))
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// An attempt is a request of a route without permission.
type attempt struct {
	t      *testing.T
	house  *house
	route  string
	door   door
	before []string
}

func (a *attempt) or(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}

// refused sends the request and requires a status and an unchanged state. It returns
// the answer.
func (a *attempt) refused(how string, body fields, session string, status int) string {
	a.t.Helper()
	got := a.house.ask(a.route, body, session)
	if got.status != status {
		a.t.Errorf("%s it answered %d, want %d: %s", how, got.status, status, got.raw)
	}
	if got.text("error") == "" {
		a.t.Errorf("%s it does not say why not: %s", how, got.raw)
	}
	if got.cookie != nil {
		a.t.Errorf("%s it set a cookie: %s", how, got.cookie)
	}
	for thing, id := range a.house.ann.things {
		if strings.Contains(got.raw, id) {
			a.t.Errorf("%s it told her %s: %s", how, thing, got.raw)
		}
	}
	if strings.Contains(got.raw, "ann-8461") || strings.Contains(got.raw, a.house.ann.session) {
		a.t.Errorf("%s it told what is hers: %s", how, got.raw)
	}
	if after := a.house.dump(a.t); !slices.Equal(a.before, after) {
		a.t.Errorf("%s it changed\n%s", how, strings.Join(differing(a.before, after), "\n"))
		a.before = after
	}
	return fmt.Sprintf("%d %s", got.status, got.raw)
}

// differing returns the lines that only one side has.
func differing(before, after []string) []string {
	var lines []string
	for _, line := range before {
		if !slices.Contains(after, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return lines
}
