package host

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// find gives the route of the request, or the reply where there is none.
func (x *exchange) find() (*knownRoute, *reply) {
	f, r := x.front, x.request
	if p := x.preflight(); p != nil {
		return nil, p
	}
	raw := r.URL.EscapedPath()
	if r.Method == http.MethodOptions && r.RequestURI == "*" {
		return nil, &reply{status: http.StatusNoContent}
	}
	path, below := strings.CutPrefix(raw, f.options.Prefix)
	if !below || path != "" && path[0] != '/' {
		return nil, f.unknownPath(r.Method, raw, "")
	}
	bare := path == ""
	if bare {
		path = "/"
	}
	find := func(method string) (*plan.Route, []value.Field, []string) { return f.routes.Find(method, path) }
	readable := path // as the messages write it: an escaped slash divides nothing
	if strings.Contains(path, "%") {
		segments := strings.Split(path, "/")
		for i, s := range segments {
			s, err := url.PathUnescape(s)
			if err != nil || !utf8.ValidString(s) {
				return nil, problem(http.StatusBadRequest, "the path has an escape that is not valid UTF-8")
			}
			segments[i] = s
		}
		readable = written(segments)
		find = func(method string) (*plan.Route, []value.Field, []string) {
			return f.routes.FindSegments(method, segments)
		}
	} else if !utf8.ValidString(path) {
		return nil, problem(http.StatusBadRequest, "the path is not valid UTF-8")
	}
	route, params, allowed := find(r.Method)
	if route == nil && r.Method == http.MethodHead && slices.Contains(allowed, http.MethodGet) {
		route, params, _ = find(http.MethodGet)
	}
	if route != nil {
		x.params = params
		return f.known[route], nil
	}
	if k := f.exposed[readable]; k != nil {
		if r.Method == k.Method {
			return k, nil
		}
		allowed = append(allowed, k.Method)
	}
	full := f.options.Prefix + readable
	if bare {
		full = raw
	}
	x.written = full
	if len(allowed) == 0 {
		return nil, f.unknownPath(r.Method, full, readable)
	}
	return nil, f.wrongMethod(x, full, readable, allowed)
}

// written joins segments to a path that a person can read, and that leads where
// the client's leads: a slash within a segment stays escaped.
func written(segments []string) string {
	var b strings.Builder
	for i, s := range segments {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(s, "%", "%25"), "/", "%2F"))
	}
	return b.String()
}

// unknownPath is the answer where no sync knows the path. Full is the path as
// the client wrote it, inner what of it stands below the prefix, "" if nothing.
func (f *Front) unknownPath(method, full, inner string) *reply {
	message := "no sync answers " + method + " " + words.Clip(full, 200)
	near, ok := "", false
	if inner != "" {
		near, ok = nearestPath(inner, f.paths)
	} else if f.options.Prefix != "" {
		if near, ok = nearestPath(full, f.paths); !ok {
			return problem(http.StatusNotFound, message+": the paths begin with "+f.options.Prefix)
		}
	}
	if !ok {
		return problem(http.StatusNotFound, message)
	}
	near = f.options.Prefix + near
	return problem(http.StatusNotFound, message+"; the nearest path is "+near, value.Field{Name: "nearest", Value: value.String(near)})
}

// wrongMethod answers a method that the path does not have. OPTIONS is answered with the
// methods that it has. Full and inner are as for unknownPath: the path may be that of
// another route, which has the method, with a slip in one of the two.
func (f *Front) wrongMethod(x *exchange, full, inner string, allowed []string) *reply {
	slices.Sort(allowed)
	allowed = slices.Compact(allowed)
	all := slices.Clone(allowed)
	if slices.Contains(all, http.MethodGet) && !slices.Contains(all, http.MethodHead) {
		all = append(all, http.MethodHead)
	}
	all = append(all, http.MethodOptions)
	slices.Sort(all)
	allow := strings.Join(slices.Compact(all), ", ")
	if x.request.Method == http.MethodOptions {
		p := &reply{status: http.StatusNoContent}
		p.set("Allow", allow)
		return p
	}
	items := make([]value.Value, len(allowed))
	for i, m := range allowed {
		items[i] = value.String(m)
	}
	message := words.Clip(full, 200) + " takes " + words.Enumerate(allowed, "or") + ", not " + x.request.Method
	further := []value.Field{{Name: "allow", Value: value.List(items)}}
	others := slices.DeleteFunc(slices.Clone(f.paths), func(r *plan.Route) bool { return r.Method != x.request.Method })
	if near, ok := nearestPath(inner, others); ok {
		near = f.options.Prefix + near
		message += "; the nearest path that takes " + x.request.Method + " is " + near
		further = append(further, value.Field{Name: "nearest", Value: value.String(near)})
	}
	p := problem(http.StatusMethodNotAllowed, message, further...)
	p.set("Allow", allow)
	return p
}

// nearestPath gives the path of a route that somebody may have meant: one that
// differs in upper and lower case, in a slash at the end, by a slip of the
// finger in its segments, or by segments before it that are too many or missing.
func nearestPath(path string, routes []*plan.Route) (string, bool) {
	if len(path) > 300 {
		return "", false
	}
	path = strings.ReplaceAll(path, "%2F", "/") // as somebody may have meant it
	segments := split(path)
	best, bestCost := "", 4
	for _, r := range routes {
		if cost := distance(segments, split(r.Path), bestCost); cost < bestCost {
			best, bestCost = r.Path, cost
		}
	}
	return best, best != ""
}

func split(path string) []string {
	return strings.Split(strings.Trim(path, "/"), "/")
}

// distance says how far the segments of a path are from those of a route, at
// most limit.
func distance(path, route []string, limit int) int {
	if d := len(path) - len(route); d != 0 {
		// "/login" for "/auth/login", or "/v1/auth/login".
		short, long := path, route
		if d > 0 {
			short, long = route, path
		}
		tail := long[len(long)-len(short):]
		if (d == 1 || d == -1) && !strings.HasPrefix(short[len(short)-1], "{") && slices.EqualFunc(short, tail, strings.EqualFold) {
			return min(3, limit)
		}
		return limit
	}
	cost := 0
	for i, s := range path {
		t := route[i]
		switch {
		case s == t, strings.HasPrefix(t, "{") && s != "":
		case strings.EqualFold(s, t):
			// Only upper and lower case: nearly nothing.
		default:
			if _, near := diag.Nearest(s, []string{t}); !near {
				return limit
			}
			cost++
		}
		if cost >= limit {
			return limit
		}
	}
	return cost
}
