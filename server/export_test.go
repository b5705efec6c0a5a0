package server

import "encoding/json"

// Problem returns the answer for err as JSON.
func Problem(err error) string {
	text, _ := json.Marshal(problemOf(err))
	return string(text)
}
