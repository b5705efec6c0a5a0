//go:build !unix

package main

func onHangup(func()) (stop func()) { return func() {} }
