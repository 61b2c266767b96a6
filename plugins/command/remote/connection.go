// Package remote runs commands on, and copies files to, hosts reached over SSH.
package remote

import "github.com/pulumi/pulumi-go-provider/infer"

const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15
)

// Connection is the type command:remote:Connection.
type Connection struct {
	Endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// Annotate implements infer.Annotated.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How a host is reached.")
	a.Describe(&c.Proxy, "The host through which it is reached, where it can't be directly.")
}

// ProxyConnection is the type command:remote:ProxyConnection.
type ProxyConnection struct{ Endpoint }

// Annotate implements infer.Annotated.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How the host is reached through which another one is.")
}

// Endpoint has the address and the credentials of an SSH server.
type Endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional"           provider:"secret"`
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional"         provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

// Annotate implements infer.Annotated.
func (e *Endpoint) Annotate(a infer.Annotator) {
	a.Describe(&e.User, "The user to log in as.")
	a.SetDefault(&e.User, defaultUser)
	a.Describe(&e.Password, "The user's password, tried after the private key.")
	a.Describe(&e.Host, "The host's name or address.")
	a.Describe(&e.Port, "The SSH server's port.")
	a.SetDefault(&e.Port, defaultPort)
	a.Describe(&e.PrivateKey, "The private key itself, in PEM.")
	a.Describe(&e.PrivateKeyPassword, "The password of the private key.")
	a.Describe(&e.AgentSocketPath, "The SSH agent's socket. `SSH_AUTH_SOCK` by default, if it is set.")
	a.Describe(&e.DialErrorLimit, "How many times dialling may fail and be tried again. -1 means without limit.")
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.Describe(&e.PerDialTimeout, "How many seconds an attempt may take. 0 means any time.")
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
	a.Describe(&e.HostKey, "The host's public key, as in authorized_keys. Without it any host is trusted.")
}
