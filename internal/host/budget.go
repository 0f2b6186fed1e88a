package host

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/legible-lang/legible/value"
)

// A budget bounds the memory that the bodies of all requests take at once, and
// what is gathered for their answers.
type budget struct {
	used atomic.Int64 // bytes
	most int64
}

// hold makes the request's part of the budget n bytes, and gives the reply
// where there are not so many.
func (x *exchange) hold(n int64) *reply {
	b := &x.front.budget
	if more := n - x.held; b.used.Add(more) > b.most && more > 0 {
		b.used.Add(-more)
		if n > b.most {
			return problem(http.StatusRequestEntityTooLarge, "the body holds too many values")
		}
		return tooMany()
	}
	x.held = n
	return nil
}

// grow takes so many more bytes of the budget, until the exchange is over, and
// tells whether there were so many.
func (x *exchange) grow(n int64) bool {
	b := &x.front.budget
	if b.used.Add(n) > b.most {
		b.used.Add(-n)
		return false
	}
	x.held += n
	return true
}

// noRoom is the reply to a request for whose answer there is not enough memory
// just now.
func noRoom() *reply {
	return again("The server is short of memory. Nothing was done. Please try again in a moment, or ask for a smaller page.")
}

// valueSize is about what a value takes in memory beside its text, with what is
// left over where lists grow.
const valueSize = 64

// weight is at most how much memory the values in a JSON text take, without
// their texts: two bytes, such as those of "0,", may become many.
func weight(text []byte) int64 {
	n := 0
	quoted := false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			quoted = !quoted
		case '\\':
			i++
		case ',', ':', '[', '{':
			if !quoted {
				n++
			}
		}
	}
	return int64(n) * valueSize
}

// smallBody is how large a body is at most that is not counted.
const smallBody = 1024

var errTooLarge = errors.New("the body is too large")

// fill reads all that comes into the exchange's buffer, which grows with what
// arrives and not with what was promised (known, or below zero): that counts when
// a quarter of it is there. The server
// closes the connection of a client that goes on sending after its answer.
func (x *exchange) fill(r io.Reader, limit, known int64) *reply {
	x.body = x.body[:0]
	if cap(x.body) == 0 {
		x.body = make([]byte, 0, smallBody)
	}
	for {
		if len(x.body) == cap(x.body) {
			room := min(2*int64(cap(x.body)), limit+1)
			if known >= int64(len(x.body)) && known < 4*int64(cap(x.body)) {
				room = known + 1 // a byte for finding the end
			}
			if no := x.hold(x.copied + room); no != nil {
				return no
			}
			x.body = append(make([]byte, 0, room), x.body...)
		}
		n, err := r.Read(x.body[len(x.body):cap(x.body)])
		x.body = x.body[:len(x.body)+n]
		if int64(len(x.body)) > limit {
			return tooLarge(limit)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unread(err)
		}
	}
}

// unread is the reply to a body that could not be read to its end.
func unread(err error) *reply {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return problem(http.StatusRequestTimeout, "the body did not arrive in time")
	}
	return problem(http.StatusBadRequest, "the body ended before it was complete")
}

func tooLarge(limit int64) *reply {
	return problem(http.StatusRequestEntityTooLarge, "the body is larger than "+size(limit)+", which is the limit",
		value.Field{Name: "limit", Value: value.Number(float64(limit))})
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
