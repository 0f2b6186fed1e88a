package host

import (
	"cmp"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// Long lists are answered page by page. A sync that makes pages declares it;
// the rows of an exposed query are paged here, in the order in which the query
// returns them.

const (
	// limitField and cursorField are what a request for an exposed query's rows
	// may have beside its inputs.
	limitField, cursorField = "limit", "cursor"
	pageFields              = 2
	// anchors is how many of a page's last items a cursor holds: the next page
	// begins after the last one that still exists.
	anchors = 8
)

// paging checks a value against what a route's pages allow.
func (field *knownField) paging(v value.Value) error {
	p := field.Paging
	if p == nil {
		return nil
	}
	if p.Limit {
		if n, ok := v.Num(); !ok || n < 1 || n != float64(int64(n)) {
			return engine.ErrLimit
		}
	}
	if len(p.Cursors) > 0 {
		text, _ := v.Text()
		_, err := engine.ParseCursor(text, p.Cursors...)
		return err
	}
	return nil
}

// badPart is the reply to a request with an invalid part, such as "limit" or
// "data.tags[0]".
func (k *knownRoute) badPart(place string, err error) *reply {
	field := place
	if i := strings.IndexAny(place, ".["); i >= 0 {
		field = place[:i]
	}
	for _, f := range k.fields {
		if rest, in := strings.CutPrefix(place, f.Name); in && len(f.shown) > len(field) && (rest == "" || strings.ContainsAny(rest[:1], ".[?")) {
			field = f.shown
		}
	}
	p := problem(http.StatusBadRequest, "the field "+place+" "+err.Error(), value.Field{Name: "field", Value: value.String(field)})
	p.parts.Path = place
	return p
}

// pageRows adds the fields of a page to the inputs of an exposed query that may
// have many rows, unless it has inputs of these names.
func (k *knownRoute) pageRows() {
	if k.query == nil || !k.query.Many() || k.field(limitField) != nil || k.field(cursorField) != nil {
		return
	}
	n := len(k.query.Inputs)
	k.fields = append(k.fields,
		newField(&plan.Field{Name: limitField, Type: check.Type{Kind: check.Number}, Optional: true,
			Paging: &plan.Paging{Limit: true}}, n),
		newField(&plan.Field{Name: cursorField, Type: check.Type{Kind: check.String}, Optional: true,
			Paging: &plan.Paging{Cursors: []uint32{rowsPrint(k.query)}}}, n+1))
}

func rowsPrint(q *plan.Query) uint32 {
	print := fnv.New32a()
	print.Write([]byte("rows of " + q.FullName()))
	return print.Sum32()
}

// pageOf returns the requested page of an exposed query's rows, and the cursor of
// the next one, empty for the last page.
func (x *exchange) pageOf(k *knownRoute, rows [][]value.Value) (items []value.Value, next string, no *reply) {
	n := len(k.query.Inputs)
	limits := x.front.engine.Limits()
	limit, start := len(rows), 0
	if k.query.Many() {
		limit = limits.Page
	}
	paged := len(k.fields) > n && k.fields[n].Paging != nil
	key := rowKey(k.query)
	if paged {
		if most, ok := x.in[n].Num(); ok {
			limit = min(limit, int(most))
		}
		if text, ok := x.in[n+1].Text(); ok {
			at, err := engine.ParseCursor(text, rowsPrint(k.query))
			if err == nil {
				start, err = resume(rows, key, at)
			}
			if err != nil {
				return nil, "", x.front.soft(k.badPart(cursorField, err))
			}
		}
	}
	end, size := start, int64(0)
	for end < len(rows) && end-start < limit {
		fields := make([]value.Field, len(rows[end]))
		for i, v := range rows[end] {
			fields[i] = value.Field{Name: k.query.Outputs[i], Value: v}
		}
		item := value.Record(fields)
		if size += value.JSONSize(item); size > limits.PageBytes && end > start && paged {
			break
		}
		items = append(items, item)
		end++
	}
	if end < len(rows) && paged {
		at := engine.Position{Rank: end - 1}
		for _, row := range rows[max(start, end-anchors):end] {
			at.Keys = append(at.Keys, key(row))
		}
		next = engine.Cursor(rowsPrint(k.query), at)
	}
	return items, next, nil
}

// rowKey returns what identifies a row: its identities, or if it has none a
// hash of the row.
func rowKey(q *plan.Query) func([]value.Value) value.Value {
	var columns []int
	for i, p := range q.Spec.Outputs {
		if p.Type.Kind == check.Identity && p.Many == 0 {
			columns = append(columns, i)
		}
	}
	return func(row []value.Value) value.Value {
		if len(columns) == 1 {
			return row[columns[0]]
		}
		all := columns
		if len(columns) == 0 {
			all = make([]int, len(row))
			for i := range row {
				all[i] = i
			}
		}
		var b []byte
		for _, i := range all {
			b = value.AppendKey(b, row[i])
		}
		hash := fnv.New128a()
		hash.Write(b)
		return value.String(hex.EncodeToString(hash.Sum(nil)))
	}
}

// resume finds the start of the page after a position: after the last item of
// the previous page that still exists. If all items in the cursor are gone, the
// place is still known for rows sorted by their keys.
func resume(rows [][]value.Value, key func([]value.Value) value.Value, at engine.Position) (int, error) {
	keys := make([]value.Value, len(rows))
	for i, row := range rows {
		keys[i] = key(row)
	}
	for j := len(at.Keys) - 1; j >= 0; j-- {
		near := -1
		for i, k := range keys {
			if value.Equal(k, at.Keys[j]) && (near < 0 || abs(i-at.Rank) < abs(near-at.Rank)) {
				near = i
			}
		}
		if near >= 0 {
			return near + 1, nil
		}
	}
	if len(at.Keys) == 0 || !slices.IsSortedFunc(keys, value.Compare) {
		return 0, errors.New("ends at items that are gone; leave it out to begin at the first page")
	}
	i, _ := slices.BinarySearchFunc(keys, at.Keys[len(at.Keys)-1], value.Compare)
	return i, nil
}

func abs(n int) int { return max(n, -n) }

// link sets a header with the address of the next page: the request's own path,
// with the query string that the route reads.
func (x *exchange) link(p *reply, next string) {
	name := ""
	if x.route == nil { // the answer comes late, to another path
		return
	}
	for _, f := range x.route.fields {
		if f.Paging == nil || len(f.Paging.Cursors) == 0 {
			continue
		}
		if _, err := engine.ParseCursor(next, f.Paging.Cursors...); err == nil {
			if len(f.steps) == 1 { // a part of a record cannot be in the query string
				name = cmp.Or(name, f.steps[0])
			}
		}
	}
	if name == "" {
		return // no field of the request has it
	}
	var query []string
	for _, pair := range strings.Split(x.request.URL.RawQuery, "&") {
		text, _, _ := strings.Cut(pair, "=")
		if said, err := url.QueryUnescape(text); err == nil && said != name {
			if f := x.route.wire(said); f != nil && !f.Secret && !f.Param && f.Credential == nil && isURL(pair) {
				query = append(query, pair)
			}
		}
	}
	query = append(query, url.QueryEscape(name)+"="+url.QueryEscape(next))
	p.set("Link", "<"+x.request.URL.EscapedPath()+"?"+strings.Join(query, "&")+`>; rel="next"`)
}

// isURL reports whether part of a query can be in a Link as it is.
func isURL(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' || r == '"' })
}
