// Package mailapi owns handing mails to hosted mailers by their HTTP APIs. One
// client does the work; what each service calls things, and what its refusals
// mean, stands in a file of its own. It follows no redirect, keeps no connection
// and reads no more of an answer than an error takes; a key is in no error.
package mailapi
