"""What each shipped example promises in its header, with a real client."""

import re
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from tests.helpers.examples import EXAMPLES, Peer, example, serving_text
from tests.helpers.program import ROOT
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

QUIET = 0.25
"""Seconds without a message that count as silence: several intervals of the examples."""

README = (ROOT / "README.md").read_text(encoding="utf-8")
ROOM = "/chat/kitchen"
BEARER = {"Authorization": "Bearer x"}


def test_every_example_is_tested_here() -> None:
    names = {file.stem for file in EXAMPLES.iterdir()}
    tested = {"auth_reconnect", "chat", "flaky_server", "json_rpc", "ticker", "tour"}
    # These have modules of their own.
    assert names - tested == {
        "bad_network",
        "gateway_resume",
        "graphql_transport_ws",
        "market_stream",
        "mqtt_connect",
        "ocpp16",
        "signalr",
        "socketio",
        "stomp",
    }


class TestChat:
    def test_room_hears_of_who_comes_and_what_is_said(self) -> None:
        with example("chat") as chat, chat.connect(f"{ROOM}?name=ada") as ada:
            assert ada.receive()["type"] == "welcome"
            assert ada.receive() == {"type": "joined", "who": "ada"}
            with chat.connect(f"{ROOM}?name=bob") as bob:
                assert bob.receive()["room"] == "kitchen"
                assert ada.receive() == bob.receive() == {"type": "joined", "who": "bob"}
                said = {"type": "said", "who": "bob", "text": "hello"}
                assert bob.ask({"type": "say", "text": "hello"}) == said
                assert ada.receive() == said

    def test_other_room_does_not_hear_it_but_hears_a_shout(self) -> None:
        with (
            example("chat") as chat,
            chat.connect(f"{ROOM}?name=ada") as ada,
            chat.connect("/chat/attic") as attic,
        ):
            enter(ada, attic)
            ada.ask({"type": "say", "text": "in here"})
            ada.send({"type": "shout", "text": "everybody"})
            assert attic.receive() == {"type": "shouted", "who": "ada", "text": "everybody"}

    def test_whisper_reaches_one_client(self) -> None:
        with (
            example("chat") as chat,
            chat.connect(f"{ROOM}?name=ada") as ada,
            chat.connect("/chat/attic") as bob,
            chat.connect("/chat/cellar") as eve,
        ):
            _, bobs_id, _ = enter(ada, bob, eve)
            ada.send({"type": "whisper", "to": bobs_id, "text": "psst"})
            assert bob.receive() == {"type": "whispered", "who": "ada", "text": "psst"}
            ada.send({"type": "shout", "text": "!"})
            assert eve.receive()["type"] == "shouted"

    def test_client_can_be_renamed(self) -> None:
        with example("chat") as chat, chat.connect(ROOM) as somebody:
            enter(somebody)
            assert somebody.ask({"type": "say", "text": "a"})["who"] == "somebody"
            assert somebody.ask({"type": "rename", "name": "ada"})["name"] == "ada"
            assert somebody.ask({"type": "say", "text": "b"})["who"] == "ada"
            assert somebody.ask({"type": "rename", "name": "not a name"})["type"] == "error"

    def test_room_hears_a_goodbye_that_is_answered(self) -> None:
        with example("chat") as chat, chat.connect("/chat/attic?name=ada") as ada:
            enter(ada)
            with chat.connect("/chat/attic?name=bob") as bob:
                enter(bob)
                assert ada.receive()["type"] == "joined"
            assert bob.connection.close_code == 1000
            assert ada.receive() == {"type": "left", "who": "bob"}


def enter(*clients: Peer) -> list[str]:
    """Let clients, each alone in its room or the last to come, read how they were welcomed."""
    ids = []
    for client in clients:
        ids.append(client.receive()["you"])
        assert client.receive()["type"] == "joined"
    return ids


class TestTicker:
    def test_feed_ticks_from_the_start_and_the_same_in_every_run(self) -> None:
        runs = []
        for _ in range(2):
            with example("ticker") as ticker, ticker.connect("/feed/acme") as client:
                runs.append([client.receive() for _ in range(4)])
        assert runs[0] == runs[1]
        assert [tick["n"] for tick in runs[0]] == [0, 1, 2, 3]
        assert all(tick["symbol"] == "ACME" and 99 <= tick["price"] <= 101 for tick in runs[0])
        assert len({tick["price"] for tick in runs[0]}) > 1

    def test_prices_come_between_subscribe_and_unsubscribe(self) -> None:
        with example("ticker") as ticker, ticker.connect("/prices") as client:
            assert client.ask({"type": "subscribe", "symbol": "no symbol"})["type"] == "error"
            subscribed = client.ask({"type": "subscribe", "symbol": "ACME"})
            assert subscribed == {"type": "subscribed", "symbol": "ACME"}
            for _ in range(3):
                tick = client.receive()
                assert (tick["type"], tick["symbol"]) == ("tick", "ACME")
            client.send({"type": "unsubscribe", "symbol": "ACME"})
            while (last := client.receive())["type"] == "tick":
                pass
            assert last == {"type": "unsubscribed", "symbol": "ACME"}
            with pytest.raises(TimeoutError):
                client.connection.recv(QUIET)

    def test_each_symbol_is_a_stream_of_its_own(self) -> None:
        with example("ticker") as ticker, ticker.connect("/prices") as client:
            for symbol in ("ACME", "INIT"):
                client.send({"type": "subscribe", "symbol": symbol})
            seen: set[str] = set()
            while len(seen) < 2:
                if (message := client.receive())["type"] == "tick":
                    seen.add(message["symbol"])
            client.send({"type": "unsubscribe", "symbol": "ACME"})
            while client.receive()["type"] != "unsubscribed":
                pass
            assert [client.receive()["symbol"] for _ in range(3)] == ["INIT"] * 3


class TestJsonRpc:
    @pytest.mark.parametrize(
        ("request_", "expected"),
        [
            ({"method": "add", "params": [1, 2, 39], "id": 7}, {"result": 42}),
            ({"method": "add", "params": [0.5, 1], "id": "seven"}, {"result": 1.5}),
            ({"method": "greet", "params": {"name": "Ada"}, "id": 1}, {"result": "Hello, Ada!"}),
            ({"method": "add", "params": ["1"], "id": 2}, {"code": -32602}),
            ({"method": "greet", "params": ["Ada"], "id": 2}, {"code": -32602}),
            ({"method": "fail", "params": [1], "id": 3}, {"code": -32000, "data": [1]}),
            ({"method": "fail", "id": 3}, {"code": -32000, "data": None}),
            ({"method": "nothing", "id": None}, {"code": -32601, "data": "nothing"}),
        ],
    )
    def test_request_is_answered_under_its_id(
        self, request_: dict[str, object], expected: dict[str, object]
    ) -> None:
        with example("json_rpc") as rpc, rpc.connect("/rpc") as client:
            answer = client.ask({"jsonrpc": "2.0", **request_})
        assert answer["jsonrpc"] == "2.0"
        assert answer["id"] == request_["id"]
        assert expected.items() <= answer.get("error", answer).items()

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ('{"jsonrpc": "2.0", "method"', -32700),
            ('{"method": "add", "id": 1}', -32600),
            ('{"jsonrpc": "2.0", "method": 5, "id": 1}', -32600),
            ("[]", -32600),
            ("5", -32600),
        ],
    )
    def test_what_is_no_request_is_answered_without_an_id(self, text: str, code: int) -> None:
        with example("json_rpc") as rpc, rpc.connect("/rpc") as client:
            client.connection.send(text)
            answer = client.receive()
        assert (answer["id"], answer["error"]["code"]) == (None, code)

    def test_notification_is_not_answered(self) -> None:
        with example("json_rpc") as rpc, rpc.connect("/rpc") as client:
            client.send({"jsonrpc": "2.0", "method": "add", "params": [1]})
            assert client.ask({"jsonrpc": "2.0", "method": "nothing", "id": 5})["id"] == 5

    def test_watch_notifies_three_times(self) -> None:
        with example("json_rpc") as rpc, rpc.connect("/rpc") as client:
            answer = client.ask({"jsonrpc": "2.0", "method": "watch", "id": 1})
            notes = [client.receive() for _ in range(3)]
        assert answer["result"] is True
        assert [note["params"]["n"] for note in notes] == [0, 1, 2]
        assert all(note["method"] == "changed" and "id" not in note for note in notes)


class TestFlakyServer:
    def test_client_gets_in_after_two_refusals_and_a_pause(self) -> None:
        with example("flaky_server") as flaky:
            for _ in range(2):
                refusal = flaky.refusal("/flaky?client=a")
                assert (refusal.status_code, refusal.headers["Retry-After"]) == (503, "1")
            began = time.monotonic()
            with flaky.connect("/flaky?client=a") as client:
                assert time.monotonic() - began >= 0.29
                assert client.ask(1) == 1
            with flaky.connect("/flaky?client=a") as client:
                assert client.ask(2) == 2
            assert flaky.refusal("/flaky?client=b").status_code == 503

    def test_third_message_ends_the_connection_without_a_close_frame(self) -> None:
        with example("flaky_server") as flaky:
            for _ in range(2):
                flaky.refusal("/flaky?client=a")
            with flaky.connect("/flaky?client=a") as client:
                assert [client.ask(n) for n in range(2)] == [0, 1]
                client.send(2)
                assert client.close_code() is None

    def test_reset_is_one(self) -> None:
        with example("flaky_server") as flaky, flaky.connect("/reset") as client:
            assert client.connection.recv(PATIENCE) == "a moment, please"
            with pytest.raises(ConnectionClosedError) as closed:
                client.connection.recv(PATIENCE)
        assert isinstance(closed.value.__cause__, ConnectionResetError)

    def test_stalled_handshake_is_never_answered(self) -> None:
        with (
            example("flaky_server") as flaky,
            pytest.raises(TimeoutError),
            flaky.connect("/stalled", open_timeout=QUIET),
        ):
            pass

    def test_deaf_server_answers_neither_ping_nor_close(self) -> None:
        with example("flaky_server") as flaky:
            with flaky.connect("/deaf", close_timeout=QUIET) as client:
                assert not client.connection.ping().wait(QUIET)
            assert client.connection.close_code == 1006


class TestAuthReconnect:
    def test_without_the_token_it_is_401(self) -> None:
        with example("auth_reconnect") as auth:
            for path in ("/session", "/session?token=wrong"):
                refusal = auth.refusal(path)
                assert (refusal.status_code, refusal.headers["WWW-Authenticate"]) == (401, "Bearer")

    def test_token_may_be_in_query_or_header(self) -> None:
        with example("auth_reconnect") as auth:
            header = {"Authorization": "Bearer secret"}
            for path, headers, by in (
                ("/session?token=secret", {}, "query"),
                ("/session", header, "header"),
            ):
                with auth.connect(path, additional_headers=headers) as client:
                    response = client.connection.response
                    assert response is not None
                    assert response.headers["X-Authenticated-By"] == by

    def test_reconnect_is_greeted_by_number_and_begins_as_a_guest(self) -> None:
        path = "/session?token=secret&device=phone"
        with example("auth_reconnect") as auth:
            with auth.connect(path) as client:
                assert client.receive() == {"type": "hello", "attempt": 1, "text": "Welcome"}
                assert client.ask({"type": "whoami"})["message"] == "log in first"
                client.ask({"type": "login", "user": "ada"})
                assert client.ask({"type": "whoami"}) == {"type": "you_are", "user": "ada"}
                assert client.ask({"type": "logout"}) == {"type": "logged_out"}
                assert client.ask({"type": "whoami"})["type"] == "error"
                client.send({"type": "expire"})
                assert client.close_code() == 4001
            assert auth.refusal("/session?device=phone").status_code == 401
            with auth.connect(path) as client:
                greeting = client.receive()
                assert (greeting["attempt"], greeting["text"]) == (3, "Welcome back, number 3")
                assert client.ask({"type": "whoami"})["message"] == "log in first"


class TestReadme:
    def test_program_does_what_the_readme_says(self) -> None:
        blocks = re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
        (program,) = (block for block in blocks if "endpoints:" in block)
        with serving_text(program) as prices:
            assert prices.refusal("/prices/acme").status_code == 503
            with prices.connect("/prices/acme") as client:
                assert client.receive() == {"type": "hello", "symbol": "acme", "attempt": 2}
                assert client.ask({"type": "subscribe"}) == {"n": 0}


class TestTour:
    PATH = "/orders/acme?device=d1"

    def test_orders_do_as_the_comments_say(self) -> None:
        with example("tour") as tour:
            for _ in range(3):
                refusal = tour.refusal(self.PATH, additional_headers=BEARER)
                assert (refusal.status_code, bytes(refusal.body)) == (503, b"warming up")
            assert tour.refusal(self.PATH).status_code == 401
            offered = [Subprotocol("orders.v1"), Subprotocol("orders.v2")]
            with tour.connect(self.PATH, additional_headers=BEARER, subprotocols=offered) as client:
                assert client.connection.subprotocol == "orders.v2"
                assert client.receive() == {"type": "hello", "customer": "acme", "attempt": 5}
                client.connection.send("add 2 40")
                assert client.connection.recv(PATIENCE) == "42"
                subscribed = client.ask({"action": "subscribe", "depth": 2, "id": 9})
                assert subscribed == {"type": "subscribed", "id": 9}
                pong = client.connection.ping()
                assert client.receive() == {"type": "tick", "n": 0}
                assert not pong.is_set()
                client.connection.send(b"\x0a\x0b\x01")
                assert client.connection.recv(PATIENCE) == b"\x00\x01\x02"
                assert client.close_code() == 4001

    def test_what_no_rule_takes_is_closed_with_1008(self) -> None:
        with example("tour") as tour:
            for _ in range(3):
                tour.refusal(self.PATH, additional_headers=BEARER)
            with tour.connect(self.PATH, additional_headers=BEARER) as client:
                client.send({"action": "subscribe", "depth": 0})
                assert client.close_code() == 1008

    def test_token_is_given_over_http(self) -> None:
        with example("tour") as tour:
            address = tour.url("/token").replace("ws:", "http:")
            assert httpx.get(address).status_code == 204
            assert httpx.post(address, data={"user": "ada"}).json() == {"token": "ada-1"}
            assert httpx.get(address).json() == {"tokens": 1}

    def test_login_follows_its_script(self) -> None:
        with example("tour") as tour:
            with tour.connect("/login") as client:
                assert client.ask({"type": "login", "user": "ada"}) == {"type": "welcome"}
                assert client.close_code() == 1012
            with tour.connect("/login") as client:
                client.send({"type": "login"})
                assert client.close_code() == 1008
