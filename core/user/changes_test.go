package user_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

func ann() user.User {
	e, _ := user.ParseEmail("ann@example.com")
	return user.New(user.Registration{Tenant: tenant.Default, ID: user.ID{1}, Email: e, FirstName: "Ann"}, now)
}

func apply(t *testing.T, u user.User, e user.Edits) (user.User, []string) {
	t.Helper()
	c, faults := user.ParseChanges(e)
	require.Empty(t, faults)
	next, fields, faults := c.Apply(u, now.Add(time.Hour))
	require.Empty(t, faults)
	return next, fields
}

// types gives faults as "field type".
func types(faults []fault.Field) []string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Name+" "+f.Type)
	}
	return list
}

func TestChanges(t *testing.T) {
	u := ann()
	next, fields := apply(t, u, user.Edits{
		LastName: user.Set("Lee"), FirstName: user.Remove(), Username: user.Set("ann"), Locale: user.Set("DE-at"), Metadata: user.Set(`{"a":1}`),
	})
	require.Equal(t, []string{"first_name", "last_name", "locale", "user_metadata", "username"}, fields)
	require.Equal(t, u.Revision+1, next.Revision)
	require.Equal(t, now.Add(time.Hour), next.UpdatedAt)
	require.Nil(t, next.Profile.FirstName)
	require.Equal(t, "Lee", *next.Profile.LastName)
	require.Equal(t, "de-AT", *next.Profile.Locale)
	require.Equal(t, "ann", next.Username.String())
	require.Equal(t, "Ann", *u.Profile.FirstName, "what it was made from is as it was")
	require.Equal(t, "{}", string(u.Metadata))

	same, fields := apply(t, next, user.Edits{LastName: user.Set("Lee"), FirstName: user.Set(""), Username: user.Set("ann"), Metadata: user.Set(`{ "a" : 1 }`)})
	require.Empty(t, fields)
	require.Equal(t, next, same, "what is so already changes nothing")
	other, fields := apply(t, next, user.Edits{Username: user.Set("ANN")})
	require.Equal(t, []string{"username"}, fields, "as typed")
	require.Equal(t, "ANN", other.Username.String())
	bare, _ := apply(t, next, user.Edits{Username: user.Remove()})
	require.True(t, bare.Username.IsZero())
}

func TestChangesTellEverythingThatIsWrongAtOnce(t *testing.T) {
	_, faults := user.ParseChanges(user.Edits{
		Username: user.Set("a"), FirstName: user.Set("a\n"), LastName: user.Set(strings.Repeat("x", 101)), DisplayName: user.Set("\x00"),
		ImageURL: user.Set("x"), PhoneNumber: user.Set("x"), Timezone: user.Set("x"), Locale: user.Set("x"), Metadata: user.Set("x"),
	})
	require.Equal(t, []string{
		"username too_short", "first_name invalid_characters", "last_name too_long", "display_name invalid_characters", "profile_image_url invalid_url",
		"phone_number invalid_phone_number", "timezone unknown_timezone", "locale invalid_locale", "user_metadata wrong_type",
	}, types(faults))
}

func TestMetadataIsMergedByMember(t *testing.T) {
	u := ann()
	for _, c := range []struct{ was, change, want string }{
		{`{}`, `{"a":1,"b":{"c":null}}`, `{"a":1,"b":{"c":null}}`},
		{`{"a":{"x":1,"y":2},"b":1}`, `{"a":{"x":3}}`, `{"a":{"x":3},"b":1}`},
		{`{"a":1,"b":2}`, `{"a":null,"z":null}`, `{"b":2}`},
		{`{"a":1}`, `{}`, `{"a":1}`},
		{`{"a":1}`, ``, `{}`},
		{`{}`, `{"html":"<a href=\"x\">&</a>","n":1234567890123456789012345678}`, `{"html":"<a href=\"x\">&</a>","n":1234567890123456789012345678}`},
	} {
		u.Metadata = []byte(c.was)
		next, _ := apply(t, u, user.Edits{Metadata: user.Set(c.change)})
		require.Equal(t, c.want, string(next.Metadata), c)
	}
}

func TestMetadataThatIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`[]`: "wrong_type", `"x"`: "wrong_type", `null`: "wrong_type", `{"a":1}{}`: "wrong_type", `{"a":1} x`: "wrong_type", `{"a":}`: "wrong_type", `{`: "wrong_type",
		`{"a":"\u0000"}`: "invalid_characters", `{"\u0000":1}`: "invalid_characters",
		`{"a":` + strings.Repeat(`[`, 8) + strings.Repeat(`]`, 8) + `}`:           "too_deep",
		`{"a":` + strings.Repeat(`{"a":`, 8) + `1` + strings.Repeat(`}`, 8) + `}`: "too_deep",
		`{"a":1e400}`: "invalid_number", `{"a":1e31}`: "invalid_number", `{"a":-1e-31}`: "invalid_number", `{"a":0e9999}`: "invalid_number",
		`{"a":` + strings.Repeat("9", 41) + `}`: "invalid_number", `{"a":"` + strings.Repeat("x", 2*user.MaxMetadata) + `"}`: "too_long",
	} {
		_, faults := user.ParseChanges(user.Edits{Metadata: user.Set(text)})
		require.Equal(t, []string{"user_metadata " + want}, types(faults), text)
	}
	for _, text := range []string{
		`{"a":` + strings.Repeat(`[`, 7) + strings.Repeat(`]`, 7) + `}`, `{"a":-0.5e-3,"b":0,"c":0.0,"d":1e29,"e":[],"f":{},"g":true,"h":""}`,
	} {
		_, faults := user.ParseChanges(user.Edits{Metadata: user.Set(text)})
		require.Empty(t, faults, text)
	}
}

func TestMetadataDoesNotGrowBeyondItsBound(t *testing.T) {
	u := ann()
	part := strings.Repeat("x", user.MaxMetadata/2-8) // with {"a":"…","b":"…"}
	u, _ = apply(t, u, user.Edits{Metadata: user.Set(`{"a":"` + part + `"}`)})
	full, _ := apply(t, u, user.Edits{Metadata: user.Set(`{"b":"` + part + `"}`)})
	require.Len(t, full.Metadata, user.MaxMetadata-1)
	c, faults := user.ParseChanges(user.Edits{Metadata: user.Set(`{"b":"` + part + `xx"}`)})
	require.Empty(t, faults)
	same, fields, faults := c.Apply(u, now)
	require.Equal(t, []string{"user_metadata too_long"}, types(faults))
	require.Empty(t, fields)
	require.Equal(t, u, same)
}

func TestImageURLs(t *testing.T) {
	for _, s := range []string{"https://example.com/a.png", "http://[2001:db8::1]:8080/a?b=c#d", "HTTPS://example.com", "https://xn--exmple-cua.com/%C3%A4"} {
		got, faults := user.ParseImageURL("f", s)
		require.Empty(t, faults, s)
		require.Equal(t, s, got)
	}
	for _, s := range []string{
		"", "example.com/a.png", "//example.com/a.png", "/a.png", "ftp://example.com", "javascript:alert(1)", "data:image/png;base64,AA", "https://",
		"https:///a", "https://user@example.com/a", "https://user:pw@example.com/a", "https://example.com/a b", "https://example.com/a\n", "https://exämple.com",
		"https://example.com/\\", "https://example.com/<", "https://:80/a", "https://exa mple.com", "https://example.com/%zz", " https://example.com", "https://example.com/\"",
		"https://example.com/" + strings.Repeat("a", user.MaxImageURL),
	} {
		_, faults := user.ParseImageURL("f", s)
		require.Len(t, faults, 1, "%q", s)
	}
}

func TestPhoneNumbers(t *testing.T) {
	for _, s := range []string{"+4312345678", "+1234567", "+123456789012345"} {
		_, faults := user.ParsePhoneNumber("f", s)
		require.Empty(t, faults, s)
	}
	for _, s := range []string{"", "+", "4312345678", "+0123456789", "+123456", "+1234567890123456", "+43 12345678", "+43-1234567", "++4312345678", "+٤٣١٢٣٤٥٦٧٨", "+431234567x", "+4312345678\n"} {
		_, faults := user.ParsePhoneNumber("f", s)
		require.Len(t, faults, 1, "%q", s)
	}
}

func TestTimezones(t *testing.T) {
	for _, s := range []string{"Europe/Vienna", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "Africa/Abidjan", "Zulu"} {
		_, faults := user.ParseTimezone("f", s)
		require.Empty(t, faults, s)
	}
	for _, s := range []string{"", "Local", "europe/vienna", "Europe/", "Europe", "Vienna", "../Europe/Vienna", "UTC\nZulu", "\n", "Factory", "Europe/Vienna ", "+01:00"} {
		_, faults := user.ParseTimezone("f", s)
		require.Len(t, faults, 1, "%q", s)
	}
	file, err := os.Open("timezones.txt")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	var names []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		names = append(names, lines.Text())
		_, err := time.LoadLocation(lines.Text())
		require.NoError(t, err, lines.Text())
		require.LessOrEqual(t, len(lines.Text()), 64)
	}
	require.Greater(t, len(names), 400)
	require.True(t, slices.IsSorted(names))
}

func TestLocales(t *testing.T) {
	for typed, want := range map[string]string{
		"de": "de", "DE-at": "de-AT", "pt-PT": "pt-PT", "zh-hANT-tw": "zh-Hant-TW", "es-419": "es-419", "sl-rozaj-biske": "sl-rozaj-biske",
		"de-1996": "de-1996", "zh-cmn-Hans-CN": "zh-cmn-Hans-CN", "en-u-ca-Buddhist": "en-u-ca-buddhist", "de-x-a-b-c": "de-x-a-b-c",
		"en-a-bbb-x-a-ccc": "en-a-bbb-x-a-ccc", "language": "language",
	} {
		got, faults := user.ParseLocale("f", typed)
		require.Empty(t, faults, typed)
		require.Equal(t, want, got)
	}
	for _, s := range []string{
		"", "d", "de_AT", "de-", "-de", "de--AT", "de-AT-AT", "d1", "de-u", "de-u-", "x-a", "i-klingon", "de-x", "de-a-bbb-a-ccc", "de-rozaj-rozaj",
		"languagelong", "dé", "de-AT ", "en-" + strings.Repeat("abcde-", 6) + "x",
	} {
		_, faults := user.ParseLocale("f", s)
		require.Len(t, faults, 1, "%q", s)
	}
}

func TestMatch(t *testing.T) {
	require.True(t, user.Match{}.Admits(3))
	require.False(t, user.Match{}.Particular())
	require.False(t, user.OneOf().Admits(3))
	require.True(t, user.OneOf(2, 3).Admits(3))
	require.False(t, user.OneOf(2).Admits(3))
	require.True(t, user.OneOf(2).Particular())
}

func TestATombstoneIsNobodysName(t *testing.T) {
	key := user.Tombstone(user.ID{1})
	_, faults := user.ParseEmail(key)
	require.NotEmpty(t, faults)
	_, faults = user.ParseUsername(key)
	require.NotEmpty(t, faults)
	gone, err := user.Restore(user.Snapshot{ID: user.ID{1}, EmailKey: key, Status: "deleted", Revision: 4})
	require.NoError(t, err)
	require.True(t, gone.Email.IsZero())
	require.EqualValues(t, 4, gone.Revision)
	_, err = user.Restore(user.Snapshot{ID: user.ID{1}, EmailKey: key, Status: "active"})
	require.Error(t, err, "only a deleted account has no address")
}

func TestStoredAddressesOfInternationalDomains(t *testing.T) {
	u, err := user.Restore(user.Snapshot{Email: "Ann@exämple.com", EmailKey: "ann@xn--exmple-cua.com", Status: "active"})
	require.NoError(t, err)
	require.Equal(t, "Ann@exämple.com", u.Email.String())
	require.Equal(t, "ann@xn--exmple-cua.com", u.Email.Key())
	require.Equal(t, "Ann@xn--exmple-cua.com", u.Email.ASCII())
	for _, s := range []user.Snapshot{
		{Email: "Ann@exämple.com"},
		{Email: "Ann@exämple.com", EmailKey: "x"},
		{Email: "änn@example.com", EmailKey: "ann@example.com"},
		{Email: "exämple.com", EmailKey: "ann@example.com"},
	} {
		s.Status = "active"
		_, err := user.Restore(s)
		require.Error(t, err, s.Email)
	}
}
