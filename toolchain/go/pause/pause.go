// Command pause holds a pod's namespaces open and reaps its orphans, as Kubernetes' own pause (written in C) does.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// `kubeadm upgrade apply` runs `pause -v` in a Job to see whether the cluster runs pods.
	if len(os.Args) > 1 && os.Args[1] == "-v" {
		fmt.Println("pause of kubeadm-kafka's mirror")
		return
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		reap()
	}
}

func reap() {
	for {
		if pid, _ := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 {
			return
		}
	}
}
