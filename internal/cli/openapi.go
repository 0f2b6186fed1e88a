package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/openapi"
)

func newOpenAPI(s Streams) *cobra.Command {
	var out string
	var opt openapi.Options
	cmd := &cobra.Command{
		Use:   "openapi [PATH]",
		Short: "Write an OpenAPI 3.1 document of a program",
		Long: `Openapi writes an OpenAPI 3.1 document of a program: each path with its parameters
and body, each answer with its schema, the refusals with their codes and sentences,
the answers of the runtime, and where credentials go. Everything is inferred from
the texts. A running app serves the same document at /openapi.json, and a page for
people at /docs.`,
		Example: "  legible openapi apps/focusreader --prefix /api -o openapi.json\n" +
			"  legible openapi | jq '.paths | keys'",
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			p, err := analyzed(s, paths, "a document describes one")
			if err != nil {
				return err
			}
			return written(s, out, openapi.Of(p, opt).Document())
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this file instead of stdout")
	cmd.Flags().StringVar(&opt.Prefix, "prefix", "", "the path below which the app is served, such as /api")
	cmd.Flags().StringVar(&opt.Version, "api-version", "", "the version of the API; the default is 1")
	cmd.Flags().BoolVar(&opt.Refusals200, "refusals-200", false, "the app answers refusals with status 200")
	return cmd
}

// written writes what a command makes to a file, or to stdout without one.
func written(s Streams, name string, text []byte) error {
	if name == "" {
		_, err := s.Out.Write(text)
		return err
	}
	if err := os.WriteFile(name, text, 0o666); err != nil {
		return fmt.Errorf("writing the document: %w", err)
	}
	fmt.Fprintf(s.Err, "wrote %s\n", name)
	return nil
}
