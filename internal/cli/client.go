package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/client"
	"github.com/legible-lang/legible/internal/openapi"
)

func newClient(s Streams) *cobra.Command {
	var language, out string
	var opt client.Options
	cmd := &cobra.Command{
		Use:   "client [PATH]",
		Short: "Write a typed client of a program",
		Long: `Client writes code that calls a program over HTTP: one file that needs only fetch,
with a method for each route. The types are inferred from the program: each concept
has its own type of identity, optional inputs are optional, and the result of a
method lists the refusals of its route. See docs/howto/client.md.`,
		Example: "  legible client apps/focusreader --lang ts -o web/focusreader.ts",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			if err := knownLanguage(language); err != nil {
				return err
			}
			p, err := analyzed(s, paths, "a client belongs to one")
			if err != nil {
				return err
			}
			text, err := client.Write(language, openapi.Of(p, openapi.Options{}), opt)
			if err != nil {
				return err
			}
			return written(s, out, text)
		},
	}
	cmd.Flags().StringVar(&language, "lang", "", "the language of the client: "+strings.Join(client.Languages(), ", "))
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this file instead of stdout")
	cmd.Flags().StringVar(&opt.Name, "name", "", "the name of the client's class; the default is the name of the app")
	return cmd
}

// knownLanguage says which languages there are where it was asked for none of
// them.
func knownLanguage(language string) error {
	known := client.Languages()
	for _, l := range known {
		if l == language {
			return nil
		}
	}
	list := strings.Join(known, ", ")
	if language == "" {
		return fmt.Errorf("the language of the client is missing: set --lang to one of: %s", list)
	}
	switch strings.ToLower(language) {
	case "typescript", "javascript", "js", "tsx":
		return fmt.Errorf("there is no client in %q; did you mean --lang ts?", language)
	}
	return fmt.Errorf("there is no client in %q; --lang is one of: %s", language, list)
}
