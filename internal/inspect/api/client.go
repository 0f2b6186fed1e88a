package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/value"
)

// Errors of Dial, besides those of the network.
var (
	ErrToken   = errors.New("it does not know the token")
	ErrNoApp   = errors.New("what answers there is not the inspector of an app, whose address the app prints as it starts, or of one that an older legible has built")
	ErrVersion = errors.New("it speaks another version of the inspector's interface")
)

// A Client asks the inspector of a running app. It has the methods of a store that
// read the journal.
type Client struct {
	Address string // "http://127.0.0.1:8001"
	Token   string
	App     App // what the app answered to Dial
	client  *http.Client
}

// Dial asks an app what it is. It returns the client even with an error.
func Dial(address, token string) (*Client, error) {
	c := &Client{Address: strings.TrimRight(address, "/"), Token: token, client: &http.Client{
		// The token is sent to the named address only.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := c.get(ctx, "app", &c.App)
	if err == nil && c.App.API != Version {
		err = ErrNoApp
	}
	return c, err
}

// Close closes idle connections.
func (c *Client) Close() error { c.client.CloseIdleConnections(); return nil }

// Journal returns the entries of a flow.
func (c *Client) Journal(ctx context.Context, id value.ID) ([]byte, error) {
	b, _, err := c.Flow(ctx, id)
	return b, err
}

// Flow returns the entries of a flow, and whether it is at rest.
func (c *Client) Flow(ctx context.Context, id value.ID) (record []byte, rested bool, err error) {
	var a Flow
	err = c.lost(c.get(ctx, "flows/"+id.String()+"?only=record", &a))
	return a.Record, a.Rested, err
}

// Flows returns the ids of flows, newest first: at most limit that are older than
// before, or the newest.
func (c *Client) Flows(ctx context.Context, before value.ID, limit int) ([]value.ID, error) {
	query := url.Values{"limit": {fmt.Sprint(limit)}}
	if before != value.Zero {
		query.Set("before", before.String())
	}
	var a Flows
	err := c.lost(c.get(ctx, "flows?"+query.Encode(), &a))
	return a.Flows, err
}

// Unfinished returns the ids of the flows that are not at rest.
func (c *Client) Unfinished(ctx context.Context) ([]value.ID, error) {
	var a Flows
	err := c.lost(c.get(ctx, "unfinished", &a))
	return a.Flows, err
}

// TurnedAway returns the requests that were turned away, newest first.
func (c *Client) TurnedAway(ctx context.Context) ([]history.TurnedAway, error) {
	var a Turned
	err := c.lost(c.get(ctx, "turned", &a))
	return a.Turned, err
}

// get asks for a part of the interface and reads its JSON into v.
func (c *Client) get(ctx context.Context, part string, v any) error {
	answer, err := c.ask(ctx, part)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(v); err != nil {
		return fmt.Errorf("reading what the app answered: %w", err)
	}
	return nil
}

// ask returns an answer with status 200, to be closed.
func (c *Client) ask(ctx context.Context, part string) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s/api/v%d/%s", c.Address, Version, part), nil)
	if err != nil {
		return nil, fmt.Errorf("asking the app: %w", err)
	}
	if c.Token != "" {
		q.Header.Set("Authorization", "Bearer "+c.Token)
	}
	answer, err := c.client.Do(q)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // the rest is the address, which is said elsewhere
		}
		return nil, err
	}
	if answer.StatusCode == http.StatusOK && (part == "live" || strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json")) {
		return answer, nil
	}
	defer answer.Body.Close()
	var problem Problem
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20)) // an unreadable answer is no Problem
	_ = json.Unmarshal(text, &problem)
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return nil, ErrToken
	case len(problem.Versions) > 0:
		return nil, ErrVersion
	case problem.Error != "" && part != "app":
		return nil, errors.New("the app says: " + problem.Error)
	}
	return nil, ErrNoApp
}

// lost adds the remedy to the error of an app that answered before and has ended.
func (c *Client) lost(err error) error {
	var failed interface{ Timeout() bool }
	if errors.As(err, &failed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the app at %s has ended (%w): read its store with --store, if it is on disk", c.Address, err)
	}
	return err
}
