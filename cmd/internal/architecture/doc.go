// Package architecture owns the rule of who may import whom, as tables and a
// check that reads the repository's Go files. It reads the files themselves
// and asks no go command, whose answer a test would be cached against.
//
// It also sees to it that what faults say to people stands in one package.
//
// Every package belongs to a layer, each layer lists the layers it may import,
// and every package is checked; so what holds for each import holds for all
// that a package reaches. For the standard library, which has no layers, the
// check follows imports to their end.
package architecture
