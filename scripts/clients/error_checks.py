"""Checks of errors, refused messages and the raw echo; part of the scripted client."""

import json

from websocket_mock.scripts.clients.session import (
    Lab,
    check_timestamp,
    check_types,
    echo_url,
    field,
    require,
)
from websocket_mock.scripts.endpoint import excerpt

_SILENCE = 0.3
"""Seconds without an answer that count as "never". A later ping is answered before they begin."""


def check_error_generic(lab: Lab) -> str:
    """A simulated error is an answer with its own type."""
    with lab.client() as client:
        client.request("error_test", error_type="generic")
        answer = client.expect(
            "error_test_response", error_type="generic", client_id=client.client_id
        )
        check_timestamp(answer)
        return field(answer, "message", str)


def check_error_exception(lab: Lab) -> str:
    """A handler that raises gives an error, and the connection goes on."""
    with lab.client() as client:
        client.request("error_test", error_type="exception")
        text = client.expect_error("")
        client.expect_pong("after an exception")
        return f"{text}; the connection goes on"


def check_error_timeout(lab: Lab) -> str:
    """There is no answer, but a later message is answered."""
    with lab.client() as client:
        client.request("error_test", error_type="timeout")
        client.expect_pong("after no answer")
        client.expect_silence(min(_SILENCE, lab.timeout / 4))
        return "no answer; the connection goes on"


def check_error_invalid_json(lab: Lab) -> str:
    """The answer is a text message that is not JSON."""
    with lab.client() as client:
        client.request("error_test", error_type="invalid_json")
        data = client.receive("answer")
        require(isinstance(data, str), f"expected a text message, got {excerpt(data)}")
        require(not _is_json(data), f"expected text that is not JSON, got {excerpt(data)}")
        client.expect_pong("after invalid JSON")
        return f"got {excerpt(data)}"


def check_unknown_type(lab: Lab) -> str:
    """An unknown type is refused with the list of known ones."""
    with lab.client() as client:
        client.request("no_such_type")
        answer = client.expect("error", client_id=client.client_id)
        check_timestamp(answer)
        text = field(answer, "error", str)
        wanted = "Unknown message type: no_such_type"
        require(text == wanted, f"error is {text!r}, expected {wanted!r}")
        check_types(field(answer, "available_types", list), "available_types")
        client.expect_pong("after an unknown type")
        return text


def check_not_json(lab: Lab) -> str:
    """Text that is not JSON is refused."""
    return _refused(lab, "{this is not JSON", beginning="Invalid JSON: ")


def check_not_an_object(lab: Lab) -> str:
    """JSON that is not an object is refused."""
    return _refused(lab, '["ping"]', beginning="Invalid JSON: ")


def check_no_type(lab: Lab) -> str:
    """An object without a type is refused; the field is named."""
    return _refused(lab, '{"test_id": 1}', naming="type")


def check_wrong_field_type(lab: Lab) -> str:
    """A field of the wrong type is refused; the field is named."""
    wrong = json.dumps({"type": "simulate_delay", "delay_seconds": "soon"})
    return _refused(lab, wrong, naming="delay_seconds")


def check_binary(lab: Lab) -> str:
    """A binary message is refused, even if it holds JSON."""
    return _refused(lab, b'{"type": "ping"}')


def check_raw_echo_text(lab: Lab) -> str:
    """/echo returns text unchanged, without a welcome before it."""
    return _raw_echo(lab, 'no JSON: "grüße" 🙂 {', "")


def check_raw_echo_binary(lab: Lab) -> str:
    """/echo returns bytes unchanged."""
    return _raw_echo(lab, bytes(range(256)) * 4, b"")


def _refused(lab: Lab, data: str | bytes, *, beginning: str = "", naming: str = "") -> str:
    with lab.client() as client:
        client.send(data)
        text = client.expect_error(beginning)
        require(naming in text, f"the error {text!r} does not name {naming!r}")
        client.expect_pong("after a refused message")
        return text


def _raw_echo(lab: Lab, *messages: str | bytes) -> str:
    with lab.raw(echo_url(lab.url)) as session:
        for sent in messages:
            session.send(sent)
            got = session.receive("echo")
            # Text and bytes must not be mixed up: the type must match, too.
            require(
                type(got) is type(sent) and got == sent,
                f"expected {excerpt(sent)} back, got {excerpt(got)}",
            )
    return f"{len(messages)} messages came back exactly, one of them empty"


def _is_json(data: str | bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
