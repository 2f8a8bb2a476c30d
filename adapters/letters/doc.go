// Package letters owns how mails read. Every word that people are sent stands
// in one file for each language (words/en.json and its siblings), which a
// translator needs no other to understand; letter.txt and letter.html say what
// goes where. A folder may hold other words, other languages and other
// templates.
//
// It trusts nothing that it is told: a name, a device and an address were typed
// by somebody who may not be the reader. None of them can become mark-up, a
// second line, or anything that a mail program makes a link of.
package letters
