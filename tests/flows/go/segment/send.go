// Sends every kind of call, with awkward values, by Segment's published Go library.
// Usage: send URL WRITE_KEY AWKWARD_JSON
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/analytics-go/v3"
)

// outcome counts what became of the calls.
type outcome struct {
	sent   sync.WaitGroup
	mutex  sync.Mutex
	failed int
}

func (o *outcome) Success(analytics.Message) { o.sent.Done() }

func (o *outcome) Failure(_ analytics.Message, err error) {
	log.Print(err)
	o.mutex.Lock()
	o.failed++
	o.mutex.Unlock()
	o.sent.Done()
}

func main() {
	var values map[string]interface{}
	decoder := json.NewDecoder(strings.NewReader(os.Args[3]))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		log.Fatal(err)
	}
	result := &outcome{}
	client, err := analytics.NewWithConfig(os.Args[2], analytics.Config{
		Endpoint:  os.Args[1],
		BatchSize: 3,
		Interval:  200 * time.Millisecond,
		Callback:  result,
	})
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 10, 1, 8, 0, 0, 123000000, time.UTC)
	const user, anonymous = "go-user", "go-anonymous"
	calls := []analytics.Message{
		analytics.Identify{UserId: user, AnonymousId: anonymous, Timestamp: at, Traits: values},
		analytics.Track{
			UserId: user, AnonymousId: anonymous, Timestamp: at,
			Event: "Awkward 订单 🎉", Properties: values,
		},
		analytics.Page{
			UserId: user, AnonymousId: anonymous, Timestamp: at,
			Name: "Home 首页", Properties: values,
		},
		analytics.Screen{
			UserId: user, AnonymousId: anonymous, Timestamp: at,
			Name: "Screen", Properties: values,
		},
		analytics.Group{
			UserId: user, AnonymousId: anonymous, Timestamp: at,
			GroupId: "group-1", Traits: values,
		},
		analytics.Alias{UserId: user, PreviousId: "go-before", Timestamp: at},
	}
	result.sent.Add(len(calls))
	for _, call := range calls {
		if err := client.Enqueue(call); err != nil {
			log.Fatal(err)
		}
	}
	result.sent.Wait()
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"failed\": %d}\n", result.failed)
}
