//go:build unix

package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var length = flag.Duration("for", 15*time.Second, "how long everybody asks")

const (
	atOnce = 32      // requests that the server works on
	most   = 1 << 30 // bytes of memory that it may have at its highest
)

// TestLoad lets everybody ask at once, and then one.
func TestLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute: .ci/run runs it, as does go test without -short")
	}
	s := loadServe(t, "--at-once", fmt.Sprint(atOnce))
	who := `{"username": "ann", "password": "correct horse"}`
	var account struct{ Session string }
	for _, path := range []string{"/Profile/createAccount", "/auth/login"} {
		w, err := s.post(path, who)
		if err != nil {
			t.Fatal(err)
		}
		if w.StatusCode != 200 {
			t.Fatalf("%s answers %d", path, w.StatusCode)
		}
		if err := json.NewDecoder(w.Body).Decode(&account); err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
	}
	r := &loadRun{t: t, server: s, session: account.Session, counts: map[string]int{}}
	usual := s.files()

	ctx, cancel := context.WithTimeout(t.Context(), *length)
	defer cancel()
	for _, k := range kinds {
		for range k.clients {
			r.group.Go(func() {
				for ctx.Err() == nil {
					k.once(r, ctx)
				}
			})
		}
	}
	r.watch(ctx)
	r.group.Wait()

	for _, what := range slices.Sorted(maps.Keys(r.counts)) {
		t.Logf("%7d %s", r.counts[what], what)
	}
	for _, what := range wanted {
		if r.counts[what] == 0 {
			t.Errorf("never happened: %s", what)
		}
	}
	t.Logf("at its highest the server had %d MB, now %d MB", s.memory("VmHWM")>>20, s.memory("VmRSS")>>20)
	if m := s.memory("VmHWM"); m > most {
		t.Errorf("the server had %d MB", m>>20)
	}
	w, err := s.post("/Profile/_getUserDetails", `{"session": "`+r.session+`"}`)
	if err != nil {
		t.Fatalf("after all that it does not answer: %v", err)
	}
	w.Body.Close()
	if w.StatusCode != 200 {
		t.Errorf("after all that it answers %d", w.StatusCode)
	}
	// The slowest are let go by the time limits of the server.
	for range 200 {
		if s.files() <= usual+2 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if n := s.files(); n > usual+2 {
		t.Errorf("it has %d files and connections open, and had %d before", n, usual)
	}
	if left := s.goroutines(t); len(left) == 0 || len(left) > 40 {
		t.Errorf("it has %d goroutines:\n%s", len(left), strings.Join(left, "\n\n"))
	}
}

// wanted is what must happen in every run.
var wanted = []string{
	"reading: 200", "writing: 200", "nobody's session: 401", "no such path: 404", "no JSON: 400", "any: 503 with Retry-After",
	"pipelined: answered", "small chunks: 200 or 503", "deep JSON: 400", "huge headers: 431", "many headers: 431", "slow body: beside others",
}

// A run is what everybody shares.
type loadRun struct {
	t       *testing.T
	server  *loadServer
	session string
	group   sync.WaitGroup

	mu     sync.Mutex
	counts map[string]int
	wrong  int
}

func (r *loadRun) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

// fail tells of the first few things that are wrong.
func (r *loadRun) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wrong++; r.wrong <= 10 {
		r.t.Errorf(format, args...)
	}
}

// watch tells now and then how the server is, in a long run.
func (r *loadRun) watch(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(30 * time.Second):
			r.t.Logf("the server has %d MB and %d files", r.server.memory("VmRSS")>>20, r.server.files())
		}
	}
}

// A kind of client does something again and again.
type kind struct {
	clients int
	once    func(*loadRun, context.Context)
}

var kinds = []kind{
	{200, (*loadRun).usual},
	{30, (*loadRun).slowHeaders},
	{4 * atOnce, (*loadRun).slowBody},
	{30, (*loadRun).halfOpen},
	{4, (*loadRun).vanish},
	{2, (*loadRun).hugeHeaders},
	{2, (*loadRun).manyHeaders},
	{2, (*loadRun).deepJSON},
	{2, (*loadRun).largeJSON},
	{2, (*loadRun).smallChunks},
	{4, (*loadRun).pipelined},
}

// A request that clients send who mean well, and what it is answered when there
// is room.
var usual = []struct {
	name, path, body string
	status           int
}{
	{"reading", "/Profile/_getUserDetails", `{"session": "$S"}`, 200},
	{"reading", "/Profile/_getUserDetails", `{"session": "$S"}`, 200},
	{"writing", "/Annotation/createTag", `{"session": "$S", "title": "tag $N"}`, 200},
	{"writing", "/Annotation/createTag", `{"session": "$S", "title": "tag $N"}`, 200},
	{"nobody's session", "/Profile/_getUserDetails", `{"session": "$N"}`, 401},
	{"no such path", "/Profile/_getUserDetail", `{}`, 404},
	{"no JSON", "/auth/login", `{"username": `, 400},
	{"a wrong password", "/auth/login", `{"username": "ann", "password": "wrong horse"}`, 401},
}

// usual asks a few things on one connection, as a browser does.
func (r *loadRun) usual(ctx context.Context) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	for range 50 {
		if ctx.Err() != nil {
			return
		}
		x := usual[rand.IntN(len(usual))]
		if x.name == "a wrong password" && rand.IntN(10) > 0 {
			continue // each takes a core for a while
		}
		body := strings.NewReplacer("$S", r.session, "$N", fmt.Sprint(rand.Uint64())).Replace(x.body)
		w, err := client.Post("http://"+r.server.addr+"/api"+x.path, "application/json", strings.NewReader(body))
		if err != nil {
			r.fail("%s: %v", x.name, err)
			return
		}
		text, err := io.ReadAll(w.Body)
		w.Body.Close()
		switch {
		case err != nil:
			r.fail("%s: %v", x.name, err)
		case w.StatusCode == 503 && w.Header.Get("Retry-After") != "":
			r.count("any: 503 with Retry-After")
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		case w.StatusCode == 429 && x.name == "a wrong password" && w.Header.Get("Retry-After") != "":
			r.count("a wrong password: 429 with Retry-After")
		case w.StatusCode == 429 && x.name == "writing": // the reader has as many as one may have
			r.count("writing: 429")
		case w.StatusCode != x.status:
			r.fail("%s is answered %d, want %d: %s", x.name, w.StatusCode, x.status, text)
		default:
			r.count(fmt.Sprintf("%s: %d", x.name, w.StatusCode))
		}
	}
}

// raw writes to a connection what is no request as clients send it, and gives
// the status of the answer; 0 when the connection was closed without one.
func (r *loadRun) raw(ctx context.Context, write func(net.Conn) error) int {
	c, err := r.server.dial()
	if err != nil {
		if ctx.Err() == nil {
			r.fail("it does not take a connection: %v", err)
		}
		return 0
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	// The answer may come, and the connection be closed, while it is written.
	wrote := make(chan error, 1)
	go func() { wrote <- write(c) }()
	w, err := http.ReadResponse(bufio.NewReader(c), nil)
	c.Close()
	<-wrote
	if err != nil {
		return 0
	}
	return w.StatusCode
}

const head = "POST /api/Profile/_getUserDetails HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\n"

// slowly writes a byte now and then until the server has enough of it.
func slowly(ctx context.Context, c net.Conn, every time.Duration) error {
	for {
		select {
		case <-ctx.Done():
			return c.Close()
		case <-time.After(every):
		}
		if _, err := c.Write([]byte("a")); err != nil {
			return err
		}
	}
}

func (r *loadRun) slowHeaders(ctx context.Context) {
	r.raw(ctx, func(c net.Conn) error {
		if _, err := io.WriteString(c, head+"X-Slow: "); err != nil {
			return err
		}
		return slowly(ctx, c, 100*time.Millisecond)
	})
	r.count("slow headers: ended")
}

// slowBody is as many clients as the server would work on, and more.
func (r *loadRun) slowBody(ctx context.Context) {
	r.count("slow body: beside others")
	r.raw(ctx, func(c net.Conn) error {
		if _, err := io.WriteString(c, head+"Content-Length: 100000\r\n\r\n{"); err != nil {
			return err
		}
		return slowly(ctx, c, 500*time.Millisecond)
	})
}

// halfOpen says nothing, or half of something, and waits.
func (r *loadRun) halfOpen(ctx context.Context) {
	r.raw(ctx, func(c net.Conn) error {
		if rand.IntN(2) == 0 {
			io.WriteString(c, head[:rand.IntN(len(head))])
		}
		<-ctx.Done()
		return c.Close()
	})
	r.count("half open: ended")
}

// vanish asks and does not wait for the answer.
func (r *loadRun) vanish(ctx context.Context) {
	c, err := r.server.dial()
	if err != nil {
		return
	}
	body := `{"session": "` + r.session + `", "title": "vanished"}`
	fmt.Fprintf(c, "%s\r\n%s", strings.Replace(head, "Profile/_getUserDetails", "Annotation/createTag", 1)+fmt.Sprintf("Content-Length: %d\r\n", len(body)), body)
	c.(*net.TCPConn).SetLinger(0) // a reset
	c.Close()
	r.count("vanished")
	time.Sleep(10 * time.Millisecond)
}

func (r *loadRun) status(what string, status, want int) {
	switch status {
	case want:
		r.count(fmt.Sprintf("%s: %d", what, status))
	case 0, 503: // closed while it was still being sent to; or busy
		r.count(fmt.Sprintf("%s: turned away", what))
	default:
		r.fail("%s is answered %d, want %d", what, status, want)
	}
}

func (r *loadRun) hugeHeaders(ctx context.Context) {
	r.status("huge headers", r.raw(ctx, func(c net.Conn) error {
		_, err := io.WriteString(c, head+"X-Huge: "+strings.Repeat("a", 80<<10)+"\r\n\r\n")
		return err
	}), 431)
}

func (r *loadRun) manyHeaders(ctx context.Context) {
	r.status("many headers", r.raw(ctx, func(c net.Conn) error {
		_, err := io.WriteString(c, head+strings.Repeat("A: b\r\n", 14_000)+"\r\n")
		return err
	}), 431)
}

func (r *loadRun) deepJSON(ctx context.Context) {
	const deep = 100_000
	body := `{"session": ` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}"
	r.status("deep JSON", r.raw(ctx, func(c net.Conn) error {
		_, err := fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
		return err
	}), 400)
}

// largeJSON sends what becomes much larger when it is read.
func (r *loadRun) largeJSON(ctx context.Context) {
	body := `{"session": [` + strings.Repeat("0,", 6<<20) + "0]}"
	switch status := r.raw(ctx, func(c net.Conn) error {
		_, err := fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
		return err
	}); status {
	case 0, 400, 413, 503:
		r.count("large JSON: turned away")
	default:
		r.fail("JSON of %d MB with millions of values is answered %d", len(body)>>20, status)
	}
}

// smallChunks sends a good request a byte at a time.
func (r *loadRun) smallChunks(ctx context.Context) {
	body := `{"session": "` + r.session + `"` + strings.Repeat(" ", 20_000) + "}"
	status := r.raw(ctx, func(c net.Conn) error {
		w := bufio.NewWriter(c)
		io.WriteString(w, head+"Transfer-Encoding: chunked\r\n\r\n")
		for i := range len(body) {
			fmt.Fprintf(w, "1\r\n%c\r\n", body[i])
		}
		io.WriteString(w, "0\r\n\r\n")
		return w.Flush()
	})
	if status == 200 || status == 503 {
		r.count("small chunks: 200 or 503")
	} else if status != 0 {
		r.fail("a body in chunks of a byte is answered %d", status)
	}
}

// pipelined sends many requests before it reads the first answer.
func (r *loadRun) pipelined(ctx context.Context) {
	const many = 50
	c, err := r.server.dial()
	if err != nil {
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	body := `{"session": "` + r.session + `"}`
	one := fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
	if _, err := io.WriteString(c, strings.Repeat(one, many)); err != nil {
		r.fail("pipelining: %v", err)
		return
	}
	in := bufio.NewReader(c)
	for i := range many {
		w, err := http.ReadResponse(in, nil)
		if err != nil {
			r.fail("pipelining: answer %d: %v", i+1, err)
			return
		}
		if _, err := io.Copy(io.Discard, w.Body); err != nil || w.StatusCode != 200 && w.StatusCode != 503 {
			r.fail("pipelining: answer %d is %d (%v)", i+1, w.StatusCode, err)
			return
		}
		if w.StatusCode == 200 {
			r.count("pipelined: answered")
		}
	}
}
