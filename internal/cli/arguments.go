package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// tellArguments has a command and those below it say in our words what they take,
// where the library would only count. Its errors have no type of their own, so
// they are known by their words.
func tellArguments(cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		tellArguments(below)
	}
	valid := cmd.Args
	if valid == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := valid(cmd, args)
		if err == nil || !strings.Contains(err.Error(), "arg(s)") && !strings.HasPrefix(err.Error(), "unknown command") {
			return err
		}
		return argumentsError(cmd, args)
	}
}

// argumentsError says what a command takes and what it got, with an example.
func argumentsError(cmd *cobra.Command, args []string) error {
	got := "nothing"
	if len(args) > 0 {
		got = strings.Join(args, " ")
	}
	_, takes, some := strings.Cut(cmd.Use, " ")
	if !some {
		return fmt.Errorf("%s takes no arguments; it got %s", cmd.CommandPath(), got)
	}
	example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
	if example != "" {
		example = "; for example: " + example
	}
	return fmt.Errorf("%s takes %s; it got %s%s", cmd.CommandPath(), takes, got, example)
}
