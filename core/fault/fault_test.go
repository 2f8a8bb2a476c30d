package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
)

func TestEveryCodeHasAKindAndAMessage(t *testing.T) {
	for _, c := range fault.Codes() {
		require.NotEmpty(t, c.Message(), c)
		require.Equal(t, c == fault.Internal, c.Kind() == fault.KindInternal, c)
	}
}

func TestUnknownIsInternal(t *testing.T) {
	require.Equal(t, fault.Internal, fault.CodeOf(errors.New("disk on fire")))
	require.Equal(t, fault.KindInternal, fault.Code("made_up").Kind())
	require.Equal(t, fault.Internal.Message(), fault.Code("made_up").Message())
}

func TestCauseIsForTheLogOnly(t *testing.T) {
	cause := errors.New("dial tcp: refused")
	err := fmt.Errorf("sign in: %w", fault.New(fault.Unavailable).Because(cause).After(time.Second))
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, fault.New(fault.Unavailable))
	require.NotErrorIs(t, err, fault.New(fault.Timeout))
	e, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok)
	require.NotContains(t, e.Message, "dial")
	require.Equal(t, time.Second, e.RetryAfter)
	require.Contains(t, e.Error(), "dial")
	require.Equal(t, "timeout", fault.New(fault.Timeout).Error())
}

func TestInvalid(t *testing.T) {
	require.NoError(t, fault.Invalid())
	err := fault.Invalid(fault.Field{Name: "email", Type: "missing"})
	require.Equal(t, fault.ValidationError, fault.CodeOf(err))
}
