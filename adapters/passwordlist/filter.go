package passwordlist

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// filter is a Bloom filter in a text: a header, and bits.
//
//	4 bytes  how many words were put in, the most significant byte first
//	1 byte   how many bits each word sets
//	the rest the bits
type filter string

const (
	headerSize = 5
	// bitsPerWord and bitsSet make one false answer in some hundred thousand:
	// (1 - e^(-16/24))^16 is 0.00001.
	bitsPerWord = 24
	bitsSet     = 16
)

// Build makes the file of a list of words, which are in canonical form and
// different.
func Build(words []string) []byte {
	file := make([]byte, headerSize+(len(words)*bitsPerWord+7)/8)
	binary.BigEndian.PutUint32(file, uint32(len(words)))
	file[4] = bitsSet
	bits := file[headerSize:]
	for _, word := range words {
		for at := range positions(word, uint64(len(bits))*8, bitsSet) {
			bits[at/8] |= 1 << (at % 8)
		}
	}
	return file
}

// check tells whether a file is one.
func (f filter) check() error {
	if len(f) <= headerSize || f[4] == 0 {
		return errors.New("the list of common passwords is no list")
	}
	if want := headerSize + (f.words()*bitsPerWord+7)/8; len(f) != want {
		return fmt.Errorf("the list of common passwords has %d bytes and not %d", len(f), want)
	}
	return nil
}

func (f filter) words() int {
	return int(f[0])<<24 | int(f[1])<<16 | int(f[2])<<8 | int(f[3])
}

func (f filter) has(word string) bool {
	bits := f[headerSize:]
	for at := range positions(word, uint64(len(bits))*8, int(f[4])) {
		if bits[at/8]&(1<<(at%8)) == 0 {
			return false
		}
	}
	return true
}

// positions gives n places among size, from two hashes of the word (Kirsch and
// Mitzenmacher, Less Hashing, Same Performance).
func positions(word string, size uint64, n int) func(yield func(uint64) bool) {
	sum := sha256.Sum256([]byte(word))
	first, step := binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])|1
	return func(yield func(uint64) bool) {
		for i := range uint64(n) {
			if !yield((first + i*step) % size) {
				return
			}
		}
	}
}
