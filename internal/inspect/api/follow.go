package api

import (
	"bufio"
	"context"
	"encoding/json"
	"strings"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/value"
)

// An Event is one of the live events: a flow that came to rest, a request that was
// turned away, or how many events were left out.
type Event struct {
	Flow       value.ID
	TurnedAway *history.TurnedAway
	Lost       int
}

// Follow sends what happens to a channel, which is closed when the app ends or ctx
// does.
func (c *Client) Follow(ctx context.Context) (<-chan Event, error) {
	answer, err := c.ask(ctx, "live")
	if err != nil {
		return nil, c.lost(err)
	}
	events := make(chan Event, 64)
	go func() {
		defer close(events)
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		kind := ""
		for lines.Scan() {
			name, rest, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				kind = rest
			case "data":
				if e, ok := eventOf(kind, []byte(rest)); ok {
					select {
					case events <- e:
					case <-ctx.Done():
						return
					}
				}
			}
		}
	}()
	return events, nil
}

// eventOf reads an event. Unknown ones are skipped.
func eventOf(kind string, data []byte) (Event, bool) {
	switch kind {
	case FlowEvent:
		var x FlowAtRest
		err := json.Unmarshal(data, &x)
		return Event{Flow: x.Flow}, err == nil
	case TurnedAwayEvent:
		x := &history.TurnedAway{}
		err := json.Unmarshal(data, x)
		return Event{TurnedAway: x}, err == nil
	case LostEvent:
		var x Lost
		err := json.Unmarshal(data, &x)
		return Event{Lost: int(x.Count)}, err == nil
	}
	return Event{}, false
}
