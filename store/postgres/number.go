package postgres

import (
	"encoding/json"
	"math"
	"math/big"
)

// numberTest returns the test of a path that @, a number, compares so with x when both are doubles. Numbers of
// jsonb are exact decimals: those that round to x lie between the middles to its neighbours, and on
// them when x is even (IEEE 754, section 4.3.1).
func numberTest(op string, x float64, variable func(any) string) string {
	low, high, even := roundingInterval(x)
	atLeast, atMost := ">", "<"
	if even {
		atLeast, atMost = ">=", "<="
	}
	bound := func(op string, at *big.Rat) string {
		if at == nil { // every number is
			return `@ == @`
		}
		return `@ ` + op + ` ` + variable(decimal(at))
	}
	switch op {
	case ">=":
		return bound(atLeast, low)
	case "<=":
		return bound(atMost, high)
	case ">": // what does not round to x or less
		return `!(` + bound(atMost, high) + `)`
	case "<":
		return `!(` + bound(atLeast, low) + `)`
	}
	return `(` + bound(atLeast, low) + ` && ` + bound(atMost, high) + `)`
}

// roundingInterval returns the middles between x and its neighbours, nil where it has none, and whether
// they round to x. The neighbour of the largest double is the power of two behind it, and what lies
// behind the middle to it rounds to infinity.
func roundingInterval(x float64) (low, high *big.Rat, even bool) {
	beyond := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 1024))
	exact := func(f float64) *big.Rat {
		switch {
		case math.IsInf(f, 1):
			return beyond
		case math.IsInf(f, -1):
			return new(big.Rat).Neg(beyond)
		}
		return new(big.Rat).SetFloat64(f)
	}
	middle := func(a, b float64) *big.Rat {
		sum := new(big.Rat).Add(exact(a), exact(b))
		return sum.Quo(sum, big.NewRat(2, 1))
	}
	even = math.Float64bits(x)&1 == 0 // infinity, the neighbour of an odd number, is even
	if !math.IsInf(x, -1) {
		low = middle(math.Nextafter(x, math.Inf(-1)), x)
	}
	if !math.IsInf(x, 1) {
		high = middle(x, math.Nextafter(x, math.Inf(1)))
	}
	return low, high, even
}

// decimal returns the exact decimal text of a fraction of a power of two.
func decimal(r *big.Rat) json.Number {
	digits, _ := r.FloatPrec()
	return json.Number(r.FloatString(digits))
}
