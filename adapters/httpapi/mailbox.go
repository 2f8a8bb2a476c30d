package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/inbound"
)

// mailbox serves inbound.Mailbox to a developer. Its mails hold links that sign
// in, so only pages of our own, and programs, get to see them.
type mailbox struct {
	service inbound.Mailbox
	server  *Server
}

const mailboxPath = "/dev/mailbox"

func (s *Server) mailboxRoutes() []route {
	if s.services.Mailbox == nil {
		return nil
	}
	m := mailbox{s.services.Mailbox, s}
	own := func(h echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := s.ownPage(c.Request()); err != nil {
				return err
			}
			return h(c)
		}
	}
	one := []fault.Code{fault.NotFound}
	return []route{
		{
			method: get, path: mailboxPath, id: "listMails", tag: "Development", summary: "List the mails that were kept, the newest first",
			admission: uncounted, faults: one, serve: plain(own(m.list), s.mailboxContent("Mails", reflect.TypeFor[mailsJSON]())),
		},
		{
			method: del, path: mailboxPath, id: "clearMails", tag: "Development", summary: "Throw away the mails that were kept",
			success: http.StatusNoContent, admission: uncounted, faults: one, serve: plain(own(m.clear), nil),
		},
		{
			method: get, path: mailboxPath + "/{id}", id: "getMail", tag: "Development", summary: "Get a mail that was kept",
			admission: uncounted, faults: one, serve: plain(own(m.get), s.mailboxContent("Mail", reflect.TypeFor[mailJSON]())),
		},
		{
			method: get, path: mailboxPath + "/{id}/html", id: "showMail", tag: "Development", summary: "Look at a mail that was kept, as its reader would",
			admission: uncounted, faults: one, serve: plain(own(m.show), textContent("text/html")),
		},
	}
}

func (s *Server) mailboxContent(name string, of reflect.Type) map[string]*huma.MediaType {
	content := textContent("text/html")
	content["application/json"] = &huma.MediaType{Schema: s.document.api.OpenAPI().Components.Schemas.Schema(of, true, name)}
	return content
}

// ownPage refuses requests that a page of somebody else has a browser make. A
// browser says where a request comes from; that says nothing when the page has
// made its own name mean this machine, so such names are refused as well.
func (s *Server) ownPage(r *http.Request) error {
	if !s.ownName(hostname(r.Host)) {
		return errMisdirected
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Host != r.Host {
			return fault.New(fault.NotFound)
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return nil
	}
	// Somebody who follows a link reads the page; whoever made the link does not.
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		return nil
	}
	return fault.New(fault.NotFound)
}

// ownName tells a name that nobody else can make mean this machine: an address,
// a name without a domain, or one that is configured.
func (s *Server) ownName(name string) bool {
	if s.hosts != nil {
		return s.hosts[name]
	}
	public, err := url.Parse(s.opts.PublicURL)
	return net.ParseIP(name) != nil || name != "" && !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") ||
		err == nil && public.Host != "" && hostname(public.Host) == name
}

type mailsJSON struct {
	Data []mailJSON `json:"data" nullable:"false"`
}

type mailJSON struct {
	ID         string  `json:"id" format:"uuid"`
	Kind       string  `json:"kind" example:"verify_email"`
	To         string  `json:"to" example:"ann@example.com"`
	Subject    string  `json:"subject"`
	Link       string  `json:"link,omitempty" doc:"The first address in the text."`
	Text       string  `json:"text"`
	HTML       string  `json:"html"`
	Locale     string  `json:"locale" example:"en"`
	ReceivedAt instant `json:"received_at"`
}

var webAddress = regexp.MustCompile(`https?://\S+`)

func newMailJSON(m mail.Kept) mailJSON {
	return mailJSON{
		ID: m.ID.String(), Kind: string(m.Kind), To: m.To, Subject: m.Subject, Link: webAddress.FindString(m.Text), Text: m.Text, HTML: m.HTML,
		Locale: m.Locale, ReceivedAt: instant(m.At),
	}
}

// list gives the mails, or those to one address.
func (m mailbox) list(c echo.Context) error {
	list := mailsJSON{Data: []mailJSON{}}
	to := c.QueryParam("to")
	for _, kept := range m.service.List() {
		if to == "" || strings.EqualFold(to, kept.To) {
			list.Data = append(list.Data, newMailJSON(kept))
		}
	}
	return m.answer(c, "mails", list)
}

func (m mailbox) get(c echo.Context) error {
	kept, err := m.find(c)
	if err != nil {
		return err
	}
	return m.answer(c, "mail", newMailJSON(kept))
}

func (m mailbox) clear(c echo.Context) error {
	m.service.Clear()
	return c.NoContent(http.StatusNoContent)
}

// show gives the page that a mail is. It is somebody else's page: it runs
// nothing, loads nothing, and is of no origin.
func (m mailbox) show(c echo.Context) error {
	kept, err := m.find(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	return c.Blob(http.StatusOK, "text/html; charset=utf-8", []byte(kept.HTML))
}

func (m mailbox) find(c echo.Context) (mail.Kept, error) {
	which, err := id.Parse[mail.Mail](c.Param("id"))
	if err != nil {
		return mail.Kept{}, fault.New(fault.NotFound)
	}
	kept, there := m.service.Get(which)
	if !there {
		return mail.Kept{}, fault.New(fault.NotFound)
	}
	return kept, nil
}

//go:embed mailbox.html
var mailboxSource string

//go:embed mailbox.css
var mailboxStyle string

// mailboxPages are the list and one mail.
var mailboxPages = template.Must(template.New("mailbox").Parse(mailboxSource))

// mailboxPolicy lets the pages have their one style sheet, by its hash, and show
// a mail in a frame.
var mailboxPolicy = func() string {
	sum := sha256.Sum256([]byte(mailboxStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}()

// answer gives a browser a page and a program JSON.
func (m mailbox) answer(c echo.Context, page string, v any) error {
	h := c.Response().Header()
	h.Add("Vary", "Accept")
	if !wantsPage(c.Request().Header.Values("Accept")) {
		return c.JSON(http.StatusOK, v)
	}
	var out bytes.Buffer
	err := mailboxPages.ExecuteTemplate(&out, page, struct {
		Style template.CSS
		Of    any
	}{template.CSS(mailboxStyle), v}) //nolint:gosec // a constant of this package
	if err != nil {
		return fmt.Errorf("writing a page of the mailbox: %w", err)
	}
	h.Set("Content-Security-Policy", mailboxPolicy)
	return c.Blob(http.StatusOK, "text/html; charset=utf-8", out.Bytes())
}

// wantsPage reports whether an Accept names HTML, and JSON not more gladly.
func wantsPage(accept []string) bool {
	page, data := 0.0, 0.0
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			kind, params, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "text/html":
				page = max(page, quality(params))
			case "application/json":
				data = max(data, quality(params))
			}
		}
	}
	return page > 0 && page >= data
}
