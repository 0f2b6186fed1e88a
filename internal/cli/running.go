package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// spoken is the version of the inspector's interface that this file speaks.
const spoken = 1

// A running is an app that runs, asked through its inspector.
type running struct {
	address string // "http://127.0.0.1:8001"
	token   string
	client  *http.Client
	app     runningApp
}

// A runningApp is what the app says of itself.
type runningApp struct {
	API     int
	App     string
	Legible string
	Texts   []struct{ Name, Text string }
}

// A turned is a request that the app turned away before a flow.
type turned struct {
	Trace  string    `json:"trace"`
	Moment time.Time `json:"moment"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Reason string    `json:"reason"`
	id     value.ID
}

// What may be wrong with an address, besides what the network says.
var (
	errToken   = errors.New("it does not know the token")
	errNoApp   = errors.New("what answers there is not the inspector of an app, whose address the app prints as it starts, or of one that an older legible has built")
	errVersion = errors.New("it speaks another version of the inspector's interface")
)

// dial asks an app what it is.
func dial(address, token string) (*running, error) {
	r := &running{address: strings.TrimRight(address, "/"), token: token, client: &http.Client{
		// What the token is sent to is what was named, and nothing else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := r.get(ctx, "app", &r.app)
	if err == nil && r.app.API != spoken {
		err = errNoApp
	}
	return r, err
}

// get asks for a part of the interface and reads its JSON into v.
func (r *running) get(ctx context.Context, part string, v any) error {
	answer, err := r.ask(ctx, part)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(v); err != nil {
		return fmt.Errorf("reading what the app answered: %w", err)
	}
	return nil
}

// ask gives the answer to a question, to be closed, when it is one of 200.
func (r *running) ask(ctx context.Context, part string) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s/api/v%d/%s", r.address, spoken, part), nil)
	if err != nil {
		return nil, fmt.Errorf("asking the app: %w", err)
	}
	if r.token != "" {
		q.Header.Set("Authorization", "Bearer "+r.token)
	}
	answer, err := r.client.Do(q)
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
	var problem struct {
		Error    string
		Versions []int
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20)) // what cannot be read is no problem of ours
	_ = json.Unmarshal(text, &problem)
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return nil, errToken
	case len(problem.Versions) > 0:
		return nil, errVersion
	case problem.Error != "" && part != "app":
		return nil, errors.New("the app says: " + problem.Error)
	}
	return nil, errNoApp
}

// asked says of an error of dial what may be done about it.
func (r *running) asked(err error) error {
	at := "the app at " + r.address
	switch {
	case errors.Is(err, errToken) && r.token == "":
		return errors.New(at + " wants its token: it stands at the end of the address that the app printed as it started; put it into " + tokenVariable + ", or into a file for --token-file")
	case errors.Is(err, errToken):
		return errors.New(at + " does not take this token: it is another one after each start; take it from the end of the address that the app printed")
	case errors.Is(err, errVersion):
		return fmt.Errorf("%s speaks another version of the interface than this legible, %s: use the legible of the version that the app was built with", at, version())
	case errors.Is(err, errNoApp):
		return fmt.Errorf("%s: %w", r.address, err)
	}
	return fmt.Errorf("%s does not answer (%w): start it, or name its store with --store to read what it has left there", at, err)
}

const tokenVariable = "LEGIBLE_TOKEN"

// plan makes the plan of the texts that the app runs.
func (r *running) plan(s Streams) (*plan.Plan, error) {
	var trees []*syntax.File
	concepts := map[string]*syntax.File{}
	var findings []diag.Diagnostic
	for _, t := range r.app.Texts {
		tree, ds := syntax.Parse(source.NewFile(t.Name, t.Text))
		findings = append(findings, ds...)
		if len(tree.Concepts) == 0 {
			trees = append(trees, tree)
			continue
		}
		for _, c := range tree.Concepts {
			concepts[c.Name.Text] = tree
		}
	}
	program, ds := check.Check(trees, check.Options{Running: true, Concept: func(name string) *syntax.File { return concepts[name] }})
	if err := broken(s.Err, diag.Sort(append(findings, ds...))); err != nil {
		fmt.Fprintf(s.Err, "legible: these are the texts that the app runs, so it was built with another legible (%s; this is %s)\n", r.app.Legible, version())
		return nil, err
	}
	return plan.Build(program), nil
}

// Journal, Flows and Unfinished are those of a store.
func (r *running) Journal(ctx context.Context, id value.ID) ([]byte, error) {
	b, _, err := r.flow(ctx, id)
	return b, err
}

// flow gives the entries of a flow, and whether it has come to rest.
func (r *running) flow(ctx context.Context, id value.ID) ([]byte, bool, error) {
	var a struct {
		Rested bool
		Record []byte
	}
	if err := r.get(ctx, "flows/"+id.String()+"?only=record", &a); err != nil {
		return nil, false, r.lost(err)
	}
	return a.Record, a.Rested, nil
}

func (r *running) Flows(ctx context.Context, before value.ID, limit int) ([]value.ID, error) {
	query := url.Values{"limit": {fmt.Sprint(limit)}}
	if before != value.Zero {
		query.Set("before", before.String())
	}
	return r.ids(ctx, "flows?"+query.Encode())
}

func (r *running) Unfinished(ctx context.Context) ([]value.ID, error) {
	return r.ids(ctx, "unfinished")
}

func (r *running) Close() error { r.client.CloseIdleConnections(); return nil }

func (r *running) ids(ctx context.Context, part string) ([]value.ID, error) {
	var a struct{ Flows []string }
	if err := r.get(ctx, part, &a); err != nil {
		return nil, r.lost(err)
	}
	ids := make([]value.ID, len(a.Flows))
	for i, text := range a.Flows {
		id, err := value.ParseID(text)
		if err != nil {
			return nil, fmt.Errorf("reading what the app answered: %w", err)
		}
		ids[i] = id
	}
	return ids, nil
}

// turned gives the requests that were turned away, newest first.
func (r *running) turned(ctx context.Context) ([]turned, error) {
	var a struct{ Turned []turned }
	if err := r.get(ctx, "turned", &a); err != nil {
		return nil, r.lost(err)
	}
	for i := range a.Turned {
		var err error
		if a.Turned[i].id, err = value.ParseID(a.Turned[i].Trace); err != nil {
			return nil, fmt.Errorf("reading what the app answered: %w", err)
		}
	}
	return a.Turned, nil
}

// lost is the error for an app that answered before.
func (r *running) lost(err error) error {
	var failed interface{ Timeout() bool }
	if errors.As(err, &failed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the app at %s has ended (%w): read its store with --store, if it is on disk", r.address, err)
	}
	return err
}

// A told is one event of the live tail: a flow that came to rest, a request
// that was turned away, or how many of both came too fast to be told.
type told struct {
	flow   value.ID
	turned *turned
	lost   int
}

// listen begins to follow the app. Each event is given to the channel, which is
// closed when the app ends or ctx does.
func (r *running) listen(ctx context.Context) (<-chan told, error) {
	answer, err := r.ask(ctx, "live")
	if err != nil {
		return nil, r.lost(err)
	}
	events := make(chan told, 64)
	go func() {
		defer close(events)
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		event := ""
		for lines.Scan() {
			name, rest, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				event = rest
			case "data":
				if t, ok := tellingOf(event, []byte(rest)); ok {
					select {
					case events <- t:
					case <-ctx.Done():
						return
					}
				}
			}
		}
	}()
	return events, nil
}

// tellingOf reads an event. One that is not known is passed over.
func tellingOf(event string, data []byte) (told, bool) {
	switch event {
	case "flow":
		var x struct{ Flow string }
		if json.Unmarshal(data, &x) != nil {
			return told{}, false
		}
		id, err := value.ParseID(x.Flow)
		return told{flow: id}, err == nil
	case "turned":
		x := &turned{}
		if json.Unmarshal(data, x) != nil {
			return told{}, false
		}
		var err error
		x.id, err = value.ParseID(x.Trace)
		return told{turned: x}, err == nil
	case "lost":
		var x struct{ Count int }
		err := json.Unmarshal(data, &x)
		return told{lost: x.Count}, err == nil
	}
	return told{}, false
}

// isAddress tells an app's address from a folder.
func isAddress(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// named gives the app whose address --app has, with the token that it ends in,
// or that of --token-file or the environment.
func (f *recordsFlags) named() (*running, error) {
	u, err := url.Parse(f.app)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("--app %q is no address: write http://127.0.0.1:PORT, as the app printed it", f.app)
	}
	token := os.Getenv(tokenVariable)
	if f.tokenFile != "" {
		text, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		token = strings.TrimSpace(string(text))
	} else if t := u.Query().Get("token"); t != "" {
		token = t
	}
	r, err := dial(u.Scheme+"://"+u.Host, token)
	if err != nil {
		return nil, r.asked(err)
	}
	return r, nil
}
