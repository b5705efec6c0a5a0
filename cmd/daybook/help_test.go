package main

import (
	"io"
	"strings"
	"testing"
)

// Every command has examples, and each is a command line that the program takes.
func TestExamplesAreCommandLines(t *testing.T) {
	t.Setenv("DAYBOOK_ORGANIZATION", "")
	var c commands
	parser, err := newParser(&c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		own := 0
		for _, example := range examples(command) {
			words := exampleWords(t, example)
			if len(words) == 0 {
				continue
			}
			if words[0] == command.Name {
				own++
			}
			var fresh commands // what one example sets must not be there for the next
			parser, err := newParser(&fresh, io.Discard, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(words); err != nil {
				t.Errorf("%s: %v", example, err)
			}
		}
		if own == 0 {
			t.Errorf("daybook %s has no example", command.Name)
		}
		if !strings.HasSuffix(command.Help, ".") {
			t.Errorf("daybook %s: %q is not a sentence", command.Name, command.Help)
		}
	}
}

// exampleWords returns the arguments of daybook in an example, nil if it is about another program.
func exampleWords(t *testing.T, example string) []string {
	t.Helper()
	if _, pipe, ok := strings.Cut(example, "| daybook "); ok {
		example = "daybook " + pipe
	}
	rest, ok := strings.CutPrefix(example, "daybook ")
	if !ok {
		return nil
	}
	rest, _, _ = strings.Cut(rest, " > ")
	rest, _, _ = strings.Cut(rest, " >> ")
	rest, _, _ = strings.Cut(rest, " | ")
	var words []string
	for i, part := range strings.Split(rest, "'") { // odd parts are quoted
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
