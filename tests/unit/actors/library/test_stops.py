"""Which actions `stop` can end nothing."""

from typing import Any

import pytest

from websocket_mock.actors.documents.mocks import Endpoint
from websocket_mock.actors.library.stops import find_idle_stops

EVERY: dict[str, Any] = {"interval": 1, "do": ["ignore"]}


def idle(*do: Any, **endpoint: Any) -> list[tuple[tuple[str | int, ...], str]]:
    fields = endpoint or {"rules": [{"do": list(do)}]}
    return list(find_idle_stops(Endpoint.model_validate({"path": "/a", **fields})))


def test_stop_of_a_name_that_nothing_starts_is_found_with_its_place() -> None:
    found = idle({"every": {**EVERY, "name": "a"}}, {"stop": "a"}, {"stop": "b"})
    assert found == [(("rules", 0, "do", 2, "stop"), "b")]


def test_stop_is_found_in_nested_actions_and_in_scripts() -> None:
    nested = {"after": {"delay": 1, "do": [{"every": {"interval": 1, "do": [{"stop": "a"}]}}]}}
    place = (0, "after", "do", 0, "every", "do", 0, "stop")
    assert idle(nested) == [(("rules", 0, "do", *place), "a")]
    assert idle(script=[nested]) == [(("script", *place), "a")]


@pytest.mark.parametrize(
    "start",
    [
        {"every": {**EVERY, "name": "a"}},
        {"after": {"name": "a", "delay": 1, "do": ["ignore"]}},
        {"after": {"delay": 1, "do": [{"every": {**EVERY, "name": "a"}}]}},
    ],
)
def test_stop_of_a_name_that_another_rule_starts_is_in_order(start: dict[str, Any]) -> None:
    assert idle(rules=[{"do": [{"stop": "a"}]}, {"do": [start]}]) == []


@pytest.mark.parametrize(
    ("name", "stop"), [("{{ state }}", "a"), ("a", "{{ state }}"), ("{{ a }}", "{{ b }}")]
)
def test_template_may_be_any_name(name: str, stop: str) -> None:
    assert idle({"every": {**EVERY, "name": name}}, {"stop": stop}) == []


def test_template_stops_nothing_where_nothing_has_a_name() -> None:
    assert idle({"every": EVERY}, {"stop": "{{ state }}"}) == [
        (("rules", 0, "do", 1, "stop"), "{{ state }}")
    ]
