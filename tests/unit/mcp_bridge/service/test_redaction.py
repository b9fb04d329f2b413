"""What never leaves the process."""

import json
from typing import Any

import pytest

from tests.helpers.journal import event_of, record_of
from websocket_mock.actors.values.entries import read
from websocket_mock.mcp_bridge.service.redaction import MASK, Redaction
from websocket_mock.mcp_bridge.service.traffic import Detail, EntryModel

SECRET = "hunter2"


def masked(redaction: Redaction, **details: Any) -> dict[str, Any]:
    return redaction.details(read(1, event_of("handshake", **details)))


@pytest.mark.parametrize(
    "name", ["Authorization", "cookie", "COOKIE", "Proxy-Authorization", "set-cookie"]
)
def test_credentials_are_masked_by_default_in_any_case(name: str) -> None:
    shown = masked(Redaction(), headers={name: SECRET, "host": "localhost"}, status=101)

    assert shown == {"headers": {name: MASK, "host": "localhost"}, "status": 101}


@pytest.mark.parametrize(
    "name", ["token", "access_token", "API_KEY", "api-key", "key", "auth", "jwt", "Signature"]
)
def test_credentials_in_queries_are_masked_by_default(name: str) -> None:
    shown = masked(Redaction(), query={name: SECRET, "page": "2"}, token="of no query")

    assert shown == {"query": {name: MASK, "page": "2"}, "token": "of no query"}
    why = f'query.{name}: expected "a", got "{SECRET}"'
    assert Redaction().reason(why) == f'query.{name}: expected "a", got {MASK}'
    other = f'text: expected "{name}", got "x"'
    assert Redaction().reason(other) == other


def test_credentials_in_the_query_of_an_address_in_a_header_are_masked() -> None:
    shown = masked(
        Redaction(["session"]),
        headers={
            "referer": f"https://host/page?token={SECRET}&page=2&api-key={SECRET}#part",
            "origin": f"https://host?Session={SECRET}",
            "accept": "a=b",
        },
    )

    assert shown["headers"] == {
        "referer": f"https://host/page?token={MASK}&page=2&api-key={MASK}#part",
        "origin": f"https://host?Session={MASK}",
        "accept": "a=b",
    }


def test_fields_are_masked_at_any_depth() -> None:
    shown = masked(Redaction(["Token"]), query={"token": SECRET}, all=[{"a": {"TOKEN": SECRET}}])

    assert shown == {"query": {"token": MASK}, "all": [{"a": {"TOKEN": MASK}}]}


def test_entry_itself_stays_as_it_was() -> None:
    entry = read(1, event_of("handshake", headers={"cookie": SECRET}))
    Redaction().details(entry)

    assert entry.details["headers"]["cookie"] == SECRET


def test_payload_is_left_alone_unless_fields_are_named() -> None:
    text = json.dumps({"authorization": SECRET})

    assert Redaction().text(text) == text


def test_fields_of_a_json_payload_are_masked() -> None:
    text = json.dumps({"user": "ü", "password": SECRET, "inner": [{"PASSWORD": {"old": SECRET}}]})

    assert json.loads(Redaction(["password"]).text(text)) == {
        "user": "ü",
        "password": MASK,
        "inner": [{"PASSWORD": MASK}],
    }


@pytest.mark.parametrize("text", ['{ "a" :1.0}', "no json", "[" * 100_000, "", "1"])
def test_payload_without_such_a_field_is_unchanged_to_the_character(text: str) -> None:
    assert Redaction(["password"]).text(text) == text


@pytest.mark.parametrize("detail", ["summary", "concise", "full"])
@pytest.mark.parametrize("is_sent", [False, True])
def test_nothing_masked_is_in_an_entry_of_any_detail(detail: Detail, *, is_sent: bool) -> None:
    text = json.dumps({"password": SECRET})
    payload = text.encode() if is_sent else text
    record = record_of(payload, "text", "sent", headers={"Authorization": f"Bearer {SECRET}"})
    model = EntryModel.of(read(1, record), detail, Redaction(["password"]))

    assert SECRET not in model.model_dump_json()


def test_reason_shows_no_value_of_a_masked_field() -> None:
    redaction = Redaction(["password"])
    why = 'json $.password: expected "a", got "secret"'
    assert redaction.reason(why) == 'json $.password: expected "a", got ***'
    assert redaction.reason('text: expected "a", got "b"') == 'text: expected "a", got "b"'
    why = "json: not valid at $.password: 'secret, got it' is too short"
    assert redaction.reason(why) == "json: not valid at $.password: ***"


@pytest.mark.parametrize(
    ("why", "shown"),
    [
        ("accepts: $.password: 'hunter2' is too short", "accepts: $.password: ***"),
        ("$.password: 'hunter2' is too short", "$.password: ***"),
        ("sends: $: {'password': 'hunter2'} has too many properties", "sends: $: ***"),
        ("accepts: $['a: b']: 'x, got password: hunter2' is too short", "accepts: $['a: ***"),
        ("accepts: cannot be checked: Error: {'password': 'hunter2'}", "***"),
        ("accepts: $.user: 'x, got y' is too short", "accepts: $.user: 'x, got y' is too short"),
    ],
)
def test_breach_of_a_contract_shows_no_value_of_a_masked_field(why: str, shown: str) -> None:
    redaction = Redaction(["password"])
    entry = read(1, event_of("verdict", passed=False, contract="accepts", text=why))
    assert redaction.breach(why) == shown
    assert redaction.details(entry)["text"] == shown


def test_cut_message_that_names_a_masked_field_is_not_shown() -> None:
    redaction = Redaction(["password"])
    assert redaction.text('{"password": "secret", "a": "bb', is_whole=False) == "***"
    assert redaction.text('{"a": "bb', is_whole=False) == '{"a": "bb'


def test_values_that_a_condition_saw_are_masked_when_a_name_is() -> None:
    redaction = Redaction(["password"])
    why = 'when: {{ message.json.password == 1 }} is false; message.json.password is "secret"'
    masked = "when: {{ message.json.password == 1 }} is false; ***"
    assert redaction.reason(why) == masked
    other = "when: {{ vars.n == 1 }} is false; vars.n is 2"
    assert redaction.reason(other) == other
    assert redaction.values({"password": "x", "list": [{"password": 1}], "n": 1}) == {
        "password": "***",
        "list": [{"password": "***"}],
        "n": 1,
    }


def test_masked_json_with_half_of_a_surrogate_pair_can_be_written() -> None:
    masked = Redaction(["pin"]).text('{"pin": 1, "name": "\\ud800"}')

    assert json.loads(masked.encode()) == {"pin": "***", "name": "\ud800"}
