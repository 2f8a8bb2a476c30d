package config

import "strings"

// Markdown is the table of all settings as the README shows it, with a final
// newline: name, default, meaning.
func Markdown() string {
	code := func(s string) string { return "`" + s + "`" }
	var b strings.Builder
	b.WriteString("| Name | Default | Meaning |\n|---|---|---|\n")
	for _, s := range catalogue(new(Config)) {
		meaning := s.meaning
		if s.secret {
			meaning += ". *Secret*"
		}
		for _, cell := range []string{code(s.name), s.shown(code), meaning} {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}
