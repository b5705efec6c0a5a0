// Serve runs the example on http://localhost:8090, for a log at http://127.0.0.1:8484 that was started
// with --origins http://localhost:8090:
//
//	DAYBOOK_KEY=dbk_… go run ./examples/element/serve ORGANIZATION
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/daybookdev/daybook/examples/element"
)

func main() {
	if len(os.Args) != 2 || os.Getenv("DAYBOOK_KEY") == "" {
		log.Fatal("usage: DAYBOOK_KEY=dbk_… serve ORGANIZATION (the key needs the permission mint)")
	}
	h, err := element.Handler(element.Config{Server: "http://127.0.0.1:8484", Key: os.Getenv("DAYBOOK_KEY"), Organization: os.Args[1],
		Filter: "type:document", Origin: "http://localhost:8090"})
	if err != nil {
		log.Fatal(err)
	}
	s := &http.Server{Addr: "localhost:8090", Handler: h, ReadHeaderTimeout: 5 * time.Second}
	log.Print("open http://localhost:8090")
	log.Fatal(s.ListenAndServe())
}
