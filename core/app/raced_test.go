//go:build race

package app_test

// raced is whether the tests are watched for data races, which makes a hash
// ten times as dear.
const raced = true
