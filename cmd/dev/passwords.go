package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/plinto/plinto/adapters/passwordlist"
)

// passwordList is the file that passwords makes.
const passwordList = "adapters/passwordlist/common.bloom"

const passwordsHelp = `Fetches the word lists that the shipped list of common passwords is made of, and
makes it anew. It takes npm. What is fetched is pinned by version and hash, and
runs nothing.`

// wordList is a file that somebody publishes, with words in it.
type wordList struct {
	pkg, version string // at npm
	licence      string
	file         string // inside the package
	sha256       string // of that file
	words        func(text string) ([]string, error)
}

// wordLists are what the list of common passwords is made of. The first has
// passwords from breaches, the commonest words of films and encyclopedias, and
// names; the second has newer passwords.
var wordLists = []wordList{
	{
		"zxcvbn", "4.4.2", "MIT", "src/frequency_lists.coffee",
		"664d32190713e42b7726072a5cf7533bd4a469e5588c7c1bd2ff9485cdf83276", quoted,
	},
	{
		"@zxcvbn-ts/language-common", "4.1.3", "MIT", "src/passwords.json",
		"f422773d94d630f27e08b26d7017e847bb1feb2a84809340e9c0b0c47b33e3f1", array,
	},
}

// passwords makes the list of common passwords anew.
func passwords(ctx context.Context, args []string, out, errOut io.Writer) error {
	if err := none(newFlags(errOut, "passwords", passwordsHelp), args); err != nil {
		return err
	}
	if missing("npm") || missing("tar") {
		return errors.New("the word lists are fetched with npm and unpacked with tar: install what is missing")
	}
	var all []string
	for _, list := range wordLists {
		text, err := list.fetch(ctx)
		if err != nil {
			return err
		}
		words, err := list.words(text)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", list.file, list.pkg, err)
		}
		fmt.Fprintf(out, "%s %s (%s): %d words\n", list.pkg, list.version, list.licence, len(words))
		all = append(all, words...)
	}
	all = listed(all)
	fmt.Fprintf(out, "%s: %d words\n", passwordList, len(all))
	return os.WriteFile(passwordList, passwordlist.Build(all), 0o644)
}

// fetch gives the text of a list.
func (l wordList) fetch(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "plinto-words-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if _, err := output(ctx, dir, nil, "npm", "pack", "--silent", "--ignore-scripts", l.pkg+"@"+l.version); err != nil {
		return "", fmt.Errorf("fetch %s: %w", l.pkg, err)
	}
	packed, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(packed) != 1 {
		return "", fmt.Errorf("fetch %s: npm left %d packages", l.pkg, len(packed))
	}
	text, err := output(ctx, dir, nil, "tar", "-xzOf", packed[0], "package/"+l.file)
	if err != nil {
		return "", err
	}
	if sum := sha256.Sum256([]byte(text)); hex.EncodeToString(sum[:]) != l.sha256 {
		return "", fmt.Errorf("%s of %s is another file than the one that is pinned", l.file, l.pkg)
	}
	return text, nil
}

// minListed is the shortest word that is worth a place in the list: shorter
// ones are no password anywhere, and too little to tell a word by.
const minListed = 5

// listed gives words as the list has them, once each and in order, so that the
// same words make the same file.
func listed(words []string) []string {
	var kept []string
	for _, word := range words {
		word = passwordlist.Canonical(strings.TrimSpace(word))
		if utf8.RuneCountInString(word) >= minListed {
			kept = append(kept, word)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// quoted reads lists of words with commas between, each list in quotes.
func quoted(text string) ([]string, error) {
	var words []string
	for _, list := range regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).FindAllString(text, -1) {
		var plain string
		if err := json.Unmarshal([]byte(strings.ReplaceAll(list, `\'`, "'")), &plain); err != nil {
			return nil, err
		}
		words = append(words, strings.Split(plain, ",")...)
	}
	if len(words) == 0 {
		return nil, errors.New("there are no words")
	}
	return words, nil
}

// array reads a JSON array of words.
func array(text string) ([]string, error) {
	var words []string
	err := json.Unmarshal([]byte(text), &words)
	return words, err
}
