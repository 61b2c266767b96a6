package remote

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// clientConfig says how to log in, and has the agent's connection for closing once that is done (nil without agent).
// Errors never hold a key or a password.
func (e *Endpoint) clientConfig() (*ssh.ClientConfig, io.Closer, error) {
	config := &ssh.ClientConfig{
		User:    valueOr(e.User, defaultUser),
		Timeout: time.Duration(valueOr(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second,
	}
	if err := e.trust(config); err != nil {
		return nil, nil, err
	}
	if e.PrivateKey != nil {
		signer, err := e.signer()
		if err != nil {
			return nil, nil, err
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if e.Password != nil {
		config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(e.answer))
	}
	socket := valueOr(e.AgentSocketPath, os.Getenv("SSH_AUTH_SOCK"))
	if socket == "" && e.AgentSocketPath == nil {
		return config, nil, nil
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, nil, err
	}
	config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
	return config, conn, nil
}

// trust sets which host key is accepted: the one that is given, or any.
func (e *Endpoint) trust(config *ssh.ClientConfig) error {
	if e.HostKey == nil {
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey()
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("failed to parse host key: %w", err)
	}
	config.HostKeyCallback = ssh.FixedHostKey(key)
	// The server may hold several keys; ask for the one that is known. An RSA key never fits a current OpenSSH, which
	// goes by the names rsa-sha2-*: so it is in the published plugin, too.
	config.HostKeyAlgorithms = []string{key.Type()}
	return nil
}

func (e *Endpoint) signer() (ssh.Signer, error) {
	if e.PrivateKeyPassword != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(*e.PrivateKey))
}

// answer gives the password to whatever a server asks that offers no plain password login.
func (e *Endpoint) answer(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *e.Password
	}
	return answers, nil
}

func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
