package httpapi_test

import (
	"context"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// administering is what the fakes of administration do.
type administering struct {
	administrator func(context.Context, inbound.Principal) error
	find          func(context.Context, inbound.Principal, inbound.UserQuery) (inbound.UserPage, error)
	getUser       func(context.Context, inbound.Principal, user.ID) (user.User, error)
	checkUser     func(inbound.NewUser) []fault.Field
	createUser    func(context.Context, inbound.Caller, inbound.Principal, inbound.NewUser) (user.User, error)
	inviteUser    func(context.Context, inbound.Caller, inbound.Principal, user.ID) error
	checkEdits    func(inbound.ProfileUpdate) []fault.Field
	updateUser    func(context.Context, inbound.Caller, inbound.Principal, user.ID, inbound.ProfileUpdate) (user.User, error)
	eraseUser     func(context.Context, inbound.Caller, inbound.Principal, user.ID, user.Match) error
	suspend       func(context.Context, inbound.Caller, inbound.Principal, user.ID, string) (user.User, error)
	reactivate    func(context.Context, inbound.Caller, inbound.Principal, user.ID) (user.User, error)
	userSessions  func(context.Context, inbound.Principal, user.ID, inbound.Page) (inbound.SessionPage, error)
	endSessions   func(context.Context, inbound.Caller, inbound.Principal, user.ID) (int, error)
}

func newAdministering() administering {
	return administering{
		administrator: func(context.Context, inbound.Principal) error { return nil },
		find: func(context.Context, inbound.Principal, inbound.UserQuery) (inbound.UserPage, error) {
			root := ann()
			root.Administrator = true
			return inbound.UserPage{Users: []user.User{root, ann()}, Next: user.ID{1}}, nil
		},
		getUser:   func(context.Context, inbound.Principal, user.ID) (user.User, error) { return ann(), nil },
		checkUser: func(inbound.NewUser) []fault.Field { return nil },
		createUser: func(context.Context, inbound.Caller, inbound.Principal, inbound.NewUser) (user.User, error) {
			u := ann()
			u.LastSignInAt = nil
			return u, nil
		},
		inviteUser: func(context.Context, inbound.Caller, inbound.Principal, user.ID) error { return nil },
		checkEdits: func(inbound.ProfileUpdate) []fault.Field { return nil },
		updateUser: func(context.Context, inbound.Caller, inbound.Principal, user.ID, inbound.ProfileUpdate) (user.User, error) {
			return ann(), nil
		},
		eraseUser: func(context.Context, inbound.Caller, inbound.Principal, user.ID, user.Match) error { return nil },
		suspend: func(context.Context, inbound.Caller, inbound.Principal, user.ID, string) (user.User, error) {
			u := ann()
			u.Status = user.Suspended
			return u, nil
		},
		reactivate: func(context.Context, inbound.Caller, inbound.Principal, user.ID) (user.User, error) {
			return ann(), nil
		},
		userSessions: func(context.Context, inbound.Principal, user.ID, inbound.Page) (inbound.SessionPage, error) {
			return inbound.SessionPage{Sessions: []session.Session{sessionOf(9), sessionOf(2)}, Next: session.ID{2}}, nil
		},
		endSessions: func(context.Context, inbound.Caller, inbound.Principal, user.ID) (int, error) { return 3, nil },
	}
}

type (
	administration struct{ *fakes }
	directory      struct{ *fakes }
)

func (f administration) Admit(ctx context.Context, who inbound.Principal) error {
	return f.administrator(ctx, who)
}

func (f administration) CheckReason(reason string) []fault.Field {
	if reason == "bad" {
		return []fault.Field{fault.ReasonCharacters.In("reason")}
	}
	return nil
}

func (f administration) Suspend(ctx context.Context, c inbound.Caller, who inbound.Principal, whom user.ID, reason string) (user.User, error) {
	return f.suspend(ctx, c, who, whom, reason)
}

func (f administration) Reactivate(ctx context.Context, c inbound.Caller, who inbound.Principal, whom user.ID) (user.User, error) {
	return f.reactivate(ctx, c, who, whom)
}

func (f administration) Erase(ctx context.Context, c inbound.Caller, who inbound.Principal, whom user.ID, match user.Match) error {
	return f.eraseUser(ctx, c, who, whom, match)
}

func (f administration) Sessions(ctx context.Context, who inbound.Principal, whom user.ID, p inbound.Page) (inbound.SessionPage, error) {
	return f.userSessions(ctx, who, whom, p)
}

func (f administration) EndSessions(ctx context.Context, c inbound.Caller, who inbound.Principal, whom user.ID) (int, error) {
	return f.endSessions(ctx, c, who, whom)
}

func (f directory) CheckSearch(text string) []fault.Field {
	_, faults := user.ParseSearch(text)
	return faults
}

func (f directory) CheckCreate(cmd inbound.NewUser) []fault.Field { return f.checkUser(cmd) }

func (f directory) CheckUpdate(cmd inbound.ProfileUpdate) []fault.Field { return f.checkEdits(cmd) }

func (f directory) Find(ctx context.Context, who inbound.Principal, q inbound.UserQuery) (inbound.UserPage, error) {
	return f.find(ctx, who, q)
}

func (f directory) Get(ctx context.Context, who inbound.Principal, whom user.ID) (user.User, error) {
	return f.getUser(ctx, who, whom)
}

func (f directory) Create(ctx context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.NewUser) (user.User, error) {
	return f.createUser(ctx, c, who, cmd)
}

func (f directory) Invite(ctx context.Context, c inbound.Caller, who inbound.Principal, whom user.ID) error {
	return f.inviteUser(ctx, c, who, whom)
}

func (f directory) Update(ctx context.Context, c inbound.Caller, who inbound.Principal, whom user.ID, cmd inbound.ProfileUpdate) (user.User, error) {
	return f.updateUser(ctx, c, who, whom, cmd)
}
