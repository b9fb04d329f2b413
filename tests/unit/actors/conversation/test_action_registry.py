"""An action is one class in one module, and what a person writes in the schema."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from websocket_mock.actors.conversation import actions
from websocket_mock.actors.conversation.action_registry import ACTIONS, find_actions
from websocket_mock.actors.documents.actions import ACTION_KEYS, Action
from websocket_mock.actors.values.registration import BadRegistration

SHOUT = """
from dataclasses import dataclass

from websocket_mock.actors.conversation.action import CompiledAction
from websocket_mock.actors.values.effects import SendText


@dataclass(frozen=True, slots=True)
class DoShout(CompiledAction):
    key = "shout"

    text: str

    @classmethod
    def compile(cls, given, setting, place):
        return cls(given.upper())

    def do(self, memory, why, names):
        return (SendText(self.text.encode()),)
"""

KEYS = ACTION_KEYS


@pytest.fixture
def add_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules belong to the package of actions as well."""
    monkeypatch.setattr(actions, "__path__", [*actions.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_new_action_is_one_module_and_a_key_of_the_schema(add_module: Path) -> None:
    (add_module / "shout.py").write_text(SHOUT)
    found = find_actions(actions, [*KEYS, "shout"])
    assert found.keys() == {*KEYS, "shout"}
    assert found["shout"].key == "shout"


def test_action_that_a_person_cannot_write_is_refused(add_module: Path) -> None:
    (add_module / "shout.py").write_text(SHOUT)
    with pytest.raises(BadRegistration, match=r"actions\.shout: the schema .* no key 'shout'"):
        find_actions(actions, KEYS)


def test_key_that_no_action_has_is_refused() -> None:
    with pytest.raises(BadRegistration, match=r"no module of .* has a class for 'shout'"):
        find_actions(actions, [*KEYS, "shout"])


@pytest.mark.parametrize("key", KEYS)
def test_action_takes_what_the_schema_has_behind_its_key(key: str) -> None:
    taken = get_type_hints(ACTIONS[key].compile)["given"]
    # `when` takes the whole action, because its lists are other keys.
    assert taken | None == (Action | None if key == "when" else get_type_hints(Action)[key])
