package journal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/value"
)

func exported(t testing.TB, flows ...Recorded) []byte {
	t.Helper()
	var b bytes.Buffer
	x, err := NewExporter(&b)
	for _, f := range flows {
		err = errors.Join(err, x.Flow(f))
	}
	if err = errors.Join(err, x.End()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func two() []Recorded {
	ids := value.NewIDs()
	var begun Writer
	begun.Begun(time.UnixMilli(1e12))
	return []Recorded{
		{ids.At(time.UnixMilli(2e12)), true, sample()},
		{ids.At(time.UnixMilli(1e12)), false, begun.Bytes},
	}
}

func TestExportReadsBack(t *testing.T) {
	want := two()
	var got []Recorded
	b := exported(t, want...)
	if strings.Contains(string(b), "hunter2") {
		t.Error("a secret was exported")
	}
	if err := ReadExport(bytes.NewReader(b), func(r Recorded) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d flows were read back, not %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Flow != want[i].Flow || got[i].Rested != want[i].Rested || !bytes.Equal(got[i].Record, want[i].Record) {
			t.Errorf("flow %d reads back as %v, it was %v", i+1, got[i], want[i])
		}
	}
}

// TestExportCut cuts an export at every byte: no cut goes unnoticed but that of
// the last end of line, without which nothing is missing.
func TestExportCut(t *testing.T) {
	b := exported(t, two()...)
	for n := range b {
		err := ReadExport(bytes.NewReader(b[:n]), func(Recorded) error { return nil })
		if (err == nil) != (n == len(b)-1) {
			t.Errorf("cut at %d of %d: %v", n, len(b), err)
		}
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d it is told otherwise than as damage: %v", n, err)
		}
	}
}

// TestExportChanged changes every byte: what is read without an error is what
// was exported.
func TestExportChanged(t *testing.T) {
	b := exported(t, two()[:1]...)
	for n := range b {
		changed := bytes.Clone(b)
		changed[n] ^= 4
		err := ReadExport(bytes.NewReader(changed), func(r Recorded) error {
			if !bytes.Equal(r.Record, sample()) {
				t.Errorf("byte %d changed, and another record is read", n)
			}
			return nil
		})
		// An end of line may be another white space.
		if err == nil && n != len(b)-1 {
			t.Errorf("byte %d (%q, now %q) was changed, and nobody says so", n, b[n], changed[n])
		}
	}
}

func TestExportSays(t *testing.T) {
	whole := string(exported(t, two()...))
	lines := strings.SplitAfter(whole, "\n")
	newer := Writer{}
	newer.Begun(time.UnixMilli(0))
	newer.Bytes[5] = Version + 1
	id := value.NewIDs().At(time.UnixMilli(1e12))
	r := Recorded{id, true, newer.Bytes}
	later := `{"legible":"journal","version":1}` + "\n" + `{"flow":"` + id.String() + `","rested":true,"record":"` + base64.StdEncoding.EncodeToString(newer.Bytes) + `","sha256":"` + r.sum() + `"}` + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "the file is empty"},
		{"something else", "{}\n", "line 1 is not"},
		{"newer lines", `{"legible":"journal","version":2}` + "\n", "has version 2; this program reads up to version 1: run the newer program"},
		{"without its end", lines[0] + lines[1], "it ends with line 2"},
		{"a line is missing", lines[0] + lines[2] + lines[3], "there are 2 flows before it, and there are 1"},
		{"lines changed places", lines[0] + lines[2] + lines[1] + lines[3], "the lines before line 4"},
		{"something behind it", whole + "{}\n", "there is more after the end in line 4"},
		{"a changed id", strings.Replace(whole, `"rested":true`, `"rested":false`, 1), "line 2: the journal is damaged: flow"},
		{"a newer record", later, "the journal has format 6; this program reads up to format 5: run it with the newer program"},
	} {
		err := ReadExport(strings.NewReader(c.text), func(Recorded) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: told as %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzReadExport(f *testing.F) {
	f.Add(exported(f, two()...))
	f.Add([]byte(`{"legible":"journal","version":1}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		flows := []Recorded{}
		if ReadExport(bytes.NewReader(b), func(r Recorded) error { flows = append(flows, r); return nil }) == nil {
			exported(t, flows...) // what is read can be written
		}
	})
}
