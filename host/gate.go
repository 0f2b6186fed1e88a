package host

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A gate bounds the connections of a server. Where there are too many, of one
// client or of all, the one ends that has been waiting for its client and has sent
// the least for its time: those who come are let in, and those who only hold
// their place leave. A connection on which an answer is being worked out stays.
type gate struct {
	net.Listener
	most, perClient int
	proxies         []netip.Prefix
	mu              sync.Mutex
	all             map[*guest]bool
	of              map[netip.Prefix]int // how many there are of each client
}

// A guest is one connection.
type guest struct {
	net.Conn
	gate    *gate
	client  netip.Prefix // the zero prefix where it is not counted
	since   atomic.Int64 // when it began, or its last answer was complete, in nanoseconds
	moved   atomic.Int64 // bytes since then
	busy    atomic.Bool  // the whole request has come, and the answer is not complete
	writing atomic.Int64 // since when, in nanoseconds; 0 when nothing is being written
	once    sync.Once
}

func newGate(l net.Listener, o *Options) *gate {
	return &gate{Listener: l, most: o.MaxConns, perClient: o.MaxPerClient, proxies: o.TrustedProxies,
		all: map[*guest]bool{}, of: map[netip.Prefix]int{}}
}

// Accept waits for the next connection. Where the process has no file left for one,
// another connection ends.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			g.mu.Lock()
			ends := g.slowest(func(*guest) bool { return true })
			g.mu.Unlock()
			if ends != nil {
				_ = ends.Close()
				continue
			}
		}
		if err != nil {
			return nil, err // the server tries again where that may help
		}
		if _, own := conn.(*tls.Conn); own {
			return conn, nil // the server must see that it is one
		}
		c := &guest{Conn: conn, gate: g, client: g.clientOf(conn.RemoteAddr())}
		c.since.Store(time.Now().UnixNano())
		if c.enter() {
			return c, nil
		}
		const busy = `{"error":"The server is busy. Please try again in a moment."}`
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(busy), busy)
		_ = conn.Close()
	}
}

// clientOf gives whose connection it is: one address, or the network of an
// IPv6 address, of which a client has all. Proxies are not counted.
func (g *gate) clientOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	if slices.ContainsFunc(g.proxies, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return netip.Prefix{}
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}

// enter counts a connection, and ends another where there is no room for it.
func (c *guest) enter() bool {
	g := c.gate
	g.mu.Lock()
	var ends *guest
	switch counted := c.client.IsValid(); {
	case counted && g.of[c.client] >= g.perClient:
		ends = g.slowest(func(x *guest) bool { return x.client == c.client })
	case len(g.all) >= g.most:
		ends = g.slowest(func(*guest) bool { return true })
	}
	if ends == nil && len(g.all) >= g.most {
		g.mu.Unlock()
		return false
	}
	g.all[c] = true
	g.of[c.client]++
	if ends != nil {
		g.forget(ends)
	}
	g.mu.Unlock()
	if ends != nil {
		_ = ends.Conn.Close()
	}
	return true
}

// slowest gives the connection that has sent the least for its time, among those
// that wait for their client; nil where none does.
func (g *gate) slowest(among func(*guest) bool) *guest {
	var found *guest
	least, now := 0.0, time.Now()
	for x := range g.all {
		if !among(x) || !x.waits(now) {
			continue
		}
		// A new connection has had no time to send anything.
		rate := float64(x.moved.Load()+slowest) / float64(now.UnixNano()-x.since.Load()+int64(time.Millisecond))
		if found == nil || rate < least {
			found, least = x, rate
		}
	}
	return found
}

// waits tells whether a connection waits for its client: for a request, for the
// rest of one, or for the client to take an answer.
func (c *guest) waits(now time.Time) bool {
	if !c.busy.Load() {
		return true
	}
	since := c.writing.Load()
	return since != 0 && now.Sub(time.Unix(0, since)) > time.Second
}

// forget takes a connection out of the count; g.mu is held.
func (g *gate) forget(c *guest) {
	if !g.all[c] {
		return
	}
	delete(g.all, c)
	if g.of[c.client]--; g.of[c.client] == 0 {
		delete(g.of, c.client)
	}
}

func (c *guest) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.moved.Add(int64(n))
	return n, err
}

func (c *guest) Write(p []byte) (int, error) {
	c.writing.Store(time.Now().UnixNano())
	n, err := c.Conn.Write(p)
	c.writing.Store(0)
	c.moved.Add(int64(n))
	return n, err
}

// ReadFrom lets the system send a file, a piece at a time.
func (c *guest) ReadFrom(r io.Reader) (sent int64, err error) {
	const piece = 1 << 20
	rest := int64(math.MaxInt64)
	if l, ok := r.(*io.LimitedReader); ok {
		r, rest = l.R, l.N
		defer func() { l.N -= sent }()
	}
	for rest > sent {
		c.writing.Store(time.Now().UnixNano())
		most := min(piece, rest-sent)
		n, err := io.Copy(c.Conn, &io.LimitedReader{R: r, N: most})
		c.writing.Store(0)
		c.moved.Add(n)
		if sent += n; err != nil || n < most {
			return sent, err
		}
	}
	return sent, nil
}

func (c *guest) Close() error {
	c.once.Do(func() {
		c.gate.mu.Lock()
		c.gate.forget(c)
		c.gate.mu.Unlock()
	})
	return c.Conn.Close()
}

// done begins the wait for the next request.
func (c *guest) done() {
	c.since.Store(time.Now().UnixNano())
	c.moved.Store(0)
	c.busy.Store(false)
}

// guestKey is where the context of a request has its connection.
type guestKey struct{}

// noticing has a connection count as busy from the end of its request's body to the
// end of the answer.
func noticing(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(guestKey{}).(*guest); ok {
			defer c.done()
			if r.ContentLength == 0 {
				c.busy.Store(true)
			} else if r.Body != nil {
				r.Body = &noticed{r.Body, c}
			}
		}
		h.ServeHTTP(w, r)
	})
}

// A noticed body tells its connection of its end.
type noticed struct {
	io.ReadCloser
	guest *guest
}

func (b *noticed) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.guest.busy.Store(true)
	}
	return n, err
}
