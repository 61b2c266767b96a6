package main

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv("RUN_PAUSE") == "" {
		os.Exit(m.Run())
	}
	main()
}

func pause(t *testing.T, args ...string) (*exec.Cmd, <-chan error) {
	t.Helper()
	command := exec.Command(os.Args[0], args...)
	command.Env = append(os.Environ(), "RUN_PAUSE=1")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	return command, ended
}

func TestEndsWithVersionForKubeadmsTrialJob(t *testing.T) {
	command, ended := pause(t, "-v")
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		_ = command.Process.Kill()
		t.Fatal("pause -v doesn't end")
	}
}

func TestRunsUntilItIsToldToStop(t *testing.T) {
	command, ended := pause(t)
	select {
	case err := <-ended:
		t.Fatalf("pause ended by itself: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	for tries := 0; tries < 100; tries++ {
		_ = command.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil && command.ProcessState.ExitCode() > 0 {
				t.Fatal(err)
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("pause doesn't end at SIGTERM")
}
