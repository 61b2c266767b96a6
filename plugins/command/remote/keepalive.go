package remote

import (
	"context"
	"io"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

// KeepAliveInterval is the pause between keepalive requests to a host, KeepAliveLimit how long a host may take to answer
// one. They are variables for tests.
var KeepAliveInterval, KeepAliveLimit = 15 * time.Second, 2 * time.Minute

// endWhenSilent closes the client's transport when the host stops answering. TCP alone would notice that only without a
// proxy: with one, the connection ends at the proxy, which still answers.
func (e *Endpoint) endWhenSilent(ctx context.Context, client *ssh.Client, transport io.Closer) {
	for {
		time.Sleep(KeepAliveInterval)
		silent := time.AfterFunc(KeepAliveLimit, func() {
			p.GetLogger(ctx).Warningf("%s hasn't answered for %v: its connection is closed", e.address(), KeepAliveLimit)
			transport.Close()
		})
		_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
		silent.Stop()
		if err != nil { // the connection is closed
			return
		}
	}
}
