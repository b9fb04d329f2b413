"""How mocks start and end, and what they leave behind: nothing."""

import ssl
import threading
import unittest
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets.exceptions import ConnectionClosed

from tests.helpers.json_client import websocket
from tests.helpers.program import run_python
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock import MockError, UnexpectedTraffic, WebSocketMock


def test_stop_closes_clients_and_leaves_nothing_behind() -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0

    with WebSocketMock() as warm, websocket(warm.endpoint("/").url()):
        pass
    threads, before = threading.active_count(), descriptors()
    mock = WebSocketMock().start()
    with websocket(mock.endpoint("/chat").url()) as client:
        assert mock.start() is mock
        mock.stop()
        mock.stop()
        with pytest.raises(ConnectionClosed):
            client.recv(PATIENCE)
        assert client.close_code == 1001
    eventually(lambda: threading.active_count() <= threads)
    eventually(lambda: descriptors() <= before)


def test_a_mock_that_was_stopped_starts_again_without_endpoints() -> None:
    mock = WebSocketMock(close_timeout=1).start()
    first = mock.endpoint("/chat")
    first.on(text="hi").expect()
    mock.stop()
    with pytest.raises(MockError, match=r"does not run. Use `with WebSocketMock\(\) as mock:`"):
        mock.endpoint("/chat")
    with mock:
        assert mock.endpoint("/chat") is not first


def test_a_server_that_cannot_listen_says_why() -> None:
    with pytest.raises(MockError, match="The mock server cannot listen"):
        WebSocketMock(host="203.0.113.1").start()
    with pytest.raises(MockError, match="port: give a whole number, not 'x'"):
        WebSocketMock(port="x").start()


def test_a_server_without_tls_says_how_to_get_it() -> None:
    with WebSocketMock() as mock:
        assert mock.ca_file is None
        for ask in (mock.secure_url, mock.endpoint("/chat").secure_url, mock.ssl_context):
            with pytest.raises(MockError, match=r"has no TLS\. Start it with tls_self_signed=True"):
                ask()


def test_settings_of_tls_that_cannot_be_used_say_why() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"tls_selfsigned": True}, "tls_selfsigned: .* did you mean 'tls_self_signed'"),
        ({"tls_self_signed": "perhaps"}, "tls_self_signed: give true or false, not 'perhaps'"),
        (
            {"tls_only": True},
            "^tls_only needs a certificate: add tls_self_signed, or give tls_cert",
        ),
        ({"tls_self_signed": True, "tls_control": True}, "tls_control: .* has no control plane"),
    ]
    for settings, words in wrong:
        with pytest.raises(MockError, match=words):
            WebSocketMock(**settings).start()


def test_an_authority_of_the_operator_is_looked_for_in_the_system(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "server.pem")
    )
    with WebSocketMock(tls_cert=tmp_path / "server.pem", tls_only=True) as mock:
        assert mock.url() == mock.secure_url()
        assert mock.ca_file is None
        trust = mock.ssl_context()
        with pytest.raises(ssl.SSLCertVerificationError), websocket(mock.url("/"), ssl=trust):
            pass
        authority.configure_trust(trust)
        chat = mock.endpoint("/chat", unmatched="ignore")
        with websocket(chat.url(), ssl=trust):
            pass


IMPORTS = """
import sys
import websocket_mock
assert not [name for name in sys.modules if name.startswith("websocket_mock.")]
from websocket_mock import WebSocketMock
with WebSocketMock() as mock:
    chat = mock.endpoint("/chat")
    chat.on(text="hi").send(text="hello")
    mock.check()
loaded = {"fastmcp", "starlette", "uvicorn", "mcp", "asyncio"} & set(sys.modules)
print(sorted(loaded), set(websocket_mock.__all__) - set(dir(websocket_mock)))
"""


def test_a_server_in_process_loads_no_http_and_no_event_loop() -> None:
    shown = run_python(f"import warnings\nwarnings.simplefilter('error')\n{IMPORTS}")
    assert "fastmcp" not in shown
    assert "starlette" not in shown
    assert "uvicorn" not in shown


def test_a_mock_works_in_a_unittest_test_case() -> None:
    class Chat(unittest.TestCase):
        def setUp(self) -> None:
            self.mock = self.enterContext(WebSocketMock(close_timeout=1))

        def test_passes(self) -> None:
            self.mock.endpoint("/chat").on(text="hi").send(text="hello")

        def test_fails(self) -> None:
            self.mock.endpoint("/chat").on(text="hi").expect()

    suite = unittest.TestLoader().loadTestsFromTestCase(Chat)
    result = suite.run(unittest.TestResult())
    # unittest tells of an AssertionError of the context manager as of one of the test.
    found = [*result.failures, *result.errors]
    assert (result.testsRun, len(found)) == (2, 1)
    assert found[0][0].id().endswith("test_fails")
    assert UnexpectedTraffic.__name__ in found[0][1]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    import websocket_mock  # noqa: PLC0415 - the module is what is tested

    with pytest.raises(AttributeError, match="has no attribute 'WebSocketMok'"):
        _ = websocket_mock.WebSocketMok
