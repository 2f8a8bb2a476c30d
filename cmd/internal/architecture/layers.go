package architecture

import (
	"path"
	"slices"
	"strings"
)

// layer is a part of the house.
type layer string

const (
	noun      layer = "noun"
	inbound   layer = "inbound port"
	outbound  layer = "outbound port"
	useCase   layer = "use case"
	app       layer = "application"
	driving   layer = "driving adapter"
	driven    layer = "driven adapter"
	consumer  layer = "package for consumers" // what other services import of ours
	telemetry layer = "telemetry"
	edge      layer = "part shared by driving adapters"
	shared    layer = "part shared by driven adapters"
	porttest  layer = "port contract"
	schema    layer = "sql"
	settings  layer = "config"
	command   layer = "command"
	signpost  layer = "signpost" // a doc.go that explains what is below it
)

// mayImport lists, for each layer, the layers it may import besides itself
// where [sibling] allows that. A command may import everything.
var mayImport = map[layer][]layer{
	noun:      {noun},
	inbound:   {noun, inbound},
	outbound:  {noun, outbound},
	useCase:   {noun, inbound, outbound},
	app:       {noun, inbound, outbound, useCase},
	driving:   {noun, inbound, edge},
	driven:    {noun, outbound, schema, shared},
	consumer:  {},
	telemetry: {noun, inbound, outbound},
	edge:      {noun, edge},
	shared:    {noun, outbound, schema, shared},
	porttest:  {noun, inbound, outbound, porttest},
	schema:    {schema},
	settings:  {settings},
	signpost:  {},
}

// sharedUseCases are the packages of core/app that others of core/app may
// import: work that several use cases have in common.
var sharedUseCases = []string{
	"core/app/erasure", "core/app/failure", "core/app/guard", "core/app/guessing", "core/app/issuing", "core/app/mailed", "core/app/mailing",
	"core/app/proofs", "core/app/rehash", "core/app/stepup", "core/app/stewardship", "core/app/strength",
}

// drivingAdapters are the adapters that call the core; all others are called
// by it.
var drivingAdapters = []string{"httpapi", "web", "console", "scim", "oidc", "userfile"}

// edges are the packages of adapters/internal that driving adapters share, what
// speaking HTTP takes; driven ones share the others. No package is for both.
var edges = []string{"edge"}

// consumers are the folders of packages for other services. Each is on its own:
// it imports the standard library and nothing else, so that whoever takes it
// takes nothing of the program with it.
var consumers = []string{"adapters/httpapi/clients"}

// layerOf tells the layer of a directory, relative to the top of the
// repository, and "" when it has no place in the house.
func layerOf(dir string) layer {
	first, rest, _ := strings.Cut(dir, "/")
	second, rest, _ := strings.Cut(rest, "/")
	switch first {
	case "core":
		switch {
		case second == "app" && rest == "":
			return app
		case second == "app":
			return useCase
		}
		return noun
	case "ports":
		switch second {
		case "":
			return signpost
		case "inbound":
			return inbound
		case "outbound":
			return outbound
		case "porttest":
			return porttest
		}
		return ""
	case "adapters":
		switch {
		case second == "":
			return signpost
		case withinAny(dir, consumers):
			return consumer
		case second == "internal" && withinAny(rest, edges):
			return edge
		case second == "internal":
			return shared
		case second == "telemetry":
			return telemetry
		case slices.Contains(drivingAdapters, second):
			return driving
		}
		return driven
	case "sql":
		return schema
	case "config":
		return settings
	case "cmd":
		return command
	}
	return ""
}

// unitOf names the use case or the adapter that a directory is part of; the
// packages of one unit may import each other.
func unitOf(dir string) string {
	parts := strings.Split(dir, "/")
	switch layerOf(dir) {
	case useCase:
		return path.Join(parts[:3]...)
	case driving, driven, telemetry:
		return path.Join(parts[:2]...)
	}
	return dir
}

// sibling tells whether a package may import one of its own layer although the
// layer does not list itself.
func sibling(from, to string) bool {
	return unitOf(from) == unitOf(to) || layerOf(from) == useCase && slices.Contains(sharedUseCases, unitOf(to))
}

// allowed tells whether the package in one directory may import that in
// another.
func allowed(from, to string) bool {
	l := layerOf(from)
	return l == command || slices.Contains(mayImport[l], layerOf(to)) || sibling(from, to)
}

// pure tells whether a layer does no input or output and asks neither the
// clock nor for randomness.
func pure(l layer) bool {
	switch l {
	case noun, inbound, outbound, useCase, app:
		return true
	}
	return false
}

// vagueNames are names that say nothing of what a package owns.
var vagueNames = []string{"common", "util", "utils", "helper", "helpers", "manager", "misc", "model", "models", "shared", "types"}
