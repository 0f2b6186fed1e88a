package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// put stores bytes and returns the reference.
func (p *place) put(data []byte) *value.Blob {
	p.Helper()
	b, err := p.s.PutBlob(context.Background(), bytes.NewReader(data), "text/plain")
	if err != nil {
		p.Fatalf("storing %d bytes: %v", len(data), err)
	}
	return b
}

// holds reports whether the store has a blob, and checks its content.
func (p *place) holds(b *value.Blob) bool {
	p.Helper()
	r, err := p.s.OpenBlob(context.Background(), b.Hash)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		p.Fatalf("opening: %v", err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil || sha256.Sum256(data) != b.Hash || int64(len(data)) != b.Size {
		p.Errorf("a blob of %d bytes reads as %d others, %v", b.Size, len(data), err)
	}
	return true
}

func (p *place) sweep(age time.Duration) int {
	p.Helper()
	n, err := p.s.SweepBlobs(context.Background(), age)
	if err != nil {
		p.Fatalf("sweeping: %v", err)
	}
	return n
}

func noise(n int, seed byte) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

func testBlobs(t *testing.T, p *place) {
	ctx := context.Background()
	if p.holds(&value.Blob{Hash: [32]byte{1}}) {
		t.Error("an empty store holds something")
	}
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 3_000_000} {
		data := noise(size, 1)
		b := p.put(data)
		if b.Hash != sha256.Sum256(data) || b.Size != int64(size) || b.Type != "text/plain" {
			t.Errorf("the reference to %d bytes is %+v", size, b)
		}
		if !p.holds(b) {
			t.Errorf("what was stored is not there: %d bytes", size)
		}
		if again := p.put(data); *again != *b {
			t.Errorf("the same bytes have the reference %+v, and before %+v", again, b)
		}
	}
	data := noise(200_000, 2)
	r, err := p.s.OpenBlob(ctx, p.put(data).Hash)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := iotest.TestReader(readSeeker{r}, data); err != nil {
		t.Errorf("reading here and there: %v", err)
	}
	piece := make([]byte, 100)
	if _, err := r.ReadAt(piece, 150_000); err != nil || !bytes.Equal(piece, data[150_000:150_100]) {
		t.Errorf("reading from the middle on gives other bytes, %v", err)
	}
	if n, err := r.ReadAt(piece, int64(len(data))-10); err != io.EOF || n != 10 {
		t.Errorf("reading past the end gives %d bytes, %v, want 10 and the end", n, err)
	}

	// Content that cannot be read to the end is not stored.
	before := noise(100_000, 3)
	cause := errors.New("the line went dead")
	if _, err := p.s.PutBlob(ctx, io.MultiReader(bytes.NewReader(before), iotest.ErrReader(cause)), ""); !errors.Is(err, cause) {
		t.Errorf("storing from a reader that fails gives %v, want its cause", err)
	}
	stop, cancel := context.WithCancel(ctx)
	endless := readerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil })
	if _, err := p.s.PutBlob(stop, endless, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("storing without end gives %v once the context is done", err)
	}
	if p.holds(&value.Blob{Hash: sha256.Sum256(before), Size: int64(len(before))}) {
		t.Error("the first part of what could not be read is stored")
	}
}

type readSeeker struct{ io.ReadSeeker }

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func testSweep(t *testing.T, p *place) {
	seed := byte(0)
	blob := func() *value.Blob { seed++; return p.put(noise(1000, seed)) }
	in := func(b *value.Blob) value.Value { return value.Binary(b) }
	list := func(items ...value.Value) value.Value { return value.List(items) }
	deep := func(b *value.Blob) value.Value {
		return value.Record([]value.Field{{Name: "a", Value: list(value.Number(1), value.Record([]value.Field{{Name: "b", Value: in(b)}}))}})
	}
	blank := func(set map[int]value.Value) store.Row {
		row := p.blank()
		for c, v := range set {
			row[c] = v
		}
		return row
	}

	alone, file, among, json, any := blob(), blob(), blob(), blob(), blob()
	told, old, undone := blob(), blob(), blob()
	p.do(
		insert(p.thing, "1", blank(map[int]value.Value{thingFile: in(file)})),
		insert(p.thing, "2", blank(map[int]value.Value{thingFiles: list(in(blob()), in(among))})),
		insert(p.thing, "3", blank(map[int]value.Value{thingData: deep(json)})),
		insert(p.thing, "4", blank(map[int]value.Value{thingAny: list(text("x"), deep(any))})),
		// It looks like a reference, but is none.
		insert(p.thing, "5", blank(map[int]value.Value{thingData: text(fmt.Sprintf("sha256:%x;1000;", alone.Hash))})))
	// Flows: one that is abandoned, one that is open, one that is at rest, and one that
	// rolls back.
	entry := func(b *value.Blob) []byte { return append([]byte("an entry "), value.Append(nil, in(b))...) }
	open := blob()
	leftID := p.next()
	left, g, h, u := p.s.NewSession(leftID), p.begin(), p.begin(), p.begin()
	err := errors.Join(left.Commit(entry(told)), g.Commit(entry(open)), h.Commit(entry(old)), h.Finish([]byte("end")),
		u.Insert(p.thing, "6", blank(map[int]value.Value{thingFile: in(undone)})))
	if err != nil {
		t.Fatal(err)
	}
	left.Abandon()
	u.Rollback()
	defer u.Abandon()

	if n := p.sweep(time.Hour); n != 0 {
		t.Errorf("%d blobs are swept that were put just now", n)
	}
	if n := p.sweep(0); n != 3 {
		t.Errorf("%d blobs are swept, want 3", n)
	}
	for what, b := range map[string]*value.Blob{"refers nothing": alone, "refers only a flow at rest": old, "refers only what was undone": undone} {
		if p.holds(b) {
			t.Errorf("a blob is left to which %s", what)
		}
	}
	for what, b := range map[string]*value.Blob{"a field": file, "a collection": among, "a value of any kind": json,
		"a collection of any values": any, "a flow that was left": told, "an open flow": open} {
		if !p.holds(b) {
			t.Errorf("a blob is gone to which %s refers", what)
		}
	}
	r, err := p.s.OpenBlob(context.Background(), file.Hash)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	left = p.s.NewSession(leftID)
	err = errors.Join(g.Finish([]byte("end")), left.Finish([]byte("end")))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2", "3", "4"} {
		p.do(func(f store.Session) error { return f.Delete(p.thing, id) })
	}
	if n := p.sweep(0); n != 7 {
		t.Errorf("%d blobs are swept when nothing refers to any, want 7", n)
	}
	if p.holds(file) {
		t.Error("a blob is left to which nothing refers any more")
	}
	// Bytes that were swept can be stored again.
	if again := p.put(noise(1000, 2)); *again != *file || !p.holds(again) {
		t.Error("what was swept cannot be stored again")
	}
	if n := p.sweep(time.Hour); n != 0 {
		t.Errorf("%d blobs are swept that were put again just now", n)
	}
}

// testBlobsConcurrent lets flows move references from row to row while others sweep and
// store unreferenced blobs. Every blob that a row refers to must exist.
func testBlobsConcurrent(t *testing.T, p *place) {
	const workers, rounds = 4, 20
	ctx := context.Background()
	row := func(b *value.Blob) store.Row {
		row := p.blank()
		row[thingFile] = value.Binary(b)
		return row
	}
	name := func(w, i int) string { return fmt.Sprint(w, " ", i) }
	blobs := make([]*value.Blob, workers)
	for w := range blobs {
		blobs[w] = p.put(noise(10_000, byte(w)))
		p.do(insert(p.thing, name(w, 0), row(blobs[w])))
	}
	stop := make(chan struct{})
	var swept, flows sync.WaitGroup
	swept.Add(1)
	total := 0
	go func() {
		defer swept.Done()
		for {
			select {
			case <-stop:
				return
			default:
				n, err := p.s.SweepBlobs(ctx, 0)
				if err != nil {
					t.Error(err)
					return
				}
				total += n
			}
		}
	}()
	for w, b := range blobs {
		flows.Add(1)
		go func() {
			defer flows.Done()
			for i := range rounds {
				if _, err := p.s.PutBlob(ctx, strings.NewReader(name(w, i)), ""); err != nil {
					t.Error(err)
				}
				f, g := p.begin(), p.begin()
				err := errors.Join(f.Insert(p.thing, name(w, i+1), row(b)), f.Finish([]byte("x")),
					g.Delete(p.thing, name(w, i)), g.Finish([]byte("x")))
				if err != nil {
					t.Error(err)
					return
				}
				if !p.holds(b) {
					t.Error("a row refers to a blob that is gone")
				}
			}
		}()
	}
	flows.Wait()
	close(stop)
	swept.Wait()
	if total += p.sweep(0); total < workers*rounds {
		t.Errorf("%d blobs are swept, want at least %d", total, workers*rounds)
	}
	for _, b := range blobs {
		if !p.holds(b) {
			t.Error("a row refers to a blob that is gone")
		}
	}
}
