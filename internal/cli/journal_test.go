package cli_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/value"
)

// recorded is the script command "record STORE VARIABLE FILE [open]": into
// the store comes a flow with the entries in FILE, one a line,
// as broken as they may be; its id is put into VARIABLE.
//
//	begun
//	asked 1.0.0 Profile.authenticate
//	returned 1.0.0 Profile.authenticate
//	fired 1 LogIn 0 0.0.1
//	torn
func recorded(ts *testscript.TestScript, _ bool, args []string) {
	var w journal.Writer
	for line := range strings.Lines(ts.ReadFile(args[2])) {
		words := strings.Fields(line)
		switch words[0] {
		case "begun":
			w.Begun(time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC))
		case "asked":
			w.Asked(actionID(ts, words[1]), words[2], nil, nil, nil)
		case "returned":
			w.Returned(actionID(ts, words[1]), words[2], nil, nil)
		case "fired":
			number, err := strconv.Atoi(words[1])
			ts.Check(err)
			w.Match(journal.Fired, uint32(number), words[2], len(words)-3)
			for _, id := range words[3:] {
				w.Matched(actionID(ts, id))
			}
			w.Frames(1)
			w.Frame(-1, "", nil, nil)
			w.End()
		case "torn":
			w.Bytes = w.Bytes[:len(w.Bytes)-1]
		default:
			ts.Fatalf("record: there is no entry %q", words[0])
		}
	}
	st, err := sqlite.Open(ts.MkAbs(args[0]), sqlite.Options{})
	ts.Check(err)
	ts.Check(st.Prepare(context.Background(), st.Schema()))
	// Later than what the apps of scripts do, and each than the one before.
	id := value.NewIDs().At(time.Date(2030, 2, 1, 0, 0, int(recordedSeconds.Add(1)), 0, time.UTC))
	ts.Setenv(args[1], id.String())
	f := st.NewSession(id)
	if len(args) > 3 {
		err = f.Commit(w.Bytes)
		f.Abandon()
	} else {
		err = f.Finish(w.Bytes)
	}
	ts.Check(errors.Join(err, st.Close()))
}

var recordedSeconds atomic.Int32

func actionID(ts *testscript.TestScript, text string) (id journal.ActionID) {
	if text == "0" {
		return id
	}
	for i, part := range strings.Split(text, ".") {
		n, err := strconv.Atoi(part)
		ts.Check(err)
		*[]*uint32{&id.Firing, &id.Frame, &id.Line}[i] = uint32(n)
	}
	return id
}

// scribbled is the script command "scribble FILE": the second half of the file is
// overwritten.
func scribbled(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	for i := len(b) / 2; i < len(b); i++ {
		b[i] ^= 0x55
	}
	ts.Check(os.WriteFile(name, b, 0o600))
}

// cutOff is the script command "cut FROM TO N": TO gets FROM without its last N
// bytes.
func cutOff(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text[:len(text)-n]), 0o600))
}
