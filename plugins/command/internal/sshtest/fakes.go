package sshtest

import (
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Silent runs a server that accepts connections and never answers. It returns its port, and the number of connections.
func Silent(t testing.TB) (port int, accepted *atomic.Int32) {
	t.Helper()
	accepted = &atomic.Int32{}
	port = listen(t, func(*net.TCPConn) {
		accepted.Add(1)
		<-t.Context().Done()
	})
	return port, accepted
}

// Relay runs a relay to a server's port. After cut it passes on nothing and closes no connection, like a machine that has
// lost power.
func Relay(t testing.TB, to int) (port int, cut func()) {
	t.Helper()
	var gone atomic.Bool
	pass := func(from, to *net.TCPConn) {
		for part := make([]byte, 64<<10); ; {
			n, err := from.Read(part)
			if gone.Load() {
				<-t.Context().Done()
			}
			if err != nil {
				to.CloseWrite()
				return
			}
			to.Write(part[:n])
		}
	}
	port = listen(t, func(conn *net.TCPConn) {
		server, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: to})
		if err != nil {
			return
		}
		defer server.Close()
		go pass(server, conn)
		pass(conn, server)
	})
	return port, func() { gone.Store(true) }
}

// Password runs a server that accepts one password, by the method password or keyboard-interactive. The output of any
// command is the method.
func Password(t testing.TB, password string, byQuestions bool) (port int) {
	t.Helper()
	_, hostKey := newKey(t)
	signer, err := ssh.ParsePrivateKey([]byte(hostKey))
	check(t, err)
	config := &ssh.ServerConfig{}
	method := "password"
	if byQuestions {
		method = "questions"
		config.KeyboardInteractiveCallback = func(
			_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge,
		) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err == nil && answers[0] != password {
				err = ssh.ErrNoAuth
			}
			return nil, err
		}
	} else {
		config.PasswordCallback = func(_ ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
			if string(given) != password {
				return nil, ssh.ErrNoAuth
			}
			return nil, nil
		}
	}
	config.AddHostKey(signer)
	return listen(t, func(conn *net.TCPConn) {
		_, channels, requests, err := ssh.NewServerConn(conn, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for channel := range channels {
			go answer(channel, method)
		}
	})
}

func answer(new ssh.NewChannel, text string) {
	channel, requests, err := new.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	for request := range requests {
		request.Reply(request.Type == "exec", nil)
		if request.Type == "exec" {
			channel.Write([]byte(text))
			channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{}))
			return
		}
	}
}

// Agent runs an SSH agent with one private key, and returns its socket.
func Agent(t testing.TB, privateKey string) string {
	t.Helper()
	key, err := ssh.ParseRawPrivateKey([]byte(privateKey))
	check(t, err)
	keyring := agent.NewKeyring()
	check(t, keyring.Add(agent.AddedKey{PrivateKey: key}))
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	check(t, err)
	serve(t, listener, func(conn net.Conn) { agent.ServeAgent(keyring, conn) })
	return socket
}

func listen(t testing.TB, handle func(*net.TCPConn)) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	serve(t, listener, func(conn net.Conn) { handle(conn.(*net.TCPConn)) })
	return listener.Addr().(*net.TCPAddr).Port
}

func serve(t testing.TB, listener net.Listener, handle func(net.Conn)) {
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
}
