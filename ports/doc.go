// Package ports is the border of the core: interfaces, in the core's words.
//
// A port here is an interface and never a handler or a client; those are
// adapters. There are two sides, in two packages, so that direction can be
// checked:
//
//   - ports/inbound: what the world may ask of the core. The use cases
//     implement it; driving adapters such as httpapi call it.
//   - ports/outbound: what the core asks of the world. Driven adapters such as
//     postgres implement it; the use cases call it.
//
// ports/porttest holds the contract suite that every adapter of an outbound
// port passes. To add an adapter, implement the port in a package of its own
// under adapters, run the suite from its test, and choose it in cmd/plinto.
//
// A method belongs in a port when a use case needs it in the core's terms. It
// states its errors, what it does atomically, and what it costs where that is a
// promise.
package ports
