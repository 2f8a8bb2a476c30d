package bcrypt

// Prehash shows what bcrypt is given of a long password.
func Prehash(text string) string { return string(prehash(text)) }

// Decoy shows what stands in for nobody's hash.
func (h *Hasher) Decoy() string { return h.decoy }

// Watch puts a function before every piece of bcrypt's work. It is told the
// hash that is compared with (none when one is made), and may hold it up.
func (h *Hasher) Watch(before func(hash string, key []byte)) {
	generate, compare := h.generate, h.compare
	h.generate = func(key []byte, cost int) ([]byte, error) {
		before("", key)
		return generate(key, cost)
	}
	h.compare = func(hash, key []byte) error {
		before(string(hash), key)
		return compare(hash, key)
	}
}

// AcceptAll makes every comparison match.
func (h *Hasher) AcceptAll() { h.compare = func([]byte, []byte) error { return nil } }
