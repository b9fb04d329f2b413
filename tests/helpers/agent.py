"""What the agent of the session in docs/agent-session.md arms."""

from typing import Any

PRICES: dict[str, Any] = {
    "name": "prices",
    "path": "/prices",
    "handshake": [{"match": {"attempt": {"at_most": 3}}, "reject": {"status": 503}}],
    "rules": [
        {"trigger": "connect", "do": [{"send": {"json": {"type": "hello"}}}]},
        {
            "name": "subscribe",
            "match": {"json": {"$.type": "subscribe"}},
            "do": [
                {
                    "every": {
                        "interval": "10ms",
                        "count": 5,
                        "do": [{"send": {"json": {"tick": "{{ repeat.index }}"}}}],
                    }
                },
                {"after": {"delay": "200ms", "do": [{"abort": "close"}]}},
            ],
        },
    ],
}
