package remote

import (
	"context"
	"io"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

// KeepAliveInterval is the pause between two questions to a host whether it still answers, KeepAliveLimit how long it may
// leave one unanswered. Variables for tests alone.
var KeepAliveInterval, KeepAliveLimit = 15 * time.Second, 2 * time.Minute

// endWhenSilent closes transport, which the client speaks over, when the host stops answering. TCP notices that only where
// the host is dialled from here: behind a proxy the connection from here ends at the proxy, which lives on.
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
