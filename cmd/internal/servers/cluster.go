package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/redis/rueidis"
)

const (
	clusterNodes = 3
	clusterSlots = 16384
)

func openRedisCluster(ctx context.Context, from source) (*Server, error) {
	switch {
	case from.given != "":
		return useGiven(ctx, RedisClusterVariable, from.given, clusterIsWhole(strings.Split(from.given, ",")))
	case from.docker:
		return dockerCluster(ctx, thisHost())
	default:
		return localCluster(ctx, from.local)
	}
}

func localCluster(ctx context.Context, program string) (*Server, error) {
	run, err := newRedisProcesses(program, "node1", "node2", "node3")
	if err != nil {
		return nil, err
	}
	return retryPorts(run, true, func(first int) (*Server, error) {
		ports, err := clusterPorts(first)
		if err != nil {
			return nil, err
		}
		for i, p := range run.list {
			// What a node remembers of an earlier attempt names other ports.
			if err := os.RemoveAll(run.dir + "/" + clusterFile(ports[i])); err != nil {
				return nil, err
			}
			p.args = append(redisArgs(run.dir, ports[i]), clusterArgs(ports[i])...)
		}
		return newCluster(ctx, ports, run)
	})
}

// dockerCluster runs all three nodes in one container: there they reach each
// other at 127.0.0.1, under the same ports as clients reach them from outside.
func dockerCluster(ctx context.Context, h host) (*Server, error) {
	return onFreePort(func(first int) (*Server, error) {
		ports, err := clusterPorts(first)
		if err != nil {
			return nil, err
		}
		var publish, commands []string
		for _, port := range ports {
			publish = append(publish, "--publish", loopback(port)+":"+strconv.Itoa(port))
			commands = append(commands, "redis-server --bind 0.0.0.0 --protected-mode no --save '' --appendonly no --port "+
				strconv.Itoa(port)+" "+strings.Join(clusterArgs(port), " ")+" --cluster-announce-ip 127.0.0.1")
		}
		script := strings.Join(commands, " & ") + " & wait"
		run, err := newContainer(h, "redis-cluster", append(publish, redisImage, "sh", "-c", script)...)
		if err != nil {
			return nil, err
		}
		return newCluster(ctx, ports, run)
	})
}

func clusterPorts(first int) ([]int, error) {
	ports := []int{first}
	for len(ports) < clusterNodes {
		port, err := freePort(true)
		if err != nil {
			return nil, err
		}
		if port != ports[0] && port != ports[len(ports)-1] {
			ports = append(ports, port)
		}
	}
	return ports, nil
}

func clusterArgs(port int) []string {
	return []string{"--cluster-enabled", "yes", "--cluster-config-file", clusterFile(port), "--cluster-node-timeout", "2000"}
}

func clusterFile(port int) string { return "nodes-" + strconv.Itoa(port) + ".conf" }

// newCluster starts the nodes, makes them a cluster, and waits until it is
// whole.
func newCluster(ctx context.Context, ports []int, run runner) (*Server, error) {
	var nodes []string
	for _, port := range ports {
		nodes = append(nodes, loopback(port))
	}
	s := &Server{address: strings.Join(nodes, ","), runner: run}
	s.ready = func(ctx context.Context) error {
		for _, node := range nodes {
			if err := answersPing("redis://" + node)(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.begin(ctx); err != nil {
		return s, err
	}
	if err := joinNodes(ctx, nodes); err != nil {
		return s, err
	}
	// From here on, also after a stop and a start, being ready is being whole.
	s.ready = clusterIsWhole(nodes)
	return s, s.settle(ctx)
}

// joinNodes gives every node its third of the slots and introduces them.
func joinNodes(ctx context.Context, nodes []string) error {
	for i, node := range nodes {
		err := onNode(node, func(c rueidis.Client) error {
			commands := []rueidis.Completed{
				c.B().Arbitrary("CLUSTER", "ADDSLOTS").Args(slotsOf(i)...).Build(),
				// Told apart before they meet, they need not settle who is newer.
				c.B().Arbitrary("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)).Build(),
			}
			if i > 0 {
				host, port, err := net.SplitHostPort(nodes[0])
				if err != nil {
					return err
				}
				commands = append(commands, c.B().Arbitrary("CLUSTER", "MEET", host, port).Build())
			}
			var err error
			for _, answer := range c.DoMulti(ctx, commands...) {
				err = errors.Join(err, answer.Error())
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("redis cluster: %w", err)
		}
	}
	return nil
}

// slotsOf lists the hash slots of one node: even shares, in order.
func slotsOf(node int) []string {
	var slots []string
	for slot := node * clusterSlots / clusterNodes; slot < (node+1)*clusterSlots/clusterNodes; slot++ {
		slots = append(slots, strconv.Itoa(slot))
	}
	return slots
}

// clusterIsWhole is the readiness of a cluster: every node knows all slots and
// calls the state ok.
func clusterIsWhole(nodes []string) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, node := range nodes {
			err := onNode(node, func(c rueidis.Client) error {
				info, err := c.Do(ctx, c.B().ClusterInfo().Build()).ToString()
				if err != nil {
					return err
				}
				if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_slots_assigned:16384") {
					return fmt.Errorf("node %s does not see a whole cluster: %s", node, strings.Join(strings.Fields(info)[:2], " "))
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func onNode(node string, use func(rueidis.Client) error) error {
	return withRedis(rueidis.ClientOption{InitAddress: []string{node}}, use)
}
