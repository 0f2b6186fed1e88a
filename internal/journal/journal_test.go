package journal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/legible-lang/legible/value"
)

// sample writes one entry of each kind.
func sample() []byte {
	var w Writer
	w.Begun(time.UnixMilli(1_700_000_000_000))
	w.Asked(ActionID{}, "Requesting.request", []string{"method", "path", "password"},
		[]value.Value{value.String("POST"), {}, value.Secret(value.String("hunter2"))}, []value.Field{{Name: "x", Value: value.Number(1)}})
	w.Returned(ActionID{}, "Requesting.request", []string{"request"}, []value.Value{value.String("r")})
	w.Match(Fired, 1, "LogIn", 2)
	w.Matched(ActionID{})
	w.Matched(ActionID{1, 2, 3})
	w.Frames(2)
	w.Frame(-1, "", []string{"a", "", "c"}, []value.Value{value.Null, value.Number(1), value.String("y")})
	w.Frame(2, "a.sync:3:5", []string{"a"}, []value.Value{{}})
	w.End()
	w.Refused(ActionID{1, 0, 0}, "Profile.authenticate", "NO", "No.")
	w.Failed(ActionID{1, 0, 1}, "Profile.authenticate", Fault, "lost disk")
	w.Match(Dropped, 0, "Other", 0)
	w.Frames(0)
	w.End()
	w.Entered(2, "LogIn", 1, FrameID{1, 0}, 3)
	w.Frames(1)
	w.Frame(-1, "", []string{"a"}, []value.Value{value.Number(2)})
	w.End()
	w.Lost("LogIn", FrameID{2, 0}, "a.sync:3:4", 3, 1, "place")
	w.Frames(1)
	w.Row([]int{1, 0, 1}, []string{"a", "b"}, []value.Value{value.Number(2), value.String("x")})
	w.End()
	w.Faulted(Entry{Text: "deadline"})
	w.Faulted(Entry{Text: "no", Sync: "S", Matched: []ActionID{{}, {1, 0, 2}}})
	w.Faulted(Entry{Text: "no", Sync: "S", Stage: 1, Of: FrameID{1, 0}, Line: 2, ID: ActionID{1, 0, 1}})
	w.Tried(ActionID{2, 0, 1}, "Mailing.send", 3, time.UnixMilli(1_700_000_001_000), time.UnixMilli(1_700_000_009_000), "451 try later")
	w.Parked(ActionID{2, 0, 1}, "Mailing.send", 4, time.UnixMilli(1_700_000_010_000), "no more tries")
	w.Decided(ActionID{2, 0, 1}, "Mailing.send", "retry", time.UnixMilli(1_700_000_020_000), "the server is back", "d1")
	return w.Bytes
}

func TestReadBack(t *testing.T) {
	b := sample()
	if strings.Contains(string(b), "hunter2") {
		t.Fatal("a secret was written")
	}
	got, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	root := ActionID{}
	want := []Entry{
		{Kind: Begun, Version: Version, Moment: time.UnixMilli(1_700_000_000_000).UTC()},
		{Kind: Asked, ID: root, Action: "Requesting.request", In: []value.Field{
			{Name: "method", Value: value.String("POST")}, {Name: "password", Value: value.Secret(value.String("gone"))}, {Name: "x", Value: value.Number(1)}}},
		{Kind: Completed, ID: root, Action: "Requesting.request", Outcome: Returned, Out: []value.Field{{Name: "request", Value: value.String("r")}}},
		{Kind: Fired, Number: 1, Sync: "LogIn", Matched: []ActionID{{}, {1, 2, 3}}, Frames: []Frame{
			{Line: -1, Bindings: []Binding{{0, "a", value.Null}, {2, "c", value.String("y")}}},
			{Line: 2, DroppedAt: "a.sync:3:5"}}},
		{Kind: Completed, ID: ActionID{1, 0, 0}, Action: "Profile.authenticate", Outcome: Refused, Code: "NO", Text: "No."},
		{Kind: Completed, ID: ActionID{1, 0, 1}, Action: "Profile.authenticate", Outcome: Fault, Text: "lost disk"},
		{Kind: Dropped, Sync: "Other"},
		{Kind: Entered, Number: 2, Sync: "LogIn", Stage: 1, Of: FrameID{1, 0}, Line: 3, Frames: []Frame{{Line: -1, Bindings: []Binding{{0, "a", value.Number(2)}}}}},
		{Kind: Lost, Sync: "LogIn", Of: FrameID{2, 0}, Place: "a.sync:3:4", Rows: 3, Kept: 1, Null: "place", Frames: []Frame{{Line: -1, Bindings: []Binding{{1, "b", value.String("x")}, {0, "a", value.Number(2)}}}}},
		{Kind: Faulted, Text: "deadline"},
		{Kind: Faulted, Text: "no", Sync: "S", Matched: []ActionID{{}, {1, 0, 2}}},
		{Kind: Faulted, Text: "no", Sync: "S", Stage: 1, Of: FrameID{1, 0}, Line: 2, ID: ActionID{1, 0, 1}},
		{Kind: Tried, ID: ActionID{2, 0, 1}, Action: "Mailing.send", Tries: 3, Moment: time.UnixMilli(1_700_000_001_000).UTC(),
			Next: time.UnixMilli(1_700_000_009_000).UTC(), Text: "451 try later"},
		{Kind: Parked, ID: ActionID{2, 0, 1}, Action: "Mailing.send", Tries: 4, Moment: time.UnixMilli(1_700_000_010_000).UTC(), Text: "no more tries"},
		{Kind: Decided, ID: ActionID{2, 0, 1}, Action: "Mailing.send", Code: "retry", Moment: time.UnixMilli(1_700_000_020_000).UTC(),
			Text: "the server is back", Decision: "d1"},
	}
	same := cmp.Comparer(func(a, b value.Value) bool {
		return a.Kind() == b.Kind() && (a.IsSecret() || value.Equal(a, b))
	})
	if d := cmp.Diff(want, got, same); d != "" {
		t.Errorf("the entries read back differently (-want +got):\n%s", d)
	}
	if !value.Gone(got[1].In[1].Value) {
		t.Error("a secret that was written must read back as gone")
	}
}

// TestCut cuts the journal at every byte: what is whole reads, what is cut off
// is told.
func TestCut(t *testing.T) {
	b := sample()
	whole, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	complete := 0
	for n := range b {
		got, err := Read(b[:n])
		if err == nil {
			complete++
		} else if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if len(got) > len(whole) {
			t.Fatalf("cut at %d it has %d entries, whole %d", n, len(got), len(whole))
		}
	}
	if complete != len(whole) {
		t.Errorf("%d cuts fall between entries, want %d", complete, len(whole))
	}
}

func TestNewerVersion(t *testing.T) {
	var newer *NewerError
	b := []byte{byte(Begun), 3, 0, 0, 0, Version + 1, 9, 9}
	if _, err := Read(b); !errors.As(err, &newer) || newer.Version != Version+1 {
		t.Errorf("a journal of a later version gives %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample())
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := Read(b)
		if err == nil && len(b) > 0 && len(entries) == 0 {
			t.Fatal("bytes were read as nothing")
		}
	})
}
