package app

import (
	"maps"

	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// Writers gives who writes each kind of mail.
func Writers(w outbound.World, p Policy) map[mail.Kind]mailing.Writer {
	desk := mailed.New(w, mailed.Policy{Enabled: p.Mail, Frontend: p.Links.Frontend, Lifetimes: p.Links.Lifetimes, Sessions: p.Sessions})
	writers := mailing.Notices()
	maps.Copy(writers, newLinks(w, p, desk, nil, nil, nil, nil, nil, strength.Rules{}, nil).writers())
	return writers
}
