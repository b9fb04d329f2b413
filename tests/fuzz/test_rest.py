"""Whatever is asked of the control plane: it answers as it should, and never with a bug."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.helpers.asgi import OWN, Header, ask, http_scope
from tests.helpers.bridge import IDENTITY
from tests.helpers.json_values import JSON_VALUES
from tests.helpers.server import serving_here
from tests.helpers.spoiling import DEEP, ODD_TEXTS
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.mcp_bridge.web.app import control_app
from websocket_mock.mcp_bridge.web.guard import Access, guarded

WAITS = ("timeout", "within", "window_seconds")
SOON = 0.01
"""Seconds that a wait may take here."""

PATHS = st.one_of(
    st.sampled_from(sorted(TOOLS)).map("/api/{}".format),
    st.sampled_from(
        ["/", "/health", "/metrics", "/openapi.json", "/page/", "/page/../x", "/api", "/login"]
    ),
    st.text(max_size=8).map("/api/{}".format),
    st.text(max_size=8).map("/{}".format),
    ODD_TEXTS.map("/api/{}".format),
)
HEADERS: st.SearchStrategy[list[Header]] = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Host",
                "Origin",
                "Content-Type",
                "Content-Length",
                "Authorization",
                "Cookie",
                "Accept",
                "X",
            ]
        ),
        st.text(max_size=8)
        | st.sampled_from(
            [OWN, "application/json", "localhost:8004", "http://evil.test", "9" * 5_000]
        ),
    ),
    max_size=3,
)
BODIES = st.one_of(
    JSON_VALUES.map(json.dumps).map(str.encode),
    st.binary(max_size=20),
    st.sampled_from(
        [b"[" * DEEP, b'{"match":' * DEEP, b"9" * 5_000, b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}"]
    ),
)


@st.composite
def arguments(draw: st.DrawFn) -> tuple[str, bytes]:
    """A tool, and a body in which its arguments have any values."""
    name = draw(st.sampled_from(sorted(TOOLS)))
    fields = TOOLS[name].arguments.model_fields
    values = draw(
        st.dictionaries(
            st.sampled_from(sorted(fields) or ["x"]), JSON_VALUES | ODD_TEXTS, max_size=3
        )
    )
    values.update({field: SOON for field in WAITS if field in fields})
    return f"/api/{name}", json.dumps(values).encode()


@contextmanager
def any_request_target() -> Iterator[Callable[[], None]]:
    """The check of any request, over all that is behind the bridge."""
    with serving_here() as server:

        @contextmanager
        def host() -> Iterator[Any]:
            yield server.gateway

        state = BridgeState(IDENTITY, host)
        app = guarded(control_app(state), Access(host="localhost"))
        with state.running():

            @given(
                st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "OPTIONS", "\xff"]),
                st.tuples(PATHS, BODIES) | arguments(),
                st.binary(max_size=12),
                HEADERS,
            )
            @example("GET", ("/nothing", b""), b"\x80", [])
            @settings(suppress_health_check=list(HealthCheck))
            def check(
                method: str, target: tuple[str, bytes], query: bytes, headers: list[Header]
            ) -> None:
                path, body = target
                content = ("Content-Type", "application/json")
                scope = http_scope(method, path, [content, *headers], query_string=query)
                message = {"type": "http.request", "body": body, "more_body": False}
                answer = ask(app, scope, [message])
                assert answer.status in range(200, 500), answer
                assert b"Traceback" not in answer.body
                if answer.status >= 400 and answer.body:
                    assert answer.error()

            yield check


def test_any_request_is_answered_without_a_bug() -> None:
    with any_request_target() as check:
        check()
