package cli

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/inspect/api"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

const tokenVariable = "LEGIBLE_TOKEN"

// dialError adds the remedy to an error of api.Dial.
func dialError(c *api.Client, err error) error {
	at := "the app at " + c.Address
	switch {
	case errors.Is(err, api.ErrToken) && c.Token == "":
		return errors.New(at + " requires its token, which is at the end of the address that the app printed when it started: put it into " + tokenVariable + ", or into a file for --token-file")
	case errors.Is(err, api.ErrToken):
		return errors.New(at + " rejected this token: each start of the app makes a new one; copy it from the end of the address that the app printed")
	case errors.Is(err, api.ErrVersion):
		return fmt.Errorf("%s has another version of the interface of the inspector than this legible (%s): use the legible command of the version that the app was built with", at, version())
	case errors.Is(err, api.ErrNoApp):
		return fmt.Errorf("%s: %w", c.Address, err)
	}
	return fmt.Errorf("%s does not answer (%w): start the app, or name its store with --store to read its record", at, err)
}

// planOfApp makes the plan of the texts that an app runs.
func planOfApp(s Streams, c *api.Client) (*plan.Plan, error) {
	var trees []*syntax.File
	concepts := map[string]*syntax.File{}
	var findings []diag.Diagnostic
	for _, t := range c.App.Texts {
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
	program, ds := check.Check(trees, check.Options{Concept: func(name string) *syntax.File { return concepts[name] }})
	if err := broken(s.Err, diag.Sort(append(findings, ds...))); err != nil {
		fmt.Fprintf(s.Err, "legible: the app runs the same texts, so it was built with another version of legible (%s; this is %s)\n", c.App.Legible, version())
		return nil, err
	}
	return plan.Build(program), nil
}

// isAddress tells an app's address from a folder.
func isAddress(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// named gives the app whose address --app has, with the token that it ends in,
// or that of --token-file or the environment.
func (f *recordsFlags) named() (*api.Client, error) {
	u, err := url.Parse(f.app)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("--app %q is not an address: write http://127.0.0.1:PORT, as the app printed it", f.app)
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
	c, err := api.Dial(u.Scheme+"://"+u.Host, token)
	if err != nil {
		return nil, dialError(c, err)
	}
	return c, nil
}
