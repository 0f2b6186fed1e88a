package host_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/legible-lang/legible/internal/browsertest"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/value"
)

// foreignPage sends what a page can send without a preflight, and some of what
// needs one. It resolves when all of it has been answered.
const foreignPage = `(async (target) => {
	const object = JSON.stringify({username: "mallory"});
	const post = (body, headers) => fetch(target + "/enter", {method: "POST", mode: "no-cors", credentials: "include", body, headers}).catch(() => {});
	await post(new Blob([object]));
	await post(new Blob([object], {type: "text/plain"}));
	await post(new Blob([object], {type: "odd"}));
	await post(new TextEncoder().encode(object));
	await post(object);
	await post(new URLSearchParams({username: "mallory"}));
	const parts = new FormData();
	parts.set("username", "mallory");
	await post(parts);
	navigator.sendBeacon(target + "/enter", new Blob([object]));
	navigator.sendBeacon(target + "/enter", object);
	await fetch(target + "/enter", {method: "POST", credentials: "include", body: object, headers: {"Content-Type": "application/json"}}).catch(() => {});
	await fetch(target + "/any", {method: "PUT", credentials: "include", body: object}).catch(() => {});
	for (const path of ["/any?username=mallory", "/follow?username=mallory", "/theme"]) {
		await fetch(target + path, {mode: "no-cors", credentials: "include"}).catch(() => {});
		await new Promise(done => { const i = new Image(); i.onload = i.onerror = done; i.src = target + path; });
	}
	await new Promise(done => { const s = new WebSocket(target.replace("http", "ws") + "/any?username=mallory"); s.onclose = done; });
	const frame = document.createElement("iframe");
	frame.name = "frame";
	document.body.append(frame);
	for (const kind of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
		const form = document.createElement("form");
		form.method = "POST"; form.action = target + "/enter"; form.enctype = kind; form.target = "frame";
		const field = document.createElement("input");
		field.name = '{"username": "'; field.value = '"}';
		form.append(field);
		document.body.append(form);
		await new Promise(done => { frame.onload = done; form.submit(); });
	}
	return document.cookie;
})`

// TestForeignPagesInABrowser lets pages of other origins, one of another site and
// one of another port, send what a browser lets them.
func TestForeignPagesInABrowser(t *testing.T) {
	ctx := browsertest.Open(t)
	var done atomic.Int64
	e := startWith(t, "a.sync", foreignRoutes, nil, func(m map[string]engine.Methods) {
		m["Thing"].Actions["do"] = func(_ engine.Context, in, out []value.Value) error {
			done.Add(1)
			out[0] = in[0]
			return nil
		}
	})
	front := host.New(e, host.Options{Log: silent})
	var asked, foreign, cookies atomic.Int64
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>page</title><body>")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			page(w, r)
			return
		}
		asked.Add(1)
		front.ServeHTTP(w, r)
		if r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			foreign.Add(1)
		}
		if w.Header().Get("Set-Cookie") != "" {
			cookies.Add(1)
		}
	}))
	defer server.Close()
	evil := httptest.NewServer(http.HandlerFunc(page))
	defer evil.Close()
	run := func(from string) {
		t.Helper()
		asked.Store(0)
		foreign.Store(0)
		cookies.Store(0)
		done.Store(0)
		await := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
		if err := chromedp.Run(ctx, chromedp.Navigate(from),
			chromedp.Evaluate(foreignPage+"("+fmt.Sprintf("%q", server.URL)+")", nil, await)); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)} {
		run(from)
		if asked.Load() < 15 || asked.Load() != foreign.Load() {
			t.Errorf("from %s the server was asked %d times, %d of them by a page of another origin", from, asked.Load(), foreign.Load())
		}
		if done.Load() > 0 || cookies.Load() > 0 {
			t.Errorf("a page at %s did %d actions and had %d cookies set", from, done.Load(), cookies.Load())
		}
	}
	// The same from its own page: the requests are such that they do something.
	run(server.URL + "/page")
	if done.Load() < 10 || cookies.Load() < 10 {
		t.Errorf("the server's own page did %d actions and had %d cookies set", done.Load(), cookies.Load())
	}
}
