package daybook

import "slices"

// A FilterWord is a field of the filter language as people write it, for completion in a search bar.
type FilterWord struct {
	Name      string   // as it is printed: "type"
	Field     string   // as entries have it: "resource_type"
	Operators []string // what may follow
	Values    []string // of a field that has few; nil otherwise
}

// FilterWords returns the fields of the language, in the order of its manual.
func FilterWords() []FilterWord {
	words := make([]FilterWord, len(filterFields))
	for i, f := range filterFields {
		words[i] = FilterWord{f.short, f.name, slices.Clone(f.ops), slices.Clone(f.values)}
	}
	return words
}
