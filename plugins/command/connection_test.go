package main

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"kubeadm-kafka/plugins/command/internal/sshtest"
	"kubeadm-kafka/plugins/command/remote"
)

// connect creates a command that writes a file, with a connection, and returns whether the file exists.
func connect(t *testing.T, connection m) (ran bool, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ran")
	_, err = newUnit(t, "remote:Command").tryUp(m{"connection": connection, "create": "touch " + file})
	_, missing := os.Stat(file)
	return missing == nil, err
}

func TestRightHostKeyIsAccepted(t *testing.T) {
	ran, err := connect(t, sshtest.Start(t).Connection())
	must(t, err)
	equal(t, "ran", ran, true)
}

func TestWrongHostKeyRunsNothing(t *testing.T) {
	sshd, other := sshtest.Start(t), sshtest.Start(t)
	ran, err := connect(t, with(sshd.Connection(), m{"hostKey": other.HostKey}))
	failsWith(t, err, "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch")
	equal(t, "ran", ran, false)
	_, err = connect(t, with(sshd.Connection(), m{"hostKey": "no key"}))
	failsWith(t, err, "failed to parse host key: ssh: no key found")
	equal(t, "connections", sshd.Connections.Load(), 1)
}

func TestWithoutHostKeyAnyHostIsTrusted(t *testing.T) {
	connection := sshtest.Start(t).Connection()
	delete(connection, "hostKey")
	ran, err := connect(t, connection)
	must(t, err)
	equal(t, "ran", ran, true)
}

func TestWrongPrivateKeyRunsNothingAndIsNotShown(t *testing.T) {
	sshd, other := sshtest.Start(t), sshtest.Start(t)
	log := logged(t)
	ran, err := connect(t, with(sshd.Connection(), m{"privateKey": other.ClientKey, "dialErrorLimit": 1}))
	failsWith(t, err, "after 1 failed attempts: ssh: handshake failed: ssh: unable to authenticate")
	equal(t, "ran", ran, false)
	secret := strings.Split(other.ClientKey, "\n")[2]
	_, broken := connect(t, with(sshd.Connection(), m{"privateKey": strings.ReplaceAll(other.ClientKey, "-----END", "")}))
	failsWith(t, broken, "ssh: no key found")
	if all := err.Error() + broken.Error() + log.String(); strings.Contains(all, secret) {
		t.Errorf("the private key is shown:\n%s", all)
	}
}

func TestEncryptedPrivateKey(t *testing.T) {
	sshd := sshtest.Start(t)
	raw, err := ssh.ParseRawPrivateKey([]byte(sshd.ClientKey))
	must(t, err)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(raw, "", []byte("opens it"))
	must(t, err)
	connection := with(sshd.Connection(), m{"privateKey": string(pem.EncodeToMemory(block))})

	_, err = connect(t, connection)
	failsWith(t, err, "this private key is passphrase protected")
	_, err = connect(t, with(connection, m{"privateKeyPassword": "wrong"}))
	failsWith(t, err, "x509: decryption password incorrect")
	ran, err := connect(t, with(connection, m{"privateKeyPassword": "opens it"}))
	must(t, err)
	equal(t, "ran", ran, true)
}

func TestPassword(t *testing.T) {
	for way, byQuestions := range map[string]bool{"password": false, "questions": true} {
		port := sshtest.Password(t, "hunter2", byQuestions)
		connection := m{"host": "127.0.0.1", "port": port, "password": "hunter2", "dialErrorLimit": 0}
		unit := newUnit(t, "remote:Command")
		unit.up(m{"connection": connection, "create": "ignored"})
		equal(t, "way in", text(unit.state, "stdout"), way)

		_, err := connect(t, with(connection, m{"password": "hunter3"}))
		failsWith(t, err, "unable to authenticate")
		if strings.Contains(err.Error(), "hunter") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

func TestAgent(t *testing.T) {
	sshd := sshtest.Start(t)
	socket := sshtest.Agent(t, sshd.ClientKey)
	connection := sshd.Connection()
	delete(connection, "privateKey")

	_, err := connect(t, connection)
	failsWith(t, err, "unable to authenticate")
	ran, err := connect(t, with(connection, m{"agentSocketPath": socket}))
	must(t, err)
	equal(t, "ran with agentSocketPath", ran, true)
	t.Setenv("SSH_AUTH_SOCK", socket)
	ran, err = connect(t, connection)
	must(t, err)
	equal(t, "ran with SSH_AUTH_SOCK", ran, true)
	_, err = connect(t, with(connection, m{"agentSocketPath": socket + "-gone"}))
	failsWith(t, err, "dial unix "+socket+"-gone")
}

func TestDialErrorLimitIsHowManyFailuresAreForgiven(t *testing.T) {
	sshd := sshtest.Start(t)
	connection := with(sshd.Connection(), m{"dialErrorLimit": 2})
	log := logged(t)

	sshd.Refuse.Store(3)
	_, err := connect(t, connection)
	failsWith(t, err, "after 2 failed attempts: ssh: handshake failed")
	equal(t, "connections", sshd.Connections.Load(), 3)
	if !strings.Contains(log.String(), "Dial 1/2 failed: retrying") || !strings.Contains(log.String(), "Dial 2/2 failed") {
		t.Errorf("the attempts aren't shown:\n%s", log)
	}

	sshd.Refuse.Store(2)
	_, err = connect(t, connection)
	must(t, err)
	equal(t, "connections", sshd.Connections.Load(), 6)
}

func TestUnlimitedDialErrorsGoOnUntilCancelled(t *testing.T) {
	sshd := sshtest.Start(t)
	sshd.Refuse.Store(1 << 20)
	unit := newUnit(t, "remote:Command")
	log := logged(t)
	failed := make(chan error)
	go func() {
		_, err := unit.tryUp(m{"connection": with(sshd.Connection(), m{"dialErrorLimit": -1}), "create": "true"})
		failed <- err
	}()
	await(t, "three connections", func() bool { return sshd.Connections.Load() >= 3 })
	must(t, unit.server.Cancel())
	failsWith(t, <-failed, "context canceled")
	if !strings.Contains(log.String(), "Dial 2/inf failed: retrying") {
		t.Errorf("the attempts aren't shown:\n%s", log)
	}
}

func TestPerDialTimeoutEndsAnAttemptAtASilentServer(t *testing.T) {
	port, accepted := sshtest.Silent(t)
	start := time.Now()
	_, err := connect(t, m{"host": "127.0.0.1", "port": port, "password": "x", "dialErrorLimit": 1, "perDialTimeout": 1})
	failsWith(t, err, "after 1 failed attempts: ssh: handshake with 127.0.0.1:", "context deadline exceeded")
	equal(t, "connections", accepted.Load(), 2)
	if took := time.Since(start); took < 2*time.Second || took > 4*time.Second {
		t.Errorf("two attempts of a second took %v", took)
	}
}

func TestCancelEndsAnAttemptAtASilentServer(t *testing.T) {
	port, accepted := sshtest.Silent(t)
	unit := newUnit(t, "remote:Command")
	failed := make(chan error)
	go func() {
		connection := m{"host": "127.0.0.1", "port": port, "password": "x", "perDialTimeout": 0}
		_, err := unit.tryUp(m{"connection": connection, "create": "true"})
		failed <- err
	}()
	await(t, "a connection", func() bool { return accepted.Load() == 1 })
	must(t, unit.server.Cancel())
	failsWith(t, <-failed, "context canceled")
}

func TestAStartedScriptIsWaitedForInSpiteOfCancel(t *testing.T) {
	unit, base := remoteCommand(t)
	file := filepath.Join(t.TempDir(), "started")
	failed := make(chan error)
	go func() {
		_, err := unit.tryUp(with(base, m{"create": "touch " + file + "; while [ -e " + file + " ]; do sleep 0.05; done; echo done"}))
		failed <- err
	}()
	await(t, "the script", func() bool { _, err := os.Stat(file); return err == nil })
	must(t, unit.server.Cancel())
	must(t, os.Remove(file))
	must(t, <-failed)
	equal(t, "stdout", text(unit.state, "stdout"), "done")
}

func TestProxy(t *testing.T) {
	proxy, host := sshtest.Start(t), sshtest.Start(t)
	proxied := with(host.Connection(), m{"proxy": proxy.Connection()})

	ran, err := connect(t, proxied)
	must(t, err)
	equal(t, "ran", ran, true)
	equal(t, "connections to the proxy", proxy.Connections.Load(), 1)
	equal(t, "connections to the host", host.Connections.Load(), 1)

	_, err = connect(t, with(proxied, m{"proxy": with(proxy.Connection(), m{"hostKey": host.HostKey})}))
	failsWith(t, err, "proxy: after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch")
	deaf := sshtest.Start(t, "AllowTcpForwarding no")
	_, err = connect(t, with(proxied, m{"proxy": deaf.Connection()}))
	failsWith(t, err, "proxy: after 0 failed attempts: ssh: rejected: administratively prohibited")
	equal(t, "connections to the host after both", host.Connections.Load(), 1)

	ran, err = connect(t, with(proxied, m{"hostKey": proxy.HostKey}))
	failsWith(t, err, "proxy: ", "host key mismatch")
	equal(t, "ran on an untrusted host", ran, false)
}

func TestBehindAProxyEachAttemptDialsAnew(t *testing.T) {
	proxy, host := sshtest.Start(t), sshtest.Start(t)
	host.Refuse.Store(2)
	ran, err := connect(t, with(host.Connection(), m{"proxy": proxy.Connection(), "dialErrorLimit": 2}))
	must(t, err)
	equal(t, "ran", ran, true)
	equal(t, "connections to the proxy", proxy.Connections.Load(), 1)
	equal(t, "connections to the host", host.Connections.Load(), 3)
}

func TestAHostThatLosesPowerEndsItsCommand(t *testing.T) {
	interval, limit := remote.KeepAliveInterval, remote.KeepAliveLimit
	remote.KeepAliveInterval, remote.KeepAliveLimit = 50*time.Millisecond, time.Second
	t.Cleanup(func() { remote.KeepAliveInterval, remote.KeepAliveLimit = interval, limit })
	for name, proxied := range map[string]bool{"dialled from here": false, "behind a proxy": true} {
		t.Run(name, func(t *testing.T) {
			proxy, host := sshtest.Start(t), sshtest.Start(t)
			port, cut := sshtest.Relay(t, host.Port)
			connection := with(host.Connection(), m{"port": port})
			if proxied {
				connection["proxy"] = proxy.Connection()
			}
			log := logged(t)
			file := filepath.Join(t.TempDir(), "started")
			failed := make(chan error, 1)
			go func() {
				// The command takes longer than the limit, but the host answers the keepalive requests.
				command := "sleep 2; touch " + file + "; sleep 60"
				_, err := newUnit(t, "remote:Command").tryUp(m{"connection": connection, "create": command})
				failed <- err
			}()
			await(t, "the script", func() bool { _, err := os.Stat(file); return err == nil })
			cut()
			select {
			case err := <-failed:
				failsWith(t, err, "remote command exited without exit status")
			case <-time.After(20 * time.Second):
				t.Fatal("it is waited for")
			}
			if !strings.Contains(log.String(), "hasn't answered for 1s: its connection is closed") {
				t.Errorf("the silence isn't shown:\n%s", log)
			}
		})
	}
}

func TestConnectionsAreClosedAfterUse(t *testing.T) {
	proxy, host := sshtest.Start(t), sshtest.Start(t)
	_, err := connect(t, with(host.Connection(), m{"proxy": proxy.Connection()}))
	must(t, err)
	await(t, "the connections' end", func() bool { return host.Open.Load() == 0 && proxy.Open.Load() == 0 })
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute in vain for %s", what)
		}
	}
}
