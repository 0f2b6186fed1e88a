package journal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/value"
)

// write writes a flow in which small and large values stand in every place.
func write(w *Writer, settle func(*Writer)) {
	text := value.String(strings.Repeat("long ", 40))
	items := value.List([]value.Value{text, value.Number(1), value.String("x")})
	hidden := value.Record([]value.Field{{Name: "token", Value: value.Secret(value.String("hunter2"))}, {Name: "text", Value: text}})
	w.Begun(time.UnixMilli(0))
	w.Asked(ActionID{}, "R.request", []string{"method", "text"}, []value.Value{value.String("GET"), text}, []value.Field{{Name: "x", Value: items}})
	settle(w)
	w.Returned(ActionID{}, "R.request", []string{"request"}, []value.Value{value.String("r")})
	w.Match(Fired, 1, "S", 1)
	w.Matched(ActionID{})
	w.Frames(2)
	w.Frame(-1, "", []string{"a", "b"}, []value.Value{items, hidden})
	w.Frame(-1, "", []string{"a", "b"}, []value.Value{value.Null, items})
	w.End()
	settle(w)
	w.Refused(ActionID{1, 0, 0}, "P.do", "NO", strings.Repeat("é", 60))
	w.Failed(ActionID{1, 0, 1}, "P.do", Fault, "short")
	w.Asked(ActionID{1, 1, 0}, "P.do", []string{"list"}, []value.Value{items}, nil)
	settle(w)
}

// TestSettleFull wants the bytes of a Writer that leaves nothing out, however
// often it is settled.
func TestSettleFull(t *testing.T) {
	var whole Writer
	write(&whole, func(*Writer) {})
	for _, often := range []bool{true, false} {
		w := Writer{Brief: 50}
		write(&w, func(w *Writer) {
			if often {
				w.Resolve(true)
			}
		})
		if int64(len(whole.Bytes)) != w.Size() {
			t.Errorf("the whole is said to have %d bytes, not %d", w.Size(), len(whole.Bytes))
		}
		w.Resolve(true)
		if !bytes.Equal(whole.Bytes, w.Bytes) {
			t.Errorf("settled (often: %v) the entries are\n%q, want\n%q", often, w.Bytes, whole.Bytes)
		}
		if w.MemorySize() != w.Size() || w.Size() != int64(len(w.Bytes)) {
			t.Errorf("nothing is owed, but %d and %d bytes are held of %d", w.MemorySize(), w.Size(), len(w.Bytes))
		}
	}
}

// TestSettleBrief wants stand-ins that are like what they stand for, and are
// like nothing else.
func TestSettleBrief(t *testing.T) {
	var whole Writer
	write(&whole, func(*Writer) {})
	w := Writer{Brief: 50}
	write(&w, func(*Writer) {})
	if w.MemorySize() >= w.Size() {
		t.Errorf("values that stand in several entries count as often: %d of %d bytes", w.MemorySize(), w.Size())
	}
	w.Resolve(false)
	full, err := Read(whole.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(w.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !Omits(got) || Omits(full) {
		t.Errorf("values are left out: %v and %v, want true and false", Omits(got), Omits(full))
	}
	other := value.String(strings.Repeat("other", 40))
	compare := func(where string, want, got value.Value) {
		large := !value.Small(want, 50)
		if o := got.Omitted(); (o != nil) != large {
			t.Errorf("%s: %v stands for %v", where, got, want)
		} else if !value.Alike(got, want) || !value.Alike(want, got) || value.Alike(got, other) {
			t.Errorf("%s: %v is not like %v alone", where, got, want)
		} else if o != nil && want.HoldsSecret() != (o.Sum == [16]byte{}) {
			t.Errorf("%s: the sum of %v is %x", where, want, o.Sum)
		}
	}
	for i := range full {
		for j, f := range full[i].In {
			compare(f.Name, f.Value, got[i].In[j].Value)
		}
		for j, f := range full[i].Frames {
			for k, b := range f.Bindings {
				compare(b.Name, b.Value, got[i].Frames[j].Bindings[k].Value)
			}
		}
	}
	if want := strings.Repeat("é", 25) + "… (120 bytes, the rest was not kept)"; got[4].Text != want {
		t.Errorf("the sentence is %q, want %q", got[4].Text, want)
	}
	back, err := Rewrite(w.Bytes, func(*Entry) {})
	if err != nil || !bytes.Equal(back, w.Bytes) {
		t.Errorf("stand-ins that are rewritten are others (%v)", err)
	}
}

// TestCutBack takes entries back that owe something, and part of one.
func TestCutBack(t *testing.T) {
	large := value.String(strings.Repeat("long ", 40))
	w := Writer{Brief: 50}
	w.Begun(time.UnixMilli(0))
	w.Asked(ActionID{}, "R.request", []string{"text"}, []value.Value{large}, nil)
	at, size := len(w.Bytes), w.Size()
	w.Asked(ActionID{1, 0, 0}, "P.do", []string{"text"}, []value.Value{large}, nil)
	w.Match(Fired, 1, "S", 0)
	w.Frames(2)
	w.Frame(-1, "", []string{"a"}, []value.Value{large})
	w.Cut(at)
	if w.Size() != size {
		t.Errorf("cut back, the entries take %d bytes, want %d", w.Size(), size)
	}
	w.Faulted(Entry{Text: "limit"})
	w.Resolve(true)
	entries, err := Read(w.Bytes)
	if err != nil || len(entries) != 3 || !value.Equal(entries[1].In[0].Value, large) {
		t.Errorf("cut back, the entries are %v (%v)", entries, err)
	}
}

// TestCondense wants of the whole what a Writer leaves that leaves values out.
func TestCondense(t *testing.T) {
	var whole Writer
	write(&whole, func(*Writer) {})
	brief := Writer{Brief: 50}
	write(&brief, func(*Writer) {})
	brief.Resolve(false)
	for _, b := range [][]byte{whole.Bytes, brief.Bytes} {
		got, err := Condense(b, 50)
		if err != nil || !bytes.Equal(got, brief.Bytes) {
			t.Errorf("condensed, the entries are\n%q (%v), want\n%q", got, err, brief.Bytes)
		}
	}
}
