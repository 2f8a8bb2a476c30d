package servers

import "errors"

// attempts is how often a server is tried on another port: between the moment
// a port is found free and the moment the server takes it, another process may.
const attempts = 3

// retryPorts starts a server on a free port, and on another one when the
// process ended by itself. On failure it closes run.
func retryPorts(run *processes, bus bool, start func(port int) (*Server, error)) (*Server, error) {
	for attempt := 1; ; attempt++ {
		port, err := freePort(bus)
		if err != nil {
			return nil, errors.Join(err, run.close())
		}
		server, err := start(port)
		if err == nil {
			return server, nil
		}
		if attempt == attempts || run.trouble() == nil {
			return nil, errors.Join(err, run.close())
		}
		if stopped := run.stop(); stopped != nil {
			return nil, errors.Join(err, stopped, run.close())
		}
	}
}

// onFreePort starts a container on a free port, and removes it when that fails.
func onFreePort(start func(port int) (*Server, error)) (*Server, error) {
	port, err := freePort(true)
	if err != nil {
		return nil, err
	}
	server, err := start(port)
	if err != nil && server != nil {
		err = errors.Join(err, server.Close())
	}
	if err != nil {
		return nil, err
	}
	return server, nil
}
