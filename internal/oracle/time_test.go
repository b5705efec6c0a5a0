package oracle

import "time"

var testTime = time.Date(2026, 3, 14, 15, 9, 26, 535897000, time.UTC)
