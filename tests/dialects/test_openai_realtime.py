"""The dialect openai-realtime, used through the npm package `openai` and by hand."""

import base64
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.node import node_report, require_package

pytestmark = pytest.mark.integration

KEY = "sk-test"
PATH = "/v1/realtime?model=gpt-realtime"
FAST: dict[str, Any] = {"api_key": KEY, "delta_interval": "10ms", "silence": "30ms"}
CALL = {"call": "get_weather", "arguments": {"city": "Paris"}}
LONG = " ".join(["word"] * 1_000)
"""An answer that is interrupted long before its end."""
AUDIO = base64.b64encode(bytes(4_800)).decode()  # 100 ms


def served() -> AbstractContextManager[Example]:
    slow = {**FAST, "name": "slow", "path": "/slow/v1/realtime", "answers": [LONG, "Yes?"]}
    return dialect(
        "openai-realtime",
        {"extends": {"from": "dialect:openai-realtime", "with": slow}},
        **FAST,
        answers=["You said: {{ vars.said }}", CALL],
    )


@pytest.fixture
def api() -> Iterator[Example]:
    with served() as one:
        yield one


@pytest.fixture(scope="module")
def seen() -> Any:
    """What the real client saw."""
    require_package("openai")
    with served() as api:
        return node_report("dialect_openai_realtime.js", api.url("").removeprefix("ws://"))


class Speaker:
    """A client with a session."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.session = self.until("session.created")["session"]

    def send(self, kind: str, **rest: Any) -> None:
        self.peer.send({"type": kind, **rest})

    def ask(self, kind: str, **rest: Any) -> Any:
        self.send(kind, **rest)
        return self.peer.receive()

    def until(self, kind: str) -> Any:
        while (event := self.peer.receive())["type"] != kind:
            pass
        return event

    def update(self, **session: Any) -> Any:
        return self.ask("session.update", session={"type": "realtime", **session})

    def create_item(self, **item: Any) -> Any:
        self.send("conversation.item.create", item=item)
        return self.until("conversation.item.done")["item"]


@contextmanager
def speaking(api: Example, path: str = PATH, **headers: str) -> Iterator[Speaker]:
    given = {"Authorization": f"Bearer {KEY}", **headers}
    with api.connect(path, additional_headers=given) as peer:
        yield Speaker(peer)


@pytest.fixture
def speaker(api: Example) -> Iterator[Speaker]:
    with speaking(api) as one:
        yield one


# --- the real client ----------------------------------------------------------------------------


def test_client_gets_a_response_in_deltas(seen: Any) -> None:
    talked = seen["talked"]
    assert (talked["model"], talked["instructions"]) == ("gpt-realtime", ["Be short.", "alloy"])
    assert talked["text"] == "You said: Hello"
    assert talked["types"] == [
        "session.created",
        "session.updated",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    status, content, usage = talked["said"]
    assert status == "completed"
    assert content == [{"type": "output_text", "text": "You said: Hello"}]
    assert [usage[f"{one}_tokens"] for one in ("input", "output", "total")] == [1, 3, 4]


def test_client_is_asked_to_call_a_function(seen: Any) -> None:
    ((kind, name, arguments),) = seen["talked"]["called"]
    assert (kind, name, json.loads(arguments)) == (
        "function_call",
        "get_weather",
        {"city": "Paris"},
    )


def test_client_learns_which_of_its_events_was_wrong(seen: Any) -> None:
    assert seen["talked"]["error"] == ["invalid_value", "e7"]
    assert seen["talked"]["errors"] == 1


def test_client_starts_anew_when_it_connects_again(seen: Any) -> None:
    content = [{"type": "output_audio", "transcript": "You said: Hello again"}]
    assert seen["talked"]["repeated"] == content


def test_client_cancels_a_response(seen: Any) -> None:
    assert seen["stopped"] == ["string", "cancelled", "client_cancelled"]


def test_speech_of_the_client_is_heard(seen: Any) -> None:
    assert seen["heard"] == [
        ["input_audio_buffer.speech_started", 0],
        ["input_audio_buffer.speech_stopped", 200],
        ["input_audio_buffer.committed", None],
        ["conversation.item.input_audio_transcription.completed", "Hello"],
    ]


def test_client_with_another_key_is_refused(seen: Any) -> None:
    assert "401" in seen["refused"]


# --- by hand ------------------------------------------------------------------------------------


def test_key_may_come_as_a_browser_or_azure_sends_it(api: Example) -> None:
    protocols = ["realtime", f"openai-insecure-api-key.{KEY}"]
    with api.connect(PATH, subprotocols=protocols) as peer:
        assert peer.connection.subprotocol == "realtime"
    with api.connect(PATH, additional_headers={"api-key": KEY}) as peer:
        assert peer.receive()["type"] == "session.created"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"additional_headers": {"Authorization": f"Basic {KEY}"}},
        {"subprotocols": ["realtime", "openai-insecure-api-key.sk-other"]},
    ],
)
def test_client_without_the_key_is_refused(api: Example, options: dict[str, Any]) -> None:
    refused = api.refusal(PATH, **options)
    assert refused.status_code == 401
    assert json.loads(refused.body)["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/v1/realtime", "missing_model"), ("/v1/realtime?model=m2", "model_not_found")],
)
def test_model_must_be_one_that_there_is(path: str, code: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        dialect("openai-realtime", **FAST, models=["m1"]) as api,
        api.connect(path, additional_headers=headers) as peer,
    ):
        assert peer.receive()["error"]["code"] == code
        assert peer.end() == (4000, f"invalid_request_error.{code}")


def test_session_begins_with_the_settings_that_are_given() -> None:
    session = {"output_modalities": ["text"], "audio": {"output": {"voice": "marin"}}}
    with dialect("openai-realtime", **FAST, session=session) as api, speaking(api) as speaker:
        assert speaker.session["output_modalities"] == ["text"]
        assert speaker.session["audio"]["output"]["voice"] == "marin"
        assert speaker.session["audio"]["input"]["turn_detection"]["type"] == "server_vad"


def test_session_ends_after_its_lifetime() -> None:
    with (
        dialect("openai-realtime", **FAST, lifetime="20ms") as api,
        speaking(api) as speaker,
    ):
        assert speaker.until("error")["error"]["code"] == "session_expired"
        assert speaker.peer.end() == (1001, "session_expired")


WRONG: dict[str, tuple[str, str | None]] = {
    "no JSON": ("invalid_json", None),
    "5": ("missing_required_parameter", "type"),
    '{"type": "response.dance"}': ("invalid_value", "type"),
    '{"type": "session.update"}': ("missing_required_parameter", "session"),
    '{"type": "session.update", "session": {}}': (
        "missing_required_parameter",
        "session.type",
    ),
    '{"type": "session.update", "session": {"type": "realtime", "color": 1}}': (
        "unknown_parameter",
        "session.color",
    ),
    '{"type": "conversation.item.create", "item": {"type": "note"}}': ("invalid_value", "item"),
    '{"type": "conversation.item.delete", "item_id": "x"}': (
        "item_delete_invalid_item_id",
        "item_id",
    ),
    '{"type": "response.cancel"}': ("response_cancel_not_active", None),
    '{"type": "input_audio_buffer.append", "audio": "?"}': ("invalid_value", "audio"),
    '{"type": "input_audio_buffer.commit"}': ("input_audio_buffer_commit_empty", None),
}
"""Events, and the codes and parameters of the errors that answer them."""


def test_wrong_events_are_answered_with_errors(speaker: Speaker) -> None:
    errors = {}
    for text in WRONG:
        speaker.peer.connection.send(text)
        error = speaker.peer.receive()["error"]
        assert error["type"] == "invalid_request_error"
        errors[text] = (error["code"], error["param"])
    assert errors == WRONG
    assert speaker.update()["type"] == "session.updated"


def test_items_are_added_retrieved_truncated_and_deleted(speaker: Speaker) -> None:
    item = speaker.create_item(type="function_call_output", call_id="c1", output="{}")
    number = item["id"]
    assert item["status"] == "completed"
    assert speaker.ask("conversation.item.retrieve", item_id=number)["item"] == item
    truncated = speaker.ask("conversation.item.truncate", item_id=number, audio_end_ms=5)
    assert (truncated["type"], truncated["audio_end_ms"]) == ("conversation.item.truncated", 5)
    assert speaker.ask("conversation.item.delete", item_id=number)["item_id"] == number
    assert speaker.ask("conversation.item.retrieve", item_id=number)["type"] == "error"


def test_item_follows_the_one_before_it(speaker: Speaker) -> None:
    first = speaker.create_item(id="i1", type="function_call_output", call_id="c1", output="1")
    assert first["id"] == "i1"
    second = {"type": "function_call_output", "call_id": "c2", "output": "2"}
    added = speaker.ask("conversation.item.create", item=second)
    assert (added["type"], added["previous_item_id"]) == ("conversation.item.added", "i1")


def test_second_response_has_to_wait_for_the_first(api: Example) -> None:
    with speaking(api, f"/slow{PATH}") as speaker:
        speaker.send("response.create")
        response = speaker.until("response.created")["response"]
        speaker.send("response.create", event_id="e2")
        error = speaker.until("error")["error"]
        assert (error["code"], error["event_id"]) == (
            "conversation_already_has_active_response",
            "e2",
        )
        assert response["id"] in error["message"]


def test_response_out_of_band_is_no_part_of_the_conversation(speaker: Speaker) -> None:
    options = {"conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "t"}}
    speaker.send("response.create", response=options)
    kinds = []
    while (event := speaker.peer.receive())["type"] != "response.done":
        kinds.append(event["type"])
    assert "conversation.item.added" not in kinds
    response = event["response"]
    assert (response["conversation_id"], response["metadata"]) == (None, {"topic": "t"})
    item = response["output"][0]["id"]
    assert speaker.ask("conversation.item.retrieve", item_id=item)["type"] == "error"


def test_response_fails_as_the_parameters_say() -> None:
    answers = [{"failed": "rate_limit_exceeded"}, "Better now"]
    with dialect("openai-realtime", **FAST, answers=answers) as api, speaking(api) as speaker:
        speaker.send("response.create")
        response = speaker.until("response.done")["response"]
        assert (response["status"], response["output"]) == ("failed", [])
        assert response["status_details"]["error"]["code"] == "rate_limit_exceeded"
        speaker.send("response.create")
        transcript = speaker.until("response.output_audio_transcript.done")["transcript"]
        assert transcript == "Better now"


def test_response_that_is_cancelled_keeps_what_was_said_and_is_silent(api: Example) -> None:
    with speaking(api, f"/slow{PATH}") as speaker:
        speaker.send("response.create")
        speaker.until("response.output_audio.delta")
        speaker.send("response.cancel")
        said = speaker.until("response.done")["response"]["output"][0]["content"][0]["transcript"]
        assert LONG.startswith(said)
        assert 0 < len(said) < len(LONG)
        with pytest.raises(TimeoutError):
            speaker.peer.connection.recv(0.05)


def test_speech_interrupts_a_response_and_is_answered(api: Example) -> None:
    with speaking(api, f"/slow{PATH}") as speaker:
        speaker.send("response.create")
        speaker.until("response.output_audio.delta")
        speaker.send("input_audio_buffer.append", audio=AUDIO)
        speaker.until("input_audio_buffer.speech_started")
        cancelled = speaker.until("response.done")["response"]
        assert cancelled["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert cancelled["output"][0]["status"] == "incomplete"
        speaker.until("input_audio_buffer.committed")
        transcript = speaker.until("response.output_audio_transcript.done")["transcript"]
        assert transcript == "Yes?"


def test_audio_is_committed_by_hand_without_turn_detection(speaker: Speaker) -> None:
    speaker.update(audio={"input": {"turn_detection": None}})
    speaker.send("input_audio_buffer.append", audio=AUDIO)
    assert speaker.ask("input_audio_buffer.commit")["type"] == "input_audio_buffer.committed"
    assert speaker.until("conversation.item.done")["item"]["role"] == "user"
    speaker.send("input_audio_buffer.append", audio=AUDIO)
    assert speaker.ask("input_audio_buffer.clear")["type"] == "input_audio_buffer.cleared"
    error = speaker.ask("input_audio_buffer.commit")["error"]
    assert error["code"] == "input_audio_buffer_commit_empty"
