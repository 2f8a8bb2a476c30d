// Package checks owns the judgements of `dev verify` that need no tool: what
// may stand at the top of the repository, what gofmt would change, whether two
// trees of generated code are the same, and which unreachable functions are
// dead. It runs nothing; what tools say is given to it.
package checks
