package letters

import (
	"bytes"
	"errors"
	"fmt"
	html "html/template"
	"maps"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// Options says in whose name letters are written.
type Options struct {
	Product  string // the name of the service
	Language string // where no better one is known (BCP 47); empty is en
	Folder   string // of other words and templates; empty: none
}

// Letters is an outbound.Letters.
type Letters struct {
	product string
	tags    []language.Tag // the first is the default
	matcher language.Matcher
	words   map[language.Tag]*words
	texts   map[mail.Kind]*template.Template // empty kind: of all others
	htmls   map[mail.Kind]*html.Template
}

var _ outbound.Letters = (*Letters)(nil)

// letter is what a template sees.
type letter struct {
	Kind, Language, Product, Subject, Greeting string
	Lines                                      []string
	Link, Action, Expires, CopyLink            string // empty in a letter without a link
	Facts                                      []fact // when, from which device and address; perhaps none
	After                                      []string
	Footer                                     string
}

type fact struct{ Label, Value string }

// New reads words and templates, and tries each: what cannot be written later
// is found now.
func New(o Options) (*Letters, error) {
	l := &Letters{
		product: strings.TrimSpace(o.Product), words: map[language.Tag]*words{},
		texts: map[mail.Kind]*template.Template{}, htmls: map[mail.Kind]*html.Template{},
	}
	if l.product == "" || strings.ContainsAny(l.product, "\r\n{}") {
		return nil, errors.New("letters: the name of the service is no name")
	}
	if err := l.ship(); err != nil {
		return nil, fmt.Errorf("letters: %w", err)
	}
	if o.Folder != "" {
		if err := l.override(o.Folder); err != nil {
			return nil, err
		}
	}
	if err := l.speak(o.Language); err != nil {
		return nil, err
	}
	return l, l.rehearse()
}

// speak orders the languages, the default first.
func (l *Letters) speak(preferred string) error {
	if preferred == "" {
		preferred = "en"
	}
	first, err := language.Parse(preferred)
	if err != nil || l.words[first] == nil {
		return fmt.Errorf("letters: there are no words in the default language %q", preferred)
	}
	l.tags = []language.Tag{first}
	for _, tag := range slices.SortedFunc(maps.Keys(l.words), func(a, b language.Tag) int { return strings.Compare(a.String(), b.String()) }) {
		if tag != first {
			l.tags = append(l.tags, tag)
		}
	}
	l.matcher = language.NewMatcher(l.tags)
	return nil
}

// maxLocale is more than any locale needs.
const maxLocale = 64

// in is the language nearest to a locale.
func (l *Letters) in(locale string) language.Tag {
	if locale == "" || len(locale) > maxLocale {
		return l.tags[0]
	}
	wanted, err := language.Parse(locale)
	if err != nil {
		return l.tags[0]
	}
	_, index, _ := l.matcher.Match(wanted) // the first when none is near
	return l.tags[index]
}

// Write gives the words of a mail. A mail with a link needs the link and how
// long it works; of the other details, those are told that are there and make
// sense.
func (l *Letters) Write(kind mail.Kind, locale string, details map[string]string) (outbound.Letter, error) {
	tag := l.in(locale)
	w := l.words[tag]
	said, there := w.Mails[kind]
	if !there {
		return outbound.Letter{}, fmt.Errorf("letters: there is no mail %q", kind)
	}
	values := map[string]string{
		product: l.product, mail.Name: person(details[mail.Name]),
		mail.NewEmail: mailbox(details[mail.NewEmail]), mail.Count: number(details[mail.Count]), mail.Expires: w.duration(details[mail.Expires]),
	}
	v := letter{Kind: string(kind), Language: tag.String(), Product: l.product}
	v.Subject, _ = fill(said.Subject, values)
	v.Greeting = w.Greeting
	if greeting, named := fill(w.GreetingByName, values); named {
		v.Greeting = greeting
	}
	v.Lines, v.After = lines(said.Lines, values), lines(said.After, values)
	v.Footer, _ = fill(w.Footer, values)
	if linked(kind) {
		var known bool
		if v.Expires, known = fill(w.Expires, values); !known {
			return outbound.Letter{}, fmt.Errorf("letters: %s does not say how long its link works", kind)
		}
		if v.Link = webLink(details[mail.Link]); v.Link == "" {
			return outbound.Letter{}, fmt.Errorf("letters: %s has no link", kind)
		}
		v.Action, v.CopyLink = said.Action, w.CopyLink
	}
	for _, f := range []fact{
		{w.Labels.At, w.instant(details[mail.At])}, {w.Labels.Device, device(details[mail.Device])}, {w.Labels.Address, ip(details[mail.Address])},
	} {
		if f.Value != "" {
			v.Facts = append(v.Facts, f)
		}
	}
	return l.render(kind, v)
}

func lines(said []string, values map[string]string) []string {
	var told []string
	for _, line := range said {
		if line, known := fill(line, values); known {
			told = append(told, line)
		}
	}
	return told
}

func (l *Letters) render(kind mail.Kind, v letter) (outbound.Letter, error) {
	text, own := l.texts[kind]
	if !own {
		text = l.texts[""]
	}
	page, own := l.htmls[kind]
	if !own {
		page = l.htmls[""]
	}
	var plain, marked bytes.Buffer
	if err := text.Execute(&plain, v); err != nil {
		return outbound.Letter{}, fmt.Errorf("letters: %w", err)
	}
	if err := page.Execute(&marked, v); err != nil {
		return outbound.Letter{}, fmt.Errorf("letters: %w", err)
	}
	return outbound.Letter{Subject: v.Subject, Text: plain.String(), HTML: marked.String(), Locale: v.Language}, nil
}

// rehearse writes every mail in every language, with and without details.
func (l *Letters) rehearse() error {
	known := map[string]string{
		mail.Link: "https://example.com/?token=t", mail.Expires: "3600", mail.Name: "Ann", mail.Device: "Firefox on Linux",
		mail.Address: "192.0.2.1", mail.At: "2026-01-02T03:04:05Z", mail.NewEmail: "ann@example.com", mail.Count: "5",
	}
	least := map[string]string{mail.Link: known[mail.Link], mail.Expires: known[mail.Expires]}
	for _, tag := range l.tags {
		for _, kind := range kinds() {
			for _, details := range []map[string]string{known, least} {
				written, err := l.Write(kind, tag.String(), details)
				if err != nil {
					return err
				}
				if strings.TrimSpace(written.Text) == "" || strings.TrimSpace(written.HTML) == "" {
					return fmt.Errorf("letters: the template of %s writes nothing", kind)
				}
				if linked(kind) && (!strings.Contains(written.Text, known[mail.Link]) || !strings.Contains(written.HTML, known[mail.Link])) {
					return fmt.Errorf("letters: the templates of %s leave the link out", kind)
				}
			}
		}
	}
	return nil
}
