"""The mocks files of the benchmark do what its figures claim."""

from pathlib import Path

import orjson
import pytest

from tests.helpers.conversation import make_context, texts
from tests.helpers.mocks import compile_endpoints
from websocket_mock.actors.conversation.conversation import MockConversation
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.scripts.dev.benchmark.load import check_pong
from websocket_mock.scripts.dev.benchmark.mocks import (
    CLIENT_PATH,
    MocksShape,
    make_mocks,
    write_mocks,
)
from websocket_mock.scripts.dev.benchmark.servers import MANY_RULES, ONE_RULE


@pytest.mark.parametrize("shape", [MocksShape(1, 1), MocksShape(30, 10)])
def test_a_ping_is_answered_by_the_last_rule_with_a_pong(shape: MocksShape) -> None:
    library = Namespace()
    library.put(compile_endpoints(*make_mocks(shape)["endpoints"]))
    found = library.book.find(CLIENT_PATH)
    assert found is not None
    assert found.captures == {"device": "device-7"}
    rules = found.endpoint.rules["message"]
    assert len(rules) == shape.rules
    mock = MockConversation(
        make_context(HandshakeRequest(CLIENT_PATH)), found, "client", library.get
    )
    effects = list(mock.handle(TextReceived('{"type":"ping"}', 15), 0.0))
    assert getattr(effects[0], "rule", None) == rules[-1].label
    (pong,) = texts(effects)
    check_pong(pong.encode())


def test_one_path_in_ten_has_a_capture() -> None:
    paths = [endpoint["path"] for endpoint in make_mocks(MocksShape(100, 1))["endpoints"]]
    assert len(set(paths)) == 100
    assert sum("{" in path for path in paths) == 10


def test_the_compared_servers_have_one_rule_and_ten_thousand() -> None:
    assert ONE_RULE.mocks == MocksShape(endpoints=1, rules=1)
    assert MANY_RULES.mocks == MocksShape(endpoints=1000, rules=10)


def test_file_holds_the_document(tmp_path: Path) -> None:
    file = write_mocks(tmp_path, MocksShape(2, 3))
    assert orjson.loads(file.read_bytes()) == make_mocks(MocksShape(2, 3))
