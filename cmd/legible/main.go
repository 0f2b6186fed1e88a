// Command legible checks, formats and explains programs made of concepts and
// synchronizations. Its work is that of package cli.
package main

import (
	"os"

	"github.com/legible-lang/legible/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
