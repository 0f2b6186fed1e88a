package inspect_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/browsertest"
	"github.com/legible-lang/legible/internal/inspect"
)

// serve serves the pages of a world and gives the address to open.
func (w *world) serve() string {
	w.t.Helper()
	l, err := inspect.Listen("127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.pages.Serve(ctx, l) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			w.t.Error(err)
		}
	})
	return w.pages.Address(l.Addr())
}

// complaints gathers what the browser has to complain of: errors of the script,
// and what the policy of a page has kept from loading.
func complaints(ctx context.Context) *[]string {
	list := &[]string{}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			*list = append(*list, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError || e.Entry.Source == log.SourceSecurity {
				*list = append(*list, e.Entry.Text)
			}
		}
	})
	return list
}

// text gives what an element says, once it is there.
func text(what string, into *string) chromedp.Action {
	return chromedp.TextContent(what, into, chromedp.ByQuery)
}

// TestFindTheReason goes the way of a person who does not know the app: a login
// has failed, and why?
func TestFindTheReason(t *testing.T) {
	ctx := browsertest.Open(t)
	w := open(t, legible.Inspect{}, nil)
	w.ask("/Profile/createAccount", `{"username": "ann", "password": "correct horse"}`)
	complained := complaints(ctx)
	run := func(what string, actions ...chromedp.Action) {
		t.Helper()
		step, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if err := chromedp.Run(step, actions...); err != nil {
			var now, where string
			_ = chromedp.Run(ctx, chromedp.Location(&where), chromedp.Text("main", &now, chromedp.ByQuery))
			t.Fatalf("%s: %v\n%v\nat %s:\n%s", what, err, *complained, where, now)
		}
	}
	says := func(what, where string, words ...string) {
		t.Helper()
		var got string
		run(what, text(where, &got))
		for _, word := range words {
			if !strings.Contains(strings.Join(strings.Fields(got), " "), word) {
				t.Errorf("%s: it does not say %q but %q", what, word, got)
			}
		}
	}
	var address, active string
	run("opening the address that the app has printed", chromedp.EmulateViewport(1360, 900), chromedp.Navigate(w.serve()),
		chromedp.WaitVisible(".live.on"), chromedp.Location(&address))
	if strings.Contains(address, "token") {
		t.Errorf("the token stays in the address: %s", address)
	}

	_, flow, _ := w.ask("/auth/login", `{"username": "ann", "password": "correct house"}`)
	row := "#f-" + flow
	run("seeing the failed login come", chromedp.WaitVisible(row))
	says("its row", row, "401", "POST /auth/login", "INVALID_CREDENTIALS", "Invalid username or password.")

	run("looking for it with the keyboard", input.DispatchKeyEvent(input.KeyRawDown).WithKey("/"), chromedp.KeyEvent("/auth/login"), chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible(".clear"), chromedp.WaitVisible(row), chromedp.WaitNotPresent("#list tbody tr:nth-child(2)"))
	run("opening it", chromedp.Click(row+" a"), chromedp.WaitVisible(".verdict"))
	says("the reason", ".verdict", "Invalid username or password.", "was refused INVALID_CREDENTIALS")
	says("the line", "tr.marked.here", "18", "Profile.authenticate (username, password) : (user)")

	run("choosing the request in the picture", chromedp.Click(`.picture a.node[href^="?at=0.0.0"]`), chromedp.WaitVisible(`.picture a.node.at[href^="?at=0.0.0"]`))
	says("what came in", "#detail", "Requesting.request", "It came from outside", "ann", "•••")
	run("choosing the sync in the list with the keyboard", chromedp.Focus(`.steps a[href^="?match=0"]`), chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible(`.steps a.at[href^="?match=0"]`), chromedp.Evaluate(`document.activeElement.id`, &active), chromedp.Location(&address))
	if active != "detail-title" || !strings.Contains(address, "match=0") {
		t.Errorf("after a choice the focus is on %q and the address is %s", active, address)
	}
	says("the firing", "#detail", "LogIn", "fired", "username")
	run("asking why another sync did not fire", chromedp.Click(`a[href^="?sync=Greet"]`), chromedp.WaitVisible(`.cause`))
	says("why not", "#detail", "Greet", "did not match", "Sessioning.create was not asked in this flow", "was refused INVALID_CREDENTIALS")
	run("going back", chromedp.NavigateBack(), chromedp.WaitVisible(`.steps a.at[href^="?match=0"]`))
	run("going to the text", chromedp.Click(`.verdict a[href^="/source/"]`), chromedp.WaitVisible("#L18.marked"))

	run("reading all of it without script", emulation.SetScriptExecutionDisabled(true), chromedp.Navigate(strings.Split(address, "/flows/")[0]+"/?q=login"),
		chromedp.Click(row+" a"), chromedp.WaitVisible(".verdict"), chromedp.Click(`.steps a[href^="?match=0"]`), chromedp.WaitVisible(`.steps a.at[href^="?match=0"]`))
	says("the firing without script", "#detail", "LogIn", "fired")
	if len(*complained) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(*complained, "\n"))
	}
}

// looking is what a page is asked in the browser: what is wider than the
// window, what cannot be read for want of contrast, what has no name for those
// who do not see it. It gives a line for each.
const looking = `(() => {
	const found = [];
	if (document.documentElement.scrollWidth > innerWidth) found.push('the page is ' + document.documentElement.scrollWidth + ' wide');
	const color = (text) => {
		const n = (text.match(/-?[\d.]+/g) || []).map(Number);
		return text.startsWith('color(') ? [n[0] * 255, n[1] * 255, n[2] * 255, n.length > 3 ? n[3] : 1] : [n[0], n[1], n[2], n.length > 3 ? n[3] : 1];
	};
	const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
	const behind = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) layers.push(color(getComputedStyle(e).backgroundColor));
		return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
	};
	const light = (c) => {
		const [r, g, b] = c.map((x) => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	for (const e of document.querySelectorAll('.stack')) {
		// It lies in a box of its own that hides what is too wide.
		if (e.scrollWidth > e.parentElement.clientWidth) found.push('a table is ' + e.scrollWidth + ' wide');
	}
	for (const e of document.querySelectorAll('body *')) {
		if (e.closest('svg') || e.closest('.unseen, .skip') || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
		const back = behind(e), front = over(color(getComputedStyle(e).color), back);
		const a = light(front), b = light(back), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) found.push('contrast ' + ratio.toFixed(2) + ': ' + e.className + ' ' + e.textContent.trim().slice(0, 40));
	}
	for (const e of document.querySelectorAll('a[href], button, input, select')) {
		if (!(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))) found.push('no name: ' + e.outerHTML.slice(0, 80));
	}
	if (document.querySelectorAll('h1').length !== 1) found.push('there is not one h1');
	return found;
})()`

// TestForEveryone looks at every page as a browser draws it, by day and by
// night, on a desk and in a hand.
func TestForEveryone(t *testing.T) {
	ctx := browsertest.Open(t)
	w := open(t, legible.Inspect{Development: true}, nil)
	flows := w.lived()
	base := strings.TrimSuffix(w.serve(), "/")
	complained := complaints(ctx)
	pages := everyPage(flows["login"])
	for _, name := range []string{"failed login", "dropped", "fault", "stranger"} {
		pages = append(pages, "/flows/"+flows[name])
	}
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1360, "light"}, {1360, "dark"}, {360, "light"}} {
		for _, address := range pages {
			var found []string
			err := chromedp.Run(ctx,
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}),
				chromedp.EmulateViewport(look.width, 800), chromedp.Navigate(base+address), chromedp.Evaluate(looking, &found),
			)
			if err != nil {
				t.Fatalf("%s: %v", address, err)
			}
			for _, line := range found {
				t.Errorf("%s, %s at %d: %s", address, look.scheme, look.width, line)
			}
		}
	}
	if len(*complained) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(*complained, "\n"))
	}
}

// TestLooks takes pictures of every page by day and by night, on a desk and in
// a hand, into the folder that LOOKS names, for a person to look at.
func TestLooks(t *testing.T) {
	folder := os.Getenv("LOOKS")
	if folder == "" {
		t.Skip("LOOKS names no folder for the pictures")
	}
	ctx := browsertest.Open(t)
	w := open(t, legible.Inspect{Development: true}, nil)
	flows := w.lived()
	base := w.serve()
	pages := map[string]string{
		"flows": "", "search": "?q=ann&outcome=refused", "nothing": "?q=nowhere", "failed-login": "flows/" + flows["failed login"],
		"login": "flows/" + flows["login"], "dropped": "flows/" + flows["dropped"], "dropped-why": "flows/" + flows["dropped"] + "?sync=ReadNote",
		"fault": "flows/" + flows["fault"], "many": "flows/" + flows["write"], "firing": "flows/" + flows["login"] + "?match=0",
		"whynot":  "flows/" + flows["login"] + "?sync=LogOut",
		"program": "program", "program-sync": "program?sync=LogIn", "concepts": "concepts", "concept": "concepts/Profile",
		"set": "concepts/Noting/Note", "users": "concepts/Profile/User", "routes": "routes", "source": "source/auth.sync?line=16", "missing": "nothing/here",
	}
	for _, look := range []struct {
		name          string
		width, height int64
		scheme        string
	}{{"light", 1360, 900, "light"}, {"dark", 1360, 900, "dark"}, {"phone", 390, 844, "light"}} {
		for name, address := range pages {
			if only := os.Getenv("ONLY"); only != "" && only != name {
				continue
			}
			var picture []byte
			err := chromedp.Run(ctx,
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}),
				chromedp.EmulateViewport(look.width, look.height),
				chromedp.Navigate(base+address),
				chromedp.Sleep(200*time.Millisecond),
				chromedp.FullScreenshot(&picture, 100),
			)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+"-"+look.name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
