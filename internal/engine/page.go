package engine

import (
	"cmp"
	"container/heap"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A Position is a place in an ordered list, after an item: the keys that order the item,
// and the number of items with the same keys up to and including it. It does not count
// all items before it, so it stays valid when items are added or removed.
type Position struct {
	Keys []value.Value
	Rank int
}

// ErrCursor reports that a text is not a cursor.
var ErrCursor = errors.New("must be a cursor, as the page before gave it in next")

// ErrForeignCursor reports that a cursor belongs to another list.
var ErrForeignCursor = errors.New("is the cursor of another list; leave it out to begin at the first page")

const (
	cursorVersion = 1
	maxCursor     = 64 << 10 // bytes
)

// Cursor encodes a position of the list with this print as a text for a URL.
func Cursor(print uint32, p Position) string {
	b := []byte{cursorVersion}
	b = binary.BigEndian.AppendUint32(b, print)
	b = binary.AppendUvarint(b, uint64(p.Rank))
	for _, k := range p.Keys {
		b = value.Append(b, k)
	}
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor decodes a cursor for one of the prints. The error is ErrCursor or
// ErrForeignCursor; either completes "the field x …".
func ParseCursor(text string, prints ...uint32) (Position, error) {
	if len(text) > maxCursor {
		return Position{}, ErrCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < 10 || b[0] != cursorVersion {
		return Position{}, ErrCursor
	}
	b, sum := b[:len(b)-4], b[len(b)-4:]
	if crc32.ChecksumIEEE(b) != binary.BigEndian.Uint32(sum) {
		return Position{}, ErrCursor
	}
	if !slices.Contains(prints, binary.BigEndian.Uint32(b[1:])) {
		return Position{}, ErrForeignCursor
	}
	rank, n := binary.Uvarint(b[5:])
	if n <= 0 || rank > 1<<30 {
		return Position{}, ErrCursor
	}
	p := Position{Rank: int(rank)}
	for b = b[5+n:]; len(b) > 0; {
		var k value.Value
		if k, b, err = value.Decode(b); err != nil {
			return Position{}, ErrCursor
		}
		p.Keys = append(p.Keys, k)
	}
	return p, nil
}

// A pageRow is an item of a page.
type pageRow struct {
	value   value.Value
	keys    []value.Value
	arrival int // its number among all rows, which orders rows with equal keys
	size    int64
}

// A pager keeps the first rows of a list that it gets in any order, and at most one
// row after the page.
type pager struct {
	desc  []bool // of the first keys; the others ascend
	after *Position
	equal int // rows that have the keys of after
	limit int
	most  int64 // bytes
	bytes int64
	rows  []pageRow // a heap, the last row first
	bound *pageRow  // the first row after the page
	shown int
}

func (p *pager) compare(a, b []value.Value) int {
	for i := range min(len(a), len(b)) {
		if c := value.Compare(a[i], b[i]); c != 0 {
			if i < len(p.desc) && p.desc[i] {
				return -c
			}
			return c
		}
	}
	return len(a) - len(b)
}

func (p *pager) before(a, b *pageRow) bool {
	if c := p.compare(a.keys, b.keys); c != 0 {
		return c < 0
	}
	return a.arrival < b.arrival
}

func (p *pager) Len() int           { return len(p.rows) }
func (p *pager) Less(i, j int) bool { return p.before(&p.rows[j], &p.rows[i]) }
func (p *pager) Swap(i, j int)      { p.rows[i], p.rows[j] = p.rows[j], p.rows[i] }
func (p *pager) Push(x any)         { p.rows = append(p.rows, x.(pageRow)) }
func (p *pager) Pop() any {
	last := p.rows[len(p.rows)-1]
	p.rows[len(p.rows)-1] = pageRow{}
	p.rows = p.rows[:len(p.rows)-1]
	return last
}

// wants reports whether a row with keys may be on the page.
func (p *pager) wants(keys []value.Value) bool {
	p.shown++
	if p.after != nil {
		c := p.compare(keys, p.after.Keys)
		if c == 0 {
			p.equal++
		}
		if c < 0 || c == 0 && p.equal <= p.after.Rank {
			return false
		}
	}
	return p.bound == nil || p.compare(keys, p.bound.keys) < 0
}

// add adds a wanted row and drops the rows that no longer fit the page. A page
// has at least one row, however large that is.
func (p *pager) add(row pageRow) {
	row.arrival = p.shown
	heap.Push(p, row)
	p.bytes += row.size
	for len(p.rows) > p.limit || p.bytes > p.most && len(p.rows) > 1 {
		last := heap.Pop(p).(pageRow)
		p.bytes -= last.size
		last.value = value.Value{}
		p.bound = &last
	}
}

// page returns the items in order, and the position of the last item, nil if
// nothing follows it.
func (p *pager) page() ([]value.Value, *Position) {
	slices.SortFunc(p.rows, func(a, b pageRow) int {
		if p.before(&a, &b) {
			return -1
		}
		return 1
	})
	items := make([]value.Value, len(p.rows))
	for i, r := range p.rows {
		items[i] = r.value
	}
	if p.bound == nil || len(p.rows) == 0 {
		return items, nil
	}
	at := &Position{Keys: p.rows[len(p.rows)-1].keys}
	for i := len(p.rows) - 1; i >= 0 && p.compare(p.rows[i].keys, at.Keys) == 0; i-- {
		at.Rank++
	}
	if p.after != nil && p.compare(p.after.Keys, at.Keys) == 0 {
		at.Rank += p.after.Rank
	}
	return items, at
}

// page is fold for a paged list: it computes no more items than the page has.
func (w *search) page(line *plan.Line, op *plan.FoldOp, emit func()) {
	limits := &w.flow.engine.options.Limits
	p := &pager{limit: limits.Page, most: limits.PageBytes}
	for _, k := range op.Order {
		p.desc = append(p.desc, k.Desc)
	}
	if !w.paging(line, op.Page, p) {
		return
	}
	held := w.bytes
	w.rows(op.Lines, func() {
		if p.shown%1024 == 1023 && time.Since(w.flow.call.start) > limits.Deadline {
			w.fail(line, fmt.Errorf("the flow has run for %s, which is its deadline, and the page is not complete", limits.Deadline))
			return
		}
		keys := make([]value.Value, 0, len(op.Order)+len(op.Page.Ties))
		for _, k := range op.Order {
			v, ok := w.eval(line, k.Expr)
			if !ok {
				return
			}
			if v.HoldsSecret() {
				w.fail(line, fmt.Errorf("%s is secret, and a cursor would tell it", k.Expr.Text))
				return
			}
			keys = append(keys, present(v))
		}
		for _, slot := range op.Page.Ties {
			if v := present(w.slots[slot]); !v.HoldsSecret() {
				keys = append(keys, v)
			} else {
				keys = append(keys, value.Null)
			}
		}
		if !p.wants(keys) {
			return
		}
		v, ok := w.eval(line, op.Expr)
		if !ok {
			return
		}
		row := pageRow{value: v, keys: keys, size: max(value.Size(v), value.JSONSize(v))}
		for _, k := range keys {
			row.size += value.Size(k)
		}
		p.add(row)
		w.addBytes(line, held+p.bytes-w.bytes)
	})
	w.addBytes(line, held-w.bytes)
	if w.err != nil {
		return
	}
	items, at := p.page()
	if slot := op.Page.Next; slot >= 0 {
		w.slots[slot] = value.Null
		if at != nil {
			w.slots[slot] = value.String(Cursor(op.Page.Print, *at))
		}
	}
	w.bindOrCompare(op.Slot, op.Binds, op.Secret, value.List(items), emit)
}

// paging reads the inputs of a page. It reduces a limit that is larger than a
// page may be.
func (w *search) paging(line *plan.Line, op *plan.PageOp, p *pager) bool {
	if op.Limit != nil {
		v, ok := w.term(line, op.Limit)
		if !ok {
			return false
		}
		if n, isNumber := v.Num(); isNumber && n >= 1 && n == float64(int(n)) {
			p.limit = min(p.limit, int(n))
		} else if !v.IsNull() {
			w.fail(line, &FieldError{Field: cmp.Or(op.Limit.Field, "limit"), Err: ErrLimit})
			return false
		}
	}
	if op.Cursor == nil {
		return true
	}
	v, ok := w.term(line, op.Cursor)
	if !ok || v.IsNull() {
		return ok
	}
	text, _ := v.Text()
	at, err := ParseCursor(text, op.Print)
	if err != nil {
		w.fail(line, &FieldError{Field: cmp.Or(op.Cursor.Field, "cursor"), Err: err})
		return false
	}
	p.after = &at
	return true
}

// ErrLimit reports that a value is not a number of items.
var ErrLimit = errors.New("must be a whole number above 0: how many items a page may have")

// A FieldError is the fault of a flow whose request has an invalid value: an error of
// the client, and not of the program.
type FieldError struct {
	Field string // the place in the request, such as "limit" or "data.tags[0]"
	Err   error  // completes "the field x …"
	// In is the error in terms of the program; nil if Err says everything.
	In error
}

func (e *FieldError) Error() string {
	if e.In != nil {
		return e.In.Error()
	}
	return "the field " + e.Field + " " + e.Err.Error()
}

func (e *FieldError) Unwrap() error { return cmp.Or(e.In, e.Err) }
