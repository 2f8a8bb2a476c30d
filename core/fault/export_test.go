package fault

// Texts lists every text there is.
func Texts() []Text {
	all := make([]Text, texts)
	for i := range all {
		all[i] = Text(i)
	}
	return all
}
