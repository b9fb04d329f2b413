"""What opens a guarded server: the token, the cookie of a session, and how often one may guess."""

import json
from typing import Any

import pytest

from tests.helpers.asgi import BEARER, JSON, LINK, OWN, TOKEN, Guarded, Header
from websocket_mock.mcp_bridge.web.attempts import AT_ONCE, MAX_KNOWN, PER_SECOND
from websocket_mock.mcp_bridge.web.sessions import MAX_SESSIONS, SESSION_SECONDS

API = "/api/get_websocket_clients"
WRONG = ("Authorization", "Bearer wrong")


@pytest.fixture
def one() -> Guarded:
    return Guarded(token=TOKEN)


def use_up(one: Guarded, **scope: Any) -> None:
    use_up_but_one(one, **scope)
    assert one.ask("GET", API, WRONG, **scope).status == 401


def use_up_but_one(one: Guarded, **scope: Any) -> None:
    for _ in range(int(AT_ONCE) - 1):
        assert one.ask("GET", API, WRONG, **scope).status == 401


def from_(address: str) -> dict[str, Any]:
    return {"client": (address, 1)}


class TestBearer:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
    def test_token_opens(self, one: Guarded, scheme: str) -> None:
        for path in (API, "/mcp", "/", "/events"):
            assert one.ask("GET", path, ("Authorization", f"{scheme} {TOKEN}")).status == 200

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "Bearer",
            "Bearer ",
            TOKEN,
            f"Basic {TOKEN}",
            f"Bearer{TOKEN}",
            f"Bearer {TOKEN}x",
            f"Bearer {TOKEN[:-1]}",
            f"Bearer {TOKEN.upper()}",
            f"Bearer {TOKEN}, Bearer {TOKEN}",
            "Bearer 🐟",
            f"Bearer {'x' * 50_000}",
        ],
    )
    def test_anything_else_does_not(self, one: Guarded, value: str) -> None:
        for path in (API, "/mcp", "/", "/openapi.json", "/metrics", "/page/app.js", "/nothing"):
            answer = one.ask("GET", path, ("Authorization", value))
            assert answer.status == 401
            assert answer.value("www-authenticate") == "Bearer"
            assert "--token or MCP_TOKEN" in answer.error()
            assert TOKEN not in answer.error()
        assert one.inner.reached == []

    def test_none_and_two_do_not(self, one: Guarded) -> None:
        assert one.ask("GET", API).status == 401
        assert one.ask("GET", API, BEARER, BEARER).status == 400
        assert one.inner.reached == []

    def test_query_does_not(self, one: Guarded) -> None:
        query = f"token={TOKEN}&access_token={TOKEN}".encode()

        assert one.ask("GET", API, query_string=query).status == 401

    def test_none_is_needed_where_none_is_set(self) -> None:
        assert Guarded().ask("GET", API, WRONG).status == 200

    @pytest.mark.parametrize("path", ["/health", "/page/login.css", "/page/login.js"])
    def test_open_paths_are_read_without(self, one: Guarded, path: str) -> None:
        assert one.ask("GET", path).status == 200
        assert one.ask("HEAD", path).status == 200
        assert one.ask("POST", path, JSON).status == 401

    @pytest.mark.parametrize(
        "path", ["/health/", "//health", "/Health", "/health/../api", "/page/login.js/x", "/login/"]
    )
    def test_paths_that_look_like_those_are_not_open(self, one: Guarded, path: str) -> None:
        assert one.ask("GET", path).status == 401
        assert one.inner.reached == []

    def test_browsers_are_led_to_the_login(self, one: Guarded) -> None:
        answer = one.ask("GET", "/", *LINK)

        assert (answer.status, answer.value("location")) == (303, "/login")
        old = [("Accept", "text/html"), ("Accept", "*/*")]
        assert one.ask("GET", "/", *old).status == 303
        assert one.ask("GET", API, *LINK).status == 401
        assert one.ask("POST", "/", *LINK, JSON).status == 401


class TestLogin:
    def test_form_is_shown_without_a_token(self, one: Guarded) -> None:
        answer = one.ask("GET", "/login", *LINK)

        assert answer.status == 200
        assert b'<script src="/page/login.js"' in answer.body
        assert (answer.value("content-security-policy") or "").startswith("default-src 'none'")
        assert answer.value("cache-control") == "no-store"

    def test_form_has_nothing_inline(self, one: Guarded) -> None:
        form = one.ask("GET", "/login").body

        assert b"<style" not in form
        assert b"style=" not in form
        assert b" on" not in form.replace(b" one", b"")
        assert form.count(b"<script") == form.count(b"<script src=") == 1

    def test_cookie_opens_all_but_mcp(self, one: Guarded) -> None:
        cookie = one.log_in()

        for path in (API, "/", "/events", "/page/app.js"):
            assert one.ask("GET", path, cookie).status == 200
        assert one.post(API, {}, cookie, ("Origin", OWN)).status == 200
        assert one.ask("GET", "/mcp", cookie).status == 401
        assert one.ask("POST", "/mcp", cookie, JSON).status == 401

    def test_cookie_does_not_help_a_foreign_page(self, one: Guarded) -> None:
        cookie = one.log_in()

        assert one.ask("GET", API, cookie, ("Origin", "http://localhost:3000")).status == 403
        assert one.ask("GET", API, cookie, ("Sec-Fetch-Site", "same-site")).status == 403
        assert one.shake_hands("/x", cookie, ("Origin", "http://localhost:3000")).status == 403

    def test_cookie_is_out_of_reach_of_scripts_and_other_sites(self, one: Guarded) -> None:
        cookie = one.post("/login", {"token": TOKEN}).value("set-cookie") or ""
        name, *attributes = cookie.split("; ")

        assert name.startswith("websocket_mock_8004=")
        assert set(attributes) == {"Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"}
        assert TOKEN not in cookie
        assert "domain" not in cookie.lower()

    def test_cookie_over_https_is_secure_and_named_by_the_port(self, one: Guarded) -> None:
        answer = one.post("/login", {"token": TOKEN}, ("Host", "localhost"), scheme="https")
        cookie = answer.value("set-cookie") or ""

        assert cookie.startswith("websocket_mock_443=")
        assert "; Secure" in cookie

    def test_each_login_has_its_own_number(self, one: Guarded) -> None:
        assert one.log_in() != one.log_in()

    def test_cookies_of_other_servers_do_not_get_in_the_way(self, one: Guarded) -> None:
        _, pair = one.log_in()
        tossed = f'websocket_mock_8004=tossed; other="a;b"; {pair}; =; ;websocket_mock_8004'

        assert one.ask("GET", API, ("Cookie", tossed)).status == 200
        assert one.ask("GET", API, ("Cookie", "websocket_mock_8004=tossed")).status == 401
        assert one.ask("GET", API, ("Cookie", pair.replace("8004", "8005"))).status == 401
        assert one.ask("GET", API, ("Cookie", f"x{pair}")).status == 401

    def test_token_is_no_cookie(self, one: Guarded) -> None:
        assert one.ask("GET", API, ("Cookie", f"websocket_mock_8004={TOKEN}")).status == 401

    def test_wrong_token_beside_a_cookie_is_wrong(self, one: Guarded) -> None:
        assert one.ask("GET", API, one.log_in(), WRONG).status == 401

    def test_credentials_for_a_proxy_do_not_hide_the_cookie(self, one: Guarded) -> None:
        assert one.ask("GET", API, one.log_in(), ("Authorization", "Basic eA==")).status == 200

    @pytest.mark.parametrize("token", ["", "wrong", f"{TOKEN} ", TOKEN.encode().decode("latin-1")])
    def test_wrong_token_opens_nothing(self, one: Guarded, token: str) -> None:
        answer = one.post("/login", {"token": token})

        assert answer.status == 401
        assert answer.value("set-cookie") is None

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b'"swordfish"',
            b'{"token": 1}',
            b'{"token": null}',
            b'{"token": ["x"]}',
            b'{"token": "x", "next": "http://evil.example"}',
            b'{"token": "\\ud800"}',
            b'{"token": "\xff"}',
            b"[" * 8000,
        ],
        ids=range(11),
    )
    def test_nonsense_is_explained(self, one: Guarded, body: bytes) -> None:
        answer = one.ask("POST", "/login", JSON, body=body)

        assert answer.status == 422
        assert '{"token": "..."}' in answer.error()

    def test_large_body_is_refused(self, one: Guarded) -> None:
        assert one.post("/login", {"token": "x" * 8192}).status == 413

    @pytest.mark.parametrize(
        ("path", "allow"), [("/login", "GET, HEAD, POST"), ("/logout", "POST")]
    )
    def test_other_methods_are_not_taken(self, one: Guarded, path: str, allow: str) -> None:
        answer = one.ask("DELETE", path, JSON)

        assert (answer.status, answer.value("allow")) == (405, allow)
        assert one.ask("GET", "/logout").status == 405

    def test_whoever_is_logged_in_is_led_to_the_page(self, one: Guarded) -> None:
        answer = one.ask("GET", "/login", one.log_in())

        assert (answer.status, answer.value("location")) == (303, "/")

    def test_without_a_token_there_is_nothing_to_log_in_to(self) -> None:
        free = Guarded()

        assert free.ask("GET", "/login").value("location") == "/"
        answer = free.post("/login", {"token": "x"})
        assert (answer.status, answer.value("set-cookie")) == (204, None)


class TestSessions:
    def test_logout_ends_it(self, one: Guarded) -> None:
        cookie, other = one.log_in(), one.log_in()
        answer = one.post("/logout", {}, cookie)

        assert answer.status == 204
        assert "websocket_mock_8004=; Path=/; Max-Age=0;" in (answer.value("set-cookie") or "")
        assert one.ask("GET", API, cookie).status == 401
        assert one.ask("GET", API, other).status == 200

    def test_new_login_ends_the_old_one(self, one: Guarded) -> None:
        old = one.log_in()
        new = one.log_in(old)

        assert one.ask("GET", API, old).status == 401
        assert one.ask("GET", API, new).status == 200

    def test_it_ends_by_itself(self, one: Guarded) -> None:
        cookie = one.log_in()
        one.clock.advance(SESSION_SECONDS - 1)
        assert one.ask("GET", API, cookie).status == 200
        one.clock.advance(1)

        assert one.ask("GET", API, cookie).status == 401

    def test_the_oldest_makes_room(self, one: Guarded) -> None:
        cookies = [one.log_in() for _ in range(MAX_SESSIONS + 1)]

        assert one.ask("GET", API, cookies[0]).status == 401
        assert one.ask("GET", API, cookies[1]).status == 200
        assert one.ask("GET", API, cookies[-1]).status == 200

    def test_those_that_are_over_are_forgotten(self, one: Guarded) -> None:
        for _ in range(3):
            one.log_in()
            one.clock.advance(SESSION_SECONDS)

        sessions = one.app._sessions  # type: ignore[attr-defined]
        assert len(sessions._ends) == 1

    def test_another_start_knows_none(self, one: Guarded) -> None:
        assert Guarded(token=TOKEN).ask("GET", API, one.log_in()).status == 401


class TestGuessing:
    def test_after_many_wrong_tokens_none_is_looked_at(self, one: Guarded) -> None:
        use_up(one)
        for answer in (
            one.ask("GET", API, WRONG),
            one.ask("GET", API, BEARER),
            one.post("/login", {"token": TOKEN}),
        ):
            assert answer.status == 429
            assert answer.value("retry-after") == "1"
        assert one.inner.reached == []

    def test_time_heals(self, one: Guarded) -> None:
        use_up(one)
        one.clock.advance(1 / PER_SECOND)

        assert one.ask("GET", API, WRONG).status == 401
        assert one.ask("GET", API, WRONG).status == 429
        one.clock.advance(1 / PER_SECOND)
        assert one.ask("GET", API, BEARER).status == 200

    def test_budget_does_not_grow_beyond_its_size(self, one: Guarded) -> None:
        one.clock.advance(3600)
        use_up(one)

        assert one.ask("GET", API, WRONG).status == 429

    def test_logins_and_headers_share_it(self, one: Guarded) -> None:
        for _ in range(int(AT_ONCE)):
            assert one.post("/login", {"token": "wrong"}).status == 401

        assert one.ask("GET", API, WRONG).status == 429

    def test_requests_without_a_token_cost_nothing(self, one: Guarded) -> None:
        for _ in range(2 * int(AT_ONCE)):
            assert one.ask("GET", API).status == 401

        assert one.ask("GET", API, BEARER).status == 200

    def test_strangers_do_not_lock_out_who_knows_the_token(self, one: Guarded) -> None:
        assert one.ask("GET", API, BEARER, **from_("10.0.0.1")).status == 200
        use_up(one, **from_("10.0.0.2"))

        assert one.ask("GET", API, BEARER, **from_("10.0.0.3")).status == 429
        assert one.ask("GET", API, BEARER, **from_("10.0.0.1")).status == 200

    def test_who_knows_the_token_may_not_guess_either(self, one: Guarded) -> None:
        assert one.ask("GET", API, BEARER).status == 200
        use_up(one)

        assert one.ask("GET", API, BEARER).status == 429
        assert one.ask("GET", API, BEARER, **from_("10.0.0.3")).status == 200

    def test_right_token_in_between_buys_no_more_guesses(self, one: Guarded) -> None:
        assert one.ask("GET", API, BEARER).status == 200
        use_up_but_one(one)
        assert one.ask("GET", API, BEARER).status == 200
        assert one.ask("GET", API, WRONG).status == 401

        assert one.ask("GET", API, BEARER).status == 429

    def test_sessions_go_on_meanwhile(self, one: Guarded) -> None:
        cookie = one.log_in()
        use_up(one)

        assert one.ask("GET", API, cookie).status == 200

    def test_few_addresses_are_remembered(self, one: Guarded) -> None:
        for number in range(MAX_KNOWN + 1):
            assert one.ask("GET", API, BEARER, **from_(f"10.0.{number}")).status == 200
        use_up(one, **from_("10.1.0.0"))

        assert one.ask("GET", API, BEARER, **from_("10.0.0")).status == 429
        assert one.ask("GET", API, BEARER, **from_("10.0.1")).status == 200

    def test_server_without_addresses_counts_too(self, one: Guarded) -> None:
        use_up(one, client=None)

        assert one.ask("GET", API, BEARER, client=None).status == 429


def test_header_and_login_take_the_same_bytes(one: Guarded) -> None:
    header: Header = ("Authorization", f"Bearer {TOKEN}")
    body = json.dumps({"token": TOKEN}, ensure_ascii=False).encode()

    assert one.ask("GET", API, header).status == 200
    assert one.ask("POST", "/login", JSON, body=body).status == 204
