package letters

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/plinto/plinto/core/mail"
)

// words is everything that is said in one language. Between braces stand the
// names of details, and those of the parts of a date and of a number.
type words struct {
	Greeting       string             `json:"greeting"`
	GreetingByName string             `json:"greeting_by_name"`
	Expires        string             `json:"expires"`
	CopyLink       string             `json:"copy_link"`
	Footer         string             `json:"footer"`
	Labels         labels             `json:"labels"`
	Date           string             `json:"date"`
	Months         []string           `json:"months"`
	Minutes        counted            `json:"minutes"`
	Hours          counted            `json:"hours"`
	Days           counted            `json:"days"`
	Mails          map[mail.Kind]text `json:"mails"`
}

type labels struct {
	At      string `json:"at"`
	Device  string `json:"device"`
	Address string `json:"address"`
}

type counted struct {
	One   string `json:"one"`
	Other string `json:"other"`
}

// text is what one kind of mail says: lines, then the link if it has one, then
// what is to be said after it. A line whose details are not known is left out.
type text struct {
	Subject string   `json:"subject"`
	Lines   []string `json:"lines"`
	Action  string   `json:"action"`
	After   []string `json:"after"`
}

//go:embed words/*.json letter.txt letter.html
var shipped embed.FS

// parse reads words over those that are there already: whoever changes one
// sentence need not repeat the others. A mail is taken or left as a whole.
func (w *words) parse(content []byte) error {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(w); err != nil {
		return err
	}
	if d.More() {
		return errors.New("something follows the words")
	}
	return w.check()
}

// check gives everything that is missing or cannot be filled in.
func (w *words) check() error {
	var wrong []error
	say := func(name, said string, may ...string) {
		if strings.TrimSpace(said) == "" {
			wrong = append(wrong, fmt.Errorf("%s is missing", name))
		}
		for _, placeholder := range placeholders(said) {
			if !slices.Contains(may, placeholder) {
				wrong = append(wrong, fmt.Errorf("%s has {%s}, which is not known there", name, placeholder))
			}
		}
	}
	say("greeting", w.Greeting)
	say("greeting_by_name", w.GreetingByName, mail.Name)
	say("expires", w.Expires, mail.Expires)
	say("copy_link", w.CopyLink)
	say("footer", w.Footer, product)
	say("labels.at", w.Labels.At)
	say("labels.device", w.Labels.Device)
	say("labels.address", w.Labels.Address)
	say("date", w.Date, "day", "month", "year", "time")
	if len(w.Months) != 12 {
		wrong = append(wrong, fmt.Errorf("months are %d", len(w.Months)))
	}
	for _, unit := range []struct {
		name string
		of   counted
	}{{"minutes", w.Minutes}, {"hours", w.Hours}, {"days", w.Days}} {
		say(unit.name+".one", unit.of.One, "n")
		say(unit.name+".other", unit.of.Other, "n")
	}
	for _, kind := range kinds() {
		name := "mails." + string(kind)
		said, there := w.Mails[kind]
		if !there {
			wrong = append(wrong, fmt.Errorf("%s is missing", name))
			continue
		}
		say(name+".subject", said.Subject, product)
		if strings.ContainsAny(said.Subject, "\r\n") {
			wrong = append(wrong, fmt.Errorf("%s.subject has more than one line", name))
		}
		if len(said.Lines) == 0 {
			wrong = append(wrong, fmt.Errorf("%s.lines are missing", name))
		}
		for i, line := range said.Lines {
			say(fmt.Sprintf("%s.lines[%d]", name, i), line, product, mail.NewEmail, mail.Count)
		}
		for i, line := range said.After {
			say(fmt.Sprintf("%s.after[%d]", name, i), line, product, mail.NewEmail, mail.Count)
		}
		switch {
		case linked(kind):
			say(name+".action", said.Action)
		case said.Action != "":
			wrong = append(wrong, fmt.Errorf("%s.action is of a mail without a link", name))
		}
	}
	for kind := range w.Mails {
		if !slices.Contains(kinds(), kind) {
			wrong = append(wrong, fmt.Errorf("mails.%s is no mail", kind))
		}
	}
	return errors.Join(wrong...)
}

// product stands for the name of the service.
const product = "product"

// kinds is every kind that there are words for.
func kinds() []mail.Kind { return append(mail.Kinds(), mail.Trial) }

// linked tells the kinds that carry a link.
func linked(kind mail.Kind) bool {
	switch kind {
	case mail.VerifyEmail, mail.ChangeEmail, mail.ResetPassword, mail.MagicLink, mail.Invitation:
		return true
	}
	return false
}

func placeholders(said string) []string {
	var names []string
	for _, match := range regexp.MustCompile(`\{([^{}]*)\}`).FindAllStringSubmatch(said, -1) {
		names = append(names, match[1])
	}
	return names
}

// fill puts values where their names stand, all at once: what is put in is not
// looked through again. It tells whether it had a value for each.
func fill(said string, values map[string]string) (string, bool) {
	var pairs []string
	known := true
	for _, name := range placeholders(said) {
		known = known && values[name] != ""
		pairs = append(pairs, "{"+name+"}", values[name])
	}
	return strings.NewReplacer(pairs...).Replace(said), known
}
