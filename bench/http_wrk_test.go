package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	nethttp "net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/store/sqlite"
)

// BenchmarkHTTPWrk is the login as wrk sees it, the load generator, in a process of
// its own on the same cores: 64 connections for five seconds a server. It is
// left out where wrk is not installed.
func BenchmarkHTTPWrk(b *testing.B) {
	if _, err := exec.LookPath("wrk"); err != nil {
		b.Skip("wrk is not installed, which sends the requests of this benchmark")
	}
	var base float64
	run := func(name string, h func(*testing.B) nethttp.Handler) {
		b.Run(name, func(b *testing.B) {
			rate, p99 := wrk(b, h(b))
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(rate, "req/s")
			b.ReportMetric(p99, "p99-ms")
			if name == "echo" {
				base = rate
			} else if base > 0 {
				b.ReportMetric(rate/base, "of-echo")
			}
		})
	}
	run("echo", func(*testing.B) nethttp.Handler { return nethttp.HandlerFunc(echo) })
	run("memory", func(b *testing.B) nethttp.Handler { return front(b, memory.New(memory.Options{})) })
	run("sqlite", func(b *testing.B) nethttp.Handler {
		st, err := sqlite.Open(filepath.Join(b.TempDir(), "bench.db"), sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return front(b, st)
	})
}

var (
	wrkRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	wrkP99  = regexp.MustCompile(`99%\s+([0-9.]+)(us|ms|s)`)
	wrkBad  = regexp.MustCompile(`(?m)^\s*(Socket errors|Non-2xx).*$`)
)

// wrk serves h to wrk and gives how many logins were answered a second, and
// within how many milliseconds 99 of 100 were.
func wrk(b *testing.B, h nethttp.Handler) (rate, p99 float64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Serve(ctx, l, h, host.Options{Log: slog.New(slog.DiscardHandler)}) }()
	script := filepath.Join(b.TempDir(), "login.lua")
	if err := os.WriteFile(script, []byte(`wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"username": "ann", "password": "correct horse"}'
`), 0o600); err != nil {
		b.Fatal(err)
	}
	said, err := exec.Command("wrk", "-t2", "-c64", "-d5s", "--latency", "-s", script,
		fmt.Sprintf("http://%s/auth/login", l.Addr())).CombinedOutput()
	stop()
	if ends := <-ended; ends != nil {
		b.Error(ends)
	}
	if err != nil || wrkBad.Match(said) {
		b.Fatalf("wrk: %v\n%s", err, said)
	}
	number := func(re *regexp.Regexp) []string {
		m := re.FindStringSubmatch(string(said))
		if m == nil {
			b.Fatalf("wrk says no %s:\n%s", re, said)
		}
		return m
	}
	parse := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	scale := map[string]float64{"us": 0.001, "ms": 1, "s": 1000}
	m := number(wrkP99)
	return parse(number(wrkRate)[1]), parse(m[1]) * scale[m[2]]
}
