package host

import (
	"crypto/tls"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/store"
)

// A gate bounds the connections of a server. If a client exceeds its share, its
// connections that have waited for it for longer than patience are closed. If the
// server has its maximum, one is closed at once: one of a client above its share, if
// there is such a client. Among several, the one that has sent the least for its time
// is closed. A connection whose answer is being computed or sent stays.
type gate struct {
	net.Listener
	most, perClient int
	busy            func() []byte // the body for a connection for which there is no room
	proxies         []netip.Prefix
	turning         atomic.Int64 // connections that are being rejected
	mu              sync.Mutex
	all             map[*guest]bool
	of              map[netip.Prefix]int // number of connections per client
	spare           *os.File             // nil if the process has no file left
	closed          bool
}

const (
	// patience is how long a connection may keep the server waiting while there is
	// room. A distant client needs a few round trips to send a request.
	patience = time.Second
	// maxTurning is how many connections at a time get the answer 503.
	maxTurning = 64
)

// A guest is one connection.
type guest struct {
	net.Conn
	gate    *gate
	client  netip.Prefix // the zero prefix if it is not counted
	since   atomic.Int64 // when it began, or its last answer was complete, in nanoseconds
	moved   atomic.Int64 // bytes since then
	busy    atomic.Bool  // the whole request has arrived; the answer is not complete
	writing atomic.Int64 // start of the write, in nanoseconds; 0 if none is running
	once    sync.Once
}

func newGate(l net.Listener, o *Options) *gate {
	g := &gate{Listener: l, most: o.MaxConns, perClient: o.MaxPerClient, busy: o.Busy, proxies: o.TrustedProxies,
		all: map[*guest]bool{}, of: map[netip.Prefix]int{}}
	if g.busy == nil {
		g.busy = func() []byte { return tooMany().body }
	}
	g.keepSpare()
	return g
}

// Accept waits for the next connection. If the process has no file or memory left
// for one, it gives up its spare file, and closes a connection.
func (g *gate) Accept() (net.Conn, error) {
	for pause := time.Duration(0); ; {
		conn, err := g.Listener.Accept()
		if err != nil && store.Exhausted(err) {
			// The system fails so even when no client connects. With the spare file
			// closed, it waits for one.
			if !g.letGo() {
				g.mu.Lock()
				ends := g.slowest(late)
				g.mu.Unlock()
				if ends != nil {
					_ = ends.Close()
				}
				time.Sleep(pause)
				pause = min(pause+5*time.Millisecond, time.Second)
				g.keepSpare()
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if !g.keepSpare() {
			g.mu.Lock()
			ends := g.slowest(func(*guest) bool { return true })
			g.mu.Unlock()
			if ends != nil {
				_ = ends.Close()
			}
			g.keepSpare()
		}
		if _, own := conn.(*tls.Conn); own {
			return conn, nil // the server must see the TLS type
		}
		c := &guest{Conn: conn, gate: g, client: g.clientOf(conn.RemoteAddr())}
		c.since.Store(time.Now().UnixNano())
		if c.enter() {
			return c, nil
		}
		if g.turning.Add(1) > maxTurning {
			g.turning.Add(-1)
			_ = conn.Close()
			continue
		}
		go func() {
			defer g.turning.Add(-1)
			turnAway(conn, g.busy())
		}()
	}
}

// keepSpare opens the spare file unless it is open. It returns false if the process
// has no file left for it.
func (g *gate) keepSpare() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.spare != nil || g.closed {
		return true
	}
	f, err := os.Open(os.DevNull)
	if err == nil {
		g.spare = f
	}
	return !store.Exhausted(err) // a system without such a file has no spare
}

// letGo closes the spare file, and reports whether it was open.
func (g *gate) letGo() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.spare == nil {
		return false
	}
	_ = g.spare.Close()
	g.spare = nil
	return true
}

// Close stops accepting connections.
func (g *gate) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.letGo()
	return g.Listener.Close()
}

// turnAway answers a connection for which there is no room. It reads the first
// byte, since a client accepts no answer before it has sent something, and discards
// the rest, since the system withdraws the answer otherwise.
func turnAway(conn net.Conn, busy []byte) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return
	}
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(busy), busy)
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, conn)
}

// clientOf returns the client of a connection: an address, or for IPv6 the
// network, which is all one client's. Proxies are not counted.
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

// enter counts a connection, and closes others if there is no room. It reports
// whether there is room.
func (c *guest) enter() bool {
	g := c.gate
	g.mu.Lock()
	var ends []*guest
	end := func(among func(*guest) bool) bool {
		x := g.slowest(among)
		if x != nil {
			g.forget(x)
			ends = append(ends, x)
		}
		return x != nil
	}
	lateToo := func(x *guest) bool { return x.client == c.client && late(x) }
	// Each new connection closes two at most, so that many late ones cost little.
	for range 2 {
		if !c.client.IsValid() || g.of[c.client] < g.perClient || !end(lateToo) {
			break
		}
	}
	above := func(x *guest) bool { return x.client.IsValid() && g.of[x.client] >= g.perClient }
	room := len(g.all) < g.most || end(above) || end(func(*guest) bool { return true })
	if room {
		g.all[c] = true
		g.of[c.client]++
	}
	g.mu.Unlock()
	for _, x := range ends {
		_ = x.Conn.Close()
	}
	return room
}

// slowest returns the connection that has sent the least for its time, among
// those that wait for their client, or nil.
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

// late reports whether a request has taken longer than patience.
func late(c *guest) bool { return time.Now().UnixNano()-c.since.Load() > int64(patience) }

// waits reports whether a connection waits for its client: for a request, the
// rest of one, or the client to read an answer.
func (c *guest) waits(now time.Time) bool {
	if since := c.writing.Load(); since != 0 {
		return now.Sub(time.Unix(0, since)) > patience
	}
	return !c.busy.Load()
}

// forget removes a connection from the count; g.mu is held.
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

// ReadFrom lets the system send a file, in pieces.
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

// connState is called when the state of a connection changes. A connection becomes
// idle when its answer is sent, which is after the handler has returned.
func connState(conn net.Conn, state http.ConnState) {
	if c, ok := conn.(*guest); ok && state == http.StateIdle {
		c.done()
	}
}

// done begins the wait for the next request.
func (c *guest) done() {
	c.since.Store(time.Now().UnixNano())
	c.moved.Store(0)
	c.busy.Store(false)
}

// guestKey is the context key of a request's connection.
type guestKey struct{}

// noticing marks a connection as busy from the end of the request's body.
// connState ends that.
func noticing(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(guestKey{}).(*guest); ok {
			if r.ContentLength == 0 {
				c.busy.Store(true)
			} else if r.Body != nil {
				r.Body = &noticed{r.Body, c}
			}
		}
		h.ServeHTTP(w, r)
	})
}

// A noticed body reports its end to its guest.
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
