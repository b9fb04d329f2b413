"""Which actions a person may write, and which are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from websocket_mock.actors.documents.actions import Action, Close, Send

ACTIONS: list[Any] = [
    {"send": {"text": "a"}},
    {"send": {"json": None}},
    {"send": {"json": {"a": [1]}, "template": False}},
    {"send": {"binary": "base64:AAEC", "fragments": 3, "compress": False}},
    {"send": {"file": "a.txt"}},
    *({"send": {"text": "a", "to": to}} for to in ("sender", "others", "all")),
    *({"send": {"text": "a", "to": {kind: "x"}}} for kind in ("group", "client", "endpoint")),
    {"ping": {"payload": "x"}},
    {"ping": None},
    {"ping": {}},
    {"close": {"code": 4000, "reason": "bye"}},
    {"close": None},
    {"abort": "reset"},
    {"abort": "close"},
    {"ignore": True},
    "ignore",
    {"after": {"delay": "1s", "do": ["ignore"]}},
    {"every": {"interval": 1, "jitter": "10ms", "count": 3, "do": ["ignore"]}},
    {"wait": "250ms"},
    {"state": "a"},
    {"set": {"a": {"b": [None]}}},
    {"join": "a"},
    {"leave": "a"},
]


@pytest.mark.parametrize("written", ACTIONS, ids=str)
def test_action_is_read(written: Any) -> None:
    assert len(Action.model_validate(written).model_fields_set) == 1


@pytest.mark.parametrize(
    "written",
    [
        {},
        "wait",
        {"send": {"text": "a"}, "close": {}},
        {"send": {}},
        {"send": None},
        {"send": {"text": "a", "json": 1}},
        {"send": {"text": None}},
        {"send": {"text": 1}},
        {"send": {"binary": "0a"}},
        {"send": {"binary": "{{ message.bytes }}", "template": False}},
        {"send": {"binary": "hex:00", "prefix": "a"}},
        {"send": {"file": "a.txt", "suffix": "a"}},
        {"send": {"prefix": "a"}},
        {"send": {"text": "a", "to": "nobody"}},
        {"send": {"text": "a", "to": {"group": "a", "client": "b"}}},
        {"send": {"text": "a", "to": {}}},
        {"send": {"text": "a", "fragments": 0}},
        {"send": {"text": "a", "fragments": 10_001}},
        {"abort": "fin"},
        {"ignore": False},
        {"after": {"delay": "1s", "do": []}},
        {"after": {"do": ["ignore"]}},
        {"every": {"interval": 0, "do": ["ignore"]}},
        {"every": {"interval": "1s", "count": 0, "do": ["ignore"]}},
        {"wait": None},
        {"wait": -1},
        {"state": None},
        {"set": None},
        {"set": {1: "a"}},
        {"join": None},
        {"sned": {"text": "a"}},
    ],
    ids=str,
)
def test_bad_action_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError):
        Action.model_validate(written)


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])
def test_code_that_may_be_sent_is_taken(code: int) -> None:
    assert Close(code=code).code == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])
def test_code_that_is_never_on_the_wire_is_refused(code: int) -> None:
    with pytest.raises(ValidationError):
        Close(code=code)


def test_reason_is_measured_in_bytes() -> None:
    assert Close(reason="€" * 41).reason
    with pytest.raises(ValidationError, match="at most 123 bytes"):
        Close(reason="€" * 42)


def test_defaults_do_what_is_expected_of_an_action() -> None:
    send = Send(text="a")
    assert (send.to, send.template, send.fragments, send.compress) == ("sender", True, 1, True)
    assert (Close().code, Close().reason) == (1000, "")


@pytest.mark.parametrize("key", ["after", "every"])
def test_action_knows_its_kind_and_the_actions_inside_of_it(key: str) -> None:
    times = {"after": {"delay": 1}, "every": {"interval": 1}}[key]
    action = Action.model_validate({key: {**times, "do": ["ignore"]}})
    assert action.kind == key
    assert action.timed is not None
    (inner,) = action.timed.do
    assert (inner.kind, inner.timed) == ("ignore", None)


@pytest.mark.parametrize(
    "send",
    [{"text": "a", "number": "one"}, {"missed": {"after": "5"}}, {"text": "a", "number": []}],
)
def test_number_of_a_message_is_a_number_or_a_template(send: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"should be a valid (integer|number)"):
        Action.model_validate({"send": send})
