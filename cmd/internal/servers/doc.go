// Package servers owns the throw-away PostgreSQL and Redis servers that tests
// and benchmarks run against: it finds or fetches their programs, starts them
// on free ports of the loopback interface in a directory of their own, and
// leaves nothing behind. It knows nothing of Plinto, and its servers trade
// durability for speed: nothing worth keeping may be put into them.
//
// A server is looked for in this order: an address given in the environment
// (used as it is), programs on this machine, the distribution's packages
// (when apt-get may be used), Docker. When none of them will do, the error
// says what is missing and how to give it.
//
// A server ends with the process that started it, however that ends: Stop
// ends it in the ordinary way, and a small guardian process ends it when its
// parent is gone without a word, by a panic, os.Exit or SIGKILL.
package servers
