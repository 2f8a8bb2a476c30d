package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// codeUnauthenticated says that the server wants to be signed in to (RFC 4954
// section 6): nothing about the message.
const codeUnauthenticated = 530

// refused is what a server said to the message itself: for good when it says so
// (RFC 5321 section 4.2.1), else for now.
func refused(ctx context.Context, step string, err error) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	if ok && reply.Code >= 500 && reply.Code != codeUnauthenticated {
		return &outbound.RejectedError{Code: reply.Code, Reason: mail.Redact(reply.Msg)}
	}
	return unsent(ctx, step, err)
}

// unknown is what came after the last byte. Only an answer tells what became of
// the message.
func unknown(ctx context.Context, err error) error {
	if _, answered := errors.AsType[*textproto.Error](err); answered {
		return refused(ctx, "accept", err)
	}
	return fmt.Errorf("smtp: the server did not say whether it took the message: %w", told(ctx, err))
}

func unsent(ctx context.Context, step string, err error) error {
	return fmt.Errorf("smtp: %s: %w: %w", step, outbound.ErrUnsent, told(ctx, err))
}

// told keeps of an error what operators may read. What a server said is cut to
// what is harmless; what the network said names no recipient.
func told(ctx context.Context, err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("%d %s", reply.Code, mail.Redact(reply.Msg))
	}
	if ended := ctx.Err(); ended != nil {
		return ended // rather than that the connection is closed
	}
	return errors.New(mail.Redact(err.Error()))
}
