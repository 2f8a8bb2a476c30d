package kms

import (
	"context"
	"crypto"
	"errors"
	"time"

	"go.step.sm/crypto/kms/apiv1"

	"github.com/plinto/plinto/ports/outbound"
)

// pause is how often a key that does not sign is tried.
const pause = time.Second

// Run tries a key that does not sign until it does, and ends with ctx.
func (k *KMS) Run(ctx context.Context) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if key := k.opened(); key != nil && key.down.Load() {
			k.retry(ctx, key)
		}
	}
}

func (k *KMS) opened() *Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.key
}

// retry has the key sign. Clients of services on the network find the way back
// by themselves; the sessions of a module do not, so it is opened anew.
func (k *KMS) retry(ctx context.Context, key *Key) {
	err := key.trial()
	if err != nil && apiv1.Type(k.address.scheme) == apiv1.PKCS11 && !errors.Is(err, errSlow) && !k.refused {
		err = k.reopen(ctx, key)
	}
	if err == nil {
		key.turn(false, nil)
	}
}

// reopen replaces the sessions of a module that lost them. A PIN that is refused
// is tried once and not again: the token would lock.
func (k *KMS) reopen(ctx context.Context, key *Key) error {
	c, err := k.open(ctx)
	if err != nil {
		k.refused = refusedPIN(err)
		return err
	}
	if half, ok := key.public.(interface{ Equal(x crypto.PublicKey) bool }); ok && !half.Equal(c.signer.Public()) {
		return errors.Join(outbound.ErrUnavailable, c.close())
	}
	last := key.connection.Swap(c)
	// Closing waits for signatures that may never come, and what a lost
	// connection says of its end helps nobody.
	go func() { _ = last.close() }()
	return key.trial()
}
