package host_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/value"
)

const listing = `
sync All
when
    Requesting.request (method: "GET", path: "/all", x) : (request)
where
    list is each {a: a, b: b}
        in Thing: _pairs (x) : (a, b)
then
    Requesting.respond (request, list)

sync Paged
when
    Requesting.request (method: "GET", path: "/pages", x, limit?, from?) : (request)
where
    list is each {a: a, b: b}
        in Thing: _pairs (x) : (a, b)
        order by b desc
        page (limit, cursor: from) : (next?: next)
then
    Requesting.respond (request, body: list, next)

view Listed (x, most?, from?) : (list, next)
where
    list is each {a: a, b: b}
        in Thing: _pairs (x) : (a, b)
        order by b desc
        page (limit: most ?? 3, cursor: from) : (next?)

sync Viewed
when
    Requesting.request (method: "GET", path: "/viewed", x, size?, start?) : (request)
where
    Listed (x, most: size, from: start) : (list, next?)
then
    Requesting.respond (request, list, next)
`

// TestPagesInAView has the fields of a request flow into a page by way of a view.
func TestPagesInAView(t *testing.T) {
	h := large(t, 7, 9, host.Options{})
	seen, cursor := 0, ""
	for _, want := range []int{3, 3, 1} {
		w := get(h, "/viewed?x=1"+cursor)
		var said struct {
			List []any
			Next string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &said); w.Code != 200 || err != nil || len(said.List) != want {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		seen += len(said.List)
		cursor = "&start=" + said.Next
	}
	if seen != 7 || cursor != "&start=" {
		t.Errorf("%d items, and then %q", seen, cursor)
	}
	foreign, _, _ := strings.Cut(strings.TrimPrefix(get(h, "/pages?x=1&limit=1").Header().Get("Link"), "</pages?x=1&limit=1&from="), ">")
	for query, field := range map[string]string{"size=0": "size", "size=x": "size", "start=garbage": "start", "start=" + foreign: "start"} {
		if w := get(h, "/viewed?x=1&"+query); w.Code != 400 || !strings.Contains(w.Body.String(), `"field":"`+field+`"`) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

// large has Thing._pairs give n rows with a text of so many bytes.
func large(t *testing.T, n, size int, o host.Options) *host.Front {
	t.Helper()
	text := strings.Repeat("\"a\n", size/3)
	return host.New(startWith(t, "a.sync", listing, nil, func(m map[string]engine.Methods) {
		m["Thing"].Queries["_pairs"] = func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
			for i := range n {
				row := rows.Add()
				row[0], row[1] = value.String(text), value.Number(float64(i))
			}
			return nil
		}
	}), o)
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

// TestLargeAnswer has an answer leave in pieces, as long as it said and the same
// as if it had been made whole.
func TestLargeAnswer(t *testing.T) {
	const n, size = 60, 9000
	w := get(large(t, n, size, host.Options{}), "/all?x=1")
	var said struct {
		List []struct {
			A string
			B int
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &said); w.Code != 200 || err != nil || w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
		t.Fatalf("%d, Content-Length %s, %d bytes, %v", w.Code, w.Header().Get("Content-Length"), w.Body.Len(), err)
	}
	for i, x := range said.List {
		if x.B != i || x.A != strings.Repeat("\"a\n", size/3) {
			t.Fatalf("the item %d is %.50v", i, x)
		}
	}
	if len(said.List) != n {
		t.Errorf("%d items", len(said.List))
	}
}

// TestAnswerTooLarge wants an answer that is larger than may be to be refused,
// with what to do; a page of it goes through.
func TestAnswerTooLarge(t *testing.T) {
	h := large(t, 60, 9000, host.Options{MaxAnswer: 100 << 10})
	w := get(h, "/all?x=1")
	if want := `{"error":"The answer is larger than 100 KiB, which is the limit. Ask for less of it.","limit":102400}`; w.Code != 422 || w.Body.String() != want {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
	w = get(h, "/pages?x=1")
	if w.Code != 422 || !strings.Contains(w.Body.String(), "Ask for a smaller page, with the field limit.") {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
	seen, path := 59, "/pages?x=1&limit=4"
	for pages := 0; path != ""; pages++ {
		w := get(h, path)
		var items []struct{ B int }
		if err := json.Unmarshal(w.Body.Bytes(), &items); w.Code != 200 || err != nil || len(items) != 4 || pages > 20 {
			t.Fatalf("%s: %d %.300s", path, w.Code, w.Body)
		}
		for _, x := range items {
			if x.B != seen {
				t.Fatalf("found %d, want %d", x.B, seen)
			}
			seen--
		}
		path, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
	}
	if seen != -1 {
		t.Errorf("%d items are on no page", seen+1)
	}
}

// TestAnswersShareMemory wants a request for whose answer there is no room to be
// told to come again, and the room to be there again afterwards.
func TestAnswersShareMemory(t *testing.T) {
	h := large(t, 60, 9000, host.Options{MaxBody: 16 << 10, MaxBuffered: 128 << 10})
	for range 3 {
		w := get(h, "/all?x=1")
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Nothing was done.") {
			t.Fatalf("%d %.300s", w.Code, w.Body)
		}
	}
	h = large(t, 6, 9000, host.Options{MaxBody: 16 << 10, MaxBuffered: 400 << 10})
	for range 10 {
		if w := get(h, "/all?x=1"); w.Code != 200 {
			t.Fatalf("%d %.300s", w.Code, w.Body)
		}
	}
}

// TestWhereHoldsLittle wants a where that gathers too much to end with what to do.
func TestWhereHoldsLittle(t *testing.T) {
	w := get(large(t, 1000, 90_000, host.Options{Development: true}), "/all?x=1")
	if w.Code != 500 || !strings.Contains(w.Body.String(), "take more than 64 MiB, which is the limit: make a list page by page") {
		t.Errorf("%d %.500s", w.Code, w.Body)
	}
}
