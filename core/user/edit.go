package user

// Edit is what becomes of one value: the zero Edit leaves it as it is, another
// removes it or puts a text in its place.
type Edit struct {
	given bool
	text  string
}

// Set asks for a text. An empty one asks for none.
func Set(text string) Edit { return Edit{given: true, text: text} }

// Remove asks for none.
func Remove() Edit { return Edit{given: true} }

// Given reports whether anything is asked for.
func (e Edit) Given() bool { return e.given }

// Text is what is asked for; empty when that is none.
func (e Edit) Text() string { return e.text }

// Edits is what somebody asks to change of an account, in their own words.
type Edits struct {
	Username, FirstName, LastName, DisplayName Edit
	ImageURL, PhoneNumber, Timezone, Locale    Edit
	// Metadata is a JSON object whose members take the place of those of the
	// same names; null removes one, and nothing inside of them is merged. To
	// remove it leaves an empty object.
	Metadata Edit
}
