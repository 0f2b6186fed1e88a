package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// beginning is the time at which every scenario begins.
var beginning = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// A clock advances only when advance is called.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time of the scenario.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// duration parses "31 days", "1 week" or a duration in Go's format. It must not be
// negative.
func duration(text string) (time.Duration, error) {
	if n, unit, ok := strings.Cut(strings.TrimSpace(text), " "); ok {
		day := 24 * time.Hour
		each, known := map[string]time.Duration{"day": day, "days": day, "week": 7 * day, "weeks": 7 * day,
			"hour": time.Hour, "hours": time.Hour, "minute": time.Minute, "minutes": time.Minute,
			"second": time.Second, "seconds": time.Second}[strings.TrimSpace(unit)]
		if count, err := strconv.ParseUint(n, 10, 16); err == nil && known {
			if d := time.Duration(count) * each; d/each == time.Duration(count) {
				return d, nil
			}
		}
	} else if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("“%s” is not a duration: write it like “90m”, “36h”, “1 day” or “2 weeks”", text)
}
