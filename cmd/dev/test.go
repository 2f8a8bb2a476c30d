package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/plinto/plinto/cmd/dev/internal/testlog"
	"github.com/plinto/plinto/cmd/internal/servers"
)

const testHelp = `Starts throw-away PostgreSQL and Redis servers (see PLINTO_TEST_POSTGRES,
PLINTO_TEST_REDIS and PLINTO_TEST_REDIS_CLUSTER to use others), finds the
PKCS #11 module of SoftHSM (PLINTO_TEST_PKCS11 names another), fetches the
clients that tests drive with Node.js (see PLINTO_TEST_NODE to use what is there), runs
go vet and go test with the race detector and in random order, tells the
coverage by layer, and stops the servers. Packages default to ./... . A test
that is skipped counts as a failure, and so does a run in which no test ran. The
last line is "N passed, N failed, N skipped", which counts subtests too.`

// testOptions is what `dev test` was asked for.
type testOptions struct {
	packages     []string
	run          string
	bench        bool
	benchtime    string
	race         bool
	cover        bool
	coverprofile string
	shuffle      string
	timeout      time.Duration
	verbose      bool
	servers      bool
}

// cgo tells whether the tests take a C compiler: the race detector links with
// it, and the way to a PKCS #11 module is in C.
func (o testOptions) cgo() bool { return o.race || o.servers }

func parseTest(args []string, errOut io.Writer) (testOptions, error) {
	var o testOptions
	flags := newFlags(errOut, "test [packages] [flags]", testHelp)
	flags.StringVar(&o.run, "run", "", "only tests (or with -bench benchmarks) that match the `expression`; tells no coverage")
	flags.BoolVar(&o.bench, "bench", false, "run the benchmarks instead of the tests, without the race detector")
	flags.StringVar(&o.benchtime, "benchtime", "1x", "how `long` each benchmark runs, as a time or a count such as 1x")
	flags.BoolVar(&o.race, "race", true, "use the race detector")
	flags.BoolVar(&o.cover, "cover", true, "measure the coverage")
	flags.StringVar(&o.coverprofile, "coverprofile", "", "keep the coverage profile in `file`")
	flags.StringVar(&o.shuffle, "shuffle", "on", "the order of the tests: on, off or the `number` a failed run has told")
	flags.DurationVar(&o.timeout, "timeout", 20*time.Minute, "how long one package may take")
	flags.BoolVar(&o.verbose, "v", false, "print every test")
	flags.BoolVar(&o.servers, "servers", true, "start the servers, find the PKCS #11 module and fetch the clients of tests")
	packages, err := parse(flags, args)
	if err != nil {
		return o, err
	}
	o.packages = packages
	if len(packages) == 0 {
		o.packages = []string{"./..."}
	}
	if o.bench {
		o.race = false
	}
	if o.bench || o.run != "" {
		o.cover = false
	}
	return o, nil
}

// test runs everything and tells how it went. What the tests say decides the
// exit code, and what vet says when the tests find nothing.
func test(ctx context.Context, args []string, out, errOut io.Writer) error {
	o, err := parseTest(args, errOut)
	if err != nil {
		return err
	}
	if o.cgo() {
		if err := needCompiler(ctx, out, servers.InstallPackages); err != nil {
			return err
		}
	}
	if err := needShell(ctx, out, servers.InstallPackages, o.packages); err != nil {
		return err
	}
	if !o.servers {
		return testIn(ctx, o, nil, out, errOut)
	}
	path, err := needModule(ctx, out, servers.InstallPackages, findModule, o.packages)
	if err != nil {
		return err
	}
	return withNode(ctx, out, servers.InstallPackages, o.packages, func(environ []string) error {
		if path != "" {
			environ = append(environ, moduleVariable+"="+path)
		}
		return testIn(ctx, o, environ, out, errOut)
	})
}

// testIn runs everything in an environment that holds environ as well.
func testIn(ctx context.Context, o testOptions, environ []string, out, errOut io.Writer) error {
	set, vetted, err := prepare(ctx, o, out)
	if err != nil {
		return err
	}
	summary, err := runTests(ctx, o, append(environ, set.Environ()...), out, errOut)
	if stopped := set.Stop(); stopped != nil {
		fmt.Fprintf(out, "stopping the servers: %v\n", stopped)
	}
	summary.Faults(out)
	if !vetted {
		fmt.Fprintln(out, "\ngo vet failed, see above")
	}
	fmt.Fprintf(out, "\n%s\n", summary)
	return verdict(summary, vetted, err)
}

// verdict turns the outcome into the error of the command.
func verdict(s testlog.Summary, vetted bool, err error) error {
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed) && failed.ExitCode() > 0:
		return exit(failed.ExitCode())
	case err != nil:
		return err
	case !vetted, s.Failed > 0, s.Skipped > 0:
		return exit(1)
	case s.Passed == 0:
		return errors.New("no test ran")
	}
	return nil
}

// prepare starts the servers, which mostly wait, while vet computes.
func prepare(ctx context.Context, o testOptions, out io.Writer) (set *servers.Set, vetted bool, err error) {
	begun := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		set, err = servers.Start(ctx, servers.Wanted{Postgres: o.servers, Redis: o.servers, RedisCluster: o.servers, Notes: out})
	}()
	vetBegun := time.Now()
	_, vetErr := output(ctx, "", nil, "go", append([]string{"vet"}, o.packages...)...)
	vetTook := time.Since(vetBegun)
	<-done
	if err != nil {
		return nil, false, err
	}
	if ctx.Err() != nil {
		return nil, false, errors.Join(context.Cause(ctx), set.Stop())
	}
	if o.servers {
		fmt.Fprintf(out, "ok      %-34s %24.2fs\n", "servers", time.Since(begun).Seconds())
	}
	if vetErr != nil {
		fmt.Fprintf(out, "FAIL    go vet\n%v\n", vetErr)
	} else {
		fmt.Fprintf(out, "ok      %-34s %24.2fs\n", "go vet", vetTook.Seconds())
	}
	return set, vetErr == nil, nil
}

// runTests runs `go test` and prints what its events tell, the coverage and
// the slowest packages.
func runTests(ctx context.Context, o testOptions, environ []string, out, errOut io.Writer) (testlog.Summary, error) {
	temp, err := os.MkdirTemp("", "plinto-test-")
	if err != nil {
		return testlog.Summary{}, err
	}
	defer os.RemoveAll(temp)
	profile := o.coverprofile
	if profile == "" {
		profile = filepath.Join(temp, "cover.out")
	}
	args, err := testArgs(ctx, o, profile)
	if err != nil {
		return testlog.Summary{}, err
	}
	if o.cgo() {
		environ = append(environ, "CGO_ENABLED=1")
	}
	summary, err := goTest(ctx, args, environ, testlog.New(out, module, o.verbose), errOut)
	if ctx.Err() != nil {
		return summary, err
	}
	if o.cover {
		if covErr := printCoverage(out, profile); covErr != nil {
			err = errors.Join(err, covErr)
		}
	}
	if slowest := summary.Slowest(5); len(slowest) > 1 {
		fmt.Fprintln(out, "\nslowest:")
		for _, p := range slowest {
			fmt.Fprintf(out, "  %-38s %6.2fs\n", p.Name, p.Seconds)
		}
	}
	return summary, err
}
