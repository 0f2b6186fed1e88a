package host_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/value"
)

// served serves a handler and gives the address.
func served(t *testing.T, h http.Handler, opt host.Options) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	opt.Grace = time.Millisecond
	go func() { ended <- host.Serve(ctx, l, h, opt) }()
	t.Cleanup(func() { stop(); <-ended })
	return l.Addr().String()
}

// local is the address to call from; not every system has more than one of its own.
func local(from string) *net.TCPAddr {
	if runtime.GOOS != "linux" {
		from = "127.0.0.1"
	}
	return &net.TCPAddr{IP: net.ParseIP(from)}
}

// silentConns opens connections from an address of this machine, and sends a beginning on
// each.
func silentConns(t *testing.T, to, from, beginning string, n int) {
	t.Helper()
	d := net.Dialer{LocalAddr: local(from), Timeout: 10 * time.Second}
	for range n {
		c, err := d.Dial("tcp", to)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_, _ = io.WriteString(c, beginning) // it may have been ended already
	}
}

// TestSilentConnectionsKeepNobodyOut opens more connections than the server has, which
// send nothing, or a part of a request, or take no answer, and then asks as
// everybody does, from the same address and from another one.
func TestSilentConnectionsKeepNobodyOut(t *testing.T) {
	opt := host.Options{Log: silent, MaxInFlight: 4, MaxConns: 48, MaxPerClient: 24}
	n := 100
	if !testing.Short() {
		opt, n = host.Options{Log: silent, MaxConns: 2000, MaxPerClient: 1000}, 3000
	}
	front := host.New(start(t, "a.sync", login, nil), opt)
	large := make([]byte, 8<<20)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			_, _ = w.Write(large)
			return
		}
		front.ServeHTTP(w, r)
	})
	for name, beginning := range map[string]string{
		"nothing":              "",
		"a part of the header": "POST /login HTTP/1.1\r\nHost: x\r\n",
		"a part of the body":   "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"a piece":              "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"an idle connection":   "GET /articles/a HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			at := served(t, handler, opt)
			silentConns(t, at, "127.0.0.1", beginning, n)
			for i := range 4 {
				silentConns(t, at, fmt.Sprintf("127.0.0.%d", i+2), beginning, n/4)
			}
			for _, from := range []string{"127.0.0.1", "127.0.0.9"} {
				d := net.Dialer{LocalAddr: local(from)}
				client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: d.DialContext}}
				for range 5 {
					r, err := client.Get("http://" + at + "/articles/a")
					if err != nil {
						t.Fatal(err)
					}
					r.Body.Close()
					if r.StatusCode != 200 {
						t.Errorf("from %s the answer is %d", from, r.StatusCode)
					}
				}
				client.CloseIdleConnections()
			}
		})
	}
	t.Run("answers that nobody takes", func(t *testing.T) {
		opt := opt
		opt.MaxConns, opt.MaxPerClient = 12, 8
		at := served(t, handler, opt)
		silentConns(t, at, "127.0.0.1", "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", 20)
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		// A connection counts as one that waits when nothing was taken for a second.
		for {
			r, err := client.Get("http://" + at + "/articles/a")
			if err == nil {
				r.Body.Close()
				if r.StatusCode == 200 {
					break
				}
			}
			if t.Context().Err() != nil {
				t.Fatal("nobody was let in")
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
}

// TestWorkIsNotEnded holds that a connection whose request is worked on stays,
// however many come, and that a trusted proxy may have more connections than a client.
func TestWorkIsNotEnded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs several addresses of this machine")
	}
	entered, leave := make(chan bool, 10), make(chan bool)
	e := startWith(t, "a.sync", login, nil, func(m map[string]engine.Methods) {
		m["Thing"].Actions["do"] = func(_ engine.Context, in, out []value.Value) error {
			entered <- true
			<-leave
			out[0] = in[0]
			return nil
		}
	})
	opt := host.Options{Log: silent, MaxConns: 20, MaxPerClient: 2, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.3/32")}}
	at := served(t, host.New(e, opt), opt)
	const body = `{"username": "a", "password": "p"}`
	var conns []net.Conn
	for i := range 10 {
		from := "127.0.0.1" // the first two are all that a client may have
		if i >= 2 {
			from = "127.0.0.3"
		}
		c, err := (&net.Dialer{LocalAddr: local(from)}).Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		<-entered
		conns = append(conns, c)
	}
	silentConns(t, at, "127.0.0.1", "", 30)
	silentConns(t, at, "127.0.0.3", "", 30)
	close(leave)
	for i, c := range conns {
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("request %d: %v", i, err)
			continue
		}
		r.Body.Close()
		if r.StatusCode != 200 {
			t.Errorf("request %d was answered %d", i, r.StatusCode)
		}
	}
}

// TestRoomIsUsed has more clients at one address than its share, and silent connections
// of the same address: as long as there is room, no request of theirs is broken off.
func TestRoomIsUsed(t *testing.T) {
	opt := host.Options{Log: silent, MaxConns: 200, MaxPerClient: 4}
	at := served(t, host.New(start(t, "a.sync", login, nil), opt), opt)
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for range 10 {
				r, err := client.Post("http://"+at+"/login", "application/json", strings.NewReader(`{"username": "a", "password": "p"}`))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				r.Body.Close()
				if r.StatusCode != 200 {
					t.Errorf("the answer is %d", r.StatusCode)
				}
			}
		})
		silentConns(t, at, "127.0.0.1", "POST /login HTTP/1.1\r\n", 3)
	}
	group.Wait()
}
