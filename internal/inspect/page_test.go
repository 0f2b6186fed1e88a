package inspect_test

import (
	"flag"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible"
)

var update = flag.Bool("update", false, "rewrite what is wanted")

// TestDay looks in several ways at what a day of the app has left.
func TestDay(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	flows := w.lived()
	for name, look := range map[string]func(*testing.T, *world, map[string]string){"pages": pages, "secrets": secrets, "search": search} {
		t.Run(name, func(t *testing.T) {
			here := *w
			here.t = t
			look(t, &here, flows)
		})
	}
}

// pages holds every page against testdata/pages: what a person reads who
// has no style and no script.
func pages(t *testing.T, w *world, flows map[string]string) {
	for name, address := range map[string]string{
		"flows": "/", "refused": "/?q=ann&outcome=refused", "none": "/?q=nowhere",
		"failed-login": "/flows/" + flows["failed login"], "login": "/flows/" + flows["login"], "stranger": "/flows/" + flows["stranger"],
		"empty": "/flows/" + flows["empty"], "fault": "/flows/" + flows["fault"], "dropped": "/flows/" + flows["dropped"],
		"firing": "/flows/" + flows["login"] + "?match=1", "whynot": "/flows/" + flows["failed login"] + "?sync=Greet",
		"program": "/program", "sync": "/program?sync=WriteNote", "concepts": "/concepts", "concept": "/concepts/Noting",
		"set": "/concepts/Noting/Note", "users": "/concepts/Profile/User", "routes": "/routes", "source": "/source/auth.sync?line=16",
	} {
		got := outline(w.page(address))
		file := filepath.Join("testdata", "pages", name+".txt")
		want, err := os.ReadFile(file)
		if err != nil && !*update {
			t.Fatal(err)
		}
		if got == string(want) {
			continue
		}
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s reads otherwise now\n got:\n%s\nwant:\n%s", address, got, want)
	}
}

var (
	blocks  = regexp.MustCompile(`<(?:h[1-6]|p|li|tr|div|section|option|dt|dd|summary|caption|a class="node|g class="node|ol|ul|form|table)\b`)
	cells   = regexp.MustCompile(`<t[dh]\b[^>]*>`)
	heads   = regexp.MustCompile(`<h([1-6])\b[^>]*>`)
	links   = regexp.MustCompile(`<a\b[^>]*?\shref="([^"]*)"[^>]*>`)
	drawn   = regexp.MustCompile(`<(?:a|g) class="node ([^"]*)"`)
	marks   = regexp.MustCompile(`<tr[^>]* class="marked (\w+)">`)
	anyTag  = regexp.MustCompile(`<[^>]*>`)
	uuid    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	shortID = regexp.MustCompile(`…[0-9a-f]{8}\b`)
	each    = regexp.MustCompile(`(fired, )[0-9.]+ m?s\b|()[0-9.]+ m?s (?:on average|each)\b`)
	spaces  = regexp.MustCompile(`[ \t]+`)
)

// outline is what a page says, as lines of text: headings begin with #, links
// stand in <>, cells are parted by |. Ids are numbered as they come.
func outline(page string) string {
	_, main, _ := strings.Cut(page, "<main")
	main, _, _ = strings.Cut(main, "</main>")
	main = strings.ReplaceAll(main, "\n", " ")
	main = drawn.ReplaceAllString(main, "\n(drawn $1) $0")
	main = marks.ReplaceAllString(main, "\n[$1] $0")
	main = heads.ReplaceAllString(main, "\n# $0")
	main = cells.ReplaceAllString(main, " | ")
	main = links.ReplaceAllString(main, " &lt;$1&gt; ")
	main = blocks.ReplaceAllString(main, "\n$0")
	main = strings.ReplaceAll(strings.ReplaceAll(main, "</text>", " "), "<br>", ", ")
	main = html.UnescapeString(anyTag.ReplaceAllString(" <x"+main, ""))
	main = each.ReplaceAllString(main, "${1}TIME")
	main = shortID.ReplaceAllString(main, "…id")
	ids := map[string]string{}
	main = uuid.ReplaceAllStringFunc(main, func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprintf("id-%d", len(ids)+1)
		}
		return ids[id]
	})
	var b strings.Builder
	for _, line := range strings.Split(main, "\n") {
		line = strings.Trim(spaces.ReplaceAllString(line, " "), " |")
		if line != "" && line != "#" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// TestHostile gives the app what somebody might who wants to do harm on the
// page, in every place that a page shows.
func TestHostile(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'{{.}}</svg></style>`
	quoted := strings.ReplaceAll(hostile, `"`, `\"`)
	w.ask("/Profile/createAccount", `{"username": "`+quoted+`", "password": "correct horse"}`)
	_, flow, _ := w.ask("/auth/login", `{"username": "`+quoted+`", "password": "correct house", "`+quoted+`": "`+quoted+`"}`)
	escaped := url.QueryEscape(hostile)
	pages := append(everyPage(flow), "/?q="+escaped, "/?sync="+escaped+"&outcome="+escaped, "/flows/"+flow+"?sync="+escaped,
		"/concepts/Profile/User?id="+escaped, "/program?file="+escaped, "/nothing/"+url.PathEscape(hostile), "/flows/"+url.PathEscape(hostile),
		"/concepts/"+url.PathEscape(hostile), "/concepts/Profile/"+url.PathEscape(hostile), "/source/"+url.PathEscape(hostile), "/page/"+url.PathEscape(hostile))
	shown := 0
	for _, address := range pages {
		text := body(t, w.get(address))
		for _, bad := range []string{"<script>alert", "<img src=x", "</style>", "'{{"} {
			if i := strings.Index(text, bad); i >= 0 {
				t.Errorf("%s has %q as it came: …%s…", address, bad, text[max(0, i-60):min(len(text), i+60)])
			}
		}
		if strings.Contains(text, "&lt;script&gt;alert(1)") {
			shown++
		}
		if problem := unbalanced(text); problem != "" {
			t.Errorf("%s: %s", address, problem)
		}
	}
	if shown < 8 {
		t.Errorf("only %d pages show what was sent: the test does not reach what it is for", shown)
	}
	// What turns the direction of a text, or is not seen, must not hide what follows.
	_, flow, _ = w.ask("/auth/login", `{"username": "ann\u202egnp.exe\u0000\u0007", "password": "correct house"}`)
	if text := w.page("/flows/" + flow + "?at=1.0.0"); strings.ContainsAny(text, "\u202e\x00\x07") {
		t.Error("a page has characters that are not seen")
	}
}

// secrets looks for every secret of a day on every page.
func secrets(t *testing.T, w *world, flows map[string]string) {
	hidden := map[string]string{
		"a password": "correct horse", "a wrong password": "correct house", "a seal": "hunter2", "the session": w.session,
		"the hash of a password": "argon2id", "the digest of the session": digest(w.session), "the digest of the seal": digest("hunter2hunter2"),
	}
	for _, secret := range hidden {
		if len(secret) < 6 {
			t.Fatalf("there is a secret %q, which says nothing when it is not found", secret)
		}
	}
	var addresses []string
	for _, flow := range flows {
		addresses = append(addresses, everyPage(flow)...)
		for i := range 4 {
			addresses = append(addresses, fmt.Sprintf("/flows/%s?match=%d", flow, i), fmt.Sprintf("/flows/%s?at=1.0.%d", flow, i))
		}
	}
	for what, secret := range hidden {
		addresses = append(addresses, "/?outcome=&q="+url.QueryEscape(secret))
		if text := w.page("/?outcome=&q=" + url.QueryEscape(secret)); what != "the hash of a password" && !strings.Contains(text, "No flow matches") {
			t.Errorf("a search finds %s", what)
		}
	}
	for _, address := range addresses {
		text := w.page(address)
		if strings.HasPrefix(address, "/?") {
			_, text, _ = strings.Cut(text, "</form>") // the search shows what one has typed
		}
		for what, secret := range hidden {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s", address, what)
			}
		}
	}
}

// search finds flows in every way in which they can be looked for.
func search(t *testing.T, w *world, flows map[string]string) {
	found := func(query string) int { return strings.Count(w.page("/?"+query), `<tr id="f-`) }
	for query, want := range map[string]int{
		"":                               12,
		"q=/auth/login":                  2,
		"q=/AUTH/login":                  2,
		"q=USERNAME_TAKEN":               1,
		"q=battery":                      0, // a password
		"q=Chapter+3":                    1,
		"q=no-such-note":                 1,
		"outcome=answered":               6,
		"outcome=returned":               0,
		"outcome=refused":                4,
		"outcome=4xx":                    5,
		"outcome=faulted":                1,
		"outcome=unanswered":             1,
		"outcome=5xx":                    1,
		"outcome=running":                0,
		"sync=ReadNote":                  1, // its where stopped it
		"sync=WriteNote":                 5,
		"sync=WriteNote&outcome=refused": 1,
		"sync=WriteNote&outcome=4xx":     2,
		"q=disk+is+on+fire":              1,
		"q=" + flows["fault"][:13]:       1,
		"q=nowhere":                      0,
		"q=/api/auth/login":              2, // as a client writes it whose routes stand below /api
		"q=" + url.QueryEscape("http://127.0.0.1:8000/api/auth/LOGIN?a=b"): 2,
		"q=/api/auth/logi":                   0,
		"q=409":                              1,
		"q=Noting.greet":                     1,
		"sync=nowhere":                       0,
		"before=" + flows["logout"]:          10,
		"q=login&before=" + flows["login"]:   1,
		"q=" + url.QueryEscape("\xff\x00%'"): 0,
	} {
		if got := found(query); got != want {
			t.Errorf("looking for %q finds %d flows, want %d", query, got, want)
		}
	}
	if r := w.get("/?q=" + flows["fault"]); r.Header.Get("Location") != "/flows/"+flows["fault"] {
		t.Errorf("looking for a whole id leads to %q", r.Header.Get("Location"))
	}
}

// TestPaging follows the links to the older flows, and those through a set.
func TestPaging(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	w.lived()
	w.logIn()
	for i := range 130 {
		w.now = w.now.Add(time.Millisecond)
		if status, _, answer := w.ask("/notes/write", fmt.Sprintf(`{"session": "%s", "text": "note %d"}`, w.session, i)); status != 200 {
			t.Fatal(answer)
		}
	}
	seen, pages := follow(t, w, "/", regexp.MustCompile(`<tr id="f-([^"]*)"`))
	if len(seen) != 143 || pages != 3 {
		t.Errorf("%d flows are found on %d pages, want 143 on 3", len(seen), pages)
	}
	seen, pages = follow(t, w, "/concepts/Noting/Note", regexp.MustCompile(`(note \d+)`))
	if len(seen) != 130 || pages != 3 {
		t.Errorf("%d members are found on %d pages, want 130 on 3", len(seen), pages)
	}
}

// follow follows the links to the next pages and gathers what a pattern finds.
func follow(t *testing.T, w *world, address string, what *regexp.Regexp) (seen map[string]bool, pages int) {
	t.Helper()
	next := regexp.MustCompile(`<a rel="next" href="([^"]*)"`)
	seen = map[string]bool{}
	for address != "" && pages < 20 {
		text := w.page(address)
		pages++
		for _, m := range what.FindAllStringSubmatch(text, -1) {
			if seen[m[1]] && pages > 1 {
				t.Errorf("%s is on two pages", m[1])
			}
			seen[m[1]] = true
		}
		address = ""
		if m := next.FindStringSubmatch(text); m != nil {
			address = html.UnescapeString(m[1])
		}
	}
	return seen, pages
}

// TestBounds asks for a flow of thousands of actions: its page must be one that
// a browser can show, and say what it leaves out.
func TestBounds(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	_, flow, _ := w.ask("/notes/count", `{"n": 5000}`)
	for _, address := range []string{"/flows/" + flow, "/flows/" + flow + "?match=0", "/flows/" + flow + "?at=1.4000.0", "/?q=count"} {
		text := w.page(address)
		if len(text) > 400_000 {
			t.Errorf("%s has %d bytes", address, len(text))
		}
	}
	text := w.page("/flows/" + flow)
	for _, want := range []string{"5001 actions", "and 4986 more", "further actions are not shown", "further entries are not shown"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of a large flow does not say %q", want)
		}
	}
	w.ask("/auth/login", `{"username": "`+strings.Repeat("long ", 100_000)+`", "password": "correct house"}`)
	if text := w.page("/?q=long"); len(text) > 50_000 {
		t.Errorf("a list with a long value has %d bytes", len(text))
	}
}

// TestOddValues gives values that are long, many-lined, or written from the
// right: what is shown tells how much there is, and only where something is left
// out.
func TestOddValues(t *testing.T) {
	w := openAs(t, legible.Options{Inspect: &legible.Inspect{Development: true}, FullRecord: true}, nil)
	for name, want := range map[string]string{
		strings.Repeat("ä", 10_000): "… (cut from 10000 characters) from the client",
		`שלום \u202etxt`:            "שלום \uFFFDtxt from the client",
		`two\nlines`:                "two lines from the client",
	} {
		_, flow, _ := w.ask("/auth/login", `{"username": "`+name+`", "password": "correct house"}`)
		if page := outline(w.page("/flows/" + flow + "?at=0.0.0")); !strings.Contains(page, want) {
			t.Errorf("the page does not say %q:\n%s", want, page)
		}
	}
}

// TestNotKept shows what the record says of a value that it does not keep.
func TestNotKept(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	_, flow, _ := w.ask("/auth/login", `{"username": "`+strings.Repeat("ä", 10_000)+`", "password": "correct house"}`)
	if page, want := outline(w.page("/flows/"+flow+"?at=0.0.0")), `ä…" (20000 bytes, not kept) from the client`; !strings.Contains(page, want) {
		t.Errorf("the page does not say %q:\n%s", want, page)
	}
}
