package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

func TestActivityIsTheSameInWhicheverOrder(t *testing.T) {
	later := now.Add(time.Minute)
	want := session.Activity{LastAt: later, Addresses: []session.SeenAddress{{Address: "a", FirstAt: now, LastAt: later}}}
	var one, two session.Activity
	for _, at := range []time.Time{now, later, now} {
		one.See("a", at)
	}
	for _, at := range []time.Time{later, now} {
		two.See("a", at)
	}
	one.See("", now)
	require.Equal(t, want, one)
	require.Equal(t, want, two)
	one.Merge(session.Activity{LastAt: now, Addresses: []session.SeenAddress{{Address: "a", FirstAt: now.Add(-time.Hour), LastAt: now}}})
	require.Equal(t, later, one.LastAt)
	require.Equal(t, session.SeenAddress{Address: "a", FirstAt: now.Add(-time.Hour), LastAt: later}, one.Addresses[0])
}

func TestActivityRemembersTheAddressesSeenLast(t *testing.T) {
	var a session.Activity
	for n := range session.MaxAddresses + 5 {
		a.See(fmt.Sprint(n), now.Add(time.Duration(n)*time.Second))
	}
	a.See("old", now)
	require.Len(t, a.Addresses, session.MaxAddresses)
	for _, seen := range a.Addresses {
		require.True(t, seen.LastAt.After(now.Add(4*time.Second)), seen.Address)
	}
}

func TestFingerprintsTellKindsOfDeviceApart(t *testing.T) {
	firefox := session.Device{Name: "Firefox on Linux", Type: session.Desktop, Browser: "Firefox 140", OS: "Linux"}
	ann := user.ID{1}
	same := firefox
	same.Browser, same.Name = "Firefox 141", "another name"
	require.Equal(t, firefox.Fingerprint(ann), same.Fingerprint(ann), "an update makes no new device")
	require.NotEqual(t, firefox.Fingerprint(ann), firefox.Fingerprint(user.ID{2}))
	for name, change := range map[string]func(*session.Device){
		"browser":                      func(d *session.Device) { d.Browser = "Chrome 140" },
		"system":                       func(d *session.Device) { d.OS = "Windows" },
		"type":                         func(d *session.Device) { d.Type = session.Mobile },
		"no number":                    func(d *session.Device) { d.Browser = "Firefox x" },
		"nothing":                      func(d *session.Device) { *d = session.Device{Type: session.Unknown} },
		"the border between two parts": func(d *session.Device) { d.Browser, d.OS = "FirefoxL", "inux" },
	} {
		other := firefox
		change(&other)
		require.NotEqual(t, firefox.Fingerprint(ann), other.Fingerprint(ann), name)
	}
}
