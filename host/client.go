package host

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/legible-lang/legible/check"
	"github.com/legible-lang/legible/value"
)

// noAddress stands for the address of a client whose connection has none, as
// over a Unix socket.
const noAddress = "unknown"

// client is the address of who sent a request. A trusted proxy is asked for whom
// it sends; each of those proxies adds, on the right, whom it was asked by.
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
			// A proxy writes one of them and may hand on the other as a client sent
			// it. Which of them that is cannot be told.
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

// unmapped gives networks of IPv4 addresses that are written as IPv6 as such.
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

// behind goes through what proxies have added, from the right, until it meets
// an address that is no proxy's. Where it meets something that is no address, it
// gives the proxy that added it.
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

// listed gives the items of a header, which commas divide where they do not
// stand in a quoted text.
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

// forwardedFor gives the address in an item of the header Forwarded, as in
// for="[2001:db8::1]:4711";proto=https.
func forwardedFor(item string) (netip.Addr, bool) {
	found := ""
	for pair := range strings.SplitSeq(item, ";") {
		name, text, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || !strings.EqualFold(name, "for") {
			continue
		}
		if found != "" {
			return netip.Addr{}, false // it says two
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

// network is what one client has for itself: an IPv6 network has 64 bits for its
// hosts, from which a client may take any address.
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

// httpRecord is the value http of a request.
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
