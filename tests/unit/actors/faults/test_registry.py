"""A fault is one class in one module: nothing else has to know of it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.program import run_python
from websocket_mock.actors.faults import kinds, registry
from websocket_mock.actors.values.registration import BadRegistration

SHOUT = """
from random import Random
from typing import Any

from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.kind import MessageFault
from websocket_mock.actors.faults.parcels import payload_of, with_payload


class Shout(MessageFault):
    key = "shout"
    summary = "the message comes in capitals"

    marks: int = Field(default=1, description="exclamation marks behind it")

    def act(self, message: InFlight, random: Random, memory: Any) -> None:
        louder = (payload_of(message.item) or b"").upper() + b"!" * self.marks
        message.change(lambda item: with_payload(item, louder))
"""


@pytest.fixture
def add_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules belong to the package of faults as well."""
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


USE = """
import sys
from websocket_mock.actors.faults import kinds
kinds.__path__.append(sys.argv[1])

from tests.helpers.faults import Line
from websocket_mock.actors.faults.schema import Fault

line = Line({"shout": {"marks": 2}, "name": "loud", "frames": {"nth": 1}})
print(line.send("hello"))
print(line.send("hello"))
print("the message comes in capitals" in str(Fault.model_json_schema()))
"""


def test_new_fault_is_one_module(tmp_path: Path) -> None:
    """In an interpreter of its own, because the registry looks once."""
    (tmp_path / "shout.py").write_text(SHOUT)
    first, second, is_in_schema = run_python(USE, str(tmp_path)).splitlines()
    assert "label='loud', kind='shout'" in first
    assert "SendText(payload=b'HELLO!!')" in first
    assert "SendText(payload=b'hello')" in second
    assert is_in_schema == "True"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (SHOUT.replace('"shout"', '"drop"'), "there is a class for 'drop' already"),
        ("", "has no class with a key"),
        (SHOUT.replace("MessageFault", "FaultKind"), "derives from no family"),
    ],
)
def test_module_that_is_not_as_it_must_be_is_refused(
    add_module: Path, code: str, problem: str
) -> None:
    (add_module / "wrong.py").write_text(code)
    with pytest.raises(BadRegistration, match=problem):
        registry.find_kinds(kinds)
