"""The scripted client: one check for every message type of the built-in JSON protocol."""

import json
import math
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.clients.ctrl_c import CtrlC
from websocket_mock.scripts.clients.error_checks import (
    check_binary,
    check_error_exception,
    check_error_generic,
    check_error_invalid_json,
    check_error_timeout,
    check_no_type,
    check_not_an_object,
    check_not_json,
    check_raw_echo_binary,
    check_raw_echo_text,
    check_unknown_type,
    check_wrong_field_type,
)
from websocket_mock.scripts.clients.session import (
    CheckFailedError,
    Json,
    Lab,
    Session,
    check_timestamp,
    check_types,
    field,
    is_same,
    number,
    require,
)
from websocket_mock.scripts.clients.stats_check import check_get_stats
from websocket_mock.scripts.endpoint import UnreachableError, excerpt

Check = Callable[[Lab], str]
"""Talks to the server and returns a short summary; raises CheckFailedError if it fails."""

CLIENT_FIELDS = (
    "id",
    "connected_at",
    "last_ping",
    "last_activity",
    "remote_address",
    "connection_status",
    "path",
    "subprotocol",
    "messages_received",
    "messages_sent",
)

_DELAY = 0.3

_BIG_NUMBERS = {
    "above_64_bits": 2**64 + 1,
    "below_64_bits": -(2**63) - 1,
    "huge": 10**60 + 7,
    "nested": [{"deep": [2**128 + 1, -(2**100) + 1]}],
}
_ASSORTED = {
    "text": 'quotes " backslash \\ tab \t newline \n',
    "unicode": "grüße 漢字 🙂",
    "empty": ["", [], {}],
    "literals": [None, True, False],
    "numbers": [0, -1, 0.1, 1e-7, 2**53 + 1],
    "timestamp": "a field the answer has, too",
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check."""

    name: str
    passed: bool
    milliseconds: float
    detail: str


def run_checks(url: str, timeout: float, ctrl_c: CtrlC) -> Iterator[CheckResult]:
    """Run all checks one after the other, each on its own connections. Blocks.

    Args:
        url: the server.
        timeout: seconds for each check; closing its connections takes up to a second more.
        ctrl_c: ends the waits of a check early.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    for name, check in CHECKS:
        yield run_check(name, check, Lab(url, timeout, ctrl_c))


def run_check(name: str, check: Check, lab: Lab) -> CheckResult:
    """Run one check. Blocks until its deadline at most."""
    begun = time.perf_counter()
    try:
        detail = check(lab)
        passed = True
    except (CheckFailedError, UnreachableError) as error:
        detail, passed = str(error), False
    milliseconds = (time.perf_counter() - begun) * 1000
    return CheckResult(name, passed, milliseconds, printable(detail))


def check_welcome(lab: Lab) -> str:
    """The first message names the client and the server."""
    with lab.client() as client:
        require(
            re.fullmatch("[0-9a-f]{8}", client.client_id),
            f"client_id is {client.client_id!r}, expected 8 lower-case hex characters",
        )
        check_timestamp(client.welcome)
        info: Json = field(client.welcome, "server_info", dict)
        name = field(info, "name", str)
        require(name == "WebSocket Mock Server", f"server_info.name is {name!r}")
        check_types(field(info, "capabilities", list), "capabilities")
        return f"client {client.client_id}, server version {field(info, 'version', str)}"


def check_ping(lab: Lab) -> str:
    """A ping without test_id is answered without one."""
    with lab.client() as client:
        client.request("ping")
        pong = client.expect("pong", client_id=client.client_id)
        check_timestamp(pong)
        require("test_id" not in pong, "the pong has a test_id that was not sent")
        return f"server_time {field(pong, 'server_time', str)}"


def check_ping_test_id(lab: Lab) -> str:
    """A test_id comes back as it was, text or number."""
    with lab.client() as client:
        for test_id in ("an id", 42):
            client.request("ping", test_id=test_id)
            client.expect("pong", test_id=test_id, client_id=client.client_id)
        return "test_id came back, as text and as number"


def check_echo(lab: Lab) -> str:
    """The whole message comes back, with all its fields."""
    return f"{_echo(lab, _ASSORTED)} characters came back exactly"


def check_echo_big_integers(lab: Lab) -> str:
    """Integers beyond 64 bits come back digit by digit."""
    _echo(lab, _BIG_NUMBERS)
    return "integers of 65 to 200 bits came back exactly"


def check_broadcast(lab: Lab) -> str:
    """The other clients get a broadcast. The sender gets a receipt, and not its own message."""
    message = {"token": secrets.token_hex(8), "number": 2**64 + 1}
    with lab.client() as sender, lab.client() as listener:
        sender.request("broadcast", message=message)
        heard = listener.expect("broadcast", from_client=sender.client_id, message=message)
        check_timestamp(heard)
        receipt = sender.expect("broadcast_sent", client_id=sender.client_id)
        check_timestamp(receipt)
        recipients = field(receipt, "recipients", int)
        require(recipients >= 1, f"recipients is {recipients}, though another client listens")
        sender.expect_pong("the broadcast did not come back")
        _require_no_second(listener, message)
        return f"{recipients} recipient(s), none of them the sender"


def check_get_clients(lab: Lab) -> str:
    """Both connections of this check are in the list, with all fields."""
    with lab.client() as client, lab.client() as other:
        client.request("get_clients")
        answer = client.expect("clients_list", client_id=client.client_id)
        check_timestamp(answer)
        entries: list[Json] = field(answer, "clients", list)
        total = field(answer, "total_clients", int)
        require(total == len(entries), f"total_clients is {total}, but {len(entries)} are listed")
        for wanted in (client.client_id, other.client_id):
            mine = [entry for entry in entries if entry.get("id") == wanted]
            require(len(mine) == 1, f"client {wanted} is listed {len(mine)} times, expected once")
            for name in CLIENT_FIELDS:
                require(name in mine[0], f"client {wanted} has no field {name!r}")
        return f"{total} clients, both of this check among them"


def check_simulate_delay(lab: Lab) -> str:
    """The answer comes after the delay; another message is answered before it."""
    delay = min(_DELAY, lab.timeout / 4)
    with lab.client() as client:
        begun = time.monotonic()
        client.request("simulate_delay", delay_seconds=delay)
        client.expect_pong("meanwhile")
        done = client.expect("delay_completed", client_id=client.client_id)
        waited = time.monotonic() - begun
        check_timestamp(done)
        answered = number(done, "delay_seconds")
        require(math.isclose(answered, delay), f"delay_seconds is {answered}, expected {delay}")
        # The clocks of two processes may differ by their resolution.
        require(waited > delay - 0.02, f"came after {waited:.3f} s, expected {delay} s")
        return f"came after {waited:.3f} s, a ping was answered before it"


def check_simulate_delay_clamped(lab: Lab) -> str:
    """A delay below zero becomes zero."""
    with lab.client() as client:
        client.request("simulate_delay", delay_seconds=-5)
        done = client.expect("delay_completed")
        answered = number(done, "delay_seconds")
        require(answered == 0, f"delay_seconds is {answered}, expected -5 to be clamped to 0")
        return "-5 s were clamped to 0 s"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("welcome", check_welcome),
    ("ping", check_ping),
    ("ping with test_id", check_ping_test_id),
    ("echo", check_echo),
    ("echo of big integers", check_echo_big_integers),
    ("broadcast", check_broadcast),
    ("get_clients", check_get_clients),
    ("get_stats", check_get_stats),
    ("simulate_delay", check_simulate_delay),
    ("simulate_delay, clamped", check_simulate_delay_clamped),
    ("error_test generic", check_error_generic),
    ("error_test exception", check_error_exception),
    ("error_test timeout", check_error_timeout),
    ("error_test invalid_json", check_error_invalid_json),
    ("unknown type", check_unknown_type),
    ("not JSON", check_not_json),
    ("not an object", check_not_an_object),
    ("no type", check_no_type),
    ("wrong field type", check_wrong_field_type),
    ("binary on the JSON endpoint", check_binary),
    ("raw echo of text", check_raw_echo_text),
    ("raw echo of binary", check_raw_echo_binary),
)


def _echo(lab: Lab, fields: Json) -> int:
    with lab.client() as client:
        text = client.request("echo", **fields)
        answer = client.expect("echo_response", client_id=client.client_id)
        check_timestamp(answer)
        original = field(answer, "original_message", dict)
        problem = f"original_message is {excerpt(json.dumps(original))}, sent was {excerpt(text)}"
        require(is_same(original, {"type": "echo", **fields}), problem)
        return len(text)


def _require_no_second(listener: Session, message: Json) -> None:
    listener.request("ping")
    while (heard := listener.receive_json("pong")).get("type") != "pong":
        require(not is_same(heard.get("message"), message), "the broadcast came twice")
