// Stand-ins for many hosts: SSH servers in one process, each at an address of its own. They take the host scripts as a
// host does and answer them after a fixed time, but run none of them. Some have the faults of their settings.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"regexp"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Hosts is what is read from standard input: one line of JSON. The program ends when standard input does.
type Hosts struct {
	HostKey       string // private, for all of them
	AuthorizedKey string // the one key that is let in
	Hosts         []Host
	Milliseconds  map[string]int // how long a script takes, by its name
	Slower        int            // how many times as long on a slow host
}

// Host is one server.
type Host struct {
	Name    string
	Address string // HOST:PORT
	// Fault is how it misbehaves: "refused" (nobody listens), "silent" (never says a word), "slow", "dropped" (the
	// connection breaks in the middle of the script In), "apt locked" (prepare fails), "late" (its clock is an hour
	// behind). Empty: not at all.
	Fault, In string
}

func main() {
	log.SetFlags(0)
	input := json.NewDecoder(os.Stdin)
	var hosts Hosts
	check(input.Decode(&hosts))
	config, err := hosts.serverConfig()
	check(err)
	for _, host := range hosts.Hosts {
		if host.Fault == "refused" {
			continue
		}
		listener, err := net.Listen("tcp", host.Address)
		check(err)
		go hosts.serve(listener, host, config)
	}
	say("ready", "")
	io.Copy(io.Discard, os.Stdin)
}

func (h *Hosts) serverConfig() (*ssh.ServerConfig, error) {
	authorized, _, _, _, err := ssh.ParseAuthorizedKey([]byte(h.AuthorizedKey))
	if err != nil {
		return nil, err
	}
	hostKey, err := ssh.ParsePrivateKey([]byte(h.HostKey))
	if err != nil {
		return nil, err
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(authorized.Marshal()) {
			return nil, fmt.Errorf("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(hostKey)
	return config, nil
}

func (h *Hosts) serve(listener net.Listener, host Host, config *ssh.ServerConfig) {
	for {
		conn, err := listener.Accept()
		check(err)
		if host.Fault == "silent" {
			go io.Copy(io.Discard, conn)
			continue
		}
		go func() {
			defer conn.Close()
			_, channels, requests, err := ssh.NewServerConn(conn, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			for channel := range channels {
				if h.answer(channel, host) {
					return // in the middle
				}
			}
		}()
	}
}

// The command names the script that is run: `… create # prepare.sh`.
// The script's name, and before it what the clock said where Pulumi runs.
var script = regexp.MustCompile(` (\d+)? ?# ([\w-]+)\.sh$`)

// answer takes a script and returns whether the connection breaks in it.
func (h *Hosts) answer(wanted ssh.NewChannel, host Host) (breaks bool) {
	channel, requests, err := wanted.Accept()
	if err != nil {
		return false
	}
	defer channel.Close()
	for request := range requests {
		request.Reply(request.Type == "exec", nil)
		if request.Type != "exec" {
			continue
		}
		name, asked := "unknown", "null"
		if match := script.FindSubmatch(request.Payload); match != nil {
			asked, name = cmp.Or(string(match[1]), asked), string(match[2])
		}
		say(host.Name, name)
		io.Copy(io.Discard, channel) // to its end, as bash does
		if host.Fault == "dropped" && name == host.In {
			return true
		}
		time.Sleep(h.duration(name, host))
		var status uint32
		switch {
		case name == "preflight":
			clock := time.Now()
			if host.Fault == "late" {
				clock = clock.Add(-time.Hour)
			}
			fmt.Fprintf(channel, `{"machineId":"id of %s","mtu":1500,"clock":%d,"asked":%s}`, host.Name, clock.Unix(), asked)
		case name == "prepare" && host.Fault == "apt locked":
			status = 1
			fmt.Fprintf(channel.Stderr(), "%s: prepare failed at \"install packages\" (exit code 100). The end of "+
				"/var/log/kubeadm-kafka.log on that host:\nE: Could not get lock /var/lib/dpkg/lock-frontend\n", host.Name)
		default:
			fmt.Fprint(channel, "----- kubeadm-kafka: the result begins -----\n----- kubeadm-kafka: the result ends -----\n")
		}
		channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return false
	}
	return false
}

func (h *Hosts) duration(script string, host Host) time.Duration {
	duration := time.Duration(h.Milliseconds[script]) * time.Millisecond
	if host.Fault == "slow" {
		duration *= time.Duration(h.Slower)
	}
	return duration
}

var output sync.Mutex

// say prints a line: which script was started on which host.
func say(host, script string) {
	output.Lock()
	defer output.Unlock()
	fmt.Println(host, script)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
