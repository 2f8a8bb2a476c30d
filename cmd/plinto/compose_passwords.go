package main

import (
	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/config"
)

func newHasher(c config.Password) (*hashing.Hasher, error) {
	return hashing.New(hashing.Options{
		Algorithm: hashing.Algorithm(c.Hasher), Cost: c.BcryptRounds,
		Argon2: hashing.Argon2{Memory: c.Argon2Memory, Passes: c.Argon2Passes, Lanes: c.Argon2Lanes},
		Queue:  c.Queue, Timeout: c.QueueTimeout,
	})
}
