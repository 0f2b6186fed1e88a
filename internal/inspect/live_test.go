package inspect_test

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/value"
)

// listen opens a live stream and gives its lines.
func listen(t *testing.T, address string) (lines <-chan string, status int) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan string, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(out)
		scanner := bufio.NewScanner(answer.Body)
		for scanner.Scan() {
			out <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		stop()
		answer.Body.Close()
		<-done
		client.CloseIdleConnections()
	})
	return out, answer.StatusCode
}

func TestLive(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("streams", func(t *testing.T) {
		w := open(t, legible.Inspect{Development: true}, nil)
		base := w.serve()
		lines, status := listen(t, base+"live")
		if status != http.StatusOK {
			t.Fatalf("the stream was answered with %d", status)
		}
		first := <-lines
		if first != "retry: 2000" {
			t.Fatalf("the stream begins with %q", first)
		}
		w.ask("/notes/count", `{"n": 1}`)
		w.ask("/notes/count", `{"n": 1}`)
		total := 0
		for total < 2 {
			select {
			case line, open := <-lines:
				if !open {
					t.Fatal("the stream has ended")
				}
				if n, ok := strings.CutPrefix(line, "data: "); ok {
					total += int(n[0] - '0')
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the stream does not say that there are flows")
			}
		}
		if total != 2 {
			t.Errorf("two flows are told as %d", total)
		}
		for i := range 16 {
			_, status := listen(t, base+"live")
			if want := http.StatusOK; i < 15 && status != want {
				t.Fatalf("stream %d was answered with %d, want %d", i+2, status, want)
			} else if i == 15 && status != http.StatusServiceUnavailable {
				t.Errorf("stream 17 was answered with %d, want 503", status)
			}
		}
		w.pages.Close()
		for range lines { // ends, as the streams do
		}
	})
}

// TestRecord tells of flows in ways in which an engine may: in pieces, from the
// middle, more than there is room for.
func TestRecord(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	_, first, _ := w.ask("/notes/count", `{"n": 1}`)
	ids := value.SeededIDs([32]byte{1})
	tell := func(name string, rested bool, cuts ...int) value.ID {
		var j journal.Writer
		j.Begun(w.now)
		j.Asked(journal.ActionID{}, name, nil, nil, nil)
		if rested {
			j.Returned(journal.ActionID{}, name, nil, nil)
		}
		id := ids.At(w.now)
		from := 0
		for _, cut := range append(cuts, len(j.Bytes)) {
			w.pages.Record(id, slices.Clone(j.Bytes[from:cut]), rested && cut == len(j.Bytes))
			from = cut
		}
		return id
	}
	tell("Some.thing", true, 13)
	open := tell("Some.other", false)
	text := outline(w.page("/"))
	for _, want := range []string{"✓ returned | ", "Some.thing", "… … | ", "Some.other | running"} {
		if !strings.Contains(text, want) {
			t.Errorf("the list does not have %q:\n%s", want, text)
		}
	}
	if text := w.page("/flows/" + open.String()); !strings.Contains(text, "is not at rest") {
		t.Error("the page of a running flow does not say that it runs")
	}
	for range 2000 {
		tell("Some.more", true)
	}
	// The first flow has left what is at hand, but the store has it.
	if text := w.page("/flows/" + first); !strings.Contains(text, "Noting.count") {
		t.Error("a flow that is not at hand any more is not read from the store")
	}
	if r := w.get("/flows/" + ids.At(w.now).String()); r.StatusCode != http.StatusNotFound {
		t.Errorf("a flow that never was is answered with %d", r.StatusCode)
	}
	if text := w.page("/"); !strings.Contains(text, "2002 flows since") {
		t.Errorf("2002 flows are counted as %s", outline(text)[:60])
	}
}

// FuzzFlow tells of flows whose journal is anything: every page must be there.
func FuzzFlow(f *testing.F) {
	w := open(f, legible.Inspect{Development: true}, nil)
	for path, fields := range map[string]string{"/notes/count": `{"n": 3}`, "/notes/write": `{"session": "x", "text": "y"}`,
		"/notes/read": `{"session": "x", "note": "y"}`, "/auth/logout": `{"session": "x"}`} {
		_, flow, _ := w.ask(path, fields)
		id, err := value.ParseID(flow)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(w.entries(id))
	}
	var j journal.Writer
	j.Begun(w.now)
	j.Asked(journal.ActionID{}, "Requesting.request", []string{"path"}, []value.Value{value.Number(1)}, nil)
	j.Match(journal.Fired, 1, "LogIn", 2)
	j.Matched(journal.ActionID{})
	j.Matched(journal.ActionID{Firing: 7})
	j.Frames(1)
	j.Frame(99, "x", []string{"a"}, []value.Value{value.Null})
	j.End()
	j.Asked(journal.ActionID{Firing: 1, Frame: 9, Line: 99}, "Gone.away", nil, nil, nil)
	j.Match(journal.Dropped, 0, "Gone", 0)
	j.Frames(0)
	j.End()
	j.Refused(journal.ActionID{Firing: 1, Frame: 9, Line: 99}, "Gone.away", "NO", "")
	f.Add(j.Bytes)
	ids := value.SeededIDs([32]byte{2})
	f.Fuzz(func(t *testing.T, b []byte) {
		w := &world{t: t, pages: w.pages, now: w.now}
		id := ids.At(w.now)
		w.pages.Record(id, b, true)
		for _, query := range []string{"", "?at=1.0.0", "?match=0", "?match=1", "?sync=LogIn", "?sync=Greet"} {
			r := w.get("/flows/" + id.String() + query)
			if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusNotFound {
				t.Fatalf("%s is answered with %d", query, r.StatusCode)
			}
			if text := body(t, r); !strings.HasSuffix(text, "</html>\n") {
				t.Fatalf("%s is no whole page: %s", query, text)
			}
		}
		w.page("/")
	})
}
