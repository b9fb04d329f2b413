"""Charge points of OCPP: with the PyPI package `ocpp`, and with raw messages."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any, TypeVar

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.helpers.examples import Example, Peer
from tests.helpers.wait import PATIENCE

messages: Any = pytest.importorskip("ocpp.messages", reason="needs ocpp")

CALL, RESULT, ERROR = 2, 3, 4

T = TypeVar("T")


def charge(
    url: str, subprotocol: str, make: Callable[..., Any], work: Callable[[Any], Awaitable[T]]
) -> T:
    """Let a charge point of the package do something; return what that returned.

    Args:
        url: its address, which ends with its id.
        subprotocol: the version of OCPP.
        make: the class of the charge point.
        work: what it does.
    """

    async def session() -> T:
        async with (
            asyncio.timeout(PATIENCE),
            connect(url, subprotocols=[Subprotocol(subprotocol)], proxy=None) as connection,
        ):
            charger = make(url.rsplit("/", 1)[-1], connection, response_timeout=PATIENCE)
            reading = asyncio.create_task(charger.start())
            try:
                return await work(charger)
            finally:
                reading.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await reading

    return asyncio.run(session())


class Station:
    """A charge point that sends raw messages."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def call(self, action: str, payload: Any) -> Any:
        """Return the payload of the CALLRESULT."""
        number = action[:36]
        answer = self.peer.ask([CALL, number, action, payload])
        assert answer[:2] == [RESULT, number], answer
        return answer[2]

    def refusal(self, action: str, payload: Any) -> Any:
        """Return the code of the CALLERROR."""
        answer = self.peer.ask([CALL, "7", action, payload])
        assert (answer[:2], len(answer)) == ([ERROR, "7"], 5), answer
        return answer[2]


@contextmanager
def station(central: Example, subprotocol: str, path: str = "/ocpp/CP_1") -> Iterator[Station]:
    with central.connect(path, subprotocols=[Subprotocol(subprotocol)]) as peer:
        assert peer.connection.subprotocol == subprotocol
        yield Station(peer)


def check_answer(action: str, payload: Any, version: str) -> None:
    """Check an answer with the JSON Schema of the protocol.

    Args:
        action: of the call.
        payload: of the answer.
        version: such as 1.6.
    """
    answer = messages.CallResult("1", payload, action)
    asyncio.run(messages.validate_payload(answer, ocpp_version=version))


def smallest_payload(action: str, version: str) -> Any:
    """Return a valid payload of a call, with the properties that it must have and no others.

    Args:
        action: of the call.
        version: such as v16.
    """
    name = action if version == "v16" else f"{action}Request"
    schema = files(f"ocpp.{version}").joinpath("schemas", f"{name}.json")
    whole = json.loads(schema.read_text(encoding="utf-8-sig"))
    return _smallest(whole, whole)


def _smallest(schema: Any, whole: Any) -> Any:
    if "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rsplit("/", 1)[-1]]
    if "enum" in schema:
        return schema["enum"][0]
    match schema["type"]:
        case "object":
            properties = schema["properties"]
            return {name: _smallest(properties[name], whole) for name in schema.get("required", ())}
        case "array":
            return [_smallest(schema["items"], whole)]
        case "string":
            return "2026-01-01T00:00:00Z" if schema.get("format") == "date-time" else "x"
        case "boolean":
            return True
    return 1
