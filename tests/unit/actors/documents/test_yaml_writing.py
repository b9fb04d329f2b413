"""How definitions are written for people."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import EXAMPLES
from tests.helpers.json_values import JSON_VALUES
from websocket_mock.actors.documents.yaml_files import NotYaml, read_yaml
from websocket_mock.actors.documents.yaml_writing import SHORT, write_yaml

ENDPOINT: dict[str, Any] = {
    "name": "prices",
    "path": "/prices/{symbol}",
    "subprotocols": ["v1", "v2"],
    "client_key": {"query": "device"},
    "handshake": [{"match": {"attempt": 1}, "reject": {"status": 503, "body": "not\nyet\n"}}],
    "rules": [
        {
            "match": {"json": {"$.type": "subscribe"}},
            "do": [
                {"send": {"json": {"type": "hello", "who": "{{ vars.who | default('you') }}"}}},
                {"after": {"delay": "3s", "do": ["ignore", {"send": {"text": "x" * SHORT}}]}},
            ],
        },
        {"trigger": "ping", "do": ["ignore"]},
    ],
    "faults": ["drop", {"latency": {"mean": "80ms"}}],
}

WRITTEN = f"""\
name: prices
path: /prices/{{symbol}}
subprotocols: [v1, v2]
client_key: {{query: device}}
handshake:
  - match: {{attempt: 1}}
    reject:
      status: 503
      body: |
        not
        yet
rules:
  - match: {{json: {{$.type: subscribe}}}}
    do:
      - send: {{json: {{type: hello, who: "{{{{ vars.who | default('you') }}}}"}}}}
      - after:
          delay: 3s
          do:
            - ignore
            - send:
                text: {"x" * SHORT}
  - trigger: ping
    do: [ignore]
faults:
  - drop
  - latency: {{mean: 80ms}}
"""


def test_endpoint_is_written_as_a_person_would_write_it() -> None:
    assert write_yaml(ENDPOINT) == WRITTEN


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda one: str(one.name))
def test_examples_are_read_back_as_they_were(example: Path) -> None:
    document = read_yaml(example.read_text(encoding="utf-8"), json_types=True)
    assert read_yaml(write_yaml(document), json_types=True) == document


@given(st.dictionaries(st.text(), JSON_VALUES))
def test_any_definition_is_read_back_as_it_was(definition: dict[str, Any]) -> None:
    written = write_yaml(definition)
    assert read_yaml(written, json_types=True) == json.loads(json.dumps(definition))


@pytest.mark.parametrize("number", [1e-07, -2.5e300, 1e22])
def test_number_with_an_exponent_is_a_number_in_json_and_yaml(number: float) -> None:
    for text in (json.dumps(number), write_yaml(number), f"{number:e}"):
        assert read_yaml(text, json_types=True) == number
    assert write_yaml({"a": "1e3"}) == "a: '1e3'\n"


@pytest.mark.parametrize(
    "value", ["1e3", "on", "2026-01-01", "0o17", "=", "a\u0085b", "\x7f", "<<", "a\n", " a\nb"]
)
def test_texts_that_yaml_takes_for_something_else_stay_texts(value: str) -> None:
    assert read_yaml(write_yaml({"text": value}), json_types=True) == {"text": value}


@pytest.mark.parametrize("text", ["a\n\u2028b\n", "a\u0085b", "a\u2029 b"])
def test_line_breaks_of_unicode_are_escaped_so_that_every_line_can_be_indented(text: str) -> None:
    (line,) = write_yaml({"a": text}).splitlines()
    assert read_yaml(f"- {line}", json_types=True) == [{"a": text}]


def test_short_text_that_stands_for_billions_of_values_is_refused() -> None:
    lines = ["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    with pytest.raises(NotYaml, match="it holds more than 1,000 values"):
        read_yaml("\n".join(lines), max_values=1_000)


def test_merged_mappings_are_counted_too() -> None:
    lines = [
        "a0: &a0 {k: 1}",
        *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 60)),
    ]
    with pytest.raises(NotYaml, match="it holds more than 1,000 values"):
        read_yaml("\n".join(lines), max_values=1_000)


def test_aliases_are_read_up_to_the_limit() -> None:
    assert read_yaml("a: &a {b: 1}\nc: *a\n", max_values=20) == {"a": {"b": 1}, "c": {"b": 1}}
