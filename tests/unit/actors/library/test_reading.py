"""Documents as a whole: what cannot be compiled is told and never breaks the compiler."""

from typing import Any

import pytest

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library.reading import compile_document


@pytest.mark.parametrize("kind", ["after", "every", "for_each", "choose", "when"])
def test_actions_that_are_nested_too_deeply_are_refused(kind: str) -> None:
    actions: list[Any] = ["ignore"]
    for _ in range(2_000):
        actions = [nested(kind, actions)]
    with pytest.raises(BadDocument, match="the document: parts of it are nested too deeply"):
        compile_document([{"path": "/x", "rules": [{"do": actions}]}])


def nested(kind: str, actions: list[Any]) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "after": {"after": {"delay": 1, "do": actions}},
        "every": {"every": {"interval": 1, "do": actions}},
        "for_each": {"for_each": {"in": [], "do": actions}},
        "choose": {"choose": {"from": {}, "by": "a", "do": actions}},
        "when": {"when": "{{ true }}", "else": actions},
    }
    return kinds[kind]
