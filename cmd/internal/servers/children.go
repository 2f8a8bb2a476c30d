package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// childrenOf lists the direct children of a process, from /proc where there is
// one and from ps elsewhere.
func childrenOf(pid int) ([]int, error) {
	if stats, _ := filepath.Glob("/proc/[0-9]*/stat"); len(stats) > 0 {
		return childrenInProc(pid, stats), nil
	}
	ps := exec.Command("ps", "-A", "-o", "pid=,ppid=")
	out, err := ps.Output()
	if err != nil {
		return nil, fmt.Errorf("list of processes: %w", err)
	}
	return slices.DeleteFunc(childrenInList(pid, string(out)), func(child int) bool {
		return child == ps.Process.Pid // it lists itself
	}), nil
}

// childrenInProc reads /proc/<pid>/stat files: pid, (command), state, parent.
// The command may hold spaces and parentheses, so what follows the last one
// counts.
func childrenInProc(pid int, stats []string) []int {
	var list strings.Builder
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended since
		}
		line := string(text)
		after := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
		if len(after) < 2 {
			continue
		}
		fmt.Fprintf(&list, "%s %s\n", filepath.Base(filepath.Dir(stat)), after[1])
	}
	return childrenInList(pid, list.String())
}

// childrenInList reads lines of a process id and its parent's.
func childrenInList(pid int, list string) []int {
	var children []int
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		if child, err := strconv.Atoi(fields[0]); err == nil {
			children = append(children, child)
		}
	}
	return children
}
