package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// administration serves inbound.Administration and inbound.Directory.
type administration struct {
	service   inbound.Administration
	directory inbound.Directory
}

// administrationRoutes are those that ask for an administrator.
func (s *Server) administrationRoutes() []route {
	d := administration{s.services.Administration, s.services.Directory}
	judged := []fault.Code{fault.NotFound, fault.Conflict, fault.OwnAccount, fault.ReauthenticationRequired}
	routes := []route{
		{
			method: get, path: "/api/v1/users", id: "listUsers", summary: "List the users, or look for some, the newest first",
			serve: handler(d.list), faults: []fault.Code{fault.ValidationError},
		},
		{
			method: post, path: "/api/v1/users", id: "createUser", summary: "Make an account, and invite its owner by mail",
			success: http.StatusCreated, idempotent: true, serve: bodyHandler(d.create),
			faults: []fault.Code{fault.EmailTaken, fault.UsernameTaken, fault.MailDisabled},
		},
		{
			method: get, path: "/api/v1/users/{id}", id: "getUser", summary: "Get a user, a deleted one too",
			tagged: true, serve: handler(d.get), faults: []fault.Code{fault.NotFound},
		},
		{
			method: patch, path: "/api/v1/users/{id}", id: "updateUser", summary: "Change what an account says of its user; its address is its owner's to change", tagged: true,
			serve:  reading[profileUpdateJSON](d.update, "application/json", mergePatch),
			faults: []fault.Code{fault.NotFound, fault.UsernameTaken, fault.Conflict, fault.PreconditionFailed},
		},
		{
			method: del, path: "/api/v1/users/{id}", id: "deleteUser", summary: "Erase an account and all that is stored about its user, for good",
			success: http.StatusNoContent, tagged: true, serve: handler(d.erase),
			faults: append(judged, fault.PreconditionFailed),
		},
		{
			method: post, path: "/api/v1/users/{id}/invitation", id: "inviteUser", summary: "Send the invitation of an account anew",
			success: http.StatusAccepted, serve: handler(d.invite),
			faults: []fault.Code{fault.NotFound, fault.AlreadyVerified, fault.Conflict, fault.MailDisabled},
		},
		{
			method: post, path: "/api/v1/users/{id}/suspend", id: "suspendUser",
			summary: "Keep a user from signing in, and end their sessions for good",
			serve:   reading[suspendJSON](d.suspend, "application/json"), faults: judged,
		},
		{
			method: post, path: "/api/v1/users/{id}/reactivate", id: "reactivateUser", summary: "Let a user sign in again",
			serve: handler(d.reactivate), faults: judged,
		},
		{
			method: get, path: "/api/v1/users/{id}/sessions", id: "listUserSessions", summary: "List a user's live sessions, the newest first",
			serve: handler(d.sessions), faults: []fault.Code{fault.NotFound, fault.ValidationError},
		},
		{
			method: post, path: "/api/v1/users/{id}/sessions/revoke", id: "revokeUserSessions", summary: "End all sessions of a user",
			serve: handler(d.endSessions), faults: []fault.Code{fault.NotFound},
		},
	}
	for i := range routes {
		routes[i].tag, routes[i].access = "Administration", administrator
	}
	return routes
}

type usersInput struct {
	Search string `query:"search" maxLength:"254" doc:"How an e-mail address, a user name, a first, last or display name begins, in any case of letters. Every character stands for itself."`
	Status string `query:"status" enum:"active,inactive,suspended,deleted" doc:"Only those of this status; without it, all but deleted ones."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many entries a page has."`
	Cursor string `query:"cursor" doc:"The next_cursor of the page before. Opaque."`

	after user.ID
}

// Resolve reads the cursor beside the other parameters, so that all that is
// wrong with them is told at once.
func (in *usersInput) Resolve(huma.Context) []error {
	after, wrong := resolveCursor(in.Cursor)
	in.after = user.ID(after)
	return wrong
}

type userPageJSON struct {
	Data       []userJSON `json:"data" nullable:"false"`
	NextCursor *string    `json:"next_cursor" doc:"Asks for the next page; null on the last one."`
}

func (d administration) list(ctx context.Context, in *usersInput) (*answer[userPageJSON], error) {
	if err := invalid(nil, d.directory.CheckSearch(in.Search)); err != nil {
		return nil, err
	}
	page, err := d.directory.Find(ctx, callOf(ctx).who, inbound.UserQuery{
		Search: in.Search, Status: user.Status(in.Status), Limit: in.Limit, After: in.after,
	})
	if err != nil {
		return nil, err
	}
	out := userPageJSON{Data: make([]userJSON, 0, len(page.Users)), NextCursor: writeCursor(session.ID(page.Next))}
	for _, u := range page.Users {
		one, err := newUserJSON(u)
		if err != nil {
			return nil, err
		}
		out.Data = append(out.Data, one)
	}
	return &answer[userPageJSON]{out}, nil
}

// createUserJSON is what an account is made of: its address, and what a
// profileUpdateJSON says.
type createUserJSON struct {
	Email           string     `json:"email" format:"email" maxLength:"254" doc:"Where the invitation goes." example:"bob@example.com"`
	Username        textEdit   `json:"username,omitempty" minLength:"3" maxLength:"50" pattern:"^[A-Za-z0-9_-]+$" example:"bob"`
	FirstName       textEdit   `json:"first_name,omitempty" maxLength:"100" example:"Bob"`
	LastName        textEdit   `json:"last_name,omitempty" maxLength:"100" example:"Lee"`
	DisplayName     textEdit   `json:"display_name,omitempty" maxLength:"100"`
	ProfileImageURL textEdit   `json:"profile_image_url,omitempty" format:"uri" maxLength:"2048" doc:"By http or https, in ASCII. It is never fetched."`
	PhoneNumber     textEdit   `json:"phone_number,omitempty" pattern:"^\\+[1-9][0-9]{6,14}$" doc:"E.164." example:"+351912345678"`
	Timezone        textEdit   `json:"timezone,omitempty" doc:"A name of the IANA time zone database." example:"Europe/Vienna"`
	Locale          textEdit   `json:"locale,omitempty" maxLength:"35" doc:"A language tag (BCP 47); the invitation is in that language, if there is one." example:"pt"`
	Metadata        objectEdit `json:"user_metadata,omitempty" doc:"At most 16384 bytes and 8 levels deep."`
}

func (c createUserJSON) edits() user.Edits {
	return profileUpdateJSON{
		Username: c.Username, FirstName: c.FirstName, LastName: c.LastName, DisplayName: c.DisplayName,
		ProfileImageURL: c.ProfileImageURL, PhoneNumber: c.PhoneNumber, Timezone: c.Timezone, Locale: c.Locale, Metadata: c.Metadata,
	}.edits()
}

// createdUser answers with a new account and its place.
type createdUser struct {
	Location string `header:"Location" doc:"The path of the account."`
	ETag     string `header:"ETag" hidden:"true"`
	Body     userJSON
}

func (d administration) create(ctx context.Context, in *request[createUserJSON]) (*createdUser, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.NewUser{Email: body.Email, Edits: body.edits()}
	if err := invalid(notToSet(wrong, notTheirs...), d.directory.CheckCreate(cmd)); err != nil {
		return nil, err
	}
	call := callOf(ctx)
	u, err := d.directory.Create(ctx, call.caller, call.who, cmd)
	if err != nil {
		return nil, err
	}
	out, err := newUserJSON(u)
	if err != nil {
		return nil, err
	}
	return &createdUser{Location: "/api/v1/users/" + out.ID, ETag: userTag(u), Body: out}, nil
}

func (d administration) invite(ctx context.Context, in *userPath) (*none, error) {
	whom, err := in.user()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	return nil, d.directory.Invite(ctx, call.caller, call.who, whom)
}

type userPath struct {
	ID string `path:"id" format:"uuid" doc:"The user's id."`
}

// user reads the id of the path: one that is malformed names nobody.
func (in userPath) user() (user.ID, error) {
	whom, err := id.Parse[user.User](in.ID)
	if err != nil {
		return user.ID{}, fault.New(fault.NotFound)
	}
	return whom, nil
}

func (d administration) get(ctx context.Context, in *userPath) (*tagged[userJSON], error) {
	whom, err := in.user()
	if err != nil {
		return nil, err
	}
	return answerUser(ctx)(d.directory.Get(ctx, callOf(ctx).who, whom))
}

type suspendJSON struct {
	Reason *string `json:"reason,omitempty" nullable:"true" maxLength:"200" doc:"Why, on one line, for those who read the events." example:"spam"`
}

// userRequest is a request about a user, with a JSON object.
type userRequest[B any] struct {
	ID      string `path:"id" format:"uuid" doc:"The user's id."`
	RawBody []byte `contentType:"application/json"`
}

// read decodes the body as request does.
func (r *userRequest[B]) read() (B, []fault.Field, error) {
	return (&request[B]{RawBody: r.RawBody}).read()
}

func (d administration) update(ctx context.Context, in *userRequest[profileUpdateJSON]) (*tagged[userJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	whom, err := userPath{in.ID}.user()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	cmd := inbound.ProfileUpdate{Edits: body.edits(), Match: call.expectedRevisions(whom)}
	if err := invalid(notToSet(wrong, notTheirs...), d.directory.CheckUpdate(cmd)); err != nil {
		return nil, err
	}
	return answerUser(ctx)(d.directory.Update(ctx, call.caller, call.who, whom, cmd))
}

func (d administration) erase(ctx context.Context, in *userPath) (*none, error) {
	whom, err := in.user()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	return nil, d.service.Erase(ctx, call.caller, call.who, whom, call.expectedRevisions(whom))
}

func (d administration) suspend(ctx context.Context, in *userRequest[suspendJSON]) (*tagged[userJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	if err := invalid(wrong, d.service.CheckReason(value(body.Reason))); err != nil {
		return nil, err
	}
	whom, err := userPath{in.ID}.user()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	return answerUser(ctx)(d.service.Suspend(ctx, call.caller, call.who, whom, value(body.Reason)))
}

func (d administration) reactivate(ctx context.Context, in *userPath) (*tagged[userJSON], error) {
	whom, err := in.user()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	return answerUser(ctx)(d.service.Reactivate(ctx, call.caller, call.who, whom))
}

type userSessionsInput struct {
	ID     string `path:"id" format:"uuid" doc:"The user's id."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many entries a page has."`
	Cursor string `query:"cursor" doc:"The next_cursor of the page before. Opaque."`

	after session.ID
}

// Resolve reads the cursor as that of usersInput does.
func (in *userSessionsInput) Resolve(huma.Context) (wrong []error) {
	in.after, wrong = resolveCursor(in.Cursor)
	return wrong
}

func (d administration) sessions(ctx context.Context, in *userSessionsInput) (*answer[sessionPageJSON], error) {
	whom, err := userPath{in.ID}.user()
	if err != nil {
		return nil, err
	}
	who := callOf(ctx).who
	page, err := d.service.Sessions(ctx, who, whom, inbound.Page{Limit: in.Limit, After: in.after})
	return sessionPage(page, err, who.Session)
}

func (d administration) endSessions(ctx context.Context, in *userPath) (*answer[revokedJSON], error) {
	whom, err := in.user()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	n, err := d.service.EndSessions(ctx, call.caller, call.who, whom)
	if err != nil {
		return nil, err
	}
	return &answer[revokedJSON]{revokedJSON{n}}, nil
}
