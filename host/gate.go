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

// A gate bounds the connections of a server. Where a client has more than its share,
// those of its connections end that have been waiting for it for longer than
// patience. Where there are as many as the server has, one ends at once: one of a
// client with more than its share, if there is such a client. Of several the one ends
// that has sent the least for its time. A connection on which an answer is worked out
// or sent stays.
type gate struct {
	net.Listener
	most, perClient int
	proxies         []netip.Prefix
	turning         atomic.Int64 // connections that are being turned away
	mu              sync.Mutex
	all             map[*guest]bool
	of              map[netip.Prefix]int // how many there are of each client
	spare           *os.File             // nil where the process has no file left
	closed          bool
}

const (
	// patience is how long a connection may keep the server waiting while there is
	// room. A client far away needs a few round trips to send a request.
	patience = time.Second
	// maxTurning is how many connections are told at a time that there is no room.
	maxTurning = 64
)

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
	g := &gate{Listener: l, most: o.MaxConns, perClient: o.MaxPerClient, proxies: o.TrustedProxies,
		all: map[*guest]bool{}, of: map[netip.Prefix]int{}}
	g.keepSpare()
	return g
}

// Accept waits for the next connection. Where the process has no file or memory left
// for one, it gives up its spare file, and another connection ends.
func (g *gate) Accept() (net.Conn, error) {
	for pause := time.Duration(0); ; {
		conn, err := g.Listener.Accept()
		if err != nil && store.Exhausted(err) {
			// The system says so also when nobody wants to connect. With the spare file,
			// it waits until somebody does.
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
			return conn, nil // the server must see that it is one
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
			turnAway(conn)
		}()
	}
}

// keepSpare opens the spare file unless there is one. It gives false where the process
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

// letGo closes the spare file, and tells whether there was one.
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

// Close ends the taking of connections.
func (g *gate) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.letGo()
	return g.Listener.Close()
}

// turnAway answers the request on a connection for which there is no room. It reads
// the beginning first, since a client takes no answer before it has sent something,
// and takes what else comes, since the system withdraws the answer otherwise.
func turnAway(conn net.Conn) {
	const busy = `{"error":"The server is busy. Please try again in a moment."}`
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

// enter counts a connection, and ends others where there is no room for it. It
// tells whether there is room.
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
	// Each newcomer ends two at most, so that it costs little where many are late.
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

// late tells whether a connection has taken longer for a request than patience.
func late(c *guest) bool { return time.Now().UnixNano()-c.since.Load() > int64(patience) }

// waits tells whether a connection waits for its client: for a request, for the
// rest of one, or for the client to take an answer.
func (c *guest) waits(now time.Time) bool {
	if since := c.writing.Load(); since != 0 {
		return now.Sub(time.Unix(0, since)) > patience
	}
	return !c.busy.Load()
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
