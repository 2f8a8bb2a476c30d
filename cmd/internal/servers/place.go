package servers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// roomInMemory is the free space /dev/shm must have before data is put there.
const roomInMemory = 2 << 30

// newDir makes an empty directory for a server's data, in memory when there is
// room, that belongs to owner (nil: to this process's user).
func newDir(name string, owner *syscall.Credential) (string, error) {
	var errs error
	for _, parent := range []string{"/dev/shm", os.TempDir(), "/tmp", "/var/tmp"} {
		if parent == "/dev/shm" && freeBytes(parent) < roomInMemory {
			continue
		}
		if owner != nil && !openToAll(parent) {
			errs = errors.Join(errs, fmt.Errorf("%s is closed to the user who runs the server", parent))
			continue
		}
		dir, err := os.MkdirTemp(parent, "plinto-"+name+"-")
		if err == nil && owner != nil {
			err = os.Chown(dir, int(owner.Uid), int(owner.Gid))
		}
		if err == nil {
			return dir, nil
		}
		errs = errors.Join(errs, err)
	}
	return "", fmt.Errorf("no place for the data of %s: %w", name, errs)
}

func freeBytes(dir string) uint64 {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize)
}

// openToAll tells whether every user can pass through a directory and all above
// it.
func openToAll(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

// ordinaryUser returns who shall run servers: nil, this user, unless that is
// root, which PostgreSQL refuses.
func ordinaryUser(root bool, lookup func(string) (*user.User, error)) (*syscall.Credential, error) {
	if !root {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")
}

// freePort finds a port on which nothing listens, and for cluster nodes one
// whose bus port, ten thousand above, is free as well. It stays below the
// ports that kernels give to outgoing connections, so that a stopped server
// finds its port free when it starts again.
func freePort(bus bool) (int, error) {
	for range 200 {
		port := 10240 + rand.IntN(12000)
		if portIsFree(port) && (!bus || portIsFree(port+10000)) {
			return port, nil
		}
	}
	return 0, errors.New("no free port on 127.0.0.1 between 10240 and 22240")
}

func portIsFree(port int) bool {
	l, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
