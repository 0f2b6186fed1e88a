package host

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// noAddress stands for the client's address if the connection has none, as over
// a Unix socket.
const noAddress = "unknown"

// client returns the address of the client. A trusted proxy's headers name its
// client; each such proxy appends its peer on the right.
func (f *Front) client(r *http.Request) string {
	peer, ok := address(r.RemoteAddr)
	if !ok {
		return noAddress
	}
	if !f.isProxy(peer) {
		return peer.String()
	}
	client := f.behind(peer, listed(r.Header["X-Forwarded-For"]), address)
	if len(r.Header["Forwarded"]) > 0 {
		other := f.behind(peer, listed(r.Header["Forwarded"]), forwardedFor)
		switch {
		case len(r.Header["X-Forwarded-For"]) == 0:
			client = other
		case client != other:
			// A proxy writes one of them and may pass on the other as a client sent
			// it. It cannot be known which.
			return peer.String()
		}
	}
	return client.String()
}

func (f *Front) isProxy(a netip.Addr) bool {
	for _, p := range f.options.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// unmapped converts IPv4 networks written as IPv6 to IPv4.
func unmapped(networks []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range networks {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		list = append(list, p)
	}
	return list
}

// behind goes through the hops that proxies have added, from the right, to the
// first address that is not a proxy's. At a hop that is not an address, it
// returns the proxy that added it.
func (f *Front) behind(peer netip.Addr, hops []string, read func(string) (netip.Addr, bool)) netip.Addr {
	for i := len(hops) - 1; i >= 0; i-- {
		a, ok := read(hops[i])
		if !ok {
			break
		}
		if peer = a; !f.isProxy(a) {
			break
		}
	}
	return peer
}

// listed returns the items of a header, separated by commas outside of quoted
// text.
func listed(lines []string) []string {
	var items []string
	for _, line := range lines {
		quoted, start := false, 0
		for i := 0; i < len(line); i++ {
			switch {
			case line[i] == '"':
				quoted = !quoted
			case line[i] == '\\' && quoted:
				i++
			case line[i] == ',' && !quoted:
				items = append(items, line[start:i])
				start = i + 1
			}
		}
		items = append(items, line[start:])
	}
	return items
}

// forwardedFor returns the address in an item of Forwarded, as in
// for="[2001:db8::1]:4711";proto=https.
func forwardedFor(item string) (netip.Addr, bool) {
	found := ""
	for pair := range strings.SplitSeq(item, ";") {
		name, text, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || !strings.EqualFold(name, "for") {
			continue
		}
		if found != "" {
			return netip.Addr{}, false // ambiguous
		}
		found = text
	}
	if strings.HasPrefix(found, `"`) {
		inner, ok := strings.CutSuffix(found[1:], `"`)
		if !ok {
			return netip.Addr{}, false
		}
		found = inner
	}
	return address(found)
}

// address reads an address, with or without a port.
func address(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		text = strings.TrimSuffix(inner, "]") // in brackets without a port
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		with, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		a = with.Addr()
	}
	return a.Unmap().WithZone(""), true
}

// network returns the network of one client: an IPv6 client may use any address
// of its network of 64 bits.
func network(client string) string {
	a, err := netip.ParseAddr(client)
	if err != nil || a.Is4() {
		return client
	}
	p, err := a.Prefix(64)
	if err != nil {
		return client
	}
	return p.String()
}

// httpRecord makes a request's value http.
func httpRecord(client string, files int64) value.Value {
	fields := []value.Field{
		{Name: check.ClientField, Value: value.String(client)},
		{Name: check.NetworkField, Value: value.String(network(client))},
	}
	if files > 0 {
		fields = append(fields, value.Field{Name: check.FilesField, Value: value.Number(float64(files))})
	}
	return value.Record(fields)
}
