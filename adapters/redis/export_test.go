package redis

import "github.com/redis/rueidis"

// ClientOption gives what an address is translated to.
func (o Options) ClientOption() (rueidis.ClientOption, error) { return o.clientOption() }
