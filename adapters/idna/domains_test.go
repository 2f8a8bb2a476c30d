package idna_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/idna"
	"github.com/plinto/plinto/core/user"
)

func TestForms(t *testing.T) {
	for typed, want := range map[string][2]string{
		"exämple.com":             {"xn--exmple-cua.com", "exämple.com"},
		"EXÄMPLE.com":             {"xn--exmple-cua.com", "exämple.com"},
		"exa\u0308mple.com":       {"xn--exmple-cua.com", "exämple.com"},
		"xn--exmple-cua.com":      {"xn--exmple-cua.com", "exämple.com"},
		"XN--EXMPLE-CUA.com":      {"xn--exmple-cua.com", "exämple.com"},
		"ｅｘａｍｐｌｅ.com":             {"example.com", "example.com"},
		"例え。テスト":                  {"xn--r8jz45g.xn--zckzah", "例え.テスト"},
		"straße.de":               {"xn--strae-oqa.de", "straße.de"},
		"مثال.إختبار":             {"xn--mgbh0fb.xn--kgbechtv", "مثال.إختبار"},
		"example.com":             {"example.com", "example.com"},
		"نامه\u200cای.com":        {"xn--mgba3gch31f060k.com", "نامه\u200cای.com"},
		"faß.xn--exmple-cua.test": {"xn--fa-hia.xn--exmple-cua.test", "faß.exämple.test"},
	} {
		ascii, unicode, ok := idna.New().Forms(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, [2]string{ascii, unicode}, typed)
	}
}

func TestWhatIsNoName(t *testing.T) {
	for _, typed := range []string{
		"", ".", "exämple..com", ".exämple.com", "-ä.com", "ä-.com", "ab--ä.com", "exäm ple.com", "exäm_ple.com",
		"ä@b.com", "ä＠b.com", "ä﹫b.com", "xn--.com", "xn--a.com", "xn--exmple-cua-.com", "xn--999999999.com", "xn--example-.com",
		"a\u200db.com", "\u0301a.com", "אa.com", "ä⒈com", "☃️\x00.com", strings.Repeat("ä", 60) + ".com",
		strings.Repeat(strings.Repeat("ä", 40)+".", 6) + "com", "xn--fa-hia\u00df.com", "\xff.com",
	} {
		_, _, ok := idna.New().Forms(typed)
		require.False(t, ok, "%q", typed)
	}
}

func TestAddressesWithInternationalDomains(t *testing.T) {
	domains := idna.New()
	read := func(s string) (user.Email, bool) {
		e, faults := user.ParseAddress(s, domains)
		return e, len(faults) == 0
	}
	for _, s := range []string{"Ann@exämple.com", "ann@EXÄMPLE.COM", "ANN@xn--exmple-cua.com", "ann@exa\u0308mple.com"} {
		e, ok := read(s)
		require.True(t, ok, s)
		require.Equal(t, s, e.String(), "kept as typed")
		require.Equal(t, "ann@xn--exmple-cua.com", e.Key(), s)
	}
	e, _ := read("Ann.Lee@exämple.com")
	require.Equal(t, "Ann.Lee@xn--exmple-cua.com", e.ASCII())
	e, _ = read("Ann@Example.com")
	require.Equal(t, "Ann@Example.com", e.ASCII())

	for _, s := range []string{
		"ännchen@example.com", "ann＠exämple.com", "ann﹫exämple.com", "ann@exämple.com＠evil.com", "ann@b@exämple.com",
		"ann@exäm\u00adple.com", "ann@exäm\u200bple.com", "ann@\u202eexämple.com", "ann@exämple.com\ufe0f", "ann@exämple.com ",
		"ann@exämple。com,bob@example.com", "\"ann\"@exämple.com", "ann@[exämple.com]", "ann@exämple", "ann@exämple.com.", "ann@１２７.0.0.１",
		"ann@exämple.com\n", "ann@exämple\x00.com", "ann@ex\u3000ämple.com", "ann@\ufeffexämple.com", "ann@xn--a.com",
		"a@" + strings.Repeat("ä", 59) + ".com",                                         // a label of 64 in ASCII
		strings.Repeat("a", 64) + "@" + strings.Repeat("äääääääääääääääää.", 8) + "com", // too long in ASCII alone
		// Scripts that are not written together.
		"ann@exаmple.com", "ann@xn--exmple-4nf.com", "ann@gοοgle.com", "ann@раypal.com", "ann@googlе.com",
	} {
		_, ok := read(s)
		require.False(t, ok, "%q", s)
	}
	for _, s := range []string{
		"ann@пример.com", "ann@例え.テスト", "ann@toyota車.jp", "ann@παράδειγμα.gr", "ann@ａｎｎ.com", "ann@한국abc.kr", "ann@straße.de", "ann@mañana2.es",
		"ann@ラーメンx.jp",
	} {
		_, ok := read(s)
		require.True(t, ok, "%q", s)
	}
	// Foreign throughout: another mailbox, whatever it looks like.
	cyrillic, ok := read("ann@аррӏе.com")
	require.True(t, ok)
	latin, _ := read("ann@apple.com")
	require.NotEqual(t, latin.Key(), cyrillic.Key())
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"ann@exämple.com", "ann@xn--exmple-cua.com", "ann@ａ.com", "a@ß.de"} {
		f.Add(s)
	}
	domains := idna.New()
	f.Fuzz(func(t *testing.T, s string) {
		e, faults := user.ParseAddress(s, domains)
		if len(faults) > 0 {
			return
		}
		require.Equal(t, s, e.String())
		// The key and the form that is sent to are the same mailbox.
		for _, form := range []string{e.Key(), e.ASCII()} {
			again, faults := user.ParseAddress(form, domains)
			require.Empty(t, faults, form)
			require.Equal(t, e.Key(), again.Key())
		}
		back, err := user.Restore(user.Snapshot{Email: s, EmailKey: e.Key(), Status: "active"})
		require.NoError(t, err)
		require.Equal(t, e, back.Email)
	})
}
