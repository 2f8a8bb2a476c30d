package user

import (
	"bytes"
	"slices"
	"time"

	"github.com/plinto/plinto/core/fault"
)

// Changes is Edits whose values are valid.
type Changes struct {
	username *Username
	profile  []profileChange
	metadata *Edit
}

type profileChange struct {
	field string
	value *string // nil is none
}

// ParseChanges reads what is to become of an account, and gives everything that
// is wrong with it. It asks nobody whether a user name is taken.
func ParseChanges(e Edits) (Changes, []fault.Field) {
	var c Changes
	var all []fault.Field
	if e.Username.Given() {
		name, faults := ParseUsername(e.Username.Text())
		c.username, all = &name, append(all, faults...)
	}
	for _, part := range []struct {
		field string
		edit  Edit
		parse func(field, text string) (string, []fault.Field)
	}{
		{"first_name", e.FirstName, parseName},
		{"last_name", e.LastName, parseName},
		{"display_name", e.DisplayName, parseName},
		{"profile_image_url", e.ImageURL, ParseImageURL},
		{"phone_number", e.PhoneNumber, ParsePhoneNumber},
		{"timezone", e.Timezone, ParseTimezone},
		{"locale", e.Locale, ParseLocale},
	} {
		switch {
		case !part.edit.Given():
		case part.edit.Text() == "":
			c.profile = append(c.profile, profileChange{field: part.field})
		default:
			text, faults := part.parse(part.field, part.edit.Text())
			c.profile, all = append(c.profile, profileChange{part.field, &text}), append(all, faults...)
		}
	}
	if e.Metadata.Given() {
		c.metadata = &e.Metadata
		if e.Metadata.Text() != "" {
			all = append(all, checkMetadata([]byte(e.Metadata.Text()))...)
		}
	}
	return c, all
}

func parseName(field, text string) (string, []fault.Field) {
	name, faults := ParseName(field, text)
	return string(name), faults
}

// Apply gives the account as it is with the changes, and the names of what is
// another than it was, in order; without any it is the same account. What is
// wrong can only be told of the two together: metadata that has grown too large.
func (c Changes) Apply(u User, now time.Time) (User, []string, []fault.Field) {
	next := u
	var changed []string
	if c.username != nil && *c.username != u.Username {
		next.Username = *c.username
		changed = append(changed, "username")
	}
	for _, p := range c.profile {
		at := next.Profile.part(p.field)
		if same(*at, p.value) {
			continue
		}
		*at = p.value
		changed = append(changed, p.field)
	}
	if c.metadata != nil {
		merged, faults := mergeMetadata(u.Metadata, *c.metadata)
		if len(faults) > 0 {
			return u, nil, faults
		}
		if !bytes.Equal(merged, canonicalMetadata(u.Metadata)) {
			next.Metadata = merged
			changed = append(changed, "user_metadata")
		}
	}
	if len(changed) == 0 {
		return u, nil, nil
	}
	slices.Sort(changed)
	next.UpdatedAt = now
	next.Revision++
	return next, changed, nil
}

// part gives the place of a value by its name.
func (p *Profile) part(field string) **string {
	return map[string]**string{
		"first_name": &p.FirstName, "last_name": &p.LastName, "display_name": &p.DisplayName,
		"profile_image_url": &p.ImageURL, "phone_number": &p.PhoneNumber, "timezone": &p.Timezone, "locale": &p.Locale,
	}[field]
}

func same(a, b *string) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
