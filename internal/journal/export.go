package journal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/legible-lang/legible/value"
)

// An export is text with one JSON object per line, so that common tools can search, send
// and compress it:
//
//	{"legible":"journal","version":1}
//	{"flow":"0198…","rested":true,"record":"AQwA…","sha256":"9f86…","entries":["begun …","asked 0 …"]}
//	…
//	{"end":{"flows":2,"sha256":"60aa…"}}
//
// The record is the flow's part of the journal in base64. The entries show it to people
// and are not read back. The sum of a flow covers its id, a byte that is 1 if it is at
// rest, and its record; the sum at the end covers all lines before. So a truncated
// export and a changed byte are detected, with their place.

// ExportVersion is the version of the lines that this package writes.
const ExportVersion = 1

// A Recorded is one flow of an export. Rested says whether it was at rest; otherwise
// Record is incomplete.
type Recorded struct {
	Flow   value.ID
	Rested bool
	Record []byte
}

type (
	exportHead struct {
		Legible string `json:"legible"`
		Version int    `json:"version"`
	}
	exportFlow struct {
		Flow    string     `json:"flow,omitempty"`
		Rested  bool       `json:"rested"`
		Record  []byte     `json:"record"`
		Sum     string     `json:"sha256"`
		Entries []string   `json:"entries"`
		End     *exportEnd `json:"end,omitempty"` // for reading
	}
	exportEnd struct {
		Flows int    `json:"flows"`
		Sum   string `json:"sha256"`
	}
)

func (r *Recorded) sum() string {
	h := sha256.New()
	h.Write(r.Flow[:])
	if r.Rested {
		h.Write([]byte{1})
	} else {
		h.Write([]byte{0})
	}
	h.Write(r.Record)
	return hex.EncodeToString(h.Sum(nil))
}

// An Exporter writes flows as an export.
type Exporter struct {
	w     io.Writer
	sum   hash.Hash
	flows int
}

// NewExporter begins an export, which End ends.
func NewExporter(w io.Writer) (*Exporter, error) {
	x := &Exporter{w: w, sum: sha256.New()}
	return x, x.line(exportHead{"journal", ExportVersion})
}

func (x *Exporter) line(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	x.sum.Write(b.Bytes())
	_, err := x.w.Write(b.Bytes())
	return err
}

// Flow writes one flow. It fails if the record is invalid.
func (x *Exporter) Flow(r Recorded) error {
	entries, err := Read(r.Record)
	if err != nil {
		return err
	}
	line := exportFlow{Flow: r.Flow.String(), Rested: r.Rested, Record: r.Record, Sum: r.sum(), Entries: []string{}}
	for _, e := range entries {
		line.Entries = append(line.Entries, e.String())
	}
	x.flows++
	return x.line(line)
}

// End writes the last line.
func (x *Exporter) End() error {
	return x.line(map[string]exportEnd{"end": {x.flows, hex.EncodeToString(x.sum.Sum(nil))}})
}

// ReadExport calls each for each flow of an export. It fails if a line was changed, the
// end is missing, or a call fails; then the flows of the calls before must be discarded.
// A record of a later version is a *NewerError.
func ReadExport(r io.Reader, each func(Recorded) error) error {
	lines := bufio.NewReader(r)
	sum := sha256.New()
	flows := 0
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		switch {
		case n == 1:
			if err := readHead(line); err != nil {
				return err
			}
			sum.Write(line)
			continue
		case len(line) == 0:
			return fmt.Errorf("%w: it ends with line %d, but the last line must say how many flows there are: the file is cut off", ErrCorrupt, n-1)
		}
		var x exportFlow
		if e := json.Unmarshal(line, &x); e != nil {
			if err == io.EOF {
				return fmt.Errorf("%w: line %d is cut off", ErrCorrupt, n)
			}
			return fmt.Errorf("%w: line %d is not a line of an exported journal: %w", ErrCorrupt, n, e)
		}
		if x.End != nil {
			return readEnd(lines, n, *x.End, exportEnd{flows, hex.EncodeToString(sum.Sum(nil))})
		}
		sum.Write(line)
		flows++
		recorded, e := x.recorded()
		if e == nil {
			e = each(recorded)
		}
		if e != nil {
			return fmt.Errorf("line %d: %w", n, e)
		}
	}
}

func readHead(line []byte) error {
	var head exportHead
	if len(line) == 0 {
		return fmt.Errorf("%w: the file is empty", ErrCorrupt)
	}
	if err := json.Unmarshal(line, &head); err != nil || head.Legible != "journal" {
		return fmt.Errorf(`%w: line 1 is not {"legible":"journal",…}, with which an exported journal begins`, ErrCorrupt)
	}
	if head.Version > ExportVersion || head.Version < 1 {
		return fmt.Errorf("the exported journal has version %d; this program reads up to version %d: run the newer program", head.Version, ExportVersion)
	}
	return nil
}

func (x *exportFlow) recorded() (r Recorded, err error) {
	if r.Flow, err = value.ParseID(x.Flow); err != nil {
		return r, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	r.Rested, r.Record = x.Rested, x.Record
	if r.sum() != x.Sum {
		return r, fmt.Errorf("%w: flow %s has other bytes than those that were exported", ErrCorrupt, r.Flow)
	}
	if _, err = Read(r.Record); err != nil {
		return r, fmt.Errorf("flow %s: %w", r.Flow, err)
	}
	return r, nil
}

func readEnd(rest *bufio.Reader, n int, said, found exportEnd) error {
	if said.Flows != found.Flows {
		return fmt.Errorf("%w: line %d says that there are %d flows before it, and there are %d", ErrCorrupt, n, said.Flows, found.Flows)
	}
	if said.Sum != found.Sum {
		return fmt.Errorf("%w: the lines before line %d are not those that were exported", ErrCorrupt, n)
	}
	if _, err := rest.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: there is more after the end in line %d", ErrCorrupt, n)
	}
	return nil
}
