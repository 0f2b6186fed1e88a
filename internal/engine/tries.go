package engine

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"time"
)

// Tries say how an effect action is run and retried. A zero field has a default. See
// legible.Tries.
type Tries struct {
	Timeout        time.Duration
	First, Longest time.Duration
	Total          time.Duration
	Most           int
}

// or returns t with the zero fields set from other.
func (t Tries) or(d Tries) Tries {
	fill := func(to *time.Duration, d time.Duration) {
		if *to <= 0 {
			*to = d
		}
	}
	fill(&t.Timeout, d.Timeout)
	fill(&t.First, d.First)
	fill(&t.Longest, d.Longest)
	fill(&t.Total, d.Total)
	if t.Most <= 0 {
		t.Most = d.Most
	}
	return t
}

var defaultTries = Tries{Timeout: 30 * time.Second, First: time.Second, Longest: 30 * time.Minute, Total: 24 * time.Hour, Most: 60}

// pause returns the time to wait after a number of tries. Its random part is derived
// from the action's key, so that the same journal gives the same times.
func (t *Tries) pause(key string, tries uint32) time.Duration {
	d := t.First
	for i := uint32(1); i < tries && d < t.Longest; i++ {
		d *= 2
	}
	d = min(d, t.Longest)
	h := fnv.New64a()
	h.Write(binary.LittleEndian.AppendUint32([]byte(key), tries))
	return d - time.Duration(h.Sum64()%1024)*(d/2)/1024
}

// Permanent returns an error of an effect action after which another try would not help:
// the action is parked at once. After any other error it is tried again.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

type permanent struct{ err error }

func (e *permanent) Error() string { return e.err.Error() }
func (e *permanent) Unwrap() error { return e.err }

// isPermanent reports whether there is no other try after an error.
func isPermanent(err error) bool {
	var p *permanent
	var panicked *panicError
	return errors.As(err, &p) || errors.As(err, &panicked) || errors.Is(err, errEffectState)
}
