//go:build !windows

package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// asOther makes a command run as a user that is not root, which PostgreSQL
// refuses to be, and returns that user the folder. It says why it cannot.
func asOther(folder string, cmd *exec.Cmd) (why string, err error) {
	cmd.Dir = folder
	if os.Getuid() != 0 {
		return "", nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 != nil || err2 != nil {
			continue
		}
		if err := os.Chown(folder, int(uid), int(gid)); err != nil {
			return "", err
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return "", nil
	}
	return "PostgreSQL does not run as root, and there is no user postgres or nobody", nil
}
