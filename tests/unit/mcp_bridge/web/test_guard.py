"""Which requests the guard lets in, whatever they carry."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.helpers.asgi import BEARER, JSON, LINK, OWN, TOKEN, Guarded, Header, ask, http_scope
from websocket_mock.mcp_bridge.web.exposure import PublicWithoutToken
from websocket_mock.mcp_bridge.web.guard import Access, Guard

API = "/api/get_websocket_clients"
CROSS = ("Sec-Fetch-Site", "cross-site")

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"]
PATHS = [API, "/", "/mcp", "/events", "/login", "/logout", "/health", "/metrics", "/page/login.js"]


def origin(value: str) -> Header:
    return ("Origin", value)


def site(value: str) -> Header:
    return ("Sec-Fetch-Site", value)


class TestHost:
    @pytest.mark.parametrize(
        "host",
        ["localhost", "LocalHost:1", "127.0.0.1:8004", "127.8.9.10", "[::1]:65535", "[0:0::1]"],
    )
    def test_this_machine_is_let_in(self, host: str) -> None:
        assert Guarded().ask("GET", API, ("Host", host)).status == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example:8004",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil-localhost",
            "192.0.2.7",
            "0.0.0.0",
            "[::]",
            "[2001:db8::1]",
            "127.1",
            "2130706433",
        ],
    )
    def test_other_names_for_it_are_misdirected(self, host: str) -> None:
        one = Guarded()
        answer = one.ask("GET", API, ("Host", host))

        assert answer.status == 421
        assert "http://localhost:" in answer.error()
        assert one.shake_hands(API, ("Host", host)).status == 403
        assert one.inner.reached == []

    @pytest.mark.parametrize(
        "host",
        [
            "",
            " ",
            "localhost:",
            "localhost:x",
            "localhost:65536",
            "localhost:99999",
            "evil.example@localhost",
            "localhost@evil.example",
            "localhost,evil.example",
            "localhost evil.example",
            "localhost/evil",
            "localhost\\evil",
            "::1",
            "[::1",
            "[::1%25lo]",
            "[localhost]",
            "[1::1::1]",
            "localhost\n",
            "löcalhost",
        ],
    )
    @pytest.mark.parametrize(
        "access", [{}, {"host": "0.0.0.0", "token": TOKEN}], ids=["own", "all"]
    )
    def test_nonsense_is_refused(self, host: str, access: dict[str, Any]) -> None:
        one = Guarded(**access)

        assert one.ask("GET", API, ("Host", host), BEARER).status == 400
        assert one.inner.reached == []

    def test_missing_and_doubled_ones_are_refused(self) -> None:
        one = Guarded()
        without = http_scope("GET", API)
        without["headers"] = []

        assert ask(one.app, without, [{"type": "http.request"}]).status == 400
        assert one.ask("GET", API, ("Host", "localhost"), ("Host", "localhost")).status == 400
        assert one.ask("GET", API, ("Host", "localhost"), ("Host", "evil")).status == 400
        assert one.inner.reached == []

    def test_beyond_loopback_any_host_is_let_in_with_the_token(self) -> None:
        one = Guarded(host="0.0.0.0", token=TOKEN)

        assert one.ask("GET", API, ("Host", "mocks.example"), BEARER).status == 200
        assert one.ask("GET", API, ("Host", "mocks.example")).status == 401

    def test_host_in_the_target_is_refused(self) -> None:
        one = Guarded()

        assert one.ask("GET", "http://evil.example/health").status == 400
        assert one.ask("OPTIONS", "*").status == 400


class TestOrigin:
    @pytest.mark.parametrize(
        ("own", "host", "scheme"),
        [
            (OWN, "localhost:8004", "http"),
            ("HTTP://LocalHost:8004", "localhost:8004", "http"),
            ("http://localhost", "localhost", "http"),
            ("http://localhost:80", "localhost", "http"),
            ("http://localhost", "localhost:80", "http"),
            ("https://localhost", "localhost:443", "https"),
            ("http://[::1]:8004", "[::1]:8004", "http"),
            ("http://[0:0::1]:8004", "[::1]:8004", "http"),
        ],
    )
    def test_own_page_is_let_in(self, own: str, host: str, scheme: str) -> None:
        answer = Guarded().ask("GET", API, ("Host", host), origin(own), scheme=scheme)

        assert answer.status == 200

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(
        "foreign",
        [
            "null",
            "",
            "http://evil.example",
            "http://localhost",
            "http://localhost:3000",
            "http://127.0.0.1:8004",
            "https://localhost:8004",
            "ws://localhost:8004",
            "file://",
            "chrome-extension://abc",
            f"{OWN}/",
            f"{OWN}.evil.example",
            f"{OWN} http://evil.example",
            "http://user@localhost:8004",
            "http://localhost:08004",
        ],
    )
    def test_others_are_refused(self, path: str, foreign: str) -> None:
        one = Guarded()
        answer = one.ask("GET", path, origin(foreign))

        assert answer.status == 403
        assert answer.value("access-control-allow-origin") is None
        assert one.inner.reached == []

    def test_name_that_was_pointed_here_is_no_own_origin(self) -> None:
        rebound = [("Host", "evil.example:8004"), origin("http://evil.example:8004")]

        assert Guarded().ask("GET", API, *rebound).status == 421

    def test_two_are_refused(self) -> None:
        assert Guarded().ask("GET", API, origin(OWN), origin(OWN)).status == 400

    @given(
        foreign=st.one_of(
            st.builds(
                "{}://{}{}{}".format,
                st.sampled_from(["http", "https", "ws", "HTTP", "", "javascript"]),
                st.sampled_from(["", "localhost", "user@localhost", "[::1]", "evil.example", "a@"]),
                st.sampled_from(["", ":8004", ":80", ":08004", ":8004.", ":", ":8005", ":880004"]),
                st.sampled_from(["", "/", "#", "\\", " ", "@evil.example"]),
            ),
            st.text(st.characters(max_codepoint=255)),
        ).filter(lambda one: one.lower() != OWN),
        method=st.sampled_from(METHODS),
        path=st.sampled_from(PATHS),
        token=st.sampled_from([None, TOKEN]),
        others=st.lists(st.sampled_from([BEARER, JSON, site("same-origin"), *LINK]), unique=True),
        is_handshake=st.booleans(),
    )
    def test_nothing_with_a_foreign_one_reaches_the_app(
        self,
        foreign: str,
        method: str,
        path: str,
        token: str | None,
        others: list[Header],
        is_handshake: bool,
    ) -> None:
        one = Guarded(token=token)
        if is_handshake:
            answer = one.shake_hands(path, origin(foreign), *others)
        else:
            answer = one.ask(method, path, origin(foreign), *others)

        assert answer.status == 403
        assert answer.value("set-cookie") is None
        assert one.inner.reached == []


class TestFetchSite:
    @pytest.mark.parametrize("value", ["same-origin", "none"])
    def test_own_page_and_typed_addresses_are_let_in(self, value: str) -> None:
        assert Guarded().ask("GET", API, site(value)).status == 200

    @pytest.mark.parametrize("value", ["cross-site", "same-site", "", "Same-Origin", "new-value"])
    def test_others_are_refused(self, value: str) -> None:
        one = Guarded()

        for path in PATHS:
            assert one.ask("GET", path, site(value)).status == 403
            assert one.shake_hands(path, site(value)).status == 403
        assert one.inner.reached == []

    @pytest.mark.parametrize("value", ["cross-site", "same-site"])
    def test_links_lead_to_the_page_and_the_login_alone(self, value: str) -> None:
        one = Guarded(token=TOKEN)

        assert one.ask("GET", "/", site(value), *LINK, BEARER).status == 200
        assert one.ask("GET", "/login", site(value), *LINK).status == 200
        for path in (API, "/events", "/mcp", "/health", "/logout", "/openapi.json", "//"):
            assert one.ask("GET", path, site(value), *LINK, BEARER).status == 403

    @pytest.mark.parametrize(
        "request_headers",
        [
            [],
            [("Accept", "text/html")],
            [("Sec-Fetch-Mode", "navigate")],
            [("Sec-Fetch-Dest", "document")],
            [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")],
            [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "document")],
        ],
    )
    def test_what_is_no_link_does_not_open_the_page(self, request_headers: list[Header]) -> None:
        assert Guarded().ask("GET", "/", CROSS, *request_headers).status == 403

    def test_forms_do_not_open_the_page(self) -> None:
        assert Guarded().ask("POST", "/", CROSS, *LINK, JSON).status == 403

    def test_two_are_refused(self) -> None:
        twice = [site("same-origin"), CROSS]

        assert Guarded().ask("GET", API, *twice).status == 400


class TestContentType:
    @pytest.mark.parametrize(
        "value", ["application/json", "APPLICATION/JSON", "application/json ; charset=utf-8"]
    )
    def test_json_is_let_in(self, value: str) -> None:
        assert Guarded().ask("POST", API, ("Content-Type", value)).status == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "FOO"])
    @pytest.mark.parametrize(
        "value",
        [
            None,
            "",
            "text/plain",
            "text/plain; application/json",
            "application/jsonp",
            "application/json, text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
        ],
    )
    def test_anything_else_is_refused(self, method: str, value: str | None) -> None:
        one = Guarded()
        headers = [] if value is None else [("Content-Type", value)]
        answer = one.ask(method, API, *headers)

        assert answer.status == 415
        assert "application/json" in answer.error()
        assert one.inner.reached == []

    def test_two_are_refused(self) -> None:
        plain = ("Content-Type", "text/plain")

        assert Guarded().ask("POST", API, JSON, plain).status == 400

    def test_mcp_checks_it_itself(self) -> None:
        one = Guarded()

        assert one.ask("DELETE", "/mcp").status == 200
        assert one.ask("DELETE", "/mcp/").status == 415

    def test_login_needs_it_too(self) -> None:
        assert Guarded(token=TOKEN).ask("POST", "/login", body=b'{"token": "x"}').status == 415
        assert Guarded(token=TOKEN).ask("POST", "/logout").status == 415


class TestHandshakes:
    def test_foreign_page_is_refused_before_the_app(self) -> None:
        one = Guarded()

        assert one.shake_hands("/", origin("http://localhost:3000")).status == 403
        assert one.inner.reached == []

    def test_other_ones_reach_the_app(self) -> None:
        one = Guarded()

        assert one.shake_hands("/x", origin(OWN)).status == 403
        assert one.inner.reached == [("/x", b"")]

    def test_token_is_needed_even_on_open_paths(self) -> None:
        one = Guarded(token=TOKEN)

        for path in ("/x", "/login", "/health"):
            assert one.shake_hands(path).status == 403
        assert one.inner.reached == []
        one.shake_hands("/x", BEARER)
        assert one.inner.reached == [("/x", b"")]


class TestAnswerHeaders:
    HTML = HTMLResponse("<p>", headers={"Access-Control-Allow-Origin": "*"})

    @pytest.mark.parametrize(
        ("path", "status"), [("/", 200), ("/login", 303), ("/nothing", 200), ("*", 400)]
    )
    def test_every_answer_is_closed_to_others(self, path: str, status: int) -> None:
        one = Guarded()
        one.inner.answer = self.HTML
        answer = one.ask("GET", path)

        assert answer.status == status
        assert answer.value("x-content-type-options") == "nosniff"
        assert answer.value("referrer-policy") == "no-referrer"
        assert answer.value("cross-origin-resource-policy") == "same-origin"
        assert answer.value("cross-origin-opener-policy") == "same-origin"
        assert answer.value("cache-control") == "no-store"
        assert not [name for name, _ in answer.headers if name.startswith("access-control")]

    def test_html_runs_only_our_scripts(self) -> None:
        one = Guarded()
        assert one.ask("GET", "/").value("content-security-policy") is None
        one.inner.answer = self.HTML
        policy = one.ask("GET", "/").value("content-security-policy")

        assert policy is not None
        assert "default-src 'none'; script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy

    def test_files_may_be_kept_and_choices_of_the_app_stay(self) -> None:
        one = Guarded()
        assert one.ask("GET", "/page/a.js").value("cache-control") == "no-cache"
        one.inner.answer = Response(headers={"Cache-Control": "max-age=1"})

        assert one.ask("GET", API).value("cache-control") == "max-age=1"

    def test_mcp_answers_as_it_likes(self) -> None:
        assert Guarded().ask("GET", "/mcp").value("x-content-type-options") is None


class TestAccess:
    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "mocks.example", ""])
    def test_public_host_needs_a_token(self, host: str) -> None:
        with pytest.raises(PublicWithoutToken):
            Access(host)
        Access(host, TOKEN)

    @pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])
    def test_empty_token_would_open_everything(self, host: str) -> None:
        with pytest.raises(ValueError, match="the token is empty"):
            Access(host, "")

    def test_token_is_not_shown(self) -> None:
        assert TOKEN not in repr(Access("localhost", TOKEN))


def test_guard_is_middleware_of_starlette_too() -> None:
    app = Starlette(
        routes=[Route(API, lambda _: Response("inner"))],
        middleware=[Middleware(Guard, access=Access("localhost"))],
    )
    chunks = [{"type": "http.request"}]

    assert ask(app, http_scope("GET", API), chunks).body == b"inner"
    assert ask(app, http_scope("GET", API, [origin("null")]), chunks).status == 403
