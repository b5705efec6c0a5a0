//go:build linux || darwin || freebsd

package main

import "golang.org/x/sys/unix"

// freeDisk returns the bytes that this user may still write where dir is.
func freeDisk(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(uint64(s.Bavail) * uint64(s.Bsize)), nil
}
