package remote

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/retry"
	"golang.org/x/crypto/ssh"
)

// dialer opens the TCP connection to an SSH server, from here or from the proxy.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Dial logs in to the host, through its proxy if it has one. The caller closes the client.
func (c *Connection) Dial(ctx context.Context) (*ssh.Client, error) {
	config, agent, err := c.clientConfig()
	if err != nil {
		return nil, err
	}
	defer closeIfAny(agent)
	if c.Proxy == nil {
		client, err := c.logIn(ctx, "Dial", config, new(net.Dialer).DialContext)
		if err == nil {
			go c.endWhenSilent(ctx, client, client)
		}
		return client, err
	}

	client, err := c.dialThroughProxy(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return client, nil
}

func (c *Connection) dialThroughProxy(ctx context.Context, config *ssh.ClientConfig) (*ssh.Client, error) {
	proxyConfig, agent, err := c.Proxy.clientConfig()
	if err != nil {
		return nil, err
	}
	defer closeIfAny(agent)
	proxy, err := c.Proxy.logIn(ctx, "Dial proxy", proxyConfig, new(net.Dialer).DialContext)
	if err != nil {
		return nil, err
	}
	client, err := c.logIn(ctx, "Dial from proxy", config, proxy.DialContext)
	if err != nil {
		proxy.Close()
		return nil, err
	}
	go func() {
		client.Wait()
		proxy.Close()
	}()
	go c.endWhenSilent(ctx, client, proxy)
	return client, nil
}

// logIn retries until it is logged in, the context ends, or more than dialErrorLimit attempts have failed. The pauses grow
// from 0.1 to 5 seconds.
func (e *Endpoint) logIn(ctx context.Context, what string, config *ssh.ClientConfig, dial dialer) (*ssh.Client, error) {
	limit, limitText := valueOr(e.DialErrorLimit, defaultDialErrorLimit), "inf"
	if limit >= 0 {
		limitText = strconv.Itoa(limit)
	}
	ok, client, err := retry.Until(ctx, retry.Acceptor{
		Accept: func(failed int, _ time.Duration) (bool, any, error) {
			client, err := e.attempt(ctx, config, dial)
			if err == nil {
				return true, client, nil
			}
			if limit >= 0 && failed >= limit {
				return false, nil, fmt.Errorf("after %d failed attempts: %w", failed, err)
			}
			p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failed+1, limitText)
			return false, nil, nil
		},
	})
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ctx.Err()
	}
	return client.(*ssh.Client), nil
}

// attempt connects and logs in once, within perDialTimeout.
func (e *Endpoint) attempt(ctx context.Context, config *ssh.ClientConfig, dial dialer) (*ssh.Client, error) {
	if config.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, config.Timeout)
		defer cancel()
	}
	conn, err := dial(ctx, "tcp", e.address())
	if err != nil {
		return nil, err
	}
	// The handshake takes no context. Closing its connection ends it.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	sshConn, channels, requests, err := ssh.NewClientConn(conn, e.address(), config)
	if !stop() {
		conn.Close()
		return nil, fmt.Errorf("ssh: handshake with %s: %w", e.address(), ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(sshConn, channels, requests), nil
}

func (e *Endpoint) address() string {
	return net.JoinHostPort(*e.Host, strconv.Itoa(int(valueOr(e.Port, defaultPort))))
}

func closeIfAny(c io.Closer) {
	if c != nil {
		c.Close()
	}
}
