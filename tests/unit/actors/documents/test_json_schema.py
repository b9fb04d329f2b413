"""The JSON Schema allows null where a document may have it, and nowhere else."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from websocket_mock.actors.documents.json_schema import json_schema
from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.actors.documents.problems import BadDocument, parse
from websocket_mock.actors.journal.schema import EntryMatch


def endpoint(**keys: Any) -> dict[str, Any]:
    return {"endpoints": [{"path": "/x", **keys}]}


def is_accepted(model: Any, document: Any) -> bool:
    """Tell whether a document is accepted, by the schema as by us."""
    try:
        parse(model, document)
    except BadDocument:
        accepted = False
    else:
        accepted = True
    assert Draft202012Validator(json_schema(model)).is_valid(document) is accepted
    return accepted


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (EntryMatch, {"kind": None}),
        (EntryMatch, {"code": None}),
        (EntryMatch, {"match": {"text": None}}),
        (EntryMatch, {"match": {"size": {"at_least": None}}}),
        (Mocks, endpoint(name=None)),
        (Mocks, endpoint(faults=[{"drop": {}, "frames": None}])),
        (Mocks, endpoint(rules=[{"do": None}])),
    ],
)
def test_null_that_stands_for_a_forgotten_value_is_refused(model: Any, document: Any) -> None:
    assert not is_accepted(model, document)


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (EntryMatch, {"match": {"json": None}}),
        (EntryMatch, {"match": {"json": {"$.a": None}}}),
        (EntryMatch, {"rule": {"equals": None}}),
        (EntryMatch, {"rule": {"one_of": [None]}}),
        (Mocks, endpoint(faults=[{"drop": None}])),
        (Mocks, endpoint(handshake=[{"reject": None}])),
        (Mocks, endpoint(rules=[{"do": [{"ping": None}, {"close": None}]}])),
        (Mocks, endpoint(rules=[{"do": [{"send": {"json": None}}]}])),
    ],
)
def test_null_that_is_a_value_or_a_bare_key_is_accepted(model: Any, document: Any) -> None:
    assert is_accepted(model, document)
