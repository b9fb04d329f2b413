package prices

import (
	"testing"
	"time"
)

// TestMessageNobodyExpects fails on purpose: no rule answers what the client sends.
func TestMessageNobodyExpects(t *testing.T) {
	mock := newMock(t)
	match := object{"json": object{"$.type": "subscribed"}}
	rules := []object{{"match": match, "do": []string{"ignore"}}}
	mock.endpoint(object{"name": "prices", "path": "/prices", "unmatched": "strict", "rules": rules})
	if _, err := Connect(mock.url("/prices")); err != nil {
		t.Fatal(err)
	}
	mock.waitFor(object{"kind": "text"}, 5*time.Second)
}

// TestPathWithoutEndpoint fails on purpose.
func TestPathWithoutEndpoint(t *testing.T) {
	if _, err := Connect(newMock(t).url("/price")); err == nil {
		t.Fatal("it has connected")
	}
}
