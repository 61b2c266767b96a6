package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func status(t *testing.T, root string, writable bool, method, path string) int {
	t.Helper()
	server := httptest.NewServer(handler(root, writable))
	defer server.Close()
	request, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request) // follows no redirects
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func TestAptGetsAPackageWithAPlusInItsNameByTheFlatRepositorysPath(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "apt"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "apt", "runc_1.1.5+ds1_amd64.deb"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := status(t, root, false, "GET", "/apt/./runc_1.1.5%2bds1_amd64.deb"); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
}

func TestImagesCanBePushedOnlyToAMirrorThatIsBeingFilled(t *testing.T) {
	const upload = "/v2/quay.io/calico/node/blobs/uploads/"
	if got := status(t, t.TempDir(), false, "POST", upload); got != http.StatusMethodNotAllowed {
		t.Errorf("served: got %d", got)
	}
	if got := status(t, t.TempDir(), true, "POST", upload); got != http.StatusAccepted {
		t.Errorf("being filled: got %d", got)
	}
}
