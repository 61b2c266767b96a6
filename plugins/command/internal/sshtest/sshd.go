// Package sshtest runs a real OpenSSH server for tests, and fake servers that misbehave.
package sshtest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

const config = `HostKey %[1]s/host_key
AuthorizedKeysFile %[1]s/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
AcceptEnv GREETING PULUMI_COMMAND_*
Subsystem sftp internal-sftp
LogLevel VERBOSE
`

// Server is an OpenSSH server on a free port of loopback, run by the test's user.
type Server struct {
	Port      int
	User      string
	HostKey   string // in the form of authorized_keys
	ClientKey string // PEM; the only key that may log in

	// Refuse is the number of next connections that the server closes at once.
	Refuse atomic.Int32
	// Connections counts all connections so far, including refused ones; Open counts those that are open.
	Connections, Open atomic.Int32
}

// Start runs a server until the test ends. more has further lines of its configuration. Each connection has its own sshd
// process, as with inetd.
func Start(t testing.TB, more ...string) *Server {
	t.Helper()
	sshd := findSSHD(t)
	dir := t.TempDir()
	hostKey, hostPEM := newKey(t)
	clientKey, clientPEM := newKey(t)
	me, err := user.Current()
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "host_key"), []byte(hostPEM), 0o600))
	check(t, os.WriteFile(filepath.Join(dir, "authorized_keys"), []byte(clientKey), 0o600))
	check(t, os.WriteFile(filepath.Join(dir, "sshd_config"),
		fmt.Appendf(nil, config+strings.Join(more, "\n"), dir), 0o600))
	if os.Geteuid() == 0 {
		check(t, os.MkdirAll("/run/sshd", 0o755)) // root's sshd needs it for privilege separation
	}

	s := &Server{User: me.Username, HostKey: hostKey, ClientKey: clientPEM}
	log := &syncBuffer{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("sshd on port %d:\n%s", s.Port, log)
		}
	})
	s.Port = listen(t, func(conn *net.TCPConn) {
		s.Connections.Add(1)
		s.Open.Add(1)
		defer s.Open.Add(-1)
		if s.Refuse.Add(-1) >= 0 {
			return
		}
		file, err := conn.File()
		if err != nil {
			return
		}
		defer file.Close()
		cmd := exec.CommandContext(t.Context(), sshd, "-i", "-e", "-f", filepath.Join(dir, "sshd_config"))
		cmd.Stdin, cmd.Stdout, cmd.Stderr = file, file, log
		cmd.Run()
	})
	return s
}

// Connection returns the `connection` input for this server.
func (s *Server) Connection() map[string]any {
	return map[string]any{
		"host":           "127.0.0.1",
		"port":           s.Port,
		"user":           s.User,
		"privateKey":     s.ClientKey,
		"hostKey":        s.HostKey,
		"dialErrorLimit": 0,
	}
}

func findSSHD(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"sshd", "/usr/sbin/sshd"} {
		if path, err := exec.LookPath(name); err == nil {
			path, err = filepath.Abs(path)
			check(t, err)
			return path
		}
	}
	t.Fatal("these tests need OpenSSH's server: apt-get install -y openssh-server")
	return ""
}

func newKey(t testing.TB) (public, private string) {
	t.Helper()
	key, secret, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	sshKey, err := ssh.NewPublicKey(key)
	check(t, err)
	block, err := ssh.MarshalPrivateKey(secret, "")
	check(t, err)
	return string(ssh.MarshalAuthorizedKey(sshKey)), string(pem.EncodeToMemory(block))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(bs []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(bs)
}
