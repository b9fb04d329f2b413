"""Contracts with real clients: what is answered, what the journal has, what is verified."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.faulty import noted
from tests.helpers.mock_server import MockServer, mocking, on, say, write_mocks
from tests.helpers.server import serving_here
from tests.helpers.wait import eventually
from websocket_mock.actors.journal.schema import Expectation
from websocket_mock.actors.matching import json_schema
from websocket_mock.scripts import mocks_watcher
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import load

pytestmark = pytest.mark.integration

ORDER = {
    "type": "object",
    "required": ["quantity"],
    "properties": {"quantity": {"type": "integer", "minimum": 1}},
}


def passes(server: MockServer, *, ignore_strict: bool = False, **expected: Any) -> bool:
    server.server.gateway.flush()
    wanted = Expectation.model_validate(expected)
    gone = threading.Event()
    history = server.server.gateway.history
    return history.verify(wanted, 0, 0, None, gone, ignore_strict=ignore_strict).passed


def test_conversation_that_keeps_the_contract_is_verified() -> None:
    endpoint = {"accepts": ORDER, "sends": ORDER, "unmatched": "echo"}
    with mocking(endpoint) as server, server.connect() as client:
        assert client.ask('{"quantity": 1}') == '{"quantity": 1}'
        assert passes(server, kind="message", exactly=2)
        assert passes(server, kind="verdict", never=True)


def test_message_that_breaks_the_contract_is_answered_noted_and_fails_the_verification() -> None:
    endpoint = {"accepts": ORDER, "rules": [say("done")]}
    with mocking(endpoint) as server, server.connect() as client:
        assert client.ask('{"quantity": -1}') == "done"
        (verdict,) = noted(server, "verdict")
        assert dict(verdict.details) == {
            "passed": False,
            "text": "accepts: $.quantity: -1 is less than the minimum of 1",
            "contract": "accepts",
        }
        assert verdict.source.endpoint == "/mock"
        assert not passes(server, kind="message", exactly=2)
        assert passes(server, kind="message", exactly=2, ignore_strict=True)
        assert passes(server, contract="accepts", exactly=1)
        assert not passes(server, contract="sends")


def test_answer_that_breaks_the_contract_comes_before_its_verdict() -> None:
    rules = [on("go", {"send": {"json": {"quantity": "{{ 0 }}"}}})]
    with mocking({"sends": ORDER, "rules": rules}) as server, server.connect() as client:
        assert client.ask("go") == '{"quantity":0}'
        (verdict,) = noted(server, "verdict")
        (sent,) = [one for one in noted(server, "text") if one.direction == "sent"]
        assert verdict.sequence > sent.sequence
        assert verdict.details["contract"] == "sends"
        assert not passes(server, kind="message")


def test_stream_is_checked_message_by_message() -> None:
    tick = {"send": {"json": {"quantity": "{{ repeat.index }}"}}}
    rule = on("go", {"every": {"interval": "1ms", "count": 3, "do": [tick]}})
    with mocking({"sends": ORDER, "rules": [rule]}) as server, server.connect() as client:
        client.say("go")
        assert [client.hear() for _ in range(3)][-1] == '{"quantity":2}'
        assert [one.details["text"] for one in noted(server, "verdict")] == [
            "sends: $.quantity: 0 is less than the minimum of 1"
        ]


def test_what_faults_change_is_no_breach_of_what_is_sent() -> None:
    fault = {"truncate": {"to": 1}}
    endpoint = {"sends": ORDER, "unmatched": "echo", "faults": [fault]}
    with mocking(endpoint) as server, server.connect() as client:
        assert client.ask('{"quantity": 1}') == "{"
        assert passes(server, kind="verdict", never=True)


def test_message_from_another_connection_is_not_checked() -> None:
    rules = [on("go", {"send": {"to": "others", "text": "hi"}})]
    with (
        mocking({"sends": ORDER, "rules": rules}) as server,
        server.connect() as one,
        server.connect() as other,
    ):
        eventually(lambda: len(server.server.clients()) == 2)
        one.say("go")
        assert other.hear() == "hi"
        assert passes(server, kind="verdict", never=True)


def test_changed_contract_is_that_of_the_next_message(
    log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mocks_watcher, "POLL_SECONDS", 0.005)
    endpoint: dict[str, Any] = {"path": "/mock", "unmatched": "echo"}
    with mocking(endpoint) as server, server.connect() as client:
        assert client.ask("{}") == "{}"
        assert passes(server, kind="verdict", never=True)
        server.write({**endpoint, "accepts": ORDER})
        eventually(lambda: any("was loaded again" in line for line in log_lines))
        assert client.ask("{}") == "{}"
        (verdict,) = noted(server, "verdict")
        assert verdict.details["text"] == "accepts: $: 'quantity' is a required property"


def test_check_without_an_end_is_given_up_and_the_connection_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_schema, "MAX_STEPS", 1_000)
    twice = {"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]}
    rule = {"match": {"json": {"schema": twice}}, "do": [{"send": {"text": "matched"}}]}
    with mocking({"accepts": twice, "rules": [rule]}) as server, server.connect() as client:
        client.say("[" * 30 + "]" * 30)
        assert client.ask("[]") == "matched"
        (verdict,) = noted(server, "verdict")
        (error,) = noted(server, "error")
    why = "TooManySteps: more than 1,000 steps"
    assert verdict.details["text"].startswith(f"accepts: cannot be checked: {why}")
    assert why in error.details["reason"]


def test_schema_comes_from_a_file_beside_the_mocks(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "order.json").write_text(json.dumps(ORDER))
    file = tmp_path / "mocks.json"
    accepts = {"file": "schemas/order.json"}
    write_mocks(file, {"path": "/mock", "unmatched": "echo", "accepts": accepts})
    with serving_here(file) as server:
        mocks = MockServer(server, file)
        with mocks.connect() as client:
            assert client.ask("{}") == "{}"
            (verdict,) = noted(mocks, "verdict")
    assert verdict.details["contract"] == "accepts"


def test_file_outside_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text(json.dumps(ORDER))
    (tmp_path / "mocks").mkdir()
    file = tmp_path / "mocks" / "mocks.json"
    write_mocks(file, {"path": "/mock", "accepts": {"file": "../order.json"}})
    with pytest.raises(BadFile, match=r"endpoints\[0\].accepts: .* is not below the directory"):
        load(file)
