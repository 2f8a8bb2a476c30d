package servers

import (
	"context"
	"errors"
	"os/user"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// machine describes a machine to search: its programs by path, what each
// command line does, and who asks.
type machine struct {
	environ  map[string]string
	programs []string          // absolute paths; those in /bin are on PATH
	links    map[string]string // symbolic links
	answers  map[string]string // command line to its output; others fail
	becomes  map[string][]string
	root     bool
	ran      []string
}

func (m *machine) host() host {
	return host{
		getenv: func(name string) string { return m.environ[name] },
		lookPath: func(program string) (string, error) {
			if !strings.Contains(program, "/") {
				program = "/bin/" + program
			}
			if slices.Contains(m.programs, program) {
				return program, nil
			}
			return "", errors.New("not found")
		},
		resolve: func(path string) (string, error) {
			if to, ok := m.links[path]; ok {
				return to, nil
			}
			return path, nil
		},
		glob: func(pattern string) []string {
			var dirs []string
			for _, p := range m.programs {
				if ok, _ := path.Match(pattern, path.Dir(p)); ok && !slices.Contains(dirs, path.Dir(p)) {
					dirs = append(dirs, path.Dir(p))
				}
			}
			return dirs
		},
		run: func(_ context.Context, program string, args ...string) (string, error) {
			line := strings.Join(append([]string{program}, args...), " ")
			m.ran = append(m.ran, line)
			m.programs = append(m.programs, m.becomes[line]...)
			out, ok := m.answers[line]
			if !ok {
				return "", errors.New(line + ": exit status 1")
			}
			return out, nil
		},
		root: m.root,
	}
}

func (m *machine) plan(t *testing.T, kinds ...kind) (map[kind]source, error) {
	t.Helper()
	return m.host().plan(t.Context(), kinds, true, notes(nil))
}

func TestPostgresProgramsOrder(t *testing.T) {
	both := func(dir string) []string { return []string{dir + "/initdb", dir + "/postgres"} }
	for name, c := range map[string]struct {
		machine machine
		want    string
	}{
		"nothing":                       {machine{}, ""},
		"on PATH":                       {machine{programs: both("/bin")}, "/bin"},
		"a link on PATH is followed":    {machine{programs: append(both("/bin"), both("/opt/pg")...), links: map[string]string{"/bin/initdb": "/opt/pg/initdb"}}, "/opt/pg"},
		"a link that leads to one only": {machine{programs: append(both("/bin"), "/opt/pg/initdb"), links: map[string]string{"/bin/initdb": "/opt/pg/initdb"}}, "/bin"},
		"versioned before PATH":         {machine{programs: append(both("/bin"), both("/usr/lib/postgresql/15/bin")...)}, "/usr/lib/postgresql/15/bin"},
		"the newest, by number":         {machine{programs: append(both("/usr/lib/postgresql/9.6/bin"), both("/usr/lib/postgresql/15/bin")...)}, "/usr/lib/postgresql/15/bin"},
		"the newest that is whole":      {machine{programs: append(both("/usr/lib/postgresql/15/bin"), "/usr/lib/postgresql/17/bin/postgres")}, "/usr/lib/postgresql/15/bin"},
		"initdb alone":                  {machine{programs: []string{"/bin/initdb"}}, ""},
		"by pg_config":                  {machine{programs: both("/opt/pg/bin"), answers: map[string]string{"pg_config --bindir": "/opt/pg/bin\n"}}, "/opt/pg/bin"},
		"pg_config without a server":    {machine{answers: map[string]string{"pg_config --bindir": "/opt/pg/bin\n"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, c.machine.host().postgresPrograms(t.Context()))
		})
	}
}

const install = "apt-get install -y --no-install-recommends "

func TestPlanPrefersAddresses(t *testing.T) {
	m := machine{
		environ:  map[string]string{PostgresVariable: "postgres://db", RedisVariable: "redis://cache"},
		programs: []string{"/bin/initdb", "/bin/postgres", "/bin/redis-server"},
	}
	found, err := m.plan(t, postgres, redis, redisCluster)
	require.NoError(t, err)
	require.Equal(t, map[kind]source{
		postgres:     {given: "postgres://db"},
		redis:        {given: "redis://cache"},
		redisCluster: {local: "/bin/redis-server"},
	}, found)

	found, err = m.host().plan(t.Context(), []kind{postgres}, false, notes(nil))
	require.NoError(t, err)
	require.Equal(t, map[kind]source{postgres: {local: "/bin"}}, found, "a server of one's own ignores them")
}

func TestPlanInstallsWhatIsMissingAtOnce(t *testing.T) {
	line := install + "postgresql redis-server"
	m := machine{
		root:     true,
		programs: []string{"/bin/apt-get"},
		answers:  map[string]string{line: ""},
		becomes:  map[string][]string{line: {"/usr/lib/postgresql/17/bin/initdb", "/usr/lib/postgresql/17/bin/postgres", "/bin/redis-server"}},
	}
	var told strings.Builder
	found, err := m.host().plan(t.Context(), []kind{postgres, redis, redisCluster}, true, notes(&told))
	require.NoError(t, err)
	require.Equal(t, map[kind]source{
		postgres:     {local: "/usr/lib/postgresql/17/bin"},
		redis:        {local: "/bin/redis-server"},
		redisCluster: {local: "/bin/redis-server"},
	}, found)
	require.Equal(t, "installing postgresql, redis-server with apt-get\n", told.String())
	require.NotContains(t, m.ran, "apt-get update")
}

func TestPlanRefreshesPackageListsOnlyAfterAFailure(t *testing.T) {
	m := machine{root: true, programs: []string{"/bin/apt-get", "/bin/docker"}, answers: map[string]string{"apt-get update": "", "docker info": ""}}
	_, err := m.plan(t, redis)
	require.NoError(t, err)
	require.Equal(t, []string{install + "redis-server", "apt-get update", install + "redis-server", "docker info"}, m.ran)
}

func TestPlanFallsBackToDocker(t *testing.T) {
	m := machine{programs: []string{"/bin/apt-get", "/bin/docker", "/bin/redis-server"}, answers: map[string]string{"docker info": "Server: 28"}}
	found, err := m.plan(t, postgres, redis)
	require.NoError(t, err)
	require.Equal(t, map[kind]source{postgres: {docker: true}, redis: {local: "/bin/redis-server"}}, found)
	require.NotContains(t, strings.Join(m.ran, "\n"), "apt-get", "only root may install")
}

func TestPlanSaysWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		machine machine
		reasons []string
	}{
		"bare":                {machine{}, []string{"there is no apt-get", "there is no docker command"}},
		"not root":            {machine{programs: []string{"/bin/apt-get", "/bin/docker"}}, []string{"that takes root", "its daemon does not answer"}},
		"packages not to get": {machine{root: true, programs: []string{"/bin/apt-get"}}, []string{"apt-get update: exit status 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.machine.plan(t, postgres, redisCluster)
			for _, part := range append(c.reasons,
				"PostgreSQL is missing", "PLINTO_TEST_POSTGRES=postgres://", "initdb and postgres", "package postgresql",
				"Redis Cluster is missing", "PLINTO_TEST_REDIS_CLUSTER=", "redis-server", "Docker, running") {
				require.ErrorContains(t, err, part)
			}
		})
	}
}

func TestOrdinaryUser(t *testing.T) {
	known := func(users ...string) func(string) (*user.User, error) {
		return func(name string) (*user.User, error) {
			if i := slices.Index(users, name); i >= 0 {
				return &user.User{Uid: []string{"101", "65534"}[i], Gid: "104"}, nil
			}
			return nil, user.UnknownUserError(name)
		}
	}
	owner, err := ordinaryUser(false, known("postgres"))
	require.NoError(t, err)
	require.Nil(t, owner, "an ordinary user runs servers as itself")

	owner, err = ordinaryUser(true, known("postgres", "nobody"))
	require.NoError(t, err)
	require.EqualValues(t, 101, owner.Uid)
	require.EqualValues(t, 104, owner.Gid)

	owner, err = ordinaryUser(true, known("", "nobody"))
	require.NoError(t, err)
	require.EqualValues(t, 65534, owner.Uid)

	_, err = ordinaryUser(true, known())
	require.ErrorContains(t, err, "refuses to run as root")
}
