// Serves a mirror directory on one address: its OCI registry at /v2/ and its apt repository at /apt/.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/sirupsen/logrus"
)

func main() {
	root := flag.String("root", ".", "mirror directory, with registry/ and apt/ in it")
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; with port 0 a free one is taken")
	writable := flag.Bool("writable", false, "accept pushes: only for filling a mirror")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	// The first line on standard output tells whoever started the server that it answers, and where.
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, handler(*root, *writable)))
}

func handler(root string, writable bool) http.Handler {
	config := &configuration.Configuration{
		Catalog: configuration.Catalog{MaxEntries: 1000},
		Storage: configuration.Storage{
			"filesystem":  configuration.Parameters{"rootdirectory": filepath.Join(root, "registry")},
			"maintenance": configuration.Parameters{"readonly": map[any]any{"enabled": !writable}},
		},
	}
	// A line a request is noise; what isn't there stays to be seen.
	logrus.SetLevel(logrus.WarnLevel)
	// Signs the state of uploads, which a single server of its own need not keep secret; without it the registry warns.
	config.HTTP.Secret = "one server"

	images := handlers.NewApp(context.Background(), config)
	packages := http.StripPrefix("/apt/", http.FileServer(http.Dir(filepath.Join(root, "apt"))))
	// Not a ServeMux: it answers apt's `/apt/./NAME` with a redirect, whose `%2b` apt then escapes once more.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/apt/") {
			packages.ServeHTTP(w, r)
		} else {
			images.ServeHTTP(w, r)
		}
	})
}
