// Package porttest holds the contract that every adapter of an outbound port
// keeps, and the fakes that tests share. It refuses to know any adapter: one
// hands itself to the suite of its port, from a test of its own.
package porttest
