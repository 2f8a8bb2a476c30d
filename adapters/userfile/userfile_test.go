package userfile_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/userfile"
	"github.com/plinto/plinto/ports/inbound"
)

func read(t *testing.T, text string) (list []inbound.UserRecord) {
	t.Helper()
	r := userfile.NewReader(strings.NewReader(text))
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			require.EqualValues(t, len(text), r.Offset())
			return list
		}
		require.NoError(t, err)
		list = append(list, record)
	}
}

var whole = inbound.UserRecord{
	ID: "01980000-0000-7000-8000-000000000001", Email: "ann@example.com", EmailVerified: true, Username: "ann", FirstName: "Ann", LastName: "Lee \"x\" <&>",
	DisplayName: "Ann 🦊", ImageURL: "https://example.com/a.png", PhoneNumber: "+431234567", Timezone: "Europe/Vienna", Locale: "de-AT",
	Metadata: `{"plan":"pro"}`, Status: "suspended", CreatedAt: "2024-05-01T09:00:00.123456Z", UpdatedAt: "2024-06-01T09:00:00Z",
	LastSignInAt: "2024-07-01T09:00:00Z", PasswordHash: "$2b$12$abc",
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	bare := inbound.UserRecord{Email: "bob@example.com"}
	var file bytes.Buffer
	w := userfile.NewWriter(&file)
	require.NoError(t, w.Write(whole))
	require.NoError(t, w.Write(bare))
	require.NoError(t, w.Flush())
	require.Equal(t, 2, strings.Count(file.String(), "\n"))
	require.Contains(t, file.String(), "\n{\"email\":\"bob@example.com\"}\n", "what is absent is left out")
	first, second := whole, bare
	first.Line, second.Line = 1, 2
	require.Equal(t, []inbound.UserRecord{first, second}, read(t, file.String()))
}

func TestLinesAreCounted(t *testing.T) {
	list := read(t, "\ufeff{\"email\":\"a@example.com\"}\r\n\n  \n{\"email\":\"b@example.com\"}")
	require.Len(t, list, 2)
	require.Equal(t, []int{1, 4}, []int{list[0].Line, list[1].Line})
	require.Empty(t, read(t, ""))
	require.Empty(t, read(t, "\n\n"))
}

// A line that cannot be read is told of, and the next one is read.
func TestLinesThatCannotBeRead(t *testing.T) {
	const secret = "hunter2hunter2"
	for text, want := range map[string]string{
		`{"email":"` + secret:                                        " malformed",
		`"` + secret + `"`:                                           " wrong_type",
		`[{"email":"a"}]`:                                            " wrong_type",
		`{"email":"a"} {"email":"` + secret + `"}`:                   " malformed",
		`{"email":5}`:                                                "email wrong_type",
		`{"email_verified":"` + secret + `"}`:                        "email_verified wrong_type",
		`{"password":"` + secret + `"}`:                              "password unknown_field",
		`{"Email":"a"}`:                                              "Email unknown_field",
		`{"email":"a","email":"` + secret + `"}`:                     "email repeated",
		"{\"email\":\"\xff\"}":                                       " malformed",
		`{"firebase":{"hash":"` + secret + `","salt":"x"}}`:          "firebase incomplete",
		`{"firebase":{"hash":"` + secret + `","salt":"x","more":1}}`: "more unknown_field",
		`{"firebase_project":{"signer_key":"` + secret + `"}}`:       "firebase_project misplaced",
		`{"email":"` + strings.Repeat("x", 1<<20) + `"}`:             " too_long",
		`{"` + strings.Repeat("x", 60) + `":1}`:                      strings.Repeat("x", 50) + " unknown_field",
	} {
		list := read(t, "\n"+text+"\n{\"email\":\"next@example.com\"}\n")
		require.Len(t, list, 2, "%.60s", text)
		require.Equal(t, 2, list[0].Line)
		require.Len(t, list[0].Faults, 1, "%.60s", text)
		require.Equal(t, want, list[0].Faults[0].Name+" "+list[0].Faults[0].Type, "%.60s", text)
		require.NotContains(t, list[0].Faults[0].Message, secret)
		require.Equal(t, inbound.UserRecord{Line: 3, Email: "next@example.com"}, list[1])
	}
}

const firebaseProject = `{"firebase_project":{"signer_key":"jxsp_8Ki","salt_separator":"Bw==","rounds":8,"mem_cost":14}}`

func TestFirebaseIsPutTogether(t *testing.T) {
	list := read(t, firebaseProject+"\n"+`{"email":"a@example.com","firebase":{"hash":"lS-f","salt":"42xE"}}`)
	require.Len(t, list, 1)
	require.Equal(t, "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxsp/8Ki$42xE$lS+f", list[0].PasswordHash)
	list = read(t, firebaseProject+"\n"+`{"email":"a@example.com","password_hash":"x","firebase":{"hash":"lS-f","salt":"42xE"}}`)
	require.Len(t, list[0].Faults, 1)
}

func TestAnErrorOfTheFileEndsIt(t *testing.T) {
	broken := errors.New("broken")
	r := userfile.NewReader(io.MultiReader(strings.NewReader("{\"email\":\"a@example.com\"}\n"), iotest.ErrReader(broken)))
	_, err := r.Next()
	require.NoError(t, err)
	_, err = r.Next()
	require.ErrorIs(t, err, broken)
}
