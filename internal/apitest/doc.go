// Package apitest holds the tests of the API that need more than its own package may: the OpenAPI
// document against real traffic, requests made from it at random, isolation of organizations over all
// operations, and the suite of stores through HTTP.
package apitest
