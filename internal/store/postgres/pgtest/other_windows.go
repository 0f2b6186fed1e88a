package pgtest

import "os/exec"

func asOther(folder string, cmd *exec.Cmd) (why string, err error) {
	cmd.Dir = folder
	return "", nil
}
