package hashing

import stdhash "hash"

// Prehash shows what bcrypt is given of a long password.
func Prehash(text string) string { return string(prehash(text)) }

// Decoy shows what stands in for nobody's hash, of bcrypt.
func (h *Hasher) Decoy() string { return h.scheme.nobodys().(bcryptHash).text }

// Watch puts a function before every piece of bcrypt's work. It is told the
// hash that is compared with (none when one is made), and may hold it up.
func (h *Hasher) Watch(before func(hash string, key []byte)) {
	e := h.reader.engine
	generate, compare := e.bcryptHash, e.bcryptCompare
	e.bcryptHash = func(key []byte, cost int) ([]byte, error) {
		before("", key)
		return generate(key, cost)
	}
	e.bcryptCompare = func(hash, key []byte) error {
		before(string(hash), key)
		return compare(hash, key)
	}
}

// WatchArgon2 is Watch for Argon2id; it is told the memory in KiB and the passes.
func (h *Hasher) WatchArgon2(before func(memory, passes int)) {
	e := h.reader.engine
	derive := e.argon2id
	e.argon2id = func(password, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte {
		before(int(memory), int(passes))
		return derive(password, salt, passes, memory, lanes, length)
	}
}

// WatchPBKDF2 is Watch for PBKDF2; it is told the rounds.
func (h *Hasher) WatchPBKDF2(before func(rounds int)) {
	e := h.reader.engine
	derive := e.pbkdf2
	e.pbkdf2 = func(d func() stdhash.Hash, password string, salt []byte, rounds, length int) ([]byte, error) {
		before(rounds)
		return derive(d, password, salt, rounds, length)
	}
}

// AcceptAll makes every comparison match.
func (h *Hasher) AcceptAll() {
	h.reader.engine.bcryptCompare = func([]byte, []byte) error { return nil }
}
