//go:build unix

package main

import (
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	crashSeed = flag.Uint64("seed", 0, "what the crash tests choose by: the seed that a failing run has printed; 0 picks one")
	kills     = flag.Int("kills", 200, "how often the crash test kills the server")
)

// seeded gives the source of what a crash test chooses, and says how to have
// the same choices again.
func seeded(t *testing.T) uint64 {
	t.Helper()
	seed := *crashSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("again with: go test ./apps/focusreader -run '^%s$' -seed %d", t.Name(), seed)
	return seed
}

// TestCrash kills the server in the midst of the work of several readers, again
// and again on the same files, and wants after each restart: what a reader was
// told is still true; nothing was done twice or by half; and state and record
// say the same. One server is the binary as it is; the other's actions take
// their time, so that a crash finds flows that are half done.
func TestCrash(t *testing.T) {
	t.Parallel()
	count := *kills
	var binary string
	if testing.Short() {
		count = 2 // only of the slow one: the binary is not built
	} else {
		binary = build(t)
	}
	seed := seeded(t)
	for h, how := range []string{"slow", "binary"} {
		if how == "binary" && testing.Short() {
			break
		}
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, uint64(h)))
			dir := t.TempDir()
			c := &crash{t: t, dir: dir, out: &output{}, rng: rng, audit: newAudit(t), binary: binary,
				open: func() keptStore { return openKept(t, filepath.Join(dir, "focusreader.db")) }}
			rounds := count / 4
			if how == "slow" {
				c.binary, c.slow, rounds = os.Args[0], true, count-count/4
			}
			for i := range 12 {
				c.readers = append(c.readers, newBookworm(rng, h, i))
			}
			for round := range rounds {
				c.round(round)
				if t.Failed() {
					t.Fatalf("in round %d; what the server said:\n%s", round, tail(c.out.bytes()))
				}
			}
			c.report()
			if c.slow && c.recovered == 0 && rounds >= 10 {
				t.Error("no crash has left a flow half done: the test does not test recovery")
			}
		})
	}
}

// A crash is one server that is killed again and again.
type crash struct {
	t       *testing.T
	binary  string
	slow    bool // the binary is that of this test, with slow actions
	dir     string
	out     *output
	rng     *rand.Rand
	readers []*bookworm
	audit   *audit
	open    func() keptStore

	answers, unsure, recovered int
}

// round starts the server, holds it against all that is known, lets the readers
// work and kills it.
func (c *crash) round(n int) {
	if n > 0 && c.rng.IntN(8) == 0 {
		// What a crash has left is cleared up by a start that crashes, too.
		cmd := c.command()
		if err := cmd.Start(); err != nil {
			c.t.Fatal(err)
		}
		time.Sleep(time.Duration(c.rng.IntN(60)) * time.Millisecond)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
	}
	before := len(c.out.bytes())
	p := c.start()
	c.recovered += strings.Count(string(c.out.bytes()[before:]), "resumed flow")
	c.check(p.base)
	if c.t.Failed() {
		p.Kill()
		return
	}
	c.work(p.base, time.Duration(20+c.rng.IntN(280))*time.Millisecond, p.Kill)
}

// check holds a server without load against what its readers were told, and its
// record against its state.
func (c *crash) check(base string) {
	var all sync.WaitGroup
	for _, r := range c.readers {
		all.Go(func() { r.check(c.t, base) })
	}
	all.Wait()
	c.audit.hold(c.t, c.open(), c.readers)
}

// work lets the readers work for a while, and kills the server under them.
func (c *crash) work(base string, while time.Duration, kill func()) {
	var all sync.WaitGroup
	stop := make(chan struct{})
	for _, r := range c.readers {
		all.Go(func() { r.work(c.t, base, stop) })
	}
	time.Sleep(while)
	kill()
	close(stop)
	all.Wait()
	for _, r := range c.readers {
		c.answers += r.answers
		r.answers = 0
		if r.pending != nil {
			c.unsure++
		}
	}
}

// report says how much was tried, and fails when it was nothing.
func (c *crash) report() {
	c.t.Logf("%d answers; %d requests were under way at a crash; %d flows were gone on with; %d flows were audited",
		c.answers, c.unsure, c.recovered, c.audit.flows)
	if c.answers == 0 || c.unsure == 0 || c.audit.flows == 0 {
		c.t.Error("nothing was tried: the test tests nothing")
	}
}

// A server is a process that a crash test kills.
type server struct {
	base string
	cmd  *exec.Cmd
}

// Kill ends the server as a crash does.
func (s *server) Kill() {
	s.cmd.Process.Signal(syscall.SIGKILL)
	s.cmd.Wait() // the error says that it was killed
}

// generous adds flags that let one address try as much as tests do.
func generous(flags ...string) []string {
	for _, limit := range []string{"--limit-name", "--limit-address", "--limit-accounts"} {
		flags = append(flags, limit, "1000000/1s")
	}
	return flags
}

// command is the server, not yet started.
func (c *crash) command(args ...string) *exec.Cmd {
	cmd := exec.Command(c.binary, append(generous("--addr", "127.0.0.1:0", "--inspect", "none"), args...)...)
	cmd.Dir, cmd.Stderr = c.dir, c.out
	if c.slow {
		cmd.Env = append(os.Environ(), crashChild+"=1")
	}
	return cmd
}

// start starts the server and waits until it listens.
func (c *crash) start(args ...string) *server {
	c.t.Helper()
	cmd := c.command(args...)
	c.t.Cleanup(func() { end(cmd) })
	base, err := launch(cmd)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, tail(c.out.bytes()))
	}
	return &server{base + prefix, cmd}
}

// tail is the end of what was printed.
func tail(b []byte) string {
	return string(b[max(0, len(b)-4000):])
}
